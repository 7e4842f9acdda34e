"""The page on which an operator approves an edition: what the mailed link to approve leads to.

Opening it does nothing. It shows what the checks say and every variant as readers would get it, each in a frame of its own
that may run nothing and load nothing but the pictures that stand in the page itself. The button approves, as the person
whom the link was mailed to, exactly the bytes that the mail was about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syndicate.errors import UsageError
from syndicate.web import pages
from syndicate.web.pages import NOT_KEPT, Button
from syndicate.web.parts import Parts
from syndicate.web.visit import Answer, Visit, spoken

if TYPE_CHECKING:
    from syndicate.approving import Opened, Tally
    from syndicate.compose import Finding
    from syndicate.compose.preview import Shown

FRAMED = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of this page alone: mails are styled inline, and a frame of `srcdoc` inherits the page's policy."""

SCREEN = ("phone", "light")
"""The view of each variant that is shown; `newsletter preview` has them all."""


def page(parts: Parts, visit: Visit) -> Answer:
    """What there is to approve, and the button; where there is nothing, why."""
    from syndicate import approving, compose

    opened = _opened(parts, visit)
    if not opened.same:
        return _changed(parts, opened, _language(parts, visit))
    findings = _findings(parts, opened)
    stops = _stops(opened, findings)
    tally = approving.tally(parts.store, opened.edition, opened.list)
    mine = approving.approved_by(parts.store, opened.edition, opened.operator)
    language = _language(parts, visit)
    say, id = parts.words.say, opened.edition.id
    free = opened.edition.state == "draft" and not mine and not stops
    label = say(language, "notice.approve_button", edition=id)
    button = Button(f"{parts.root}/approve/{visit.token}", label, (("lang", language),))
    title = opened.list.titles.get(language) or opened.list.id
    return pages.show(
        parts,
        "web-approve.html",
        language,
        headers=(*NOT_KEPT, ("Content-Security-Policy", FRAMED)),
        title=say(language, "notice.approve_title", edition=id),
        text=say(language, "notice.approve_text", list=title),
        standing=_standing(parts, opened, tally, language, mine=mine, stopped=bool(stops)),
        button=button if free else None,
        findings=compose.told_together(findings),
        variants=_variants(parts, opened, language),
        screen=SCREEN,
    )


def approve(parts: Parts, visit: Visit) -> Answer:
    """The button was pressed: this person approves what they looked at. Pressed twice, it counts once."""
    from syndicate import approving, checking

    opened = _opened(parts, visit)
    if not opened.same:
        return _changed(parts, opened, _language(parts, visit))
    if opened.edition.state != "draft" or _stops(opened, _findings(parts, opened)):
        return page(parts, visit)
    try:
        notes = checking.noted(opened.edition, checking.overridden(opened.edition))
        tally = approving.approve(
            parts.store, opened.edition, opened.list, parts.now(), by=opened.operator, notes=notes
        )
    except UsageError:  # somebody approved or changed it between looking and pressing
        return page(parts, visit)
    return _approved(parts, opened, tally, _language(parts, visit))


def _language(parts: Parts, visit: Visit) -> str:
    """The operators' language, unless this one chose another on the page."""
    asked = visit.form.one("lang") or visit.asked
    return spoken(asked, parts.site.notices.language, "", parts.site.languages)


def _opened(parts: Parts, visit: Visit) -> Opened:
    from syndicate import approving

    return approving.opened(parts.site, parts.store, parts.ring, visit.token, parts.now())


def _findings(parts: Parts, opened: Opened) -> Sequence[Finding]:
    """What the checks say, without asking anybody outside: a page must not wait for that, and the mail told it."""
    from syndicate import checking

    if opened.edition.state != "draft":
        return ()
    return checking.check(parts.site, parts.store, opened.edition, opened.list, now=parts.now(), outside=None)


def _stops(opened: Opened, findings: Sequence[Finding]) -> list[Finding]:
    """What holds the edition back, but for what an earlier approval overrode by its name."""
    from syndicate import checking

    over = set(checking.overridden(opened.edition))
    return [one for one in findings if one.level == "stop" and one.name not in over]


def _standing(parts: Parts, opened: Opened, tally: Tally, language: str, *, mine: bool, stopped: bool) -> list[str]:
    say = parts.words.say
    if opened.edition.state != "draft":
        return [say(language, "notice.approve_state", state=opened.edition.state)]
    told = [say(language, "notice.approve_stopped")] if stopped else []
    if mine or tally.needed > 1:
        key = "notice.approve_mine" if mine else "notice.approve_given"
        told.append(say(language, key, given=tally.given, needed=tally.needed))
    return told


def _variants(parts: Parts, opened: Opened, language: str) -> list[tuple[str, Shown]]:
    """Every variant with what it is called."""
    from syndicate import checking, compose

    words = parts.words
    pictures = checking.inlined(parts.site, opened.edition)
    found = []
    for one in opened.edition.variants:
        named = words.join(language, [words.language_name(code, language) for code in one.languages])
        said = [words.say(language, "notice.approve_discreet")] if one.discreet else []
        said += [] if one.html else [words.say(language, "notice.approve_as_text")]
        extra = f" ({', '.join(said)})" if said else ""
        shown = compose.shown(
            one, opened.edition, site=parts.site, list=opened.list, words=words, pictures=pictures
        )  # fmt: skip
        found.append((words.say(language, "notice.approve_variant", languages=named) + extra, shown))
    return found


def _changed(parts: Parts, opened: Opened, language: str) -> Answer:
    say = parts.words.say
    texts = [say(language, "notice.approve_changed", edition=opened.edition.id)]
    return pages.note(parts, language, say(language, "notice.approve_changed_title"), texts, status=409)


def _approved(parts: Parts, opened: Opened, tally: Tally, language: str) -> Answer:
    say, id = parts.words.say, opened.edition.id
    if not tally.enough:
        texts = [say(language, "notice.approve_mine", given=tally.given, needed=tally.needed)]
    elif opened.list.schedule.kind == "manual":
        texts = [say(language, "notice.approve_by_hand", edition=id)]
    else:
        texts = [say(language, "notice.approve_sends")]
    return pages.note(parts, language, say(language, "notice.approve_done"), texts)
