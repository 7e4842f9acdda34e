"""Real processes, really killed at every named point; whoever comes next finds everything and nobody gets two."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from delivery.delivery_world import EDITION, folder_transport

from syndicate import settling

CHILD = Path(__file__).with_name("delivery_child.py")
TESTS = str(CHILD.parents[1])
POINTS = ("before-claim", "claimed", "prepared", "posting", "posted", "receipted")
LONG = pytest.mark.skipif(not os.environ.get("SYNDICATE_TEST_ALL"), reason="one of a long matrix")


def child(folder, kind, point, number, act="send", *script):
    command = [sys.executable, str(CHILD), str(folder), kind, point, str(number), act, *script]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": TESTS}, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr


def arrived(world, kind):
    if kind == "folder":
        return [path.read_text() for path in (world.folder / "outbox").glob("*.eml")]
    return [*world.provider().arrived.elements()]


def transport(world, kind):
    made = {
        "folder": lambda: folder_transport(world.folder),
        "undoable": lambda: world.provider(size=7),
        "single": lambda: world.provider(size=7, undoable=False, single=True),
    }
    return made[kind]()


def cells():
    for kind in ("folder", "undoable", "single"):
        for number, point in enumerate(POINTS):
            sample = kind == "undoable" or (kind == "single") == (number % 2 == 1)
            yield pytest.param(kind, point, marks=() if sample else LONG)


@pytest.mark.parametrize(("kind", "point"), [*cells()])
def test_killed_at_a_point(world, kind, point):
    world.now = datetime.now(UTC)
    child(world.folder, kind, point, 2)
    before = world.balanced()
    most = {"folder": 7, "undoable": 14, "single": 1}[kind]  # where it can be called back, the next is claimed ahead
    assert before.states.get("posting", 0) <= most
    if point in ("posting", "posted"):
        assert before.states["posting"] > 0, "nothing leaves without a durable row"
    world.now = datetime.now(UTC)
    standing = world.send(transport(world, kind))
    found = arrived(world, kind)
    assert len(found) == len(set(found))
    held = standing.states.get("held", 0)
    assert held == (1 if kind == "single" and point in ("posting", "posted") else 0)
    assert dict(standing.states) == {"accepted": 25 - held} | ({"held": held} if held else {})
    assert len(found) in ((25,) if not held else (24, 25))
    assert standing.state == "sent"


def test_killed_while_doubt_is_settled(world):
    world.now = datetime.now(UTC)
    child(world.folder, "undoable", "settled", 1, "send", "taken, no answer")
    assert world.balanced().states["posting"] == 7 or world.balanced().states["posting"] == 6
    world.send(transport(world, "undoable"))
    found = arrived(world, "undoable")
    assert (len(found), len(set(found))) == (25, 25)


@pytest.mark.parametrize("point", ["undone", "recalled"])
def test_killed_while_it_is_undone(world, point):
    world.now = datetime.now(UTC)
    provider = world.provider(size=7, script=["taken", "taken", "busy"])
    world.send(provider)
    child(world.folder, "undoable", point, 1, "undo")
    assert world.balanced().state == "undone"
    done = settling.undo(world.office(transport(world, "undoable")), world.edition)
    assert (done.got, done.gave_back, arrived(world, "undoable")) == (0, True, [])
    assert world.states() == {"cancelled": 25}


def test_killed_in_an_edition_that_was_then_given_up(world):
    world.now = datetime.now(UTC)
    child(world.folder, "undoable", "posted", 1)
    with world.store.write() as connection:
        from syndicate.store import editions, ledger

        editions.set_state(connection, EDITION, "cancelled", was=("sending",))
        ledger.cancel_queued(connection, EDITION, world.now, "a post in it was withdrawn")
    assert world.states()["posting"] > 0
    settling.sweep(world.office(transport(world, "undoable")))
    assert world.states() == {"cancelled": 25}
    assert arrived(world, "undoable") == []
