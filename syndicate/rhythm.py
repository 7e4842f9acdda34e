"""Rhythms: when a mailing list's next edition is due. Pure, and light: an idle run asks it."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from syndicate.models import Schedule


def is_due(schedule: Schedule, *, since: datetime, now: datetime, timezone: str, waiting: int) -> bool:
    """Whether an edition should be drafted at `now`.

    `since` is when the last one was drafted, or the list was first seen; `waiting` is the number of new posts. A rhythm is due
    once its day and hour have come round after `since`, in the site's time zone and over changes of the clock; one that
    was missed is made up for once.
    """
    if schedule.kind == "manual" or waiting == 0:
        return False
    if schedule.kind == "posts":
        return waiting >= schedule.posts
    return since < latest(schedule, now=now, timezone=timezone)


def latest(schedule: Schedule, *, now: datetime, timezone: str) -> datetime:
    """The last moment at or before `now` at which the rhythm (daily, weekly, monthly) struck, in UTC.

    A month without the day strikes on its last one.
    Moments are compared in UTC: an hour that the clocks skip strikes an hour later, one that they repeat strikes the first time.
    """
    zone = ZoneInfo(timezone)
    day = now.astimezone(zone).date()
    while not _fits(schedule, day) or (struck := _struck(schedule, day, zone)) > now:
        day -= timedelta(days=1)
    return struck


def following(schedule: Schedule, *, now: datetime, timezone: str) -> datetime | None:
    """The next moment after `now` at which the rhythm strikes, in UTC; None for a schedule that is no rhythm."""
    if schedule.kind in ("manual", "posts"):
        return None
    zone = ZoneInfo(timezone)
    day = now.astimezone(zone).date()
    while not _fits(schedule, day) or (struck := _struck(schedule, day, zone)) <= now:
        day += timedelta(days=1)
    return struck


def _fits(schedule: Schedule, day: date) -> bool:
    if schedule.kind == "weekly":
        return day.weekday() == schedule.weekday
    return schedule.kind == "daily" or day.day == min(schedule.day, monthrange(day.year, day.month)[1])


def _struck(schedule: Schedule, day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, schedule.hour, schedule.minute, tzinfo=zone).astimezone(UTC)
