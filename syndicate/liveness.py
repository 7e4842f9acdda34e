"""The hall: who is alive, and who may work on what: one small interface, whatever the database.

Beside SQLite, locks are files that the system lets go of when their holder dies, and one process works on an edition at a
time. On PostgreSQL they are its advisory locks, and several may send one edition side by side: each holds the edition's lock
together with the others, and one of its own, whose name stands in the batches that it takes. A batch is settled by others
only when nobody holds that name any more; and even then the ledger decides, not the lock: one who lives may have lost it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from syndicate.deliver import lock
from syndicate.models import Site
from syndicate.store import Store, locks

WORKERS = "workers"
"""Held by every worker, beside each other."""


BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Where Linux says which of its starts this is."""


def boot() -> str | None:
    """What names this start of the machine, and no other; None where the system does not say."""
    try:
        return BOOT.read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Watch:
    """What a process that is at work holds. `name` stands in its batches; `check` raises when it was lost (DatabaseGone).

    `dead` says of the name in a batch whether nobody is working on it (what it holds itself, it is not working on when it asks).
    """

    name: str
    dead: Callable[[str], bool]
    check: Callable[[], None] = _nothing


class Locks:
    """The locks of a site: files in `folder`, or PostgreSQL's."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder

    @classmethod
    def of(cls, site: Site, store: Store) -> Locks:
        """Those of a site whose database is open."""
        return cls(store, site.places.state / "locks")

    @contextmanager
    def hold(self, name: str, doing: str, *, beside: bool = False) -> Iterator[Watch]:
        """Hold a lock while the block runs; `doing` says what for. Raises LockHeld when somebody has it, which says who.

        With `beside`, others who say so may hold it, too, where the database can.
        """
        if self.store.sqlite:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with lock.hold(self.folder / name, name=doing):
                yield Watch(name, lambda _: True)
            return
        mine = f"{name}/{uuid.uuid4().hex}" if beside else name
        taken = [(mine, False), (name, True)] if beside else [(name, False)]
        with locks.hold(self.store, taken, doing) as session:
            # Whoever holds the lock alone knows that nobody else is at work, and who holds it beside others that nobody is alone.
            yield Watch(mine, lambda other: not beside or other in (mine, name) or not self.alive(other), session.check)

    def alive(self, name: str) -> bool:
        """Whether somebody holds a lock at this moment."""
        if self.store.sqlite:
            return lock.alive(self.folder / name)
        return bool(locks.holders(self.store, name))

    def count(self, name: str) -> int:
        """How many hold a lock at this moment."""
        return int(self.alive(name)) if self.store.sqlite else len(locks.holders(self.store, name))
