"""The ledger's arrows: exactly the documented ones, nobody lost, nobody twice, and sums that hold."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.deliver.ledger import (
    ARROWS,
    STATES,
    Happening,
    IllegalTransition,
    Outcome,
    Tally,
    after,
    balanced,
    recover,
    tally,
)
from syndicate.errors import SyndicateError
from syndicate.models import Receipt

HAPPENINGS = (*get_args(Outcome), *get_args(Happening))

# The arrows of the design, state by state, and those by which `repair`, undo, late events and a restore go on from there.
DOCUMENTED = {
    "queued": {"claimed", "suppressed", "cancelled", "held"},
    "claimed": {"queued", "posting", "suppressed", "cancelled", "in_doubt", "held"},
    "posting": {"accepted", "queued", "failed", "in_doubt", "held"}
    | {"delivered", "deferred", "bounced", "complained"},
    "in_doubt": {"queued", "accepted", "held", "failed"} | {"delivered", "deferred", "bounced", "complained"},
    "held": {"queued", "accepted", "failed"} | {"delivered", "deferred", "bounced", "complained"},
    "accepted": {"delivered", "deferred", "bounced", "complained", "cancelled"},
    "deferred": {"delivered", "bounced", "complained"},
    "delivered": {"bounced", "complained"},
    "bounced": {"complained"},
    "complained": set(),
    "failed": {"queued"},
    "suppressed": set(),
    "cancelled": set(),
}


def test_the_arrows_are_the_documented_ones():
    found = {state: set() for state in STATES}
    for (state, _), to in ARROWS.items():
        if to != state:
            found[state].add(to)
    assert found == DOCUMENTED


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("happened", HAPPENINGS)
def test_every_cell_is_an_arrow_or_an_error(state, happened):
    if (state, happened) in ARROWS:
        assert after(state, happened) in {state, *DOCUMENTED[state]}
    else:
        with pytest.raises(IllegalTransition, match=state):
            after(state, happened)


CELLS = [
    ("queued", "claim", "claimed"),
    ("claimed", "post", "posting"),
    ("posting", "accepted", "accepted"),
    ("posting", "requeue", "queued"),
    ("posting", "failed", "failed"),
    ("posting", "in_doubt", "in_doubt"),
    ("in_doubt", "give_up", "held"),
    ("in_doubt", "prove_unsent", "queued"),
    ("held", "accepted", "accepted"),
    ("held", "prove_sent", "accepted"),
    ("posting", "event_delivered", "delivered"),
    ("delivered", "accepted", "delivered"),
    ("delivered", "event_deferred", "delivered"),
    ("bounced", "event_delivered", "bounced"),
    ("delivered", "event_delivered", "delivered"),
    ("delivered", "event_bounced", "bounced"),
    ("held", "event_complained", "complained"),
]


@pytest.mark.parametrize(("state", "happened", "to"), CELLS)
def test_arrows(state, happened, to):
    assert after(state, happened) == to


@pytest.mark.parametrize("state", ["accepted", "delivered", "deferred", "bounced", "complained"])
def test_who_has_it_is_never_queued_again(state):
    reached, todo = set(), [state]
    while todo:
        here = todo.pop()
        reached.add(here)
        todo += [to for (source, _), to in ARROWS.items() if source == here and to not in reached]
    assert not reached & {"queued", "claimed", "posting", "in_doubt", "held", "failed"}


@pytest.mark.parametrize("state", ["posting", "in_doubt", "held"])
def test_doubt_ends_in_the_queue_only_by_proof_or_the_operators_word(state):
    ways = {happened for (source, happened), to in ARROWS.items() if source == state and to == "queued"}
    assert ways <= {"requeue", "prove_unsent", "resend"}
    assert ("resend" in ways) == (state == "held")


def test_only_a_durable_posting_row_is_accepted():
    sources = {source for (source, _), to in ARROWS.items() if to == "accepted" and source != "accepted"}
    assert sources == {"posting", "in_doubt", "held"}
    assert {source for (source, _), to in ARROWS.items() if to == "posting"} == {"claimed"}


RECOVERIES = [
    ("claimed", None, False, "queued"),
    ("claimed", None, True, "queued"),
    ("posting", None, True, "in_doubt"),
    ("posting", None, False, "held"),
    ("posting", "accepted", False, "accepted"),
    ("posting", "requeue", False, "queued"),
    ("posting", "requeue", True, "queued"),
    ("posting", "failed", True, "failed"),
    ("posting", "in_doubt", True, "in_doubt"),
    ("posting", "in_doubt", False, "held"),
    ("in_doubt", None, True, "in_doubt"),
    ("in_doubt", None, False, "held"),
    ("in_doubt", "requeue", False, "queued"),
    ("held", None, True, "held"),
    ("held", "accepted", False, "accepted"),
    ("held", "in_doubt", False, "held"),
    ("queued", None, False, "queued"),
    ("accepted", None, True, "accepted"),
    ("delivered", "accepted", False, "delivered"),
]


@pytest.mark.parametrize(("state", "window", "to"), [("claimed", True, "in_doubt"), ("claimed", False, "held"),
                                                     ("posting", False, "held"), ("accepted", False, "accepted")])  # fmt: skip
def test_after_a_power_cut_a_claimed_row_may_have_been_posted(state, window, to):
    assert recover(state, None, window, power_cut=True) == to


@pytest.mark.parametrize("window", [True, False])
def test_what_was_claimed_ahead_and_not_handed_over_is_queued_without_proof(window):
    assert recover("posting", None, window, posted=False) == "queued"
    assert recover("in_doubt", None, False, posted=False) == "held"


@pytest.mark.parametrize(("state", "settled", "window", "to"), RECOVERIES)
def test_recover(state, settled, window, to):
    assert recover(state, Receipt("d1", settled) if settled else None, window) == to


@given(
    st.sampled_from(STATES),
    st.none() | st.sampled_from(get_args(Outcome)).map(lambda outcome: Receipt("d1", outcome)),
    st.booleans(),
)
def test_recovering_again_changes_nothing_more(state, settled, window):
    once = recover(state, settled, window)
    assert once != "posting"
    assert once == state or once in DOCUMENTED[state] or once == "held"
    if once != "queued":
        assert recover(once, settled, window) == once


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.sampled_from(HAPPENINGS)), max_size=200))
def test_sums_hold_whatever_happens(audience, story):
    rows = ["queued"] * audience
    for at, happened in story:
        try:
            rows[at % audience] = after(rows[at % audience], happened)
        except SyndicateError:
            continue
        counts = {state: rows.count(state) for state in STATES}
        assert balanced(audience, counts)
        assert tally(counts).total == audience


def test_tally():
    counts = dict.fromkeys(STATES, 1)
    assert tally(counts) == Tally(waiting=3, sent=4, failed=2, unsure=2, left_out=2)
    assert tally({}) == Tally()
    assert balanced(13, counts)
    assert not balanced(12, counts)
    assert not balanced(0, {"queued": 1, "held": -1})
