"""`syndicate newsletter`: sending, holding up, calling back and repairing an edition; where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli import rehearsing, working
from syndicate.cli.app import STOPPED, command
from syndicate.cli.desk import Desk
from syndicate.cli.newsletter import EDITION, list_of, newsletter, office_of, shape
from syndicate.cli.rehearsing import DRY_RUN, TO, VARIANT
from syndicate.cli.road import publish_archive
from syndicate.cli.stopping import stoppable, wait
from syndicate.cli.telling import columns, number, shortened, span

if TYPE_CHECKING:
    from syndicate.models import Edition, MailingList
    from syndicate.office import Office, Standing

YES = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@command(newsletter)
def send(
    desk: Desk,
    edition: EDITION,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="When it is to leave: 2026-12-01 09:00 in the site's zone."),
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Also when the time to send it by is over.")] = False,
    to: TO = None,
    variant: VARIANT = None,
    dry_run: DRY_RUN = False,
    yes: YES = False,
) -> int:
    """Send an approved edition to everyone on its list. After a stop, the same command goes on; nobody gets two.

    With --to or --dry-run it is only tried out: nothing is counted, and the edition stays as it is.
    """
    from syndicate import delivery, editions, settling
    from syndicate.config import finished
    from syndicate.errors import UsageError

    if to or dry_run or variant:
        return rehearsing.rehearse(desk, edition, to=to, variant=variant, dry_run=dry_run, other=bool(at or late))
    finished(desk.site, "newsletter send")
    when = moment(at, desk.site.timezone) if at else None
    found = editions.called(desk.store, desk.site, edition)
    list = list_of(desk, found)
    found = rehearsing.checked(desk, found, list)
    if found.state not in delivery.SENDABLE:
        raise UsageError(delivery.why_not(found))
    office = office_of(desk, "newsletter send")
    desk.say(_about(desk, office, found, list, when))
    if not yes and not desk.confirm(f"Send {found.id} {'then' if when else 'now'}?"):
        raise UsageError("Nothing was sent. Add --yes where nobody can answer.")
    if when is None:
        return _go(desk, office, found, list, late=late)
    settling.schedule(office, found, when)
    text = (
        f"{found.id} leaves at {_local(desk, when)}: `syndicate run`, from cron, sends it then. Until then "
        f"`syndicate newsletter undo {found.id}` stops it."
    )
    desk.result({"edition": shape(found) | {"state": "scheduled", "send_at": when}}, text)
    return 0


@command(newsletter)
def resume(desk: Desk, edition: EDITION, yes: YES = False) -> int:
    """Go on with a paused edition."""
    from syndicate import delivery, editions, settling
    from syndicate.config import finished
    from syndicate.errors import UsageError

    finished(desk.site, "newsletter resume")
    found = editions.called(desk.store, desk.site, edition)
    if found.state not in ("paused", "sending"):
        raise UsageError(f"{found.id} is {found.state}: only a paused edition goes on.")
    office = office_of(desk, "newsletter resume")
    standing = delivery.standing(desk.site, desk.store, found)
    waiting = (
        standing.tally.waiting
        if standing.audience
        else sum(delivery.audience(office, found, list_of(desk, found)).values())
    )
    why = f" It stopped because: {found.stopped.rstrip('.')}." if found.stopped else ""
    desk.say(f"{found.id}: {number(waiting, 'reader')} wait.{why}")
    if not yes and not desk.confirm(f"Go on with {found.id}?"):
        raise UsageError("Nothing was sent. Add --yes where nobody can answer.")
    if settling.reschedule(office, found):
        desk.result({"edition": shape(found) | {"state": "scheduled"}}, f"{found.id} is scheduled again.")
        return 0
    return _go(desk, office, found, list_of(desk, found), late=False)


@command(newsletter)
def undo(desk: Desk, edition: EDITION, yes: YES = False) -> int:
    """Stop an edition: nothing more of it is posted, and what was posted is called back where that is still possible."""
    from syndicate import editions, settling
    from syndicate.errors import UsageError

    found = editions.called(desk.store, desk.site, edition, texts=False)
    office = office_of(desk, "newsletter undo")
    ahead = settling.prospect(office, found)
    lines = [
        f"{found.id}: {number(ahead.unposted, 'reader')} not posted to yet, {number(ahead.recallable, 'mail')} to call back.",
        *([f"{number(ahead.gone, 'reader')} get it all the same. {ahead.why}"] if ahead.gone else []),
    ]
    desk.say("\n".join(lines))
    if not yes and not desk.confirm(f"Undo {found.id}?"):
        raise UsageError("Nothing was undone. Add --yes where nobody can answer.")
    done = settling.undo(office, found)
    told = [
        f"{found.id} is undone: {done.stopped} stopped, {done.recalled} called back, {done.got} get it all the same."
    ]
    told += [done.why] if done.why else []
    told += ["Nobody got it: its posts are new to the list again."] if done.gave_back else []
    value = {
        "id": found.id, "state": "undone", "stopped": done.stopped, "recalled": done.recalled, "got": done.got, "why": done.why,
    }  # fmt: skip
    desk.result({"edition": value}, "\n".join(told))
    return 0


@command(newsletter)
def pause(desk: Desk, edition: EDITION) -> None:
    """Hold an edition up; whoever sends it stops after the batch in hand. `resume` goes on."""
    from syndicate import delivery, editions, settling

    found = editions.called(desk.store, desk.site, edition, texts=False)
    settling.pause(desk.store, found)
    standing = delivery.standing(desk.site, desk.store, found)
    text = f"{sentence(standing)}\n`syndicate newsletter resume {found.id}` goes on."
    desk.result({"edition": standing_shape(standing)}, text)


@command(newsletter)
def cancel(desk: Desk, edition: EDITION) -> None:
    """Give up an edition that has not begun to be sent. Its posts are new to the list again."""
    from syndicate import editions

    found = editions.called(desk.store, desk.site, edition, texts=False)
    editions.cancel(desk.store, found)
    text = f"{found.id} is cancelled; nobody got it. Its posts are new to the list again."
    desk.result({"edition": shape(found) | {"state": "cancelled"}}, text)


@command(newsletter)
def repair(
    desk: Desk,
    edition: EDITION,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Queue those who were refused once more.")
    ] = False,
    resend_held: Annotated[
        bool, typer.Option("--resend-held", help="Queue those of whom nobody knows; they may get it twice.")
    ] = False,
    assume_sent: Annotated[
        bool, typer.Option("--assume-sent", help="Take those of whom nobody knows for sent.")
    ] = False,
    yes: YES = False,
) -> int:
    """Settle what is unsure from the evidence there is, and say what is left. The options decide what evidence cannot."""
    from syndicate import delivery, editions, settling
    from syndicate.errors import UsageError

    if resend_held and assume_sent:
        raise UsageError("--resend-held and --assume-sent say opposite things of the same readers: choose one.")
    found = editions.called(desk.store, desk.site, edition, texts=False)
    office = office_of(desk, "newsletter repair")
    left = settling.repair(office, found)
    asked: list[tuple[bool, int, str, Callable[[Office, Edition], int]]] = [
        (retry_failed, left.failed, "were refused; send to them once more?", settling.retry_failed),
        (
            resend_held,
            left.held,
            "may have it already, and would get it twice; send to them again?",
            settling.resend_held,
        ),
        (assume_sent, left.held, "may not have it; take it for sent?", settling.assume_sent),
    ]
    for wanted, count, question, act in asked:
        if wanted and count:
            if not yes and not desk.confirm(f"{number(count, 'reader')} {question}"):
                raise UsageError("Nothing was changed for them. Add --yes where nobody can answer.")
            act(office, found)
    standing = delivery.standing(desk.site, desk.store, found)
    lines = [sentence(standing)]
    if standing.tally.waiting and standing.state == "paused":
        lines.append(f"`syndicate newsletter resume {found.id}` sends to those who wait.")
    desk.result({"edition": standing_shape(standing)}, "\n".join(lines))
    return 0 if standing.balanced else 1


@command(newsletter)
def status(
    desk: Desk,
    edition: EDITION,
    who: Annotated[bool, typer.Option("--who", help="Name those who wait, failed or are unsure.")] = False,
) -> int:
    """Where an edition stands: how many wait, were sent, failed, and of how many nobody knows; and their sum."""
    from syndicate import delivery, editions

    found = editions.called(desk.store, desk.site, edition, texts=False)
    standing = delivery.standing(desk.site, desk.store, found)
    lines = [sentence(standing)] if standing.audience else [f"{found.id} is {found.state}; nothing of it was sent."]
    if standing.variants:
        lines.append(columns([(name, number(count, "reader")) for name, count in standing.variants.items()], indent=2))
    lines += _times(desk, standing)
    lines += [f"Post {id} changed since this was drafted." for id in editions.changed_since(desk.store, found)]
    value = {"edition": standing_shape(standing)}
    if who:
        people = [*_who(desk, found)]
        value["edition"]["who"] = [dict(zip(("state", "address", "reason"), one, strict=True)) for one in people]
        lines.append(columns([(state, address or "(forgotten)", why) for state, address, why in people], indent=2))
    desk.result(value, "\n".join(line for line in lines if line))
    return 0 if standing.balanced else 1


# ---------------------------------------------------------------- going


def _go(desk: Desk, office: Office, found: Edition, list: MailingList, *, late: bool) -> int:
    """Send, with a bar, until it is done or somebody presses Ctrl-C; tells where it stands then."""
    from syndicate import delivery

    if working.handed_on(desk, office, found, list, late=late):
        return 0
    with stoppable(desk) as stopping, desk.progress("Sending") as report:
        office = replace(office, stopping=stopping, wait=lambda seconds: wait(seconds, stopping))
        standing = delivery.send(office, found, list, report, late=late)
        interrupted = stopping()
    publish_archive(desk)
    lines = [sentence(standing), *_times(desk, standing)]
    if office.transport.name == "folder":
        lines.append(f"The mails are in {desk.site.places.state / 'outbox'}.")
    if standing.state == "paused":
        lines.append(f"`syndicate newsletter resume {found.id}` goes on.")
    desk.result({"edition": standing_shape(standing)}, "\n".join(lines))
    return STOPPED if interrupted and standing.state != "sent" else _exit(standing)


def _exit(standing: Standing) -> int:
    if not standing.balanced or standing.tally.failed or standing.tally.unsure or standing.state == "paused":
        return 1
    return 3 if standing.tally.waiting else 0


def moment(text: str, timezone: str) -> datetime:
    """A time as people write it, in the site's zone unless it says its own; raises UsageError when it is none.

    The hour that the clocks skip in spring does not exist, and is refused; of the hour that they repeat it is the first.
    """
    from datetime import UTC
    from zoneinfo import ZoneInfo

    from syndicate.errors import UsageError

    zone = ZoneInfo(timezone)
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text!r} is no time. Write it as 2026-12-01 09:00, in the zone {timezone}.") from None
    if said.tzinfo is not None:
        return said.astimezone(UTC)
    found = said.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != said:
        raise UsageError(f"{text!r} does not exist in {timezone}: the clocks skip it. Write another time.")
    return found


# ---------------------------------------------------------------- telling


def standing_shape(standing: Standing) -> dict[str, Any]:
    """Where an edition stands, as `--json` prints it."""
    return {
        "id": standing.edition, "state": standing.state, "audience": standing.audience, "states": dict(standing.states),
        "balanced": standing.balanced, "variants": dict(standing.variants), "stopped": standing.stopped,
        "send_at": standing.send_at, "send_by": standing.send_by, "undo_until": standing.undo_until,
        "leaves": standing.leaves[0] if standing.leaves else None,
    }  # fmt: skip


def sentence(standing: Standing) -> str:
    """Where an edition stands, with the sum."""
    tally = standing.tally
    parts = [f"{tally.sent} sent", f"{tally.waiting} waiting", f"{tally.failed} failed", f"{tally.unsure} unsure"]
    if tally.left_out:
        parts.append(f"{tally.left_out} left out")
    wrong = "" if standing.balanced else " THE SUM IS WRONG: run `syndicate newsletter status` again, and report this."
    return f"{standing.edition} is {standing.state}: {' + '.join(parts)} = {tally.total} of {standing.audience} readers.{wrong}"


def _times(desk: Desk, standing: Standing) -> list[str]:
    lines = [f"It stopped: {standing.stopped.rstrip('.')}."] if standing.stopped else []
    now, id = desk.now(), standing.edition
    if standing.state == "scheduled" and standing.send_at:
        lines.append(f"It leaves at {_local(desk, standing.send_at)}.")
    if standing.leaves and standing.leaves[1] > now:
        first, last = (_local(desk, one) for one in standing.leaves)
        lines.append(f"The mail leaves at {first}." if first == last else f"The mail leaves from {first} to {last}.")
    if standing.undo_until and standing.undo_until > now:
        lines.append(f"Until {_local(desk, standing.undo_until)} `syndicate newsletter undo {id}` calls it back.")
    if standing.tally.unsure:
        lines.append(f"`syndicate newsletter repair {id}` settles what is unsure.")
    if standing.tally.waiting and standing.send_by and now > standing.send_by:
        lines.append(f"Its time is over: `syndicate newsletter send {id} --late` sends it all the same.")
    return lines


def _who(desk: Desk, found: Edition) -> Iterator[tuple[str, str, str]]:
    """The people who wait, failed or are unsure: (state, address, reason)."""
    from syndicate.store import ledger

    with desk.store.read() as connection:
        yield from ledger.who(connection, found.id, (
            "failed", "bounced", "in_doubt", "held", "queued", "claimed", "posting",
        ))  # fmt: skip


def _about(desk: Desk, office: Office, edition: Edition, chosen: MailingList, when: datetime | None) -> str:
    from syndicate import delivery

    standing = delivery.standing(desk.site, desk.store, edition)
    counts = standing.variants if standing.audience else delivery.audience(office, edition, chosen)
    readers = standing.tally.waiting if standing.audience else sum(counts.values())
    rows = [("list", chosen.id), ("from", f"{chosen.sender.name} <{chosen.sender.address}>")]
    for variant in edition.variants:
        if counts.get(variant.name):
            rows.append((variant.name, f"{number(counts[variant.name], 'reader')}: {shortened(variant.subject, 70)}"))
    rows.append(("to", f"{number(readers, 'reader')}, by {office.transport.name}{_cost(office, counts)}"))
    if standing.audience and readers < standing.audience:
        rows.append(("", f"the others of {standing.audience} are done"))
    rows.append(("leaves", _leaving(desk, office, when)))
    if slow := _slowness(office, readers):
        rows.append(("limits", slow))
    return f"{edition.id}\n{columns(rows, indent=2)}"


def _cost(office: Office, counts: Any) -> str:
    size = office.transport.batch_size
    return (
        f" in {number(sum(-(-one // size) for one in counts.values()), 'request')}" if office.transport.undoable else ""
    )


def _leaving(desk: Desk, office: Office, when: datetime | None) -> str:
    rules = desk.site.delivery
    if when is not None:
        return f"at {_local(desk, when)}; `undo` works until then"
    if not office.transport.undoable:
        return "at once; what has left cannot be called back"
    return f"in {span(rules.lead)}; `undo` works until {span(rules.guard)} before"


def _slowness(office: Office, readers: int) -> str:
    from syndicate.deliver import limits

    allowed = limits.limits(office.site.delivery)
    if not allowed:
        return ""
    told = ", ".join(f"{most} a {span_}" for span_, most in allowed.items())
    return f"{told}: it takes {span(limits.lasts(allowed, readers))} at least"


def _local(desk: Desk, moment: datetime) -> str:
    from zoneinfo import ZoneInfo

    return f"{moment.astimezone(ZoneInfo(desk.site.timezone)):%Y-%m-%d %H:%M}"
