"""What clients see of rows that a newer version has written."""

from __future__ import annotations

from types import SimpleNamespace

from models.conversations import views


def test_a_word_that_this_version_does_not_know_is_shown_as_it_is() -> None:
    row = SimpleNamespace(
        id="m", conversation_id="c", author_kind="translator", author_name=None, content="hello", channel="web",
        parent_id=None, in_reply_to=None, facts={}, created_at=1, edited_at=None, read_at=None, status="translated",
        revision=1,
    )  # fmt: skip
    document = views.of_message(row).document()
    assert (document["status"], document["author"]["kind"]) == ("translated", "translator")
