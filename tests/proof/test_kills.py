"""Senders killed by SIGKILL: at every named point of the first, second and a later batch; at random instants; again and again."""

from __future__ import annotations

import os
import random
import time

import pytest

ALL = bool(os.environ.get("SYNDICATE_TEST_ALL"))
LONG = pytest.mark.skipif(not ALL, reason="one of a long matrix")
POINTS = ("before-claim", "claimed", "prepared", "posting", "posted", "receipted")
READERS = {"sendgrid": 60, "smtp": 24}


def cells():
    """Every point of the first, second and a later batch (with SMTP: mail); some of them in the ordinary suite."""
    for kind in ("sendgrid", "smtp"):
        for place, point in enumerate(POINTS):
            single = kind == "smtp" and point in ("posting", "posted")
            numbers = (1, 2, 4) if kind == "sendgrid" else (1, 2, 17) if single else (1, 2)
            sample = place % len(numbers) if kind == "sendgrid" or point in ("claimed", "posting", "posted") else None
            for at, number in enumerate(numbers):
                yield pytest.param(kind, point, number, marks=() if at == sample else LONG)


@pytest.mark.parametrize(("kind", "point", "number"), [*cells()])
def test_killed_at_a_point(begin, kind, point, number):
    with begin(kind, readers=READERS[kind]) as trial:
        assert trial.killed(point, number), trial.log
        if point in ("posting", "posted"):
            most = 24 if kind == "sendgrid" and number > 1 else 12  # the next batch is claimed meanwhile
            posting = trial.states["posting"]
            assert posting == 1 if kind == "smtp" else 12 <= posting <= most, "nothing leaves without a durable row"
        trial.finish()
        trial.prove(held=1 if kind == "smtp" and point in ("posting", "posted") else 0, part="at a named point")


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=LONG) for seed in range(1, 30))])
@pytest.mark.parametrize("kind", READERS)
def test_killed_at_random_instants(begin, kind, seed):
    dice = random.Random(f"{kind}/{seed}")
    with begin(kind, readers=READERS[kind], size=7) as trial:
        for _ in range(8):
            pid = trial.start()
            time.sleep(dice.uniform(0.0, 0.25))
            trial.kill(pid)
        trial.finish()
        trial.prove(held=trial.kills if kind == "smtp" else 0, part="at random instants")


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=LONG) for seed in range(1, 20))])
@pytest.mark.parametrize("kind", READERS)
def test_killed_again_and_again(begin, kind, seed):
    """Each restart is killed, too: while it settles what the one before left, or a little later."""
    dice = random.Random(f"{kind}/{seed}")
    with begin(kind, readers=READERS[kind], size=7) as trial:
        for _ in range(10):
            trial.killed(dice.choice([*POINTS, "settled"]), dice.choice([1, 1, 2, 3]))
        trial.finish()
        trial.prove(held=trial.kills if kind == "smtp" else 0, part="again and again")


@pytest.mark.parametrize("number", [1, pytest.param(2, marks=LONG), pytest.param(4, marks=LONG)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_a_request_is_on_its_way(begin, when, number):
    with begin("sendgrid") as trial:
        trial.provider.faults({"route": "send", "what": "hang", "when": when, "call": number, "seconds": 0.5})
        pid = trial.start()
        trial.until(lambda: trial.calls("send") == number)
        trial.kill(pid)
        assert trial.kills == 1
        trial.finish()
        trial.prove(part=f"request on its way, killed {when} it is taken")
