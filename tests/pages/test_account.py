"""What a user does with their account, and how the page keeps them signed in."""

from __future__ import annotations

import re
import time
from functools import partial

from playwright.sync_api import Request, expect

from tests.pages.chat import Chat
from tests.pages.conftest import NewContext, NewWeb
from tests.pages.door import WORD, Door, new_email, site
from tests.program import Program

EXPIRE = """() => {
    const kept = JSON.parse(localStorage.getItem('switchboard.account'));
    localStorage.setItem('switchboard.account', JSON.stringify({...kept, expires: 0}));
}"""
SPOIL = EXPIRE.replace("expires: 0", "access: 'x.y.z'")


def _code(program: Program, address: str) -> str:
    """The newest code for it: in debug it stands in the log."""
    deadline = time.monotonic() + 30
    while not (found := re.findall(rf"the code for {re.escape(address)} is (\d{{6}})", _log(program))):
        assert time.monotonic() < deadline, "no code came"
        time.sleep(0.05)
    return str(found[-1])


def _note(refreshed: list[str], request: Request) -> None:
    if "refresh" in request.url:
        refreshed.append(request.url)


def _log(program: Program) -> str:
    return "".join(path.read_text(errors="replace") for path in program.places.logs.glob("web*.log"))


def test_a_profile_is_changed(door: Door) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    door.field("profile", "full_name").fill("  Ada Lovelace ")
    door.field("profile", "username").fill("no spaces please")
    door.button("Save").click()
    expect(door.fault("profile", "username")).to_have_text("Letters, digits and . + - _ only, without spaces.")
    username = f"ada.{email[4:12]}"
    door.field("profile", "username").fill(username)
    door.button("Save").click()
    expect(door.part("Profile").get_by_role("status")).to_have_text("Saved.")
    door.inside("Ada Lovelace")
    door.sign_out()
    door.sign_in(username)
    door.inside("Ada Lovelace")
    expect(door.field("profile", "username")).to_have_value(username)


def test_addresses_are_verified_by_a_code(door: Door, program: Program) -> None:
    email, newer = new_email(), new_email()
    door.register(email)
    door.inside(email)
    place = door.page.locator("#email")
    expect(place.locator(".tag")).to_have_text("Not verified")
    door.field("email", "address").fill(newer)
    place.get_by_role("button", name="Send a code").click()
    expect(door.field("email", "code")).to_be_focused()
    expect(place.locator(".value")).to_have_text(email)  # the old one, until the code is repeated
    code = _code(program, newer)
    door.field("email", "code").fill(f"{(int(code) + 1) % 10**6:06}")
    place.get_by_role("button", name="Verify").click()
    expect(door.fault("email", "code")).to_contain_text("This is not the right code")
    door.field("email", "code").fill(code)
    door.page.keyboard.press("Enter")
    expect(place.locator(".tag")).to_have_text("Verified")
    expect(place.locator(".value")).to_have_text(newer)
    expect(door.field("email", "code")).to_be_hidden()


def test_whoever_loses_an_address_is_told(door: Door, program: Program, new_context: NewContext) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    lost = door.page.get_by_text("Somebody else has verified the e-mail address that you gave")
    expect(lost).to_be_hidden()
    owner = Door(new_context().new_page(), door.url).visit()
    owner.register(email, password="the owner has other words")
    owner.inside(email)
    place = owner.page.locator("#email")
    place.get_by_role("button", name="Send a code").click()
    owner.field("email", "code").fill(_code(program, email))
    owner.page.keyboard.press("Enter")
    expect(place.locator(".tag")).to_have_text("Verified")
    door.page.reload()
    expect(lost).to_be_visible()
    expect(door.page.get_by_role("heading", level=1)).to_have_text("You")
    expect(door.page.locator("#email .standing")).to_be_hidden()
    door.field("profile", "username").fill(f"lost.{email[4:12]}")
    door.button("Save").click()
    expect(door.part("Profile").get_by_role("status")).to_have_text("Saved.")
    assert owner.errors == []


def test_a_phone_number_is_checked_before_a_code_is_sent(door: Door, program: Program) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    place = door.page.locator("#phone")
    door.field("phone", "address").fill("12345")
    place.get_by_role("button", name="Send a code").click()
    expect(door.fault("phone", "address")).to_contain_text("This is not a valid phone number with its country code")
    number = f"+4930{int(email[4:10], 16) % 10**7:07}"
    door.field("phone", "address").fill(number)
    place.get_by_role("button", name="Send a code").click()
    door.field("phone", "code").fill(_code(program, number))
    door.page.keyboard.press("Enter")
    expect(place.locator(".tag")).to_have_text("Verified")


def test_without_a_channel_no_code_is_offered(new_web: NewWeb, new_context: NewContext) -> None:
    web = new_web(DEBUG="false")
    door = Door(new_context().new_page(), f"http://127.0.0.1:{web.port}").visit()
    email = new_email()
    door.register(email)
    door.inside(email)
    part = door.part("E-mail and phone")
    expect(part.get_by_text("Codes cannot be sent from here yet")).to_be_visible()
    expect(part.get_by_text(email)).to_be_visible()
    expect(part.get_by_role("button")).to_have_count(0)


def test_a_password_is_changed_and_other_devices_are_signed_out(
    door: Door, program: Program, new_context: NewContext
) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    other = Door(new_context().new_page(), site(program)).visit()
    other.sign_in(email)
    other.inside(email)
    door.field("password", "current").fill("not the one that I took")
    door.field("password", "new").fill("other words than before")
    door.button("Change password").click()
    told = door.part("Password").get_by_role("alert")
    expect(told).to_have_text("The current password is wrong.")
    door.field("password", "current").fill(WORD)
    door.button("Change password").click()
    expect(door.part("Password").get_by_role("status").last).to_have_text("Changed. Every other device is signed out.")
    expect(door.field("password", "new")).to_have_value("")
    with other.loaded_anew():
        other.button("Save").click()
    other.outside()
    other.sign_in(email, "other words than before")
    other.inside(email)


def test_a_device_is_signed_out_from_another(door: Door, program: Program, new_context: NewContext) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"
    other = Door(new_context(user_agent=agent).new_page(), site(program)).visit("?next=/chat")
    other.sign_in(email)
    other.page.wait_for_url("**/chat")
    chat = Chat(other.page, site(program))
    chat.ask("Is this mine?")
    door.page.reload()
    rows = door.part("Devices").get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="This device")).to_contain_text("Chrome on Linux")
    chat.text.fill("half a wo")
    rows.filter(has_text="Safari on iPhone").get_by_role("button").click()
    with chat.loaded_anew():
        door.yes("Sign out")
    expect(rows).to_have_count(1)
    expect(chat.page.get_by_text("You were signed out.")).to_be_visible()  # without a word from this one
    expect(chat.page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(chat.own).to_have_count(0)
    expect(chat.text).to_have_value("")
    assert email not in other.stored()
    chat.ask("Who am I now?")
    assert chat.remembered()["token"]


def test_everywhere_is_here_too(door: Door, program: Program, new_context: NewContext) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    other = Door(new_context().new_page(), site(program)).visit()
    other.sign_in(email)
    other.inside(email)
    door.button("Sign out everywhere").click()
    with door.loaded_anew():
        door.yes("Sign out everywhere")
    door.outside()
    with other.loaded_anew():
        other.button("Save").click()
    other.outside()


def test_an_expired_token_is_renewed_unseen(door: Door) -> None:
    email = new_email()
    door.register(email)
    door.inside(email)
    other = Door(door.page.context.new_page(), door.url).visit()
    other.inside(email)
    for spoil in (EXPIRE, SPOIL):
        before = door.kept()
        refreshed: list[str] = []
        door.page.context.on("request", partial(_note, refreshed))
        door.page.evaluate(spoil)
        for one in (door, other):
            one.page.evaluate("document.getElementById('profile-form').requestSubmit()")
        for one in (door, other):
            expect(one.part("Profile").get_by_role("status")).to_have_text("Saved.")
        assert door.kept()["access"] not in {before["access"], "x.y.z"}
        assert door.kept()["refresh"] != before["refresh"]
        assert 1 <= len(refreshed) <= 2  # a tab may see late that another one has done it
        door.page.reload()
        other.page.reload()
        for one in (door, other):
            one.inside(email)


def test_a_server_that_is_away_signs_nobody_out(new_web: NewWeb, new_context: NewContext) -> None:
    web = new_web()
    door = Door(new_context().new_page(), f"http://127.0.0.1:{web.port}").visit()
    email = new_email()
    door.register(email)
    door.inside(email)
    door.page.evaluate(EXPIRE)
    web.kill()
    door.button("Save").click()
    told = door.part("Profile").get_by_role("alert")
    expect(told).to_have_text("The server cannot be reached. Please try again.")
    web.start()
    door.button("Save").click()
    expect(door.part("Profile").get_by_role("status")).to_have_text("Saved.")
    door.inside(email)
