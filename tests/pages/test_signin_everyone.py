"""The sign-in page for everyone: small and large screens, light and dark, screen readers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import PHONE, NewContext
from tests.pages.door import WORD, Door, new_email, site
from tests.pages.test_everyone import WIDTH, faults
from tests.program import Program


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(
    program: Program, new_context: NewContext, axe: str, scheme: str, device: dict[str, Any]
) -> None:
    page = new_context(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", **device).new_page()
    door = Door(page, site(program)).visit()
    door.outside()
    door.button("Sign in").click()
    assert faults(page, axe) == []
    door.sign_in(new_email())
    expect(page.locator("#sign-in [role=alert]")).to_contain_text("wrong")
    assert faults(page, axe) == []
    email = new_email()
    door.fill_registration(email, "Ada", "too short")
    door.button("Create my account").click()
    assert faults(page, axe) == []
    door.field("register", "password").fill(WORD)
    page.keyboard.press("Enter")
    door.inside("Ada")
    door.field("key", "name").fill("Key")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your new key.")).to_be_visible()
    page.locator("#email").get_by_role("button", name="Send a code").click()
    expect(door.field("email", "code")).to_be_focused()
    expect(door.part("Devices").get_by_role("listitem")).to_contain_text("This device")
    assert faults(page, axe) == []
    door.part("Devices").get_by_role("listitem").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page, axe) == []
    page.goto(f"{door.url}/chat")
    page.get_by_role("button", name="Account of Ada").click()
    assert faults(page, axe) == []


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_scrolls_sideways_on_a_phone(program: Program, new_context: NewContext, width: int) -> None:
    page = new_context(**PHONE | {"viewport": {"width": width, "height": 700}}).new_page()
    door = Door(page, site(program)).visit()
    door.outside()
    assert page.evaluate(WIDTH) == width
    name = "x" * 150
    door.register(f"{'y' * 40}-{new_email()}", name)
    door.inside(name)
    door.field("key", "name").fill("z" * 100)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your new key.")).to_be_visible()
    expect(door.part("API keys").get_by_role("listitem")).to_contain_text("zzz")
    assert page.evaluate(WIDTH) == width


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36",
            "Chrome on Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) CriOS/150.0 Mobile/15E148 Safari/604.1", "Chrome on iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/19.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 16) SamsungBrowser/30.0 Chrome/150.0", "Samsung Internet on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("<script>alert(1)</script> x", "<script>alert(1)</script>"),
        ("", "Unknown device"),
    ],
)
def test_devices_have_names_that_people_know(door: Door, said: str, name: str) -> None:
    run = "async ([address, said]) => (await import(address)).deviceName(said)"
    assert door.page.evaluate(run, [f"{door.url}/pages/signin/device.js", said]) == name
