"""When to ask a source again, with what, and what its answer means for the next time. Pure: the clock is an argument.

SourceState + clock --ask--> Ask --(fetch, parse)--> outcome --after--> SourceState
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from syndicate.errors import FetchError, Gone, SyndicateError
from syndicate.models import Politeness, Source
from syndicate.pull.fetch import LONGEST_WAIT, Retrieved

LONGEST = timedelta(days=1)
"""However long a server's max-age or a feed's ttl, and however often it failed: we ask once a day."""

MOVES = 3
"""A permanent redirect is believed when it was seen so many times in a row."""

UNCONDITIONAL = 20
"""Every so many requests go out without validators: a wrong Last-Modified would freeze a feed for ever."""

# Cron starts a second early or late; a source due at that very second must not wait for the next hour.
_SLACK = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SourceState:
    """What we remember of a source between pulls. Every field is JSON; times are POSIX seconds.

    `url` is the configured address the rest belongs to. `due` is when `run` asks again; `held_until` binds a person's own
    pull too (Retry-After). `moved_to` was seen `moved_times` times in a row. `asked` counts requests, `failures` those that
    failed in a row. `gone`: the server said 410.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    due: float | None = None
    held_until: float | None = None
    failures: int = 0
    moved_to: str | None = None
    moved_times: int = 0
    gone: bool = False
    asked: int = 0
    ahead: float | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What to request. With `wait` nothing is to be asked now: it says why, in one sentence."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    wait: str | None = None


def ask(state: SourceState | None, source: Source, now: datetime, *, only_due: bool = False) -> Ask:
    """What to ask of a source now. `only_due` is `run`'s way; without it a person asked, whom only Retry-After and 410 stop.

    A state of another address than the source's counts for nothing: the operator has changed the source.
    """
    if state is None or state.url != source.url:
        return Ask(source.url)
    wait = _wait(state, source, now, only_due)
    if wait:
        return Ask(source.url, wait=wait)
    url = state.moved_to if state.moved_to and state.moved_times >= MOVES else source.url
    if state.asked % UNCONDITIONAL == UNCONDITIONAL - 1:
        return Ask(url)
    return Ask(url, state.etag, state.last_modified)


def _wait(state: SourceState, source: Source, now: datetime, only_due: bool) -> str | None:
    if state.gone:
        return (
            f"{source.id} is gone (its server said 410) and is not asked any more. "
            "Write its new url in feeds/sources.toml, or remove it."
        )
    if state.held_until is not None and now.timestamp() < state.held_until:
        return f"{source.id} asked to be left alone until {_at(state.held_until)}; it is asked again after that."
    if only_due and state.due is not None and now.timestamp() < state.due:
        return f"{source.id} is due at {_at(state.due)}."
    return None


def _at(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def next_due(
    *,
    now: datetime,
    every: timedelta,
    ttl: float | None = None,
    max_age: float | None = None,
    retry_after: float | None = None,
    failures: int = 0,
) -> datetime:
    """When to ask again. `ttl`, `max_age` and `retry_after` are seconds; `failures` in a row double the wait each time.

    A feed's ttl, a server's max-age and our own doubling bind up to a day, `every` (less a minute for cron's
    unpunctuality) and Retry-After always.
    """
    wished = max(ttl or 0.0, max_age or 0.0, every.total_seconds() * 2 ** min(failures - 1, 16) if failures else 0.0)
    wait = max(every - min(_SLACK, every / 60), timedelta(seconds=min(wished, LONGEST.total_seconds())))
    return now + max(wait, timedelta(seconds=min(retry_after or 0.0, LONGEST_WAIT)))


def after(
    state: SourceState,
    outcome: Retrieved | SyndicateError,
    now: datetime,
    politeness: Politeness,
    *,
    ttl: float | None = None,
) -> SourceState:
    """What to remember after an answer, or after the error that came instead (also one of reading the feed)."""
    asked = replace(state, asked=state.asked + 1)
    if isinstance(outcome, Retrieved):
        return _answered(asked, outcome, now, politeness, ttl)
    return _failed(asked, outcome, now, politeness)


def _answered(
    state: SourceState, got: Retrieved, now: datetime, politeness: Politeness, ttl: float | None
) -> SourceState:
    due = next_due(now=now, every=politeness.every, ttl=ttl, max_age=got.max_age, retry_after=got.retry_after)
    # A 304 may leave validators out; the old ones then stay true (RFC 9110 §15.4.5).
    kept = state if got.status == 304 else SourceState(state.url)
    moved_to, times = _moved(state, got)
    return replace(
        state,
        etag=got.etag or kept.etag,
        last_modified=got.last_modified or kept.last_modified,
        due=due.timestamp(),
        held_until=_held(got.retry_after, now),
        failures=0,
        moved_to=moved_to,
        moved_times=times,
        gone=False,
        ahead=None if got.clock is None else now.timestamp() - got.clock,
    )


def _moved(state: SourceState, got: Retrieved) -> tuple[str | None, int]:
    """The move to believe in, and how often it was seen. Asked at its new address already, a moved source stays moved."""
    if got.moved_to is None and state.moved_times >= MOVES and got.url == state.moved_to:
        return state.moved_to, state.moved_times
    if got.moved_to is None:
        return None, 0
    return got.moved_to, state.moved_times + 1 if got.moved_to == state.moved_to else 1


def _failed(state: SourceState, error: SyndicateError, now: datetime, politeness: Politeness) -> SourceState:
    failures = state.failures + 1
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    due = next_due(now=now, every=politeness.every, retry_after=retry_after, failures=failures)
    failed = replace(state, due=due.timestamp(), held_until=_held(retry_after, now), failures=failures)
    if state.moved_to and failures >= MOVES:
        # The new address does not answer: go back to the old one, which may lead elsewhere by now.
        failed = replace(failed, moved_to=None, moved_times=0)
    if not isinstance(error, FetchError):
        # It came, and was no feed: with its validators kept, a 304 would hide that for ever.
        failed = replace(failed, etag=None, last_modified=None)
    return replace(failed, gone=isinstance(error, Gone))


def _held(retry_after: float | None, now: datetime) -> float | None:
    return now.timestamp() + min(retry_after, LONGEST_WAIT) if retry_after else None


def from_json(values: Mapping[str, object]) -> SourceState:
    """A state from stored JSON; keys that this version does not know are left out."""
    known = {name: values[name] for name in SourceState.__dataclass_fields__ if name in values}
    return SourceState(**known)  # type: ignore[arg-type]
