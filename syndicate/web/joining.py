"""The site's first page, and signing up: the form, what is wrong with it, and the page that says to look into the mailbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

from syndicate.models import MailingList, MailStyle
from syndicate.web import limits, pages, stamps
from syndicate.web.pages import Way
from syndicate.web.parts import Parts
from syndicate.web.visit import Answer, Form, Visit

TRAP = "website"
"""A field that no person sees: what fills it in is a program, or a browser that means well."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a visitor has chosen so far; blank at first."""

    address: str = ""
    lists: tuple[str, ...] = ()
    languages: str = ""
    mail: str = "full"
    stamp: str = ""


def home(parts: Parts, visit: Visit) -> Answer:
    """What there is to read, and the ways to it."""
    language = pages.speak(parts, visit)
    return pages.show(
        parts,
        "web-home.html",
        language,
        headers=(("Cache-Control", "no-cache"),),
        title=parts.words.say(language, "web.home_title", site=parts.site.name),
        lists=[_shown(parts, one, language) for one in parts.lists],
    )


def form(parts: Parts, visit: Visit) -> Answer:
    """The form for signing up, for all lists or for the one in the address."""
    language, lists = pages.speak(parts, visit), _offered(parts, visit)
    if not lists:
        return pages.trouble(parts, visit, 404)
    chosen = (lists[0].id,) if len(lists) == 1 else ()
    blank = Typed("", chosen, language, "full", stamps.stamp(parts.ring, parts.now()))
    return _form(parts, visit, language, lists, blank, {})


def send(parts: Parts, visit: Visit) -> Answer:
    """Take the form. The answer is the same whether we know the address or not: mail is written later, by another thread."""
    from syndicate import subscribing
    from syndicate.errors import UsageError

    language, lists = pages.speak(parts, visit), _offered(parts, visit)
    if not lists:
        return pages.trouble(parts, visit, 404)
    if limits.reached(parts, visit):
        return too_many(parts, visit)
    typed = _typed(visit.form, lists)
    if wrong := _wrong(parts, visit.form, typed):
        return _form(parts, visit, language, lists, _freshened(parts, typed), wrong, status=400)
    if limits.crowded(parts):
        return too_many(parts, visit, words="crowded")
    try:
        subscribing.ask(
            parts.reception,
            address=typed.address,
            lists=typed.lists,
            languages=typed.languages,
            mail=cast("MailStyle", typed.mail),
            form_language=language,
        )
    except UsageError:  # something in the form that we did not see: most likely the address
        wrong = {"address": "error_address"}
        return _form(parts, visit, language, lists, _freshened(parts, typed), wrong, status=400)
    return went_to(parts, "/asked", language)


def asked(parts: Parts, visit: Visit) -> Answer:
    """Look into your mailbox: after signing up, and after asking to come back."""
    return _mailed(parts, visit, ("asked_text", "asked_nothing"))


def link_asked(parts: Parts, visit: Visit) -> Answer:
    """Look into your mailbox: after asking for the link to one's settings."""
    return _mailed(parts, visit, ("link_text", "link_nothing"))


def _mailed(parts: Parts, visit: Visit, texts: Sequence[str]) -> Answer:
    language = pages.speak(parts, visit)
    say = parts.words.say
    return pages.note(
        parts,
        language,
        say(language, "web.asked_title"),
        [say(language, f"web.{key}") for key in texts],
        ways=[Way(f"{parts.root}/", say(language, "web.home"))],
    )


def went_to(parts: Parts, path: str, language: str) -> Answer:
    """On to another page by GET, so that loading it again sends nothing twice."""
    return Answer(303, headers=(("Location", f"{parts.root}{path}?lang={language}"), *pages.NOT_KEPT))


def too_many(parts: Parts, visit: Visit, words: str = "") -> Answer:
    """The page of who has sent too many forms."""
    return pages.trouble(parts, visit, 429, words=words, headers=(("Retry-After", "900"),))


def wrong_with(parts: Parts, form: Form, address: str) -> dict[str, str]:
    """What is wrong with a form that asks for mail, by field: the trap, the stamp, the address."""
    from syndicate.consent import addresses

    wrong = {}
    if form.one(TRAP):
        wrong["form"] = "error_trap"
    elif (said := stamps.judge(parts.ring, form.one("stamp"), parts.now())) != "good":
        wrong["form"] = f"error_{said}"
    if not address:
        wrong["address"] = "error_address_missing"
    else:
        try:
            addresses.clean(address)
        except addresses.AddressError:
            wrong["address"] = "error_address"
    return wrong


def fresh_stamp(parts: Parts, stamp: str) -> str:
    """The stamp to show a form again with: its own while that is still good or becomes so, else a new one."""
    now = parts.now()
    return stamps.stamp(parts.ring, now) if stamps.judge(parts.ring, stamp, now) == "stale" else stamp


def _wrong(parts: Parts, form: Form, typed: Typed) -> dict[str, str]:
    wrong = wrong_with(parts, form, typed.address)
    if not typed.lists:
        wrong["lists"] = "error_lists"
    if typed.languages not in [code for code, _ in pages.readings(parts, parts.site.languages[0])]:
        wrong["languages"] = "error_language"
    if len(wrong) > 1 and wrong.get("form") == "error_quick":
        del wrong["form"]  # whoever corrects the rest takes longer
    return wrong


def _typed(form: Form, lists: Sequence[MailingList]) -> Typed:
    known = [one.id for one in lists]
    mail = form.one("mail")
    return Typed(
        form.one("address")[:320],
        tuple(dict.fromkeys(id for id in form.every("lists") if id in known)),
        form.one("languages"),
        mail if mail in get_args(MailStyle) else "full",
        form.one("stamp"),
    )


def _freshened(parts: Parts, typed: Typed) -> Typed:
    return replace(typed, stamp=fresh_stamp(parts, typed.stamp))


def _offered(parts: Parts, visit: Visit) -> list[MailingList]:
    only = visit.path.get("list")
    return [one for one in parts.lists if only in (None, one.id)]


def _form(
    parts: Parts,
    visit: Visit,
    language: str,
    lists: Sequence[MailingList],
    typed: Typed,
    wrong: dict[str, str],
    status: int = 200,
) -> Answer:
    from syndicate import subscribing

    say, only = parts.words.say, visit.path.get("list")
    title = say(language, "web.subscribe_title")
    if len(lists) == 1:
        title = say(language, "web.subscribe_to", list=pages.title_of(parts, lists[0], language))
    return pages.show(
        parts,
        "web-subscribe.html",
        language,
        status=status,
        title=title,
        action=f"{parts.root}/subscribe{f'/{only}' if only else ''}",
        lists=[_shown(parts, one, language) for one in lists],
        readings=pages.readings(parts, language),
        typed=typed,
        wrong=wrong,
        trap=TRAP,
        consent=subscribing.wording(parts.reception, language, [one.id for one in lists])[0],
        age=parts.site.safeguarding.age,
    )


def _shown(parts: Parts, list: MailingList, language: str) -> dict[str, str]:
    """A list as pages show it."""
    words = parts.words
    names = [words.language_name(code, language) for code in parts.site.languages]
    return {
        "id": list.id,
        "title": pages.title_of(parts, list, language),
        "description": pages.in_language(list.descriptions, language),
        "languages": words.say(language, "web.list_languages", languages=words.join(language, names)),
    }
