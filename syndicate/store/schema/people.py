"""Tables of the people: who they are, where they stand, what forbids mail, what they agreed to."""

from __future__ import annotations

import sqlalchemy as sa

from syndicate.store.schema.base import Instant, metadata

# ---------------------------------------------------------------- people

subscribers = sa.Table(
    "subscribers",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random; the only name of a person in every other table"),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("address_key", sa.String, nullable=False, unique=True, comment="lower-cased: one row a person"),
    sa.Column("languages", sa.String, nullable=False, comment="'sq', or 'sq+en' for both with Albanian first"),
    sa.Column("created", Instant, nullable=False),
    sa.Column("mail", sa.String, nullable=False, server_default="full", comment="full | discreet | discreet-text"),
    sqlite_with_rowid=False,  # an edition goes through people in the order of their ids: in the file they lie so
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("subscriber", sa.String, sa.ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("list", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("changed", Instant, nullable=False),
    sa.Index("ix_subscriptions_list_state", "list", "state"),
    sqlite_with_rowid=False,
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

letters = sa.Table(
    "letters",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random; what the provider sees"),
    sa.Column("kind", sa.String, nullable=False, comment="confirm | invite | account | address | notice"),
    sa.Column("subscriber", sa.String, sa.ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    sa.Column("list", sa.String, nullable=False, comment="'' where it is about no list; several are joined by commas"),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("address", sa.String, comment="null: the subscriber's; else the new address that is to be confirmed"),
    sa.Column("created", Instant, nullable=False),
    sa.Column("due", Instant, nullable=False, comment="when to try (again)"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sent", Instant, comment="null: not yet"),
    sa.Column("reason", sa.String, nullable=False, server_default="", comment="why it did not leave"),
    sa.Index("ix_letters_waiting", "sent", "due"),
    sa.Index("ix_letters_subscriber", "subscriber", "kind"),
)

used_links = sa.Table(
    "used_links",
    metadata,
    sa.Column("token_hash", sa.String, primary_key=True, comment="of a link that works once"),
    sa.Column("until", Instant, nullable=False, comment="when it is too old anyhow, and this row may go"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column(
        "who", sa.String, primary_key=True, comment="keyed hash of where a form came from; no address of any kind"
    ),
    sa.Column("window", Instant, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
