"""One page on which the operator sees an edition as its readers will: every variant, wide and narrow, light and dark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from syndicate.compose.checks import Finding
from syndicate.compose.message import filled, mask
from syndicate.compose.render import size
from syndicate.models import Edition, EditionVariant, Fill, MailingList, Site, Words

WIDTHS = (("phone", 390), ("desktop", 720))
"""What we call a screen, and how wide it is in CSS pixels."""

_DARK_RULE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_SCHEME = re.compile(r"color-scheme:\s*light dark")
_METAS = re.compile(r'(<meta name="(?:supported-)?color-scheme" content=")light dark(")')


@dataclass(frozen=True, slots=True)
class Frame:
    """One view of a variant: `width` in CSS pixels, `html` a whole document that shows `scheme` whatever the browser's."""

    screen: str
    width: int
    scheme: str
    html: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One variant on the preview page: `bytes` and `text_bytes` are sizes, `findings` its own."""

    name: str
    languages: str
    subject: str
    preheader: str
    bytes: int
    text_bytes: int
    text: str
    frames: tuple[Frame, ...]
    findings: tuple[Finding, ...]


def preview(
    edition: Edition, *, site: Site, list: MailingList, findings: Sequence[Finding], words: Words, fill: Fill
) -> str:
    """A self-contained HTML page for the operator, from the template preview.html. Raises TemplateError."""
    return fill(
        "preview.html",
        edition=edition,
        site=site,
        list=list,
        title=next(iter(list.titles.values()), list.id),
        sender=f"{list.sender.name} <{list.sender.address}>",
        created=words.date("en", edition.created),
        stops=sum(finding.level == "stop" for finding in findings),
        warnings=sum(finding.level == "warning" for finding in findings),
        findings=[finding for finding in findings if not edition.variant(finding.variant)],
        variants=[_shown(variant, list, findings, words) for variant in edition.variants],
    )


def forced(html: str, scheme: str) -> str:
    """A copy of a mail that is always light or always dark: its media query would follow the operator's own browser."""
    html = _DARK_RULE.sub("all" if scheme == "dark" else "not all", html)
    html = _METAS.sub(rf"\g<1>{scheme}\g<2>", html)
    return _SCHEME.sub(f"color-scheme: {scheme}", html)


def _shown(variant: EditionVariant, list: MailingList, findings: Sequence[Finding], words: Words) -> Shown:
    # Nothing in a preview may lead to a real reader's page: links go nowhere, the address is the list's own.
    sample = {"leave_url": "#leave", "preferences_url": "#preferences", "masked_address": mask(list.sender.address)}
    html = filled(variant.html, sample)
    return Shown(
        name=variant.name,
        languages=words.join("en", [words.language_name(code, "en") for code in variant.languages]),
        subject=variant.subject,
        preheader=variant.preheader,
        bytes=size(variant.html),
        text_bytes=size(variant.text),
        text=filled(variant.text, sample),
        frames=tuple(
            Frame(screen, width, scheme, forced(html, scheme))
            for scheme in ("light", "dark")
            for screen, width in WIDTHS
        ),
        findings=tuple(finding for finding in findings if finding.variant == variant.name),
    )
