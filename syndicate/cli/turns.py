"""Work that only one process does at a time, whichever command it came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syndicate.cli.desk import Desk


@contextmanager
def alone(desk: Desk, work: str = "run") -> Iterator[bool]:
    """Whether this process is the only one at some work, and for how long it stays so: `run` is pulling and publishing."""
    from syndicate.errors import LockHeld
    from syndicate.liveness import Locks

    with ExitStack() as held:
        try:
            held.enter_context(Locks.of(desk.site, desk.store).hold(work, f"syndicate {work}"))
            free = True
        except LockHeld:
            free = False
        yield free
