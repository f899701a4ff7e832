"""Revisions of conversations and messages; who asked for a person, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for table in ("conversation", "message"):
        op.add_column(table, sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.add_column("conversation", sa.Column("handoff_by", sa.String(length=8), nullable=True))
    op.add_column("conversation", sa.Column("handoff_reason", sa.String(length=500), nullable=True))


def downgrade() -> None:
    op.drop_column("conversation", "handoff_reason")
    op.drop_column("conversation", "handoff_by")
    for table in ("conversation", "message"):
        op.drop_column(table, "revision")
