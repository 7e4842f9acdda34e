"""One variant of an edition: subject, preheader, html and text, with each reader's tokens left open.

The html is kept under a budget of bytes, because Gmail clips a mail at 102 KB and hides the leave link with the rest. As
the budget runs out, first the summaries get shorter, all to the same length; where that would leave too little of them, the
partners' and hashtags' links become plain text instead; then the summaries go; then partners and hashtags, with all but two
resource links, and long titles get shorter. Links to read on, helpline and footer always stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from typing import Protocol

from syndicate.compose.colours import Palette, palette
from syndicate.compose.discreet import DISCREET, TEXT_ALONE, opening, parted
from syndicate.compose.edits import Edits, intro_html, intro_text
from syndicate.compose.items import Addresses, Anchor, Image, Item, Memo, Section, pick, quiet, sections
from syndicate.compose.plain import Footnotes, clean, shorten, web, wrap
from syndicate.errors import UsageError
from syndicate.models import EditionVariant, MailingList, Post, Site, Words

BUDGET = 80_000
"""Bytes of html that a variant may have."""

FIRST_SCREEN = 2_200
"""Bytes of html that what stands before the posts may have more in a discreet variant."""

SUBJECT = 90
PREHEADER = 120
"""The most characters of a subject and of the line that mailboxes show beside it."""

SHORTEST = 60
"""A summary with room for fewer characters than this says nothing, and is left out."""

TOKENS = {
    "leave_url": "%%leave_url%%",
    "masked_address": "%%masked_address%%",
    "preferences_url": "%%preferences_url%%",
}
"""What stands in html and text until a reader is known; `syndicate.compose.message` fills it."""


class FillText(Protocol):
    """Fills a template given as text (the words room's `Filler.fill_text`)."""

    def __call__(self, source: str, *, name: str, html: bool, **values: object) -> str:
        """Fill `source`, called `name` in errors, escaping when `html`; raises TemplateError."""
        ...


@dataclass(frozen=True)
class Parts:
    """All that the variants of one edition have in common.

    `template` is the compiled MJML, `text_template` the text part's. `web_url` is where the edition's own pages are, without
    a slash at the end, if it has any: a variant's is `<web_url>/<name>.html`. `preferences` says whether readers have a page
    for their choices. `edits` are a person's words (`posts` are in the wanted order already); `logo` has the size at which
    it is shown.
    """

    site: Site
    list: MailingList
    posts: Sequence[Post]
    template: str
    text_template: str
    words: Words
    fill_text: FillText
    number: int
    date: datetime
    web_url: str | None = None
    preferences: bool = True
    addresses: Addresses = field(default_factory=Addresses)
    budget: int = BUDGET
    edits: Edits = field(default_factory=Edits)
    logo: Image | None = None
    memo: Memo = field(default_factory=dict, init=False, repr=False, compare=False)
    made: dict[str, EditionVariant | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    kept: dict[str, tuple[Section, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    filled: dict[tuple[object, ...], str] = field(default_factory=dict, init=False, repr=False, compare=False)


def render(parts: Parts, name: str) -> EditionVariant:
    """The variant called `name` ("sq+en").

    Raises TemplateError, and UsageError when none of the posts has anything for the variant's languages.
    """
    variant = variant_of(parts, name)
    if variant is None:
        raise UsageError(
            f"list {parts.list.id}: none of the {len(parts.posts)} posts can be shown in {name}; nothing to mail"
        )
    return variant


def render_all(parts: Parts, names: Sequence[str]) -> tuple[EditionVariant, ...]:
    """The variants called `names`, without those that would say nothing (policy `omit`, no post in the language)."""
    return tuple(filter(None, (variant_of(parts, name) for name in names)))


def variant_of(parts: Parts, name: str) -> EditionVariant | None:
    """The variant called `name`, or None when none of the posts can be shown in its languages."""
    if name not in parts.made:
        reading, style = parted(name)
        if style == TEXT_ALONE:
            like = variant_of(parts, f"{reading}.{DISCREET}")
            parts.made[name] = replace(like, name=name, html="") if like else None
        else:
            parts.made[name] = _made(parts, name)
    return parts.made[name]


def _made(parts: Parts, name: str) -> EditionVariant | None:
    reading, style = parted(name)
    found = sections(
        parts.posts,
        variant=reading,
        site=parts.site,
        list=parts.list,
        words=parts.words,
        addresses=parts.addresses,
        memo=parts.memo,
    )
    if not found:
        return None
    language = reading.split("+")[0]
    found = _introduced(found, parts)
    said = _head(parts, found, language) | {"web_url": _page(parts.web_url, name)}
    if style:
        said |= opening(parts.words, language, parts.number)
    # The open mail leaves room for the first screen of the discreet one, so that both show the same of every post.
    room = parts.budget - (0 if style else FIRST_SCREEN)
    html, kept = _fit(parts.kept.get(reading, found), lambda tried: _filled(parts, said, tried, html=True), room)
    parts.kept[reading] = kept
    text = _filled(parts, said, kept, html=False).strip() + "\n"
    return EditionVariant(name, said["subject"] or "", said["preheader"] or "", html, text)


def _introduced(found: Sequence[Section], parts: Parts) -> tuple[Section, ...]:
    """The sections with what a person wrote above them."""
    said, link = parts.edits.intro, palette_of(parts.site).link
    return tuple(
        replace(one, intro=intro_html(said[one.language], link), intro_text=intro_text(said[one.language]))
        if one.language in said
        else one
        for one in found
    )


def _page(folder: str | None, name: str) -> str | None:
    return web(f"{folder}/{name.partition('.')[0]}.html") if folder else None


def palette_of(site: Site) -> Palette:
    """The colours of the site's mails."""
    return palette(site.look.accent, site.look.link, site.look.paper)


def _head(parts: Parts, found: Sequence[Section], language: str) -> dict[str, str | None]:
    """What stands above and around the posts, in the reader's language."""
    title = clean(parts.list.titles.get(language, "")) or found[0].title
    own = [item for item in found[0].items if item.language == language]
    edits = parts.edits
    return {
        "language": language,
        "list_title": title,
        "organisation": clean(parts.site.name),
        "postal_address": clean(parts.site.postal_address),
        "date": parts.words.date(language, parts.date),
        "subject": clean(edits.subject.get(language, ""))
        or _subject(title, own, len(found[0].items), language, parts.words),
        "preheader": clean(edits.preheader.get(language, ""))
        or _preheader(own or found[0].items, language, parts.words),
        "footer": clean(pick(parts.site.look.footer, language)),
        "logo_alt": clean(pick(parts.site.look.logo_alt, language)) or clean(parts.site.name),
    }


def _subject(title: str, own: Sequence[Item], count: int, language: str, words: Words) -> str:
    """The list and its first post that is in the reader's language; a count where none is."""
    if own:
        said = words.say(language, "mail.subject", list=title, title=own[0].title)
    else:
        said = words.say(language, "mail.subject_count", list=title, count=count)
    return shorten(clean(said), SUBJECT)


def _preheader(items: Sequence[Item], language: str, words: Words) -> str:
    """What the subject does not say yet: the other titles, or the only post's summary."""
    if len(items) == 1:
        return shorten(items[0].summary or items[0].title, PREHEADER)
    titles = "; ".join(item.title for item in items[1:6])
    return shorten(clean(words.say(language, "mail.also", titles=titles)), PREHEADER)


def _filled(parts: Parts, said: Mapping[str, str | None], found: Sequence[Section], *, html: bool) -> str:
    values: dict[str, object] = {**said, **TOKENS}
    return parts.fill_text(
        parts.template if html else parts.text_template,
        name=f"{parts.list.template}.{'mjml' if html else 'txt'}",
        html=html,
        **values | {"preferences_url": TOKENS["preferences_url"] if parts.preferences else ""},
        sections=found,
        number=parts.number,
        look=palette_of(parts.site),
        logo=parts.logo,
        discreet="opening" in said,
        once=_once(parts.filled, html),
        say=parts.words.say,
        join=parts.words.join,
        wrap=wrap,
        footnotes=Footnotes,
    )


def _once(filled: dict[tuple[object, ...], str], html: bool) -> Callable[..., str]:
    """What a template calls round a piece that looks the same wherever the same values stand: `{% call once(a, b) %}`.

    The posts of a section are most of a mail, and several variants show the very same ones.
    """

    def once(*values: object, caller: Callable[[], str]) -> str:
        key = (html, *values)
        if key not in filled:
            filled[key] = caller()
        return filled[key]

    return once


# ---------------------------------------------------------------- the budget


def _fit(
    found: tuple[Section, ...], fill: Callable[[tuple[Section, ...]], str], budget: int
) -> tuple[str, tuple[Section, ...]]:
    """The html of the fullest form that fits the budget, and that form; the barest one if none does."""
    html, kept = fill(found), found
    excess = size(html) - budget
    if excess > 0:
        for smaller in _smaller(found, excess):
            html, kept = fill(smaller), smaller
            if size(html) <= budget:
                break
    return html, kept


def _smaller(found: tuple[Section, ...], excess: int) -> Iterator[tuple[Section, ...]]:
    """Ever smaller forms: shorter summaries; links of partners and hashtags as text, with what that leaves of the summaries;
    no summaries; no partners and hashtags; the barest. What cannot be small enough is not tried.
    """
    summaries = [item.summary for section in found for item in section.items]
    limit = _limit(summaries, excess)
    if limit >= SHORTEST:
        yield _each(found, lambda item: replace(item, summary=shorten(item.summary, limit)))
    plain = _each(found, lambda item: replace(item, partners=_text(item.partners), hashtags=_text(item.hashtags)))
    less = _limit(summaries, excess - _linked(found))
    if less >= SHORTEST:
        yield _each(plain, lambda item: replace(item, summary=shorten(item.summary, less)))
    yield _each(plain, lambda item: replace(item, summary=""))
    yield _each(found, lambda item: replace(item, summary="", partners=(), hashtags=()))
    yield _each(found, _barest)


def _linked(found: Sequence[Section]) -> int:
    """The bytes that the links of partners and hashtags take, at the least."""
    anchors = (one for section in found for item in section.items for one in (*item.partners, *item.hashtags))
    return sum(size(one.url) + len('<a href=""></a>') for one in anchors if one.url)


def _barest(item: Item) -> Item:
    return replace(
        item, title=shorten(item.title, SUBJECT), summary="", partners=(), hashtags=(), resources=item.resources[:2]
    )


def _each(found: Sequence[Section], change: Callable[[Item], Item]) -> tuple[Section, ...]:
    changed = [replace(section, items=tuple(map(change, section.items))) for section in found]
    return tuple(replace(section, quiet=quiet(section.items)) for section in changed)


def _text(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    return tuple(replace(anchor, url=None) for anchor in anchors)


def _limit(summaries: Sequence[str], excess: int) -> int:
    """The longest length in characters to which summaries can be cut so that `excess` bytes are saved; 0 if none is."""
    low, high = 0, max(map(len, summaries), default=0)
    whole = sum(map(_bytes, summaries))
    while low < high:
        middle = (low + high + 1) // 2
        if whole - sum(_bytes(shorten(summary, middle)) for summary in summaries) >= excess:
            low = middle
        else:
            high = middle - 1
    return low


def _bytes(text: str) -> int:
    return size(escape(text))


def size(text: str) -> int:
    """The bytes of `text` as UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))
