"""When a mailing list's next edition is due."""

from __future__ import annotations

from datetime import datetime, timedelta
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
    """The last moment at or before `now` at which the rhythm (daily, weekly, monthly) struck."""
    here = now.astimezone(ZoneInfo(timezone))
    day = here.date()
    while True:
        fits = {"daily": True, "weekly": day.weekday() == schedule.weekday, "monthly": day.day == schedule.day}
        struck = datetime(day.year, day.month, day.day, schedule.hour, schedule.minute, tzinfo=here.tzinfo)
        if fits[schedule.kind] and struck <= here:
            return struck
        day -= timedelta(days=1)
