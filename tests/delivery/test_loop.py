"""The loop on a real database, against a provider that does everything wrong that one can do."""

import os
import random
from datetime import timedelta

import pytest
from delivery.delivery_world import EDITION, LIST, RULES, START, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syndicate import delivery
from syndicate.consent.addresses import keyed_hash
from syndicate.deliver.lock import LockHeld, hold
from syndicate.errors import DeliveryError, UsageError
from syndicate.store import editions
from syndicate.store import schema as s

KINDS = {
    "undoable": {"undoable": True},
    "plain": {"undoable": False},
    "single": {"undoable": False, "single": True},
}
kinds = pytest.mark.parametrize("kind", KINDS)


def once(world, provider, readers=25):
    assert len(provider.arrived) == readers
    assert set(provider.arrived.values()) <= {1}


@pytest.mark.both_engines
@kinds
def test_everybody_gets_one(world, kind):
    provider = world.provider(**KINDS[kind])
    told = []
    standing = world.send(provider, report=lambda done, total, what: told.append((done, total, what)))
    assert (standing.state, dict(standing.states)) == ("sent", {"accepted": 25})
    once(world, provider)
    assert told[0] == (0, 25, EDITION)
    assert told[-1] == (25, 25, EDITION)
    assert [done for done, *_ in told] == sorted(done for done, *_ in told)
    assert all(batch["settled"] for batch in world.batches())
    assert max(provider.sizes) == (1 if kind == "single" else 4)
    assert dict(standing.variants) == {"sq": 7, "en": 6, "sq+en": 6, "en+sq": 6}
    with pytest.raises(UsageError, match="sent already"):
        world.send(provider)


@kinds
@pytest.mark.parametrize("fate", ["busy 3", "put off", "busy"])
def test_what_was_not_taken_is_sent_again(world, kind, fate):
    provider = world.provider(script=["taken", fate, "taken", fate], **KINDS[kind])
    for _ in range(3):
        if world.send(provider).state == "sent":
            break
    assert world.states() == {"accepted": 25}
    once(world, provider)
    assert world.waited == ([3.0, 3.0] if fate == "busy 3" else [])


def test_busy_for_long_stops_and_says_so(world):
    provider = world.provider(script=["taken", "busy 3600"])
    standing = world.send(provider)
    assert (standing.state, world.waited) == ("sending", [])
    assert standing.stopped == "It wants to rest; it goes on after 2026-11-24 10:00 UTC"
    assert world.states() == {"accepted": 4, "queued": 21}
    assert delivery.due(world.site, world.store, world.now) == [EDITION]
    assert world.send(provider).state == "sent"
    assert world.standing().stopped == ""


@kinds
def test_a_refused_key_stops_at_once_and_nobody_is_lost(world, kind):
    provider = world.provider(script=["taken", "key refused"], **KINDS[kind])
    with pytest.raises(DeliveryError, match="key was refused"):
        world.send(provider)
    assert world.standing().stopped == "The key was refused."
    assert len(provider.sizes) == 2
    world.send(provider)
    once(world, provider)


@kinds
def test_a_fault_of_ours_costs_nobody(world, kind):
    provider = world.provider(script=["taken", "bug"], **KINDS[kind])
    with pytest.raises(ZeroDivisionError):
        world.send(provider)
    world.send(provider)
    held = world.states().get("held", 0)
    assert held == {"undoable": 0, "plain": 2, "single": 1}[kind]  # of these nobody knows, and nobody is asked
    assert sum(provider.arrived.values()) == 25 - held


@pytest.mark.parametrize("fate", ["taken, no answer", "lost, no answer", "taken, then cut", "lost, then cut"])
@kinds
def test_doubt(world, kind, fate):
    provider = world.provider(script=["taken", fate], **KINDS[kind])
    standing = world.send(provider)
    if standing.state != "sent":
        standing = world.send(provider)
    assert max(provider.arrived.values()) == 1
    in_doubt = {"undoable": 0, "plain": 2, "single": 1}[kind]
    assert dict(standing.states) == {"accepted": 25 - in_doubt} | ({"held": in_doubt} if in_doubt else {})
    if kind == "undoable":
        once(world, provider)
        assert sum(batch["recalled"] is not None for batch in world.batches()) == 1


def test_doubt_stays_open_as_long_as_it_can_be_dispelled(world):
    provider = world.provider(script=["taken, no answer"], deaf=True)
    standing = world.send(provider)
    assert (standing.state, dict(standing.states)) == ("sending", {"accepted": 21, "in_doubt": 4})
    assert "asks the provider again" in standing.stopped
    assert delivery.due(world.site, world.store, world.now) == [EDITION]
    world.now += timedelta(minutes=17)
    provider.deaf = False
    assert dict(world.send(provider).states) == {"accepted": 25}
    once(world, provider)


def test_doubt_is_held_when_it_is_too_late_for_proof(world):
    provider = world.provider(script=["taken, no answer"], deaf=True)
    world.send(provider)
    world.now += timedelta(minutes=18, seconds=1)
    standing = world.send(provider)
    assert (standing.state, dict(standing.states)) == ("sent", {"accepted": 21, "held": 4})
    once(world, provider)


@pytest.mark.both_engines
def test_another_transport_proves_nothing(world):
    provider = world.provider(script=["taken, no answer"], deaf=True)
    world.send(provider)
    other = world.provider()
    other.name = "smtp"
    world.send(other)
    assert world.states() == {"accepted": 21, "in_doubt": 4}
    assert not any(batch["recalled"] for batch in world.batches())


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("readers", [{0}, {0, 4, 8}, {3, 20}])
@pytest.mark.parametrize("size", [1, 4, 7, 1000])
def test_the_culprit_of_a_refused_batch_is_found(world, readers, size):
    provider = world.provider(size=size, refuses={f"reader{n}@example.org" for n in readers})
    standing = world.send(provider)
    assert dict(standing.states) == {"accepted": 25 - len(readers), "failed": len(readers)}
    once(world, provider, 25 - len(readers))
    assert {address for _, address, _ in world.who("failed")} == provider.refuses
    assert {why for *_, why in world.who("failed")} == {"somebody in it is wrong"}


def test_a_reason_is_kept_without_its_address(world):
    world.send(world.provider(script=["one refused"]))
    ((_, address, why),) = world.who("failed")
    assert address.startswith("reader")
    assert why == "550 <…> is unknown here"


def test_too_many_failures_pause_it(world):
    provider = world.provider(script=["all refused"] * 9)
    standing = world.send(provider)
    assert (standing.state, len(provider.sizes)) == ("paused", 4)
    assert "12 of 12 mails failed" in standing.stopped
    assert delivery.due(world.site, world.store, world.now) == []
    provider.script.clear()
    assert world.send(provider).state == "sent"
    assert world.states() == {"failed": 12, "accepted": 13}


def test_nothing_but_put_off_comes_to_an_end(world):
    provider = world.provider(script=["put off"] * 1000)
    standing = world.send(provider)
    assert standing.state == "sending"
    assert "tries again" in standing.stopped
    assert len(provider.sizes) < 10


def test_who_is_put_off_does_not_hold_up_the_others(world):
    class Ever(type(world.provider())):
        def post(self, batch):
            self.script[:] = ["put off" if batch.copies[0].address in late else "taken"]
            return super().post(batch)

    late = {f"reader{n}@example.org" for n in range(0, 12)}
    provider = Ever(world.folder / "books", single=True, undoable=False, size=3, clock=lambda: world.now)

    def tick(name):
        world.now += timedelta(milliseconds=5)

    standing = world.send(provider, point=tick)
    assert (standing.state, standing.tally.sent) == ("sending", 13)
    late.clear()
    assert world.send(provider, point=tick).state == "sent"
    once(world, provider)


# ---------------------------------------------------------------- who is not mailed


@kinds
def test_who_leaves_meanwhile_gets_nothing(world, kind):
    provider = world.provider(script=["taken", "key refused"], **KINDS[kind])
    with pytest.raises(DeliveryError):
        world.send(provider)
    left = [n for n in range(25) if f"reader{n}@example.org" not in provider.arrived][:3]
    world.set_standing(left[0], "unsubscribed")
    with world.store.write() as connection:
        connection.execute(s.subscribers.delete().where(s.subscribers.c.id == f"s{left[1]:05}"))
        hashed = keyed_hash(f"reader{left[2]}@example.org", b"k" * 32)
        connection.execute(s.suppressions.insert().values(
            address_hash=hashed, kind="bounce", list="", at=START, reason="",
        ))  # fmt: skip
    assert dict(world.send(provider).states) == {"accepted": 22, "suppressed": 3}
    once(world, provider, 22)


@pytest.mark.parametrize("most", [0, 1000])
def test_the_audience_leaves_out_whom_a_suppression_binds(world, monkeypatch, most):
    monkeypatch.setattr("syndicate.audience.HASHES", most)
    with world.store.write() as connection:
        for n, bound in enumerate(("", "news", "other")):
            connection.execute(s.suppressions.insert().values(
                address_hash=keyed_hash(f"reader{n}@example.org", b"k" * 32), kind="unsubscribe", list=bound, at=START,
                reason="",
            ))  # fmt: skip
    provider = world.provider()
    counts = delivery.audience(world.office(provider), world.edition, LIST)
    assert sum(counts.values()) == 23
    assert world.send(provider).audience == 23
    assert {"reader0@example.org", "reader1@example.org"}.isdisjoint(provider.arrived)


def test_who_chose_discreet_mail_never_gets_an_open_one(world):
    with world.store.write() as connection:
        table = s.subscribers
        for n, style in ((0, "discreet"), (4, "discreet-text")):
            connection.execute(table.update().where(table.c.id == f"s{n:05}").values(mail=style))
        values = {"subject": "Lajme", "preheader": "", "html": "", "text": "%%leave_url%%", "position": 9}
        connection.execute(s.edition_variants.insert().values(edition=EDITION, name="sq.discreet", **values))
    assert dict(world.send(world.provider()).variants) == {"sq": 5, "sq.discreet": 1, "en": 6, "sq+en": 6, "en+sq": 6}


# ---------------------------------------------------------------- limits and time


@kinds
def test_limits_a_second_are_waited_for(world, kind):
    world.rules(per_second=3)
    provider = world.provider(**KINDS[kind])
    assert world.send(provider).state == "sent"
    once(world, provider)
    assert len(world.waited) == 8
    assert world.now - START >= timedelta(seconds=8)


def test_the_days_limit_goes_on_tomorrow(world):
    world.rules(per_day=10)
    provider = world.provider()
    standing = world.send(provider)
    assert (standing.state, dict(standing.states)) == ("sending", {"accepted": 10, "queued": 15})
    assert standing.stopped == "the limit of 10 a day is reached; it goes on after 2026-11-25 09:00 UTC"
    assert delivery.due(world.site, world.store, world.now) == []
    world.send(provider)
    assert sum(provider.arrived.values()) == 10
    world.now += timedelta(days=1)
    assert delivery.due(world.site, world.store, world.now) == [EDITION]
    assert world.send(provider).tally.sent == 20
    world.now += timedelta(hours=24)
    assert world.send(provider).state == "sent"
    once(world, provider)


def test_what_was_not_taken_does_not_count(world):
    world.rules(per_day=25)
    provider = world.provider(script=["busy 1"] * 3)
    assert world.send(provider).state == "sent"


def test_past_its_time_it_is_not_sent_unless_told(world):
    provider = world.provider(script=["taken", "busy"])
    world.send(provider)
    assert world.edition.send_by == START + timedelta(days=2)
    world.now += timedelta(days=2, seconds=1)
    assert delivery.due(world.site, world.store, world.now) == []
    with pytest.raises(UsageError, match="--late"):
        world.send(provider)
    assert sum(provider.arrived.values()) == 4
    assert world.send(provider, late=True).state == "sent"
    once(world, provider)


def test_its_time_may_end_while_it_is_sent(world):
    world.rules(per_second=4, send_by=timedelta(seconds=2))
    standing = world.send(world.provider())
    assert (standing.state, standing.tally.waiting > 0) == ("sending", True)
    assert "its time was over at 2026-11-24 09:00 UTC" in standing.stopped


# ---------------------------------------------------------------- two, and others' words


def test_a_clock_that_was_set_back_leaves_nobody_waiting(world):
    provider = world.provider(script=["taken", "put off", "busy"])
    world.send(provider)
    world.now -= timedelta(days=300)
    assert world.send(provider).state == "sent"
    once(world, provider)


@pytest.mark.on_sqlite
def test_only_one_sends_an_edition(world):
    (world.folder / "locks").mkdir()
    with hold(world.folder / "locks" / EDITION, name="somebody"), pytest.raises(LockHeld):
        world.send(world.provider())
    assert world.edition.state == "approved"


@kinds
@pytest.mark.parametrize("state", ["paused", "cancelled", "undone"])
@pytest.mark.parametrize("point", ["claimed", "prepared", "posted"])
def test_a_word_from_another_terminal_is_heard(world, kind, state, point):
    seen = []

    def passed(name):
        seen.append(name)
        if seen.count(point) == 2:
            with world.store.write() as connection:
                editions.set_state(connection, EDITION, state, was=("sending",))

    provider = world.provider(**KINDS[kind])
    standing = world.send(provider, point=passed)
    assert standing.state == state
    # What is posted whole is posted from its claim on; one mail after the other, each is asked about.
    sent = {"claimed": 4 if kind == "single" else 6, "prepared": 4, "posted": 2 if kind == "single" else 6}[point]
    assert sum(provider.arrived.values()) == sent
    rest = "queued" if state == "paused" else "cancelled"
    assert world.states() == {"accepted": sent, rest: 25 - sent}


@kinds
def test_asked_to_stop_it_pauses_after_what_is_in_hand(world, kind):
    provider = world.provider(**KINDS[kind])
    standing = world.send(provider, stopping=lambda: len(provider.sizes) >= 2)
    assert (standing.state, standing.stopped) == ("paused", "it was stopped at the keyboard")
    assert len(provider.sizes) == 2
    assert world.states() == {"accepted": sum(provider.sizes), "queued": 25 - sum(provider.sizes)}
    assert world.send(provider).state == "sent"
    once(world, provider)


FATES = [
    "taken", "taken, no answer", "lost, no answer", "taken, then cut", "lost, then cut", "one refused", "put off", "busy 2",
    "busy", "busy 90", "key refused", "bug",
]  # fmt: skip


@settings(
    max_examples=200 if os.environ.get("SYNDICATE_TEST_ALL") else 6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(FATES), max_size=30), st.sampled_from(sorted(KINDS)), st.integers(1, 9), st.integers())
def test_whatever_the_provider_does_nobody_gets_two_and_nobody_is_lost(tmp_path_factory, fates, kind, size, seed):
    world = World(tmp_path_factory.mktemp("world"), readers=9, rules=RULES)
    provider = world.provider(script=fates, size=size, **KINDS[kind])
    chance = random.Random(seed)
    for _ in range(40):
        provider.deaf = chance.random() < 0.3
        try:
            if world.send(provider).state == "sent":
                break
        except (DeliveryError, ZeroDivisionError):
            world.now += timedelta(minutes=1)
    states = world.states()
    world.store.close()
    arrived = provider.arrived
    assert set(arrived.values()) <= {1}
    assert set(states) <= {"accepted", "failed", "held"}
    assert states.get("accepted", 0) <= len(arrived) <= states.get("accepted", 0) + states.get("held", 0)
