"""The sign-in page as one who uses it sees it."""

from __future__ import annotations

import uuid
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.pages.tab import Tab
from tests.program import Program

WORD = "four quiet words here"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def site(program: Program) -> str:
    """By this name: passkeys want one, and 127.0.0.1 is none."""
    return f"http://localhost:{program.environ['PORT']}"


def new_email() -> str:
    """Nobody else's."""
    return f"ada-{uuid.uuid4().hex[:12]}@example.org"


class Door(Tab):
    """/signin in one tab, signed out or in."""

    def visit(self, query: str = "") -> Door:
        self.page.goto(f"{self.url}/signin{query}")
        return self

    def field(self, form: str, name: str) -> Locator:
        return self.page.locator(f"#{form}-{name}")

    def fault(self, form: str, name: str) -> Locator:
        return self.page.locator(f"#{form}-{name}-fault")

    def part(self, name: str) -> Locator:
        """A section of the account, such as Devices."""
        return self.page.get_by_role("region", name=name, exact=True)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def fill_registration(self, email: str, name: str = "", password: str = WORD) -> None:
        self.page.get_by_role("link", name="Create an account").click()
        self.field("register", "email").fill(email)
        self.field("register", "full_name").fill(name)
        self.field("register", "password").fill(password)

    def register(self, email: str, name: str = "", password: str = WORD) -> None:
        self.fill_registration(email, name, password)
        self.button("Create my account").click()

    def sign_in(self, name: str, password: str = WORD) -> None:
        self.field("sign-in", "username").fill(name)
        self.field("sign-in", "password").fill(password)
        self.button("Sign in").click()

    def sign_out(self, *others: Tab) -> None:
        """By its button; other tabs of the browser follow."""
        with self.loaded_anew(*others):
            self.button("Sign out").first.click()

    def inside(self, name: str) -> None:
        """Waits until the account is shown."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)

    def outside(self) -> None:
        """Waits until it asks who is there."""
        expect(self.page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()

    def yes(self, verb: str) -> None:
        """Answers the question whether one really wants it."""
        self.page.get_by_role("dialog").get_by_role("button", name=verb, exact=True).click()

    def kept(self) -> Any:
        """What the browser keeps of the account, or None."""
        return self.page.evaluate("JSON.parse(localStorage.getItem('switchboard.account') ?? 'null')")

    def stored(self) -> str:
        """All that the browser keeps of this site."""
        kept: str = self.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        return kept


class Authenticator:
    """A device that makes and uses passkeys in this tab without asking, for as long as its person is verified."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        self._id = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    def credentials(self) -> list[Any]:
        """The passkeys that it holds."""
        found: list[Any] = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]
        return found

    def be_verified(self, *, verified: bool) -> None:
        said = {"authenticatorId": self._id, "isUserVerified": verified}
        self._session.send("WebAuthn.setUserVerified", said)
