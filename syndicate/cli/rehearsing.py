"""What `newsletter send` does before, or instead of, sending: the checks, one test mail, everybody's mail as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.desk import Desk
from syndicate.cli.newsletter import list_of, office_of
from syndicate.cli.telling import columns, number

if TYPE_CHECKING:
    from syndicate.models import Edition, MailingList

TO = Annotated[
    str | None, typer.Option("--to", metavar="ADDRESS", help="Only one mail, marked as a test, to this address.")
]
VARIANT = Annotated[str | None, typer.Option(metavar="NAME", help="With --to: which variant. Default: the first.")]
DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Write everybody's mail as files, and send nothing.")]


def checked(desk: Desk, edition: Edition, list: MailingList) -> Edition:
    """The edition after the checks, approved by them alone where its list wants no approval. Raises UsageError for a stop."""
    from syndicate import editions

    if edition.state == "draft" and not list.approval:
        refuse_stops(desk, edition)
        editions.approve(desk.store, edition, desk.now())
        return editions.called(desk.store, desk.site, edition.id)
    if edition.state == "approved":
        refuse_stops(desk, edition)
    return edition


def refuse_stops(desk: Desk, edition: Edition) -> None:
    """Raise UsageError where a check stops the edition and nobody overrode it. What nobody approves is checked with links and
    DNS; what was approved has been, and only what is known here is looked at again: the site may have changed since.
    """
    from syndicate import checking
    from syndicate.cli.checking import findings_of, lines, outside_of
    from syndicate.compose import gate
    from syndicate.errors import UsageError

    approved = edition.state != "draft"
    findings = findings_of(desk, edition, None if approved else outside_of(desk))
    over = checking.overridden(edition)
    stops = [one for one in gate.standing(findings) if one.name not in over]
    if stops:
        way = (
            f"Put it right; or `syndicate newsletter cancel {edition.id}`, draft it anew, and approve that with --override"
            if approved
            else f"If it is to go out in spite of that: `syndicate newsletter approve {edition.id} --override NAME`"
        )
        raise UsageError("\n".join([f"{edition.id} is not sent:", *(f"  {one}" for one in lines(stops)), way]))
    for said in lines(one for one in findings if one.level == "warning" and not approved):
        desk.say(said)


def rehearse(desk: Desk, name: str, *, to: str | None, variant: str | None, dry_run: bool, other: bool) -> int:
    """Send one test mail, or write everybody's; raises UsageError for options that do not go together."""
    from syndicate import editions
    from syndicate.errors import UsageError

    if other or (to and dry_run) or (variant and not to):
        raise UsageError("--to and --dry-run each stand alone; --variant goes with --to. Nothing was sent.")
    found = editions.called(desk.store, desk.site, name)
    if not found.variants:
        raise UsageError(f"{found.id} is {found.state} and holds no texts any more.")
    return _one(desk, found, to, variant) if to else _all(desk, found)


def _one(desk: Desk, edition: Edition, to: str, variant: str | None) -> int:
    from syndicate import rehearsal
    from syndicate.config import finished

    finished(desk.site, "newsletter send")
    office = office_of(desk, "newsletter send")
    name, receipt = rehearsal.one_mail(office, edition, list_of(desk, edition), to=to, variant=variant)
    value = {"edition": edition.id, "variant": name, "outcome": receipt.outcome, "reason": receipt.reason}
    if receipt.outcome == "accepted":
        where = f" It is in {desk.site.places.state / 'outbox'}." if office.transport.name == "folder" else ""
        text = (
            f"{edition.id} ({name}) went out once, marked as a test, by {office.transport.name}.{where} "
            "Its links to leave are nobody's."
        )
    else:
        text = f"The test mail of {edition.id} ({name}) was not taken: {receipt.reason or receipt.outcome}."
    desk.result({"test": value}, text)
    return 0 if receipt.outcome == "accepted" else 1


def _all(desk: Desk, edition: Edition) -> int:
    from syndicate import rehearsal
    from syndicate.office import Office

    transport = rehearsal.transport(desk.site, edition.id)
    office = Office(desk.site, desk.store, transport, desk.ring, desk.now, words=desk.words)
    with desk.progress("Writing") as report:
        done = rehearsal.dry_run(office, edition, list_of(desk, edition), report)
    rows = [(name, number(count, "mail")) for name, count in done.variants.items()]
    lines = [
        f"{edition.id}: {number(done.mails, 'mail')} in {done.folder}. Nothing was sent, and the edition is as it was."
    ]
    lines += [columns(rows, indent=2)] if rows else []
    lines += [f"{number(done.failed, 'mail')} could not be written."] if done.failed else []
    lines.append(f"They hold your readers' addresses and links. Delete them after a look: rm -r {done.folder}")
    value = {"edition": edition.id, "folder": str(done.folder), "mails": done.mails, "variants": done.variants}
    desk.result({"dry_run": value | {"failed": done.failed}}, "\n".join(lines))
    return 0 if not done.failed else 1
