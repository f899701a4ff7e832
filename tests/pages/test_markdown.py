"""The markdown that models write, as HTML. Expected by CommonMark, for the part of it that is understood."""

from __future__ import annotations

import pytest

from tests.pages.chat import Chat

DRAW = """async ([address, text]) => {
    const { markdown } = await import(address);
    const box = document.createElement('div');
    box.append(...markdown(text));
    return box.innerHTML;
}"""
A = ' target="_blank" rel="noopener noreferrer"'
CASES = {
    "one\ntwo\n\nthree": "<p>one two</p><p>three</p>",
    "hard  \nbreak\\\nagain": "<p>hard  <br>break<br>again</p>",
    "**bold** *it* __bold__ _it_ ***both*** ~~gone~~": "<p><strong>bold</strong> <em>it</em> "
    "<strong>bold</strong> <em>it</em> <strong><em>both</em></strong> <del>gone</del></p>",
    "snake_case_name 2 * 3 * 4 a ** b": "<p>snake_case_name 2 * 3 * 4 a ** b</p>",
    "**open": "<p>**open</p>",
    "`a*b*` ``a`b``": "<p><code>a*b*</code> <code>a`b</code></p>",
    r"\*not\* \<b>": "<p>*not* &lt;b&gt;</p>",
    "- a\n- b\n  - c\n- d": "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>",
    "3. a\n4. b": '<ol start="3"><li>a</li><li>b</li></ol>',
    "1. a\n\n   more\n\n2. b": "<ol><li>a<p>more</p></li><li>b</li></ol>",
    "text\n- a\n\nafter": "<p>text</p><ul><li>a</li></ul><p>after</p>",
    "# One\n#### Four": "<h3>One</h3><h6>Four</h6>",
    "> quoted\n> more": "<blockquote><p>quoted more</p></blockquote>",
    "---": "<hr>",
    "[a **b**](https://x.org/p)": f'<p><a href="https://x.org/p"{A}>a **b**</a></p>',
    "See https://x.org/a_(b), now": f'<p>See <a href="https://x.org/a_(b)"{A}>https://x.org/a_(b)</a>, now</p>',
    "<https://x.org>": f'<p><a href="https://x.org/"{A}>https://x.org</a></p>',
    "[a](ftp://x) [b](/path)": "<p>a b</p>",
    "![p](https://x.org/p.png)": f'<p><a href="https://x.org/p.png"{A}>p</a></p>',
}


@pytest.mark.parametrize("text", CASES)
def test_is_drawn_as(chat: Chat, text: str) -> None:
    assert chat.page.evaluate(DRAW, [f"{chat.url}/pages/shared/markdown.js", text]) == CASES[text]


def test_code_keeps_its_lines_also_while_it_is_written(chat: Chat) -> None:
    for text in ("```sh\na\n  <b>\n```\nafter", "```sh\na\n  <b>"):
        drawn = chat.page.evaluate(DRAW, [f"{chat.url}/pages/shared/markdown.js", text])
        assert "<pre><code>a\n  &lt;b&gt;</code></pre>" in drawn


def test_a_table(chat: Chat) -> None:
    drawn = chat.page.evaluate(
        DRAW, [f"{chat.url}/pages/shared/markdown.js", "| a | b |\n|---|:-:|\n| `c` | d\\|e |\n\nafter"]
    )
    assert "<th>a</th><th>b</th>" in drawn
    assert "<td><code>c</code></td><td>d|e</td>" in drawn
    assert drawn.endswith("<p>after</p>")
