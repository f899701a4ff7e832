"""What every route may answer."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldFault(BaseModel):
    """A field that does not fit, and why."""

    field: str
    reason: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it. docs/problems.md explains each type."""

    type: str = Field(json_schema_extra={"format": "uri"})
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = Field(default_factory=list, description="Present only with the type `invalid`")
