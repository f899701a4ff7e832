"""The stage `authenticate`: what hashes or verifies, in a worker of its own, so that a slow model delays no sign-in."""

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
    """Does what is asked and replies. A rerun, after a crash, comes to the same and replies again."""
    request = auth_requests.request_of(sealed)
    if request is None:
        log.warning("request %s came too late, or was sealed by nobody we know", request_id)
        return
    ephemeral(reply_to, {"id": request_id, "sealed": _done(request).sealed()})


def _done(request: Request) -> Reply:
    try:
        from workers.accounts.operations import OPERATIONS  # noqa: PLC0415 - only its worker pays for the import

        return Reply(OPERATIONS[request.operation](request))
    except SwitchboardError as error:
        return auth_requests.failed(error)
    except Exception:
        log.exception("the operation %s failed", request.operation)
        return auth_requests.failed(SwitchboardError("An error occurred on the server. Its log has the cause."))
