"""The tables, grouped by who writes them. SQLite and PostgreSQL hold the same; migrations/ makes them.

Times are milliseconds since 1970 UTC. People's addresses stand in `subscribers` alone: every other table knows a person
by an opaque id or a keyed hash. Foreign keys delete with their parent, so that taking back is one statement.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime, kept as milliseconds since 1970 UTC: the same, and sortable, in both databases."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """To the database."""
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """From the database."""
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


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

# ---------------------------------------------------------------- written by draft, approve, send

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="<list>-<number>"),
    sa.Column("list", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("created", Instant, nullable=False),
    sa.Column("digest", sa.String, nullable=False, comment="of all variants: what an approval is bound to"),
    sa.Column("approved", Instant),
    sa.Column("approved_digest", sa.String),
    sa.Column("frozen", Instant, comment="when the audience was; null: no delivery exists"),
    sa.Column("audience", sa.Integer, comment="how many deliveries were written then: what their states must sum to"),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.UniqueConstraint("list", "number"),
)

edition_variants = sa.Table(
    "edition_variants",
    metadata,
    sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("preheader", sa.String, nullable=False),
    sa.Column("html", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
)

edition_posts = sa.Table(
    "edition_posts",
    metadata,
    sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("post", sa.String, primary_key=True, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("updated", Instant, nullable=False, comment="the post's, when drafted: tells that it changed since"),
)

list_posts = sa.Table(
    "list_posts",
    metadata,
    sa.Column("list", sa.String, primary_key=True),
    sa.Column("post", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False, comment="included | skipped; a post without a row is new"),
    sa.Column("edition", sa.String, index=True),
    sa.Column("reason", sa.String, nullable=False),
)

# ---------------------------------------------------------------- people

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random; the only name of a person in every other table"),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("address_key", sa.String, nullable=False, unique=True, comment="lower-cased: one row a person"),
    sa.Column("languages", sa.String, nullable=False, comment="'sq', or 'sq+en' for both with Albanian first"),
    sa.Column("created", Instant, nullable=False),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("subscriber", sa.String, sa.ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("list", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("changed", Instant, nullable=False),
    sa.Index("ix_subscriptions_list_state", "list", "state"),
)

suppressions = sa.Table(
    "suppressions",
    metadata,
    sa.Column("address_hash", sa.String, primary_key=True, comment="keyed hash of the folded address"),
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("list", sa.String, primary_key=True, comment="'' for the whole site"),
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
)

consent_log = sa.Table(
    "consent_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column(
        "address_hash",
        sa.String,
        nullable=False,
        index=True,
        comment="keyed hash: survives `forget` without the person",
    ),
    sa.Column("list", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("how", sa.String, nullable=False, comment="form | import | operator | link"),
    sa.Column("evidence", sa.String, nullable=False, comment="the wording agreed to, or where the proof lies"),
    sa.Column("wording_version", sa.String, nullable=False, comment="'' where no text was shown"),
    sa.Column("language", sa.String, nullable=False),
)

# ---------------------------------------------------------------- the ledger

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("variant", sa.String, nullable=False),
    sa.Column("transport", sa.String, nullable=False),
    sa.Column(
        "holder", sa.String, nullable=False, comment="the lock of the process at work on it; dead when nobody holds it"
    ),
    sa.Column("claimed", Instant, nullable=False),
    sa.Column("posted", Instant, comment="null: not a byte has left"),
    sa.Column("settled", Instant, comment="null: some of its deliveries are still claimed or posting"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random; what the provider sees of a person"),
    sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "subscriber",
        sa.String,
        nullable=False,
        comment="no foreign key: the sum still adds up when a person is forgotten",
    ),
    sa.Column("variant", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("batch", sa.String, index=True, comment="the last one it was claimed for; null: never claimed"),
    sa.Column("changed", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.UniqueConstraint("edition", "subscriber"),
    sa.Index("ix_deliveries_edition_state", "edition", "state", "variant"),
)
