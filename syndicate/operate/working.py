"""Whether the daily work is done: cron, sources, what is published, editions, what is kept too long. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from syndicate.operate.verdict import Verdict, count, few, note, ok, problem, warning

LATE = 2
"""So many days without a run mean that nothing starts it."""
FAILING = timedelta(days=1)
"""For so long a source may fail without anybody being worried: blogs are down now and then."""
STUCK = timedelta(hours=1)
"""Rows that a sender left in its hands for so long belong to nobody any more."""

CRON = "docs/how-to/run-it-every-day.md: put syndicate run into cron"


def daily(last: date | None, today: date, *, pulled: datetime | None, ready: bool) -> Iterator[Verdict]:
    """Whether something starts `run`. `last` is the day of its last daily work, `pulled` when a source was last asked."""
    if last is None:
        at = f", though a source was asked on {pulled:%Y-%m-%d}" if pulled else ""
        if ready:
            yield note(f"`run` has not done its work here yet{at}.", f"syndicate run, and {CRON}")
        return
    days = (today - last).days
    if days < 0:
        yield warning(f"`run` was last at work on {last}, which is still to come.", "timedatectl set-ntp true")
    elif days >= LATE:
        yield problem(
            f"`run` was last at work {count(days, 'day')} ago, on {last}: nothing is pulled, sent or deleted meanwhile.",
            f"crontab -l shows whether it is there; {CRON}",
        )
    else:
        yield ok(f"`run` was last at work on {last}.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A source: when it was asked and last answered (None: never), and what went wrong the last time ("": nothing)."""

    id: str
    asked: datetime | None
    succeeded: datetime | None
    error: str = ""


def sources(found: Sequence[Asked], now: datetime) -> Iterator[Verdict]:
    """Whether the blogs can be read."""
    if not found:
        yield warning("There is no source yet: nothing can be pulled.", "Add a [[source]] to feeds/sources.toml")
    for one in found:
        if one.error:
            since = f" since {one.succeeded:%Y-%m-%d %H:%M} UTC" if one.succeeded else ", and never was"
            grave = one.succeeded is None or now - one.succeeded > FAILING
            yield (problem if grave else warning)(
                f"{one.id} is not pulled{since}: {sentence(one.error)}", f"syndicate pull {one.id}"
            )
        elif one.asked is None:
            yield note(f"{one.id} was never asked.", f"syndicate pull {one.id}")
    good = sum(not one.error and one.asked is not None for one in found)
    if good:
        yield ok(f"{count(good, 'source')} answered when last asked.")


def published(missing: Sequence[str], total: int) -> Iterator[Verdict]:
    """Whether every feed has its files; `missing` are slugs."""
    if missing:
        yield problem(
            f"{count(len(missing), 'feed')} of {total} {'has' if len(missing) == 1 else 'have'} no file under public/: "
            f"{few([*missing])}.",
            "syndicate publish",
        )
    else:
        yield ok(f"{count(total, 'feed')} under public/.")


# ---------------------------------------------------------------- newsletters


def armed(restored: datetime | None) -> Iterator[Verdict]:
    """Whether mail may leave; `restored` is since when it may not."""
    if restored is None:
        yield ok("Mail may leave.")
    else:
        yield problem(
            f"No mail leaves: on {restored:%Y-%m-%d} the site was restored from a copy, which does not know what was sent since.",
            "syndicate arm says what that means here, and lets mail leave",
        )


@dataclass(frozen=True, slots=True)
class EditionFact:
    """Where an edition stands: rows by state, whether its sum is right, why it stopped, who still has to approve it."""

    id: str
    state: str
    audience: int
    states: Mapping[Any, int]
    stopped: str = ""
    send_by: datetime | None = None
    waiting: bool = False
    created: datetime | None = None
    alive: bool = False


def sums(wrong: Mapping[str, tuple[int, int]], editions: int) -> Iterator[Verdict]:
    """Whether every edition's rows add up to its audience: edition → (rows, audience)."""
    for id, (rows, audience) in sorted(wrong.items()):
        yield problem(
            f"{id}: there are {count(rows, 'row')} for {audience:,} readers. This must never be.",
            "Stop cron and any worker, keep a copy of the database, and report it with the output of: "
            f"syndicate newsletter status {id} --json",
        )
    if not wrong:
        yield ok(f"The rows of {count(editions, 'edition')} add up to their audiences.")


def editions(found: Sequence[EditionFact], now: datetime) -> Iterator[Verdict]:
    """What waits, stands still, or is in doubt."""
    quiet = True
    for one in found:
        for verdict in _edition(one, now):
            quiet = quiet and verdict.level == "note"
            yield verdict
    if quiet:
        yield ok("No edition stands still, and of no mail it is unknown whether it left.")


def _edition(one: EditionFact, now: datetime) -> Iterator[Verdict]:
    why = f" ({one.stopped})" if one.stopped else ""
    held, doubt = one.states.get("held", 0), one.states.get("in_doubt", 0)
    if held:
        yield problem(
            f"{one.id}: of {count(held, 'mail')} nobody knows whether {'it' if held == 1 else 'they'} left.",
            f"syndicate newsletter repair {one.id}",
        )
    if doubt and not one.alive:
        yield warning(
            f"{one.id}: {count(doubt, 'mail')} in doubt, to be settled with the provider.",
            f"syndicate run settles it; syndicate newsletter status {one.id} shows",
        )
    if one.state in ("scheduled", "sending", "paused") and one.send_by is not None and now > one.send_by:
        yield problem(
            f"{one.id} was not sent in time{why}.", f"syndicate newsletter send {one.id} --late, or cancel it"
        )
    elif one.state == "paused":
        yield warning(f"{one.id} is paused{why}.", f"syndicate newsletter resume {one.id}")
    elif one.state == "sending" and not one.alive:
        yield warning(f"{one.id} was not finished{why}.", f"syndicate run, or syndicate newsletter send {one.id}")
    elif one.state == "draft" and one.waiting:
        yield note(
            f"{one.id} waits for approval since {one.created:%Y-%m-%d}.",
            f"syndicate newsletter preview {one.id}, then approve",
        )


def letters(waiting: int, oldest: datetime | None, now: datetime) -> Iterator[Verdict]:
    """Whether mails about subscriptions leave: somebody waits for each."""
    if oldest is not None and now - oldest > 2 * STUCK:
        yield problem(
            f"{count(waiting, 'mail')} about subscriptions did not leave, the oldest since {oldest:%Y-%m-%d %H:%M} UTC: somebody "
            "waits for a link.",
            "syndicate run, and look at what it says",
        )


def rates(warnings: Sequence[str]) -> Iterator[Verdict]:
    """How mail fares, by what came back."""
    for one in warnings:
        yield warning(sentence(one), "Look at the list's addresses and the sender's domain before the next edition")


def kept(overdue: Mapping[str, int], days: Mapping[str, int], files: int) -> Iterator[Verdict]:
    """What concerns people and is kept longer than [retention] says: what → how many found, and how long it may stay."""
    late = {what: found for what, found in overdue.items() if found}
    for what in late:
        yield warning(
            f"[retention] keeps {what} for {count(days[what], 'day')}, and some are older.",
            "syndicate run deletes them, once a day; see why it did not",
        )
    if files:
        yield warning(
            f"{count(files, 'mail')} of a dry run under var/dry-run {'is' if files == 1 else 'are'} older than a week.",
            "syndicate run deletes them, once a day; see why it did not",
        )
    if not late and not files:
        yield ok("Nothing about people is kept longer than [retention] says.")


# ---------------------------------------------------------------- the site's files


def lacking(words: Mapping[str, Collection[str]]) -> Iterator[Verdict]:
    """Languages whose words lack texts that another language has."""
    for code, keys in words.items():
        yield warning(
            f"templates/words.{code}.toml lacks {count(len(keys), 'text')}, told in another language instead: "
            f"{few(sorted(keys))}.",
            f"Add {'it' if len(keys) == 1 else 'them'} to templates/words.{code}.toml",
        )
    if not words:
        yield ok("Every language has all its texts.")


def marks(unfinished: Sequence[str], unchecked: Sequence[str]) -> Iterator[Verdict]:
    """Settings of a new site that nobody has made their own, or looked at."""
    for one in unfinished:
        yield problem(
            f"{one} is still the starter's example: `run` and `send` wait for yours.",
            f"Change it in {one.partition(':')[0]}",
        )
    if unchecked:
        yield note(
            f"{few([*unchecked])} {'is' if len(unchecked) == 1 else 'are'} marked # CHECK: worked out from your domain.",
            "Look at them, then take the remark away",
        )
    if not unfinished:
        yield ok("No setting is still the starter's.")


def sentence(text: str) -> str:
    """The first line of somebody's words, as a sentence."""
    text = text.strip().splitlines()[0] if text.strip() else ""
    return text if text.endswith((".", "!", "?")) else f"{text}."
