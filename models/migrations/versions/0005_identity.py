"""Identity: what a conversation was opened with; an address is one account's only once it is verified."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

VERIFIED = sa.text("email_verified")
NAMES = {"uq": "users_%(column_0_name)s_key"}  # as PostgreSQL names them; SQLite's have no name


def upgrade() -> None:
    op.add_column("conversation", sa.Column("opening", sa.String(length=64), nullable=True))
    with op.batch_alter_table("users", naming_convention=NAMES) as batch_op:
        batch_op.drop_constraint("users_email_key", type_="unique")
        batch_op.alter_column("email", existing_type=sa.String(length=254), nullable=True)
        batch_op.create_index("user_email", ["email"], unique=True, sqlite_where=VERIFIED, postgresql_where=VERIFIED)
        batch_op.create_index(batch_op.f("ix_users_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_users_phone_number"), ["phone_number"], unique=False)


def downgrade() -> None:
    """Of several accounts with one address, the one that has verified it, or else the oldest, keeps it."""
    op.execute(
        "UPDATE users SET email = id || '@unverified.invalid' WHERE email IS NULL OR EXISTS (SELECT 1 FROM users o WHERE "
        "o.email = users.email AND o.id <> users.id AND (o.email_verified OR (NOT users.email_verified AND "
        "(o.created_at < users.created_at OR (o.created_at = users.created_at AND o.id < users.id)))))"
    )
    with op.batch_alter_table("users", naming_convention=NAMES) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_phone_number"))
        batch_op.drop_index(batch_op.f("ix_users_email"))
        batch_op.drop_index("user_email", sqlite_where=VERIFIED, postgresql_where=VERIFIED)
        batch_op.alter_column("email", existing_type=sa.String(length=254), nullable=False)
        batch_op.create_unique_constraint("users_email_key", ["email"])
    op.drop_column("conversation", "opening")
