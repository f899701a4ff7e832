"""Gunicorn's settings: one gevent worker with room for many sockets, and a graceful stop that is a quick one."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger  # type: ignore[import-untyped]

from ingress.worker import Worker
from models.logs import lines
from models.settings import settings


def ssl_context(_config: Any, default_ssl_context_factory: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Gunicorn's hook. The handshake waits for `Worker.handle`, where it has a deadline; gevent's server has none."""
    context = default_ssl_context_factory()
    context.wrap_socket = partial(context.wrap_socket, do_handshake_on_connect=False)  # type: ignore[method-assign]
    return context


class Logger(GunicornLogger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's lines look as all others do. (With its setting `logconfig_dict` it would log every request.)"""

    def setup(self, cfg: Any) -> None:
        """In the master, before the workers are forked."""
        super().setup(cfg)
        self.error_log = logging.getLogger("gunicorn")  # not `gunicorn.error`, for most of what it says is no error
        lines.configure(gunicorn={"level": settings().log_level})


_host = settings().host
bind = f"[{_host}]:{settings().port}" if ":" in _host else f"{_host}:{settings().port}"
certfile = settings().ssl_cert or None
keyfile = settings().ssl_key or None

worker_class = Worker
workers = 1  # sockets are counted and limited in one process; more processes are more machines' work
worker_connections = 12_000
preload_app = False  # gevent patches the worker, not the master: the app is imported behind the patching
timeout = 30
graceful_timeout = 5
keepalive = 5

# How many proxies are believed is TRUSTED_PROXIES, for the app to judge. Gunicorn would believe whatever comes from its own
# machine: a `SCRIPT_NAME` or `PATH_INFO` that a client has sent through a proxy, and the scheme.
forwarded_allow_ips = ""
forwarder_headers = ""

proc_name = "switchboard"
logger_class = Logger
loglevel = settings().log_level.lower()
errorlog = "-"
accesslog = None
control_socket_disable = True  # it would be written to the home folder, shared by every deployment of this user


def post_worker_init(worker: Any) -> None:
    """Sockets and streams are told to come back as soon as the worker is asked to stop."""
    from ingress.streams.sse import close_all  # noqa: PLC0415 - imported in the worker, behind gevent's patching

    worker.wsgi.extensions["sockets"].close_when(lambda: not worker.alive, also=close_all)
