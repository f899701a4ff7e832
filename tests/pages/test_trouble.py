"""Processes are killed, networks fail, limits are reached: nothing is lost or doubled, and the page says so."""

from __future__ import annotations

import time
from contextlib import suppress

import jwt
from playwright.sync_api import Route, expect

from tests.live import Redis
from tests.pages.chat import Chat, Line
from tests.pages.conftest import NewContext, NewWeb
from tests.program import Program
from tests.servers.openai import ModelServer

KILLS = 3


def _each_answered_once(chat: Chat, questions: list[str]) -> None:
    """Shown and stored: every question once and in order, and one answer for each."""
    chat.answered(len(questions))
    assert chat.own_said() == questions
    stored = chat.api("/messages?limit=200")["items"]
    assert [one["content"] for one in stored if one["author"]["kind"] == "contact"] == questions
    asked = [one["id"] for one in stored if one["author"]["kind"] == "contact"]
    assert sorted(one["in_reply_to"] for one in stored if one["author"]["kind"] == "agent") == sorted(asked)
    shown = chat.said()
    chat.page.reload()
    expect(chat.replies).to_have_count(len(questions))
    assert sorted(chat.said()) == sorted(shown)


def test_the_web_process_is_killed_while_chatting(chat: Chat, program: Program) -> None:
    questions = []
    for kill in range(KILLS):
        for part in ("before", "after"):
            questions.append(f"Question {kill} {part} the kill?")
            chat.say(questions[-1])
            if part == "before":
                program.kill("web")
    _each_answered_once(chat, questions)


def test_redis_is_killed_while_chatting(chat: Chat, redis: Redis) -> None:
    questions = []
    for kill in range(KILLS):
        questions.append(f"Question {kill} before the kill?")
        chat.say(questions[-1])
        redis.kill()
        questions.append(f"Question {kill} while Redis is away?")
        chat.say(questions[-1])
        redis.start()
    _each_answered_once(chat, questions)


def test_a_server_that_asks_to_wait_is_waited_for(chat: Chat, redis: Redis) -> None:
    chat.ask("Hello?")
    redis.kill()
    chat.say("Is anybody there?")
    expect(chat.own.last).to_contain_text("The server is busy. Sending again in")
    redis.start()
    _each_answered_once(chat, ["Hello?", "Is anybody there?"])


def test_workers_are_killed_in_mid_answer(chat: Chat, program: Program, model: ModelServer) -> None:
    model.behave("stall", {"name": "normal", "text": "A whole answer."})
    chat.say("Count.")
    expect(chat.page.locator(".partial")).to_be_visible()
    program.kill("agents")
    chat.answered(1)
    assert chat.said() == ["Count.", "A whole answer."]


def test_a_limit_is_waited_for(chat: Chat) -> None:
    questions: list[str] = []
    while len(questions) < 20 or not _told_to_wait(chat):  # the limit is 20 a minute, one more every 3 s
        questions.append(f"Question {len(questions)}?")
        chat.say(questions[-1])
        assert len(questions) < 40, "no limit was reached"
    _each_answered_once(chat, questions)


def _told_to_wait(chat: Chat) -> bool:
    """Within half the time after which one more message may be sent."""
    with suppress(AssertionError):
        expect(chat.page.get_by_text("Many messages at once. Sending again in")).to_be_visible(timeout=1500)
        return True
    return False


def test_a_message_that_fails_can_be_sent_again(new_web: NewWeb, model: ModelServer, new_context: NewContext) -> None:
    web = new_web()
    page = new_context().new_page()
    page.clock.install()
    chat = Chat(page, f"http://127.0.0.1:{web.port}").visit()
    chat.ask("Hello?")
    web.kill()
    chat.say("Does this arrive?")
    expect(chat.own.last).to_contain_text("The server cannot be reached.")
    page.clock.fast_forward(40_000)
    expect(chat.own.last).to_contain_text("Not sent. The server cannot be reached.")
    expect(page.get_by_text("Reconnecting…")).to_be_visible()
    web.start()
    page.clock.fast_forward(20_000)
    expect(page.get_by_text("Reconnecting…")).to_be_hidden(timeout=20_000)
    chat.own.last.get_by_role("button", name="Retry").click()
    _each_answered_once(chat, ["Hello?", "Does this arrive?"])
    assert chat.errors == []


def test_a_message_on_its_way_survives_a_closed_tab(chat: Chat, redis: Redis) -> None:
    chat.ask("Hello?")
    redis.kill()
    chat.say("Is this kept?")
    expect(chat.own.last).to_contain_text("The server is busy.")
    other = Chat(chat.page.context.new_page(), chat.url)
    chat.page.close()
    redis.start()
    other.visit()
    _each_answered_once(other, ["Hello?", "Is this kept?"])


def test_a_failed_message_can_be_deleted(program: Program, model: ModelServer, new_context: NewContext) -> None:
    page = new_context().new_page()
    line = Line(page)
    chat = Chat(page, program.url).visit()
    chat.ask("Hello?")
    line.cut()
    chat.page.route("**/messages", lambda route: route.fulfill(status=422, json={"detail": "content: is refused"}))
    chat.say("Refuse this.")
    expect(chat.own.last).to_contain_text("Not sent. content: is refused")
    chat.own.last.get_by_role("button", name="Delete").click()
    assert chat.own_said() == ["Hello?"]
    chat.page.unroute("**/messages")
    chat.page.reload()
    expect(chat.replies).to_have_count(1)
    assert chat.own_said() == ["Hello?"]


def test_without_a_socket_the_page_asks_over_http(
    program: Program, model: ModelServer, new_context: NewContext
) -> None:
    page = new_context().new_page()
    Line(page).cut()
    chat = Chat(page, program.url).visit()
    chat.ask("By which way?")
    _each_answered_once(chat, ["By which way?"])


def test_a_conversation_is_left_while_it_is_being_read(
    program: Program, model: ModelServer, new_context: NewContext
) -> None:
    page = new_context().new_page()
    line = Line(page, without="message.read")
    chat = Chat(page, program.url).visit()
    chat.ask("Hello?")
    chat.eventually(lambda: line.lost)
    chat.start_over()
    expect(chat.own).to_have_count(0)
    chat.ask("Again?")
    assert chat.errors == []


def test_a_message_on_its_way_arrives_though_its_conversation_is_left(
    program: Program, model: ModelServer, new_context: NewContext
) -> None:
    page = new_context().new_page()
    line = Line(page, without="message.send")
    chat = Chat(page, program.url).visit()
    chat.ask("Hello?")
    first = chat.remembered()
    chat.say("Where does this go?")
    chat.eventually(lambda: line.lost)
    chat.start_over()
    chat.eventually(lambda: "Where does this go?" in chat.contents(first))
    chat.ask("And this?")
    assert chat.contents()[0] == "And this?"
    assert chat.errors == []


def test_an_answer_that_is_lost_opens_no_second_conversation(chat: Chat) -> None:
    opened: list[str] = []
    sent: list[tuple[str | None, str | None]] = []

    def lose_first(route: Route) -> None:
        headers = route.request.headers
        sent.append((headers.get("idempotency-key"), headers.get("idempotency-secret")))
        response = route.fetch()
        opened.append(response.json()["conversation"]["id"])
        if len(opened) == 1:
            route.abort()
        else:
            route.fulfill(response=response)

    chat.page.route("**/api/conversations", lose_first)
    chat.ask("Is this one conversation?")
    assert len(opened) == 2
    assert set(opened) == {chat.remembered()["id"]}
    assert len(set(sent)) == 1
    key, secret = sent[0]
    assert key and secret and key != secret
    assert chat.contents()[0] == "Is this one conversation?"


def test_an_expired_token_offers_a_new_conversation(chat: Chat, program: Program) -> None:
    chat.ask("Hello?")
    at = chat.remembered()
    header = jwt.get_unverified_header(at["token"])
    claims = jwt.decode(at["token"], options={"verify_signature": False}) | {"exp": int(time.time()) - 1}
    old = jwt.encode(claims, program.settings.secret_key[0], algorithm="HS256", headers=header)
    remember = "([id, token]) => localStorage.setItem('switchboard.conversation', JSON.stringify({id, token}))"
    chat.page.evaluate(remember, [at["id"], old])
    chat.page.reload()
    expect(chat.page.get_by_text("its key has expired")).to_be_visible()
    expect(chat.text).to_be_hidden()
    chat.page.get_by_role("button", name="Start a new conversation").click()
    chat.ask("A new one?")
    assert chat.said()[0] == "A new one?"


def test_a_text_that_is_too_long_is_told_before_it_fails(chat: Chat) -> None:
    chat.text.fill("🙂" * 15_990)
    expect(chat.page.get_by_text("10 characters left")).to_be_visible()
    chat.text.fill("🙂" * 16_001)
    expect(chat.page.get_by_text("1 character too many")).to_be_visible()
    expect(chat.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    chat.text.press("Enter")
    expect(chat.own).to_have_count(0)
    chat.text.fill("🙂" * 16_000)
    chat.text.press("Enter")
    chat.answered(1)
