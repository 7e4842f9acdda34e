"""`worker`: a worker of the distributed engine, run in this process; and what other commands leave to workers."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import Desk
from syndicate.cli.telling import number

if TYPE_CHECKING:
    from threading import Event

    from syndicate.liveness import Locks
    from syndicate.models import Edition, MailingList
    from syndicate.office import Office
    from syndicate.worker import Queue, Work, Worker

PANEL = "Every day"

SKEW = timedelta(seconds=2)
"""A clock that is further off than this from the database's is put right."""

SHARES = 2
"""Shares of a send for each worker, where nobody knows how many it takes at a time."""

PAUSE = 1.0
"""Seconds between two tries to reach a database that went away."""


@command(app, panel=PANEL)
def worker(
    desk: Desk,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="KIND", help="What this worker does: pull, publish, send, chores. Default: all."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=32, help="How many shares of a send at a time.")] = SHARES,
) -> None:
    """A worker: does what `run` does, on as many machines as you like, with PostgreSQL. Ctrl-C or SIGTERM stops it cleanly.

    It needs the same site folder and keys on each machine. With workers at work, `run` and `newsletter send` leave it to them.
    """
    from syndicate.config import finished
    from syndicate.errors import UsageError
    from syndicate.worker import KINDS

    finished(desk.site, "worker")
    if wrong := [kind for kind in only or () if kind not in KINDS]:
        raise UsageError(f"There is no work called {wrong[0]!r}: --only takes {', '.join(KINDS)}.")
    if desk.store.sqlite:
        raise UsageError(
            "Workers share a PostgreSQL database: set SYNDICATE_DATABASE_URL, and move what is there with "
            "`syndicate copy-database`. With SQLite, `syndicate run` does all of it in one process."
        )
    _same_keys(desk)
    _put_clock_right(desk)
    queue = queue_of(desk)
    queue.make()
    queue.begin()
    kinds = {kind: jobs if kind == "send" else 1 for kind in only or KINDS}
    text = f"Working: {', '.join(kinds)}. Ctrl-C stops it."
    _work(desk, queue, kinds, cache(lambda: _begun(desk, {"working": sorted(kinds), "jobs": jobs}, text)))
    desk.say("Stopped.")


def queue_of(desk: Desk) -> Queue:
    """The site's queue."""
    from syndicate.worker import Queue

    return Queue(desk.store)


def workers_of(desk: Desk) -> int:
    """How many workers are at work on this site now."""
    if desk.store.sqlite:
        return 0
    from syndicate.liveness import WORKERS, Locks

    return Locks.of(desk.site, desk.store).count(WORKERS)


def left_to_workers(desk: Desk) -> bool:
    """Hand what is due to the workers, where some are at work, and say so."""
    from syndicate import duties

    if not (count := workers_of(desk)):
        return False
    queue_of(desk).put_duties(duties.look(desk.site, desk.store, desk.now()), count * SHARES)
    desk.say(f"{number(count, 'worker')} at work on this site: what is due was left to them.")
    return True


def handed_on(desk: Desk, office: Office, edition: Edition, list: MailingList, *, late: bool) -> bool:
    """Begin an edition, and hand it on to the workers in the same transaction, where some are at work; and say so."""
    from syndicate import delivery
    from syndicate.cli.sending import sentence, standing_shape
    from syndicate.store import armed

    if not (count := workers_of(desk)):
        return False
    with desk.store.read() as connection:
        armed.refuse(connection)
    standing = delivery.send(
        _handing_on(office, queue_of(desk), count * SHARES), edition, list, lambda *_: None, late=late
    )
    text = (
        f"{sentence(standing)}\n{number(count, 'worker')} at work on it; `newsletter status {edition.id}` says how far."
    )
    desk.result({"edition": standing_shape(standing), "workers": count}, text)
    return True


# ---------------------------------------------------------------- at work


def _begun(desk: Desk, value: dict[str, object], text: str) -> None:
    desk.result(value, text)
    sys.stdout.flush()  # whoever started this waits for it


def _work(desk: Desk, queue: Queue, kinds: dict[str, int], begun: Callable[[], None]) -> None:
    """Work until asked to stop; when the database goes away, wait until it is back. `begun` is called once others know of us."""
    from threading import Event

    from syndicate.errors import DatabaseGone
    from syndicate.liveness import WORKERS, Locks
    from syndicate.worker import Worker

    hands: list[Worker] = []
    locks, stop, told = Locks.of(desk.site, desk.store), Event(), False
    work = _duties(desk, stop.is_set, locks, queue, kinds)
    with _stoppable(desk, stop, hands):
        while not stop.is_set():
            hands[:] = [Worker(queue, work, kinds, stop)]
            with suppress(DatabaseGone), locks.hold(WORKERS, "syndicate worker", beside=True) as watch:
                told = False
                begun()
                hands[0].run(watch.check)
            if not stop.is_set():
                if not told:
                    desk.warn(f"{desk.store.name} hung up, or is restarting. This worker goes on when it is back.")
                told = True
                stop.wait(PAUSE)
                queue = queue_of(desk)


@contextmanager
def _stoppable(desk: Desk, stop: Event, hands: list[Worker]) -> Iterator[None]:
    """While the block runs, Ctrl-C and SIGTERM ask the worker in hand to stop; a second Ctrl-C ends the process as always."""

    def ask(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        desk.say("Stopping after the step in hand; Ctrl-C again stops at once.")
        for one in hands:
            one.wake()

    before = [(one, signal.signal(one, ask)) for one in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)


def _duties(desk: Desk, stopping: Callable[[], bool], locks: Locks, queue: Queue, kinds: dict[str, int]) -> Work:
    """How this worker does each kind of work."""
    from syndicate import duties
    from syndicate.liveness import WORKERS
    from syndicate.worker import Work

    _ = (
        desk.site,
        desk.store,
        desk.ring,
        desk.words,
        desk.template_folders,
    )  # read once, before several threads want them

    def shares() -> int:
        return locks.count(WORKERS) * kinds.get("send", 1)

    return Work(
        look=lambda: duties.look(desk.site, desk.store, desk.now()),
        pull=lambda id: _pull(desk, locks, id),
        publish=lambda: _publish(desk),
        send=lambda id: _send(desk, id, stopping),
        chores=lambda: _chores(desk, stopping, queue, shares()),
        warn=lambda line: desk.warn(f"{desk.now():%Y-%m-%dT%H:%M:%SZ} {line}"),
        shares=shares,
    )


def _pull(desk: Desk, locks: Locks, id: str) -> None:
    from syndicate.cli import road
    from syndicate.errors import LockHeld

    source = next((one for one in desk.site.sources if one.id == id), None)
    if source is not None:
        with suppress(LockHeld), locks.hold(f"pull {id}", f"pulling {id}"):
            for one in road._pull(desk, [source], only_due=True):
                if one.status == "failed" or (one.status == "skipped" and one.error):
                    desk.warn(f"{one.id}: {one.error}")


def _publish(desk: Desk) -> None:
    from syndicate.cli.road import publish_again
    from syndicate.cli.turns import alone

    with alone(desk) as free:
        if free:
            publish_again(desk)


def _send(desk: Desk, id: str, stopping: Callable[[], bool]) -> Literal["sent", "halted", ""]:
    """A share of a send: until nobody waits. Whether all was sent then, or it came to a halt that is over by itself."""
    from syndicate import delivery
    from syndicate.cli.newsletter import office_of
    from syndicate.cli.stopping import wait
    from syndicate.errors import Busy, LockHeld, UsageError
    from syndicate.store import editions

    with desk.store.read() as connection:
        edition = editions.load(connection, id)
    list = next((one for one in desk.site.lists if edition and one.id == edition.list), None)
    if edition is None or list is None or edition.state != "sending":
        return ""
    office = replace(
        office_of(desk, "worker"), stopping=stopping, pauses=False, wait=lambda seconds: wait(seconds, stopping)
    )
    try:
        after = delivery.send(office, edition, list, lambda *_: None)
    except Busy:
        return "halted"
    except (LockHeld, UsageError):  # somebody undid or paused it meanwhile
        return ""
    if after.state == "sent":
        return "sent"
    return "halted" if after.state == "sending" and after.stopped else ""


def _chores(desk: Desk, stopping: Callable[[], bool], queue: Queue, shares: int) -> None:
    from syndicate import arming, chores
    from syndicate.cli.road import tools
    from syndicate.cli.turns import alone

    done = chores.Done()
    with alone(desk, "chores") as free:
        if free and arming.look(desk.store) is None:  # a copy that was put back mails nothing before `arm`
            kit = tools(desk, stopping)
            made = kit.office
            kit = replace(kit, office=lambda: _handing_on(made(), queue, shares))
            chores.work(kit, chores.look(desk.site, desk.store, desk.now()), done)
            if not stopping():
                chores.tell(kit, done)
    for message in (*done.said, *dict.fromkeys(one.message for one in done.failed)):
        desk.warn(f"{desk.now():%Y-%m-%dT%H:%M:%SZ} {message}")


def _handing_on(office: Office, queue: Queue, shares: int) -> Office:
    """An office that begins editions, and leaves the sending of them to workers."""
    return replace(
        office, pauses=False, hand_on=lambda connection, edition: queue.share_out(connection, edition, shares)
    )


# ---------------------------------------------------------------- before work


def _same_keys(desk: Desk) -> None:
    from syndicate.store import owner

    owner.keep_keys(desk.store, desk.ring)


def _put_clock_right(desk: Desk) -> None:
    """All workers go by the database's clock: limits and times are written by one and read by another."""
    ahead = desk.store.ahead(desk.now)
    if abs(ahead) > SKEW:
        way = "ahead of" if ahead > timedelta(0) else "behind"
        desk.warn(
            f"This machine's clock is {abs(ahead).total_seconds():.0f} s {way} the database's, which is gone by here."
        )
        ours = desk.now
        desk.now = lambda: ours() - ahead
