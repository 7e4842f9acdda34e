"""What operators say about posts, mails about consent, links that work once, recallable batches, events, limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Add the tables and columns of the second schema."""
    op.create_table(
        "allowances",
        sa.Column("transport", sa.String(), nullable=False),
        sa.Column("span", sa.String(), nullable=False, comment="second | minute | day"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False, comment="mails handed over since then"),
        sa.PrimaryKeyConstraint("transport", "span", name=op.f("pk_allowances")),
    )
    op.create_table(
        "attempts",
        sa.Column(
            "who", sa.String(), nullable=False, comment="keyed hash of where a form came from; no address of any kind"
        ),
        sa.Column("window", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("who", "window", name=op.f("pk_attempts")),
    )
    op.create_table(
        "checked_links",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True, comment="the HTTP status; null: nobody answered"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_checked_links")),
    )
    op.create_table(
        "edits",
        sa.Column("edition", sa.String(), nullable=False, comment="no foreign key: said once, it survives a new draft"),
        sa.Column(
            "kind", sa.String(), nullable=False, comment="subject | preheader | intro | order | featured | drop | add"
        ),
        sa.Column("key", sa.String(), nullable=False, comment="a language; '' where it is about no language"),
        sa.Column("value", sa.String(), nullable=False, comment="the text; for posts, their ids in order"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("edition", "kind", "key", name=op.f("pk_edits")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False, comment="the provider's, so that one told twice counts once"),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when it happened"),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False, comment="the provider's, without addresses"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_delivery"), "events", ["delivery"], unique=False)
    op.create_index(op.f("ix_events_received"), "events", ["received"], unique=False)
    op.create_table(
        "pictures",
        sa.Column("url", sa.String(), nullable=False, comment="as the post names it"),
        sa.Column("path", sa.String(), nullable=True, comment="our copy under public/; null: there is none"),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("fetched", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False, comment="why there is no copy; '' if there is"),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_pictures")),
    )
    op.create_table(
        "soft_bounces",
        sa.Column("address_hash", sa.String(), nullable=False, comment="keyed hash of the folded address"),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "edition", name=op.f("pk_soft_bounces")),
    )
    op.create_table(
        "used_links",
        sa.Column("token_hash", sa.String(), nullable=False, comment="of a link that works once"),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="when it is too old anyhow, and this row may go"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_used_links")),
    )
    op.create_table(
        "approvals",
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False, comment="'terminal', or a keyed hash of the operator's address"),
        sa.Column("digest", sa.String(), nullable=False, comment="of what they looked at"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_approvals_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("edition", "who", name=op.f("pk_approvals")),
    )
    op.create_table(
        "corrections",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="block | title | partner | hashtag | sure"),
        sa.Column("key", sa.String(), nullable=False, comment="which block, language, partner or hashtag"),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="of the content that the operator looked at"),
        sa.ForeignKeyConstraint(["post"], ["posts.id"], name=op.f("fk_corrections_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post", "kind", "key", name=op.f("pk_corrections")),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.String(), nullable=False, comment="random; what the provider sees"),
        sa.Column("kind", sa.String(), nullable=False, comment="confirm | invite | account | address | notice"),
        sa.Column("subscriber", sa.String(), nullable=False),
        sa.Column(
            "list", sa.String(), nullable=False, comment="'' where it is about no list; several are joined by commas"
        ),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column(
            "address",
            sa.String(),
            nullable=True,
            comment="null: the subscriber's; else the new address that is to be confirmed",
        ),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False, comment="when to try (again)"),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True, comment="null: not yet"),
        sa.Column("reason", sa.String(), server_default="", nullable=False, comment="why it did not leave"),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name=op.f("fk_letters_subscriber"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index("ix_letters_subscriber", "letters", ["subscriber", "kind"], unique=False)
    op.create_index("ix_letters_waiting", "letters", ["sent", "due"], unique=False)
    op.add_column(
        "batches",
        sa.Column(
            "undo_id",
            sa.String(),
            nullable=True,
            comment="the provider's id, by which it can be recalled; null: it cannot",
        ),
    )
    op.add_column(
        "batches",
        sa.Column("send_at", sa.BigInteger(), nullable=True, comment="when the provider lets it go; null: at once"),
    )
    op.add_column(
        "batches",
        sa.Column(
            "recalled",
            sa.BigInteger(),
            nullable=True,
            comment="null: it stands; else since when it is proven that it will not arrive",
        ),
    )
    op.add_column(
        "batches",
        sa.Column(
            "cleared", sa.BigInteger(), nullable=True, comment="when the cancellation was deleted at the provider"
        ),
    )
    op.add_column(
        "deliveries",
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False, comment="how often it was posted"),
    )
    op.add_column(
        "editions",
        sa.Column(
            "send_at",
            sa.BigInteger(),
            nullable=True,
            comment="when the operator wants it to leave; null: as soon as it is sent",
        ),
    )
    op.add_column(
        "editions",
        sa.Column(
            "send_by",
            sa.BigInteger(),
            nullable=True,
            comment="when it is too late to go on sending; null: sending has not begun",
        ),
    )
    op.add_column(
        "editions",
        sa.Column(
            "stopped",
            sa.String(),
            server_default="",
            nullable=False,
            comment="why sending came to a halt; '' if it did not",
        ),
    )
    op.add_column(
        "posts",
        sa.Column(
            "hidden",
            sa.BigInteger(),
            nullable=True,
            comment="null: it is shown; else since when it is in no feed, page or draft",
        ),
    )
    op.add_column(
        "subscribers",
        sa.Column(
            "mail", sa.String(), server_default="full", nullable=False, comment="full | discreet | discreet-text"
        ),
    )
