"""What went wrong with a message: tries that failed, and dead letters, kept with reason and history."""

from __future__ import annotations

import uuid
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Table, Text, func, select
from sqlmodel import Field, Session, SQLModel

from models.clock import microseconds, rfc3339

MODEL = "model"  # the stage of a failed model call, which is part of a try of another stage


class Failure(SQLModel, table=True):
    """A failed try of a stage, or a failed model call within a try. `cause` is our own text and holds no content; for a
    model it is the model's name."""

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(max_length=36, index=True)
    stage: str = Field(max_length=16)
    try_number: int
    at: int = Field(sa_type=BigInteger)
    kind: str = Field(max_length=40)
    cause: str = Field(sa_type=Text)


class DeadLetter(SQLModel, table=True):
    """Work that was given up, with everything that a replay needs."""

    __tablename__ = "dead_letter"

    id: str = Field(primary_key=True, max_length=36)
    stage: str = Field(max_length=16)
    message_id: str = Field(max_length=36, index=True)
    conversation_id: str = Field(max_length=36)
    kind: str = Field(max_length=40)
    reason: str = Field(sa_type=Text)
    envelope: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    created_at: int = Field(sa_type=BigInteger)
    replayed_at: int | None = Field(default=None, sa_type=BigInteger)
    replays: int = 0


failure = cast(Table, Failure.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it untyped
dead_letter = cast(Table, DeadLetter.__table__)  # type: ignore[attr-defined]


def note_failure(db: Session, message_id: str, stage: str, try_number: int, kind: str, cause: str) -> None:
    """Records a failed try of a stage."""
    row = Failure(
        message_id=message_id, stage=stage, try_number=try_number, at=microseconds(), kind=kind, cause=cause[:2000]
    )
    db.add(row)


def note_model_failure(db: Session, message_id: str, try_number: int, at: int, kind: str, model: str) -> None:
    """Records a model that failed within a try, at a time in microseconds. The try itself may have succeeded."""
    db.add(Failure(message_id=message_id, stage=MODEL, try_number=try_number, at=at, kind=kind, cause=model[:2000]))


def add_dead_letter(
    db: Session,
    stage: str,
    message_id: str,
    conversation_id: str,
    kind: str,
    reason: str,
    envelope: dict[str, Any] | None = None,
) -> None:
    """Stores a dead letter. At most one per (stage, message) is not replayed, so a rerun adds no second one."""
    d = dead_letter.c
    unreplayed = select(d.id).where(d.stage == stage, d.message_id == message_id, d.replayed_at.is_(None))
    if db.execute(unreplayed).first():
        return
    db.add(
        DeadLetter(
            id=str(uuid.uuid4()),
            stage=stage,
            message_id=message_id,
            conversation_id=conversation_id,
            kind=kind,
            reason=reason[:2000],
            envelope=envelope,
            created_at=microseconds(),
        )
    )


def failures(db: Session, message_id: str) -> list[Failure]:
    """The failures of a message, of tries and of models within them, oldest first."""
    query = select(Failure).where(failure.c.message_id == message_id).order_by(failure.c.id)
    return list(db.execute(query).scalars())


def open_dead_letters(db: Session) -> int:
    """How many dead letters have not been replayed."""
    d = dead_letter.c
    return int(db.execute(select(func.count()).where(d.replayed_at.is_(None))).scalar_one())


def shown(row: Failure) -> dict[str, Any]:
    """A failure as the trace shows it: a try with its cause, or a model with its name."""
    label = "model" if row.stage == MODEL else "cause"
    return {"step": row.stage, "try": row.try_number, "at": rfc3339(row.at), "outcome": row.kind, label: row.cause}
