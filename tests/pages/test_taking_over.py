"""From a visitor to a user and back: what was begun goes along, and nothing of a user's stays behind."""

from __future__ import annotations

from playwright.sync_api import APIResponse, Route, expect

from tests.pages.chat import Chat
from tests.pages.conftest import PHONE, NewContext
from tests.pages.door import Door, new_email, site
from tests.program import Program


def _enter(chat: Chat, email: str, *, new: bool = True) -> Door:
    """From the chat to the sign-in page and back."""
    door = Door(chat.page, chat.url)
    chat.page.get_by_role("link", name="Sign in").click()
    if new:
        door.register(email, "Ada")
    else:
        door.sign_in(email)
    chat.page.wait_for_url("**/chat")
    expect(chat.page.get_by_role("button", name="Account of Ada")).to_be_visible()
    return door


def test_a_visitors_conversation_becomes_the_users(chat: Chat) -> None:
    chat.ask("As a visitor?")
    visitor = chat.remembered()
    _enter(chat, new_email())
    expect(chat.replies).to_have_count(1)
    assert chat.own_said() == ["As a visitor?"]
    at = chat.remembered()
    assert (at["id"], "token" in at) == (visitor["id"], False)
    void = chat.page.request.get(
        f"{chat.url}/api/conversations/{at['id']}", headers={"Authorization": f"Bearer {visitor['token']}"}
    )
    assert void.status == 401
    chat.ask("As a user?")
    assert chat.own_said() == ["As a visitor?", "As a user?"]
    chat.page.reload()
    expect(chat.replies).to_have_count(2)
    assert chat.own_said() == ["As a visitor?", "As a user?"]
    assert chat.api()["user"] == at["user"]


def test_another_tab_of_the_visitors_goes_on_as_the_user(chat: Chat) -> None:
    chat.ask("From the first tab?")
    other = Chat(chat.page.context.new_page(), chat.url).visit()
    expect(other.replies).to_have_count(1)
    with chat.loaded_anew():
        _enter(other, new_email())
    expect(chat.page.get_by_role("button", name="Account of Ada")).to_be_visible()
    chat.eventually(lambda: "token" not in chat.remembered())
    chat.say("Still here?")
    for one in (chat, other):
        one.answered(2)
    assert chat.said() == other.said()
    assert other.errors == []


def test_a_message_on_its_way_goes_along(chat: Chat) -> None:
    chat.ask("Hello?")
    chat.say("Is this doubled?")  # it arrives, and the page has gone before it hears of that
    chat.page.goto(f"{chat.url}/signin?next=/chat")
    Door(chat.page, chat.url).register(new_email())
    chat.page.wait_for_url("**/chat")
    chat.answered(2)
    assert chat.own_said() == ["Hello?", "Is this doubled?"]


def test_who_signs_out_leaves_nothing_in_any_tab(chat: Chat) -> None:
    email = new_email()
    door = _enter(chat, email)
    chat.ask("A secret of mine?")
    other = Chat(chat.page.context.new_page(), chat.url).visit()
    expect(other.replies).to_have_count(1)
    other.text.fill("half a secr")
    chat.page.bring_to_front()
    chat.sign_out(other)
    for one in (chat, other):
        expect(one.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
        expect(one.page.get_by_role("link", name="Sign in")).to_be_visible()
        expect(one.text).to_have_value("")
        content = one.page.content()
        assert not [word for word in ("secret of mine", email, "Ada") if word in content]
        stored = one.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert stored == "[{},{}]"
    chat.ask("Who am I?")
    assert chat.remembered()["token"]
    other.answered(1)
    assert other.errors == []
    _enter(chat, email, new=False)
    assert door.kept()["user"]["email"] == email


def test_a_conversation_that_opens_while_one_signs_out_is_not_gone_on_with(chat: Chat) -> None:
    _enter(chat, new_email())
    held: list[tuple[Route, APIResponse]] = []
    chat.page.route("**/api/conversations", lambda route: held.append((route, route.fetch())))
    chat.say("Is this begun?")
    chat.eventually(lambda: held)
    chat.sign_out()
    expect(chat.page.get_by_text("You are signed out.")).to_be_visible()
    expect(chat.own).to_have_count(0)
    chat.page.unroute("**/api/conversations")
    chat.ask("And as a visitor?")
    assert chat.own_said() == ["And as a visitor?"]
    assert chat.remembered()["token"]


def test_a_user_opens_conversations_as_a_user(chat: Chat) -> None:
    _enter(chat, new_email())
    chat.ask("Hello?")
    assert "token" not in chat.remembered()
    assert chat.api()["contact"] is None
    assert chat.api("/messages")["items"][0]["author"]["kind"] == "user"


def test_a_user_finds_what_they_have_begun_elsewhere(chat: Chat, program: Program, new_context: NewContext) -> None:
    email = new_email()
    _enter(chat, email)
    chat.ask("From the desk?")
    phone = Chat(new_context(**PHONE).new_page(), site(program)).visit()
    _enter(phone, email, new=False)
    expect(phone.page.get_by_role("heading", name="Go on where you were")).to_be_visible()
    expect(phone.text).to_be_visible()
    begun = phone.page.locator("#choices .choice")
    expect(begun).to_contain_text(["From the desk?"])
    begun.click()
    expect(phone.replies).to_have_count(1)
    assert phone.remembered()["id"] == chat.remembered()["id"]
    phone.start_over()
    expect(begun).to_have_count(1)
    phone.ask("Something else?")
    expect(begun).to_be_hidden()
    assert phone.own_said() == ["Something else?"]
    assert phone.remembered()["id"] != chat.remembered()["id"]
    phone.start_over()
    expect(begun).to_contain_text(["Something else?", "From the desk?"])
    assert phone.errors == []


def _open_three(chat: Chat) -> str:
    """As a new user, whose address it gives; the page shows none of them."""
    email = new_email()
    _enter(chat, email)
    for number in range(3):
        chat.ask(f"Conversation {number}?")
        chat.start_over()
        expect(chat.own).to_have_count(0)
    return email


def test_a_user_with_three_open_conversations_chooses_one(chat: Chat) -> None:
    _open_three(chat)
    chat.say("A fourth?")
    choices = chat.page.locator("#choices")
    expect(choices.get_by_role("heading")).to_have_text("Where does your message go?")
    lines = choices.locator(".choice")
    expect(lines).to_have_count(3)
    expect(lines.first).to_be_focused()
    lines.last.click()
    chat.answered(2)
    assert chat.own_said() == ["Conversation 0?", "A fourth?"]
    expect(choices).to_be_hidden()
    chat.menu("Close this conversation")
    expect(chat.page.get_by_text("This conversation was closed.")).to_be_visible()
    chat.start_over()
    expect(lines).to_have_count(2)
    chat.ask("A fourth of its own?")
    assert chat.own_said() == ["A fourth of its own?"]


def test_a_message_that_is_one_too_many_is_kept_back_or_gets_the_place_of_another(chat: Chat) -> None:
    _open_three(chat)
    choices = chat.page.locator("#choices")
    expect(choices).to_contain_text("Close one before you start another")
    chat.say("Not after all?")
    choices.get_by_role("button", name="Do not send it").click()
    expect(chat.own.last).to_contain_text("Not sent. It was kept back.")
    expect(chat.text).to_be_visible()
    chat.own.last.get_by_role("button", name="Retry").click()
    choices.get_by_role("button", name="Close: Conversation 1?").click()
    chat.answered(1)
    assert chat.own_said() == ["Not after all?"]


def test_the_choice_is_nobody_elses_to_make(chat: Chat, program: Program, new_context: NewContext) -> None:
    email = _open_three(chat)
    again = Chat(new_context().new_page(), site(program)).visit()
    _enter(again, email, new=False)
    again.say("From another device?")
    choices = again.page.locator("#choices")
    expect(choices.get_by_role("heading")).to_have_text("Where does your message go?")
    expect(choices.locator(".choice")).to_have_count(3)
    again.sign_out()
    expect(choices).to_be_hidden()
    assert again.own_said() == []
    assert again.errors == []


def test_a_visitor_whose_token_is_void_can_still_sign_in(chat: Chat) -> None:
    chat.ask("Hello?")
    remember = "at => localStorage.setItem('switchboard.conversation', JSON.stringify(at))"
    chat.page.evaluate(remember, {**chat.remembered(), "token": "void"})
    _enter(chat, new_email())
    assert chat.remembered() is None
    chat.ask("And now?")
    assert chat.own_said() == ["And now?"]
