"""The page for everyone: small and large screens, keyboard, screen reader, no script; what is asked first; over TLS."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.chat import Chat, Line
from tests.pages.conftest import PHONE, NewContext, NewWeb
from tests.pages.samples import RICH
from tests.program import Program
from tests.servers.openai import ModelServer

RUN_AXE = (
    "async () => (await axe.run()).violations.map(v => ({id: v.id, impact: v.impact, where: v.nodes.map(n => n.html)}))"
)
WIDTH = "document.documentElement.scrollWidth"


def faults(page: Page, axe: str) -> list[Any]:
    """What axe takes for serious or critical."""
    page.evaluate(axe)
    return [fault for fault in page.evaluate(RUN_AXE) if fault["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(
    program: Program, model: ModelServer, new_context: NewContext, axe: str, scheme: str, device: dict[str, Any]
) -> None:
    page = new_context(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", **device).new_page()
    line = Line(page)
    chat = Chat(page, program.url).visit()
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    assert faults(page, axe) == []
    model.behave({"name": "normal", "text": RICH}, "401")
    chat.ask("How?")
    chat.say("And?")
    expect(page.get_by_role("button", name="Ask for a person")).to_be_visible()
    page.route("**/messages", lambda route: route.fulfill(status=422, json={"detail": "Refused."}))
    line.cut()
    chat.say("Not sent?")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.get_by_role("button", name="Conversation menu").click()
    assert faults(page, axe) == []
    page.get_by_role("button", name="Start a new conversation").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page, axe) == []


def test_the_contact_form_asks_first(new_web: NewWeb, model: ModelServer, new_context: NewContext, axe: str) -> None:
    web = new_web(CONTACT_REQUIRED="name,email")
    page = new_context(bypass_csp=True).new_page()
    chat = Chat(page, f"http://127.0.0.1:{web.port}").visit()
    expect(chat.text).to_be_hidden()
    page.get_by_role("button", name="Start the chat").click()
    expect(page.get_by_label("Your name")).to_be_focused()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your e-mail address").fill("nonsense")
    page.get_by_role("button", name="Start the chat").click()
    expect(page.get_by_text("does not look like an e-mail address")).to_be_visible()
    assert faults(page, axe) == []
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    page.keyboard.press("Enter")
    expect(chat.text).to_be_focused()
    chat.ask("Hello?")
    page.reload()
    expect(chat.replies).to_have_count(1)
    expect(page.get_by_label("Your name")).to_be_hidden()


def test_what_the_server_wants_to_know_is_asked_for_even_if_the_page_is_old(
    new_web: NewWeb, model: ModelServer, new_context: NewContext
) -> None:
    web = new_web(CONTACT_REQUIRED="email")
    page = new_context().new_page()
    old = page.request.get(f"http://127.0.0.1:{web.port}/chat")
    body = old.text().replace('name="contact-required" content="email"', 'name="contact-required" content=""')
    page.route("**/chat", lambda route: route.fulfill(response=old, body=body))
    chat = Chat(page, f"http://127.0.0.1:{web.port}").visit()
    chat.say("Hello?")
    page.get_by_label("Your e-mail address").fill("ada@example.org")
    page.keyboard.press("Enter")
    chat.answered(1)
    assert chat.own_said() == ["Hello?"]


def test_everything_works_with_the_keyboard(chat: Chat) -> None:
    page = chat.page
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Conversation menu")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Sign in")).to_be_focused()
    for _ in range(2):  # over the scrolling middle, or not: browsers differ
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#examples') !== null"):
            break
    page.keyboard.press("Enter")
    chat.answered(1)
    expect(chat.text).to_be_focused()
    page.keyboard.type("One line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and another")
    page.keyboard.press("Enter")
    chat.answered(2)
    assert chat.own_said()[1] == "One line\nand another"
    page.get_by_role("button", name="Conversation menu").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask for a person")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Ask for a person")).to_be_hidden()
    expect(page.get_by_role("button", name="Conversation menu")).to_be_focused()
    page.keyboard.press("Enter")
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(chat.own).to_have_count(2)


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_scrolls_sideways_on_a_phone(
    program: Program, model: ModelServer, new_context: NewContext, width: int
) -> None:
    page = new_context(**PHONE | {"viewport": {"width": width, "height": 700}}).new_page()
    chat = Chat(page, program.url).visit()
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    assert page.evaluate(WIDTH) == width
    model.behave({"name": "normal", "text": RICH}, {"name": "normal", "text": "x" * 500})
    chat.ask("y" * 500)
    chat.ask("And?")
    assert page.evaluate(WIDTH) == width
    assert page.evaluate("document.getElementById('scroller').scrollWidth") <= width
    assert page.evaluate("document.documentElement.scrollHeight") == 700


def test_without_script_it_says_so(program: Program, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{program.url}/chat")
    expect(page.locator("noscript p")).to_contain_text("This chat needs JavaScript")
    expect(page.locator("noscript p")).to_be_in_viewport()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("textbox")).to_be_hidden()


def test_over_tls_it_uses_a_secure_socket(
    new_web: NewWeb, model: ModelServer, new_context: NewContext, tmp_path: Path
) -> None:
    openssl = shutil.which("openssl")
    assert openssl, "openssl makes the certificate"
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    wanted = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([openssl, *wanted.split(), *files], check=True, capture_output=True)
    web = new_web("--certfile", str(tmp_path / "cert.pem"), "--keyfile", str(tmp_path / "key.pem"))
    page = new_context(ignore_https_errors=True).new_page()
    chat = Chat(page, f"https://localhost:{web.port}")
    with page.expect_websocket() as opened:
        chat.visit()
        chat.ask("Is this safe?")
    assert opened.value.url == f"wss://localhost:{web.port}/connection/websocket"
    assert chat.errors == []


@pytest.mark.parametrize("name", ["chat", "signin"])
def test_all_modules_are_fetched_at_once(program: Program, new_context: NewContext, name: str) -> None:
    page = new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{program.url}/{name}", wait_until="networkidle")
    listed = page.locator("link[rel=modulepreload]").evaluate_all("links => links.map(link => link.href)")
    scripts = {url for url in asked if url.endswith(".js") and not url.endswith("main.js")}
    assert scripts == set(listed) != set()
