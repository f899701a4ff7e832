"""`/api/admin`: what superusers look into."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ingress.administration import queries
from ingress.administration.requests import AuditPage
from ingress.administration.responses import AuditEntries
from ingress.identity.callers import BEARER, superuser

api = APIBlueprint(
    "admin",
    __name__,
    url_prefix="/api/admin",
    abp_tags=[Tag(name="Administration", description="The audit trail; superusers only")],
    abp_security=BEARER,
)


@api.get(
    "/audit",
    operation_id="listAuditEntries",
    summary="List entries of the audit trail",
    responses={"200": AuditEntries},
)
@superuser
def audit(query: AuditPage) -> dict[str, Any]:
    """Who did what to whom, newest first. Entries never change, and outlive the users that they name by id."""
    filters = {"action": query.action, "actor": query.actor, "subject": query.subject}
    return queries.page_of_audit(query.after, query.limit, **filters)
