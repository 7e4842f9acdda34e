"""When an edition is due: rhythms in the site's time zone, over changes of the clock, and by number of posts."""

from datetime import UTC, datetime

import pytest

from syndicate.models import Schedule
from syndicate.rhythm import is_due

WEEKLY = Schedule("weekly", weekday=0, hour=9)
MONTHLY = Schedule("monthly", day=1, hour=9)
LAST = Schedule("monthly", day=31, hour=9)
DAILY = Schedule("daily", hour=9)
NIGHTLY = Schedule("daily", hour=2, minute=30)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


CASES = [
    # schedule, last drafted, now (UTC; Tirana is an hour ahead in winter, two in summer), due
    (WEEKLY, "2026-11-16T08:00", "2026-11-23T07:59", False),
    (WEEKLY, "2026-11-16T08:00", "2026-11-23T08:00", True),
    (WEEKLY, "2026-11-23T08:00", "2026-11-23T08:05", False),
    (WEEKLY, "2026-11-02T08:00", "2026-11-25T12:00", True),
    (WEEKLY, "2026-10-19T07:00", "2026-10-26T07:30", False),
    (WEEKLY, "2026-10-19T07:00", "2026-10-26T08:00", True),
    (MONTHLY, "2026-10-15T00:00", "2026-10-31T23:00", False),
    (MONTHLY, "2026-10-15T00:00", "2026-11-01T08:00", True),
    (DAILY, "2026-03-28T08:00", "2026-03-29T06:59", False),
    (DAILY, "2026-03-28T08:00", "2026-03-29T07:00", True),
    # half past two: skipped on 29 March, so it strikes an hour later; there twice on 25 October, so it strikes the first time
    (NIGHTLY, "2026-03-28T01:30", "2026-03-29T01:29", False),
    (NIGHTLY, "2026-03-28T01:30", "2026-03-29T01:30", True),
    (NIGHTLY, "2026-03-29T01:30", "2026-03-29T23:00", False),
    (NIGHTLY, "2026-10-24T00:30", "2026-10-25T00:29", False),
    (NIGHTLY, "2026-10-24T00:30", "2026-10-25T00:30", True),
    (NIGHTLY, "2026-10-25T00:30", "2026-10-25T01:30", False),
    # the 31st is the last day of a shorter month, once
    (LAST, "2026-10-31T08:00", "2026-11-29T23:00", False),
    (LAST, "2026-10-31T08:00", "2026-11-30T08:00", True),
    (LAST, "2026-11-30T08:00", "2026-12-01T08:00", False),
    (LAST, "2028-01-31T08:00", "2028-02-28T08:00", False),
    (LAST, "2028-01-31T08:00", "2028-02-29T08:00", True),
    (Schedule(), "2020-01-01T00:00", "2026-01-01T00:00", False),
]


@pytest.mark.parametrize(("schedule", "since", "now", "due"), CASES)
def test_a_rhythm_strikes_once(schedule, since, now, due):
    assert is_due(schedule, since=at(since), now=at(now), timezone="Europe/Tirane", waiting=1) is due


def test_nothing_waiting_is_never_due():
    assert not is_due(WEEKLY, since=at("2020-01-01T00:00"), now=at("2026-01-01T00:00"), timezone="UTC", waiting=0)


@pytest.mark.parametrize(("waiting", "due"), [(4, False), (5, True), (6, True)])
def test_every_so_many_posts(waiting, due):
    schedule = Schedule("posts", posts=5)
    assert (
        is_due(schedule, since=at("2026-01-01T00:00"), now=at("2026-01-01T00:01"), timezone="UTC", waiting=waiting)
        is due
    )
