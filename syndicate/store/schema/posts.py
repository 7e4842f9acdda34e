"""Tables of the posts, grouped by who writes them: pull, fix, withdraw, publish."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from syndicate.store.schema.base import Instant, metadata


def _post(**options: Any) -> sa.Column[str]:
    return sa.Column("post", sa.String, sa.ForeignKey("posts.id", ondelete="CASCADE"), **options)


# ---------------------------------------------------------------- the site's own notes

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

# ---------------------------------------------------------------- written by pull

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column(
        "pacing", sa.JSON, nullable=False, comment="when to ask again, validators, moves: pull.pacing.SourceState"
    ),
    sa.Column("asked", Instant, nullable=False),
    sa.Column("succeeded", Instant, comment="null: never yet"),
    sa.Column("error", sa.String, comment="null: the last time went well"),
)

posts = sa.Table(
    "posts",
    metadata,
    # who it is: never changes
    sa.Column("id", sa.String, primary_key=True, comment="from source and identity, so a lost database gives it again"),
    sa.Column("source", sa.String, nullable=False),
    sa.Column(
        "identity", sa.String, nullable=False, comment="guid, else link, else content, with scheme and www folded"
    ),
    sa.Column("year", sa.Integer, nullable=False, comment="stands in the public tag: URI"),
    sa.Column("first_seen", Instant, nullable=False),
    # what upstream said last
    sa.Column("guid", sa.String),
    sa.Column("url", sa.String),
    sa.Column("link_key", sa.String, comment="url folded; finds the post again when its guid changes"),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("author", sa.String),
    sa.Column("published", Instant, nullable=False),
    sa.Column("updated", Instant, nullable=False, comment="moves only when the content does"),
    sa.Column("digest", sa.String, nullable=False, comment="of upstream's content: tells changed from unchanged"),
    sa.Column("body", sa.String, nullable=False, comment="upstream's HTML, sanitised"),
    sa.Column("categories", sa.JSON, nullable=False),
    # what we made of it
    sa.Column("picture", sa.JSON),
    sa.Column("blocks", sa.JSON, nullable=False),
    sa.Column("margin", sa.Float, comment="null: there was nothing to decide"),
    sa.Column("unsure", sa.Boolean, nullable=False),
    sa.Column("notes", sa.JSON, nullable=False),
    # what the operator said
    sa.Column("withdrawn", Instant, comment="null: it stands"),
    sa.Column("hidden", Instant, comment="null: it is shown; else since when it is in no feed, page or draft"),
    # for publish
    sa.Column("sequence", sa.BigInteger, nullable=False, index=True, comment="grows with every change of any post"),
    sa.UniqueConstraint("source", "identity"),
    sa.Index("ix_posts_link_key", "source", "link_key"),
    sa.Index("ix_posts_published", "published"),
)

versions = sa.Table(
    "versions",
    metadata,
    _post(primary_key=True),
    sa.Column("language", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("summary", sa.String, nullable=False),
    sa.Column("html", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
)

post_partners = sa.Table(
    "post_partners",
    metadata,
    _post(primary_key=True),
    sa.Column("partner", sa.String, primary_key=True, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
)

post_hashtags = sa.Table(
    "post_hashtags",
    metadata,
    _post(primary_key=True),
    sa.Column("key", sa.String, primary_key=True, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("display", sa.String, nullable=False),
    sa.Column("spellings", sa.JSON, nullable=False),
    sa.Column("languages", sa.JSON, nullable=False),
)

post_links = sa.Table(
    "post_links",
    metadata,
    _post(primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("label", sa.String, nullable=False),
)

# ---------------------------------------------------------------- written by fix: said by the operator, applied at every pull

corrections = sa.Table(
    "corrections",
    metadata,
    _post(primary_key=True),
    sa.Column("kind", sa.String, primary_key=True, comment="block | title | partner | hashtag | sure"),
    sa.Column("key", sa.String, primary_key=True, comment="which block, language, partner or hashtag"),
    sa.Column("value", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("digest", sa.String, nullable=False, comment="of the content that the operator looked at"),
)

# ---------------------------------------------------------------- written by withdraw; outlives the post

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("post", sa.String, primary_key=True),
    sa.Column("language", sa.String, primary_key=True, comment="'' for the whole post"),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("languages", sa.JSON, nullable=False, comment="the versions that were public"),
    sa.Column(
        "keys",
        sa.JSON,
        nullable=False,
        comment="keyed hashes of its identity and link: what a pull must not bring back",
    ),
    sa.Column("at", Instant, nullable=False),
    sa.Column("erased", sa.Boolean, nullable=False),
)

# ---------------------------------------------------------------- written by publish

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("slug", sa.String, primary_key=True),
    sa.Column(
        "settings", sa.String, nullable=False, comment="hash of what the operator configured; another one means anew"
    ),
    sa.Column("gone", Instant, comment="null: it stands; else since when its address answers 410"),
)

feed_posts = sa.Table(
    "feed_posts",
    metadata,
    sa.Column("feed", sa.String, sa.ForeignKey("feeds.slug", ondelete="CASCADE"), primary_key=True),
    sa.Column("post", sa.String, primary_key=True, index=True),
    sa.Column("published", Instant, nullable=False),
    sa.Column("withdrawn", Instant, comment="null: it stands; else a tombstone in the Atom feed"),
    sa.Index("ix_feed_posts_newest", "feed", "published"),
)

pings = sa.Table(
    "pings",
    metadata,
    sa.Column(
        "topic", sa.String, primary_key=True, comment="the address of a document that the WebSub hub is to be told of"
    ),
    sa.Column("since", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False, comment="why the hub did not take it; '' if it was not asked yet"),
)
