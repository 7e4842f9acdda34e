"""Counts of hashtags, what each feed was last written from, and indexes for a hundred thousand posts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Add the tables, columns and indexes of the fourth schema, and count what is there."""
    op.create_table(
        "hashtag_counts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column(
            "posts",
            sa.Integer(),
            nullable=False,
            comment="shown posts that carry it so; kept with every change of one",
        ),
        sa.PrimaryKeyConstraint("key", "display", name=op.f("pk_hashtag_counts")),
    )
    op.add_column(
        "withdrawals",
        sa.Column(
            "sequence",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="as of posts: an erased one has none",
        ),
    )
    op.create_index(op.f("ix_withdrawals_sequence"), "withdrawals", ["sequence"], unique=False)
    _feeds()
    _indexes()
    _fill()


def _feeds() -> None:
    op.add_column(
        "feeds",
        sa.Column(
            "selection",
            sa.String(),
            nullable=False,
            server_default="",
            comment="hash of the selection that feed_posts holds",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column(
            "due",
            sa.Boolean(),
            nullable=False,
            server_default=sa.true(),
            comment="its posts changed since it was written",
        ),
    )
    op.add_column(
        "feeds",
        sa.Column("held", sa.Integer(), nullable=False, server_default="0", comment="how many it held when written"),
    )


def _indexes() -> None:
    op.drop_index("ix_posts_published", "posts")
    op.drop_index("ix_post_partners_partner", "post_partners")
    op.drop_index("ix_post_hashtags_key", "post_hashtags")
    op.drop_index("ix_feed_posts_newest", "feed_posts")
    op.create_index("ix_posts_url", "posts", ["url"], unique=False)
    op.create_index("ix_post_partners_partner", "post_partners", ["partner", "post"], unique=False)
    op.create_index("ix_post_hashtags_key", "post_hashtags", ["key", "post"], unique=False)
    standing = "withdrawn IS NULL"
    # The planner uses such an index only where a query says its condition word for word, as SQLAlchemy writes it.
    sure = "unsure = 1" if op.get_bind().dialect.name == "sqlite" else "unsure"
    for name, table, columns, where in (
        ("ix_posts_standing", "posts", ["published", "id", "source", "author", "hidden"], standing),
        ("ix_posts_of_source", "posts", ["source", "published", "id"], standing),
        ("ix_posts_unsure", "posts", ["published", "id", "hidden"], f"{standing} AND {sure}"),
        ("ix_posts_hidden", "posts", ["published", "id"], f"{standing} AND hidden IS NOT NULL"),
        ("ix_feed_posts_standing", "feed_posts", ["feed", "published", "post"], standing),
        ("ix_feed_posts_buried", "feed_posts", ["feed", "withdrawn", "post"], "withdrawn IS NOT NULL"),
    ):
        op.create_index(
            name, table, columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )


def _fill() -> None:
    op.execute(
        "INSERT INTO hashtag_counts (key, display, posts) SELECT t.key, t.display, count(*) FROM post_hashtags t "
        "JOIN posts p ON p.id = t.post WHERE p.withdrawn IS NULL AND p.hidden IS NULL GROUP BY t.key, t.display"
    )
    op.execute(
        "UPDATE withdrawals SET sequence = coalesce((SELECT cast(value AS bigint) FROM meta WHERE key = 'sequence'), 0)"
    )
