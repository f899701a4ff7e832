"""The supervisor's configuration, made from the Procfile.

Paths come in through the environment, `%(ENV_…)s`: in the file a `#`, a `;` or a `%` in a folder's name would be read
as a comment or an expansion. What the supervisor expands twice comes in with its `%` doubled.
"""

from __future__ import annotations

import os
import resource

from workers.run.procfile import ProcfileError

OPEN_FILES = 16_384  # a socket is a file
GRACE = {"store": 30, "workers": 40, "front": 12}  # seconds from TERM to KILL
GROUPS = ("store", "workers", "front")  # stopped from the last to the first, the processes of one all at once

HEAD = """\
[supervisord]
nodaemon=true
silent=true
{user}umask=077
minfds={files}
minprocs=1
logfile=%(ENV_LOG_FOLDER)s/supervisor.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=%(ENV_VAR_FOLDER)s/run/supervisord.pid
childlogdir=%(ENV_LOG_FOLDER)s

[unix_http_server]
file=%(ENV_SWITCHBOARD_SOCKET)s
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# A process that will not start is tried for as long as the program runs, each time a second later than before.
# TERM goes to the main process alone, which stops its children gracefully; what is left after the grace is killed.
PROGRAM = """
[program:{name}]
command={command}
autostart={autostart}
autorestart=true
startsecs=1
startretries=1000000
stopsignal=TERM
stopwaitsecs={grace}
killasgroup=true
redirect_stderr=true
stdout_logfile=%(ENV_SWITCHBOARD_LOGS)s/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=5
"""


GROUP = """
[group:{name}]
programs={members}
priority={priority}
"""


def configuration(processes: dict[str, str]) -> str:
    """The file's text. Only Redis starts by itself; the others are started when the database is migrated."""
    groups: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, command in processes.items():
        groups[_group(name, command)].append(name)
    head = HEAD.format(user="" if os.getuid() else "user=root\n", files=_open_files())
    programs = "".join(_program(name, processes[name], group) for group, names in groups.items() for name in names)
    return (
        head
        + programs
        + "".join(
            GROUP.format(name=group, members=",".join(names), priority=GROUPS.index(group) + 1)
            for group, names in groups.items()
            if names
        )
    )


def _program(name: str, command: str, group: str) -> str:
    if ";" in command or "#" in command:
        raise ProcfileError(
            f"Procfile, {name}: the command must not contain `;` or `#`, which the supervisor reads as comments"
        )
    starts = str(group == "store").lower()
    return PROGRAM.format(name=name, command=command.replace("%", "%%"), autostart=starts, grace=GRACE[group])


def _group(name: str, command: str) -> str:
    if name == "redis":
        return "store"
    return "workers" if " worker " in command else "front"


def _open_files() -> int:
    """As many as wanted and allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
