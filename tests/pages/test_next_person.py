"""Two persons at one browser: what was under way for the first, or half written, never comes to the second."""

from __future__ import annotations

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.pages.chat import Chat
from tests.pages.conftest import NewContext
from tests.pages.door import Door, new_email, site
from tests.program import Program
from tests.servers.openai import ModelServer


class Browser:
    """One browser with two tabs, and two persons who have accounts."""

    def __init__(self, program: Program, first: Page, second: Page) -> None:
        url = site(program)
        self.chat, self.door = Chat(first, url), Door(first, url)
        self.other, self.other_door = Chat(second, url), Door(second, url)
        self.ada, self.ben = new_email(), new_email()
        for email in (self.ben, self.ada):
            self.door.visit()
            self.door.register(email, "Ada" if email == self.ada else "Ben")
            self.door.inside("Ada" if email == self.ada else "Ben")
            if email == self.ben:
                self.door.sign_out()

    def ben_enters(self) -> None:
        """In the second tab, after Ada has signed out."""
        self.other_door.visit()
        self.other_door.sign_in(self.ben)
        self.other_door.inside("Ben")


@pytest.fixture
def browser_of_two(program: Program, model: ModelServer, new_context: NewContext) -> Browser:
    context = new_context()
    return Browser(program, context.new_page(), context.new_page())


def _hold(page: Page, path: str) -> list[tuple[Route, APIResponse]]:
    """The server does what is posted there, and the page does not hear of it."""
    held: list[tuple[Route, APIResponse]] = []

    def handle(route: Route) -> None:
        if route.request.method == "POST":
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route(path, handle)
    return held


def test_a_new_key_is_shown_to_nobody_else(browser_of_two: Browser) -> None:
    door = browser_of_two.door
    held = _hold(door.page, "**/api/auth/keys")
    door.field("key", "name").fill("Ada's")
    door.part("API keys").get_by_role("button", name="Make a key").click()
    door.eventually(lambda: held)
    door.sign_out()
    browser_of_two.ben_enters()
    door.inside("Ben")
    assert held[0][1].ok
    assert "sbk_" not in door.page.content()
    assert door.page.locator("#secret-value").input_value() == ""


def test_a_message_goes_to_nobody_elses_conversation(browser_of_two: Browser) -> None:
    chat, other = browser_of_two.chat.visit(), browser_of_two.other
    for number in range(3):
        chat.ask(f"Conversation {number}?")
        chat.start_over()
        expect(chat.own).to_have_count(0)
    held = _hold(chat.page, "**/api/conversations")
    chat.say("A secret of Ada's?")
    chat.eventually(lambda: held)
    assert held[0][1].status == 409
    chat.sign_out()
    browser_of_two.ben_enters()
    other.visit().ask("Ben was here?")
    chat.visit()
    expect(chat.replies).to_have_count(1)
    assert chat.own_said() == ["Ben was here?"]
    assert "secret of Ada" not in "".join(chat.contents())
    assert "Conversation 0?" not in chat.page.content()


def test_a_draft_is_shown_to_nobody_else(browser_of_two: Browser) -> None:
    chat, other = browser_of_two.chat.visit(), browser_of_two.other.visit()
    chat.text.fill("half a secr")
    chat.page.reload()
    expect(chat.text).to_have_value("half a secr")
    chat.page.goto("about:blank")
    other.sign_out()
    chat.visit()
    expect(chat.page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(chat.text).to_have_value("")


def test_a_form_that_the_browser_restores_is_empty(browser_of_two: Browser) -> None:
    door, chat = browser_of_two.door, browser_of_two.chat
    door.field("profile", "bio").fill("private words")
    door.field("email", "address").fill("hidden@example.org")
    chat.visit().sign_out()
    with chat.loaded_anew():
        browser_of_two.ben_enters()
    door.page.go_back()
    door.inside("Ben")
    door.page.wait_for_load_state()
    expect(door.field("profile", "bio")).to_have_value("")
    expect(door.field("email", "address")).to_have_value(browser_of_two.ben)


def test_a_question_to_one_is_not_answered_by_another(browser_of_two: Browser) -> None:
    door, other = browser_of_two.door, browser_of_two.other_door.visit()
    other.inside("Ada")
    door.button("Sign out everywhere").click()
    other.sign_out(door)
    browser_of_two.ben_enters()
    expect(door.page.get_by_role("dialog")).to_be_hidden()


def test_what_a_visitor_opens_while_somebody_signs_in_is_not_left_behind(browser_of_two: Browser) -> None:
    chat = browser_of_two.chat.visit()
    chat.sign_out()
    held = _hold(chat.page, "**/api/conversations")
    chat.say("First words?")
    chat.eventually(lambda: held)
    with chat.loaded_anew():
        browser_of_two.ben_enters()
    chat.page.unroute("**/api/conversations")
    chat.page.reload()
    chat.answered(1)
    assert "token" not in chat.remembered()
    assert chat.api()["user"] is not None
