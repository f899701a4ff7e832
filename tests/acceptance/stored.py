"""What the database holds, read beside the running program with no code of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, bindparam, create_engine, text
from sqlalchemy.pool import NullPool

MESSAGES = """
    SELECT m.id, m.conversation_id, m.position, m.author_kind, m.content, m.status, m.awaits, m.accepted_at,
           m.in_reply_to FROM message m WHERE m.conversation_id IN :ids ORDER BY m.conversation_id, m.position"""
UNDONE = """
    SELECT c.id, c.state, c.pending, c.lease, c.due_at, c.tries FROM conversation c
    WHERE c.id IN :ids AND (c.pending <> 0 OR c.lease IS NOT NULL OR c.due_at IS NOT NULL)"""
LETTERS = "SELECT d.message_id, d.kind, d.reason FROM dead_letter d WHERE d.conversation_id IN :ids"

Row = Any


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of our own, closed behind."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _rows(url: str, statement: str, ids: Collection[str]) -> list[Row]:
    asked = text(statement).bindparams(bindparam("ids", expanding=True))
    with connected(url) as connection:
        return list(connection.execute(asked, {"ids": list(ids)}))


def messages(url: str, conversation_ids: Collection[str]) -> list[Row]:
    """All messages of these conversations, in order of position."""
    return _rows(url, MESSAGES, conversation_ids)


def undone(url: str, conversation_ids: Collection[str]) -> list[Row]:
    """Those of the conversations in which something is pending, leased or due."""
    return _rows(url, UNDONE, conversation_ids)


def dead_letters(url: str, conversation_ids: Collection[str]) -> list[Row]:
    """What was given up in these conversations."""
    return _rows(url, LETTERS, conversation_ids)


def answered(url: str, conversation_ids: Collection[str], expected: int) -> bool:
    """Whether so many messages are stored and nothing awaits a reply."""
    rows = [row for row in messages(url, conversation_ids) if row.author_kind == "contact"]
    return len(rows) >= expected and all(row.status != "received" for row in rows) and not undone(url, conversation_ids)


def check_each_once(url: str, sent: dict[str, dict[str, str]]) -> list[Row]:
    """Every acknowledged message (conversation id → message id → content) is stored once and answered once, nothing else
    is stored, and replies stand in the order of what they answer. Returns the rows."""
    rows = messages(url, list(sent))
    asked = [row for row in rows if row.author_kind == "contact"]
    replies = [row for row in rows if row.author_kind != "contact"]
    assert {(r.conversation_id, r.id, r.content) for r in asked} == {
        (conversation, id_, content) for conversation, its in sent.items() for id_, content in its.items()
    }, "stored is not what was acknowledged"
    contents = Counter((row.conversation_id, row.content) for row in asked)
    assert max(contents.values()) == 1, f"stored twice: {contents.most_common(3)}"
    assert {row.status for row in asked} == {"answered"}
    assert {row.author_kind for row in replies} == {"agent"}
    answers = Counter(row.in_reply_to for row in replies)
    assert answers == Counter(row.id for row in asked), "not one reply each"
    for conversation in sent:
        ours = [row for row in asked if row.conversation_id == conversation]
        theirs = [row.in_reply_to for row in replies if row.conversation_id == conversation]
        assert [row.accepted_at for row in ours] == sorted(row.accepted_at for row in ours), "stored out of order"
        assert theirs == [row.id for row in ours], "answered out of order"
    assert not undone(url, list(sent))
    assert not dead_letters(url, list(sent))
    return rows
