"""Sending of verification codes. Until a channel for the kind of address is configured: the log, in debug mode."""

from __future__ import annotations

import logging

from models.errors import Unavailable
from models.settings import settings

log = logging.getLogger(__name__)


class NoSender(Unavailable):
    """No channel can send a code; trying again is useless until the settings change."""

    slug = "no-code-channel"
    title = "No channel is configured that can send verification codes"
    permanent = True
    retry_after = None


def has_sender() -> bool:
    """Whether a code can be sent."""
    return settings().debug


def check_sender() -> None:
    """Raises NoSender when no code can be sent."""
    if not has_sender():
        raise NoSender


def send_code(address: str, code: str) -> None:
    """Sends the code to the address. Raises NoSender."""
    check_sender()
    log.warning("console, since DEBUG is on and no channel can send it: the code for %s is %s", address, code)
