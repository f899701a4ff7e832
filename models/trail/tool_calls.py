"""Tool calls of agents: one row per call, committed with its effect, so that a rerun continues instead of repeating it."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Table, select
from sqlmodel import Field, Session, SQLModel

from models.clock import microseconds
from models.store import inserts


class ToolCall(SQLModel, table=True):
    """The `sequence`-th call of a tool for a message, with its result."""

    __tablename__ = "tool_call"

    message_id: str = Field(primary_key=True, max_length=36)
    sequence: int = Field(primary_key=True)
    tool: str = Field(max_length=64)
    arguments: dict[str, Any] = Field(sa_type=JSON)
    result: dict[str, Any] = Field(sa_type=JSON)
    at: int = Field(sa_type=BigInteger)


tool_call = cast(Table, ToolCall.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped


def result_of(db: Session, message_id: str, sequence: int, tool: str, arguments: dict[str, Any]) -> Any | None:
    """The recorded result of this call, or None when it has not been made."""
    t = tool_call.c
    row = db.execute(select(tool_call).where(t.message_id == message_id, t.sequence == sequence)).first()
    return row.result if row and (row.tool, row.arguments) == (tool, arguments) else None


def record(
    db: Session, message_id: str, sequence: int, tool: str, arguments: dict[str, Any], result: dict[str, Any]
) -> None:
    """Records a call. Belongs in the transaction of its effect."""
    row = {"message_id": message_id, "sequence": sequence, "tool": tool, "arguments": arguments, "result": result}
    db.execute(inserts.or_ignore(db, tool_call), [row | {"at": microseconds()}])
