"""Foreign text stays text, whoever wrote it, and the page asks nobody but its own site for anything."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.pages.chat import Chat
from tests.servers.openai import ModelServer

ATTACKS = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "<svg onload=window.hacked=1><a href='javascript:window.hacked=1'>x</a></svg>",
    "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>",
    "</div></li><style>*{display:none}</style>",
    "`<b>`\n\n```\n<script>window.hacked = 1</script>\n```",
]
MARKDOWN_ATTACKS = [
    "[click](javascript:window.hacked=1)",
    "[click](JaVaScRiPt:window.hacked=1)",
    "[click](data:text/html,<script>window.hacked=1</script>)",
    "[click]( &#106;avascript:window.hacked=1)",
    "<javascript:window.hacked=1>",
    "![picture](https://tracker.example/x.png)",
    '[a](https://example.org/"onclick="window.hacked=1)',
    "| <img src=x onerror=window.hacked=1> | b |\n|---|---|\n| [x](vbscript:x) | <u>c</u> |",
]
BAD = "#messages :is(script, img, svg, iframe, style, object, b, u), #messages [onclick], #messages [onerror]"
LINKS = "links => links.map(link => ({protocol: link.protocol, rel: link.rel, target: link.target}))"


def _unharmed(chat: Chat) -> None:
    assert chat.page.evaluate("window.hacked") is None
    expect(chat.page.locator(BAD)).to_have_count(0)
    for link in chat.page.locator("#messages a").evaluate_all(LINKS):
        assert link["protocol"] in {"http:", "https:"}
        assert link["rel"] == "noopener noreferrer"
        assert link["target"] == "_blank"


def test_what_a_visitor_writes_stays_text(chat: Chat) -> None:
    for attack in ATTACKS:
        chat.ask(attack)
    _unharmed(chat)
    assert chat.own_said() == ATTACKS
    chat.page.reload()
    expect(chat.replies).to_have_count(len(ATTACKS))
    assert chat.own_said() == ATTACKS
    _unharmed(chat)


def test_what_a_model_writes_stays_text(chat: Chat, model: ModelServer) -> None:
    for number, attack in enumerate(ATTACKS + MARKDOWN_ATTACKS):
        model.behave({"name": "normal", "text": attack})
        chat.ask(f"Attack {number}")
    _unharmed(chat)
    expect(chat.replies.first).to_contain_text("<script>window.hacked = 1</script>")
    expect(chat.replies.nth(1)).to_contain_text("<img src=x onerror='window.hacked = 1'>")


def test_the_policy_lets_nothing_else_run(chat: Chat) -> None:
    policy = chat.page.request.get(f"{chat.url}/chat").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    with pytest.raises(Exception, match="TrustedHTML"):
        chat.page.evaluate("document.body.innerHTML = '<p>x</p>'")
    chat.errors.clear()  # the browser complained of it, as it should


def test_only_files_of_pages_are_served(chat: Chat) -> None:
    for path in ("chat.html", "../app.py", "%2e%2e/app.py", "nothing.js", ".js"):
        assert chat.page.request.get(f"{chat.url}/pages/{path}").status == 404


@pytest.mark.parametrize(
    "unit", ["*", "`", "[", "**a ", "[a](", "_a", "h", "> ", "- ", "|a", "\\", "![", "<http://", "~~x"]
)
def test_no_text_takes_long_to_draw(chat: Chat, unit: str) -> None:
    text = unit * (16_000 // len(unit))
    timed = """async ([address, text]) => {
        const { markdown } = await import(address);
        const began = performance.now();
        document.createElement('div').append(...markdown(text));
        return performance.now() - began;
    }"""
    for unit in (
        "*",
        "`",
        "[",
        "**a ",
        "[a](",
        "_a",
        "h",
        "> ",
        "- ",
        "|a",
        "\\",
        "![",
        "<http://",
        "~~x",
        "a  \n",
        "*_",
    ):
        text = unit * (16_000 // len(unit))
        assert chat.page.evaluate(timed, [f"{chat.url}/pages/shared/markdown.js", text]) < 1000, unit
