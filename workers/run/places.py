"""Where the runner keeps its things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.settings import Settings, embedded_socket


@dataclass(frozen=True)
class Places:
    """The files of one deployment; two deployments differ in `var`."""

    var: Path
    logs: Path

    @classmethod
    def of(cls, chosen: Settings) -> Places:
        """The places that these settings name."""
        return cls(chosen.var_folder, chosen.log_folder.resolve())

    @property
    def run(self) -> Path:
        """The folder of what belongs to one run."""
        return self.var / "run"

    @property
    def lock(self) -> Path:
        """Held by the runner while it lives."""
        return self.run / "lock"

    @property
    def config(self) -> Path:
        """The supervisor's configuration, written anew at each run."""
        return self.run / "supervisord.conf"

    @property
    def addresses(self) -> Path:
        """What was printed when the program was ready, for `status`."""
        return self.run / "addresses"

    @property
    def redis_socket(self) -> Path:
        """The embedded Redis; its folder has a short path and is 0700."""
        return embedded_socket(self.var)

    @property
    def supervisor_socket(self) -> Path:
        """Beside that of Redis: a path in `var` may be longer than the 107 bytes that a socket's may have."""
        return self.redis_socket.with_name("run.sock")

    def log(self, process: str) -> Path:
        """The log file of a process."""
        return self.logs / f"{process}.log"
