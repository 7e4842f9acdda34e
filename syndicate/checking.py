"""The hall: everything to know before an edition is approved, from the store, the public folder, its links and the DNS.

    edition → what the store knows of its posts ┐
              its links: remembered, else asked ├─ Known ─gate→ findings ─standing→ may it be approved?
              the sender's DNS: asked           ┘

What asks outside is bounded in time as a whole, and what it cannot ask is a note, never a stop: an edition can be approved
on a train.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from syndicate.models import Edition, EditionState, MailingList, Post, Site
from syndicate.store import Connection, Store, links, posts
from syndicate.store import editions as stored

if TYPE_CHECKING:
    from syndicate.compose.checks import Finding, Level
    from syndicate.compose.gate import LinkState
    from syndicate.operate import dns
    from syndicate.pull import Fetcher

SECONDS = 20.0
"""How long links and DNS may take together."""

KEPT = timedelta(days=1)
"""How long a good answer of a link stands."""

GONE_OUT: tuple[EditionState, ...] = ("scheduled", "sending", "paused", "sent")
"""The states of an edition that readers have, or are about to get."""

_PUBLISHED = ("feeds/", "pictures/")
"""What lies under the public folder before an edition is sent; its own web pages do not yet."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What may be asked outside this machine: links by `fetcher` (None: no links), and the sender's DNS.

    `nameserver` is asked instead of the system's; `clock` counts seconds.
    """

    fetcher: Fetcher | None
    dns: bool = True
    nameserver: tuple[str, int] | None = None
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic


def check(
    site: Site, store: Store, edition: Edition, list: MailingList, *, now: datetime, outside: Outside | None
) -> tuple[Finding, ...]:
    """Every finding about an edition, the gravest first. Without `outside`, links count as they answered within a day."""
    from syndicate import compose
    from syndicate.compose import gate

    until = outside.clock() + outside.seconds if outside else 0.0
    with store.read() as connection:
        its = posts.load(connection, edition.posts)
        had, alike = _doubled(connection, edition, its)
        changed = stored.changed_since(connection, edition.id)
    dns = _dns(site, list, outside, until) if outside and outside.dns else ()
    states, unasked = _links(site, store, gate.addresses(edition), now, outside, until)
    known = gate.Known(
        variants=compose.with_discreet(compose.variants(compose.reading_languages(list, site), list.bilingual)),
        had=had, alike=alike, changed=changed, unsure=[post.id for post in its if post.unsure], links=states, unasked=unasked,
        why_unasked=_why_unasked(edition, outside), missing=_missing(site, edition), dns=dns,
    )  # fmt: skip
    return gate.gate(edition, known, site=site, list=list)


def _doubled(
    connection: Connection, edition: Edition, its: Sequence[Post]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Posts that readers of the list had before, and posts that look like one of the last edition's: post → edition."""
    before = [
        one
        for one in stored.newest(connection, edition.list, limit=200)
        if one.id != edition.id and one.state in GONE_OUT and one.number < edition.number
    ]
    had = {post: one.id for one in reversed(before) for post in one.posts if post in edition.posts}
    if not before:
        return had, {}
    last = before[0]
    marks = {
        mark for post in posts.load(connection, last.posts) if post.id not in edition.posts for mark in _marks(post)
    }
    return had, {post.id: last.id for post in its if post.id not in had and marks.intersection(_marks(post))}


def _marks(post: Post) -> set[str]:
    """What two posts that are the same have in common: their page's address without scheme and www, or their titles."""
    url = (post.url or "").partition("://")[2].removeprefix("www.").rstrip("/")
    titles = sorted(" ".join(version.title.casefold().split()) for version in post.versions if version.title.strip())
    return {mark for mark in (url, "\n".join(titles)) if mark}


# ---------------------------------------------------------------- outside


def _dns(site: Site, list: MailingList, outside: Outside, until: float) -> Sequence[tuple[Level, str]]:
    from syndicate.operate import dns

    if site.delivery.transport == "folder":
        return [("note", 'mails become files (transport = "folder"): nobody gets one, and the DNS was not asked')]
    asked = sender(site, list)
    seconds = min(dns.SECONDS, until - outside.clock())
    return [*dns.judge(asked, dns.look(asked, nameserver=outside.nameserver, seconds=seconds))]


def sender(site: Site, list: MailingList) -> dns.Sending:
    """Who mailboxes will take a list's mail to be from, by the transport that carries it."""
    from syndicate.compose.gate import sending_domain
    from syndicate.operate import dns

    rules, domain = site.delivery, sending_domain(list)
    if rules.transport == "sendgrid":
        return dns.Sending(domain, selectors=dns.SENDGRID, provider=True)
    selectors = (rules.dkim_selector,) if rules.dkim_selector else ()
    envelope = (rules.bounces or list.sender.address).rpartition("@")[2].lower()
    return dns.Sending(domain, envelope, rules.dkim_domain or "", selectors, sure=bool(selectors))


def _links(
    site: Site, store: Store, urls: Sequence[str], now: datetime, outside: Outside | None, until: float
) -> tuple[dict[str, LinkState], list[str]]:
    """What every link of others answers, and those nobody asked. Bad answers are asked for again: perhaps they were mended."""
    from syndicate.compose import gate

    theirs = [url for url in urls if gate.ours(url, site) is None]
    with store.read() as connection:
        remembered = links.known(connection, theirs, now - KEPT)
    states = {url: gate.LinkState(url, one.status, one.reason) for url, one in remembered.items()}
    if outside is None or outside.fetcher is None:
        return states, [url for url in theirs if url not in states]
    wanted = sorted(
        (url for url in theirs if url not in states or not states[url].sound), key=lambda url: url in states
    )
    asked = _asked(site, outside, outside.fetcher, wanted, until)
    with store.write() as connection:
        links.drop(connection, now - KEPT)
        links.save(connection, [links.CheckedLink(one.url, one.status, one.reason, now) for one in asked])
    states |= {one.url: one for one in asked}
    return {url: states[url] for url in theirs if url in states}, [url for url in theirs if url not in states]


def _asked(site: Site, outside: Outside, fetcher: Fetcher, urls: Sequence[str], until: float) -> Sequence[LinkState]:
    from syndicate.compose.gate import LinkState
    from syndicate.pull import probing

    private = probing.places([source.url for source in site.sources if source.allow_private])
    seconds = max(0.0, until - outside.clock())
    answers, _ = probing.probe_all(fetcher, urls, seconds=seconds, private=private, clock=outside.clock)
    return [LinkState(one.url, one.status, one.reason) for one in answers]


def _why_unasked(edition: Edition, outside: Outside | None) -> str:
    if outside is None or outside.fetcher is None:
        return f"; `syndicate newsletter check {edition.id}` asks"
    return f": {outside.seconds:.0f} seconds were over; the same command again asks the rest, as answers are kept for a day"


def _missing(site: Site, edition: Edition) -> list[str]:
    """Addresses of ours, of pages and pictures, with no file behind them."""
    from syndicate.compose import gate

    wanted: Collection[str] = (*gate.addresses(edition), *gate.pictures(edition))
    paths = {url: path for url in wanted if (path := gate.ours(url, site)) and path.startswith(_PUBLISHED)}
    return [url for url, path in paths.items() if not (site.places.public / path).exists()]


def inlined(site: Site, edition: Edition) -> dict[str, str]:
    """The edition's own pictures as data: URLs, so that a page shows them which are not on the web yet: address → URL."""
    import base64
    import mimetypes

    from syndicate.compose import gate

    found = {}
    for url in gate.pictures(edition):
        path = gate.ours(url, site)
        file = (site.places.public / path).resolve() if path else None
        if file and file.is_file() and file.is_relative_to(site.places.public.resolve()):
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            found[url] = f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"
    return found


# ---------------------------------------------------------------- overriding

_OVER = "approved in spite of: "


def noted(edition: Edition, names: Sequence[str]) -> tuple[str, ...]:
    """What an edition notes when it is approved in spite of these stops: its notes, without those of an approval before."""
    mine = (_OVER + ", ".join(dict.fromkeys(names)),) if names else ()
    return (*(note for note in edition.notes if not note.startswith(_OVER)), *mine)


def overridden(edition: Edition) -> tuple[str, ...]:
    """The names that the operator overrode when the edition, as it is now, was approved."""
    return tuple(
        name for note in edition.notes if note.startswith(_OVER) for name in note.removeprefix(_OVER).split(", ")
    )
