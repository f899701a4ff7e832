"""The Procfile is the one source of truth for what runs: every queue has one reader, and others can read it, too."""

from honcho.environ import expand_processes, parse_procfile

import celeryconfig
from models.settings import ROOT
from workers.chains import QUEUES, STAGES
from workers.run import procfile


def test_every_queue_is_read_by_exactly_one_process() -> None:
    words = [command.split() for command in procfile.read().values()]
    read = [queue for command in words if "-Q" in command for queue in command[command.index("-Q") + 1].split(",")]
    assert sorted(read) == sorted(QUEUES)


def test_every_stage_has_a_queue_and_every_queue_a_heartbeat() -> None:
    assert {stage.queue for stage in STAGES.values()} <= set(QUEUES)
    entries = celeryconfig.beat_schedule.values()
    assert {entry["args"][0] for entry in entries if entry["task"] == "heartbeat"} == set(QUEUES)
    assert all(entry["options"]["expires"] < entry["schedule"] for entry in entries)


def test_honcho_reads_it() -> None:
    found = expand_processes(parse_procfile((ROOT / "Procfile").read_text()).processes)
    assert [p.name.removesuffix(".1") for p in found] == list(procfile.read())


def test_every_command_is_a_module_and_tells_no_secret() -> None:
    for name, command in procfile.read().items():
        assert command.startswith("python -m "), f"{name}: a script's first line breaks in a long path with spaces"
        assert "password" not in command.lower()
