"""While one batch is away, the next is claimed: what that may not change."""

from datetime import UTC, datetime, timedelta

import pytest
from delivery.delivery_world import EDITION
from delivery.test_killed import child

from syndicate import settling, shift
from syndicate.store import editions


def unposted(world):
    """How many rows are `posting` in a batch of which nothing was handed over yet."""
    with world.store.read() as connection:
        return settling.ledger.count_ahead(connection, EDITION)


@pytest.mark.both_engines
def test_the_next_is_claimed_while_one_is_away(world):
    seen = []

    def passed(name):
        if name == "claimed":
            seen.append(unposted(world))

    assert world.send(world.provider(), point=passed).state == "sent"
    assert max(seen) == 4
    assert all(batch["posted"] for batch in world.batches())


def test_of_a_killed_sender_it_is_known_that_the_next_was_not_posted(world):
    """Too late to call back what was away: of that nobody knows. What was only claimed is sent, and nobody is asked about it."""
    world.now = datetime.now(UTC)
    child(world.folder, "undoable", "claimed", 3)
    ahead, away = unposted(world), world.states()["posting"] - unposted(world)
    assert ahead
    assert away
    world.now += timedelta(hours=1)
    standing = world.send(world.provider(size=7))
    assert dict(standing.states) == {"accepted": 25 - away, "held": away}
    assert max(world.provider().arrived.values()) == 1


def test_what_undo_says_of_it_while_the_sender_lives(world):
    told = []

    def passed(name):
        if name == "claimed" and unposted(world):
            told.append(settling.prospect(world.office(provider), world.edition))

    provider = world.provider()
    world.send(provider, point=passed)
    assert told
    assert all(one.unposted + one.recallable == 25 and one.gone == 0 for one in told)


def test_who_leaves_while_one_is_long_away_is_asked_for_again(world, monkeypatch):
    monkeypatch.setattr(shift, "STALE", 0.0)
    left = []

    def passed(name):
        if name == "claimed" and unposted(world) and not left:
            with world.store.read() as connection:
                ahead = connection.exec_driver_sql(
                    "SELECT subscriber FROM deliveries d JOIN batches b ON b.id = d.batch WHERE b.posted IS NULL LIMIT 1"
                ).scalar_one()
            left.append(int(ahead[1:]))
            world.set_standing(left[0], "unsubscribed")

    provider = world.provider()
    standing = world.send(provider, point=passed)
    assert dict(standing.states) == {"accepted": 24, "suppressed": 1}
    assert f"reader{left[0]}@example.org" not in provider.arrived
    assert set(provider.arrived.values()) == {1}


@pytest.mark.parametrize("state", ["paused", "undone", "cancelled"])
def test_what_was_claimed_goes_back_when_the_edition_is_stopped(world, state):
    stopped = []

    def passed(name):
        if name == "claimed" and unposted(world) and not stopped:
            stopped.append(unposted(world))
            with world.store.write() as connection:
                editions.set_state(connection, EDITION, state, was=("sending",))

    provider = world.provider()
    standing = world.send(provider, point=passed)
    sent = sum(provider.arrived.values())
    assert (standing.state, len(stopped)) == (state, 1)
    assert world.states() == {"accepted": sent, "queued" if state == "paused" else "cancelled": 25 - sent}
    assert all(batch["settled"] for batch in world.batches())


@pytest.mark.parametrize(
    "fate", ["busy 3", "put off", "taken, no answer", "lost, then cut", "key refused", "all refused"]
)
def test_trouble_of_the_one_that_is_away_leaves_nobody_claimed(world, fate):
    provider = world.provider(script=["taken", "taken", fate])
    for _ in range(3):
        try:
            if world.send(provider).state == "sent":
                break
        except settling.DeliveryError:
            assert unposted(world) == 0
    assert max(provider.arrived.values()) == 1
    failed = world.states().get("failed", 0)
    assert world.states()["accepted"] == 25 - failed == sum(provider.arrived.values())


def test_a_slow_provider_is_not_hurried(world, monkeypatch):
    monkeypatch.setattr(shift, "QUICK", 0.0)
    seen = []
    assert world.send(world.provider(), point=lambda name: seen.append(unposted(world))).state == "sent"
    assert set(seen) == {0}
