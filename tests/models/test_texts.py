"""What a reader sees of a text."""

from __future__ import annotations

import pytest

from models.texts import is_blank

BLANK = [
    "", " ", " \t\r\n", "\u00a0\u2003\u3000", "\u2028\u2029", "\u200b\u200c\u200d", "\ufeff", "\u2060 \u00ad", "\x1f",
    "\u202e\u2066", "\ufe0f", "\u3164\uffa0\u115f", "\u2800", "\u034f\U000e0100", "\U000e0020",
]  # fmt: skip
VISIBLE = [".", " a ", "\u200ba", "🙂", "👩\u200d💻", "❤\ufe0f", "مرحبا", "\u0301", "-", "\ufffd"]


@pytest.mark.parametrize("text", BLANK)
def test_nothing_is_seen(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", VISIBLE)
def test_something_is_seen(text: str) -> None:
    assert not is_blank(text)
