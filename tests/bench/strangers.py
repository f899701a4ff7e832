"""Whether the time of an answer tells a known account from an unknown one: 200 of each, in turns, as a stranger would ask.

`python -m tests.bench.strangers` prints JSON, in milliseconds.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Sequence
from statistics import median
from typing import Any

from tests.bench.load import Http, flood, request
from tests.bench.programs import program
from tests.bench.sizes import sized

SAMPLES = sized(200, 2)
FREE = 5  # attempts of one name that are not put off
NAMES = max(1, SAMPLES // FREE)
PASSWORD = "a few words to remember"
Asked = tuple[bytes, int]  # and the status that is expected


def _refresh_token(session_id: str) -> str:
    return "sbr_" + base64.urlsafe_b64encode(session_id.encode() + bytes(4) + bytes(32)).decode()


async def register(url: str) -> list[str]:
    """Makes the known accounts. Returns the ids of their sessions."""
    said = [{"email": f"known{n}@example.org", "password": PASSWORD} for n in range(NAMES)]
    await flood(url, [request("POST", "/api/auth/register", one) for one in said], 4)
    http = await Http(url).open()
    status, body = await http.send(
        request("POST", "/api/auth/login", {"email": said[0]["email"], "password": PASSWORD})
    )
    assert status == 200, body
    token = json.loads(body)["access_token"]
    _, body = await http.send(request("GET", "/api/auth/sessions", token=token))
    http.close()
    return [one["id"] for one in json.loads(body)["items"]]


def _pair(path: str, field: str, known: str, unknown: str, status: int, **also: str) -> list[Asked]:
    return [(request("POST", path, {field: value, **also}), status) for value in (known, unknown)]


def asked(sessions: Sequence[str]) -> dict[str, list[list[Asked]]]:
    """For each way in the pairs of requests: a known account's, and an unknown one's."""
    emails = [(f"known{n % NAMES}@example.org", f"none{n % NAMES}@example.org") for n in range(SAMPLES)]
    tokens = [_refresh_token(sessions[n % len(sessions)]) for n in range(SAMPLES)]
    login, refresh, begin = "/api/auth/login", "/api/auth/refresh", "/api/auth/passkeys/{}/begin"
    return {
        "login": [_pair(login, "email", *both, 401, password="some other words instead") for both in emails],
        "refresh": [_pair(refresh, "refresh_token", one, _refresh_token(str(uuid.uuid4())), 401) for one in tokens],
        "passkey login": [_pair(begin.format("login"), "email", *both, 200) for both in emails],
        "passkey register": [_pair(begin.format("register"), "email", *both, 200) for both in emails],
    }


async def times(url: str, pairs: list[list[Asked]]) -> tuple[list[float], list[float]]:
    """Milliseconds of the known and of the unknown; each is the first of its pair every other time."""
    http = await Http(url).open()
    found: tuple[list[float], list[float]] = ([], [])
    for n, pair in enumerate(pairs):
        for which in (0, 1) if n % 2 else (1, 0):
            raw, wanted = pair[which]
            began = time.perf_counter()
            status, body = await http.send(raw)
            found[which].append((time.perf_counter() - began) * 1000)
            assert status == wanted, (status, body)
    http.close()
    return found


def run() -> dict[str, Any]:
    """All of it."""
    results = {}
    with program() as started:
        sessions = asyncio.run(register(started.url))
        for name, pairs in asked(sessions).items():
            known, unknown = (median(side) for side in asyncio.run(times(started.url, pairs)))
            results[name] = {
                "known": round(known, 2),
                "unknown": round(unknown, 2),
                "apart": round(abs(known - unknown), 2),
            }
    return {"ways": results}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
