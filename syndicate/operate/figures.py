"""The figures of a report, so that nobody can be known by them. Pure.

About posts, partners, hashtags and feeds all is told: they are public. About readers, no figure stands for fewer than five:

- Who joined and who left a list is told in spans of whole months, each of at least five different people. The spans run from the
  list's beginning whatever the report's period, and the month that is not over is never told: so two reports tell the same spans,
  and what one has more than the other is a span of five or more.
- What became of an edition is told in fives, rounded down; fewer than five are not told apart from none. No total is told beside
  them, because what is missing in the sum would be a figure of its own; two editions compared differ by fives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

FEWEST = 5
"""No figure about readers stands for fewer."""

By = Literal["week", "month", "year"]
WEEKS, MONTHS = timedelta(days=70), timedelta(days=36 * 31)
"""Up to so long a period is told by weeks, and by months; longer ones by years."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months, from the first to the last, and how many different people: at least five."""

    first: date
    last: date
    people: int


def fives(count: int) -> int | None:
    """A figure about readers, rounded down to fives; None for fewer than five."""
    return count - count % FEWEST or None


def spans(happened: Iterable[tuple[date, str]], begin: date, until: date) -> list[Span]:
    """People in spans of at least five, from `begin` (the first of a month) to before `until`; `happened` is oldest first.

    Each is (month, person); a person counts once in a span. Months at the end with fewer than five are left out.
    """
    found: list[Span] = []
    people: set[str] = set()
    first, here = begin, begin
    for month, person in happened:
        if month >= until:
            break
        if month > here and len(people) >= FEWEST:
            found.append(Span(first, here, len(people)))
            people, first = set(), following(here, "month")
        here = max(here, month)
        people.add(person)
    if len(people) >= FEWEST:
        found.append(Span(first, here, len(people)))
    return found


def inside(found: Iterable[Span], first: date, last: date) -> list[Span]:
    """Those that lie wholly in a period."""
    return [one for one in found if one.first >= first and following(one.last, "month") - timedelta(days=1) <= last]


# ---------------------------------------------------------------- time


def by(first: date, last: date) -> By:
    """In which steps a period is told."""
    length = last - first
    return "week" if length <= WEEKS else "month" if length <= MONTHS else "year"


def start(day: date, by: By) -> date:
    """The first day of the step that a day is in."""
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day.replace(month=1, day=1)


def following(day: date, by: By) -> date:
    """The first day of the next step."""
    if by == "week":
        return start(day, by) + timedelta(days=7)
    if by == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day.replace(year=day.year + 1, month=1, day=1)


def steps(first: date, last: date, by: By) -> Iterator[date]:
    """The first day of each step of a period."""
    here = start(first, by)
    while here <= last:
        yield here
        here = following(here, by)


def counted(days: Iterable[date], begins: Sequence[date], by: By) -> list[int]:
    """How many days fall in each step."""
    found = dict.fromkeys(begins, 0)
    for day in days:
        if (step := start(day, by)) in found:
            found[step] += 1
    return [*found.values()]
