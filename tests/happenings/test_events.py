"""What each event does: to the ledger, to who may be mailed, to the log; and that none of it depends on luck."""

import json
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from happenings.happened import DAY, NOW, World
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate import happenings
from syndicate.deliver import events
from syndicate.happenings import Received
from syndicate.store import schema as s

HARD = {
    "type": "bounce",
    "bounce_classification": "Invalid Address",
    "status": "5.1.1",
    "reason": "550 <arta@example.org>: no",
}

# name, what the provider says besides, the delivery's state afterwards, suppressions, standing on the list
TABLE = [
    ("processed", {}, "accepted", set(), "confirmed"),
    ("deferred", {"response": "450 later"}, "deferred", set(), "confirmed"),
    ("delivered", {"response": "250 OK"}, "delivered", set(), "confirmed"),
    ("bounce", HARD, "bounced", {("bounce", "")}, "confirmed"),
    ("bounce", {"type": "bounce", "bounce_classification": "invalid address"}, "bounced", {("bounce", "")}, "confirmed"),
    ("bounce", {"type": "bounce", "bounce_classification": "INVALID ADDRESS X"}, "bounced", {("bounce", "")}, "confirmed"),
    ("bounce", {"type": "bounce", "reason": "550 5.1.10 unknown"}, "bounced", {("bounce", "")}, "confirmed"),
    ("bounce", {"type": "bounce", "status": "5.2.1"}, "bounced", {("bounce", "")}, "confirmed"),
    ("bounce", {"type": "bounce", "status": "5.1.2"}, "bounced", {("bounce", "")}, "confirmed"),
    ("bounce", {"bounce_classification": "Mailbox Unavailable", "status": "5.2.2"}, "bounced", set(), "confirmed"),
    ("bounce", {"type": "bounce", "bounce_classification": "Technical Failure"}, "bounced", set(), "confirmed"),
    ("bounce", {"type": "bounce", "bounce_classification": "Unclassified"}, "bounced", set(), "confirmed"),
    ("bounce", {"type": "blocked", "bounce_classification": "Reputation"}, "bounced", set(), "confirmed"),
    ("bounce", {"type": "Blocked", "status": "5.1.1"}, "bounced", set(), "confirmed"),
    ("bounce", {"type": "bounce", "bounce_classification": "Content", "status": "5.7.1"}, "bounced", set(), "confirmed"),
    ("bounce", {}, "bounced", set(), "confirmed"),
    ("dropped", {"reason": "Bounced Address"}, "bounced", {("bounce", "")}, "confirmed"),
    ("dropped", {"reason": "Invalid"}, "bounced", {("bounce", "")}, "confirmed"),
    ("dropped", {"reason": "Invalid SMTPAPI header"}, "bounced", set(), "confirmed"),
    ("dropped", {"reason": "Unsubscribed Address"}, "bounced", {("unsubscribe", "lajme")}, "unsubscribed"),
    ("dropped", {"reason": "Spam Reporting Address"}, "bounced", {("complaint", ""), ("unsubscribe", "lajme")}, "unsubscribed"),
    ("dropped", {"reason": "Spam Content (if Spam Checker app enabled)"}, "bounced", set(), "confirmed"),
    ("dropped", {}, "bounced", set(), "confirmed"),
    ("spamreport", {}, "complained", {("complaint", ""), ("unsubscribe", "lajme")}, "unsubscribed"),
    ("unsubscribe", {}, "accepted", {("unsubscribe", "lajme")}, "unsubscribed"),
    ("group_unsubscribe", {"asm_group_id": 7}, "accepted", {("unsubscribe", "lajme")}, "unsubscribed"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "more", "state", "forbidden", "standing"), TABLE)
def test_what_an_event_does(world, name, more, state, forbidden, standing):
    arta = world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "accepted", arta)
    assert world.apply(world.event(name, id, **more)) == Received(applied=1, kept_off=int(bool(forbidden)))
    assert world.states() == {id: state}
    assert {(kind, list) for _, kind, list in world.forbidden()} == forbidden
    assert world.standing() == {("arta", "lajme"): standing}
    assert world.log() == ([("lajme", world.log()[0][1], "provider")] if standing == "unsubscribed" else [])


@pytest.mark.parametrize("name", ["open", "click", "group_resubscribe", "account_status_change", "", "x" * 5000])
def test_what_is_not_kept(world, name):
    world.person("arta@example.org", state="unsubscribed")
    (id,) = world.mail("lajme-1", "accepted", "arta")
    assert world.apply(world.event(name, id, url="https://example.org/secret")) == Received(ignored=1)
    assert world.states() == {id: "accepted"}
    assert world.standing() == {("arta", "lajme"): "unsubscribed"}
    with world.store.read() as c:
        assert c.execute(sa.select(sa.func.count()).select_from(s.events)).scalar() == 0


def test_a_global_unsubscribe_and_a_complaint_end_every_list(world):
    for name, event in (("arta", "unsubscribe"), ("besa", "spamreport")):
        world.person(f"{name}@example.org", "lajme", "arkiv")
        (id,) = world.mail("lajme-1", "delivered", name)
        world.apply(world.event(event, id))
    assert set(world.standing().values()) == {"unsubscribed"}
    left = {(kind, list) for who, kind, list in world.forbidden() if who == "arta"}
    assert left == {("unsubscribe", "lajme"), ("unsubscribe", "arkiv")}
    assert ("besa", "complaint", "") in world.forbidden()


def test_leaving_a_group_is_about_the_mails_own_list(world):
    world.person("arta@example.org", "lajme", "arkiv")
    (id,) = world.mail("lajme-1", "delivered", "arta")
    world.apply(world.event("group_unsubscribe", id))
    assert world.standing() == {("arta", "lajme"): "unsubscribed", ("arta", "arkiv"): "confirmed"}


def test_no_address_is_kept_with_an_event(world):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "accepted", "arta")
    world.apply(world.event("bounce", id, **HARD, email="arta@example.org"))
    with world.store.read() as c:
        for table in (s.events, s.suppressions, s.deliveries, s.soft_bounces):
            assert "arta@" not in repr(c.execute(sa.select(table)).all())


@pytest.mark.both_engines
def test_told_twice_counts_once(world):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "accepted", "arta")
    one = world.event("delivered", id)
    assert world.apply(one, one, world.event("delivered", id)) == Received(applied=2, duplicates=1)
    assert world.apply(one) == Received(duplicates=1)


def test_an_event_without_an_id_counts_once(world):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "accepted", "arta")
    one = world.event("delivered", id)
    del one["sg_event_id"]
    assert world.apply(one) + world.apply(one) == Received(applied=1, duplicates=1)


GARBAGE = [
    None, 1, "x", [], [[]], {}, {"event": "bounce"}, {"timestamp": 1}, {"event": "bounce", "timestamp": "soon"},
    {"event": "delivered", "timestamp": 10**30}, {"event": "delivered", "timestamp": -(10**18)},
    {"event": None, "timestamp": None},
    {"event": "delivered", "timestamp": float("1e400")},
]  # fmt: skip


def test_one_bad_item_loses_nothing_of_the_others(world):
    world.person("arta@example.org")
    world.person("besa@example.org")
    a, b = world.mail("lajme-1", "accepted", "arta", "besa")
    odd = world.event(
        "bounce", b, id="\ud800\x00", reason="\ud800\x00 \n x@y.example" * 900, type=["x"], email={"a": 1}
    )
    done = world.apply(world.event("delivered", a), *GARBAGE, odd)
    assert done == Received(applied=2, bad=len(GARBAGE))
    assert world.states() == {a: "delivered", b: "bounced"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b'"x"', b"[[[]]]"])
def test_a_body_that_is_nothing(body):
    assert set(events.read_all(body)) <= {None}


def test_an_unknown_delivery_is_counted_and_a_person_we_know_is_still_heard(world):
    world.person("arta@example.org")
    world.person("besa@example.org")
    done = world.apply(
        world.event("delivered", "nobodys"), world.event("delivered"),
        world.event("spamreport", "of-a-confirmation", email="Arta@example.org"),
        world.event("bounce", email="x@y.example", **HARD),
    )  # fmt: skip
    assert done == Received(unknown=4, kept_off=1)
    assert ("arta", "complaint", "") in world.forbidden()
    assert world.standing()["besa", "lajme"] == "confirmed"


def test_someone_who_was_forgotten_keeps_the_sum(world):
    world.mail("lajme-1", "accepted", "gone-x")
    assert world.apply(world.event("bounce", "lajme-1/gone-x", **HARD)) == Received(applied=1)
    assert world.states() == {"lajme-1/gone-x": "bounced"}
    assert world.forbidden() == set()


# ---------------------------------------------------------------- proof


@pytest.mark.both_engines
def test_an_event_proves_the_whole_batch_taken(world):
    for name in ("a", "b", "c", "d", "e"):
        world.person(f"{name}@example.org")
    world.mail("lajme-1", "in_doubt", "a", "b", batch="b1")
    world.mail("lajme-1", "held", "c", batch="b1")
    world.mail("lajme-1", "held", "d", batch="b2")
    world.mail("lajme-1", "held", "e", batch="b3", recalled=NOW)
    world.apply(world.event("processed", "lajme-1/a"), world.event("deferred", "lajme-1/e", batch="b3"))
    assert world.states() == {
        "lajme-1/a": "accepted", "lajme-1/b": "accepted", "lajme-1/c": "accepted", "lajme-1/d": "held", "lajme-1/e": "deferred",
    }  # fmt: skip


def test_a_recalled_batch_proves_nothing_of_its_others(world):
    for name in ("a", "b"):
        world.person(f"{name}@example.org")
    world.mail("lajme-1", "held", "a", "b", batch="b1", recalled=NOW)
    world.apply(world.event("delivered", "lajme-1/a"))
    assert world.states() == {"lajme-1/a": "delivered", "lajme-1/b": "held"}


def test_evidence_that_came_before_the_doubt_is_found_by_repair(world):
    for name in ("a", "b"):
        world.person(f"{name}@example.org")
    world.mail("lajme-1", "posting", "a", "b")
    world.apply(world.event("processed", "lajme-1/a"))
    assert world.states() == {"lajme-1/a": "posting", "lajme-1/b": "posting"}
    with world.store.write() as c:
        c.execute(s.deliveries.update().values(state="held"))
    assert happenings.prove(world.store, NOW) == 2
    assert set(world.states().values()) == {"accepted"}


@pytest.mark.parametrize("state", ["queued", "claimed", "suppressed", "cancelled", "failed"])
def test_a_late_word_moves_nobody_who_waits_or_was_left_out(world, state):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", state, "arta")
    assert world.apply(world.event("delivered", id)) == Received(applied=1)
    assert world.states() == {id: state}


def test_a_word_about_an_earlier_batch_moves_nothing(world):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "held", "arta", batch="b2")
    world.apply(world.event("delivered", id, batch="b1"))
    assert world.states() == {id: "held"}


# ---------------------------------------------------------------- soft bounces


def softly(world, days, delivered=()):
    """Soft bounces of editions at these days before now, and arrivals at others."""
    told = []
    for number, day in enumerate(days):
        (id,) = world.mail(f"lajme-{number + 1}", "accepted", "arta", batch=f"s{number}")
        told.append(world.event("bounce", id, at=NOW - day * DAY, batch=f"s{number}", status="4.2.2", type="bounce"))
    for number, day in enumerate(delivered):
        (id,) = world.mail(f"lajme-{number + 50}", "accepted", "arta", batch=f"d{number}")
        told.append(world.event("delivered", id, at=NOW - day * DAY, batch=f"d{number}"))
    return told


@pytest.mark.parametrize(
    ("days", "delivered", "forbids"),
    [
        ([15, 7, 1], [], True), ([15, 1], [], False), ([13, 7, 1], [], False), ([15, 7, 1], [5], False),
        ([20, 15, 7, 1], [18], True),
        ([15, 7, 1], [16], True), ([15, 7, 1], [0], False), ([29, 22, 15], [29], False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", range(4))
def test_soft_bounces_in_a_row_whatever_the_order(world, days, delivered, forbids, seed):
    world.person("arta@example.org")
    told = softly(world, days, delivered)
    random.Random(seed).shuffle(told)
    for one in told:
        world.apply(one)
    assert world.forbidden() == ({("arta", "bounce", "")} if forbids else set())


@pytest.mark.parametrize("first", ["hard", "soft"])
def test_a_mail_that_arrives_does_not_undo_a_hard_bounce(world, first):
    world.person("arta@example.org")
    soft = softly(world, [15, 7, 1])
    (id, other) = (world.mail(f"lajme-{number}", "accepted", "arta")[0] for number in (9, 10))
    hard = world.event("bounce", id, at=NOW - 20 * DAY, **HARD)
    for one in [hard, *soft] if first == "hard" else [*soft, hard]:
        world.apply(one)
    world.apply(world.event("delivered", other))
    assert world.forbidden() == {("arta", "bounce", "")}


@pytest.mark.parametrize("name", ["spamreport", "unsubscribe", "bounce"])
def test_what_is_older_than_the_persons_own_confirmation_is_over(world, name):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "delivered", "arta")
    world.confirm_again("arta", "arta@example.org", NOW - DAY)
    world.apply(world.event(name, id, at=NOW - 2 * DAY, **(HARD if name == "bounce" else {})))
    assert world.forbidden() == set()
    assert world.standing() == {("arta", "lajme"): "confirmed"}
    world.apply(world.event(name, id, at=NOW, **(HARD if name == "bounce" else {})))
    assert world.forbidden() != set()


# ---------------------------------------------------------------- any order, any repetition

EVENTS = [
    "processed",
    "deferred",
    "delivered",
    "bounce",
    "soft",
    "blocked",
    "spamreport",
    "unsubscribe",
    "group_unsubscribe",
    "dropped",
]
STORY = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(0, 3), st.integers(0, 2), st.integers(0, 30)),
    min_size=1,
    max_size=14,
)


def tell(world, story):
    told = []
    for number, (name, person, edition, day) in enumerate(story):
        more = {"bounce": HARD, "soft": {"type": "bounce", "status": "4.2.2"}, "blocked": {"type": "blocked"},
                "dropped": {"reason": "Bounced Address"}}.get(name, {})  # fmt: skip
        real = "bounce" if name in ("soft", "blocked") else name
        at = NOW - day * DAY - timedelta(seconds=number)
        told.append(
            world.event(real, f"lajme-{edition + 1}/p{person}", at=at, batch=f"b{edition}", id=f"e{number}", **more)
        )
    return told


def ended(story, order):
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        for person in range(4):
            world.person(f"p{person}@example.org", "lajme", "arkiv")
        for edition in range(3):
            for person in range(4):
                world.mail(
                    f"lajme-{edition + 1}",
                    ("accepted", "in_doubt", "held", "accepted")[person],
                    f"p{person}",
                    batch=f"b{edition}",
                )
        told = tell(world, story)
        for chunk in order:
            world.apply(*[told[at % len(told)] for at in chunk])
        found = world.states(), world.forbidden(), world.standing()
        world.store.close()
    return found


@settings(deadline=None, max_examples=300 if os.environ.get("SYNDICATE_TEST_ALL") else 6)
@given(STORY, st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_the_same(story, dice):
    straight = [[at] for at in range(len(story))]
    shuffled = [*range(len(story)), *(dice.randrange(len(story)) for _ in range(4))]
    dice.shuffle(shuffled)
    cut = dice.randrange(len(shuffled) + 1)
    assert ended(story, straight) == ended(story, [shuffled[:cut], shuffled[cut:]])


def test_everything_the_provider_sends_is_json_that_survives(world):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "accepted", "arta")
    body = json.dumps([world.event("delivered", id, category=["lajme"], ip="1.2.3.4", tls=1, useragent="x")]).encode()
    (one,) = events.read_all(body)
    assert one.at == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert "arta@" not in repr(one)
