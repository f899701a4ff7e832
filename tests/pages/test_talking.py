"""A question is asked and answered, and the page stays true to what happened."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from agents.local.model import reply
from models.settings import ROOT
from tests.pages.chat import Chat, Line
from tests.pages.conftest import PHONE, NewContext
from tests.pages.model import pause
from tests.program import Program
from tests.servers.openai import ModelServer

FIRST = "One two three four"
WHOLE = "One two three four five six seven eight"


def test_an_answer_streams_and_ends_whole(chat: Chat, model: ModelServer) -> None:
    chat.ask("Hello?")
    go_on = pause(model, "Count.", WHOLE)
    chat.say("Count.")
    expect(chat.page.locator(".partial")).to_contain_text(FIRST)
    expect(chat.page.locator(".partial")).not_to_contain_text("five")
    expect(chat.page.locator("#announcer")).not_to_contain_text("One")  # a screen reader hears no pieces
    go_on.set()
    chat.answered(2)
    assert chat.said()[2:] == ["Count.", WHOLE]
    expect(chat.page.locator("#announcer")).to_contain_text(f"Switchboard: {WHOLE}")


def test_the_first_message_goes_when_its_answer_can_be_heard(
    program: Program, model: ModelServer, new_context: NewContext
) -> None:
    page = new_context().new_page()
    line = Line(page, slow=True)
    chat = Chat(page, program.url).visit()
    page.clock.install()
    page.clock.pause_at(time.time() + 60)  # the page's patience does not end by itself
    chat.say("Count.")
    chat.eventually(lambda: line.kept)
    page.wait_for_timeout(300)  # time for what should not be sent yet
    assert not model.requests
    line.go_on()
    page.clock.resume()
    chat.answered(1)
    assert any("message.send" in str(frame) for frame in line.sent)


def test_a_socket_that_says_nothing_is_not_waited_for_long(
    program: Program, model: ModelServer, new_context: NewContext
) -> None:
    page = new_context().new_page()
    line = Line(page, slow=True)
    chat = Chat(page, program.url).visit()
    chat.say("Is anybody there?")
    expect(chat.own.last).to_contain_text("Sent")
    assert line.kept
    assert not line.sent


def test_somebody_is_answering_until_the_first_word(chat: Chat, model: ModelServer) -> None:
    go_on = pause(model, "Wait for it.", "One")
    chat.say("Wait for it.")
    expect(chat.page.get_by_text("Switchboard is answering")).to_be_visible()
    go_on.set()
    chat.answered(1)
    expect(chat.page.get_by_text("Switchboard is answering")).to_be_hidden()


def test_an_answer_that_is_cut_begins_anew(chat: Chat, model: ModelServer) -> None:
    model.behave("cut", {"name": "normal", "text": WHOLE})
    chat.say("Count.")
    chat.answered(1)
    assert chat.said() == ["Count.", WHOLE]


def test_a_model_that_fails_is_told_and_a_person_offered(chat: Chat, model: ModelServer) -> None:
    model.behave("401")
    chat.say("Count.")
    notice = chat.page.locator("#messages > .system")
    expect(notice).to_contain_text("Sorry")
    notice.get_by_role("button", name="Ask for a person").click()
    expect(chat.page.get_by_role("status").filter(has_text="You asked for a person")).to_be_visible()
    expect(chat.page.get_by_text("is answering")).to_be_hidden()


def test_a_reload_shows_the_same(chat: Chat) -> None:
    chat.ask("First?")
    chat.ask("Second,\nwith a second line?")
    before = chat.said()
    chat.text.fill("a draft")
    chat.page.reload()
    expect(chat.replies).to_have_count(2)
    assert chat.said() == before
    expect(chat.text).to_have_value("a draft")
    chat.ask("Third?")
    assert chat.said()[:4] == before
    assert chat.own_said() == ["First?", "Second,\nwith a second line?", "Third?"]


def test_a_reload_in_the_middle_of_an_answer_ends_with_it(chat: Chat, model: ModelServer) -> None:
    go_on = pause(model, "Count.", WHOLE)
    chat.say("Count.")
    expect(chat.page.locator(".partial")).to_be_visible()
    chat.page.reload()
    expect(chat.page.get_by_text("Switchboard is answering")).to_be_visible()
    go_on.set()
    chat.answered(1)
    assert chat.said() == ["Count.", WHOLE]


def test_two_tabs_stay_in_step(chat: Chat) -> None:
    chat.ask("From the first tab?")
    other = Chat(chat.page.context.new_page(), chat.url).visit()
    expect(other.replies).to_have_count(1)
    other.ask("From the second tab?")
    chat.answered(2)
    chat.ask("From the first tab again?")
    other.answered(3)
    assert chat.said() == other.said()
    assert chat.own_said() == ["From the first tab?", "From the second tab?", "From the first tab again?"]
    chat.page.bring_to_front()
    chat.start_over()
    expect(other.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    assert other.errors == []


def test_the_same_text_from_two_tabs_at_once_is_two_messages(chat: Chat) -> None:
    chat.ask("Hello.")
    other = Chat(chat.page.context.new_page(), chat.url).visit()
    expect(other.replies).to_have_count(1)
    for one in (chat, other):
        one.say("The same")
    for one in (chat, other):
        one.answered(3)
        assert one.own_said() == ["Hello.", "The same", "The same"]


def test_what_was_seen_is_marked_as_read(chat: Chat) -> None:
    chat.ask("Is this read?")
    chat.eventually(lambda: chat.api()["unread"] == 0)
    chat.ask("And this?")
    chat.eventually(lambda: chat.api()["unread"] == 0)


def test_those_who_read_further_up_are_not_pulled_down(
    program: Program, model: ModelServer, new_context: NewContext
) -> None:
    phone = Chat(new_context(**PHONE).new_page(), program.url).visit()
    model.behave({"name": "normal", "text": "A line.\n\n" * 60})
    phone.ask("Much, please.")
    phone.page.evaluate("document.getElementById('scroller').scrollTop = 0")
    other = Chat(phone.page.context.new_page(), program.url).visit()
    expect(other.replies).to_have_count(1)
    other.ask("More?")
    phone.answered(2)
    assert phone.page.evaluate("document.getElementById('scroller').scrollTop") == 0
    phone.page.bring_to_front()
    phone.page.get_by_role("button", name="New messages").click()
    expect(phone.replies.last).to_be_in_viewport()
    expect(phone.page.get_by_role("button", name="New messages")).to_be_hidden()


def test_a_person_is_asked_from_the_menu(chat: Chat) -> None:
    chat.ask("Hello?")
    chat.menu("Ask for a person")
    line = chat.page.locator("#state")
    expect(line).to_contain_text("If no one comes within about 10 minutes, the assistant will answer again.")
    chat.say("Are you there?")
    expect(chat.own.last).to_contain_text("Sent")
    chat.page.reload()
    expect(line).to_contain_text("You asked for a person")
    expect(chat.own).to_have_count(2)
    expect(chat.replies).to_have_count(1)


def test_the_examples_are_answered_without_a_key() -> None:
    script = (ROOT / "ingress" / "pages" / "chat" / "main.js").read_text()
    listed = script.partition("const EXAMPLES = [")[2].partition("];")[0]
    examples = [line.strip().strip("',") for line in listed.strip().splitlines()]
    assert 3 <= len(examples) <= 4
    for example in examples:
        assert reply([{"role": "user", "content": example}]).facts.get("sources"), example


def test_an_example_asks_its_question(chat: Chat) -> None:
    chat.page.get_by_role("button", name="What is Switchboard?").click()
    chat.answered(1)
    assert chat.own_said() == ["What is Switchboard?"]


def test_sources_stand_below_the_answer(chat: Chat, model: ModelServer) -> None:
    model.behave({"name": "tool", "arguments": '{"query": "What is a dead letter?"}'})
    chat.ask("What is a dead letter?")
    expect(chat.page.locator(".sources li").first).to_contain_text("dead letter")
