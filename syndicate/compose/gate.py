"""The gate, as far as it looks beyond one variant: at the list, at editions before, at links, and at what the operator overrode.

    Edition + Known --gate--> [Finding]        Finding + names that the operator gave --standing--> what still stops it

`checks` looks at each variant by itself. Whoever calls gathers what is `Known`: nothing here reads a file or asks anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urlsplit

from syndicate.compose.checks import Finding, Level, Page, ordered
from syndicate.compose.checks import check as check_variants
from syndicate.compose.message import TOKEN, copy, domain
from syndicate.compose.render import PREHEADER
from syndicate.errors import UsageError
from syndicate.models import Edition, EditionVariant, MailingList, Site

ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail that can be left by one click says (RFC 8058 §3.1)."""

NAMES: Mapping[str, str] = {
    "size": "bytes of html",
    "helpline": "the helpline is in every variant and text part",
    "reply-to": "answers reach a person",
    "languages": "every language has its part, marked as such",
    "dead-links": "no link leads nowhere",
    "links": "links that could not be asked",
    "alt": "pictures have a text",
    "pictures": "pictures are ours, and there",
    "subject": "the subject",
    "subject-length": "how long the subject is",
    "preheader": "the line that mailboxes show beside the subject",
    "doubled-posts": "no post that the list had before",
    "placeholders": "nothing was left unfilled",
    "leave": "a link to leave, in html and text",
    "one-click": "the headers by which mailboxes leave",
    "text": "the text part",
    "dns": "SPF, DKIM and DMARC of the sender",
    "unsure": "posts whose languages want a look",
    "changed": "posts that changed since the edition was drafted",
    "sensitive": "telling words where a discreet mail shows them",
    "posts": "there is something to say",
}
"""Every check by its name, and what it is about. Names never change: scripts and `--override` hold on to them."""

_NOBODY = re.compile(r"(?:^|[._+-])(?:no|do[._-]?not)[._-]?reply|^mailer-daemon$|^nobody$", re.IGNORECASE)
_FEW = 5
_LONG = 150


@dataclass(frozen=True, slots=True)
class LinkState:
    """What is known of one address: its HTTP `status` (None: nobody answered), and the `reason` where it failed: what follows
    the address in a sentence.
    """

    url: str
    status: int | None
    reason: str = ""

    @property
    def dead(self) -> bool:
        """Whether nothing is there (RFC 9110 §15.5.5, §15.5.11)."""
        return self.status in (404, 410)

    @property
    def sound(self) -> bool:
        """Whether a reader will see something; a page that wants a password, or no robots, is a page."""
        return self.status is not None and not self.dead and self.status < 500


@dataclass(frozen=True, slots=True)
class Known:
    """What the gate judges an edition by, beside its own texts.

    `variants` are those that readers of the list may have. `had`: post → the earlier edition of the same list that holds it;
    `alike`: post → an earlier edition that holds a post with the same address or title. `links` are answers, `unasked`
    addresses without one, and `why_unasked` ends the sentence about them. `missing` are addresses of ours with no file behind
    them. `dns`: (level, message).
    """

    variants: tuple[str, ...] = ()
    had: Mapping[str, str] = field(default_factory=dict)
    alike: Mapping[str, str] = field(default_factory=dict)
    changed: Sequence[str] = ()
    unsure: Sequence[str] = ()
    links: Mapping[str, LinkState] = field(default_factory=dict)
    unasked: Sequence[str] = ()
    why_unasked: str = ""
    missing: Sequence[str] = ()
    dns: Sequence[tuple[Level, str]] = ()


def gate(edition: Edition, known: Known, *, site: Site, list: MailingList) -> tuple[Finding, ...]:
    """Everything to know before an edition is approved, the gravest first."""
    found = [*check_variants(edition, site=site, list=list, variants=known.variants)]
    for name, look in _WHOLE:
        found += [Finding(level, "", said, name) for level, said in look(edition, known, site, list)]
    for variant in edition.variants:
        for name, rule in _EACH:
            found += [Finding(level, variant.name, said, name) for level, said in rule(variant, known, site)]
    return ordered(found)


def standing(findings: Iterable[Finding], overridden: Iterable[str] = ()) -> tuple[Finding, ...]:
    """The stops that nobody overrode. Raises UsageError for a name that is no check's, or of which there is no stop."""
    stops = [one for one in findings if one.level == "stop"]
    given = [name.strip() for name in overridden if name.strip()]
    there = {one.name for one in stops}
    for name in given:
        if name not in NAMES:
            raise UsageError(f"There is no check called {name!r}. The checks are: {', '.join(sorted(NAMES))}.")
        if name not in there:
            raise UsageError(f"Nothing is stopped by {name!r}, so there is nothing to override. Leave it out.")
    return tuple(one for one in stops if one.name not in given)


def addresses(edition: Edition) -> tuple[str, ...]:
    """Every distinct web address that the edition's html links to, without its fragment, in order; readers' own links not."""
    found: dict[str, None] = {}
    for variant in edition.variants:
        for link in sorted(Page(variant.html).links):
            if link.startswith(("http://", "https://")) and not TOKEN.search(link):
                found.setdefault(urldefrag(link).url)
    return tuple(found)


def pictures(edition: Edition) -> tuple[str, ...]:
    """The address of every distinct picture of the edition, in order."""
    return tuple(dict.fromkeys(source for variant in edition.variants for source in Page(variant.html).pictures))


def ours(url: str, site: Site) -> str | None:
    """The path under the public folder that an address of our own site stands for; None where it is not ours."""
    base = site.base_url.rstrip("/") + "/"
    if not url.startswith(base):
        return None
    path = unquote(urlsplit(url).path[len(urlsplit(base).path) :])
    return path + "index.html" if not path or path.endswith("/") else path


# ---------------------------------------------------------------- the whole edition

Said = Iterator[tuple[Level, str]]


def _helpline(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    if site.helpline is None:
        yield (
            "stop",
            "the site has no helpline to print in its mails: write [safeguarding.helpline] in feeds/site.toml, and draft "
            "the edition anew",
        )


def _reply_to(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    answers = list.sender.reply_to
    local, _, host = answers.rpartition("@")
    if not local or "." not in host:
        yield "stop", "there is no Reply-To that a person reads: write sender.reply_to in the list's file"
    elif _NOBODY.search(local):
        yield (
            "stop",
            f"answers go to {local}@…, which nobody reads: write the address of a person as sender.reply_to in the list's "
            "file",
        )


def _doubled(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    for post, before in known.had.items():
        yield "warning", f"post {post} was in {before} already: its readers get it twice"
    for post, before in known.alike.items():
        yield "warning", f"post {post} has the title or address of a post in {before}: perhaps it is the same"


def _one_click(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    if site.delivery.leaving == "provider":
        return
    sample = copy(
        "sample", list.sender.address, list=list, leave_url=f"{site.base_url}/leave/sample",
        leave_mailto=list.sender.reply_to, preferences_url=None, leaving=site.delivery.leaving,
    )  # fmt: skip
    headers = {name.lower(): value for name, value in sample.headers}
    if site.delivery.leaving == "mail":
        yield (
            "warning",
            "readers leave by writing a mail: large mailboxes want one click of those who send much; see [delivery] leaving",
        )
    elif headers.get("list-unsubscribe-post") != ONE_CLICK or "<https://" not in headers.get("list-unsubscribe", ""):
        yield (
            "stop",
            f"one click does not lead out: it needs an https address (RFC 8058), and base_url is {site.base_url}; write the "
            "https one in feeds/site.toml",
        )


def _links(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    silent = [one for one in known.links.values() if not one.sound and not one.dead]
    for one in silent[:_FEW]:
        reason = one.reason.replace(one.url, _brief(one.url)) or f"answered {one.status}"
        yield "warning", f"{_brief(one.url)} {reason}"
    if len(silent) > _FEW:
        yield "warning", f"{len(silent) - _FEW} more links were not reached"
    if known.unasked:
        yield (
            "note",
            f"{_count(known.unasked, 'link')} not asked, such as {_brief(known.unasked[0])}{known.why_unasked}",
        )


def _dead(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    for one in known.links.values():
        if one.dead:
            yield (
                "stop",
                f"{_brief(one.url)} is not there ({one.status}): have it put right on the blog and pull again, take its post "
                "out of the edition, or send it as it is with --override dead-links",
            )


def _missing(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    for url in known.missing:
        yield "warning", f"{url} is ours, and there is no file behind it: type `syndicate publish`"


def _dns(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    yield from known.dns


def _unsure(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    for post in known.unsure:
        yield (
            "warning",
            f"the languages of post {post} want a look: `syndicate posts show {post}`, then `syndicate posts fix {post} --sure`",
        )


def _changed(edition: Edition, known: Known, site: Site, list: MailingList) -> Said:
    for post in known.changed:
        yield "warning", f"post {post} changed since the edition was drafted, which does not show it: draft it anew"


Look = Callable[[Edition, Known, Site, MailingList], Said]
_WHOLE: tuple[tuple[str, Look], ...] = (
    ("helpline", _helpline),
    ("reply-to", _reply_to),
    ("one-click", _one_click),
    ("dead-links", _dead),
    ("links", _links),
    ("links", _missing),
    ("doubled-posts", _doubled),
    ("unsure", _unsure),
    ("changed", _changed),
    ("dns", _dns),
)


# ---------------------------------------------------------------- each variant


def _preheader(variant: EditionVariant, known: Known, site: Site) -> Said:
    length = len(variant.preheader.strip())
    if variant.discreet:
        if length:
            yield "stop", "a discreet mail shows a preheader, which anybody who sees the mailbox can read"
    elif not length:
        yield "warning", "the preheader is empty: mailboxes then show the first words of the mail, whatever they are"
    elif length > PREHEADER:
        yield "warning", f"the preheader has {length} characters; {PREHEADER} is the most that mailboxes show"


def _placeholders(variant: EditionVariant, known: Known, site: Site) -> Said:
    for left in sorted(set(TOKEN.findall(variant.subject + variant.preheader))):
        yield "stop", f"%%{left}%% stands in the subject or preheader, where nothing is filled for each reader"


Rule = Callable[[EditionVariant, Known, Site], Said]
_EACH: tuple[tuple[str, Rule], ...] = (
    ("preheader", _preheader),
    ("placeholders", _placeholders),
)


def sending_domain(list: MailingList) -> str:
    """The domain that a list's mail is from: what DMARC compares (RFC 7489 §3.1)."""
    return domain(list.sender.address)


def _brief(url: str) -> str:
    """An address as a sentence can hold it: what makes it known stands at its beginning and end."""
    return url if len(url) <= _LONG else f"{url[: _LONG - 30]}…{url[-29:]}"


def _count(things: Sequence[object], one: str) -> str:
    return f"{len(things)} {one} was" if len(things) == 1 else f"{len(things):,} {one}s were"
