"""Mails to the operator: an edition is ready, something broke, the week. Short, the same for all operators but for the link.

What the program itself says (a check's finding, an error) is English and marked so; the rest is in the operator's language.
Nothing of a reader stands in them but how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from syndicate.compose.message import domain, inert, mailbox
from syndicate.compose.plain import clean, header, wrap
from syndicate.compose.render import FillText
from syndicate.models import Copy, Edition, EditionVariant, Letter, Sender, Site, Words

MACHINE = "en"
"""The language of what the program itself says."""

MOST = 12
"""How many lines of a kind are told; the rest is a number."""

_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands below it, in `language`; `typed`: what can be typed into a terminal."""

    heading: str
    lines: tuple[str, ...]
    language: str
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to the operator, before it is put into the templates. With `button` each copy has a link of its own."""

    language: str
    subject: str
    title: str
    text: str
    parts: tuple[Part, ...] = ()
    button: str = ""
    lasts: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What there is to say of a draft. `readers`: variant → how many; `findings` as (level, sentence), the gravest first."""

    edition: Edition
    list: str
    posts: tuple[str, ...]
    readers: Mapping[str, int]
    findings: tuple[tuple[str, str], ...]
    given: int
    needed: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that needs the operator: its `kind` chooses the sentence, `name` is what it is about, `details` are English."""

    kind: str
    name: str
    details: tuple[str, ...] = ()
    command: str = ""

    @property
    def cause(self) -> str:
        """What it is known by from one day to the next."""
        return f"{self.kind} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Week:
    """What happened between two moments. `lists` as (title, confirmed, pending), `sent` as (edition, mails), `following` as
    (title, when the next edition is due).
    """

    first: datetime
    last: datetime
    posts: int
    lists: tuple[tuple[str, int, int], ...] = ()
    sent: tuple[tuple[str, int], ...] = ()
    waiting: tuple[str, ...] = ()
    following: tuple[tuple[str, datetime], ...] = ()
    wrong: int = 0


def ready(draft: Draft, language: str, words: Words, *, link: bool) -> Notice:
    """A draft is ready; with `link` each copy holds a link to look at it and approve it."""
    id = draft.edition.id

    def say(key: str, **values: object) -> str:
        return words.say(language, f"notice.ready_{key}", **values)

    counts = [f"{name}: {say('readers_count', count=count)}" for name, count in draft.readers.items()]
    parts = [
        Part(say("subjects"), tuple(f"{one.name}: {one.subject}" for one in _open(draft.edition)), language),
        Part(say("posts"), _few(draft.posts), language),
        Part(say("readers"), tuple(counts) or ("0",), language),
        Part(say("checks"), (_judged(draft, language, words),), language),
    ]
    told = [f"{level}: {message}" for level, message in draft.findings if level != "note"]
    parts += [Part(f"syndicate newsletter check {id}", _few(told), MACHINE)] if told else []
    if draft.needed > 1:
        parts.append(Part(id, (say("approvals", given=draft.given, needed=draft.needed),), language))
    typed = tuple(f"syndicate newsletter {verb} {id}" for verb in ("preview", "approve"))
    parts.append(Part(say("typed"), typed, MACHINE, typed=True))
    return Notice(
        language, say("subject", edition=id), say("title", edition=id), say("text", list=draft.list), tuple(parts),
        button=say("button") if link else "", lasts=say("lasts") if link else "",
    )  # fmt: skip


def _open(edition: Edition) -> Sequence[EditionVariant]:
    return [one for one in edition.variants if not one.discreet]


def _judged(draft: Draft, language: str, words: Words) -> str:
    levels = [level for level, _ in draft.findings]
    stops, warnings = levels.count("stop"), levels.count("warning")
    if not stops + warnings:
        return words.say(language, "notice.ready_fine")
    return words.say(language, "notice.ready_counts", stops=stops, warnings=warnings)


def trouble(troubles: Sequence[Trouble], language: str, words: Words, site: Site) -> Notice:
    """Something needs the operator: each trouble with what to type."""
    parts: list[Part] = []
    for one in troubles:
        heading = words.say(language, f"notice.trouble_{one.kind}", **({"name": one.name} if one.name else {}))
        parts.append(Part(heading, _few(one.details), MACHINE))
        parts += [Part(words.say(language, "notice.ready_typed"), (one.command,), MACHINE, True)] if one.command else []
    say = words.say
    return Notice(
        language, say(language, "notice.trouble_subject", site=site.name), say(language, "notice.trouble_title"),
        say(language, "notice.trouble_text"), tuple(parts),
    )  # fmt: skip


def weekly(week: Week, language: str, words: Words, site: Site) -> Notice:
    """The week in a few lines, also when all was well."""

    def say(key: str, **values: object) -> str:
        return words.say(language, f"notice.weekly_{key}", **values)

    def date(moment: datetime) -> str:
        return words.date(language, moment)

    lines = [say("posts", count=week.posts)]
    lines += [say("sent", edition=id, count=count) for id, count in week.sent] or [say("sent_none")]
    lines += [say("waiting", edition=id) for id in week.waiting]
    lines += [say("list", list=title, confirmed=yes, pending=no) for title, yes, no in week.lists]
    lines += [say("next", list=title, date=date(when)) for title, when in week.following]
    lines.append(say("wrong", count=week.wrong) if week.wrong else say("fine"))
    text = say("text", first=date(week.first), last=date(week.last))
    part = Part(site.name, tuple(lines), language)
    return Notice(language, say("subject", site=site.name), say("title"), text, (part,))


def _few(lines: Sequence[str]) -> tuple[str, ...]:
    shown = [clean(line)[:_LONGEST] for line in lines[:MOST]]
    return (*shown, f"+ {len(lines) - MOST}") if len(lines) > MOST else tuple(shown)


# ---------------------------------------------------------------- one mail


@dataclass(frozen=True, slots=True)
class Sheets:
    """The two templates, as their files hold them."""

    html: str
    text: str


def letter(
    notice: Notice, *, site: Site, sender: Sender, date: datetime, sheets: Sheets, words: Words, fill_text: FillText
) -> Letter:
    """What all operators get alike; `date` is aware. Raises TemplateError.

    Auto-Submitted (RFC 3834 §5) keeps away answers of machines; it is no mailing, so it has no List-Id.
    """
    values = {
        "language": notice.language, "subject": notice.subject, "title": notice.title, "text": notice.text,
        "parts": notice.parts, "button": notice.button, "lasts": notice.lasts, "wrap": wrap,
        "why": words.say(notice.language, "notice.why", site=site.name),
    }  # fmt: skip
    html = fill_text(sheets.html, name="notice.html", html=True, **values)
    text = fill_text(sheets.text, name="notice.txt", html=False, **values)
    return Letter(
        sender=mailbox(site.name, sender.address),
        reply_to=clean(sender.reply_to),
        subject=header(notice.subject),
        html=html,
        text=_close(text),
        headers=(
            ("Date", format_datetime(date.astimezone(UTC))),
            ("Content-Language", notice.language),
            ("Auto-Submitted", "auto-generated"),
        ),
    )


def copy(id: str, to: str, sender: Sender, url: str) -> Copy:
    """One operator's copy; `url` is their link ("" for none)."""
    values = {"approve_url": inert(url)} if url else {}
    return Copy.of(id, clean(to), values, (("Message-ID", f"<{id}@{domain(sender.address)}>"),))


def _close(text: str) -> str:
    """The text without blanks at the ends of lines, but for the signature's mark."""
    return "\n".join(line if line == "-- " else line.rstrip() for line in text.strip().splitlines()) + "\n"
