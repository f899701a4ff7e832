"""What the page makes of what is hard to provoke: pieces that are missing, late or of another try, and doubles."""

from __future__ import annotations

from typing import Any

from tests.pages.chat import Chat

RUN = """async ([address, steps]) => {
    const { Conversation } = await import(address);
    const conversation = new Conversation(() => {});
    const seen = [];
    for (const [method, ...args] of steps) {
        conversation[method](...args);
        seen.push(conversation.entries.map(one => one.partial ? `~${one.partial.text}` : one.content));
    }
    return seen;
}"""


def run(chat: Chat, *steps: list[Any]) -> list[list[str]]:
    """The texts that are shown after each step; `~` stands before one that is being written."""
    seen: list[list[str]] = chat.page.evaluate(RUN, [f"{chat.url}/pages/chat/conversation.js", steps])
    return seen


def created(name: str, text: str, kind: str = "contact", **more: Any) -> list[Any]:
    return ["apply", {"type": "message.created", "message": message(name, text, kind, **more)}]


def message(name: str, text: str, kind: str = "contact", **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "created_at": "2026-11-20T12:00:00.000000Z",
        "status": "received",
        "metadata": {},
        "read_at": None,
    }
    return {"id": name, "content": text, "author": {"kind": kind, "name": None}, "in_reply_to": None, **facts, **more}


def delta(at: int, text: str, number: int = 1) -> list[Any]:
    return ["apply", {"type": "message.delta", "message_id": "r", "try": number, "at": at, "text": text}]


BEGUN = 1_795_000_000_000  # milliseconds: some hours before `created_at`'s day
LOADED = {"state": "agent", "operator": None}


def test_a_missing_piece_drops_the_text_until_the_next_try(chat: Chat) -> None:
    steps = [delta(0, "One"), delta(7, "three"), delta(12, "four"), delta(0, "One", 2), delta(3, " two", 2)]
    assert run(chat, *steps) == [["~One"], ["~"], ["~"], ["~One"], ["~One two"]]


def test_pieces_are_counted_in_characters(chat: Chat) -> None:
    assert run(chat, delta(0, "🙂🙂"), delta(2, "é"), delta(3, "!")) == [["~🙂🙂"], ["~🙂🙂é"], ["~🙂🙂é!"]]


def test_an_older_try_says_nothing_any_more(chat: Chat) -> None:
    restarted = ["apply", {"type": "message.restarted", "message_id": "r", "try": 2}]
    steps = [delta(0, "One"), restarted, delta(3, " two"), delta(0, "Uno", 2), delta(3, "x")]
    assert run(chat, *steps) == [["~One"], ["~"], ["~"], ["~Uno"], ["~Uno"]]


def test_the_whole_reply_replaces_its_pieces_in_their_place(chat: Chat) -> None:
    steps = [delta(0, "On"), created("m", "And?"), created("r", "One", "agent"), delta(2, "e")]
    assert run(chat, *steps)[1:] == [["~On", "And?"], ["One", "And?"], ["One", "And?"]]


def test_pieces_of_a_reply_that_never_came_go_with_the_notice(chat: Chat) -> None:
    assert run(chat, delta(0, "On"), created("n", "Sorry", "system"))[-1] == ["Sorry"]


def test_an_own_message_is_shown_once_whichever_comes_first(chat: Chat) -> None:
    begin = ["begin", "key", "Hello", BEGUN]
    assert run(chat, begin, created("m", "Hello"), ["acknowledged", "key", "m"])[1:] == [["Hello"]] * 2
    assert run(chat, begin, ["acknowledged", "key", "m"], created("m", "Hello"))[1:] == [["Hello"]] * 2


def test_the_same_text_from_elsewhere_is_told_apart_by_the_acknowledgement(chat: Chat) -> None:
    steps = [["begin", "key", "Hello", BEGUN], created("theirs", "Hello"), ["acknowledged", "key", "mine"]]
    assert run(chat, *steps, created("mine", "Hello"))[1:] == [["Hello"], ["Hello", "Hello"], ["Hello", "Hello"]]


def test_two_own_messages_of_the_same_text_swap_their_ids(chat: Chat) -> None:
    steps = [["begin", "a", "Hi", BEGUN], ["begin", "b", "Hi", BEGUN], created("2", "Hi"), ["acknowledged", "b", "2"]]
    assert run(chat, *steps, created("1", "Hi"), ["acknowledged", "a", "1"])[1:] == [["Hi", "Hi"]] * 5


def test_a_history_keeps_what_is_shown_in_its_place_and_adds_the_rest(chat: Chat) -> None:
    steps = [created("1", "a"), delta(0, "x"), created("3", "c"), ["begin", "key", "mine", BEGUN]]
    history = [message("0", "before"), message("1", "a"), message("3", "c"), message("4", "d", "agent")]
    assert run(chat, *steps, ["load", LOADED, history])[-1] == ["before", "a", "c", "d", "mine"]


STATES = """async ([address, steps]) => {
    const { Conversation } = await import(address);
    const conversation = new Conversation(() => {});
    return steps.map(([method, ...args]) => (conversation[method](...args), conversation.state));
}"""


def test_a_state_that_is_older_than_what_is_shown_changes_nothing(chat: Chat) -> None:
    def told(state: str, revision: int | None) -> dict[str, Any]:
        return {"state": state, "operator": None} | ({"revision": revision} if revision else {})

    def event(state: str, revision: int | None) -> list[Any]:
        return ["apply", {"type": "conversation.state", "conversation": told(state, revision)}]

    steps = [
        event("waiting", 4), event("closed", 3), ["load", told("agent", 2), []], ["load", told("human", 5), []],
        event("closed", 5), event("agent", None), event("waiting", 4),
    ]  # fmt: skip
    seen = chat.page.evaluate(STATES, [f"{chat.url}/pages/chat/conversation.js", steps])
    assert seen == ["waiting", "waiting", "waiting", "human", "closed", "agent", "agent"]


def test_a_message_that_is_older_than_what_is_shown_changes_nothing(chat: Chat) -> None:
    def told(text: str, revision: int) -> dict[str, Any]:
        return message("m", text) | {"revision": revision}

    steps = [created("m", "second", revision=2)]
    steps += [
        ["apply", {"type": "message.updated", "message": told(text, n)}] for n, text in ((1, "first"), (3, "third"))
    ]
    assert run(chat, *steps, ["load", LOADED, [told("second", 2)]]) == [["second"], ["second"], ["third"], ["third"]]
