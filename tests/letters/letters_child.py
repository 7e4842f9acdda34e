"""A process that sends letters, to be run beside another or killed: `python letters_child.py WHAT FOLDER`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from people.people_world import T0, World

from syndicate import letters
from syndicate.deliver import Batch
from syndicate.models import Receipt


class Told:
    """A transport that says aloud what it is handed, since the folder would hide a second copy."""

    def __init__(self, inner: object, pause: float) -> None:
        self._inner = inner
        self._pause = pause

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def post(self, batch: Batch) -> Iterator[Receipt]:
        print(*(copy.id for copy in batch.copies), flush=True)
        time.sleep(self._pause)
        yield from self._inner.post(batch)  # type: ignore[attr-defined]


def main(what: str, folder: str) -> None:
    world = World(Path(folder), now=T0)
    desk = replace(world.desk, transport=Told(world.desk.transport, 60 if what == "stop" else 0.002))
    print("ready", os.getpid(), flush=True)
    sys.stdin.readline()
    while letters.send_due(desk, 5):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
