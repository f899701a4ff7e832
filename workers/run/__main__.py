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

NOT_RUNNING = 3  # the exit code of `status` in the Linux Standard Base
STOPPED_WITHIN = 90.0


def _explicit_settings() -> dict[str, str | None]:
    """The variables of `.env` and the environment."""
    return {**dotenv_values(ROOT / ".env"), **os.environ}


def _configured() -> Settings:
    """The settings. A first run creates the secrets."""
    explicit = _explicit_settings()
    var = Path(explicit.get("VAR_FOLDER") or ROOT / "var").resolve()
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    if names := secrets.complete(var, explicit):
        say([f"Made {' and '.join(names)} and kept them in {var / 'secrets.env'}"])
    settings = load(os.environ)
    say(f"Warning about the environment: {sentence}" for sentence in doubtful(os.environ))
    return settings


def _places() -> Places:
    """The folders of this deployment, found without parsing settings, which may be invalid by now."""
    explicit = _explicit_settings()
    var = Path(explicit.get("VAR_FOLDER") or ROOT / "var").resolve()
    return Places(var, Path(explicit.get("LOG_FOLDER") or var / "log").resolve())


def run() -> int:
    """Starts everything and runs until it is stopped."""
    return Program(_configured(), _explicit_settings(), procfile.read()).run()


def status() -> int:
    """Prints every process with its state, and the addresses."""
    places = _places()
    processes = supervisor.processes(places)
    if processes is None:
        say([f"Switchboard is not running in {places.var}."])
        return NOT_RUNNING
    rows = [f"{p['name']:<10} {p['statename']:<9} {p['description']:<32} {places.log(p['name'])}" for p in processes]
    addresses = places.addresses.read_text(encoding="utf-8") if places.addresses.exists() else "Not ready yet"
    say([*rows, "", addresses.rstrip()])
    return 0 if all(p["statename"] == "RUNNING" for p in processes) else 1


def stop() -> int:
    """Stops everything in order and waits for it."""
    places = _places()
    if not supervisor.shut_down(places):
        names = leftovers.end(places)
        stopped = f"Stopped what an earlier run left behind: {', '.join(names)}"
        say([stopped if names else f"Switchboard is not running in {places.var}."])
        return 0
    deadline = time.monotonic() + STOPPED_WITHIN
    while leftovers.of_run(places):
        if time.monotonic() > deadline:
            say([f"Still running after {STOPPED_WITHIN:.0f} s: " + ", ".join(p.name for p in leftovers.of_run(places))])
            return 1
        time.sleep(0.1)
    say(["Stopped."])
    return 0


def main(arguments: list[str]) -> int:
    """The command's exit code."""
    commands = {"run": run, "status": status, "stop": stop}
    command = commands.get(arguments[0] if arguments else "run")
    if command is None or len(arguments) > 1:
        say([f"usage: python -m workers.run [{'|'.join(commands)}]"])
        return 2
    try:
        return command()
    except (SettingsError, ProcfileError, PortTaken, CannotRun, NoRedisServer) as error:
        say([str(error)], sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
