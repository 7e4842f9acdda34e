"""One's own settings, behind a link that works once: lists, language, look of the mail, address, data, being forgotten.

The link opens a session of thirty minutes, a signed text that each form of the page carries in a hidden field. It stands in
no address, no cookie and no log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast, get_args

from syndicate.models import MailStyle
from syndicate.web import joining, limits, pages, stamps
from syndicate.web.pages import Button, Way
from syndicate.web.parts import Parts
from syndicate.web.visit import Answer, Visit

if TYPE_CHECKING:
    from syndicate.subscribing import Card


def ask_page(parts: Parts, visit: Visit) -> Answer:
    """The form that asks for the link by one's address."""
    return _ask(parts, visit, "", stamps.stamp(parts.ring, parts.now()), {})


def ask(parts: Parts, visit: Visit) -> Answer:
    """Have the link mailed; the same answer whether we know the address or not."""
    from syndicate import subscribing

    if limits.reached(parts, visit):
        return joining.too_many(parts, visit)
    address = visit.form.one("address")[:320]
    if wrong := joining.wrong_with(parts, visit.form, address):
        return _ask(parts, visit, address, joining.fresh_stamp(parts, visit.form.one("stamp")), wrong, status=400)
    if limits.crowded(parts):
        return joining.too_many(parts, visit, words="crowded")
    language = pages.speak(parts, visit)
    subscribing.send_account_link(parts.reception, address=address, form_language=language)
    return joining.went_to(parts, "/asked/link", language)


def _ask(parts: Parts, visit: Visit, address: str, stamp: str, wrong: dict[str, str], status: int = 200) -> Answer:
    language = pages.speak(parts, visit)
    return pages.show(
        parts,
        "web-ask.html",
        language,
        status=status,
        title=parts.words.say(language, "web.home_account_link"),
        address=address,
        stamp=stamp,
        wrong=wrong,
        trap=joining.TRAP,
    )


def open_page(parts: Parts, visit: Visit) -> Answer:
    """The link was opened: says what the button does. The link is not used up by looking."""
    from syndicate import subscribing

    card = subscribing.look(parts.reception, visit.token, "account")
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    return pages.note(
        parts,
        language,
        say(language, "web.home_account_link"),
        [say(language, "web.account_open_text", address=card.masked)],
        button=Button(
            f"{parts.root}/account/{visit.token}", say(language, "web.account_open_button"), (("lang", language),)
        ),
    )


def open(parts: Parts, visit: Visit) -> Answer:
    """The button was pressed: the link is used up, the settings are open for thirty minutes."""
    from syndicate import subscribing

    card, session = subscribing.open_account(parts.reception, visit.token)
    return _settings(parts, visit, session, card)


def again(parts: Parts, visit: Visit) -> Answer:
    """The settings once more, in another language."""
    from syndicate import subscribing

    session = visit.form.one("session")
    return _settings(parts, visit, session, subscribing.account(parts.reception, session))


def set_lists(parts: Parts, visit: Visit) -> Answer:
    """Be on exactly the lists that are ticked. Lists that are not offered stay as they are."""
    from syndicate import subscribing

    session, known = visit.form.one("session"), [one.id for one in parts.site.lists]
    card = subscribing.account(parts.reception, session)
    chosen = [id for id in dict.fromkeys(visit.form.every("lists")) if id in known]
    language = pages.speak(parts, visit, card.languages)
    card = subscribing.set_lists(parts.reception, session, chosen, language)
    return _settings(parts, visit, session, card, saved="lists")


def set_languages(parts: Parts, visit: Visit) -> Answer:
    """Change how they read."""
    from syndicate import subscribing

    session, languages = visit.form.one("session"), visit.form.one("languages")
    if languages not in [code for code, _ in pages.readings(parts, parts.site.languages[0])]:
        return _again(parts, visit, {"languages": "error_language"})
    subscribing.account(parts.reception, session)  # only a session opens this page: the hall takes mailed links, too
    card = subscribing.set_languages(parts.reception, session, languages)
    return _settings(parts, visit, session, card, saved="languages")


def set_mail(parts: Parts, visit: Visit) -> Answer:
    """Change how open the mail may look."""
    from syndicate import subscribing

    session, mail = visit.form.one("session"), visit.form.one("mail")
    if mail not in get_args(MailStyle):
        return _again(parts, visit, {"mail": "error_mail"})
    card = subscribing.set_mail(parts.reception, session, cast("MailStyle", mail))
    return _settings(parts, visit, session, card, saved="mail")


def change_address(parts: Parts, visit: Visit) -> Answer:
    """Write to the new address; the change waits for the button in that mail."""
    from syndicate import subscribing
    from syndicate.consent import addresses

    session, address = visit.form.one("session"), visit.form.one("address")[:320]
    try:
        addresses.clean(address)
    except addresses.AddressError:
        return _again(parts, visit, {"address": "error_address"}, typed=address)
    if limits.reached(parts, visit) or limits.crowded(parts):
        return joining.too_many(parts, visit)
    card = subscribing.account(parts.reception, session)
    subscribing.change_address(parts.reception, session, address, pages.speak(parts, visit, card.languages))
    return _settings(parts, visit, session, card, saved="address")


def download(parts: Parts, visit: Visit) -> Answer:
    """Everything that is kept about them, as a file."""
    from syndicate import subscribing

    found = subscribing.download(parts.reception, visit.form.one("session"))
    text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    named = ("Content-Disposition", 'attachment; filename="syndicate.json"')
    return Answer(200, text.encode(), "application/json; charset=utf-8", (named, *pages.NOT_KEPT))


def forget(parts: Parts, visit: Visit) -> Answer:
    """Erase the person, if they ticked the box that says they mean it."""
    from syndicate import subscribing

    if visit.form.one("sure") != "yes":
        return _again(parts, visit, {"forget": "error_forget"})
    card = subscribing.account(parts.reception, visit.form.one("session"))
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    subscribing.forget(parts.reception, visit.form.one("session"))
    return pages.note(
        parts,
        language,
        say(language, "web.forgotten_title"),
        [say(language, "web.forgotten_text")],
        after=[say(language, "web.forgotten_kept")],
        ways=[Way(f"{parts.root}/", say(language, "web.home"))],
    )


def _again(parts: Parts, visit: Visit, wrong: dict[str, str], typed: str = "") -> Answer:
    from syndicate import subscribing

    session = visit.form.one("session")
    card = subscribing.account(parts.reception, session)
    return _settings(parts, visit, session, card, wrong=wrong, typed=typed, status=400)


def _settings(
    parts: Parts,
    visit: Visit,
    session: str,
    card: Card,
    *,
    saved: str = "",
    wrong: dict[str, str] | None = None,
    typed: str = "",
    status: int = 200,
) -> Answer:
    language = pages.speak(parts, visit, card.languages)
    shown = [one for one in parts.site.lists if one.public or card.lists.get(one.id) in ("pending", "confirmed")]
    return pages.show(
        parts,
        "web-account.html",
        language,
        status=status,
        switch={"action": f"{parts.root}/account/open", "session": session},
        title=parts.words.say(language, "web.home_account_link"),
        session=session,
        card=card,
        lists=[(one.id, pages.title_of(parts, one, language), card.lists.get(one.id, "")) for one in shown],
        readings=pages.readings(parts, language),
        saved=saved,
        wrong=wrong or {},
        typed=typed,
    )
