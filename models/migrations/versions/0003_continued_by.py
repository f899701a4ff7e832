"""The conversation that continues a closed one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("conversation", sa.Column("continued_by", sa.String(length=36), nullable=True))


def downgrade() -> None:
    op.drop_column("conversation", "continued_by")
