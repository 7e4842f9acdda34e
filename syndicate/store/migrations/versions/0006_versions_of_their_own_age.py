"""When each version's own words changed last; until now only the post's moment was known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6"
down_revision = "5"


def upgrade() -> None:
    """Add the column; null says that what is there is as old as its post."""
    op.add_column(
        "versions",
        sa.Column(
            "updated", sa.BigInteger(), nullable=True, comment="when its own words changed last; null: with the post"
        ),
    )
