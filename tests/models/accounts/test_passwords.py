"""Which passwords pass: an estimate of how many guesses they stand, also by who knows the person."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from models.accounts import passwords
from models.errors import Invalid

ABOUT = ("abcdefgh.ijklmnop@example.org", "Wanda", "Wanda Maximoff-Rossi")
COSTLY = "4@8({[<369!|10$5+7%2"  # each sign may stand for letters, and zxcvbn tries them all


@pytest.mark.parametrize(
    "password",
    [
        "a" * 15, "qwertyuiopasdfgh", " " * 15, "\u00a0" * 20, "x" * 1000, "é" * 40, "aaaaabbbbbccccc", "abcabcabcabcabc",
        "1234567890123456", "9876543210987654", "1q2w3e4r5t6y7u8i", "qazwsxedcrfvtgb", "passwordpassword",
        "P@ssw0rd2024!!!!", "ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ",
        "iloveyou123456789", "Summer2024!!!!!!", "switchboardswitchboard", "Switchboard2024!!",
        "abcdefgh.ijklmnop", "ABCDEFGH.ijklmnop", "wandamaximoffrossi", "Wanda Maximoff-Rossi", "maximoff1985maximoff",
    ],
)  # fmt: skip
def test_what_is_soon_guessed_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, ABOUT, "new")
    assert refused.value.field == "new"
    assert "easy to guess" in refused.value.reason


@pytest.mark.parametrize(
    "password",
    [
        "a few words to remember", "correct horse battery staple", "wir gehen heute schwimmen", "my dog is called rex",
        "xkqpzmwvbnrtyjh", "grün blau gelb rot", "x" * 100 + " and a few words more", "a few words " * 60,
    ],
)  # fmt: skip
def test_a_few_words_pass(password: str) -> None:
    passwords.check(password, ABOUT)


@pytest.mark.parametrize("password", [COSTLY * 6, COSTLY * 50, "x" * 100 + COSTLY * 6, "1" * 1024, "19" * 500])
def test_the_longest_input_costs_seconds_at_most(password: str) -> None:
    began = time.process_time()
    with suppress(Invalid):
        passwords.check(password, ABOUT)
    assert time.process_time() - began < 5


def test_who_was_let_in_with_an_easy_password_stays_so() -> None:
    for old in ("a" * 15, " " * 15, "short"):
        assert passwords.verify(old, passwords.hashed(old))
