"""A process that sends, to be killed: `python delivery_child.py FOLDER TRANSPORT POINT N SCRIPT…`.

It kills itself with SIGKILL when it passes the named point for the Nth time.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime

from delivery.delivery_world import LIST, Provider, World, folder_transport

from syndicate import delivery, settling


def main(folder, kind, point, number, act, *script):
    world = World(folder)
    left = [int(number)]

    def passed(name):
        if name == point:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    made = {
        "folder": lambda: folder_transport(folder),
        "undoable": lambda: Provider(world.folder / "books", script=script, size=7),
        "single": lambda: Provider(world.folder / "books", script=script, undoable=False, single=True, size=7),
    }
    office = replace(world.office(made[kind]()), point=passed, now=lambda: datetime.now(UTC))
    if act == "undo":
        settling.undo(office, world.edition)
    else:
        delivery.send(office, world.edition, LIST, lambda *_: None)
    world.store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
