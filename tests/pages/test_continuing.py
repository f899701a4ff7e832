"""Somebody comes back after two days, writes into the conversation that was closed meanwhile, and is answered there."""

from __future__ import annotations

import sqlite3
import time

from playwright.sync_api import expect
from redis import Redis

from models.conversations.successors import id_of_successor
from tests.pages.chat import Chat, Line
from tests.pages.door import Door, new_email
from tests.program import Program

TWO_DAYS = 2 * 24 * 3600


def close_long_ago(program: Program, conversation_id: str) -> None:
    """The conversation was closed two days ago. Nobody is told, as nobody remembers it."""
    path = program.settings.database_url.removeprefix("sqlite:///")
    at = int((time.time() - TWO_DAYS) * 1e6)
    opened = sqlite3.connect(path, timeout=20)
    with opened:
        changed = opened.execute(
            "UPDATE conversation SET state = 'closed', closed_at = ?, updated_at = ? WHERE id = ?",
            (at, at, conversation_id),
        )
    opened.close()
    assert changed.rowcount == 1
    with Redis.from_url(program.settings.redis_url) as store:
        store.delete(f"owner:{conversation_id}")  # it is forgotten after a day


def test_on_a_page_that_stayed_open(chat: Chat, program: Program) -> None:
    chat.ask("First?")
    at = chat.remembered()
    close_long_ago(program, at["id"])
    chat.ask("Are you still there?")
    chat.ask("And now?")
    successor = id_of_successor(at["id"])
    assert chat.remembered() == {**at, "id": successor, "earlier": [at["id"]]}
    assert len(chat.contents()) == 4
    assert chat.own_said() == ["First?", "Are you still there?", "And now?"]
    said = chat.said()
    chat.page.reload()
    chat.answered(3)
    assert chat.said() == said
    chat.eventually(lambda: chat.api()["unread"] == 0)
    assert chat.api("", at)["continued_by"] == successor


def test_on_a_page_that_is_opened_again(chat: Chat, program: Program) -> None:
    chat.ask("First?")
    at = chat.remembered()
    close_long_ago(program, at["id"])
    chat.page.reload()
    chat.answered(1)
    expect(chat.page.get_by_role("status").filter(has_text="This conversation was closed")).to_be_visible()
    chat.ask("Are you still there?")
    expect(chat.page.get_by_role("status").filter(has_text="This conversation was closed")).to_be_hidden()
    assert len(chat.contents()) == 2
    chat.menu("Ask for a person")
    expect(chat.page.get_by_role("status").filter(has_text="You asked for a person")).to_be_visible()
    assert (chat.api()["state"], chat.api("", at)["state"]) == ("waiting", "closed")


def test_another_tab_follows(chat: Chat, program: Program) -> None:
    chat.ask("First?")
    other = Chat(chat.page.context.new_page(), chat.url).visit()
    other.answered(1)
    close_long_ago(program, chat.remembered()["id"])
    chat.ask("Are you still there?")
    other.answered(2)
    other.ask("From the other tab?")
    chat.answered(3)
    assert chat.said() == other.said()
    assert other.errors == []


def test_without_a_socket(chat: Chat, program: Program) -> None:
    line = Line(chat.page)
    chat.page.reload()
    chat.ask("First?")
    close_long_ago(program, chat.remembered()["id"])
    line.cut()
    chat.ask("Are you still there?")
    assert chat.own_said() == ["First?", "Are you still there?"]


def test_a_conversation_that_has_been_continued_twice_is_shown_from_its_beginning(chat: Chat, program: Program) -> None:
    for question in ("First?", "Second?", "Third?"):
        chat.ask(question)
        last = chat.remembered()["id"]
        close_long_ago(program, last)
    assert len(chat.remembered()["earlier"]) == 2
    chat.page.reload()
    chat.answered(3)
    assert chat.own_said() == ["First?", "Second?", "Third?"]


def test_a_message_whose_acknowledgement_was_lost_arrives_once(chat: Chat, program: Program) -> None:
    """It is sent again to the conversation that it was written for, under the same key."""
    chat.ask("First?")
    at = chat.remembered()
    close_long_ago(program, at["id"])
    line = Line(chat.page, without="message.send")
    chat.page.reload()
    chat.answered(1)
    chat.say("Once?")
    chat.eventually(lambda: line.lost)
    chat.answered(2)
    chat.page.reload()
    chat.answered(2)
    assert chat.own_said() == ["First?", "Once?"]
    assert [text for text in chat.contents() if text == "Once?"] == ["Once?"]


def test_a_user_with_three_open_ones_closes_one_first(chat: Chat, program: Program) -> None:
    chat.page.get_by_role("link", name="Sign in").click()
    Door(chat.page, chat.url).register(new_email(), "Ada")
    chat.page.wait_for_url("**/chat")
    chat.ask("The first?")
    at = chat.remembered()
    close_long_ago(program, at["id"])
    token = chat.page.evaluate("JSON.parse(localStorage.getItem('switchboard.account')).access")
    for _ in range(3):
        made = chat.page.request.post(
            f"{chat.url}/api/conversations", data={}, headers={"Authorization": f"Bearer {token}"}
        )
        assert made.status == 201
    chat.page.reload()
    chat.answered(1)
    chat.say("Is there room?")
    expect(chat.page.get_by_role("heading", name="Where does your message go?")).to_be_visible()
    chat.page.get_by_role("button", name="Close: Conversation").first.click()
    chat.answered(2)
    assert chat.own_said() == ["The first?", "Is there room?"]
    assert chat.remembered()["id"] == id_of_successor(at["id"])
