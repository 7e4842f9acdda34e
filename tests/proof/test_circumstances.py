"""What else happens on a machine: two senders, one taken for dead, a full disk, a locked database, a wrong clock, a long outage;
and people who leave, and an operator who changes their mind, in the middle of it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from proof import proof_site
from proof.proof_trial import GOT

from syndicate.consent import addresses
from syndicate.models import Subscription
from syndicate.store import people

LONG = pytest.mark.skipif(not os.environ.get("SYNDICATE_TEST_ALL"), reason="one of a long matrix")
POINTS = ("before-claim", "claimed", "prepared", "posting", "posted", "receipted")
READERS = {"sendgrid": 60, "smtp": 24}
kinds = pytest.mark.parametrize("kind", READERS)


def stopped(trial, point, number, **more):
    """A sender that stands still at a point, alive."""
    pid = trial.start(stop=[point, number], **more)
    trial.until(lambda: "T" in _state(pid))
    return pid


def where(kind, point):
    """At which batch to stand still: one that is claimed while the one before is away. While one is posted, the sender may be in
    the middle of writing, and nobody else could write: so there it is the first.
    """
    if kind == "smtp":
        return 1
    return 1 if point == "posted" else 4


def _state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def sample(*cells):
    """All points for both kinds, of which the ordinary suite takes those cells."""
    for kind in READERS:
        for point in POINTS:
            yield pytest.param(kind, point, marks=() if (kind, point) in cells else LONG)


# ---------------------------------------------------------------- two senders


@kinds
def test_three_senders_at_once(begin, kind):
    with begin(kind, readers=READERS[kind]) as trial:
        codes = [trial.wait(pid) for pid in [trial.start() for _ in range(3)]]
        assert 0 in codes
        trial.finish()
        trial.prove(part="senders at once")


@pytest.mark.parametrize(("kind", "point"), [*sample(("sendgrid", "posting"))])
def test_a_sender_stands_still_and_keeps_its_lock(begin, kind, point):
    with begin(kind, readers=READERS[kind]) as trial:
        first = stopped(trial, point, 2)
        assert trial.run() == 1
        assert "LockHeld" in trial.log
        trial.signal(first, signal.SIGCONT)
        trial.wait(first)
        trial.finish()
        trial.prove(part="stands still, keeps its lock")


@pytest.mark.parametrize("kill", [False, pytest.param(True, marks=LONG)])
@pytest.mark.parametrize(
    ("kind", "point"),
    [*sample(("sendgrid", "claimed"), ("smtp", "posting"))],
)
def test_a_living_sender_is_taken_for_dead(begin, kind, point, kill):
    """Its lock file is deleted, so that a second one works beside it; then it wakes up."""
    with begin(kind, readers=READERS[kind]) as trial:
        first = stopped(trial, point, where(kind, point))
        (trial.folder / "locks" / proof_site.EDITION).unlink()
        if kill:
            trial.killed("posted", 1)
        else:
            trial.run()
        trial.signal(first, signal.SIGCONT)
        trial.wait(first)
        trial.finish()
        trial.prove(held=int(kind == "smtp" and kill), part="taken for dead, alive")


@pytest.mark.parametrize(("kind", "point"), [*sample(("sendgrid", "prepared"))])
def test_a_living_sender_works_beside_another(begin, kind, point):
    """As before, but it wakes up while the second is in the middle of its work."""
    with begin(kind, readers=READERS[kind]) as trial:
        first = stopped(trial, point, where(kind, point))
        (trial.folder / "locks" / proof_site.EDITION).unlink()
        second = stopped(trial, "posting", 1)
        trial.signal(first, signal.SIGCONT)
        trial.wait(first)
        trial.signal(second, signal.SIGCONT)
        trial.wait(second)
        trial.finish()
        trial.prove(part="taken for dead, alive")


# ---------------------------------------------------------------- disk and database


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MB at the folder of the first trial; skips where nobody may mount one."""
    folder = tmp_path / "trial0"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", folder], capture_output=True)
    if done.returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize(
    "point", ["posted", pytest.param("before-claim", marks=LONG), pytest.param("posting", marks=LONG)]
)
@kinds
def test_the_disk_is_full(small_disk, begin, kind, point):
    _full(begin, kind, point, small_disk)


@pytest.mark.parametrize(("kind", "point"), [*sample(("sendgrid", "posted"))])
def test_no_file_can_grow(begin, kind, point):
    _full(begin, kind, point, None)


def _full(begin, kind, point, disk):
    with begin(kind, readers=READERS[kind]) as trial:
        assert trial.run(choke=[point, 1]) == 1
        assert "Traceback" not in trial.log
        assert "disk" in trial.log
        doubt = trial.states.get("posting", 0)
        if disk:
            assert trial.run() == 1, "it is full still"
            (disk / "filler").unlink()
        trial.finish()
        trial.prove(held=doubt if kind == "smtp" else 0, part="disk full")


@pytest.mark.parametrize(("kind", "point"), [*sample(("sendgrid", "posted"))])
@pytest.mark.parametrize("patient", [True, False])
def test_another_program_locks_the_database(begin, kind, point, patient):
    """For a moment, which is waited for; or longer than the sender waits, which ends it, without an answer written down."""
    with begin(kind, readers=READERS[kind]) as trial:
        first = stopped(trial, point, where(kind, point), wait=20.0 if patient else 0.3)
        doubt = trial.states.get("posting", 0)
        other = sqlite3.connect(trial.folder / "site.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        trial.signal(first, signal.SIGCONT)
        if patient:
            time.sleep(0.3)
        else:
            assert trial.wait(first) == 1
            assert "DatabaseBusy" in trial.log
        other.execute("ROLLBACK")
        other.close()
        if patient:
            assert trial.wait(first) == 0, trial.log
            doubt = 0
        trial.finish()
        trial.prove(held=doubt if kind == "smtp" else 0, part="database locked")


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("seconds", [3600, -3600])
@pytest.mark.parametrize(("kind", "point"), [*sample(("sendgrid", "prepared"))])
def test_the_clock_is_set_in_the_middle(begin, kind, point, seconds):
    with begin(kind, readers=READERS[kind]) as trial:
        trial.run(jump=[point, 2, seconds])
        trial.finish(most=10, clock=seconds)
        trial.prove(part="clock set")


@pytest.mark.parametrize("seconds", [3600, -3600])
@pytest.mark.parametrize(("kind", "point"), [*sample(("smtp", "claimed"))])
def test_the_clock_is_set_while_nobody_sends(begin, kind, point, seconds):
    """The provider's time decides what can still be called back, not ours."""
    with begin(kind, readers=READERS[kind]) as trial:
        assert trial.killed(point, 2)
        doubt = trial.states.get("posting", 0)
        trial.finish(most=10, clock=seconds)
        trial.prove(held=doubt if kind == "smtp" else 0, part="clock set")


# ---------------------------------------------------------------- outages


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("events_first", [False, pytest.param(True, marks=LONG)])
def test_an_outage_past_the_undo_window(begin, taken, events_first):
    """Nobody may ask for proof any more: held, told, and settled by the provider's events or by a person's word."""
    with begin("sendgrid", timeout=2.0) as trial:
        fault = {"route": "send", "what": "hang", "when": "after" if taken else "before", "call": 2, "seconds": 0.5}
        trial.provider.faults(fault)
        pid = trial.start()
        trial.until(lambda: trial.calls("send") == 2)
        trial.kill(pid)
        trial.pass_time(40 * 60)
        if events_first:
            trial.events()
        trial.run()
        told = {"delivered": 12} if events_first else {}
        told |= {"delivered": 24} if events_first and taken else {"held": 12}
        assert trial.states == {"accepted": 60 - sum(told.values())} | told
        trial.pass_time(40 * 60)
        trial.events()
        if not taken:
            assert trial.states["held"] == 12, "no event is no proof"
            assert trial.run(act="repair") == 0
            assert trial.run(act="resend") == 0
        trial.finish()
        found = trial.prove(part="outage past the undo window")
        assert found.held == 0


def test_more_doubts_than_the_provider_lets_be_cancelled(begin):
    """They stay open, then are held, and the events of what was taken settle them; nobody is asked for twice."""
    with begin("sendgrid") as trial:
        trial.provider.ask("limit", 2)
        trial.provider.faults({"route": "send", "what": "502", "when": "after"})
        trial.run()
        trial.provider.faults()
        for _ in range(3):
            trial.run()
        assert trial.states["in_doubt"] >= 12
        trial.pass_time(40 * 60)
        trial.finish()
        assert trial.states["held"] >= 12
        trial.pass_time(40 * 60)
        trial.events()
        found = trial.prove(part="more doubts than can be cancelled")
        assert found.held == 0


def test_the_provider_cannot_be_asked_for_a_while(begin):
    """Doubt stays open as long as it can be dispelled, and is dispelled when the provider answers again."""
    with begin("sendgrid") as trial:
        assert trial.killed("posted", 2)
        trial.provider.faults(*({"route": route, "what": "503"} for route in ("status", "cancel")))
        assert trial.run() == 3
        assert trial.states == {"accepted": 48, "in_doubt": 12}
        trial.pass_time(10 * 60)
        trial.provider.faults()
        trial.finish()
        trial.prove(part="provider cannot be asked")


# ---------------------------------------------------------------- people, and the operator


@kinds
def test_who_leaves_or_complains_meanwhile_gets_nothing(begin, kind):
    with begin(kind, readers=READERS[kind]) as trial:
        pid = stopped(trial, "before-claim", 2)
        waiting = [address for address, state in proof_site.rows(trial.store).items() if state == "queued"]
        left, complained = waiting[:3], waiting[-3:]
        now = datetime.now(UTC)
        with trial.store.write() as connection:
            ids = [proof_site.subscriber(int(one.removeprefix("reader").partition("@")[0])) for one in left]
            people.set_standing(connection, [Subscription(id, proof_site.LIST.id, "unsubscribed", now) for id in ids])
            hashes = [addresses.keyed_hashes(one, proof_site.RING)[0] for one in complained]
            people.suppress(connection, [people.Suppressed(one, "complaint", "", now, "") for one in hashes])
        trial.signal(pid, signal.SIGCONT)
        trial.wait(pid)
        trial.finish()
        assert trial.states["suppressed"] == 6
        trial.prove(part="leaving meanwhile")
        assert not set(left + complained) & set(trial.arrived())


@pytest.mark.parametrize("kill", [None, *(pytest.param(kill, marks=LONG) for kill in (("undone", 1), ("recalled", 2)))])
@pytest.mark.parametrize(("kind", "point"), [*sample(("sendgrid", "claimed"), ("smtp", "posting"))])
def test_undone_in_the_middle(begin, kind, point, kill):
    """Of what was posted through SendGrid, all is called back, with proof: nobody gets it."""
    with begin(kind, readers=READERS[kind]) as trial:
        sender = stopped(trial, point, where(kind, point))
        undoer = trial.start(act="undo", kill=list(kill) if kill else None)
        trial.until(lambda: proof_site.edition(trial.store).state == "undone")
        trial.signal(sender, signal.SIGCONT)
        trial.wait(sender)
        trial.kills += trial.wait(undoer) < 0
        trial.run(act="undo")  # the same again tries what was left
        found = trial.prove(part="undone in the middle")
        assert found.held == 0
        if kind == "sendgrid":
            assert not trial.arrived()
            assert trial.states == {"cancelled": 60}
        else:
            assert set(trial.states) <= {"accepted", "cancelled"}
            assert trial.states["cancelled"] > 0


@pytest.mark.parametrize("number", [1, pytest.param(2, marks=LONG), pytest.param(4, marks=LONG)])
@pytest.mark.parametrize("point", ["posting", *(pytest.param(point, marks=LONG) for point in ("posted", "prepared"))])
def test_undone_after_a_kill(begin, point, number):
    with begin("sendgrid") as trial:
        assert trial.killed(point, number)
        assert trial.run(act="undo") == 0
        trial.prove(part="undone after a kill")
        assert not trial.arrived()
        assert trial.states == {"cancelled": 60}


@pytest.mark.parametrize(("kind", "point"), [*sample(("sendgrid", "posting"), ("smtp", "prepared"))])
def test_paused_and_resumed(begin, kind, point):
    with begin(kind, readers=READERS[kind]) as trial:
        pid = stopped(trial, point, 1)
        assert trial.run(act="pause") == 0
        trial.signal(pid, signal.SIGCONT)
        assert trial.wait(pid) == 3
        before = trial.arrived()
        assert proof_site.edition(trial.store).state == "paused"
        assert sum(count for state, count in trial.states.items() if state in GOT) in (0, 1, 12)
        assert trial.states["queued"] > 0
        time.sleep(0.05)
        assert trial.arrived() == before
        trial.finish()
        trial.prove(part="paused and resumed")


def test_undone_though_the_provider_often_fails(begin):
    with begin("sendgrid", seed=5) as trial:
        trial.run()
        trial.provider.faults(
            {"route": "cancel", "what": "500", "when": "before", "chance": 0.3},
            {"route": "cancel", "what": "reset", "when": "after", "chance": 0.3},
            {"route": "status", "what": "503", "chance": 0.2},
        )
        for _ in range(30):
            if trial.run(act="undo") == 0 and trial.states == {"cancelled": 60}:
                break
        trial.prove(part="undone in the middle")
        assert not trial.arrived()


def test_undone_too_late_for_some(begin):
    """What can't be called back any more is told as sent, and the rest is stopped or called back."""
    with begin("sendgrid") as trial:
        assert trial.killed("receipted", 1)
        trial.pass_time(20 * 60)
        assert trial.killed("receipted", 1)
        assert trial.run(act="undo") == 0
        trial.prove(part="undone in the middle")
        taken = trial.states["accepted"]
        assert 0 < taken < 30
        assert trial.states == {"accepted": taken, "cancelled": 60 - taken}
        assert len(trial.arrived()) == taken
