"""Tables of the posts, grouped by who writes them: pull, fix, withdraw, publish."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from syndicate.store.schema.base import Instant, metadata


def _post(**options: Any) -> sa.Column[str]:
    return sa.Column("post", sa.String, sa.ForeignKey("posts.id", ondelete="CASCADE"), **options)


def _where(condition: sa.ColumnElement[bool]) -> dict[str, Any]:
    """What makes an index one of some rows only. PostgreSQL's condition, the same, stands in the migrations alone: were it
    named here, SQLAlchemy would load all that it knows of PostgreSQL whenever the program starts.
    """
    return {"sqlite_where": condition}


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
    sa.Index("ix_posts_url", "url"),
)

# A row of posts is wide: its texts fill several pages. These indexes hold all that selections, lists and counts ask for, so
# that a hundred thousand posts are gone through without reading one of their rows. Withdrawn posts are in none of them.
sa.Index(
    "ix_posts_standing", posts.c.published, posts.c.id, posts.c.source, posts.c.author, posts.c.hidden,
    **_where(posts.c.withdrawn.is_(None)),
)  # fmt: skip
sa.Index("ix_posts_of_source", posts.c.source, posts.c.published, posts.c.id, **_where(posts.c.withdrawn.is_(None)))
sa.Index(
    "ix_posts_unsure", posts.c.published, posts.c.id, posts.c.hidden,
    **_where(sa.and_(posts.c.withdrawn.is_(None), posts.c.unsure)),
)  # fmt: skip
sa.Index(
    "ix_posts_hidden", posts.c.published, posts.c.id,
    **_where(sa.and_(posts.c.withdrawn.is_(None), posts.c.hidden.isnot(None))),
)  # fmt: skip

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
    sa.Column("updated", Instant, comment="when its own words changed last; null: with the post"),
)

post_partners = sa.Table(
    "post_partners",
    metadata,
    _post(primary_key=True),
    sa.Column("partner", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Index("ix_post_partners_partner", "partner", "post"),
)

post_hashtags = sa.Table(
    "post_hashtags",
    metadata,
    _post(primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("display", sa.String, nullable=False),
    sa.Column("spellings", sa.JSON, nullable=False),
    sa.Column("languages", sa.JSON, nullable=False),
    sa.Index("ix_post_hashtags_key", "key", "post"),
)

hashtag_counts = sa.Table(
    "hashtag_counts",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("display", sa.String, primary_key=True),
    sa.Column(
        "posts", sa.Integer, nullable=False, comment="shown posts that carry it so; kept with every change of one"
    ),
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
    sa.Column(
        "sequence",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        index=True,
        comment="as of posts: an erased one has none",
    ),
)

# ---------------------------------------------------------------- written by publish

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("slug", sa.String, primary_key=True),
    sa.Column("settings", sa.String, nullable=False, comment="hash of all that shapes its files, as written last"),
    sa.Column(
        "selection", sa.String, nullable=False, server_default="", comment="hash of the selection that feed_posts holds"
    ),
    sa.Column(
        "due", sa.Boolean, nullable=False, server_default=sa.true(), comment="its posts changed since it was written"
    ),
    sa.Column("held", sa.Integer, nullable=False, server_default="0", comment="how many it held when written"),
    sa.Column("gone", Instant, comment="null: it stands; else since when its address answers 410"),
)

feed_posts = sa.Table(
    "feed_posts",
    metadata,
    sa.Column("feed", sa.String, sa.ForeignKey("feeds.slug", ondelete="CASCADE"), primary_key=True),
    sa.Column("post", sa.String, primary_key=True, index=True),
    sa.Column("published", Instant, nullable=False),
    sa.Column("withdrawn", Instant, comment="null: it stands; else a tombstone in the Atom feed"),
    sa.Column("page", sa.Integer, comment="the archive page that it stands on, for good; null: on none yet"),
)

sa.Index(
    "ix_feed_posts_standing", feed_posts.c.feed, feed_posts.c.published, feed_posts.c.post,
    **_where(feed_posts.c.withdrawn.is_(None)),
)  # fmt: skip
sa.Index(
    "ix_feed_posts_buried", feed_posts.c.feed, feed_posts.c.withdrawn, feed_posts.c.post,
    **_where(feed_posts.c.withdrawn.isnot(None)),
)  # fmt: skip

sa.Index(
    "ix_feed_posts_unpaged", feed_posts.c.feed, feed_posts.c.published, feed_posts.c.post,
    **_where(sa.and_(feed_posts.c.withdrawn.is_(None), feed_posts.c.page.is_(None))),
)  # fmt: skip
sa.Index("ix_feed_posts_page", feed_posts.c.feed, feed_posts.c.page, **_where(feed_posts.c.page.isnot(None)))

feed_pages = sa.Table(
    "feed_pages",
    metadata,
    sa.Column("feed", sa.String, sa.ForeignKey("feeds.slug", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False, comment="1 is the first; never given anew"),
    sa.Column("written", sa.String, nullable=False, comment="hash of what shaped its files; '': to be written"),
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
