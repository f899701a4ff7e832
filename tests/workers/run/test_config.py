import os
import subprocess
import sys
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from models.settings import parse
from workers.run import config, environment, procfile, supervisor
from workers.run.places import Places

AWKWARD = "50% of #1; a long folder (with) 'quotes' and ünïcode"


def read_back(folder: Path, processes: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The programs as the supervisor itself understands them."""
    places = Places.of(parse({"SECRET_KEY": "k" * 40, "VAR_FOLDER": str(folder)}))
    for made in (places.run, places.logs):
        made.mkdir(parents=True)
    places.config.write_text(config.configuration(processes), encoding="utf-8")
    environ = environment.inherited({"PATH": os.environ["PATH"]}, places, {"PORT": 1, "FLOWER_PORT": 2})
    for name, value in (environ | supervisor.expansions(places)).items():
        monkeypatch.setenv(name, value)
    options = ServerOptions()
    options.realize(["-c", str(places.config)])
    assert (options.logfile, options.pidfile) == (str(places.log("supervisor")), str(places.run / "supervisord.pid"))
    return {p.name: p for group in options.process_group_configs for p in group.process_configs}


def test_paths_with_any_sign_in_them_are_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / AWKWARD
    found = read_back(folder, procfile.read(), monkeypatch)
    assert {name: p.stdout_logfile for name, p in found.items()} == {  # type: ignore[attr-defined]
        name: str(folder / "log" / f"{name}.log") for name in procfile.read()
    }


def test_commands_are_those_of_the_procfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_back(tmp_path, procfile.read(), monkeypatch)
    assert {name: p.command for name, p in found.items()} == procfile.read()  # type: ignore[attr-defined]
    assert all(p.autorestart and p.startretries > 10**5 for p in found.values())  # type: ignore[attr-defined]


def test_redis_stops_last_and_the_way_in_first() -> None:
    text = config.configuration(procfile.read())
    order = [line for line in text.splitlines() if line.startswith(("programs=", "priority="))]
    assert order == [
        *("programs=redis", "priority=1"),
        *("programs=messages,agents,auth,sweeper", "priority=2"),
        *("programs=web,beat,flower", "priority=3"),
    ]


def test_a_command_that_the_supervisor_would_cut_short_is_refused() -> None:
    with pytest.raises(procfile.ProcfileError, match="comment"):
        config.configuration({"web": "python -m web ; python -m more"})


def test_the_sockets_have_short_paths_however_long_the_folder_s_is() -> None:
    places = Places(Path("/" + "long/" * 60), Path())
    assert len(os.fsencode(places.supervisor_socket)) + len(".12345678") < 107


def test_only_our_settings_and_the_model_providers_own_are_inherited(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "log")
    given = {"LLM_API_KEY": "a", "INBOUND_SECRET_SHOP": "b", "OPENAI_API_KEY": "c", "AWS_SECRET_ACCESS_KEY": "d"}
    given |= {"LC_ALL": "C", "PATH": "/bin"}
    given |= {"GITHUB_TOKEN": "not ours", "PGPASSWORD": "not ours", "INBOUND_SECRET": "not ours"}
    kept = environment.inherited(given, places, {"PORT": 8001})
    assert kept.keys() - {"PYTHONUNBUFFERED", "VAR_FOLDER", "LOG_FOLDER", environment.MARK} == {
        *("LLM_API_KEY", "INBOUND_SECRET_SHOP", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "LC_ALL", "PATH", "PORT")
    }
    assert kept["PORT"] == "8001"


def test_the_runner_imports_the_domain_only() -> None:
    code = "import sys, workers.run.__main__; print(*{name.partition('.')[0] for name in sys.modules})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(said.stdout.split())
    assert "models" in loaded
    assert not loaded & {"ingress", "agents", "channels", "celery", "flask", "gevent", "litellm"}
