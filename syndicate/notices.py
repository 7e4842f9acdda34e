"""The hall: what the operator is told by mail: an edition is ready, something broke, the week.

    the store, and what this run met → what is to be told → whom it was not told yet → noted, mailed, noted again

A notice is written down before it is handed over, for each person and cause, so that two runs at once tell it once. What
certainly did not leave is told by the next run; what a killed run left is asked about, and counts as told where the
transport has no proof. A draft waits for its approval whatever becomes of the mail, and is told again with a new link.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate import approving, rhythm
from syndicate.approving import Operator
from syndicate.deliver import NO_TICKET, Attempt, Batch, Transport
from syndicate.deliver import ledger as rules
from syndicate.errors import BatchRefused, DeliveryError, TemplateError
from syndicate.models import Copy, Edition, Letter, MailingList, Receipt, Schedule, Sender, Site, Words
from syndicate.office import overdue, without_addresses
from syndicate.store import Connection, Store, approvals, armed, audiences, editions, ledger, people, posts, published
from syndicate.store import notices as stored

if TYPE_CHECKING:
    from syndicate.compose.notices import Notice, Sheets, Trouble
    from syndicate.compose.notices import Week as WeekTold

NAME = "notices"
"""What stands in the place of an edition where a notice is handed to a transport."""

AGAIN = timedelta(hours=23)
"""How long until the same trouble is told again: once a day, also where a run is a little early."""
REMINDER = approving.LINK_LIVES - timedelta(days=1)
"""How long until a draft that still waits is told again, with a new link."""
FAILING = timedelta(days=1)
"""How long a source may fail before anybody is troubled."""
KEPT = timedelta(days=60)
"""How long it is remembered what was told."""
MONDAY = Schedule("weekly", weekday=0, hour=7)
"""When the weekly line is due, in the site's time zone."""

BY_HAND = ("paused by the operator", "it was stopped at the keyboard")
"""Why sending comes to a halt without anybody having to be told."""

WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Desk:
    """What notices are written and sent with; `words` and `transport` are made when there is something to tell.

    `findings` says what the checks find in an edition, as (level, sentence); `audience` who would get it: variant → readers.
    `wrong` counts what `status` calls a problem.
    """

    site: Site
    store: Store
    ring: Callable[[], Sequence[bytes]]
    now: Callable[[], datetime]
    words: Callable[[], Words]
    templates: Callable[[], Sequence[Path]]
    transport: Callable[[], Transport]
    findings: Callable[[Edition, MailingList], Sequence[tuple[str, str]]]
    audience: Callable[[Edition, MailingList], Mapping[str, int]]
    wrong: Callable[[], int]
    point: Callable[[str], None] = lambda name: None


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is told of, as one view of the store has it."""

    told: Mapping[str, stored.Told]
    drafts: Sequence[Edition]
    given: Mapping[str, set[str]]
    troubles: Sequence[Trouble]


def tell(desk: Desk, met: Sequence[Trouble] = ()) -> int:
    """Mail each operator what they were not told yet; returns how many mails left. `met` are the troubles that a run met.

    Raises DeliveryError and TemplateError when a notice cannot be mailed or written; the next run tries again.
    """
    if not desk.site.notices.to:
        return 0
    now, left = desk.now(), 0
    scene = _scene(desk, now, met)
    for operator in approving.operators(desk.site, desk.ring()):
        for keys, make in _due(desk, scene, operator, now):
            left += _told(desk, operator, keys, make, now)
    return left


def _scene(desk: Desk, now: datetime, met: Sequence[Trouble]) -> _Scene:
    with desk.store.read() as connection:
        armed.refuse(connection)
        told = stored.told(connection)
        drafts = editions.in_states(connection, ("draft",))
        given = approvals.given(connection) if drafts else {}
        troubles = [*_troubles(desk.site, connection, now)]
    lists = {one.id for one in desk.site.lists if one.approval}
    mine = [_tidied(one) for one in (*met, *troubles)]
    return _Scene(_settled(desk, told), [one for one in drafts if one.list in lists], given, mine)


def _tidied(trouble: Trouble) -> Trouble:
    return replace(trouble, details=tuple(without_addresses(one) for one in trouble.details))


# ---------------------------------------------------------------- what there is to tell


def _troubles(site: Site, connection: Connection, now: datetime) -> Iterator[Trouble]:
    """What the store itself shows to be broken."""
    rows = published.sources(connection)
    for source in site.sources:
        row = rows.get(source.id)
        if row and row.error and _failing(row, now):
            yield trouble("source", source.id, (row.error,), f"syndicate pull {source.id}")
    for one in editions.in_states(connection, ("sending", "paused")):
        if (why := _halted(one, now)) is not None:
            yield trouble("sending", one.id, (why,) if why else (), f"syndicate newsletter status {one.id}")
    for one in editions.newest(connection, limit=5):
        states = ledger.tally(connection, one.id)
        if not rules.balanced(audiences.audience_of(connection, one.id), states):
            yield trouble("sum", one.id, (), f"syndicate newsletter status {one.id}")
        if held := states.get("held", 0):
            yield trouble("held", one.id, (f"{held} mails",), f"syndicate newsletter repair {one.id}")


def trouble(kind: str, name: str, details: tuple[str, ...], command: str) -> Trouble:
    """Something that needs the operator; its fields as in `compose.notices`."""
    from syndicate.compose.notices import Trouble  # late: mostly nothing is broken

    return Trouble(kind, name, details, command)


def _failing(row: published.SourceRow, now: datetime) -> bool:
    """Whether a source fails for a day; of one that never answered the number of failures stands in for the time."""
    if row.succeeded is not None:
        return now - row.succeeded >= FAILING
    return int(row.pacing.get("failures") or 0) > 3


def _halted(edition: Edition, now: datetime) -> str | None:
    """Why a sending came to a halt, where the operator should know; None where it goes on by itself, or they stopped it."""
    if overdue(edition, now):
        return f"its time was over at {edition.send_by:%Y-%m-%d %H:%M} UTC"
    return edition.stopped if edition.stopped and edition.stopped not in BY_HAND else None


# ---------------------------------------------------------------- whom it was not told yet


_Due = tuple[list[str], "Callable[[], tuple[Notice, Sender, str]]"]
"""The causes of a notice, and what writes it: the notice, who it is from, and the person's link."""


def _due(desk: Desk, scene: _Scene, operator: Operator, now: datetime) -> Iterator[_Due]:
    def fresh(cause: str, again: timedelta) -> str | None:
        """The cause's name for this person, if they were not told of it lately."""
        found = [scene.told[key] for who in operator.hashes if (key := stored.key(who, cause)) in scene.told]
        return None if any(now - one.at < again for one in found) else stored.key(operator.who, cause)

    for edition in scene.drafts:
        if not scene.given.get(edition.id, set()) & {*operator.hashes} and (
            key := fresh(f"draft {edition.id} {edition.digest[:12]}", REMINDER)
        ):
            yield [key], lambda edition=edition: _ready(desk, edition, operator)  # type: ignore[misc]
    new = {key: one for one in scene.troubles if (key := fresh(one.cause, AGAIN))}
    if new:
        yield [*new], lambda: _broken(desk, [*new.values()])
    if desk.site.notices.weekly and (key := _monday(desk, scene, operator, now)):
        yield [key], lambda: _week(desk, scene)


def _monday(desk: Desk, scene: _Scene, operator: Operator, now: datetime) -> str | None:
    """Under what the week is noted, if it is due: not at a person's first run, but from the next Monday on."""
    key = stored.key(operator.who, WEEKLY)
    last = [scene.told[one] for who in operator.hashes if (one := stored.key(who, WEEKLY)) in scene.told]
    if not last:
        with desk.store.write() as connection:
            stored.write(connection, {key: stored.Told(now, "")})
        return None
    return key if max(one.at for one in last) < rhythm.latest(MONDAY, now=now, timezone=desk.site.timezone) else None


# ---------------------------------------------------------------- writing


def _ready(desk: Desk, edition: Edition, operator: Operator) -> tuple[Notice, Sender, str]:
    from syndicate.compose import notices

    site, language = desk.site, desk.site.notices.language
    list = next(one for one in site.lists if one.id == edition.list)
    with desk.store.read() as connection:
        whole = editions.load(connection, edition.id) or edition
        titles = [_title(one.versions, language) for one in posts.load(connection, edition.posts)]
    tally = approving.tally(desk.store, edition, list)
    draft = notices.Draft(
        whole, list.titles.get(language) or list.id, tuple(titles), desk.audience(whole, list),
        tuple(desk.findings(whole, list)), tally.given, tally.needed,
    )  # fmt: skip
    served = site.delivery.leaving == "server"  # else no server of ours answers at the base URL
    url = approving.link(site, desk.ring(), edition, operator, desk.now()) if served else ""
    return notices.ready(draft, language, desk.words(), link=served), list.sender, url


def _title(versions: Sequence[object], language: str) -> str:
    titles = {getattr(one, "language", ""): getattr(one, "title", "") for one in versions}
    return str(titles.get(language) or next((one for one in titles.values() if one), "…"))


def _broken(desk: Desk, troubles: Sequence[Trouble]) -> tuple[Notice, Sender, str]:
    from syndicate.compose import notices

    site = desk.site
    return notices.trouble(troubles, site.notices.language, desk.words(), site), _sender(site), ""


def _sender(site: Site) -> Sender:
    """Who a notice about no edition is from: the first list's sender, whom mailboxes know; else the contact."""
    return site.lists[0].sender if site.lists else Sender(site.name, site.contact, site.contact)


def _week(desk: Desk, scene: _Scene) -> tuple[Notice, Sender, str]:
    from syndicate.compose import notices

    site = desk.site
    return notices.weekly(_happened(desk, scene), site.notices.language, desk.words(), site), _sender(site), ""


def _happened(desk: Desk, scene: _Scene) -> WeekTold:
    from syndicate.compose import notices

    site, now = desk.site, desk.now()
    first = now - timedelta(days=7)
    with desk.store.read() as connection:
        new = len(posts.newest(connection, posts.Filter(since=first), None))
        counts = people.counts(connection)
        gone = [one for one in editions.newest(connection, limit=50) if _left(one, first)]
        sent = [(one.id, rules.tally(ledger.tally(connection, one.id)).sent) for one in gone]
    titles = {one.id: one.titles.get(site.notices.language) or one.id for one in site.lists}
    next_ = {one.id: rhythm.following(one.schedule, now=now, timezone=site.timezone) for one in site.lists}
    return notices.Week(
        first, now, new,
        tuple((titles[id], counts.get((id, "confirmed"), 0), counts.get((id, "pending"), 0)) for id in titles),
        tuple(sent),
        tuple(one.id for one in scene.drafts),
        tuple((titles[id], when) for id, when in next_.items() if when is not None),
        desk.wrong(),
    )  # fmt: skip


def _left(edition: Edition, since: datetime) -> bool:
    when = edition.send_at or edition.approved or edition.created
    return edition.state in ("sending", "paused", "sent") and when >= since


# ---------------------------------------------------------------- mailing


def _told(
    desk: Desk, operator: Operator, keys: Sequence[str], make: Callable[[], tuple[Notice, Sender, str]], now: datetime
) -> bool:
    """Write one notice, note it, hand it over; False when another process told it, or it did not leave."""
    from syndicate.compose import notices as room
    from syndicate.words import fill_text

    notice, sender, url = make()
    letter = room.letter(
        notice, site=desk.site, sender=sender, date=now, sheets=_sheets(desk), words=desk.words(), fill_text=fill_text
    )
    copy = room.copy(uuid.uuid4().hex, operator.address, sender, url)
    with desk.store.write() as connection:
        before = {key: one for key, one in stored.told(connection).items() if key in keys}
        if any(now - one.at < timedelta(hours=1) for one in before.values() if one.mail):
            return False  # another process was quicker
        stored.write(connection, dict.fromkeys(keys, stored.Told(now, copy.id, done=False)))
    desk.point("noted")
    left, trouble = _handed_over(desk.transport(), letter, copy, notice.language, now)
    desk.point("handed over")
    after: Mapping[str, stored.Told | None] = dict.fromkeys(keys, stored.Told(now, copy.id))
    with desk.store.write() as connection:
        stored.write(connection, after if left else {key: before.get(key) for key in keys})
    if trouble is not None:
        raise trouble
    return left


def _handed_over(
    transport: Transport, letter: Letter, copy: Copy, language: str, now: datetime
) -> tuple[bool, DeliveryError | None]:
    """Whether a notice left, or may have; and what went wrong."""
    batch = Batch(uuid.uuid4().hex, NAME, language, letter, (copy,), NO_TICKET)
    receipts: list[Receipt] = []
    try:
        receipts.extend(transport.post(batch))
    except BatchRefused as refused:
        return False, refused
    except DeliveryError as error:
        receipts += [] if receipts else _proof(transport, batch.attempt, now)
        return bool(receipts) and receipts[0].outcome in ("accepted", "in_doubt"), error
    finally:
        transport.close()
    if receipts and receipts[0].outcome in ("requeue", "failed"):
        return False, DeliveryError(f"A notice to the operator was not taken: {without_addresses(receipts[0].reason)}")
    return True, None


def _proof(transport: Transport, attempt: Attempt, now: datetime) -> list[Receipt]:
    """What the transport can prove of a notice that it said nothing of; without proof it counts as left."""
    try:
        found = transport.settle(attempt, now)
    except DeliveryError:
        found = None
    return [*(found or [Receipt(attempt.deliveries[0], "in_doubt")])]


def _settled(desk: Desk, told: Mapping[str, stored.Told]) -> Mapping[str, stored.Told]:
    """What was told, when those notices are settled that a killed run left between noting and mailing."""
    open_ = {key: one for key, one in told.items() if not one.done}
    old = [key for key, one in told.items() if desk.now() - one.at > KEPT and not key.endswith(WEEKLY)]
    if not open_ and not old:
        return told
    notes: dict[str, stored.Told | None] = dict.fromkeys(old)
    for id in {one.mail for one in open_.values()}:
        proof = _proof(desk.transport(), Attempt(id, NAME, (id,)), desk.now())
        for key, one in open_.items():
            if one.mail == id:
                notes[key] = None if proof[0].outcome in ("requeue", "failed") else replace(one, done=True)
    with desk.store.write() as connection:
        stored.write(connection, notes)
    return {key: one for key, one in (dict(told) | notes).items() if one is not None}


def _sheets(desk: Desk) -> Sheets:
    from syndicate.compose.notices import Sheets

    return Sheets(_source(desk, "notice.html"), _source(desk, "notice.txt"))


def _source(desk: Desk, name: str) -> str:
    folders = desk.templates()
    for folder in reversed(folders):
        if (path := folder / name).exists():
            return path.read_text("utf-8")
    raise TemplateError(f"There is no template {name}. Put it into {folders[-1]}.")
