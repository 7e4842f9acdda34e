"""Other people's blogs → entries.

    Source + SourceState --ask--> Ask --Fetcher.get--> Retrieved --parse--> Entry --digest, identity--> which post, changed?
                            a teaser: Entry --is_teaser--> (its page) --article--> Article --with_article--> Entry
    what came of it --after--> SourceState

`fetch` is the only door (over `wire`, which has the network library); all else is pure. `charset`, `xmltext`, `xmlfeed` and
`jsonfeed` serve `parse`; `addresses` serves everybody. What leaves here is as upstream said it, and hostile still:
`syndicate.markup` makes it safe. Whatever reads an answer is imported when it is first asked for: most runs are told that
nothing changed, and read nothing. So no file here has the name of a function that it holds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from syndicate.pull.fetch import FEED, PAGE, Fetcher, Limits, Retrieved
from syndicate.pull.pacing import Ask, SourceState, after, ask, from_json, next_due

if TYPE_CHECKING:
    from syndicate.pull.discovery import discover, guesses
    from syndicate.pull.extract import article
    from syndicate.pull.identities import digest, identity, link_key, post_id
    from syndicate.pull.page import Article, Verdict, is_teaser, with_article
    from syndicate.pull.paging import Walk
    from syndicate.pull.parsing import ParsedFeed, parse

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
    "Walk",
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

_LATE = {
    "discovery": ("discover", "guesses"),
    "extract": ("article",),
    "identities": ("digest", "identity", "link_key", "post_id"),
    "page": ("Article", "Verdict", "is_teaser", "with_article"),
    "paging": ("Walk",),
    "parsing": ("ParsedFeed", "parse"),
}
_HOME = {name: file for file, names in _LATE.items() for name in names}


def __getattr__(name: str) -> Any:
    """What reads an answer, imported when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
