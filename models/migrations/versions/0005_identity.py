"""Identity: what a conversation was opened with; an address is one account's only once it is verified; names that look alike."""

import sqlalchemy as sa
from alembic import op

from models.people.usernames import look_of

revision = "0005"
down_revision = "0004"

VERIFIED = sa.text("email_verified")
NAMES = {"uq": "users_%(column_0_name)s_key"}  # as PostgreSQL names them; SQLite's have no name


def upgrade() -> None:
    op.add_column("conversation", sa.Column("opening", sa.String(length=64), nullable=True))
    with op.batch_alter_table("users", naming_convention=NAMES) as batch_op:
        batch_op.drop_constraint("users_email_key", type_="unique")
        batch_op.alter_column("email", existing_type=sa.String(length=254), nullable=True)
        batch_op.add_column(sa.Column("username_look", sa.String(length=400), nullable=True))
        batch_op.create_index("user_email", ["email"], unique=True, sqlite_where=VERIFIED, postgresql_where=VERIFIED)
        batch_op.create_index(batch_op.f("ix_users_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_users_phone_number"), ["phone_number"], unique=False)
    _fill_looks()
    with op.batch_alter_table("users", naming_convention=NAMES) as batch_op:
        batch_op.create_unique_constraint("users_username_look_key", ["username_look"])


def _fill_looks() -> None:
    """Of names that look alike, the oldest keeps others from it from now on; the younger ones stay, and sign in as ever."""
    users = sa.table("users", *map(sa.column, ("id", "username", "username_look", "created_at")))
    named = sa.select(users.c.id, users.c.username).where(users.c.username.is_not(None))
    rows = op.get_bind().execute(named.order_by(users.c.created_at, users.c.id)).all()
    looks: dict[str, str] = {}
    for row in rows:
        looks.setdefault(look_of(row.username)[:400], row.id)
    for look, user_id in looks.items():
        op.execute(users.update().where(users.c.id == user_id).values(username_look=look))


def downgrade() -> None:
    """Of several accounts with one address, the one that has verified it, or else the oldest, keeps it."""
    op.execute(
        "UPDATE users SET email = id || '@unverified.invalid' WHERE email IS NULL OR EXISTS (SELECT 1 FROM users o WHERE "
        "o.email = users.email AND o.id <> users.id AND (o.email_verified OR (NOT users.email_verified AND "
        "(o.created_at < users.created_at OR (o.created_at = users.created_at AND o.id < users.id)))))"
    )
    with op.batch_alter_table("users", naming_convention=NAMES) as batch_op:
        batch_op.drop_constraint("users_username_look_key", type_="unique")
        batch_op.drop_column("username_look")
        batch_op.drop_index(batch_op.f("ix_users_phone_number"))
        batch_op.drop_index(batch_op.f("ix_users_email"))
        batch_op.drop_index("user_email", sqlite_where=VERIFIED, postgresql_where=VERIFIED)
        batch_op.alter_column("email", existing_type=sa.String(length=254), nullable=False)
        batch_op.create_unique_constraint("users_email_key", ["email"])
    op.drop_column("conversation", "opening")
