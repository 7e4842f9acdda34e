"""The door of many machines: an existing task queue in PostgreSQL (procrastinate) that wakes workers and hands them ids.

    look (every 20 s, once for all) → pull SOURCE | publish | send EDITION | chores

The queue is a runner, never the truth. What is to be done is read from the store by `look`, so a job that was lost, or that
ran twice, changes nothing: sources are stored once, publishing writes what differs, and the ledger decides who gets mail. A job
is put into the queue in the transaction that makes the work. What a dead worker was doing is put back by the queue's own
handling of stalled jobs, and sooner by the next look.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import procrastinate
from procrastinate import exceptions as raised

from syndicate.duties import Duties
from syndicate.errors import DatabaseGone, ForeignDatabase, StoreError, SyndicateError
from syndicate.store import Connection, Store

KINDS = ("pull", "publish", "send", "chores")
"""What a worker may be asked to do; each is a queue of its own."""

EVERY = 20
"""Seconds between two looks for what is due."""

AGAIN = 300
"""Seconds after which sending that came to a halt (a busy provider, a limit) is tried again."""

SHARES = 16
"""Into so many shares a send is parted at most; each is worked on by one job, until nobody waits."""

SILENT = 30
"""After so many seconds without a heartbeat a worker's jobs are put back into the queue."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the jobs are done; each may be called at the same time in several threads, and twice for the same id.

    `look` says what is due, `send` returns whether all was sent, or it came to a halt and wants to be tried again. `warn` tells
    the operator; `shares` says into how many shares a send is parted now.
    """

    look: Callable[[], Duties]
    pull: Callable[[str], None]
    publish: Callable[[], None]
    send: Callable[[str], Literal["sent", "halted", ""]]
    chores: Callable[[], None]
    warn: Callable[[str], None]
    shares: Callable[[], int]


class Queue:
    """The queue in a site's database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        conninfo = store.url.set(drivername="postgresql").render_as_string(hide_password=False)
        asynchronous = procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=6)
        self.app = procrastinate.App(connector=asynchronous)
        # Never opened: it puts jobs over the caller's own connection, which the other one cannot while it is at work.
        self._putting = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=conninfo))

    def make(self) -> None:
        """Make the queue's own tables, if they are not there."""
        with self.store.write() as connection:
            if connection.exec_driver_sql("SELECT to_regclass('procrastinate_jobs')").scalar() is None:
                connection.exec_driver_sql(self.app.schema_manager.get_schema().replace("%", "%%"))

    def put(self, connection: Connection, kind: str, key: str = "", *, after: int = 0, **ids: str) -> None:
        """Put a job into the queue in the caller's transaction, unless the same one waits there already."""
        options: dict[str, Any] = {"schedule_in": {"seconds": after}} if after else {}
        driver = connection.connection.driver_connection
        job = self._putting.configure_task(
            f"syndicate.{kind}", queue=kind, queueing_lock=f"{kind}/{key}", connection=driver, **options
        )
        with suppress(raised.AlreadyEnqueued), connection.begin_nested():
            job.defer(**ids)

    def share_out(self, connection: Connection, edition: str, shares: int) -> None:
        """Have an edition sent, in shares that are worked on side by side."""
        for number in range(max(1, min(shares, SHARES))):
            self.put(connection, "send", f"{edition}/{number}", edition=edition)

    def begin(self) -> None:
        """What a worker that starts has done first: the site's files may have changed while nobody was at work."""
        with self.store.write() as connection:
            self.put(connection, "publish")

    def put_duties(self, duties: Duties, shares: int) -> None:
        """Put what is due into the queue."""
        with self.store.write() as connection:
            for source in duties.sources:
                self.put(connection, "pull", source, source=source)
            for kind in [*["publish"] * duties.publish, *["chores"] * duties.chores]:
                self.put(connection, kind)
            for edition in duties.sending:
                self.share_out(connection, edition, shares)
            for edition in duties.halted:
                self.put(connection, "send", f"{edition}/again", after=AGAIN, edition=edition)


class Worker:
    """A process that takes jobs from the queue until it is asked to stop."""

    def __init__(self, queue: Queue, work: Work, kinds: Mapping[str, int], stop: threading.Event) -> None:
        """`kinds` says how many jobs of each kind are done side by side; when `stop` is set, call `wake`, too."""
        self.queue, self.work, self.kinds, self.stop = queue, work, kinds, stop
        self.trouble: StoreError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None
        for name in ("procrastinate", "psycopg.pool"):  # their errors are told in our words
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._tasks()

    def wake(self) -> None:
        """From a signal, or another thread: stop taking jobs, and end when those in hand have."""
        if self._loop is not None and self._running is not None:
            self._loop.call_soon_threadsafe(self._running.cancel)

    def run(self, check: Callable[[], None]) -> None:
        """Work until asked to stop. `check` raises DatabaseGone when others take us for dead.

        Raises DatabaseGone when the database went away, ForeignDatabase when it is too new.
        """
        self._check = check
        try:
            with self.queue.store.plainly():
                asyncio.run(self._run())
        except (raised.ConnectorException, OSError) as error:
            raise DatabaseGone(f"{self.queue.store.name} hung up, or is restarting.") from error
        if self.trouble is not None:
            raise self.trouble
        if not self.stop.is_set():
            raise DatabaseGone(f"{self.queue.store.name} hung up, or is restarting.")

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(sum(self.kinds.values()) + 2))  # a thread for each job
        async with self.queue.app.open_async():
            self._running = asyncio.ensure_future(self._all())
            if self.stop.is_set():
                self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _all(self) -> None:
        """One worker for sending, which may take hours, and one for all else, so that neither waits for the other."""
        groups = [["send"], [kind for kind in KINDS if kind != "send"] + ["looks"]]
        workers: list[Coroutine[Any, Any, None]] = []
        for group in groups:
            if side_by_side := sum(self.kinds.get(kind, 0) for kind in group) + (group[-1] == "looks"):
                queues = [kind for kind in group if self.kinds.get(kind) or kind == "looks"]
                workers.append(self.queue.app.run_worker_async(
                    queues=queues, concurrency=side_by_side, install_signal_handlers=False, delete_jobs="always",
                    fetch_job_polling_interval=5.0, listen_notify=True, stalled_worker_timeout=SILENT,
                ))  # fmt: skip
        running = [asyncio.ensure_future(one) for one in workers]
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    # ------------------------------------------------------------ the jobs

    def _tasks(self) -> None:
        app = self.queue.app
        add: dict[str, Callable[..., None]] = {
            "pull": self._pull,
            "publish": self._publish,
            "send": self._send,
            "chores": self._chores,
        }
        for kind, function in add.items():
            app.task(name=f"syndicate.{kind}", queue=kind)(function)
        look = app.task(name="syndicate.look", queue="looks", queueing_lock="look")(self._look)
        app.periodic(cron=f"* * * * * */{EVERY}")(look)
        back = app.task(name="syndicate.put_back", queue="looks", queueing_lock="put_back", pass_context=True)(
            _put_back
        )
        app.periodic(cron=f"* * * * * */{SILENT}")(back)

    def _pull(self, source: str) -> None:
        with self._guarded(f"pulling {source}"):
            self.work.pull(source)
            self._look_again()

    def _publish(self) -> None:
        with self._guarded("publishing"):
            self.work.publish()

    def _send(self, edition: str) -> None:
        with self._guarded(f"sending {edition}"):
            ended = self.work.send(edition)
            with self.queue.store.write() as connection:
                if ended == "sent":  # it has a page in the archive now
                    self.queue.put(connection, "publish")
                elif ended == "halted" and not self.stop.is_set():
                    self.queue.put(connection, "send", f"{edition}/again", after=AGAIN, edition=edition)

    def _chores(self) -> None:
        with self._guarded("newsletters"):
            self.work.chores()

    def _look(self, timestamp: int) -> None:
        with self._guarded("looking for what is due"):
            try:
                self._check()
            except DatabaseGone:
                self.wake()  # to be started again, and be known to the others again
            else:
                self._look_again()

    def _look_again(self) -> None:
        self.queue.put_duties(self.work.look(), self.work.shares())

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        """Whatever goes wrong is told in a sentence; the next look hands it out again."""
        try:
            self.queue.store.match()
            yield
        except ForeignDatabase as newer:
            self.trouble = newer
            self.wake()
        except SyndicateError as error:
            self.work.warn(f"{what}: {error}")
        except Exception as error:
            self.work.warn(f"{what}: this should not have happened: {type(error).__name__}: {error}")


async def _put_back(context: procrastinate.JobContext, timestamp: int) -> None:
    """Put back what silent workers were doing, as procrastinate's documents say."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT):
        await manager.retry_job(job)
