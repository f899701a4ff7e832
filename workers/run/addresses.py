"""Where people find what runs."""

from __future__ import annotations

from collections.abc import Mapping

from models.settings import Settings

EVERYWHERE = {"0.0.0.0", "127.0.0.1", "::", "::1", "localhost"}  # noqa: S104 - compared, not bound


def url(chosen: Settings, port: int, local: str = "localhost") -> str:
    """Scheme, host and port; `local` is this machine's name where it listens on more than one address."""
    host = local if chosen.host in EVERYWHERE else chosen.host
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if chosen.tls else 'http'}://{host}:{port}"


def lines(chosen: Settings, ports: Mapping[str, int], made_here: bool) -> list[str]:
    """What is printed when all is ready. A password that was set is known, and output may be kept in a log."""
    password = chosen.flower_password if made_here else "the FLOWER_PASSWORD you set"
    web, flower = url(chosen, ports["PORT"]), url(chosen, ports["FLOWER_PORT"])
    return [
        "Switchboard is ready",
        f"Chat      {web}/chat",
        f"Sign in   {web}/signin",
        f"API docs  {web}/docs",
        f"Flower    {flower}  (user {chosen.flower_user}, password {password})",
    ]
