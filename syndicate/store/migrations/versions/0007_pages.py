"""The archive pages of feeds: which post stands on which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7"
down_revision = "6"


def upgrade() -> None:
    """Add the column, the table and the indexes."""
    op.add_column(
        "feed_posts",
        sa.Column(
            "page",
            sa.Integer(),
            nullable=True,
            comment="the archive page that it stands on, for good; null: on none yet",
        ),
    )
    op.create_table(
        "feed_pages",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="1 is the first; never given anew"
        ),
        sa.Column("written", sa.String(), nullable=False, comment="hash of what shaped its files; '': to be written"),
        sa.ForeignKeyConstraint(["feed"], ["feeds.slug"], name=op.f("fk_feed_pages_feed"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed", "number", name=op.f("pk_feed_pages")),
    )
    for name, columns, where in (
        ("ix_feed_posts_unpaged", ["feed", "published", "post"], "withdrawn IS NULL AND page IS NULL"),
        ("ix_feed_posts_page", ["feed", "page"], "page IS NOT NULL"),
    ):
        op.create_index(
            name, "feed_posts", columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "feeds",
            "settings",
            comment="hash of all that shapes its files, as written last",
            existing_comment="hash of what the operator configured; another one means anew",
            existing_type=sa.String(),
            existing_nullable=False,
        )
