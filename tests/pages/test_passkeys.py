"""Passkeys, made and used by Chromium's own authenticator: instead of a password, and beside one."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.pages.chat import Chat
from tests.pages.door import Authenticator, Door, new_email
from tests.pages.test_safety import ATTACKS

WITHOUT = """() => {
    delete PublicKeyCredential.parseCreationOptionsFromJSON;
    delete PublicKeyCredential.parseRequestOptionsFromJSON;
    delete PublicKeyCredential.prototype.toJSON;
    delete PublicKeyCredential.isConditionalMediationAvailable;
}"""
ON_REQUEST = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"


def _only_on_request(door: Door) -> None:
    """The browser fills no passkey in by itself."""
    door.page.add_init_script(ON_REQUEST)
    door.visit()


def _make_account(door: Door, email: str, name: str = "Ada") -> None:
    door.fill_registration(email, name, password="")
    door.button("Use a passkey instead").click()
    door.inside(name)


def _leave(door: Door) -> None:
    door.sign_out()
    expect(door.page.locator("#entry")).to_be_visible()


def test_an_account_without_a_password(door: Door) -> None:
    _only_on_request(door)
    Authenticator(door.page)
    email = new_email()
    _make_account(door, email)
    expect(door.part("Passkeys").get_by_role("listitem")).to_contain_text("Chrome on Linux")
    _leave(door)
    door.button("Sign in with a passkey").click()
    door.inside("Ada")
    assert door.kept()["user"]["email"] == email
    expect(door.part("Passkeys").get_by_role("listitem")).to_contain_text("last used just now")


def test_a_browser_fills_a_passkey_in_by_itself(door: Door) -> None:
    device = Authenticator(door.page)
    _make_account(door, new_email())
    assert len(device.credentials()) == 1
    before = door.kept()["refresh"]
    door.sign_out()
    door.inside("Ada")  # the authenticator chooses at once what a person would choose in the list
    assert door.kept()["refresh"] != before


def test_passkeys_are_added_beside_a_password_and_removed(door: Door) -> None:
    _only_on_request(door)
    email = new_email()
    door.register(email)
    door.inside(email)
    part = door.part("Passkeys")
    expect(part.get_by_role("listitem")).to_have_text("You have no passkeys yet.")
    device = Authenticator(door.page)
    door.field("passkey", "name").fill(ATTACKS[1])
    part.get_by_role("button", name="Add a passkey").click()
    expect(part.get_by_role("status")).to_have_text("Added.")
    row = part.get_by_role("listitem")
    expect(row).to_contain_text(ATTACKS[1])
    expect(row).to_contain_text("never used")
    part.get_by_role("button", name="Add a passkey").click()
    expect(part.get_by_role("alert").last).to_have_text("This device already has a passkey of this account.")
    row.get_by_role("button").click()
    door.yes("Remove")
    expect(part.get_by_role("listitem")).to_have_text("You have no passkeys yet.")
    assert len(device.credentials()) == 1
    _leave(door)
    door.button("Sign in with a passkey").click()
    told = door.page.locator("#sign-in-view .passkey [role=alert]")
    expect(told).not_to_be_empty()  # the device still has it, the account no more
    assert door.page.evaluate("window.hacked") is None


def test_the_last_way_in_stays(door: Door) -> None:
    Authenticator(door.page)
    _make_account(door, new_email())
    part = door.part("Passkeys")
    part.get_by_role("listitem").get_by_role("button").click()
    door.yes("Remove")
    expect(part.get_by_role("listitem").get_by_role("alert")).not_to_be_empty()
    expect(part.get_by_role("listitem").get_by_role("button")).to_be_enabled()
    door.page.reload()
    expect(part.get_by_role("listitem")).to_contain_text("Chrome on Linux")
    door.field("password", "new").fill("now there is a second way")
    door.button("Change password").click()
    expect(door.part("Password").get_by_role("status").last).to_contain_text("Changed.")
    part.get_by_role("listitem").get_by_role("button").click()
    door.yes("Remove")
    expect(part.get_by_role("listitem")).to_have_text("You have no passkeys yet.")


def test_who_has_no_passkey_is_told(door: Door) -> None:
    _only_on_request(door)
    device = Authenticator(door.page)
    device.be_verified(verified=False)
    door.button("Sign in with a passkey").click()
    told = door.page.locator("#sign-in-view .passkey [role=alert]")
    expect(told).to_have_text("No passkey was used. You can try again.", timeout=60_000)
    expect(door.button("Sign in with a passkey")).to_be_enabled()


def test_an_older_browser_does_as_well(door: Door) -> None:
    Authenticator(door.page)
    door.page.add_init_script(f"({WITHOUT})()")
    door.visit()
    assert door.page.evaluate("'parseCreationOptionsFromJSON' in PublicKeyCredential") is False
    _make_account(door, new_email())
    _leave(door)
    door.button("Sign in with a passkey").click()
    door.inside("Ada")
    door.button("Add a passkey").click()
    expect(door.part("Passkeys").get_by_role("alert").last).to_contain_text("already has a passkey")


def test_a_passkey_takes_the_visitors_conversation_along(door: Door) -> None:
    Authenticator(door.page)
    chat = Chat(door.page, door.url).visit()
    chat.ask("As a visitor?")
    chat.page.get_by_role("link", name="Sign in").click()
    door.fill_registration(new_email(), "Ada", password="")
    door.button("Use a passkey instead").click()
    chat.page.wait_for_url("**/chat")
    chat.ask("As a user?")
    assert chat.own_said() == ["As a visitor?", "As a user?"]
    assert "token" not in chat.remembered()
    chat.sign_out()
    expect(chat.own).to_have_count(0)
    chat.ask("A visitor again?")
    visitor = chat.remembered()
    chat.page.get_by_role("link", name="Sign in").click()
    chat.page.wait_for_url("**/chat")  # the browser has filled it in
    expect(chat.replies).to_have_count(1)
    assert chat.remembered()["id"] == visitor["id"]


def test_an_address_without_passkeys_does_not_offer_them(door: Door) -> None:
    door.page.add_init_script("delete window.PublicKeyCredential")
    door.visit()
    expect(door.button("Sign in with a passkey")).to_be_hidden()
    email = new_email()
    door.register(email)
    door.inside(email)
    expect(door.page.get_by_text("Passkeys are not available at this address")).to_be_visible()
    expect(door.button("Add a passkey")).to_be_hidden()
