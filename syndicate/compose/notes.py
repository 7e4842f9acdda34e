"""Mails about consent: please confirm, the link to the settings, a new address. Short, and the same for everybody.

Nothing that a stranger typed stands in them but the masked address. Their subjects name neither list nor organisation,
because the subject is what others see on a screen; for readers who chose discreet mail, nothing above the fold does.
They are answers to what somebody did, so `Auto-Submitted` (RFC 3834 §5), and no mailing: no List-Unsubscribe, no List-Id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Literal

from syndicate.compose.discreet import EMPTY_LINES, sender_name
from syndicate.compose.items import help_in
from syndicate.compose.message import domain, inert, mailbox, mask
from syndicate.compose.mjml import compile
from syndicate.compose.plain import clean, header, wrap
from syndicate.compose.render import FillText
from syndicate.models import Copy, Letter, MailStyle, Sender, Site, Words

NoteKind = Literal["confirm", "invite", "account", "address", "notice"]


@dataclass(frozen=True, slots=True)
class Note:
    """What one mail about consent says. `url` is the link that it is for, "" for none; `lists` are titles in its language."""

    id: str
    kind: NoteKind
    language: str
    mail: MailStyle
    to: str
    url: str = ""
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheets:
    """The two templates, as their files hold them: MJML for the html, and the text part's."""

    mjml: str
    text: str


def compose_note(
    note: Note, *, site: Site, sender: Sender, date: datetime, sheets: Sheets, words: Words, fill_text: FillText
) -> tuple[Letter, Copy]:
    """The mail as a letter and its only copy. `date` is aware. Raises TemplateError."""
    values = _values(note, site, words)
    html = ""
    if note.mail != "discreet-text":
        html = fill_text(compile(sheets.mjml, "note.mjml"), name="note.mjml", html=True, **values)
    text = fill_text(sheets.text, name="note.txt", html=False, **values)
    name = sender.name if note.mail == "full" else sender_name(site, note.language, words)
    letter = Letter(
        sender=mailbox(name, sender.address),
        reply_to=clean(sender.reply_to),
        subject=header(str(values["subject"])),
        html=html,
        text=_close(text),
        headers=(
            ("Date", format_datetime(date.astimezone(UTC))),
            ("Content-Language", note.language),
            ("Auto-Submitted", "auto-generated"),
        ),
    )
    own = (("Message-ID", f"<{note.id}@{domain(sender.address)}>"),)
    return letter, Copy.of(note.id, clean(note.to), {}, own)


def _values(note: Note, site: Site, words: Words) -> dict[str, object]:
    def say(what: str) -> str:
        return clean(
            words.say(note.language, f"note.{note.kind}_{what}", organisation=site.name, address=mask(note.to))
        )

    discreet = note.mail != "full"
    bare = discreet and note.kind in ("confirm", "invite")
    return {
        "language": note.language,
        "discreet": discreet,
        "subject": say("subject"),
        "title": say("title"),
        "text": say("discreet" if bare else "text"),
        "button": say("button") if note.url else "",
        "lasts": say("lasts") if note.url else "",
        "clear": words.say(note.language, "note.clear"),
        "url": inert(note.url) if note.url else "",
        "not_you": say("not_you"),
        "why": say("why"),
        "lists": [clean(title) for title in note.lists],
        "lists_text": words.say(note.language, "note.lists"),
        "empty_lines": "\n" * EMPTY_LINES,
        "helpline": help_in(site.helpline, note.language),
        "organisation": clean(site.name),
        "postal_address": clean(site.postal_address),
        "say": words.say,
        "join": words.join,
        "wrap": wrap,
    }


def _close(text: str) -> str:
    """The text without the gaps that template lines leave, but for the fold of a discreet mail."""
    lines: Sequence[str] = [line if line == "-- " else line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(lines) + "\n"
