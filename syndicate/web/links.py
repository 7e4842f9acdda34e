"""What the links in a mail lead to: confirming, leaving, coming back, choosing the language, a new address.

Opening a link does nothing: programs that check mails open every one. The button posts. No page knows who asks but by the
token in its path, and nobody is logged in by a cookie, so that another site can make nobody act here (no CSRF).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syndicate.consent import tokens
from syndicate.web import joining, limits, pages
from syndicate.web.pages import Button, Way
from syndicate.web.parts import Parts
from syndicate.web.visit import Answer, Visit

if TYPE_CHECKING:
    from syndicate.subscribing import Card


def confirm_page(parts: Parts, visit: Visit) -> Answer:
    """Says what the button will do; where it is done already, says that."""
    from syndicate import subscribing

    card = subscribing.look(parts.reception, visit.token, "confirm")
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    waiting = _standing(card, "pending")
    if not waiting and _standing(card, "confirmed"):
        return _confirmed(parts, visit, card)
    return pages.note(
        parts,
        language,
        say(language, "web.confirm_title"),
        [say(language, "web.confirm_text", address=card.masked)],
        items=[pages.title_of(parts, id, language) for id in waiting or _own(card)],
        button=Button(_here(parts, "confirm", visit), say(language, "web.confirm_button"), (("lang", language),)),
        after=[say(language, "web.confirm_not_you")],
    )


def confirm(parts: Parts, visit: Visit) -> Answer:
    """The button was pressed: from now on they get mail."""
    from syndicate import subscribing

    return _confirmed(parts, visit, subscribing.confirm(parts.reception, visit.token))


def _confirmed(parts: Parts, visit: Visit, card: Card) -> Answer:
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    return pages.note(
        parts,
        language,
        say(language, "web.confirmed_title"),
        [say(language, "web.confirmed_text", address=card.masked)],
        items=[pages.title_of(parts, id, language) for id in _standing(card, "confirmed")],
        after=[say(language, "web.confirmed_leave")],
        ways=[Way(f"{parts.root}/", say(language, "web.home"))],
    )


def leave_page(parts: Parts, visit: Visit) -> Answer:
    """Asks whether they want to leave; who has left is told so."""
    from syndicate import subscribing

    card = subscribing.look(parts.reception, visit.token, "leave")
    if card.lists.get(card.list) not in ("pending", "confirmed"):
        return _left(parts, visit, card)
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    title = pages.title_of(parts, card.list, language)
    return pages.note(
        parts,
        language,
        say(language, "web.leave_title"),
        [say(language, "web.leave_text", list=title, address=card.masked)],
        button=Button(_here(parts, "leave", visit), say(language, "web.leave_button"), (("lang", language),)),
    )


def leave(parts: Parts, visit: Visit) -> Answer:
    """They leave, at once and for good: by the page's button, or by a mail program's one click (RFC 8058 §3.2).

    A mail program sends `List-Unsubscribe=One-Click` as a form of either kind; whatever is posted here means leaving. It
    may be sent any number of times, and no limit holds it up: all of a provider's readers come from its few addresses.
    """
    from syndicate import subscribing

    return _left(parts, visit, subscribing.leave(parts.reception, visit.token))


def _left(parts: Parts, visit: Visit, card: Card) -> Answer:
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    if card.test:
        return pages.note(parts, language, say(language, "web.test_title"), [say(language, "web.test_text")])
    if card.masked and card.list:
        title = pages.title_of(parts, card.list, language)
        text = say(language, "web.left_text", list=title, address=card.masked)
    else:
        text = say(language, "web.left_bare")
    back = Button(
        f"{_here(parts, 'leave', visit)}/back",
        say(language, "web.link_button"),
        (("lang", language),),
        text=say(language, "web.back_text"),
        quiet=True,
    )
    known = bool(card.lists)
    return pages.note(
        parts,
        language,
        say(language, "web.left_title"),
        [text],
        after=[say(language, "web.left_sent")],
        second=back if known else None,
        ways=() if known else [Way(f"{parts.root}/", say(language, "web.home"))],
    )


def come_back(parts: Parts, visit: Visit) -> Answer:
    """It was a mistake: a new mail to confirm is written, and nothing else changes."""
    from syndicate import subscribing

    if limits.reached(parts, visit) or limits.crowded(parts):
        return joining.too_many(parts, visit)
    subscribing.come_back(parts.reception, visit.token)
    return joining.went_to(parts, "/asked", pages.speak(parts, visit))


def preferences_page(parts: Parts, visit: Visit) -> Answer:
    """What a mailed link may show and change: the language, leaving, and asking for the link to everything else."""
    from syndicate import subscribing

    return _preferences(parts, visit, subscribing.look(parts.reception, visit.token, "preferences"))


def set_languages(parts: Parts, visit: Visit) -> Answer:
    """Change how they read."""
    from syndicate import subscribing

    languages = visit.form.one("languages")
    card = subscribing.look(parts.reception, visit.token, "preferences")
    if languages not in [code for code, _ in pages.readings(parts, parts.site.languages[0])]:
        return _preferences(parts, visit, card, wrong={"languages": "error_language"}, status=400)
    card = subscribing.set_languages(parts.reception, visit.token, languages)
    return _preferences(parts, visit, card, saved="languages")


def send_link(parts: Parts, visit: Visit) -> Answer:
    """Mail the link to everything else, to the address that the mailed link belongs to."""
    from syndicate import subscribing

    card = subscribing.look(parts.reception, visit.token, "preferences")
    if limits.reached(parts, visit) or limits.crowded(parts):
        return joining.too_many(parts, visit)
    language = pages.speak(parts, visit, card.languages)
    subscribing.send_account_link(parts.reception, token=visit.token, form_language=language)
    return joining.went_to(parts, "/asked/link", language)


def _preferences(
    parts: Parts, visit: Visit, card: Card, *, saved: str = "", wrong: dict[str, str] | None = None, status: int = 200
) -> Answer:
    # Just after a change of language the page speaks the new one, unless another was asked for by the switch.
    language = pages.speak(parts, visit, card.languages)
    return pages.show(
        parts,
        "web-preferences.html",
        language,
        status=status,
        title=parts.words.say(language, "web.preferences_title"),
        here=_here(parts, "preferences", visit),
        card=card,
        readings=pages.readings(parts, language),
        leave=_leave_way(parts, visit, language, card),
        saved=saved,
        wrong=wrong or {},
    )


def _leave_way(parts: Parts, visit: Visit, language: str, card: Card) -> Way | None:
    """The page for leaving the list of this link: whoever may open one may open the other."""
    claim = tokens.read(parts.ring, visit.token, purpose="preferences", now=parts.now())
    if card.lists.get(claim.list) not in ("pending", "confirmed"):
        return None
    token = tokens.sign(parts.ring, purpose="leave", subscriber=claim.subscriber, list=claim.list)
    title = pages.title_of(parts, claim.list, language)
    return Way(f"{parts.root}/leave/{token}", parts.words.say(language, "web.preferences_leave", list=title))


def address_page(parts: Parts, visit: Visit) -> Answer:
    """The link in the mail to a new address: says what the button will do."""
    from syndicate import subscribing

    card = subscribing.look(parts.reception, visit.token, "address")
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    return pages.note(
        parts,
        language,
        say(language, "web.address_title"),
        [say(language, "web.address_text")],
        button=Button(_here(parts, "address", visit), say(language, "web.address_button"), (("lang", language),)),
        after=[say(language, "web.confirm_not_you")],
    )


def confirm_address(parts: Parts, visit: Visit) -> Answer:
    """The button was pressed: mail goes to the new address from now on."""
    from syndicate import subscribing

    card = subscribing.confirm_address(parts.reception, visit.token)
    language, say = pages.speak(parts, visit, card.languages), parts.words.say
    return pages.note(
        parts,
        language,
        say(language, "web.address_done_title"),
        [say(language, "web.address_done_text", address=card.masked)],
        ways=[Way(f"{parts.root}/", say(language, "web.home"))],
    )


def _standing(card: Card, state: str) -> Sequence[str]:
    return [id for id, found in card.lists.items() if found == state]


def _own(card: Card) -> Sequence[str]:
    return [card.list] if card.list else ()


def _here(parts: Parts, page: str, visit: Visit) -> str:
    return f"{parts.root}/{page}/{visit.token}"
