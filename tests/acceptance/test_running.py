"""The program as a whole: it starts, tells its state, survives kills, and stops without leaving anything behind."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.program import Program
from workers.run import leftovers, procfile, supervisor

NAMES = list(procfile.read())


def call(url: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ask(program: Program, question: str = "What is Switchboard?") -> dict[str, Any]:
    status, body = call(f"{program.url}/api/chat", {"message": {"content": question}})
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def healthy(program: Program) -> bool:
    try:
        return bool(json.loads(call(f"{program.url}/health")[1])["ok"])
    except (OSError, ValueError):
        return False


def basic(program: Program, password: str | None = None) -> dict[str, str]:
    pair = f"{program.settings.flower_user}:{password or program.settings.flower_password}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def test_it_is_ready_answers_and_tells_its_state(shared_program: Program) -> None:
    assert ask(shared_program)["reply"]["content"]
    said = shared_program.command("status")
    assert said.returncode == 0
    for name in NAMES:
        assert any(line.startswith(name) and "RUNNING" in line for line in said.stdout.splitlines()), said.stdout
    assert f":{shared_program.environ['PORT']}/chat" in said.stdout
    assert f":{shared_program.environ['PORT']}/docs" in said.stdout
    assert f":{shared_program.environ['FLOWER_PORT']}" in said.stdout


def test_its_logs_are_in_files_and_on_the_terminal(shared_program: Program) -> None:
    log = shared_program.places.log("web").read_text()
    line = next(line for line in log.splitlines() if "Listening at" in line)
    assert f"web      | {line}" in shared_program.output().splitlines()


ALARMING = re.compile(r"\b(warn\w*|errors?|fail\w*|crit\w*|traceback|deprecated|not recommended)\b|\[W ", re.IGNORECASE)


def test_a_start_alarms_nobody(shared_program: Program) -> None:
    """Each of these lines means something: root is quiet only because pickles are refused, and so on."""
    shared_program.wait_until(lambda: "flower   | " in shared_program.output())
    assert [line for line in shared_program.output().splitlines() if ALARMING.search(line)] == []


def test_what_it_wrote_is_for_its_user_alone(shared_program: Program) -> None:
    var = shared_program.folder
    for path in (var / "secrets.env", var / "switchboard.db", shared_program.places.log("web")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert shared_program.places.redis_socket.parent.stat().st_mode & 0o777 == 0o700


def test_a_second_run_is_refused(shared_program: Program) -> None:
    said = shared_program.command("run")
    assert said.returncode == 1
    assert "already running" in said.stderr
    assert healthy(shared_program)


def test_no_secret_is_on_a_command_line(shared_program: Program) -> None:
    secrets = [*shared_program.settings.secret_key, shared_program.settings.flower_password]
    for process in leftovers.of_run(shared_program.places):
        command = " ".join(process.handle.cmdline())
        assert not any(secret in command for secret in secrets)


def test_flower_asks_who_you_are(shared_program: Program) -> None:
    for path in ("/", "/workers", "/api/workers", "/api/tasks", "/broker"):
        assert call(shared_program.flower_url + path)[0] == 401, path
        assert call(shared_program.flower_url + path, headers=basic(shared_program, "wrong"))[0] == 401, path
        assert call(shared_program.flower_url + path, headers=basic(shared_program))[0] == 200, path


def test_flower_changes_nothing(shared_program: Program) -> None:
    worker = f"agents@{socket.gethostname()}"
    orders = [
        "worker/shutdown",
        "worker/pool/restart",
        "worker/pool/grow",
        "worker/pool/shrink",
        "worker/pool/autoscale",
    ]
    orders += ["worker/queue/add-consumer", "worker/queue/cancel-consumer"]
    for path in [f"{order}/{worker}" for order in orders] + [
        *("task/apply/receive", "task/async-apply/receive", "task/send-task/receive"),
        *("task/abort/1", "task/timeout/receive", "task/rate-limit/receive", "task/revoke/1"),
    ]:
        status, body = call(f"{shared_program.flower_url}/api/{path}", {"args": [0]}, headers=basic(shared_program))
        assert (status, body) == (403, b"Read only mode is enabled"), path


def test_flower_tells_the_way_of_a_message_and_not_its_content(shared_program: Program) -> None:
    secret = "Kolibri-7431 of the Nebelhorn street"
    answer = ask(shared_program, f"Where is {secret}?")

    def seen() -> list[dict[str, Any]]:
        tasks = json.loads(call(f"{shared_program.flower_url}/api/tasks", headers=basic(shared_program))[1]).values()
        return [
            task for task in tasks if task["name"] == "answer" and answer["conversation_id"] in (task["args"] or "")
        ]

    shared_program.wait_until(seen, what="seen by Flower")
    everything = call(f"{shared_program.flower_url}/api/tasks", headers=basic(shared_program))[1].decode()
    assert {"receive", "answer", "sweep"} <= {task["name"] for task in json.loads(everything).values()}
    assert "Kolibri" not in everything
    assert "Nebelhorn" not in everything


def test_flower_knows_workers_and_queues(shared_program: Program) -> None:
    status, body = call(f"{shared_program.flower_url}/api/workers?refresh=1", headers=basic(shared_program))
    assert status == 200
    assert {name.partition("@")[0] for name in json.loads(body)} == {"messages", "agents", "auth", "sweeper"}
    status, body = call(f"{shared_program.flower_url}/api/queues/length", headers=basic(shared_program))
    assert status == 200
    assert {queue["name"] for queue in json.loads(body)["active_queues"]} == {"inbound", "agents", "auth", "sweep"}


@pytest.fixture(scope="module")
def mended() -> Iterator[Program]:
    """One for those tests that leave it whole again."""
    with Program() as started:
        yield started


def test_everything_that_is_killed_comes_back(mended: Program) -> None:
    for name in NAMES:
        killed = mended.kill(name)
        assert killed, name
        mended.wait_back(name, killed)
        mended.wait_until(lambda: healthy(mended), what=f"healthy after {name} was killed")
        assert ask(mended)["reply"]["content"]


def test_a_web_worker_whose_master_is_killed_alone_gives_way(mended: Program) -> None:
    killed = mended.pids("web")
    os.kill(mended.pid("web"), signal.SIGKILL)
    mended.wait_back("web", killed)
    mended.wait_until(lambda: not set(mended.pids("web")) & set(killed), what="rid of the old worker")
    mended.wait_until(lambda: healthy(mended), what="healthy")


def test_open_streams_do_not_hold_up_a_stop(mended: Program) -> None:
    asked = ask(mended)
    request = urllib.request.Request(
        f"{mended.url}/api/conversations/{asked['conversation_id']}/events",
        headers={"Authorization": f"Bearer {asked['token']}", "Accept": "text/event-stream"},
    )
    stream = urllib.request.urlopen(request, timeout=30)
    ended = threading.Event()

    def read() -> None:
        stream.read()
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    log = mended.places.log("web")
    before = len(log.read_text())
    os.kill(mended.pid("web"), signal.SIGTERM)
    assert ended.wait(30)
    assert "graceful timeout" not in log.read_text()[before:], "the stream was cut off by the grace, not ended"


def test_it_stops_in_order_and_leaves_nothing_behind(program: Program) -> None:
    stream = urllib.request.urlopen(f"{program.url}/api/test-stream", timeout=10)
    stream.read(1)
    began = time.monotonic()
    assert program.command("stop").returncode == 0
    took = time.monotonic() - began
    assert program.runner.wait(5) == 0
    assert leftovers.of_run(program.places) == []
    assert not program.places.redis_socket.exists()
    assert not program.places.supervisor_socket.exists()
    log = program.places.log("supervisor").read_text().splitlines()
    stopped = [line.split("stopped: ")[1].split()[0] for line in log if "stopped: " in line]
    assert set(stopped[:3]) == {"web", "beat", "flower"}
    assert set(stopped[3:7]) == {"messages", "agents", "auth", "sweeper"}
    assert stopped[7:] == ["redis"]
    assert all("exit status 0" in line for line in log if "stopped: " in line), log
    assert took < 60
    assert program.command("status").returncode == 3
    assert program.command("stop").returncode == 0


def test_ctrl_c_stops_it(program: Program) -> None:
    program.runner.send_signal(signal.SIGINT)
    assert program.runner.wait(60) == 0
    assert leftovers.of_run(program.places) == []


def test_a_killed_supervisor_is_cleaned_up_behind(program: Program) -> None:
    program.kill("supervisor")
    assert program.runner.wait(60) == 1
    assert leftovers.of_run(program.places) == []


def test_the_next_run_copes_with_what_a_killed_one_left(program: Program) -> None:
    program.runner.kill()
    program.runner.wait()
    assert healthy(program), "the supervisor goes on without the runner"
    assert "already running" in program.command("run").stderr
    program.kill("supervisor")
    orphans = {process.pid for process in leftovers.of_run(program.places)}
    assert orphans
    program.places.addresses.unlink()
    program.start()
    program.wait_ready()
    assert "Stopped what an earlier run left behind: agents, auth, beat" in program.output()
    assert not orphans & {process.pid for process in leftovers.of_run(program.places)}
    assert ask(program)["reply"]["content"]


def test_a_port_that_is_set_and_taken_is_named(tmp_path: Any) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        program = Program(tmp_path, FLOWER_PORT=str(server.getsockname()[1]))
        said = program.command("run")
    assert said.returncode == 1
    assert f"Port {program.environ['FLOWER_PORT']} on 127.0.0.1 is taken by " in said.stderr
    assert f"(process {os.getpid()}). Set FLOWER_PORT" in said.stderr
    assert supervisor.processes(program.places) is None


def test_default_ports_that_are_taken_give_way() -> None:
    with socket.socket() as server:
        with suppress(OSError):  # somebody else has it: as good
            server.bind(("127.0.0.1", 8000))
            server.listen()
        with Program(PORT="", FLOWER_PORT="") as program:
            assert "Port 8000 is taken: using 8" in program.output()
            program.wait_until(lambda: "/chat\n" in program.output(), 10, "printed")
            found = re.search(r"^Chat +(\S+)/chat$", program.output(), re.MULTILINE)
            assert found
            assert call(f"{found[1]}/ready")[0] == 200


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "LOUD"), ("SECRET_KEY", "short")])
def test_settings_that_cannot_be_used_are_named(tmp_path: Any, name: str, value: str) -> None:
    said = Program(tmp_path, **{name: value}).command("run")
    assert said.returncode == 1
    assert name in said.stderr
    assert value not in said.stderr
