"""Discreet mail: nothing telling outside the mail or above its fold, for readers whose screen is not theirs alone.

From whom and about what says nothing, there is no preheader, and the first screen holds a neutral line, a link to the text
and then empty space. The text itself is that of the open mail. For each reading order there are two: `sq.discreet`, and
`sq.discreet-text` without html.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

from syndicate.compose.plain import clean
from syndicate.models import EditionVariant, MailingList, Site, Words

DISCREET, TEXT_ALONE = "discreet", "discreet-text"
STYLES = (DISCREET, TEXT_ALONE)
"""What stands behind the dot of a discreet variant's name, as in `Subscriber.mail`."""

FOLD = "fold"
"""The class of the element that keeps the text off the first screen."""

EMPTY_LINES = 40
"""So many stand above the text of the text part, for the same reason."""

_ENOUGH = "\n" * 20
# Mailboxes show the first words of a mail beside its subject. Signs that are not seen fill what room the opening leaves.
_BLANK = "\u034f\u00a0" * 100
_SHORT = 4


def with_discreet(names: Sequence[str]) -> tuple[str, ...]:
    """The names of variants, and after them those of the same for discreet mail."""
    return (*names, *(f"{name}.{style}" for style in STYLES for name in names))


def parted(name: str) -> tuple[str, str]:
    """A variant's reading order, and its style, "" for an open one: ("sq+en", "discreet")."""
    reading, _, style = name.partition(".")
    return reading, style


def opening(words: Words, language: str, number: int) -> dict[str, str | None]:
    """What a discreet mail says in place of the open one's subject and preheader, and on its first screen."""
    return {
        "subject": clean(words.say(language, "discreet.subject", number=number)),
        "preheader": "",
        "opening": clean(words.say(language, "discreet.opening")),
        "go_on": clean(words.say(language, "discreet.go_on")),
        "blank": _BLANK,
        "empty_lines": "\n" * EMPTY_LINES,
        "web_url": None,
    }


def sender_name(site: Site, language: str, words: Words | None) -> str:
    """Who a discreet mail is from: the site's own word for it, else a neutral one, else nobody but the address."""
    return clean(
        site.safeguarding.discreet_name.get(language, "") or (words.say(language, "discreet.name") if words else "")
    )


def telling(variant: EditionVariant, headers: Sequence[tuple[str, str]], site: Site) -> Iterator[str]:
    """What gives a discreet mail away, each a sentence: sensitive words in a header or above the fold, or no fold at all."""
    places = [(f"the header {name}", value) for name, value in headers]
    places += [("the subject", variant.subject), ("the preheader", variant.preheader)]
    if variant.html:
        page = _Above(variant.html)
        places.append(("the html above the fold", " ".join(page.seen)))
        if not page.folded:
            yield f"the html has no fold: write an element of class {FOLD!r} into the template, as the shipped one has"
    above, fold, _ = variant.text.partition(_ENOUGH)
    places.append(("the text part above the fold", above if fold else variant.text))
    if not fold:
        yield "the text part has no fold: write {{ empty_lines }} above its text, as the shipped template has"
    for word in site.safeguarding.sensitive:
        for place, text in places:
            if _holds(text, word):
                yield f"{place} of a discreet mail says {word!r}: write something else there, or take it from `sensitive`"


def headers_of(variant: EditionVariant, site: Site, list: MailingList) -> Iterator[tuple[str, str]]:
    """The words of a discreet mail's headers that come from the site's files; our own say nothing."""
    yield "From", f"{sender_name(site, variant.languages[0], None)} {list.sender.address}"
    yield "Reply-To", list.sender.reply_to
    yield "List-Id", list.id
    if site.delivery.leaving == "server":
        yield "List-Unsubscribe", site.base_url


def _holds(text: str, word: str) -> bool:
    """Whether `word`, or one that begins with it, stands in `text`; a long word counts inside others, too, as in addresses."""
    wanted = _folded(word).strip()
    edge = r"\b" if len(wanted) < _SHORT else ""
    return bool(wanted) and re.search(edge + re.escape(wanted), _folded(text)) is not None


def _folded(text: str) -> str:
    """In small letters and without accents, since addresses and hurried words have none."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())


class _Above(HTMLParser):
    """What can be read of a mail before its fold: texts, the page's title, and what pictures and links say for themselves."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.folded = False
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag in ("style", "script")
        values = {name: value or "" for name, value in attrs}
        self.folded = self.folded or FOLD in values.get("class", "").split()
        if not self.folded:
            self.seen += [values[name] for name in ("alt", "title", "src", "href", "aria-label") if name in values]

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self.folded and not self._style:
            self.seen.append(data)
