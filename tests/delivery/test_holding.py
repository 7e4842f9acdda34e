"""Scheduling, pausing, undoing, repairing, clearing away."""

from datetime import timedelta

import pytest
from delivery.delivery_world import EDITION, START

from syndicate import delivery, settling
from syndicate.deliver.lock import hold
from syndicate.errors import DeliveryError, UsageError
from syndicate.store import editions
from syndicate.store import schema as s


def due(world):
    return delivery.due(world.site, world.store, world.now)


def posts_of_the_list(world):
    with world.store.read() as connection:
        return len(editions.decided(connection, "news"))


# ---------------------------------------------------------------- by the clock


def test_scheduled_it_is_due_at_its_time(world):
    provider = world.provider()
    settling.schedule(world.office(provider), world.edition, START + timedelta(hours=3))
    assert (world.edition.state, due(world)) == ("scheduled", [])
    world.now += timedelta(hours=3)
    assert due(world) == [EDITION]
    world.now += timedelta(days=2, seconds=1)
    assert due(world) == []
    with pytest.raises(UsageError, match="--late"):
        world.send(provider)
    assert not provider.arrived
    assert world.send(provider, late=True).state == "sent"


def test_what_the_provider_holds_back_is_handed_over_before(world):
    world.rules(transport="sendgrid")
    provider = world.provider()
    settling.schedule(world.office(provider), world.edition, START + timedelta(hours=3))
    world.now += timedelta(hours=2, minutes=30)
    assert due(world) == [EDITION]
    standing = world.send(provider)
    assert standing.leaves == (START + timedelta(hours=3),) * 2
    assert standing.undo_until == START + timedelta(hours=2, minutes=48)


def test_sent_now_although_it_was_scheduled(world):
    provider = world.provider()
    settling.schedule(world.office(provider), world.edition, START + timedelta(hours=3))
    standing = world.send(provider)
    assert (standing.state, standing.send_at) == ("sent", None)
    assert standing.leaves[0] == START + timedelta(minutes=30)


def test_what_cannot_be_scheduled(world):
    office = world.office(world.provider())
    with pytest.raises(UsageError, match="is over"):
        settling.schedule(office, world.edition, START)
    world.send(world.provider())
    with pytest.raises(UsageError, match="only an approved"):
        settling.schedule(office, world.edition, START + timedelta(hours=1))


@pytest.mark.on_sqlite
def test_a_sender_at_work_is_not_due_twice(world):
    provider = world.provider(script=["taken", "busy"])
    world.send(provider)
    assert due(world) == [EDITION]
    with hold(world.folder / "locks" / EDITION, name="somebody"):
        assert due(world) == []
    settling.pause(world.store, world.edition)
    assert due(world) == []


def test_paused_before_its_time_it_is_scheduled_again(world):
    office = world.office(world.provider())
    settling.schedule(office, world.edition, START + timedelta(hours=3))
    settling.pause(world.store, world.edition)
    assert settling.reschedule(office, world.edition)
    assert world.edition.state == "scheduled"
    settling.pause(world.store, world.edition)
    world.now += timedelta(hours=4)
    assert not settling.reschedule(office, world.edition)
    world.send(world.provider())
    with pytest.raises(UsageError, match="only what is being sent"):
        settling.pause(world.store, world.edition)


# ---------------------------------------------------------------- undo


@pytest.mark.both_engines
def test_undo_calls_back_all_that_still_can_be(world):
    provider = world.provider(script=["taken"] * 3 + ["busy"])
    world.send(provider)
    office = world.office(provider)
    ahead = settling.prospect(office, world.edition)
    assert (ahead.unposted, ahead.recallable, ahead.gone, ahead.why) == (15, 10, 0, "")
    assert ahead.until == START + timedelta(minutes=18)
    done = settling.undo(office, world.edition)
    assert (done.stopped, done.recalled, done.got, done.gave_back) == (15, 10, 0, True)
    assert (world.edition.state, world.states(), provider.arrived) == ("undone", {"cancelled": 25}, {})
    assert posts_of_the_list(world) == 0
    with pytest.raises(UsageError, match="it is undone"):
        settling.undo(office, world.edition)
    with pytest.raises(UsageError, match="is undone"):
        world.send(provider)


def test_undo_when_it_is_too_late_for_some(world):
    provider = world.provider(script=["taken"] * 2 + ["busy"])
    world.send(provider)
    world.now += timedelta(minutes=10)
    world.send(provider)
    world.now += timedelta(minutes=9)
    office = world.office(provider)
    done = settling.undo(office, world.edition)
    assert (done.stopped, done.recalled, done.got, done.gave_back) == (0, 19, 6, False)
    assert "too late" in done.why
    assert world.states() == {"accepted": 6, "cancelled": 19}
    assert sum(provider.arrived.values()) == 6
    assert posts_of_the_list(world) == 1


def test_undo_when_all_has_left(world):
    provider = world.provider()
    world.send(provider)
    world.now += timedelta(minutes=18)
    with pytest.raises(UsageError, match=r"can be undone: it is sent\. .* too late"):
        settling.undo(world.office(provider), world.edition)
    assert world.edition.state == "sent"


def test_undo_without_an_undo_window_stops_the_rest(world):
    provider = world.provider(undoable=False, script=["taken", "busy"])
    world.send(provider)
    done = settling.undo(world.office(provider), world.edition)
    assert (done.stopped, done.recalled, done.got) == (21, 0, 4)
    assert "left at once" in done.why


def test_undo_of_a_scheduled_edition_gives_its_posts_back(world):
    office = world.office(world.provider())
    settling.schedule(office, world.edition, START + timedelta(hours=3))
    assert settling.undo(office, world.edition).gave_back
    assert (world.edition.state, posts_of_the_list(world)) == ("undone", 0)


def test_undo_of_more_than_can_be_called_back_at_once(world, monkeypatch):
    monkeypatch.setattr(settling, "AT_ONCE", 3)
    provider = world.provider()
    world.send(provider)
    done = settling.undo(world.office(provider), world.edition)
    assert (done.recalled, done.got) == (10, 15)
    assert "3 requests" in done.why
    assert sum(provider.arrived.values()) == 15


def test_undo_when_the_provider_cannot_be_reached(world):
    provider = world.provider(script=["taken", "busy"])
    world.send(provider)
    provider.deaf = True
    done = settling.undo(world.office(provider), world.edition)
    assert (done.stopped, done.recalled, done.got) == (21, 0, 4)
    assert "Type the same again" in done.why
    provider.deaf = False
    assert settling.undo(world.office(provider), world.edition).recalled == 4
    assert not provider.arrived


@pytest.mark.on_sqlite
def test_undo_waits_for_the_sender(world):
    provider = world.provider(script=["taken", "busy"])
    world.send(provider)
    with hold(world.folder / "locks" / EDITION, name="x"), pytest.raises(DeliveryError, match="still on its way"):
        settling.undo(world.office(provider), world.edition, patience=0.1)
    assert world.states() == {"accepted": 4, "cancelled": 21}


# ---------------------------------------------------------------- repair


def in_doubt(world, **more):
    provider = world.provider(script=["taken, no answer", "all refused"], deaf=True, **more)
    world.send(provider)
    return provider


def test_repair_settles_by_evidence(world):
    provider = in_doubt(world)
    assert settling.doubts(world.store, world.edition) == settling.Doubts(4, 0, 2)
    provider.deaf = False
    left = settling.repair(world.office(provider), world.edition)
    assert left == settling.Doubts(0, 0, 2)
    assert world.states() == {"accepted": 19, "queued": 4, "failed": 2}


def test_repair_by_the_operators_word(world):
    provider = in_doubt(world, undoable=False)
    office = world.office(provider)
    assert settling.repair(office, world.edition) == settling.Doubts(0, 4, 2)
    assert world.edition.state == "sent"
    assert settling.retry_failed(office, world.edition) == 2
    assert (world.edition.state, world.states()) == ("paused", {"accepted": 19, "queued": 2, "held": 4})
    assert settling.assume_sent(office, world.edition) == 4
    assert world.send(provider).state == "sent"
    assert world.states() == {"accepted": 25}
    assert set(provider.arrived.values()) == {1}


def test_resending_what_is_held_may_make_two(world):
    provider = in_doubt(world, undoable=False)
    assert settling.resend_held(world.office(provider), world.edition) == 4
    world.send(provider)
    assert sorted(provider.arrived.values()) == [1] * 19 + [2] * 4


def test_nobody_is_queued_in_an_edition_that_was_given_up(world):
    provider = world.provider(script=["all refused", "busy"])
    world.send(provider)
    settling.undo(world.office(provider), world.edition)
    with pytest.raises(UsageError, match="is undone"):
        settling.retry_failed(world.office(provider), world.edition)


# ---------------------------------------------------------------- clearing away


def test_cancellations_are_deleted_a_day_after_their_time(world):
    provider = world.provider(script=["taken, no answer", "taken", "busy"])
    world.send(provider)
    settling.undo(world.office(provider), world.edition)
    recalled = {batch["undo_id"] for batch in world.batches() if batch["recalled"]}
    assert len(recalled) == 2
    office = world.office(provider)
    settling.sweep(office)
    world.now += timedelta(days=1, minutes=29)
    settling.sweep(office)
    assert provider.forgotten == []
    world.now += timedelta(minutes=2)
    settling.sweep(office)
    settling.sweep(office)
    assert set(provider.forgotten) == recalled
    assert len(provider.forgotten) == 2
    with world.store.read() as connection:
        assert connection.execute(s.batches.select().where(s.batches.c.cleared.is_not(None))).all()
