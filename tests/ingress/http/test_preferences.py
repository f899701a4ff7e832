"""`Prefer: wait=N` as RFC 7240 writes it."""

import pytest
from flask import Flask

from ingress.http.preferences import wait_seconds


def _preferred(*headers: str) -> float:
    with Flask(__name__).test_request_context(headers=[("Prefer", header) for header in headers]):
        return wait_seconds(default=30)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), 30),
        (("wait=10",), 10),
        (("WAIT=10",), 10),
        (('wait="10"',), 10),
        (("wait = 10",), 10),
        (("wait=0",), 0),
        (("wait=61",), 60),
        (("wait=10, respond-async",), 10),
        (("respond-async, wait=10",), 10),
        (("respond-async", "wait=10"), 10),
        (("wait=10; part=1",), 10),
        (('wait="10"; part="a, wait=20"',), 10),
        (("wait=10, wait=20",), 10),  # of several, the first counts: section 2
        (("wait=10", "Wait=20"), 10),
    ],
)
def test_seconds(headers: tuple[str, ...], seconds: float) -> None:
    assert _preferred(*headers) == seconds


@pytest.mark.parametrize(
    "header",
    ["", "wait", "wait=", "wait=-5", "wait=1.5", "wait=soon", "wait=1e3", "wait=²", "waits=10", "=10", '"wait=10', ",;,",
     "respond-async; wait=10", 'note="please, wait=10"', "no wait=10"],
)  # fmt: skip
def test_what_is_no_wait_is_ignored(header: str) -> None:
    assert _preferred(header) == 30


@pytest.mark.parametrize("digits", [7, 400, 6000])
def test_a_huge_number_is_the_longest_wait(digits: int) -> None:
    assert _preferred("wait=" + "9" * digits) == 60
