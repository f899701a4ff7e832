"""Makes the pictures of the README, with the `local` model: `python -m tests.pages.pictures` (needs chromium)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from models.settings import ROOT
from tests.pages.chat import Chat
from tests.pages.conftest import FLAGS, PHONE, chromium
from tests.program import Program

FOLDER = ROOT / "docs" / "images"
DESKTOP = {"viewport": {"width": 1280, "height": 800}}


def take(browser: Browser, url: str, file: Path, questions: list[str], **options: Any) -> None:
    """One conversation, photographed at its end."""
    context = browser.new_context(reduced_motion="reduce", **options)
    chat = Chat(context.new_page(), url).visit()
    for question in questions:
        chat.ask(question)
    chat.page.screenshot(path=file)
    context.close()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Program(LLM_MODEL="local") as program, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        asked = ["Can a message be lost?", "How do I send a message with curl?"]
        take(browser, program.url, FOLDER / "chat-desktop.png", asked, color_scheme="light", **DESKTOP)
        asked = ["Which model answers?", "What happens when Redis is down?"]
        dark = {"color_scheme": "dark", "device_scale_factor": 1.5, **PHONE}
        take(browser, program.url, FOLDER / "chat-phone-dark.png", asked, **dark)
        browser.close()


if __name__ == "__main__":
    main()
