"""Of what the WebSub hub is to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "pings",
        sa.Column(
            "topic",
            sa.String(),
            nullable=False,
            comment="the address of a document that the WebSub hub is to be told of",
        ),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column(
            "reason", sa.String(), nullable=False, comment="why the hub did not take it; '' if it was not asked yet"
        ),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_pings")),
    )
