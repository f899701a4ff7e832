"""The Procfile is the one source of truth for what runs: every queue has one reader, and others can read it, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from honcho.environ import expand_processes, parse_procfile

from models.settings import ROOT
from workers.run import procfile
from workers.runtime.chains import QUEUES, STAGES

TELL = """
import celeryconfig, json
names = ("broker_transport_options", "beat_schedule", "task_routes")
told = {name: getattr(celeryconfig, name, None) for name in names}
print(json.dumps(told | {"queues": {queue.name: queue.queue_arguments for queue in celeryconfig.task_queues}}))
"""


def celery_settings(**settings: str) -> dict[str, Any]:
    """celeryconfig.py under these settings, in a process of its own: it is read once a process."""
    environ = {"PATH": os.environ["PATH"], "SECRET_KEY": "k" * 40, **settings}
    said = subprocess.run(
        [sys.executable, "-c", TELL], cwd=ROOT, env=environ, capture_output=True, check=True, timeout=60
    )
    told: dict[str, Any] = json.loads(said.stdout)
    return told


def test_every_queue_is_read_by_exactly_one_process() -> None:
    words = [command.split() for command in procfile.read().values()]
    read = [queue for command in words if "-Q" in command for queue in command[command.index("-Q") + 1].split(",")]
    assert sorted(read) == sorted(QUEUES)


def test_every_stage_has_a_queue_and_every_queue_a_heartbeat() -> None:
    told = celery_settings()
    assert told["task_routes"] == {stage.task: {"queue": stage.queue} for stage in STAGES.values()}
    assert set(told["queues"]) == set(QUEUES)
    entries = told["beat_schedule"].values()
    assert {entry["args"][0] for entry in entries if entry["task"] == "heartbeat"} == set(QUEUES)
    assert all(entry["options"]["expires"] < entry["schedule"] for entry in entries)


@pytest.mark.parametrize("settings", [{}, {"BROKER_URL": "redis://host"}, {"BROKER_URL": "rediss://host"}])
def test_queues_in_redis_have_a_name_space_of_their_own_and_no_call_waits_for_ever(settings: dict[str, str]) -> None:
    told = celery_settings(**settings)
    assert told["broker_transport_options"]["global_keyprefix"]
    assert told["broker_transport_options"]["socket_timeout"] <= 5
    assert told["broker_transport_options"]["visibility_timeout"] == 300


def test_queues_in_rabbitmq_are_replicated_and_publishing_is_confirmed() -> None:
    told = celery_settings(BROKER_URL="amqp://guest@host//")
    assert told["broker_transport_options"]["confirm_publish"]
    assert all(arguments == {"x-queue-type": "quorum"} for arguments in told["queues"].values())


def test_honcho_reads_it() -> None:
    found = expand_processes(parse_procfile((ROOT / "Procfile").read_text()).processes)
    assert [p.name.removesuffix(".1") for p in found] == list(procfile.read())


def test_every_command_is_a_module_and_tells_no_secret() -> None:
    for name, command in procfile.read().items():
        module = command.removeprefix("nice -n 5 ").startswith("python -m ")
        assert module, f"{name}: a script's first line breaks in a long path with spaces"
        assert "password" not in command.lower()
