import io
from pathlib import Path

from workers.run.terminal import Terminal


def written(terminal: Terminal, out: io.StringIO) -> list[str]:
    terminal._write()
    lines = out.getvalue().splitlines()
    out.seek(0)
    out.truncate()
    return lines


def test_lines_come_behind_the_name_and_whole(tmp_path: Path) -> None:
    out = io.StringIO()
    log = tmp_path / "web.log"
    log.write_text("of an earlier run\n")
    terminal = Terminal({"web": log, "messages": tmp_path / "messages.log"}, out)
    with log.open("a") as file:
        file.write("one\ntw")
        file.flush()
        assert written(terminal, out) == ["web      | one"]
        file.write("o\n")
        file.flush()
    (tmp_path / "messages.log").write_text("first\n")
    assert written(terminal, out) == ["web      | two", "messages | first"]
    terminal.stop()


def test_nothing_is_lost_or_told_twice_when_a_log_is_rotated(tmp_path: Path) -> None:
    out = io.StringIO()
    log = tmp_path / "web.log"
    log.write_text("")
    terminal = Terminal({"web": log}, out)
    log.write_text("before\n")
    log.rename(tmp_path / "web.log.1")
    log.write_text("behind\n")
    assert written(terminal, out) + written(terminal, out) == ["web | before", "web | behind"]
    assert written(terminal, out) == []
    terminal.stop()


def test_one_line_of_redis_is_left_to_the_file(tmp_path: Path) -> None:
    out = io.StringIO()
    log = tmp_path / "redis.log"
    log.write_text("")
    terminal = Terminal({"redis": log}, out)
    log.write_text("1:M # WARNING Memory overcommit must be enabled! Without it …\n1:M # WARNING Another one\n")
    assert written(terminal, out) == ["redis | 1:M # WARNING Another one"]
    terminal.stop()
