"""The API's documentation in a browser: nothing is asked of another host, and nothing breaks the policy."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import NewContext
from tests.program import Program

WATCH = "addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective, e.blockedURI))"


class Watched:
    """A page, the hosts it asked, and what it complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.errors: list[str] = []
        page.add_init_script(WATCH)
        page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).netloc))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))


@pytest.fixture
def watched(program: Program, new_context: NewContext) -> Iterator[Watched]:
    page = Watched(new_context().new_page())
    yield page
    assert page.errors == []
    assert page.hosts - {""} == {urlsplit(program.url).netloc}, "data: and blob: have no host"


def test_swagger_calls_the_api(watched: Watched, program: Program) -> None:
    page = watched.page
    page.goto(f"{program.url}/docs")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator(".opblock-summary-control", has_text="/health").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status:not(.col_header)")).to_contain_text("200")


def test_redoc_is_read_and_searched(watched: Watched, program: Program) -> None:
    page = watched.page
    page.goto(f"{program.url}/redoc")
    expect(page.get_by_role("heading", name="Switchboard")).to_be_visible()
    expect(page.get_by_alt_text("redocly logo")).to_be_visible()
    page.get_by_placeholder("Search").fill("metrics")
    expect(page.get_by_role("search").get_by_role("menuitem").first).to_be_visible()


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_policy_names_no_other_host(program: Program, watched: Watched, path: str) -> None:
    response = watched.page.goto(f"{program.url}{path}")
    assert response is not None
    watched.page.wait_for_load_state("networkidle")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "*" not in policy
