"""Liveness on PostgreSQL: a lock dies with its holder, several hold one beside each other, and who lost it notices."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import databases
import pytest

from syndicate.errors import DatabaseGone, LockHeld
from syndicate.liveness import Locks
from syndicate.store import Store

HOLD = """
import sys, time; sys.path.insert(0, 'tests')
from pathlib import Path
from syndicate.liveness import Locks; from syndicate.store import Store
with Locks(Store(sys.argv[1]), Path('.')).hold('news-1', 'sending news-1'):
    print('held', flush=True); time.sleep(60)
"""


@pytest.fixture
def locks(tmp_path: Path) -> Iterator[Locks]:
    store = Store(databases.url(tmp_path / "a.sqlite"))
    yield Locks(store, tmp_path / "locks")
    store.close()


@pytest.mark.both_engines
def test_one_holds_it_and_lets_it_go(locks: Locks) -> None:
    assert not locks.alive("news-1")
    with locks.hold("news-1", "sending news-1") as watch:
        assert locks.alive("news-1")
        assert locks.count("news-1") == 1
        assert watch.dead("somebody's")
        watch.check()
        with (
            pytest.raises(LockHeld, match=r"at work on this site: sending news-1 \(process"),
            locks.hold("news-1", "undoing"),
        ):
            pass
        assert not locks.alive("news-2")
    assert not locks.alive("news-1")


@pytest.mark.on_postgresql
def test_several_hold_it_beside_each_other_and_nobody_alone(locks: Locks) -> None:
    with locks.hold("news-1", "sending", beside=True) as one, locks.hold("news-1", "sending", beside=True) as other:
        assert locks.count("news-1") == 2
        assert one.name != other.name
        assert not one.dead(other.name)
        assert one.dead(one.name), "what it holds itself, it is not working on while it asks"
        assert one.dead("news-1/of-somebody-who-died")
        with pytest.raises(LockHeld), locks.hold("news-1", "undoing"):
            pass
    until = time.monotonic() + 10
    while not one.dead(other.name):  # the server lets go of a session's locks a moment after it was left
        assert time.monotonic() < until
    with locks.hold("news-1", "undoing"), pytest.raises(LockHeld), locks.hold("news-1", "sending", beside=True):
        pass


@pytest.mark.on_postgresql
def test_it_dies_with_its_holder(locks: Locks) -> None:
    url = locks.store.url.render_as_string(hide_password=False)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert locks.alive("news-1")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    until = time.monotonic() + 10
    while locks.alive("news-1"):
        assert time.monotonic() < until
        time.sleep(0.02)
    holder.stdout.close()


@pytest.mark.on_postgresql
def test_who_lost_it_notices(locks: Locks, tmp_path: Path) -> None:
    with locks.hold("news-1", "sending", beside=True) as watch:
        server, name = databases.ENGINE.server(), databases.name_of(tmp_path / "a.sqlite")
        server.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sending%' "
            f"AND datname = '{name}'"
        )
        with pytest.raises(DatabaseGone, match="hung up"):
            watch.check()
        assert not locks.alive("news-1")
