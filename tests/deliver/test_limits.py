"""How many may leave now, and how long to wait."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.deliver.limits import SPANS, grant, lasts, limits, spent
from syndicate.models import DeliveryRules
from syndicate.store import Store, allowances

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def test_only_what_the_operator_set():
    assert limits(DeliveryRules()) == {}
    assert limits(DeliveryRules(per_second=3, per_day=0)) == {"second": 3, "day": 0}


CELLS = [
    ({}, {}, 1000, (1000, 0.0, "")),
    ({"day": 100}, {}, 1000, (100, 0.0, "")),
    ({"day": 100}, {"day": (at(-10), 40)}, 1000, (60, 0.0, "")),
    ({"day": 100}, {"day": (at(-10), 100)}, 1000, (0, 86390.0, "day")),
    ({"day": 100}, {"day": (at(-86400), 100)}, 1000, (100, 0.0, "")),
    ({"day": 100}, {"day": (at(-10), 140)}, 5, (0, 86390.0, "day")),
    ({"second": 5, "minute": 100}, {"second": (at(-0.25), 5), "minute": (at(-30), 7)}, 9, (0, 0.75, "second")),
    ({"second": 5, "minute": 7}, {"second": (at(-0.25), 5), "minute": (at(-30), 7)}, 9, (0, 30.0, "minute")),
    ({"minute": 7}, {"minute": (at(600), 3)}, 9, (4, 0.0, "")),
    ({"minute": 7}, {"minute": (at(600), 7)}, 9, (0, 60.0, "minute")),
    ({"minute": 7}, {}, 0, (0, 0.0, "")),
]


@pytest.mark.parametrize(("allowed", "windows", "wanted", "expected"), CELLS)
def test_grants(allowed, windows, wanted, expected):
    found = grant(allowed, windows, NOW, wanted)
    assert (found.count, found.wait.total_seconds(), found.span) == expected


def test_how_long_it_takes_at_least():
    assert lasts({}, 1000) == timedelta(0)
    assert lasts({"second": 10, "minute": 100}, 1000) == timedelta(minutes=9)
    assert lasts({"day": 100}, 101) == timedelta(days=1)
    assert lasts({"day": 100}, 100) == timedelta(0)


steps = st.lists(st.tuples(st.floats(-100, 4000), st.integers(1, 50)), max_size=60)


@given(st.integers(1, 40), st.sampled_from(sorted(SPANS)), steps)
def test_no_span_lets_more_through_and_nobody_waits_longer_than_one(most, span, story):
    allowed, windows, now = {span: most}, {}, NOW
    for moved, wanted in story:
        now += timedelta(seconds=moved)
        found = grant(allowed, windows, now, wanted)
        windows = spent(found.windows, now, found.count)
        assert windows[span][1] <= most
        assert windows[span][0] <= now
        assert found.wait <= SPANS[span]
        if not found.count:
            now += found.wait
            assert grant(allowed, windows, now, wanted).count == min(wanted, most)


def test_two_at_once_share_one_limit(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'syndicate.sqlite'}")
    allowed, taken = {"day": 60}, []

    def take():
        for _ in range(50):
            with store.write() as connection:
                found = grant(allowed, allowances.read(connection, "smtp"), NOW, 1)
                allowances.write(connection, "smtp", spent(found.windows, NOW, found.count))
            taken.append(found.count)

    both = [threading.Thread(target=take) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert (len(taken), sum(taken)) == (100, 60)
    with store.write() as connection:
        allowances.give_back(connection, "smtp", 100)
        assert allowances.read(connection, "smtp") == {"day": (NOW, 0)}
        assert allowances.read(connection, "folder") == {}
    store.close()
