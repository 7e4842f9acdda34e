"""A provider that fails: before it has taken a request and after, at one request or at many, with kills and without."""

from __future__ import annotations

import os
import random
import time

import pytest

LONG = pytest.mark.skipif(not os.environ.get("SYNDICATE_TEST_ALL"), reason="one of a long matrix")
QUICK = {"timeout": 0.4}
DOUBTFUL = ("500", "502", "503", "200", "html", "301", "reset", "half", "cut", "hang")
DEFINITE = ("429", "401", "403", "413", "quota")
STORM = tuple(
    (what, when)
    for what in (*DOUBTFUL[:-1], "429", "401")
    for when in ("before", "after")
    if when == "before" or what in DOUBTFUL
)
SAMPLE = {("hang", "after"), ("301", "before"), ("413", "before")}


def fault(what, when, route="send", **more):
    return {"route": route, "what": what, "when": when, "seconds": 0.6 if what in ("hang", "slow") else 0, **more}


def one_fault():
    for what in (*DOUBTFUL, *DEFINITE, "slow"):
        # A definite "no" after the mail was taken would be a lie that nobody can see through.
        for when in ("before", "after") if what in DOUBTFUL else ("after",) if what == "slow" else ("before",):
            yield pytest.param(what, when, marks=() if (what, when) in SAMPLE else LONG)


@pytest.mark.parametrize(("what", "when"), [*one_fault()])
def test_one_request_goes_wrong(begin, what, when):
    with begin("sendgrid", **QUICK) as trial:
        trial.provider.faults(fault(what, when, call=2))
        trial.finish()
        trial.prove(part=f"one fault {when}")


def on_the_way():
    for what in ("500", "reset", "html"):
        for route in ("batch", "send", "cancel", "status"):
            for when in ("before", "after"):
                sample = (what, route, when) in (("500", "cancel", "after"), ("html", "status", "before"))
                yield pytest.param(what, when, route, marks=() if sample else LONG)


@pytest.mark.parametrize(("what", "when", "route"), [*on_the_way()])
def test_killed_and_then_a_fault_on_the_way_to_proof(begin, what, when, route):
    with begin("sendgrid", **QUICK) as trial:
        assert trial.killed("posted", 2)
        trial.provider.faults(fault(what, when, route, call=1))
        trial.finish()
        trial.prove(part="kill, then a fault on the way to proof")


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=LONG) for seed in range(2, 26))])
def test_a_quarter_of_all_calls_fail_and_senders_die(begin, seed):
    dice = random.Random(seed)
    with begin("sendgrid", seed=seed, size=7, **QUICK) as trial:
        trial.provider.faults(*(fault(what, when, "any", chance=0.25 / len(STORM)) for what, when in STORM))
        for _ in range(6):
            pid = trial.start()
            time.sleep(dice.uniform(0.0, 0.5))
            trial.kill(pid)
        trial.finish()
        trial.prove(part="a quarter of all calls fail, and kills")


@pytest.mark.parametrize("kills", [0, pytest.param(3, marks=LONG)])
@pytest.mark.parametrize("what", ["429", pytest.param("500", marks=LONG), pytest.param("reset", marks=LONG)])
def test_a_storm_passes(begin, what, kills):
    """Every request fails for a while; then all is well."""
    with begin("sendgrid", **QUICK) as trial:
        trial.provider.faults(fault(what, "before", chance=1.0))
        for number in range(3):
            if number < kills:
                trial.killed("posted", 1)
            else:
                trial.run()
        assert not trial.arrived()
        trial.provider.faults()
        trial.finish()
        trial.prove(part="a storm")


def test_the_provider_restarts_with_another_sender(begin):
    """Its address refuses connections, then answers again: nobody is in doubt, because no byte left."""
    with begin("sendgrid", **QUICK) as trial:
        assert trial.run(at="http://127.0.0.1:9") in (1, 3)
        assert trial.states == {"queued": 60}
        trial.finish()
        trial.prove(part="provider not there")


# ---------------------------------------------------------------- a mail server


def smtp_faults():
    for what in ("reset", "hang", "451", "552"):
        for when in ("before", "after") if what in ("reset", "hang") else ("before",):
            for call in (1, 5):
                yield pytest.param(
                    what,
                    when,
                    call,
                    marks=() if (what, when, call) in (("reset", "after", 5), ("552", "before", 1)) else LONG,
                )


@pytest.mark.parametrize(("what", "when", "call"), [*smtp_faults()])
def test_one_mail_goes_wrong(begin, what, when, call):
    with begin("smtp", readers=24, **QUICK) as trial:
        trial.provider.faults({"what": what, "when": when, "call": call, "seconds": 0.6})
        trial.finish()
        found = trial.prove(held=1, part=f"one fault {when}")
        assert found.held == (what in ("reset", "hang"))
        assert trial.states.get("failed", 0) == (what == "552")


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=LONG) for seed in range(2, 12))])
def test_a_mail_server_that_often_fails_and_senders_that_die(begin, seed):
    dice = random.Random(seed)
    with begin("smtp", readers=24, seed=seed, size=7, **QUICK) as trial:
        trial.provider.faults(
            {"what": "reset", "when": "before", "chance": 0.06}, {"what": "reset", "when": "after", "chance": 0.06},
            {"what": "451", "chance": 0.1}, {"what": "552", "chance": 0.03},
        )  # fmt: skip
        for _ in range(5):
            pid = trial.start()
            time.sleep(dice.uniform(0.0, 0.4))
            trial.kill(pid)
        trial.finish()
        trial.prove(held=trial.kills + trial.provider.doubts, part="a quarter of all mails fail, and kills")
