"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make every table of the first schema."""
    op.create_table(
        "consent_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "address_hash", sa.String(), nullable=False, comment="keyed hash: survives `forget` without the person"
        ),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False, comment="form | import | operator | link"),
        sa.Column("evidence", sa.String(), nullable=False, comment="the wording agreed to, or where the proof lies"),
        sa.Column("wording_version", sa.String(), nullable=False, comment="'' where no text was shown"),
        sa.Column("language", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_log")),
    )
    op.create_index(op.f("ix_consent_log_address_hash"), "consent_log", ["address_hash"], unique=False)
    op.create_table(
        "editions",
        sa.Column("id", sa.String(), nullable=False, comment="<list>-<number>"),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="of all variants: what an approval is bound to"),
        sa.Column("approved", sa.BigInteger(), nullable=True),
        sa.Column("approved_digest", sa.String(), nullable=True),
        sa.Column("frozen", sa.BigInteger(), nullable=True, comment="when the audience was; null: no delivery exists"),
        sa.Column(
            "audience",
            sa.Integer(),
            nullable=True,
            comment="how many deliveries were written then: what their states must sum to",
        ),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("list", "number", name=op.f("uq_editions_list_number")),
    )
    op.create_table(
        "feeds",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column(
            "settings",
            sa.String(),
            nullable=False,
            comment="hash of what the operator configured; another one means anew",
        ),
        sa.Column(
            "gone", sa.BigInteger(), nullable=True, comment="null: it stands; else since when its address answers 410"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_feeds")),
    )
    op.create_table(
        "list_posts",
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="included | skipped; a post without a row is new"),
        sa.Column("edition", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("list", "post", name=op.f("pk_list_posts")),
    )
    op.create_index(op.f("ix_list_posts_edition"), "list_posts", ["edition"], unique=False)
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "posts",
        sa.Column(
            "id", sa.String(), nullable=False, comment="from source and identity, so a lost database gives it again"
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column(
            "identity", sa.String(), nullable=False, comment="guid, else link, else content, with scheme and www folded"
        ),
        sa.Column("year", sa.Integer(), nullable=False, comment="stands in the public tag: URI"),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("guid", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column(
            "link_key", sa.String(), nullable=True, comment="url folded; finds the post again when its guid changes"
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False, comment="moves only when the content does"),
        sa.Column("digest", sa.String(), nullable=False, comment="of upstream's content: tells changed from unchanged"),
        sa.Column("body", sa.String(), nullable=False, comment="upstream's HTML, sanitised"),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("picture", sa.JSON(), nullable=True),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("margin", sa.Float(), nullable=True, comment="null: there was nothing to decide"),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=True, comment="null: it stands"),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="grows with every change of any post"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("source", "identity", name=op.f("uq_posts_source_identity")),
    )
    op.create_index("ix_posts_link_key", "posts", ["source", "link_key"], unique=False)
    op.create_index("ix_posts_published", "posts", ["published"], unique=False)
    op.create_index(op.f("ix_posts_sequence"), "posts", ["sequence"], unique=False)
    op.create_table(
        "sources",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column(
            "pacing", sa.JSON(), nullable=False, comment="when to ask again, validators, moves: pull.pacing.SourceState"
        ),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=True, comment="null: never yet"),
        sa.Column("error", sa.String(), nullable=True, comment="null: the last time went well"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", sa.String(), nullable=False, comment="random; the only name of a person in every other table"),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False, comment="lower-cased: one row a person"),
        sa.Column("languages", sa.String(), nullable=False, comment="'sq', or 'sq+en' for both with Albanian first"),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscribers_address_key")),
    )
    op.create_table(
        "suppressions",
        sa.Column("address_hash", sa.String(), nullable=False, comment="keyed hash of the folded address"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("list", sa.String(), nullable=False, comment="'' for the whole site"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "kind", "list", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "withdrawals",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False, comment="'' for the whole post"),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False, comment="the versions that were public"),
        sa.Column(
            "keys",
            sa.JSON(),
            nullable=False,
            comment="keyed hashes of its identity and link: what a pull must not bring back",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("post", "language", name=op.f("pk_withdrawals")),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("transport", sa.String(), nullable=False),
        sa.Column(
            "holder",
            sa.String(),
            nullable=False,
            comment="the lock of the process at work on it; dead when nobody holds it",
        ),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("posted", sa.BigInteger(), nullable=True, comment="null: not a byte has left"),
        sa.Column(
            "settled",
            sa.BigInteger(),
            nullable=True,
            comment="null: some of its deliveries are still claimed or posting",
        ),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_batches_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_edition"), "batches", ["edition"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False, comment="random; what the provider sees of a person"),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column(
            "subscriber",
            sa.String(),
            nullable=False,
            comment="no foreign key: the sum still adds up when a person is forgotten",
        ),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=True, comment="the last one it was claimed for; null: never claimed"),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_deliveries_edition"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("edition", "subscriber", name=op.f("uq_deliveries_edition_subscriber")),
    )
    op.create_index(op.f("ix_deliveries_batch"), "deliveries", ["batch"], unique=False)
    op.create_index("ix_deliveries_edition_state", "deliveries", ["edition", "state", "variant"], unique=False)
    op.create_table(
        "edition_posts",
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "updated", sa.BigInteger(), nullable=False, comment="the post's, when drafted: tells that it changed since"
        ),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.id"], name=op.f("fk_edition_posts_edition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", "post", name=op.f("pk_edition_posts")),
    )
    op.create_index(op.f("ix_edition_posts_post"), "edition_posts", ["post"], unique=False)
    op.create_table(
        "edition_variants",
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("preheader", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition"], ["editions.id"], name=op.f("fk_edition_variants_edition"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition", "name", name=op.f("pk_edition_variants")),
    )
    op.create_table(
        "feed_posts",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column(
            "withdrawn", sa.BigInteger(), nullable=True, comment="null: it stands; else a tombstone in the Atom feed"
        ),
        sa.ForeignKeyConstraint(["feed"], ["feeds.slug"], name=op.f("fk_feed_posts_feed"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed", "post", name=op.f("pk_feed_posts")),
    )
    op.create_index("ix_feed_posts_newest", "feed_posts", ["feed", "published"], unique=False)
    op.create_index(op.f("ix_feed_posts_post"), "feed_posts", ["post"], unique=False)
    op.create_table(
        "post_hashtags",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column("spellings", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["post"], ["posts.id"], name=op.f("fk_post_hashtags_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post", "key", name=op.f("pk_post_hashtags")),
    )
    op.create_index(op.f("ix_post_hashtags_key"), "post_hashtags", ["key"], unique=False)
    op.create_table(
        "post_links",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post"], ["posts.id"], name=op.f("fk_post_links_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post", "position", name=op.f("pk_post_links")),
    )
    op.create_table(
        "post_partners",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["post"], ["posts.id"], name=op.f("fk_post_partners_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post", "partner", name=op.f("pk_post_partners")),
    )
    op.create_index(op.f("ix_post_partners_partner"), "post_partners", ["partner"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("subscriber", sa.String(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name=op.f("fk_subscriptions_subscriber"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber", "list", name=op.f("pk_subscriptions")),
    )
    op.create_index("ix_subscriptions_list_state", "subscriptions", ["list", "state"], unique=False)
    op.create_table(
        "versions",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post"], ["posts.id"], name=op.f("fk_versions_post"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post", "language", name=op.f("pk_versions")),
    )
