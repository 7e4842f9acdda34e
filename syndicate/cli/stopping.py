"""Long work that a person stops with Ctrl-C: the first asks for it, the second ends the process."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syndicate.cli.desk import Desk


@contextmanager
def stoppable(desk: Desk) -> Iterator[Callable[[], bool]]:
    """While the block runs, the first Ctrl-C only asks to stop; the second ends the process as it always does."""
    asked: list[int] = []

    def ask(*_: object) -> None:
        asked.append(1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        desk.say("Stopping after the batch in hand; Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def wait(seconds: float, stopping: Callable[[], bool]) -> None:
    """Sleep so many seconds, or less when asked to stop."""
    until = time.monotonic() + seconds
    while not stopping() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.2))
