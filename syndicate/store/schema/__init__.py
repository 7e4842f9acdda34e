"""The tables, grouped by who writes them. SQLite and PostgreSQL hold the same; migrations/ makes them.

Times are milliseconds since 1970 UTC. People's addresses stand in `subscribers` alone: every other table knows a person
by an opaque id or a keyed hash. Foreign keys delete with their parent, so that taking back is one statement.
"""

from syndicate.store.schema.base import Instant, metadata
from syndicate.store.schema.mail import (
    allowances,
    approvals,
    batches,
    checked_links,
    deliveries,
    edition_posts,
    edition_variants,
    editions,
    edits,
    events,
    list_posts,
    pictures,
    soft_bounces,
)
from syndicate.store.schema.people import (
    attempts,
    consent_log,
    letters,
    subscribers,
    subscriptions,
    suppressions,
    used_links,
)
from syndicate.store.schema.posts import (
    corrections,
    feed_posts,
    feeds,
    hashtag_counts,
    meta,
    pings,
    post_hashtags,
    post_links,
    post_partners,
    posts,
    sources,
    versions,
    withdrawals,
)

__all__ = [
    "Instant",
    "allowances",
    "approvals",
    "attempts",
    "batches",
    "checked_links",
    "consent_log",
    "corrections",
    "deliveries",
    "edition_posts",
    "edition_variants",
    "editions",
    "edits",
    "events",
    "feed_posts",
    "feeds",
    "hashtag_counts",
    "letters",
    "list_posts",
    "meta",
    "metadata",
    "pictures",
    "pings",
    "post_hashtags",
    "post_links",
    "post_partners",
    "posts",
    "soft_bounces",
    "sources",
    "subscribers",
    "subscriptions",
    "suppressions",
    "used_links",
    "versions",
    "withdrawals",
]
