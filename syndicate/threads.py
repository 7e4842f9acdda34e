"""Work side by side, stopped by one Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 1.0
"""Seconds that Ctrl-C waits for threads to finish the step they are at."""


# A Ctrl-C that arrives just as the main thread begins to wait is seen only when the wait ends.
_MOMENT = 0.2


class _Stopped(BaseException):
    """No step more. Not an Exception, so that nobody takes it for a fault of the work itself."""


def side_by_side(
    work: Callable[[T, Callable[[], None]], R], todo: Sequence[T], *, threads: int, patience: float = PATIENCE
) -> list[R]:
    """Do the work for each of `todo`, at most `threads` at once; the results in their order. Raises what the work raised.

    The work is handed a function to call before each step that it could leave undone. On Ctrl-C, and when one piece of work
    raises, the others stop there. A thread that waits for a server is not waited for: it ends with the process.
    """
    gang = _Gang(work, todo)
    started: list[Thread] = []
    try:
        for _ in range(min(threads, len(todo))):
            # A daemon: an ordinary thread would keep the process until its server has answered.
            thread = Thread(target=gang.labour, daemon=True)
            thread.start()
            started.append(thread)
        for thread in started:
            while thread.is_alive():
                thread.join(_MOMENT)
    except BaseException:
        gang.stopped.set()
        for thread in started:
            thread.join(timeout=patience / len(started))
        raise
    if gang.errors:
        raise gang.errors[0]
    return [gang.results[number] for number in range(len(todo))]


class _Gang(Generic[T, R]):
    """What the threads share."""

    def __init__(self, work: Callable[[T, Callable[[], None]], R], todo: Sequence[T]) -> None:
        self.work, self.waiting = work, iter(enumerate(todo))
        self.results: dict[int, R] = {}
        self.errors: list[BaseException] = []
        self.lock, self.stopped = Lock(), Event()

    def labour(self) -> None:
        """Take one piece of work after the other, until there is none or the others stopped."""
        try:
            while not self.stopped.is_set():
                with self.lock:
                    one = next(self.waiting, None)
                if one is None:
                    return
                self.results[one[0]] = self.work(one[1], self.checkpoint)
        except _Stopped:
            return
        except BaseException as error:
            self.errors.append(error)
            self.stopped.set()

    def checkpoint(self) -> None:
        """Go no further if the run was stopped."""
        if self.stopped.is_set():
            raise _Stopped
