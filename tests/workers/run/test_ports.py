import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.settings import Settings, parse
from tests.ports import free_port
from workers.run import ports
from workers.run.holder import holder


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def settings(**values: str) -> Settings:
    return parse({"SECRET_KEY": "k" * 40, "FLOWER_PORT": str(free_port()), **values})


def test_a_free_port_is_used() -> None:
    wanted = str(free_port())
    assert ports.choose(settings(PORT=wanted), {"PORT": wanted})["PORT"] == int(wanted)


def test_a_taken_port_that_was_set_is_refused_with_the_setting_that_changes_it(taken: int) -> None:
    with pytest.raises(ports.PortTaken, match=f"Port {taken} .* Set FLOWER_PORT"):
        ports.choose(settings(PORT=str(free_port()), FLOWER_PORT=str(taken)), {"FLOWER_PORT": str(taken)})


def test_a_taken_default_gives_way_to_the_next_free_one(taken: int) -> None:
    found = ports.choose(settings(PORT=str(taken)), {})
    assert taken < found["PORT"] < taken + ports.TRIES
    assert not ports.obstacle("127.0.0.1", found["PORT"])


def test_two_settings_never_get_the_same_port() -> None:
    wanted = str(free_port())
    found = ports.choose(settings(PORT=wanted, FLOWER_PORT=wanted), {})
    assert found["PORT"] != found["FLOWER_PORT"]
    with pytest.raises(ports.PortTaken, match="Set FLOWER_PORT"):
        ports.choose(settings(PORT=wanted, FLOWER_PORT=wanted), {"FLOWER_PORT": wanted})


def test_one_who_listens_everywhere_takes_the_port_on_each_address() -> None:
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        assert ports.obstacle("127.0.0.1", server.getsockname()[1]) == ports.TAKEN


def test_an_address_of_another_machine_is_not_called_a_taken_port() -> None:
    with pytest.raises(ports.PortTaken, match=r"Cannot assign requested address.* Check HOST"):
        ports.choose(settings(HOST="203.0.113.7"), {})


def test_who_has_the_port_is_named(taken: int) -> None:
    me = Path("/proc/self/comm").read_text().strip()
    assert holder(taken) == f"{me} (process {os.getpid()})"
    with pytest.raises(
        ports.PortTaken, match=rf"Port {taken} .* is taken by {me} \(process {os.getpid()}\)\. Set PORT"
    ):
        ports.choose(settings(PORT=str(taken)), {"PORT": str(taken)})


def test_nobody_has_a_free_port() -> None:
    assert holder(free_port()) is None
