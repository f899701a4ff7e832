"""The stage `authenticate`: hashing and verifying, in a worker of its own, so that a slow model never delays a sign-in."""

from __future__ import annotations

import logging

from channels.relay.publish import ephemeral
from models.accounts import auth_requests
from models.accounts.auth_requests import Reply, Request
from models.errors import SwitchboardError
from workers.runtime.chains import AUTHENTICATE
from workers.runtime.stage import stage

log = logging.getLogger(__name__)


@stage(AUTHENTICATE.task)
def authenticate(reply_to: str, request_id: str, sealed: str) -> None:
    """Performs the request's operation and publishes the reply. A rerun after a crash has the same result."""
    request = auth_requests.unseal_request(sealed)
    if request is None:
        log.warning("request %s is too old, or was sealed with another SECRET_KEY", request_id)
        return
    ephemeral(reply_to, {"id": request_id, "sealed": _perform(request).sealed()})


def _perform(request: Request) -> Reply:
    try:
        from workers.accounts.operations import OPERATIONS  # noqa: PLC0415 - only its worker pays for the import

        return Reply(OPERATIONS[request.operation](request))
    except SwitchboardError as error:
        return auth_requests.error_reply(error)
    except Exception:
        log.exception("the operation %s failed", request.operation)
        return auth_requests.error_reply(SwitchboardError("An error occurred on the server. Its log has the cause."))
