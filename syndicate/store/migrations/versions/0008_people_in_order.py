"""People lie in the order of their ids in SQLite's file, as an edition goes through them; fewer rows are indexed."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"

_INDEXES: dict[str, Sequence[tuple[str, Sequence[str]]]] = {
    "subscriptions": [("ix_subscriptions_list_state", ["list", "state"])],
    "letters": [("ix_letters_subscriber", ["subscriber", "kind"]), ("ix_letters_waiting", ["sent", "due"])],
}


def upgrade() -> None:
    """Lay the tables anew on SQLite, which cannot change how one is stored; make the index a partial one."""
    op.drop_index("ix_deliveries_batch", "deliveries")
    there = sa.text("batch IS NOT NULL")
    op.create_index("ix_deliveries_batch", "deliveries", ["batch"], sqlite_where=there, postgresql_where=there)
    if op.get_bind().dialect.name == "sqlite":
        _lay_anew()


def _lay_anew() -> None:
    """The new tables refer to each other from the start. Dropping the old `subscribers` would take with it whatever refers
    to it, and the pragma that says otherwise cannot be said inside a transaction.
    """
    op.create_table(
        "new_subscribers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("mail", sa.String(), server_default="full", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
        sa.UniqueConstraint("address_key", name="uq_subscribers_address_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "new_subscriptions",
        sa.Column("subscriber", sa.String(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        _of_subscriber("subscriptions"),
        sa.PrimaryKeyConstraint("subscriber", "list", name="pk_subscriptions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "new_letters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscriber", sa.String(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        _of_subscriber("letters"),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
    )
    names = {name: _columns(f"new_{name}") for name in ("subscribers", "subscriptions", "letters")}
    for name, columns in names.items():
        # In the order of the new key, which is much faster; all three names are ours.
        order = columns.split(", ")[0]
        op.execute(f"INSERT INTO new_{name} ({columns}) SELECT {columns} FROM {name} ORDER BY {order}")  # noqa: S608
    for name in reversed(names):
        op.drop_table(name)
    for name in names:  # what refers to it is renamed with it
        op.rename_table(f"new_{name}", name)
    for name, indexes in _INDEXES.items():
        for index, its in indexes:
            op.create_index(index, name, its)


def _of_subscriber(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_subscriber"
    return sa.ForeignKeyConstraint(["subscriber"], ["new_subscribers.id"], name=name, ondelete="CASCADE")


def _columns(table: str) -> str:
    return ", ".join(column["name"] for column in sa.inspect(op.get_bind()).get_columns(table))
