"""A mail server as fast as the disk is not made to wait for it. What a power cut takes away then is in doubt; nobody gets two."""

import shutil
import sqlite3

import pytest
import sqlalchemy as sa
from delivery.delivery_world import START, World

from syndicate import shift
from syndicate.store import Store

BATCH = 4
"""So many rows the world's provider takes at once."""


class Cut(BaseException):
    """The power went."""


def cut(world: World, provider, *, batch: int, posted: int, **more) -> None:
    """Send until so many mails of a batch are posted; then the disk has nothing that was written since the batch was claimed."""
    copy, passed = world.folder / "as the disk had it", []

    def point(name):
        passed.append(name)
        if name == "claimed" and passed.count(name) == batch:
            with sqlite3.connect(world.store.path) as now, sqlite3.connect(copy) as then:
                now.backup(then)
        if name == "posted" and passed.count("claimed") == batch and passed[::-1].index("claimed") >= 2 * posted:
            raise Cut

    with pytest.raises(Cut):
        world.send(provider, point=point, boot="the first start", **more)
    world.store.close()
    for end in ("", "-wal", "-shm"):
        (world.store.path.parent / f"{world.store.path.name}{end}").unlink(missing_ok=True)
    shutil.copy(copy, world.store.path)
    world.store = Store(f"sqlite:///{world.store.path}")


@pytest.mark.on_sqlite
def test_after_a_power_cut_the_batch_is_in_doubt_and_nobody_gets_two(world):
    provider = world.provider(undoable=False, single=True)
    cut(world, provider, batch=3, posted=2)
    assert world.states()["claimed"] == BATCH  # as if none of them had been posted
    standing = world.send(provider, boot="the second start")
    assert (standing.state, dict(standing.states)) == ("sent", {"accepted": 25 - BATCH, "held": BATCH})
    assert set(provider.arrived.values()) == {1}
    assert len(provider.arrived) == 25 - BATCH + 2


@pytest.mark.on_sqlite
def test_without_that_rule_two_would_get_it_twice(world):
    """The same for who does not know that the machine was started anew."""
    provider = world.provider(undoable=False, single=True)
    cut(world, provider, batch=3, posted=2)
    world.send(provider, boot="the first start")
    assert sorted(provider.arrived.values())[-3:] == [1, 2, 2]


@pytest.mark.on_sqlite
def test_a_machine_that_does_not_say_which_start_it_is_is_taken_for_another(world):
    provider = world.provider(undoable=False, single=True)
    cut(world, provider, batch=3, posted=1)
    world.send(provider)
    assert set(provider.arrived.values()) == {1}
    assert world.states()["held"] == BATCH


def test_only_a_fast_server_is_not_made_to_wait(world):
    """The first batch always waits, because nobody knows yet; all of them do where the system does not say which start it is."""
    provider = world.provider(undoable=False, single=True)
    swift = [batch["boot"] for batch in sorted(_all(world, provider, "a start"), key=lambda row: row["claimed"])]
    assert (swift.count(None), swift.count("a start")) == ((1, 7) if world.store.sqlite else (8, 0))


@pytest.mark.parametrize(("boot", "kind"), [(None, {"single": True}), ("a start", {"undoable": True})])
def test_what_always_waits(world, boot, kind):
    """A machine that does not name its starts; and a transport that takes a whole batch at once."""
    assert {batch["boot"] for batch in _all(world, world.provider(**kind), boot)} == {None}


def test_a_slow_server_is_what_is_waited_for(world, monkeypatch):
    monkeypatch.setattr(shift, "SWIFT", 0.0)
    provider = world.provider(undoable=False, single=True)
    assert {batch["boot"] for batch in _all(world, provider, "a start")} == {None}


def _all(world, provider, boot):
    assert world.send(provider, boot=boot).state == "sent"
    assert set(provider.arrived.values()) == {1}
    return world.batches()


@pytest.mark.on_sqlite
def test_no_other_transaction_is_swift(world):
    found = []
    for swift in (True, False, True):
        with world.store.write(swift=swift) as connection:
            found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    with world.store.write() as connection:
        found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    assert found == [1, 2, 1, 2]


@pytest.mark.on_sqlite
def test_a_step_is_made_whole_or_not_at_all_and_a_locked_database_raises_nothing(world):
    from syndicate.store import ledger
    from syndicate.store import schema as s
    from syndicate.store.swift import swiftly

    with world.store.write() as connection:
        connection.execute(s.editions.update().values(state="sending"))
        connection.execute(s.deliveries.insert(), [
            {"id": id, "edition": "news-1", "subscriber": id, "variant": "sq", "state": state, "batch": "b", "changed": START,
             "reason": "", "tries": 0} for id, state in (("one", "posting"), ("two", "claimed"), ("three", "accepted"))
        ])  # fmt: skip

    def states():
        with world.store.read() as connection:
            return dict(connection.execute(sa.select(s.deliveries.c.id, s.deliveries.c.state)).all())

    before, step = states(), {"mine": "b", "of": "news-1", "at": START}
    with swiftly(world.store, ledger.TURN) as swift:
        assert not swift.run(step | {"before": "three", "next": "two"}, 2), "only one of the two is as it should be"
        assert states() == before
        with sqlite3.connect(world.store.path) as other:
            other.execute("PRAGMA busy_timeout = 0")
            other.execute("BEGIN IMMEDIATE")
            swift._connection.execute("PRAGMA busy_timeout = 10")
            assert not swift.run(step | {"before": "one", "next": "two"}, 2)
            other.rollback()
        assert states() == before
        assert swift.run(step | {"before": "one", "next": "two"}, 2)
    assert states() == {"one": "accepted", "two": "posting", "three": "accepted"}
    with world.store.write() as connection:  # the same connection, from the pool: it waits for the disk again
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
