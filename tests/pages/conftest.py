"""One program, one model that does as it is told, one browser; a fresh context for every test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.live import Redis, Server
from tests.pages.chat import Chat
from tests.pages.door import Door, site
from tests.pages.model import teach
from tests.program import Program
from tests.servers.openai import ModelServer, serving

expect.set_options(timeout=30_000)  # signing in hashes, beside a second browser and a second program on the same cores

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

NewContext = Callable[..., BrowserContext]
NewWeb = Callable[..., Server]


def chromium() -> str:
    """Chromium's path, that of the headless shell if it is there: it needs a third of the CPU time. Without any, these tests
    are skipped, but fail in CI."""
    names = (os.environ.get("CHROMIUM", ""), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("chromium is not installed: in CI it must be")
    if found is None:
        pytest.skip("needs chromium on PATH, or its path in CHROMIUM")
    return found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def model_server() -> Iterator[ModelServer]:
    teach()
    with serving() as server:
        yield server


@pytest.fixture
def model(model_server: ModelServer) -> ModelServer:
    """Answers as usual, until told otherwise."""
    model_server.forget()
    return model_server


@pytest.fixture(scope="package")
def redis() -> Iterator[Redis]:
    """A Redis that stays away for as long as a test wants."""
    server = Redis()
    yield server
    server.remove()


@pytest.fixture(scope="package")
def program(browser: Browser, model_server: ModelServer, redis: Redis) -> Iterator[Program]:
    model = {"LLM_MODEL": "openai/test", "LLM_API_BASE": model_server.url, "LLM_API_KEY": "sk-test"}
    limits = {"RATELIMIT_ENABLED": "true", "RATELIMIT_USER": "100000", "RATELIMIT_ADDRESS": "100000"}
    limits |= {"RATELIMIT_CONVERSATION": "20"}
    limits["RATELIMIT_LOGIN"] = "100000"
    with Program(REDIS_URL=redis.url, AGENT_TIMEOUT="8", DEBUG="true", **model, **limits) as started:
        yield started


@pytest.fixture
def new_web(program: Program) -> Iterator[NewWeb]:
    """Starts one more web process of the same deployment, to kill or with settings of its own."""
    started: list[Server] = []

    def make(*arguments: str, **settings: str) -> Server:
        started.append(Server("ingress:create_app()", {**program.environ, **settings}, arguments))
        return started[-1]

    yield make
    for server in started:
        server.kill()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """Makes contexts (each is a browser of its own, with its own storage) and closes them."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        opened.append(browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options}))  # type: ignore[arg-type]  # the options of Playwright
        opened[-1].set_default_timeout(30_000)
        return opened[-1]

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def chat(program: Program, model: ModelServer, new_context: NewContext) -> Iterator[Chat]:
    """The page, opened by somebody new. Whatever a page complains of fails its test."""
    opened = Chat(new_context().new_page(), program.url).visit()
    yield opened
    assert opened.errors == []


@pytest.fixture
def door(program: Program, model: ModelServer, new_context: NewContext) -> Iterator[Door]:
    """The sign-in page, opened by somebody who is signed out. Whatever a page complains of fails its test."""
    opened = Door(new_context().new_page(), site(program)).visit()
    yield opened
    assert opened.errors == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    path = Path(__file__).resolve().parents[1] / "javascript" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        assert os.environ.get("CI") != "true", "CI runs `npm ci` in tests/javascript"
        pytest.skip("needs `npm ci` in tests/javascript")
    return path.read_text()
