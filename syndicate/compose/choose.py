"""Which posts go into an edition, and in which reading orders it is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from syndicate.models import MailingList, MailStyle, Post, Site

OPEN = frozenset({"", "new", "waiting"})
"""States of a post on a list in which it is still to be decided; every other state is left as it stands."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided: the posts of the edition, newest first, and (post id, reason) of those left out or waited for."""

    chosen: tuple[Post, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    waiting: tuple[tuple[str, str], ...] = ()


def choose(
    posts: Sequence[Post], *, list: MailingList, languages: Sequence[str], decided: Mapping[str, str] | None = None
) -> Choice:
    """Decide on posts that the list's selection matched.

    `languages` are those that the list's readers read (`reading_languages`), `decided` maps a post's id to its state on
    this list: whatever is no longer open is passed over in silence. The newest `max_posts` are taken, older ones
    skipped. Under `missing = "wait"` nothing is chosen as long as one of the newest waits for a version.
    """
    fresh = [post for post in posts if (decided or {}).get(post.id, "") in OPEN]
    skipped = []
    ready: dict[str, Post] = {}
    for post in sorted(fresh, key=lambda post: (post.published.timestamp(), post.id), reverse=True):
        reason = unfit([version.language for version in post.versions], languages) or (
            too_many(list.max_posts) if len(ready) >= list.max_posts else ""
        )
        if reason:
            skipped.append((post.id, reason))
        else:
            ready[post.id] = post
    lacks = [(post.id, _lacks(post, languages)) for post in ready.values()]
    waiting = tuple((id, reason) for id, reason in lacks if reason and list.missing == "wait")
    return Choice(() if waiting else tuple(ready.values()), tuple(skipped), waiting)


def reading_languages(list: MailingList, site: Site) -> tuple[str, ...]:
    """The languages in which a list is written: those of its selection, in the site's order, else all of the site's."""
    wanted = list.selection.languages
    return tuple(code for code in site.languages if code in wanted) or wanted or site.languages


def variants(languages: Sequence[str], bilingual: bool) -> tuple[str, ...]:
    """The names of all reading orders: each language alone; if `bilingual`, also every several together.

    In a name the reader's own language comes first, then the others in the site's order: sq, en, sq+en, en+sq.
    """
    single = tuple(dict.fromkeys(languages))
    if not bilingual:
        return single
    groups = [group for size in range(2, len(single) + 1) for group in combinations(single, size)]
    return single + tuple(
        "+".join([first, *(code for code in group if code != first)]) for group in groups for first in group
    )


def variant_for(languages: str, names: Collection[str], mail: MailStyle = "full") -> str | None:
    """Which of an edition's variants a reader of `languages` ("sq", "sq+en") gets, who wants their mail in the style `mail`.

    Their own; else the one with most of their languages, the first of them first; else, for want of that, one that holds
    at least one of them. None when the edition has nothing in any (under the policy `omit` such a reader gets no mail), or
    nothing that is as discreet as they wish.
    """
    styles = {"full": [""], "discreet": ["discreet", "discreet-text"], "discreet-text": ["discreet-text"]}[mail]
    for style in styles:
        fitting = {reading: name for name in names for reading, _, kind in [name.partition(".")] if kind == style}
        if (found := _nearest(languages, fitting)) is not None:
            return fitting[found]
    return None


def _nearest(languages: str, readings: Collection[str]) -> str | None:
    """The reading order that fits a reader best; None when none holds a language of theirs."""
    if languages in readings:
        return languages
    read = languages.split("+")

    def fit(reading: str) -> tuple[bool, int, int, int]:
        held = reading.split("+")
        mine = [language for language in held if language in read]
        return held[0] == read[0], len(mine), -len(held), -min((read.index(one) for one in mine), default=0)

    return max((one for one in readings if set(one.split("+")) & set(read)), key=fit, default=None)


def unfit(have: Sequence[str], languages: Sequence[str]) -> str:
    """Why readers of these languages cannot read a post with versions in `have`; "" if they can."""
    if set(have) & set(languages):
        return ""
    return f"has no version in {' or '.join(languages)} (it has {', '.join(have) or 'none'})"


def too_many(limit: int) -> str:
    """Why a post is left out that is older than the newest `limit`."""
    return f"older than the {limit} newest, which is all that max_posts lets in"


def _lacks(post: Post, languages: Sequence[str]) -> str:
    missing = [language for language in languages if not post.version(language)]
    return f"waits for its version in {' and '.join(missing)}" if missing else ""
