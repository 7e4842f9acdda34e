"""Many machines on one PostgreSQL: senders side by side, killed again and again; the server restarted; clocks that are off; one
taken for dead who lives. And the engine that believes the queue, which must be caught.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import databases
import pytest
from postgres_server import running, wait_until_it_answers
from proof import proof_site
from proof.proof_mutants import SEVERAL
from proof.proof_trial import ENDS

ALL = bool(os.environ.get("SYNDICATE_TEST_ALL"))
LONG = pytest.mark.skipif(not ALL, reason="one of a long matrix")
READERS = {"sendgrid": 60, "smtp": 24}
HOUR = 3600
POINTS = ("before-claim", "claimed", "prepared", "posting", "posted", "receipted", "settled")

pytestmark = pytest.mark.on_postgresql


def seeds(many: int):
    return [0, *(pytest.param(seed, marks=LONG) for seed in range(1, many))]


def crowd(trial, dice, kills, many=3, **more):
    """Senders side by side, of whom one is killed at a random instant, and another one started, again and again."""
    at_work = [trial.start(**more) for _ in range(many)]
    for _ in range(kills):
        time.sleep(dice.uniform(0.0, 0.25))
        one = at_work.pop(dice.randrange(len(at_work)))
        trial.kill(one)
        at_work.append(trial.start(**more))
    for one in at_work:
        trial.wait(one)


def doomed(trial, dice, many=3):
    """Senders side by side, each of which kills itself at some step."""
    at_work = [trial.start(kill=[dice.choice(POINTS), dice.choice([1, 1, 2])]) for _ in range(many)]
    for one in at_work:
        trial.kills += trial.wait(one) == -signal.SIGKILL


@pytest.mark.parametrize("seed", seeds(12))
@pytest.mark.parametrize("kind", READERS)
def test_side_by_side_and_one_killed_again_and_again(begin, kind, seed):
    dice = random.Random(f"machines/{kind}/{seed}")
    with begin(kind, readers=READERS[kind], size=5) as trial:
        for _ in range(2):
            doomed(trial, dice)
        crowd(trial, dice, 2)
        trial.finish()
        assert trial.kills >= 2, "nobody died"
        trial.prove(held=trial.kills if kind == "smtp" else 0, part="side by side, killed again and again")


@pytest.mark.parametrize("kind", ["sendgrid", pytest.param("smtp", marks=LONG)])
def test_side_by_side_all_do_some_of_it(begin, kind):
    """Nobody waits for the others: each of them has taken batches when it is done."""
    with begin(kind, readers=60, size=2) as trial:
        crowd(trial, random.Random(0), 0)
        trial.finish()
        holders = {row.holder for row in rows(trial)}
        assert len(holders) >= 2
        trial.prove(part="side by side")


def stands_still(pid):
    return "State:\tT" in Path(f"/proc/{pid}/status").read_text()


def rows(trial):
    with trial.store.read() as connection:
        return connection.exec_driver_sql("SELECT * FROM batches").all()


@pytest.mark.parametrize("ahead", [pytest.param(HOUR, marks=LONG), pytest.param(-HOUR, marks=LONG)])
@pytest.mark.parametrize("kind", ["sendgrid", pytest.param("smtp", marks=LONG)])
def test_the_clock_of_one_is_an_hour_off(begin, kind, ahead):
    dice = random.Random(f"clock/{kind}/{ahead}")
    with begin(kind, readers=READERS[kind], size=5) as trial:
        wrong = trial.start(clock=ahead)
        crowd(trial, dice, 3, many=2)
        trial.wait(wrong)
        trial.finish()
        trial.prove(held=trial.kills if kind == "smtp" else 0, part="the clock of one is an hour off")


@pytest.mark.parametrize("point", ["claimed", pytest.param("posting", marks=LONG), pytest.param("posted", marks=LONG)])
@pytest.mark.parametrize("kind", ["sendgrid", pytest.param("smtp", marks=LONG)])
def test_one_is_taken_for_dead_and_lives(begin, kind, point):
    """Its connection is cut while it stands still, so that the others settle what it had in hand; then it goes on."""
    with begin(kind, readers=READERS[kind], size=7) as trial:
        # Where it is not writing itself, and one is claimed while one is away.
        alive = trial.start(stop=[point, 4 if kind == "sendgrid" and point != "posted" else 1])
        trial.until(lambda: stands_still(alive))
        name = databases.name_of(trial.folder / "site.sqlite")
        assert databases.ENGINE.server().ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{name}' AND application_name LIKE '%(process {alive} %'"
        )
        trial.run()
        trial.signal(alive, signal.SIGCONT)
        trial.wait(alive)
        trial.finish()
        trial.prove(held=1 if kind == "smtp" else 0, part="taken for dead, alive")


@pytest.mark.parametrize("mode", [pytest.param("immediate", marks=LONG), pytest.param("fast", marks=LONG)])
@pytest.mark.parametrize("kind", ["sendgrid", pytest.param("smtp", marks=LONG)])
def test_postgresql_restarts_in_the_middle(begin, kind, mode):
    dice = random.Random(f"restart/{kind}/{mode}")
    with running() as server:
        databases.ENGINE.server = lambda: server
        with begin(kind, readers=READERS[kind], size=4) as trial:
            for _ in range(6 if ALL else 2):
                if proof_site.edition(trial.store).state in ENDS:
                    break
                at_work = [trial.start() for _ in range(2)]
                time.sleep(dice.uniform(0.05, 0.3))
                server.restart(mode)
                wait_until_it_answers(server)
                for one in at_work:
                    trial.wait(one)
            trial.finish()
            trial.prove(held=12 if kind == "smtp" else 0, part="PostgreSQL restarts")
        databases.clear()


@pytest.mark.parametrize("mutant", [SEVERAL, pytest.param(None, marks=LONG)])
@pytest.mark.parametrize("kind", ["sendgrid", pytest.param("smtp", marks=LONG)])
def test_an_engine_that_believes_the_queue_is_caught(begin, kind, mutant):
    """The queue gives the job of one that stands still to another one; the right engine passes the same trial."""
    with begin(kind, readers=24, mutant=mutant) as trial:
        silent = trial.start(stop=["posted", 1])
        trial.until(lambda: stands_still(silent))
        trial.run()
        trial.signal(silent, signal.SIGCONT)
        trial.wait(silent)
        trial.finish(most=10)
        found = trial.verdict()
    assert found.good == (mutant is None), found
    assert bool(found.twice) == (mutant is not None), found
