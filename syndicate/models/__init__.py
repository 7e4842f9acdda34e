"""The values that travel the road, named by their place on it.

    Source → Entry → Post{versions, partners, hashtags, links} → Feed documents
                                                              ↘ Edition → Delivery → Message → Receipt

Everything here is a frozen value without behaviour beyond small derived properties. No library, no I/O, no clock.
Languages are BCP 47 codes as the site spells them; times are aware datetimes in UTC.
"""

from __future__ import annotations

from syndicate.models.handed import Fill, Scores, Words
from syndicate.models.mail import (
    Delivery,
    DeliveryState,
    Document,
    Edition,
    EditionState,
    EditionVariant,
    Message,
    Receipt,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionKind,
)
from syndicate.models.posts import (
    Enrichment,
    Entry,
    Evidence,
    HashtagUse,
    LabelledBlock,
    Link,
    LinkKind,
    PartnerMention,
    Picture,
    Post,
    Version,
    Withdrawn,
)
from syndicate.models.site import (
    Family,
    Feed,
    HashtagRule,
    Helpline,
    MailingList,
    Partner,
    Places,
    Politeness,
    Schedule,
    Selection,
    Sender,
    Site,
    Source,
)

__all__ = [
    "UNDETERMINED",
    "Delivery",
    "DeliveryState",
    "Document",
    "Edition",
    "EditionState",
    "EditionVariant",
    "Enrichment",
    "Entry",
    "Evidence",
    "Family",
    "Feed",
    "Fill",
    "HashtagRule",
    "HashtagUse",
    "Helpline",
    "LabelledBlock",
    "Link",
    "LinkKind",
    "MailingList",
    "Message",
    "Partner",
    "PartnerMention",
    "Picture",
    "Places",
    "Politeness",
    "Post",
    "Receipt",
    "Schedule",
    "Scores",
    "Selection",
    "Sender",
    "Site",
    "Source",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "SuppressionKind",
    "Version",
    "Withdrawn",
    "Words",
]

UNDETERMINED = "und"
"""The language of a version written in none of the site's languages (BCP 47, RFC 5646 §4.1)."""
