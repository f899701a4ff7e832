"""API keys: made, shown once, used by a program, taken away."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.pages.door import Door, new_email
from tests.pages.test_safety import ATTACKS


def _enter(door: Door) -> str:
    email = new_email()
    door.register(email)
    door.inside(email)
    return email


def test_a_key_is_made_used_and_deleted(door: Door) -> None:
    _enter(door)
    part = door.part("API keys")
    expect(part.get_by_role("listitem")).to_have_text("You have no API keys.")
    door.field("key", "name").fill("My program")
    part.get_by_role("checkbox", name="write and open conversations").uncheck()
    part.get_by_role("button", name="Make a key").click()
    shown = door.page.get_by_label("Your new key.")
    expect(shown).to_be_focused()
    key = shown.input_value()
    assert key.startswith("sbk_")
    row = part.get_by_role("listitem").filter(has_text="My program")
    expect(row).to_contain_text("reads conversations")
    expect(row).to_contain_text("never used")
    bearer = {"Authorization": f"Bearer {key}"}
    address = f"{door.url}/api/conversations"
    assert door.page.request.get(address, headers=bearer).status == 200
    assert door.page.request.post(address, headers=bearer, data={}).status == 403
    door.page.reload()
    expect(row).to_contain_text(re.compile("last used (just now|1 minute ago)"))
    assert key not in door.page.content()
    assert shown.input_value() == ""
    assert key not in door.stored()
    row.get_by_role("button", name="Delete: My program").click()
    door.yes("Delete")
    expect(part.get_by_role("listitem")).to_have_text("You have no API keys.")
    expect(part.get_by_role("heading")).to_be_focused()
    assert door.page.request.get(address, headers=bearer).status == 401


def test_a_new_key_is_copied(door: Door) -> None:
    door.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _enter(door)
    door.field("key", "name").fill("To copy")
    door.page.keyboard.press("Enter")
    door.button("Copy").click()
    expect(door.page.locator("#secret [role=status]")).to_have_text("Copied.")
    assert door.page.evaluate("navigator.clipboard.readText()") == door.page.get_by_label("Your new key.").input_value()
    door.sign_out()
    door.outside()
    assert door.page.locator("#secret-value").input_value() == ""


def test_a_key_may_something(door: Door) -> None:
    _enter(door)
    part = door.part("API keys")
    door.field("key", "name").fill("Nothing")
    for box in part.get_by_role("checkbox").all():
        box.uncheck()
    part.get_by_role("button", name="Make a key").click()
    expect(part.get_by_role("alert")).to_have_text("Choose at least one thing that the key may do.")


def test_names_of_keys_stay_text(door: Door) -> None:
    _enter(door)
    for attack in ATTACKS[:3]:
        door.field("key", "name").fill(attack)
        door.page.keyboard.press("Enter")
        expect(door.part("API keys").get_by_role("listitem").filter(has_text=attack)).to_be_visible()
    door.part("API keys").get_by_role("listitem").first.get_by_role("button").click()
    expect(door.page.get_by_role("dialog")).to_contain_text(re.compile("Delete the key “<"))
    assert door.page.evaluate("window.hacked") is None
