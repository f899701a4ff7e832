"""Gunicorn's settings: one gevent worker with room for many sockets, and a graceful stop that is a quick one."""

from __future__ import annotations

import logging
from typing import Any

from models.settings import settings

_host = settings().host
bind = f"[{_host}]:{settings().port}" if ":" in _host else f"{_host}:{settings().port}"
certfile = settings().ssl_cert or None
keyfile = settings().ssl_key or None

worker_class = "gevent"
workers = 1  # sockets are counted and limited in one process; more processes are more machines' work
worker_connections = 12_000
preload_app = False  # gevent patches the worker, not the master: the app is imported behind the patching
timeout = 30
graceful_timeout = 5
keepalive = 5

proc_name = "switchboard"
loglevel = settings().log_level.lower()
errorlog = "-"
accesslog = None
control_socket_disable = True  # it would be written to the home folder, shared by every deployment of this user


def post_worker_init(worker: Any) -> None:
    """LOG_LEVEL is for what we say. Sockets and streams are told to come back as soon as the worker is asked to stop."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for room in ("models", "channels", "workers", "ingress", "auth"):
        logging.getLogger(room).setLevel(settings().log_level)
    from ingress.sse import close_all  # noqa: PLC0415 - imported in the worker, behind gevent's patching

    worker.wsgi.extensions["sockets"].close_when(lambda: not worker.alive, also=close_all)
