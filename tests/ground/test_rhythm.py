"""When an edition is due: rhythms in the site's time zone, over changes of the clock, and by number of posts."""

from datetime import UTC, datetime

import pytest

from syndicate.models import Schedule
from syndicate.rhythm import is_due

WEEKLY = Schedule("weekly", weekday=0, hour=9)
MONTHLY = Schedule("monthly", day=1, hour=9)
DAILY = Schedule("daily", hour=9)


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
