"""Identity: what a conversation was opened with."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("opening", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("conversation", "opening")
