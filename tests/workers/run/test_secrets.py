from pathlib import Path

from dotenv import dotenv_values

from models.settings import parse
from workers.run import secrets


def test_the_first_run_makes_strong_secrets_for_this_user_alone(tmp_path: Path) -> None:
    assert secrets.complete(tmp_path, {}) == ["SECRET_KEY", "FLOWER_PASSWORD"]
    path = tmp_path / "secrets.env"
    assert path.stat().st_mode & 0o777 == 0o600
    made = parse(dotenv_values(path))
    assert len(made.secret_key[0]) >= 64
    assert len(made.flower_password) >= 20


def test_later_runs_keep_them(tmp_path: Path) -> None:
    secrets.complete(tmp_path, {})
    before = (tmp_path / "secrets.env").read_bytes()
    assert secrets.complete(tmp_path, {}) == []
    assert (tmp_path / "secrets.env").read_bytes() == before


def test_what_was_set_is_not_made(tmp_path: Path) -> None:
    assert secrets.complete(tmp_path, {"SECRET_KEY": "k" * 40}) == ["FLOWER_PASSWORD"]
    assert "SECRET_KEY" not in dotenv_values(tmp_path / "secrets.env")
    assert secrets.complete(tmp_path, {"SECRET_KEY": "k" * 40, "FLOWER_PASSWORD": "given"}) == []


def test_what_is_missing_is_added_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.write_text("SECRET_KEY=kept")
    (tmp_path / "secrets.new").write_text("left by a killed run")
    assert secrets.complete(tmp_path, {"SECRET_KEY": ""}) == ["FLOWER_PASSWORD"]
    assert dotenv_values(path)["SECRET_KEY"] == "kept"
    assert dotenv_values(path)["FLOWER_PASSWORD"]
    assert path.stat().st_mode & 0o777 == 0o600
