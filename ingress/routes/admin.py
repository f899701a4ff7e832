"""`/api/admin`: what superusers look into."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from ingress import shapes
from ingress.accounts import admin_shapes, administering
from ingress.accounts.admin_schemas import AuditPage
from ingress.auth import BEARER, superuser

api = APIBlueprint(
    "admin",
    __name__,
    url_prefix="/api/admin",
    abp_tags=[Tag(name="Administration", description="What superusers look into")],
    abp_responses=shapes.PROBLEMS,
    abp_security=BEARER,
)


@api.get("/audit", summary="The audit trail", responses={"200": admin_shapes.AuditEntries})
@superuser
def audit(query: AuditPage) -> dict[str, Any]:
    """Who did what to whom, the newest first. Entries are never changed, and outlive the users they name by id."""
    exactly = {"action": query.action, "actor": query.actor, "subject": query.subject}
    return administering.page_of_audit(query.after, query.limit, **exactly)
