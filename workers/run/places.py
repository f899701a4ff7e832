"""The files and folders of the runner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.settings import Settings, embedded_socket


@dataclass(frozen=True)
class Places:
    """The files of one deployment. Two deployments differ in `var`."""

    var: Path
    logs: Path

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """The places that these settings name."""
        return cls(settings.var_folder, settings.log_folder.resolve())

    @property
    def run(self) -> Path:
        """The folder for the files of the current run."""
        return self.var / "run"

    @property
    def lock(self) -> Path:
        """Locked by the runner while it runs."""
        return self.run / "lock"

    @property
    def config(self) -> Path:
        """The supervisor's configuration, rewritten at each run."""
        return self.run / "supervisord.conf"

    @property
    def addresses(self) -> Path:
        """The addresses that were printed when the program was ready, for `status`."""
        return self.run / "addresses"

    @property
    def redis_socket(self) -> Path:
        """The embedded Redis's socket. Its folder has a short path and mode 0700."""
        return embedded_socket(self.var)

    @property
    def supervisor_socket(self) -> Path:
        """The supervisor's socket, beside that of Redis: a path in `var` may exceed the 107 bytes allowed for a socket."""
        return self.redis_socket.with_name("run.sock")

    def log(self, process: str) -> Path:
        """The log file of a process."""
        return self.logs / f"{process}.log"
