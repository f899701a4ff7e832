"""The commands as the documents name them: `make superuser`, `make dead-letters`."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from models.clock import microseconds
from models.people.users import User
from models.settings import ROOT
from models.store.database import reading, session
from models.trail import DeadLetter, dead_letter
from tests.models import samples
from tests.stores import Stores, fresh

PASSWORD = "a few words to remember"
EMAIL = "o'ann$HOME@example.org"


@pytest.fixture
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    with fresh("sqlite", tmp_path_factory.mktemp("var")) as opened:
        yield opened


def command(*words: str) -> list[str]:
    """`make …` with this Python, and as if everything was installed."""
    return ["make", "--no-print-directory", "-o", ".venv/.installed", f"PY='{sys.executable}'", *words]


def make(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """What it says, without a terminal."""
    return subprocess.run(
        command(*words), cwd=ROOT, env=os.environ | environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def everybody() -> list[User]:
    with reading() as db:
        return list(db.execute(select(User)).scalars())


def test_make_superuser_asks_for_the_password(stores: Stores) -> None:
    ours, theirs = pty.openpty()
    words = command("superuser", f"EMAIL={EMAIL.replace('$', '$$')}")
    with subprocess.Popen(words, cwd=ROOT, env=os.environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        for question in (b"Password", b"Repeat"):
            while question not in shown.rpartition(b"\n")[2]:
                shown += os.read(ours, 1000)
            os.write(ours, f"{PASSWORD}\n".encode())
        assert process.wait(60) == 0
    os.close(ours)
    assert [(user.email, user.is_superuser) for user in everybody()] == [(EMAIL.lower(), True)]


def test_make_superuser_promotes(stores: Stores) -> None:
    samples.user("ann@example.org")
    refused = make("superuser", "EMAIL=ann@example.org")
    assert "make superuser EMAIL=ann@example.org PROMOTE=yes" in refused.stderr
    assert make("superuser", "EMAIL=ann@example.org", "PROMOTE=yes").returncode == 0
    assert everybody()[0].is_superuser


def test_make_superuser_says_what_it_needs(stores: Stores) -> None:
    """Many shells have an EMAIL of their own, which nobody has named here."""
    told = make("superuser", EMAIL="someone@example.org")
    assert told.returncode != 0
    assert "make superuser EMAIL=you@example.org" in told.stderr
    assert everybody() == []


def test_make_dead_letters_lists_and_replays(stores: Stores) -> None:
    assert make("dead-letters").stdout == "There are no dead letters.\n"
    letter_id = str(uuid.uuid4())
    with session() as db:
        row = DeadLetter(
            id=letter_id, stage="receive", kind="cannot_be_stored", reason="why", conversation_id="x", message_id="y",
            envelope={}, created_at=microseconds(),
        )  # fmt: skip
        db.execute(insert(dead_letter), [row.model_dump()])
    assert re.search(rf"^{letter_id} .*cannot_be_stored +why$", make("dead-letters").stdout, re.MULTILINE)
    unknown = make("dead-letters", f"REPLAY={uuid.uuid4()}")
    assert unknown.returncode != 0
    assert "There is no such dead letter." in unknown.stderr
    assert "Traceback" not in unknown.stderr


def test_a_fault_in_the_settings_is_a_sentence(tmp_path: Path) -> None:
    told = make("dead-letters", VAR_FOLDER=str(tmp_path), SECRET_KEY="")
    assert told.returncode != 0
    assert "SECRET_KEY" in told.stderr
    assert "Traceback" not in told.stderr


def test_documents_name_no_script_of_the_environment() -> None:
    """Its first line is the absolute path of the folder that the environment was made in."""
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("agents/**/*.md")]:
        scripts = re.findall(r"\.venv/bin/(?!python\b)\S+", path.read_text(encoding="utf-8"))
        assert not scripts, f"{path.name}: {scripts}"
