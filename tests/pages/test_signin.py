"""Ways in and out: with a password, from the chat and back, in several tabs; and what must not get in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import NewContext, NewWeb
from tests.pages.door import WORD, Door, new_email, site
from tests.pages.test_safety import ATTACKS
from tests.program import Program

ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "%2F%2Fevil.example",
    "/.//evil.example",
    "/%09/evil.example",
    "",
]


def test_an_account_is_made_and_entered_again(door: Door) -> None:
    email = new_email()
    door.register(email, "Ada Lovelace")
    door.inside("Ada Lovelace")
    expect(door.page.locator("#hello")).to_be_focused()
    assert door.kept()["user"]["email"] == email
    door.sign_out()
    door.outside()
    assert door.kept() is None
    expect(door.field("sign-in", "username")).to_be_focused()
    door.sign_in(email.upper())
    door.inside("Ada Lovelace")
    door.page.reload()
    door.inside("Ada Lovelace")


def test_a_wrong_password_and_an_unknown_name_look_alike(door: Door) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    door.sign_out()
    for name in (email, new_email()):
        door.sign_in(name, "not the one that I took")
        expect(door.page.get_by_role("alert").filter(has_text="The name or the password is wrong.")).to_be_visible()
        assert door.kept() is None


def test_what_is_wrong_is_told_at_its_field(door: Door) -> None:
    door.button("Sign in").click()
    expect(door.fault("sign-in", "username")).to_have_text("Please fill this in.")
    expect(door.field("sign-in", "username")).to_be_focused()
    door.fill_registration("nonsense", password="too short")
    door.button("Create my account").click()
    expect(door.fault("register", "email")).to_have_text("This does not look like an e-mail address.")
    expect(door.fault("register", "password")).to_have_text("6 more characters, please.")
    door.field("register", "email").fill("a@b")
    door.field("register", "password").fill("password" * 3)
    expect(door.fault("register", "password")).to_be_empty()
    door.button("Create my account").click()
    expect(door.fault("register", "email")).to_have_text("This is not a valid e-mail address.")
    door.field("register", "email").fill(new_email())
    door.button("Create my account").click()
    expect(door.fault("register", "password")).to_contain_text("The password is too easy to guess")
    expect(door.field("register", "password")).to_be_focused()


def test_a_taken_address_is_told(door: Door) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    door.sign_out()
    door.register(email)
    expect(door.page.get_by_role("alert").filter(has_text="is taken. If it is yours, sign in.")).to_be_visible()


def test_a_new_password_is_measured_and_can_be_seen(door: Door) -> None:
    door.fill_registration(new_email(), password="🙂" * 14)
    word = door.field("register", "password")
    measure = door.page.locator("#register .new-password")
    expect(measure.locator(".count")).to_have_text("14 of 15")
    expect(measure).to_have_attribute("data-enough", "false")
    word.press("End")
    word.press_sequentially("x")
    expect(measure).to_have_attribute("data-enough", "true")
    expect(measure.get_by_role("status")).to_have_text("Long enough.")
    expect(word).to_have_attribute("type", "password")
    measure.get_by_role("button", name="Show the password").click()
    expect(word).to_have_attribute("type", "text")
    expect(word).to_be_focused()


def test_too_many_tries_say_how_long_to_wait(new_web: NewWeb, new_context: NewContext) -> None:
    web = new_web(RATELIMIT_LOGIN="1")
    door = Door(new_context().new_page(), f"http://127.0.0.1:{web.port}").visit()
    for _ in range(2):
        door.sign_in(new_email())
        expect(door.page.locator("#sign-in [role=alert]")).not_to_be_empty()
        expect(door.page.locator("#sign-in")).to_have_attribute("aria-busy", "false")
    told = door.page.locator("#sign-in [role=alert]")
    expect(told).to_have_text(re.compile(r"Too many attempts\. Please wait \d+ seconds, then try again\."))


def test_a_server_that_is_away_is_told(new_web: NewWeb, new_context: NewContext) -> None:
    web = new_web()
    door = Door(new_context().new_page(), f"http://127.0.0.1:{web.port}").visit()
    web.kill()
    door.sign_in(new_email())
    told = door.page.get_by_role("alert").filter(has_text="The server cannot be reached. Please try again.")
    expect(told).to_be_visible()
    web.start()


def test_one_comes_back_to_where_one_came_from(door: Door) -> None:
    door.visit("?next=/chat%3Fx=1")
    door.register(new_email())
    door.page.wait_for_url(f"{door.url}/chat?x=1")


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_led_elsewhere(door: Door, where: str) -> None:
    given = door.page.evaluate(
        """async ([address, where]) => {
            const { destination } = await import(address);
            return [destination(`?next=${where}`), destination(`?next=${encodeURIComponent(where)}`)];
        }""",
        [f"{door.url}/pages/signin/destination.js", where],
    )
    assert given == [None, None]


def test_nobody_is_led_elsewhere_after_signing_in(door: Door) -> None:
    email = new_email()
    door.visit("?next=//evil.example")
    door.register(email)
    door.inside(email)
    assert door.page.url.startswith(door.url)
    assert door.errors == []


def test_signing_out_is_seen_in_all_tabs(door: Door) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    other = Door(door.page.context.new_page(), door.url).visit()
    other.inside(email)
    other.field("profile", "bio").fill("Nobody else shall read this.")
    door.sign_out(other)
    other.outside()
    assert other.field("profile", "bio").input_value() == ""
    assert email not in other.stored()
    assert email not in other.page.content()
    door.sign_in(email)
    other.inside(email)
    assert other.errors == []


def test_no_secret_gets_into_an_address(door: Door) -> None:
    asked: list[str] = []
    door.page.on("request", lambda request: asked.append(request.url))
    email = new_email()
    door.register(email)
    door.inside(email)
    door.page.reload()
    door.inside(email)
    kept = door.kept()
    for secret in (WORD, WORD.replace(" ", "+"), "four%20quiet", kept["access"], kept["refresh"]):
        assert not [url for url in asked if secret in url]


def test_names_stay_text(door: Door) -> None:
    door.register(new_email(), ATTACKS[1])
    door.inside(ATTACKS[1])
    for attack in ATTACKS[:4]:
        door.field("profile", "full_name").fill(attack)
        door.button("Save").click()
        door.inside(attack)
    door.page.goto(f"{door.url}/chat")
    door.page.get_by_role("button", name="Account of").click()
    expect(door.page.locator("#account-name")).to_have_text(ATTACKS[3])
    assert door.page.evaluate("window.hacked") is None


def test_it_works_with_the_keyboard(door: Door) -> None:
    page = door.page
    email = new_email()
    expect(door.field("sign-in", "username")).to_be_focused()
    page.get_by_role("link", name="Create an account").focus()
    page.keyboard.press("Enter")
    expect(door.field("register", "email")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type(WORD)
    page.keyboard.press("Enter")
    door.inside("Ada")
    door.part("Devices").get_by_role("button", name="Sign out: ").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    door.inside("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    door.outside()


def test_without_script_it_says_so(program: Program, new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{site(program)}/signin")
    expect(page.locator("noscript p")).to_contain_text("Signing in needs JavaScript")
    expect(page.get_by_role("button")).to_have_count(0)


ASKED_TWICE = """async () => {
    const { answered } = await import(`${location.origin}/pages/shared/dialog.js`);
    const dialog = document.getElementById('confirm');
    const first = answered(dialog);
    dialog.close();
    const second = answered(dialog); // before the browser has told that it was closed
    await new Promise((told) => setTimeout(told, 50));
    document.getElementById('confirm-yes').click();
    return [await first, await second];
}"""


def test_a_question_that_was_closed_late_answers_no_other(door: Door) -> None:
    assert door.page.evaluate(ASKED_TWICE) == [False, True]
