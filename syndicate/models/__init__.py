"""The values that travel the road, named by their place on it.

    Source → Entry → Post{versions, partners, hashtags, links} → Feed documents
                                                              ↘ Edition → Delivery → Letter + Copy → Receipt

Everything here is a frozen value without behaviour beyond small derived properties. No library, no I/O, no clock.
Languages are BCP 47 codes as the site spells them; times are aware datetimes in UTC.
"""

from __future__ import annotations

from syndicate.models.handed import Fill, Scores, Words
from syndicate.models.mail import (
    Copy,
    Delivery,
    DeliveryState,
    Document,
    Edition,
    EditionState,
    EditionVariant,
    Letter,
    MailStyle,
    Receipt,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionKind,
)
from syndicate.models.posts import (
    LOST,
    Correction,
    CorrectionKind,
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
    DeliveryRules,
    Family,
    Feed,
    HashtagRule,
    Helpline,
    Look,
    MailingList,
    Notices,
    Partner,
    Places,
    Politeness,
    Retention,
    Safeguarding,
    Schedule,
    Selection,
    Sender,
    Site,
    Source,
    TransportName,
)

__all__ = [
    "LOST",
    "UNDETERMINED",
    "Copy",
    "Correction",
    "CorrectionKind",
    "Delivery",
    "DeliveryRules",
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
    "Letter",
    "Link",
    "LinkKind",
    "Look",
    "MailStyle",
    "MailingList",
    "Notices",
    "Partner",
    "PartnerMention",
    "Picture",
    "Places",
    "Politeness",
    "Post",
    "Receipt",
    "Retention",
    "Safeguarding",
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
    "TransportName",
    "Version",
    "Withdrawn",
    "Words",
]

UNDETERMINED = "und"
"""The language of a version written in none of the site's languages (BCP 47, RFC 5646 §4.1)."""
