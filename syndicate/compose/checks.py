"""The gate before an edition is approved: every finding with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

from syndicate.compose.discreet import headers_of, telling
from syndicate.compose.message import TOKEN
from syndicate.compose.render import SUBJECT, TOKENS, size
from syndicate.models import Edition, EditionVariant, MailingList, Site

WARN_SIZE = 80_000
STOP_SIZE = 100_000
"""Bytes of html: Gmail clips at 102 KB, and what it clips first is the footer with the leave link."""

_LEFT_OVER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


Level = Literal["stop", "warning", "note"]
LEVELS: tuple[Level, ...] = ("stop", "warning", "note")
"""From the gravest: not to be sent like this; to be looked at; good to know."""

FEW = 3
"""So many variants are named where more have the same finding."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing found. `variant` is empty when it concerns the whole edition; `name` is the check's, which never changes."""

    level: Level
    variant: str
    message: str
    name: str = ""


def check(edition: Edition, *, site: Site, list: MailingList, variants: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Everything to know before approving, `stop` first. `variants` are the names that readers of the list may have."""
    found = [*_whole(edition, variants)]
    for variant in edition.variants:
        page = Page(variant.html)
        for name, rule in RULES:
            found += [Finding(level, variant.name, said, name) for level, said in rule(variant, page, site, list)]
    return ordered(found)


def ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings, each once, the gravest first, else in the order they were made."""
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: LEVELS.index(finding.level)))


def told_together(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The same findings for people to read: what is said of several variants is said once, with all their names."""
    variants: dict[tuple[Level, str, str], list[str]] = {}
    for one in found:
        variants.setdefault((one.level, one.name, one.message), []).append(one.variant)
    return tuple(
        Finding(level, ", ".join(filter(None, names[:FEW])) + more(names), message, name)
        for (level, name, message), names in variants.items()
    )


def more(names: Sequence[str]) -> str:
    """How many variants are not named."""
    return f" and {len(names) - FEW} more" if len(names) > FEW else ""


Said = Iterator[tuple[Level, str]]


class Page(HTMLParser):
    """What the checks look at in a variant's html: its title, links, sections and pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.title = self.language = ""
        self.links: set[str] = set()
        self.languages: set[str] = set()
        self.bare_pictures: list[str] = []
        self.mute_pictures: list[str] = []
        self.pictures: list[str] = []
        self._in_title = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag says."""
        values = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title"
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        if tag == "html":
            self.language = values.get("lang", "")
        # MJML's own wrapper has the language of the whole page and marks no section.
        if tag in ("div", "section", "table", "td") and "lang" in values and values.get("role") != "article":
            self.languages.add(values["lang"])
        if tag == "img":
            self.pictures.append(values.get("src", ""))
            if not values.get("alt", "").strip():
                (self.mute_pictures if "alt" in values else self.bare_pictures).append(values.get("src", ""))

    def handle_endtag(self, tag: str) -> None:
        """The title has ended, whatever ends."""
        self._in_title = False

    def handle_data(self, data: str) -> None:
        """Collect the title."""
        if self._in_title:
            self.title += data


def _whole(edition: Edition, variants: tuple[str, ...]) -> Iterator[Finding]:
    if not edition.posts:
        yield Finding("stop", "", "the edition holds no post", "posts")
    if not edition.variants:
        yield Finding("stop", "", "the edition has no variant that could be mailed", "languages")
    for name in variants:
        if edition.variant(name) is None:
            said = "there is nothing to say in this variant: its readers get no mail"
            yield Finding("warning", name, said, "languages")


def _size(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    weight = size(variant.html)
    if weight > STOP_SIZE:
        yield (
            "stop",
            f"the html has {weight:,} bytes; Gmail clips at 102,000 and hides the leave link: take fewer posts, by "
            "`syndicate newsletter edit` or max_posts in the list's file",
        )
    elif weight > WARN_SIZE:
        yield "warning", f"the html has {weight:,} bytes; above {STOP_SIZE:,} it is not sent: take fewer posts"


def _subject(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    if not variant.subject.strip():
        yield "stop", "the subject is empty"
    if any(sign < " " or sign == "\x7f" for sign in variant.subject):
        yield "stop", "the subject holds a line break or a control character"
    if variant.subject.isupper():
        yield "warning", "the subject is all in capitals, which filters take for spam"
    if variant.html and page.title.strip() != variant.subject.strip():
        yield (
            "warning",
            "the page's <title> is not the subject, which filters take for spam; write {{ subject }} in <mj-title>",
        )


def _subject_length(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    if len(variant.subject) > SUBJECT:
        yield (
            "warning",
            f"the subject has {len(variant.subject)} characters; phones show some 40, {SUBJECT} is the most",
        )


def _helpline(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    if site.helpline is None:
        return
    for part, text in _parts(variant):
        if site.helpline.number not in text:
            yield "stop", f"the helpline's number is missing in the {part}; put section.helpline into the template"


def _leaving(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    if variant.html and TOKENS["leave_url"] not in page.links:
        yield "stop", "the html has no link to leave; write {{ leave_url }} as a link in the template"
    if TOKENS["leave_url"] not in variant.text:
        yield "stop", "the text part has no link to leave; write {{ leave_url }} in the template"


def _placeholders(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    for part, text in _parts(variant):
        for name in sorted(set(TOKEN.findall(text)) - TOKENS.keys()):
            yield "stop", f"unknown placeholder %%{name}%% in the {part}; known are {', '.join(sorted(TOKENS))}"
        for left in sorted(set(_LEFT_OVER.findall(text)))[:3]:
            yield "warning", f"{left[:60]} in the {part} looks like a template's tag that was not filled"


def _alt(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    for source in page.bare_pictures:
        yield "stop", f"the picture {source} has no alt text, which is all that some readers get of it"
    for source in page.mute_pictures:
        yield "warning", f"the picture {source} has an empty alt text, which is right for mere decoration alone"


def _pictures(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    for source in page.pictures:
        if not source.startswith((site.base_url.rstrip("/") + "/", "cid:")):
            yield "stop", f"the picture {source} is not served by us: whoever serves it sees who opens the mail"


def _languages(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    if not variant.html:
        return
    alone = len(variant.languages) == 1
    if page.language != variant.languages[0]:
        yield "stop", f"the page is not marked as {variant.languages[0]}; write lang='{{{{ language }}}}' on <mjml>"
    for language in variant.languages:
        if alone or language in page.languages:
            continue
        if list.missing == "omit":
            yield "warning", f"no post has a version in {language}, so this variant lacks that part"
        else:
            yield "stop", f"no part of the html is marked as {language}; write lang on each section of the template"


def _text(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    if not variant.text.strip():
        yield "stop", "the text part is empty; filters and some readers count on it"
    missing = {link for link in page.links if link.startswith("http") and link not in variant.text}
    if missing:
        these = f"{len(missing)} links of the html are" if len(missing) > 1 else "a link of the html is"
        yield "warning", f"{these} not in the text part, such as {min(missing)}"


def _sensitive(variant: EditionVariant, page: Page, site: Site, list: MailingList) -> Said:
    if variant.discreet:
        for said in telling(variant, tuple(headers_of(variant, site, list)), site):
            yield "stop", said


def _parts(variant: EditionVariant) -> tuple[tuple[str, str], ...]:
    """The parts of the mail, by their names in messages; a mail of text alone has but one."""
    html = (("html", variant.html),) if variant.html else ()
    return (*html, ("text part", variant.text))


Rule = Callable[[EditionVariant, Page, Site, MailingList], Said]
RULES: tuple[tuple[str, Rule], ...] = (
    ("size", _size),
    ("subject", _subject),
    ("subject-length", _subject_length),
    ("helpline", _helpline),
    ("leave", _leaving),
    ("placeholders", _placeholders),
    ("alt", _alt),
    ("pictures", _pictures),
    ("languages", _languages),
    ("text", _text),
    ("sensitive", _sensitive),
)
"""Every check of one variant by itself, under the name that `--override` takes."""
