"""Addresses of the running program, for people."""

from __future__ import annotations

from collections.abc import Mapping

from models.settings import Settings

EVERYWHERE = {"0.0.0.0", "127.0.0.1", "::", "::1", "localhost"}  # noqa: S104 - compared, not bound


def url(settings: Settings, port: int, local_name: str = "localhost") -> str:
    """Scheme, host and port. `local_name`: the host's name when the program listens on more than one address."""
    host = local_name if settings.host in EVERYWHERE else settings.host
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.tls else 'http'}://{host}:{port}"


def lines(settings: Settings, ports: Mapping[str, int], show_password: bool) -> list[str]:
    """What is printed when everything is ready. A password that was set explicitly is not shown: output may be in a log."""
    password = settings.flower_password if show_password else "the FLOWER_PASSWORD you set"
    web, flower = url(settings, ports["PORT"]), url(settings, ports["FLOWER_PORT"])
    return [
        "Switchboard is ready",
        f"Chat      {web}/chat",
        f"Sign in   {web}/signin",
        f"API docs  {web}/docs",
        f"Flower    {flower}  (user {settings.flower_user}, password {password})",
    ]
