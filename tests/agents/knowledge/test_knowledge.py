"""The documents as sections, the search in them, and what is quoted of a long one."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from agents.knowledge.index import Index, shipped
from agents.knowledge.sections import OWN, Section, documents, load, split
from agents.knowledge.words import terms
from agents.local.excerpt import excerpt
from models.clock import SECOND
from models.conversations import conversations, quota, silence
from models.settings import NAMES, ROOT, Settings

DOCUMENT = """# The title

Before the first heading below.

```mermaid
graph LR; a --> b
```

## First

Text of the first.

```sh
# not a heading
make run
```

<!-- asked as: other words -->
## Empty

### Third
![picture](x.png)Text of the third.
"""


def test_a_document_is_split_at_its_headings() -> None:
    sections = list(split(DOCUMENT, "docs/x.md"))
    assert [(s.title, s.heading) for s in sections] == [
        ("The title", "The title"),
        ("The title", "First"),
        ("The title", "Third"),
    ]
    assert "mermaid" not in sections[0].text
    assert "# not a heading" in sections[1].text
    assert sections[1].asked_as.strip() == "asked as: other words"
    assert "<!--" not in sections[1].text
    assert sections[2].text == "Text of the third."
    assert sections[1].source == "The title › First"


def test_which_documents_are_read(tmp_path: Path) -> None:
    for name in (
        "README.md",
        "CHANGELOG.md",
        "docs/a.md",
        "docs/deep/b.md",
        "docs/decisions/1.md",
        "docs/benchmarks.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# Title\n\nText.\n")
    own = len(list(OWN.glob("*.md")))
    assert [p.relative_to(tmp_path).as_posix() for p in documents(tmp_path)[:-own]] == [
        "README.md",
        "docs/a.md",
        "docs/deep/b.md",
    ]
    assert len(load(tmp_path)) > 3


@pytest.mark.parametrize("path", sorted(OWN.glob("*.md")), ids=lambda path: path.name)
def test_our_documents_have_a_title_and_short_sections(path: Path) -> None:
    sections = list(split(path.read_text(), f"agents/knowledge/{path.name}"))
    assert path.read_text().startswith("# ")
    assert all(section.asked_as for section in sections), "say how else it is asked"
    assert all(len(section.text) < 700 for section in sections)


def test_nothing_in_common_finds_nothing() -> None:
    assert shipped().search("zxcv qwer") == []
    assert shipped().search("") == []
    assert shipped().search("the of and") == []


def test_our_own_documents_come_before_others_that_say_the_same() -> None:
    texts = [("README.md", "Redis"), ("agents/knowledge/x.md", "Redis"), ("docs/y.md", "Other things")]
    index = Index([Section("T", "H", path, text) for path, text in texts])
    assert index.search("redis")[0].section.path == "agents/knowledge/x.md"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("message", "messages"),
        ("running", "run"),
        ("stopped", "stop"),
        ("settings", "configuration"),
        ("Postgres", "PostgreSQL"),
        ("deliveries", "delivery"),
        ("What is a human?", "person"),
    ],
)
def test_words_that_mean_the_same(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize("slip", ["databse", "databases", "dtabase", "databasse", "datebase", "databaes"])
def test_one_wrong_letter_is_mended(slip: str) -> None:
    assert shipped().terms(slip) == terms("database")


@pytest.mark.parametrize("word", ["qwzxk", "cat", "4712", "datbse", "fatabase", "naïve"])
def test_other_words_are_left_alone(word: str) -> None:
    assert shipped().terms(word) == terms(word)


def test_building_the_index_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Index(shipped().sections[:3])
    assert not caplog.records


LONG = "\n\n".join(
    [
        "Sentence about apples. " * 12 + "The redis server must be running. " + "Sentence about pears. " * 12,
        "| name | default |\n|---|---|\n| PORT | 8000 |",
        "- item on bananas\n- item on redis\n  with a second line\n- item on cherries",
        "```sh\nredis-server\n\nmake run\n```",
    ]
)


def test_of_a_long_section_the_telling_parts_are_quoted_in_order_and_whole() -> None:
    quoted = excerpt(LONG, terms("redis"), limit=160)
    assert quoted.startswith("The redis server must be running.")
    assert "- item on redis\n  with a second line" in quoted
    assert quoted.endswith("```sh\nredis-server\n\nmake run\n```")
    assert "bananas" not in quoted
    assert "apples" not in quoted


def test_what_a_sentence_announces_is_quoted_with_it() -> None:
    text = "Start redis so:\n\n```\nsome command\n```\n\n" + "More words follow here. " * 40
    assert excerpt(text, terms("redis"), limit=100) == "Start redis so:\n\n```\nsome command\n```"


def test_a_short_section_is_quoted_whole() -> None:
    assert excerpt("One. Two.", ["two"]) == "One. Two."


def test_one_block_that_is_too_long_is_still_quoted() -> None:
    assert excerpt("redis " * 200, ["redis"], limit=100) == ("redis " * 200).strip()


def test_the_limits_it_tells_are_those_of_the_code() -> None:
    """Numbers in a document grow old unseen."""
    told = {section.heading: section.text for section in shipped_sections("agents/knowledge/limits.md")}
    default = {name: field.default for name, field in Settings.model_fields.items()}
    rates = told["Which rate limits are there?"]
    assert f"{default['ratelimit_user']} per minute for a user" in rates
    assert f"{default['ratelimit_conversation']} per minute for a conversation" in rates
    assert f"{default['ratelimit_login']} per minute for an address" in rates
    assert f"beyond {default['ratelimit_sender']} messages per minute (`RATELIMIT_SENDER`) they are accepted" in rates
    assert set(re.findall(r"`([A-Z_]+)(?:=\w+)?`", rates)) <= NAMES
    many = told["How many conversations may I have?"]
    assert f"at most {quota.OPEN_MAX} open" in many
    assert f"the last {quota.KEPT} of a user" in many
    assert f"after {silence.CLOSES_AFTER // (3600 * SECOND)} hours of silence" in many
    assert f"within the next {conversations.REOPEN_WITHIN // (3600 * SECOND)} hours" in many


def shipped_sections(path: str) -> list[Section]:
    return list(split((ROOT / path).read_text(encoding="utf-8"), path))
