"""One page on which the operator sees an edition as its readers will: every variant, wide and narrow, light and dark, with
pictures and without, as text, and with its headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from syndicate.compose.checks import Finding, told_together
from syndicate.compose.message import copy, filled, letter, mask
from syndicate.compose.render import size
from syndicate.models import Edition, EditionVariant, Fill, MailingList, Site, Words

WIDTHS = (("phone", 390), ("desktop", 720))
"""What we call a screen, and how wide it is in CSS pixels."""

_DARK_RULE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_SCHEME = re.compile(r"color-scheme:\s*light dark")
_PICTURE = re.compile(r'(<img\b[^>]*?\ssrc=")([^"]*)(")')
_METAS = re.compile(r'(<meta name="(?:supported-)?color-scheme" content=")light dark(")')


@dataclass(frozen=True, slots=True)
class Frame:
    """One view of a variant: `width` in CSS pixels, `html` a whole document that shows `scheme` whatever the browser's.

    Without `pictures` it is what a mailbox shows that loads none.
    """

    screen: str
    width: int
    scheme: str
    html: str
    pictures: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """One variant on the preview page: `bytes` and `text_bytes` are sizes, `headers` a sample copy's, `findings` its own."""

    name: str
    languages: str
    subject: str
    preheader: str
    bytes: int
    text_bytes: int
    text: str
    frames: tuple[Frame, ...]
    findings: tuple[Finding, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def preview(
    edition: Edition,
    *,
    site: Site,
    list: MailingList,
    findings: Sequence[Finding],
    words: Words,
    fill: Fill,
    pictures: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A self-contained HTML page for the operator, from the template preview.html. Raises TemplateError.

    `pictures` are addresses of ours, as they stand in the mail, and the data: URL that shows the same.
    """
    together = told_together(findings)
    return fill(
        "preview.html",
        edition=edition,
        site=site,
        list=list,
        title=next(iter(list.titles.values()), list.id),
        sender=f"{list.sender.name} <{list.sender.address}>",
        created=words.date("en", edition.created),
        stops=sum(finding.level == "stop" for finding in together),
        warnings=sum(finding.level == "warning" for finding in together),
        findings=together,
        variants=[
            shown(variant, edition, site=site, list=list, words=words, pictures=pictures, findings=findings)
            for variant in edition.variants
        ],
    )


def forced(html: str, scheme: str) -> str:
    """A copy of a mail that is always light or always dark: its media query would follow the operator's own browser."""
    html = _DARK_RULE.sub("all" if scheme == "dark" else "not all", html)
    html = _METAS.sub(rf"\g<1>{scheme}\g<2>", html)
    return _SCHEME.sub(f"color-scheme: {scheme}", html)


def without_pictures(html: str) -> str:
    """The mail as a mailbox shows it that loads no pictures: their alt texts in their places."""
    return _PICTURE.sub(r"\g<1>\g<3>", html)


def shown(
    variant: EditionVariant,
    edition: Edition,
    *,
    site: Site,
    list: MailingList,
    words: Words,
    pictures: Mapping[str, str] = MappingProxyType({}),
    findings: Sequence[Finding] = (),
) -> Shown:
    """A variant with all its views; `pictures` and `findings` as in `preview`."""
    # Nothing in a preview may lead to a real reader's page: links go nowhere, the address is the list's own.
    sample = {"leave_url": "#leave", "preferences_url": "#preferences", "masked_address": mask(list.sender.address)}
    html = filled(variant.html, sample)
    with_them = _PICTURE.sub(lambda found: f"{found[1]}{pictures.get(found[2], found[2])}{found[3]}", html)
    return Shown(
        name=variant.name,
        languages=words.join("en", [words.language_name(code, "en") for code in variant.languages]),
        subject=variant.subject,
        preheader=variant.preheader,
        bytes=size(variant.html),
        text_bytes=size(variant.text),
        text=filled(variant.text, sample),
        frames=tuple(_frames(with_them, without_pictures(html))) if html else (),
        findings=tuple(finding for finding in findings if finding.variant == variant.name),
        headers=_headers(variant, edition, site, list, words),
    )


def _frames(html: str, bare: str) -> Iterator[Frame]:
    for text, pictures in ((html, True), (bare, False)):
        if pictures or _PICTURE.search(html):
            for scheme in ("light", "dark"):
                for screen, width in WIDTHS:
                    yield Frame(screen, width, scheme, forced(text, scheme), pictures)


def _headers(
    variant: EditionVariant, edition: Edition, site: Site, list: MailingList, words: Words
) -> tuple[tuple[str, str], ...]:
    """The headers of a copy for a reader who is not there: what is each reader's own is told by an ellipsis."""
    shared = letter(edition, variant, list=list, site=site, words=words)
    own = copy(
        "…", list.sender.address, list=list, leave_url=f"{site.base_url}/leave/…", leave_mailto=list.sender.reply_to,
        preferences_url=None, leaving=site.delivery.leaving,
    )  # fmt: skip
    mine = tuple((name, value) for name, value in own.headers if name != "Message-ID")
    return (
        ("From", shared.sender),
        ("Reply-To", shared.reply_to),
        ("Subject", shared.subject),
        *shared.headers,
        *mine,
    )
