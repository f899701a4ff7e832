"""Names of all kinds are one line that does not rearrange what stands beside it."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models.texts import line_of
from tests.ingress.conftest import check_problem
from tests.ingress.identity.account import Account, signed_in

BAD = [
    "a\rb",
    "a\nb",
    "a\u2028b",
    "a\u2029b",
    "a\x1bb",
    "a\x85b",
    "a\u202eb",
    "a\u2066b",
    "a\u200fb",
    "\u061ca",
    "\u200b",
]
GOOD = ["Ann", "Åsa Ö’Neil-Ñuñez", "名前", "محمد", "נועה", "👩\u200d👩\u200d👧 family", "می\u200cخواهم"]


@pytest.fixture
def root(client: FlaskClient) -> Account:
    return signed_in(client, is_superuser=True)


def calls(name: str) -> list[tuple[str, str, dict[str, Any], str]]:
    """Method, path, body and the field that holds the name."""
    return [
        ("PUT", "/api/auth/me", {"full_name": name}, "full_name"),
        ("POST", "/api/users", {"email": "named@example.org", "full_name": name}, "full_name"),
        ("POST", "/api/auth/register", {"email": "a@example.org", "password": "x", "full_name": name}, "full_name"),
        ("POST", "/api/auth/keys", {"name": name, "scopes": ["conversations:read"]}, "name"),
        ("POST", "/api/roles", {"name": name, "permissions": ["feedback"]}, "name"),
        ("POST", "/api/conversations", {"name": name}, "name"),
        ("POST", "/api/auth/passkeys/register/complete", {"credential": CREDENTIAL, "name": name}, "name"),
    ]


CREDENTIAL = {"id": "x", "rawId": "x", "type": "public-key", "response": {}}


@pytest.mark.parametrize("bad", BAD)
def test_what_breaks_or_turns_a_line_is_422_with_the_reason(root: Account, bad: str) -> None:
    for method, path, body, field in calls(bad):
        response = root.client.open(path, method=method, json=body, headers=root.headers)
        problem = check_problem(response, 422)
        assert [one["field"] for one in problem["errors"]] == [field], path
        assert "may not hold" in problem["errors"][0]["reason"] or "can be seen" in problem["errors"][0]["reason"]
        assert bad not in response.get_data(as_text=True)


@pytest.mark.parametrize("good", GOOD)
def test_names_of_people_pass(root: Account, good: str) -> None:
    assert root.put("/api/auth/me", {"full_name": good}).get_json()["full_name"] == good
    assert root.post("/api/conversations", {"name": good}).status_code in {201, 409}


@pytest.mark.parametrize("name", ["..", "a\u200bb", "pаypal", "a\u202eb"])
def test_a_username_that_deceives_is_422_with_the_reason(root: Account, name: str) -> None:
    problem = check_problem(root.put("/api/auth/me", {"username": name}), 422)
    assert [one["field"] for one in problem["errors"]] == ["username"]
    assert "username_of" not in str(problem)


def test_a_device_says_its_name_in_one_line() -> None:
    assert line_of("curl/8\x85\x1b[2J\u202e") == "curl/8\ufffd\ufffd[2J\ufffd"
