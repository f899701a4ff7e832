"""Installing shows signs of life, and pip's faults are pip's own words."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from models.settings import ROOT
from workers.run.installing import show

FLASK = "flask"
PIP = [
    "Collecting celery==5.7.0 (from -r requirements.txt (line 3))\n",
    "  Downloading celery-5.7.0-py3-none-any.whl.metadata (23 kB)\n",
    "Collecting Flask[async]==3.1.3\n",
    "Processing /opt/my wheels/typing_extensions-4.15.0-py3-none-any.whl (from -r requirements.txt (line 9))\n",
    "Collecting celery==5.7.0\n",
    "Requirement already satisfied: gevent==26.9.0 in ./.venv/lib (from -r requirements.txt (line 9)) (26.9.0)\n",
    "Installing collected packages: celery, Flask\n",
    "Successfully installed Flask-3.1.3 celery-5.7.0\n",
]


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_each_package_in_one_line() -> None:
    screen = _Screen()
    show(PIP, 4, screen)
    shown = screen.getvalue().split("\r\x1b[K")
    assert shown == [
        "",
        "  1 of 4: celery",
        "  2 of 4: Flask",
        "  3 of 4: typing_extensions",
        "  4 of 4: gevent",
        "  unpacking, which takes about half a minute\n",
    ]


def test_a_file_gets_a_line_now_and_then() -> None:
    out = io.StringIO()
    show([f"Collecting p{number}==1\n" for number in range(45)], 108, out)
    assert out.getvalue() == "  20 of 108\n  40 of 108\n"


def _install(requirements: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.run.installing", str(requirements)],
        cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_what_is_there_is_not_installed_again(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(f"# compiled\n{FLASK}=={version(FLASK)}\n")
    done = _install(requirements, PIP_NO_INDEX="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Installing the 1 packages of ")
    assert done.stdout.splitlines()[-1].startswith("Installed in ")


def test_what_pip_cannot_do_ends_with_pips_words(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("no-such-package-of-anybody==1.0\n")
    done = _install(requirements, PIP_NO_INDEX="1")
    assert done.returncode != 0
    assert "no-such-package-of-anybody" in done.stderr
    assert "Installed" not in done.stdout


def test_it_needs_nothing_that_is_not_there_yet() -> None:
    code = "import sys; sys.path.insert(0, '.'); import workers.run.installing; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not [
        name for name in loaded.stdout.split() if "site-packages" in name or name.startswith(("models", "celery"))
    ]
