"""`python -m workers.run [run|status|stop]`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from dotenv import dotenv_values

from models.settings import ROOT, Settings, SettingsError, doubtful, load
from models.store.embedded import NoRedisServer
from workers.run import leftovers, procfile, secrets, supervisor
from workers.run.places import Places
from workers.run.ports import PortTaken
from workers.run.procfile import ProcfileError
from workers.run.program import CannotRun, Program
from workers.run.terminal import say

NOT_RUNNING = 3  # as the Linux Standard Base has it for `status`
STOPPED_WITHIN = 90.0


def _given() -> dict[str, str | None]:
    """What was set explicitly, in `.env` or the environment."""
    return {**dotenv_values(ROOT / ".env"), **os.environ}


def _configured() -> Settings:
    """Settings with the secrets that a first run makes."""
    given = _given()
    var = Path(given.get("VAR_FOLDER") or ROOT / "var").resolve()
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    if made := secrets.complete(var, given):
        say([f"Made {' and '.join(made)} and kept them in {var / 'secrets.env'}"])
    chosen = load(os.environ)
    say(f"Warning about the environment: {sentence}" for sentence in doubtful(os.environ))
    return chosen


def _places() -> Places:
    """Where a run keeps its things, known without settings that could be wrong by now."""
    given = _given()
    var = Path(given.get("VAR_FOLDER") or ROOT / "var").resolve()
    return Places(var, Path(given.get("LOG_FOLDER") or var / "log").resolve())


def run() -> int:
    """Starts everything and stays until it is told to stop."""
    return Program(_configured(), _given(), procfile.read()).run()


def status() -> int:
    """Prints every process with its state, and the addresses."""
    places = _places()
    found = supervisor.processes(places)
    if found is None:
        say([f"Switchboard is not running in {places.var}."])
        return NOT_RUNNING
    rows = [f"{p['name']:<10} {p['statename']:<9} {p['description']:<32} {places.log(p['name'])}" for p in found]
    addresses = places.addresses.read_text(encoding="utf-8") if places.addresses.exists() else "Not ready yet"
    say([*rows, "", addresses.rstrip()])
    return 0 if all(p["statename"] == "RUNNING" for p in found) else 1


def stop() -> int:
    """Stops everything in order and waits for it."""
    places = _places()
    if not supervisor.shut_down(places):
        left = leftovers.end(places)
        say(
            [
                f"Stopped what an earlier run left behind: {', '.join(left)}"
                if left
                else f"Switchboard is not running in {places.var}."
            ]
        )
        return 0
    deadline = time.monotonic() + STOPPED_WITHIN
    while leftovers.of_run(places):
        if time.monotonic() > deadline:
            say([f"Still running after {STOPPED_WITHIN:.0f} s: " + ", ".join(p.name for p in leftovers.of_run(places))])
            return 1
        time.sleep(0.1)
    say(["Stopped."])
    return 0


def main(words: list[str]) -> int:
    """The command's exit code."""
    commands = {"run": run, "status": status, "stop": stop}
    command = commands.get(words[0] if words else "run")
    if command is None or len(words) > 1:
        say([f"usage: python -m workers.run [{'|'.join(commands)}]"])
        return 2
    try:
        return command()
    except (SettingsError, ProcfileError, PortTaken, CannotRun, NoRedisServer) as error:
        say([str(error)], sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
