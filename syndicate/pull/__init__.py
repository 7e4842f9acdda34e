"""Other people's blogs → entries.

    Source + SourceState --ask--> Ask --Fetcher.get--> Retrieved --parse--> Entry --digest, identity--> which post, changed?
                            a teaser: Entry --is_teaser--> (its page) --article--> Article --with_article--> Entry
    what came of it --after--> SourceState

`fetch` is the only door (over `wire`, which has the network library); all else is pure. `charset`, `xmltext`, `xmlfeed` and
`jsonfeed` serve `parse`; `addresses` serves everybody. What leaves here is as upstream said it, and hostile still:
`syndicate.markup` makes it safe.
"""

from __future__ import annotations

from syndicate.pull.article import article
from syndicate.pull.discover import discover, guesses
from syndicate.pull.fetch import FEED, PAGE, Fetcher, Limits, Retrieved
from syndicate.pull.identity import digest, identity, link_key, post_id
from syndicate.pull.pacing import Ask, SourceState, after, ask, from_json, next_due
from syndicate.pull.page import Article, Verdict, is_teaser, with_article
from syndicate.pull.parse import ParsedFeed, parse

__all__ = [
    "FEED",
    "PAGE",
    "Article",
    "Ask",
    "Fetcher",
    "Limits",
    "ParsedFeed",
    "Retrieved",
    "SourceState",
    "Verdict",
    "after",
    "article",
    "ask",
    "digest",
    "discover",
    "from_json",
    "guesses",
    "identity",
    "is_teaser",
    "link_key",
    "next_due",
    "parse",
    "post_id",
    "with_article",
]
