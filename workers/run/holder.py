"""Who listens on a port, as far as this user may know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")  # Linux; elsewhere nobody is found
LISTENING = "0A"  # proc(5), /proc/net/tcp: the column `st`


def holder(port: int) -> str | None:
    """`redis-server (process 812)`, or None: another user's processes do not show what they have open."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port)}
    found = (folder for folder in PROC.glob("[0-9]*") if wanted and wanted & _open_in(folder))
    return next((named for folder in found if (named := _name(folder))), None)


def _inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            rows = (PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def _open_in(folder: Path) -> set[str]:
    """What the process has open; nothing when it is another user's, or gone meanwhile."""
    found = set()
    with suppress(OSError):
        for entry in (folder / "fd").iterdir():
            with suppress(OSError):  # closed since the folder was read
                found.add(str(entry.readlink()))
    return found


def _name(folder: Path) -> str | None:
    try:
        return f"{(folder / 'comm').read_text(encoding='utf-8', errors='replace').strip()} (process {folder.name})"
    except OSError:
        return None
