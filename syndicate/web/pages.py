"""The frame of every page, and the plain ones that only say something and perhaps offer a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from syndicate.errors import TemplateError
from syndicate.models import MailingList
from syndicate.web.parts import STYLE, Parts
from syndicate.web.visit import Answer, Headers, Visit, spoken

NOT_KEPT: Headers = (("Cache-Control", "no-store"), ("X-Robots-Tag", "noindex, nofollow"))
"""For a reader's pages: no copy in any cache, no entry in any search engine."""

SECURE: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
"""For everything that leaves this server."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of our own pages: no script, nothing from elsewhere, in nobody's frame."""


@dataclass(frozen=True, slots=True)
class Button:
    """A form that is nothing but a button. `hidden` are the fields it sends."""

    action: str
    label: str
    hidden: tuple[tuple[str, str], ...] = ()
    text: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """A link to go on by."""

    address: str
    label: str


def speak(parts: Parts, visit: Visit, person: str = "") -> str:
    """The language to answer in; `person` is how they read ("sq+en"), where a link tells."""
    asked = visit.form.one("lang") or visit.asked
    return spoken(asked, person.split("+")[0], visit.accepts, parts.site.languages)


def show(
    parts: Parts, template: str, language: str, *, status: int = 200, headers: Headers = NOT_KEPT, **values: object
) -> Answer:
    """Fill one of the page templates. Raises TemplateError.

    `switch` says how the other language is reached: by a link to the same page with `?lang=`, or (for a page that came as
    the answer to a form) by sending these hidden fields to that path.
    """
    from syndicate.publish.pages import helpful

    text = parts.fill(
        template,
        **{"switch": None} | values,
        site=parts.site,
        lang=language,
        root=parts.root,
        style=f"{parts.root}/{STYLE}?{parts.style[1][:8]}",
        helpline=helpful(parts.site.helpline, language),
        exit_url=parts.site.safeguarding.exit_url,
    )
    told = (("Content-Security-Policy", POLICY), ("Content-Language", language), ("Vary", "Accept-Language"))
    return Answer(status, text.encode(), headers=(*told, *headers))


def note(
    parts: Parts,
    language: str,
    title: str,
    paragraphs: Sequence[str],
    *,
    status: int = 200,
    items: Sequence[str] = (),
    button: Button | None = None,
    after: Sequence[str] = (),
    second: Button | None = None,
    ways: Sequence[Way] = (),
    headers: Headers = (),
) -> Answer:
    """A page that says something: what it says, a list, a button, what stands below it, a second button, links."""
    return show(
        parts,
        "web-note.html",
        language,
        status=status,
        headers=(*NOT_KEPT, *headers),
        title=title,
        paragraphs=paragraphs,
        items=items,
        button=button,
        after=after,
        second=second,
        ways=ways,
    )


TROUBLES = {
    400: "unread", 404: "missing", 405: "unread", 408: "unread", 410: "gone", 413: "unread", 415: "unread",
    429: "busy", 500: "broken", 503: "down",
}  # fmt: skip
"""Which words stand for which status."""


def trouble(parts: Parts, visit: Visit, status: int, *, words: str = "", headers: Headers = ()) -> Answer:
    """The page for something that cannot be, in the reader's language. It needs no database."""
    language, key = speak(parts, visit), words or TROUBLES.get(status, "broken")
    say = parts.words.say
    try:
        ways = [Way(f"{parts.root}/", say(language, "web.home"))]
        if key == "gone":
            ways.insert(0, Way(f"{parts.root}/feeds/index.html", say(language, "web.home_feeds_link")))
        return note(
            parts,
            language,
            say(language, f"web.{key}_title"),
            [
                say(language, f"web.{key}_text", contact=parts.site.contact),
                *(
                    [say(language, "web.trouble_request", request=visit.request)]
                    if status >= 500 and visit.request
                    else []
                ),
            ],
            status=status,
            ways=ways,
            headers=headers,
        )
    except TemplateError as error:
        parts.warn(f"A page for readers cannot be made: {error}")
        return bare(parts, status, headers)


def bare(parts: Parts, status: int, headers: Headers = ()) -> Answer:
    """The last resort, where not even templates work: the helpline and whom to write to."""
    helpline = parts.site.helpline
    name = escape(next(iter(helpline.name.values()), "")) if helpline else ""
    number = escape(helpline.number) if helpline else ""
    text = (
        f"<!DOCTYPE html><meta charset=utf-8><title>{status}</title>"
        f"<h1>{status}</h1><p>{escape(parts.site.contact)}<p>{name} {number}"
    )
    return Answer(status, text.encode(), headers=(("Content-Security-Policy", POLICY), *NOT_KEPT, *headers))


def title_of(parts: Parts, list: MailingList | str, language: str) -> str:
    """What readers of a language know a list as; an unknown list is called by its id."""
    if isinstance(list, str):
        found = next((one for one in parts.site.lists if one.id == list), None)
        if found is None:
            return list
        list = found
    return in_language(list.titles, language) or list.id


def in_language(texts: dict[str, str], language: str) -> str:
    """A text in a language, else in another that there is; "" if there is none."""
    return texts.get(language) or next(iter(texts.values()), "")


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def readings(parts: Parts, language: str) -> list[tuple[str, str]]:
    """How one may read, each with its label: in one language, or in all of them with one first."""
    codes, words = parts.site.languages, parts.words
    named = {code: words.language_name(code, language) for code in codes}
    found = [(code, capital(named[code])) for code in codes]
    if len(codes) > 1 and any(one.bilingual for one in parts.site.lists):
        key = "web.read_both" if len(codes) == 2 else "web.read_all"
        for first in codes:
            order = "+".join((first, *(code for code in codes if code != first)))
            found.append((order, words.say(language, key, language=named[first])))
    return found
