"""The hall: everything that `run` does beside pulling and publishing.

    look → nothing is due: done
         → once a day: what is kept too long, who left at the provider, how mail fares
         → draft what is due → approve what no person has to → mails about consent → send what may leave
         → clear away at the provider

Each step is guarded: what fails is told, and the others go on. Each is done once, whoever else runs: an edition is drafted
where none is open, sent by who holds its lock, a letter taken by one process. What a killed run left, the next one finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syndicate import arming, schedule
from syndicate.deliver.lock import LockHeld
from syndicate.errors import Busy, DeliveryError, SyndicateError, UsageError
from syndicate.models import Edition, MailingList, Site
from syndicate.store import Connection, Store, editions, ledger, letters, published

if TYPE_CHECKING:  # imported when there is something to do: an idle run neither composes nor checks
    from syndicate import notices
    from syndicate.checking import Outside
    from syndicate.compose import Finding
    from syndicate.compose.notices import Trouble
    from syndicate.editions import Press
    from syndicate.office import Office, Report, Standing

DAILY = "daily"
"""Under this name the store remembers on which day the daily work was done."""

CLEAR_AFTER = timedelta(days=1)
"""How long after a mail's time what was left of it at the provider is cleared away (as `settling`)."""

LETTERS = 100
"""How many mails about consent are sent in one go."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the chores are done with; what is heavy is made when it is first asked for.

    `outside` is what the checks may ask outside this machine. `progress` opens a bar with a title. `stopping` says whether
    somebody asked this process to stop.
    """

    site: Site
    store: Store
    ring: Callable[[], Sequence[bytes]]
    now: Callable[[], datetime]
    press: Callable[[], Press]
    office: Callable[[], Office]
    outside: Callable[[], Outside | None]
    progress: Callable[[str], AbstractContextManager[Report]]
    stopping: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Agenda:
    """What there is to do, as one view of the store has it."""

    calls: tuple[schedule.Call, ...] = ()
    automatic: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()
    letters: bool = False
    sweep: bool = False
    daily: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """An edition that nobody has to approve, and that the checks hold back; `stops` say why."""

    edition: Edition
    stops: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A step of the run that failed: its name (one word that never changes), and the sentence for the operator."""

    step: str
    message: str


@dataclass
class Done:
    """What the chores came to. `said` are reasons that are new; `warnings` how badly mail fares (looked at once a day)."""

    drafted: list[Edition] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    sent: list[Standing] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    letters: int = 0
    notices: int = 0
    no_mail: bool = False

    @contextmanager
    def guarded(self, step: str, about: str) -> Iterator[None]:
        """Note what goes wrong in the block as the failure of a step, and go on after it."""
        try:
            yield
        except SyndicateError as error:
            self.fail(step, f"{about}: {error}")
        except Exception as error:
            self.fail(step, f"{about}: this should not have happened: {type(error).__name__}: {error}")

    def fail(self, step: str, message: str) -> None:
        """A step failed; nobody's address stays in what is told of it."""
        from syndicate.office import without_addresses

        self.failed.append(Failure(step, without_addresses(message)))


# ---------------------------------------------------------------- what is due


def look(site: Site, store: Store, now: datetime) -> Agenda:
    """What there is to do at `now`; reads, in one transaction, and decides."""
    automatic = {one.id for one in site.lists if _automatic(one)}
    with store.read() as connection:
        calls = schedule.calls(site, connection, now)
        drafts = editions.in_states(connection, ("draft",)) if automatic else []
        return Agenda(
            calls=tuple(calls),
            automatic=tuple(one.id for one in drafts if one.list in automatic),
            ready=(*_waiting(site, connection),),
            letters=letters.waiting(connection) > 0,
            sweep=_to_sweep(site, connection, now),
            daily=published.note(connection, DAILY) != _day(site, now),
        )


def _automatic(list: MailingList) -> bool:
    """Whether nobody has to look at the list's editions; what a person drafts for a list without a rhythm is theirs to send."""
    return not list.approval and list.schedule.kind != "manual"


def _waiting(site: Site, connection: Connection) -> Iterator[str]:
    """Editions that may have to be sent: approved ones of lists with a rhythm, and what was begun or scheduled."""
    rhythmic = {one.id for one in site.lists if one.schedule.kind != "manual"}
    for one in editions.in_states(connection, ("approved", "scheduled", "sending")):
        if one.state != "approved" or one.list in rhythmic:
            yield one.id


def _to_sweep(site: Site, connection: Connection, now: datetime) -> bool:
    left = ledger.open_editions(connection)
    return bool(left or ledger.uncleared(connection, site.delivery.transport, now - CLEAR_AFTER))


def _day(site: Site, now: datetime) -> str:
    return now.astimezone(ZoneInfo(site.timezone)).date().isoformat()


# ---------------------------------------------------------------- doing it


def work(tools: Tools, agenda: Agenda, done: Done) -> None:
    """Do what there is to do, in order, and write down what it comes to; stops between two steps when asked to."""
    fresh = bool(agenda.calls or agenda.automatic)
    steps: list[tuple[bool, Callable[[Tools, Done], None]]] = [
        (agenda.daily, _daily),  # first, because it may learn of somebody who left
        (bool(agenda.calls), partial(_draft, calls=agenda.calls)),
        (fresh, _approve),
        (agenda.letters, _write),  # before editions, which may take hours: somebody waits for a link
        (fresh or bool(agenda.ready), _send),
        (agenda.sweep, _sweep),
    ]
    for wanted, step in steps:
        if wanted and not tools.stopping():
            step(tools, done)


def _draft(tools: Tools, done: Done, calls: Sequence[schedule.Call]) -> None:
    now = tools.now()
    with done.guarded("schedule", "schedule"), tools.store.write() as connection:
        schedule.note(connection, calls, now)
    for call in calls:
        if call.due and not tools.stopping():
            with done.guarded(f"draft {call.list.id}", call.list.id):
                _drafted(tools, done, call.list)
        elif call.reason:
            _say_once(tools, done, call.list.id, call.reason)


def _drafted(tools: Tools, done: Done, list: MailingList) -> None:
    from syndicate import editions as hall

    edition, reason = hall.draft(tools.press(), tools.store, list, post=None, now=tools.now())
    if edition is not None:
        done.drafted.append(edition)
    if reason or edition is not None:
        _say_once(tools, done, list.id, reason)


def _say_once(tools: Tools, done: Done, about: str, reason: str) -> None:
    """Say why something does not happen, once and not at every run; "" forgets what was said."""
    key = f"said {about}"
    with done.guarded("store", about), tools.store.write() as connection:
        if (published.note(connection, key) or "") == reason:
            return
        published.set_note(connection, key, reason)
        done.said += [reason] if reason else []


def _approve(tools: Tools, done: Done) -> None:
    """Approve the drafts that nobody has to look at, unless the checks stop them."""
    lists = {one.id: one for one in tools.site.lists if _automatic(one)}
    with tools.store.read() as connection:
        found = [one.id for one in editions.in_states(connection, ("draft",)) if one.list in lists]
        drafts = [edition for id in found if (edition := editions.load(connection, id)) is not None]
        drafts, back = arming.by_themselves(connection, drafts)
    for id in back:
        _say_once(tools, done, id, arming.FIRST.format(id))
    if not drafts:
        return
    from syndicate import checking
    from syndicate import editions as hall

    for one in drafts:
        if tools.stopping():
            return
        with done.guarded(f"check {one.id}", one.id):
            now, outside = tools.now(), tools.outside()
            findings = checking.check(tools.site, tools.store, one, lists[one.list], now=now, outside=outside)
            if stops := tuple(finding for finding in findings if finding.level == "stop"):
                done.held.append(Held(one, stops))
                _say_once(tools, done, one.id, _why_held(one, stops))
            else:
                hall.approve(tools.store, one, tools.now())


def _why_held(edition: Edition, stops: Sequence[Finding]) -> str:
    names = ", ".join(dict.fromkeys(one.name for one in stops))
    return (
        f"{edition.id} is not sent by itself: the checks stop it ({names}). `syndicate newsletter check {edition.id}`"
    )


# ---------------------------------------------------------------- mail


def _send(tools: Tools, done: Done) -> None:
    """Send what may leave, oldest first; a transport that refuses to work ends all mail of this run."""
    with tools.store.read() as connection:
        waiting = [*_waiting(tools.site, connection)]
        approved = {one.id for one in editions.in_states(connection, ("approved",))}
    if not waiting:
        return
    from syndicate.office import due

    timely = {*due(tools.site, tools.store, tools.now())}
    for id in waiting:
        if (id in approved or id in timely) and not done.no_mail and not tools.stopping():
            with done.guarded(f"send {id}", id):
                _send_one(tools, done, id)


def _send_one(tools: Tools, done: Done, id: str) -> None:
    from syndicate import delivery
    from syndicate.office import standing, without_addresses

    with tools.store.read() as connection:
        edition = editions.load(connection, id)
    list = next((one for one in tools.site.lists if edition and one.id == edition.list), None)
    if edition is None or list is None:
        _say_once(tools, done, id, f"{id} is not sent: there is no subscribers/{id.rpartition('-')[0]}.toml any more.")
        return
    office = tools.office()
    before = standing(tools.site, tools.store, edition)
    try:
        with tools.progress("Sending") as report:
            after = delivery.send(office, edition, list, report)
    except LockHeld:
        return  # somebody sends it already
    except UsageError as why:  # nobody may get it yet
        _say_once(tools, done, id, without_addresses(str(why)))
        return
    except DeliveryError as error:
        done.no_mail = not isinstance(error, Busy)
        raise
    if (after.state, after.tally.waiting) != (before.state, before.tally.waiting) or not after.balanced:
        done.sent.append(after)
    _say_once(tools, done, id, "")


def _write(tools: Tools, done: Done) -> None:
    """Send the mails about consent that are due."""
    if done.no_mail:
        return
    from syndicate import letters as hall

    with done.guarded("letters", "mails about consent"):
        office, press = tools.office(), tools.press()
        desk = hall.Desk(
            tools.site, tools.store, office.transport, tools.ring(), tools.now, press.words, press.templates
        )
        try:
            while (left := hall.send_due(desk, LETTERS)) and not tools.stopping():
                done.letters += left
        except DeliveryError as error:
            done.no_mail = not isinstance(error, Busy)
            raise
        finally:
            office.transport.close()


def _sweep(tools: Tools, done: Done) -> None:
    from syndicate import settling

    with done.guarded("sweep", "what is left at the provider"):
        settling.sweep(tools.office())


# ---------------------------------------------------------------- once a day


def _daily(tools: Tools, done: Done) -> None:
    """Delete what is kept too long, ask the provider who left there, and look how mail fares. What fails is done next time."""
    from syndicate import happenings, rates, retention

    before = len(done.failed)
    with done.guarded("retention", "what is kept too long"):
        retention.purge(tools.site, tools.store, tools.ring(), tools.now())
    if tools.site.delivery.transport == "sendgrid" and tools.site.delivery.leaving == "provider":
        with done.guarded("suppressions", "who left at the provider"):
            page = getattr(tools.office().transport, "page")  # noqa: B009 (SendGrid's alone has it)
            happenings.pull(tools.store, tools.site, tools.ring(), page, tools.now())
    with done.guarded("rates", "how mail fares"):
        found = rates.rates(tools.store, tools.now())
        done.warnings += [warning for rate in found for warning in rate.warnings]
    if len(done.failed) == before:
        with done.guarded("store", "daily work"), tools.store.write() as connection:
            published.set_note(connection, DAILY, _day(tools.site, tools.now()))


# ---------------------------------------------------------------- the operator


def tell(tools: Tools, done: Done) -> None:
    """Mail the operator what they should know: drafts to approve, what broke, and a weekly line."""
    if not tools.site.notices.to:
        return
    from syndicate import notices

    with done.guarded("notices", "mails to the operator"):
        done.notices = notices.tell(_notices_desk(tools), [*_met(tools, done)])


def _notices_desk(tools: Tools) -> notices.Desk:
    from syndicate import notices

    return notices.Desk(
        tools.site, tools.store, tools.ring, tools.now, lambda: tools.press().words, lambda: tools.press().templates,
        lambda: tools.office().transport, lambda edition, list: _found(tools, edition, list),
        lambda edition, list: _audience(tools, edition, list), lambda: _wrong(tools),
    )  # fmt: skip


def _met(tools: Tools, done: Done) -> Iterator[Trouble]:
    """What this run met that the store does not show."""
    from syndicate.notices import trouble

    for held in done.held:
        told = tuple(dict.fromkeys(f"{one.name}: {one.message}" for one in held.stops))
        yield trouble("stops", held.edition.id, told, f"syndicate newsletter check {held.edition.id}")
    for one in done.failed:
        yield trouble("step", one.step, (one.message,), "syndicate run")
    if done.warnings:
        yield trouble("rates", "", tuple(done.warnings), "syndicate status")


def _found(tools: Tools, edition: Edition, list: MailingList) -> list[tuple[str, str]]:
    from syndicate import checking, compose

    found = checking.check(tools.site, tools.store, edition, list, now=tools.now(), outside=tools.outside())
    together = compose.told_together(found)
    return [(one.level, f"{one.variant}: {one.message}" if one.variant else one.message) for one in together]


def _audience(tools: Tools, edition: Edition, list: MailingList) -> dict[str, int]:
    from syndicate import delivery

    return delivery.audience(tools.office(), edition, list)


def _wrong(tools: Tools) -> int:
    from syndicate import overview

    return len(overview.look(tools.site, tools.store, tools.now())["problems"])
