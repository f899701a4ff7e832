"""The supervisor's configuration, generated from the Procfile.

Paths are passed in the environment, as `%(ENV_…)s`: in the file itself, a `#`, `;` or `%` in a folder's name would be
read as a comment or an expansion. A `%` in what the supervisor expands twice is doubled.
"""

from __future__ import annotations

import os
import resource

from workers.run.procfile import ProcfileError

OPEN_FILES = 16_384  # a socket is a file
GRACE = {"store": 30, "workers": 40, "front": 12}  # seconds from TERM to KILL
GROUPS = ("store", "workers", "front")  # stopped in reverse order; processes of one group are stopped together

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

# A process that fails to start is started again and again, each time a second later than before. TERM goes only to the
# main process, which stops its children gracefully; after the grace period the rest is killed.
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
    """The file's text. Only Redis starts by itself; the others are started once the database is migrated."""
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
    """The number of files to allow: as many as we want, or as the system permits."""
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if limit == resource.RLIM_INFINITY else min(OPEN_FILES, limit)
