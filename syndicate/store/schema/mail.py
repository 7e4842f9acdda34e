"""Tables of the newsletters: editions, the ledger, and what the provider tells."""

from __future__ import annotations

import sqlalchemy as sa

from syndicate.store.schema.base import Instant, metadata

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
    sa.Column("send_at", Instant, comment="when the operator wants it to leave; null: as soon as it is sent"),
    sa.Column("send_by", Instant, comment="when it is too late to go on sending; null: sending has not begun"),
    sa.Column(
        "stopped", sa.String, nullable=False, server_default="", comment="why sending came to a halt; '' if it did not"
    ),
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

edits = sa.Table(
    "edits",
    metadata,
    sa.Column("edition", sa.String, primary_key=True, comment="no foreign key: said once, it survives a new draft"),
    sa.Column(
        "kind", sa.String, primary_key=True, comment="subject | preheader | intro | order | featured | drop | add"
    ),
    sa.Column("key", sa.String, primary_key=True, comment="a language; '' where it is about no language"),
    sa.Column("value", sa.String, nullable=False, comment="the text; for posts, their ids in order"),
    sa.Column("at", Instant, nullable=False),
)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("who", sa.String, primary_key=True, comment="'terminal', or a keyed hash of the operator's address"),
    sa.Column("digest", sa.String, nullable=False, comment="of what they looked at"),
    sa.Column("at", Instant, nullable=False),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("url", sa.String, primary_key=True, comment="as the post names it"),
    sa.Column("path", sa.String, comment="our copy under public/; null: there is none"),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("fetched", Instant, nullable=False),
    sa.Column("trouble", sa.String, nullable=False, comment="why there is no copy; '' if there is"),
)

checked_links = sa.Table(
    "checked_links",
    metadata,
    sa.Column("url", sa.String, primary_key=True),
    sa.Column("status", sa.Integer, comment="the HTTP status; null: nobody answered"),
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
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
    sa.Column("undo_id", sa.String, comment="the provider's id, by which it can be recalled; null: it cannot"),
    sa.Column("send_at", Instant, comment="when the provider lets it go; null: at once"),
    sa.Column("recalled", Instant, comment="null: it stands; else since when it is proven that it will not arrive"),
    sa.Column("cleared", Instant, comment="when the cancellation was deleted at the provider"),
    sa.Column(
        "boot",
        sa.String,
        comment="the machine's start in which it was posted without waiting for the disk; null: it was waited for",
    ),
)

_BATCHED = sa.text("batch IS NOT NULL")  # on PostgreSQL, too: see `_where` in posts

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
    sa.Column("batch", sa.String, comment="the last one it was claimed for; null: never claimed"),
    sa.Column("changed", Instant, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0", comment="how often it was posted"),
    sa.UniqueConstraint("edition", "subscriber"),
    sa.Index("ix_deliveries_edition_state", "edition", "state", "variant"),
    sa.Index("ix_deliveries_batch", "batch", sqlite_where=_BATCHED),
)

allowances = sa.Table(
    "allowances",
    metadata,
    sa.Column("transport", sa.String, primary_key=True),
    sa.Column("span", sa.String, primary_key=True, comment="second | minute | day"),
    sa.Column("since", Instant, nullable=False),
    sa.Column("used", sa.Integer, nullable=False, comment="mails handed over since then"),
)

# ---------------------------------------------------------------- what the provider tells

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="the provider's, so that one told twice counts once"),
    sa.Column("delivery", sa.String, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False, comment="when it happened"),
    sa.Column("received", Instant, nullable=False, index=True),
    sa.Column("reason", sa.String, nullable=False, comment="the provider's, without addresses"),
)

soft_bounces = sa.Table(
    "soft_bounces",
    metadata,
    sa.Column("address_hash", sa.String, primary_key=True, comment="keyed hash of the folded address"),
    sa.Column("edition", sa.String, primary_key=True),
    sa.Column("at", Instant, nullable=False),
)
