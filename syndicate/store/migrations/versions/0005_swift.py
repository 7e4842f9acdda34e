"""Which batches were written without waiting for the disk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "batches",
        sa.Column(
            "boot",
            sa.String(),
            nullable=True,
            comment="the machine's start in which it was posted without waiting for the disk; null: it was waited for",
        ),
    )
