"""`syndicate subscribers`: the people on the lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number

subscribers = group(
    "The people on the lists. Who left, complained or was forgotten is never brought back by a command.",
    app,
    "subscribers",
    "People",
)
LIST = Annotated[str, typer.Argument(metavar="LIST", help="A mailing list: the name of its file in subscribers/.")]
ADDRESS = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")]
EVIDENCE = Annotated[
    str,
    typer.Option(metavar="TEXT", help="How you know that they agreed; without it they are pending and get no mail."),
]
State = Literal["pending", "confirmed", "unsubscribed"]


@command(subscribers)
def add(
    desk: Desk,
    list: LIST,
    address: ADDRESS,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="sq, en; or sq+en for both, Albanian first.")
    ] = None,
    evidence: EVIDENCE = "",
) -> None:
    """Add one person to a list. Without --evidence they are sent one mail that asks them to confirm."""
    from syndicate import people
    from syndicate.errors import UsageError

    chosen = people.list_called(desk.site, list)
    done = people.add(
        desk.site, desk.store, desk.ring, chosen, address, languages=language or desk.site.languages[0], evidence=evidence,
        now=desk.now(),
    )  # fmt: skip
    if done.refused:
        raise UsageError(f"Not added: {done.refused}.")
    same = " already" if done.before == done.state and not done.reads_otherwise else ""
    reads = f", reads {done.subscriber.languages}" if done.subscriber else ""
    text = f"{address} is{same} {done.state} on {chosen.id}{reads}."
    if done.invite:
        text += "\nOne mail that asks them to confirm leaves with the next `syndicate run`."
    if done.state == "pending":
        text += "\nNo mail goes to them before they agree: add --evidence TEXT if you can show that they did."
    desk.result(
        {
            "subscriber": asdict(done.subscriber) if done.subscriber else None,
            "list": chosen.id,
            "state": done.state,
            "invited": done.invite,
        },
        text,
    )


@command(subscribers, "list")
def list_(
    desk: Desk, list: Annotated[str | None, typer.Argument(metavar="[LIST]", help="The people of this list.")] = None
) -> None:
    """How many stand on each list; with LIST, who they are."""
    from syndicate import people

    if list is not None:
        chosen = people.list_called(desk.site, list)
        found = [*people.on_list(desk.store, chosen, None)]
        off = people.kept_off(desk.store, chosen, desk.ring, [one.subscriber for one in found])
        rows = [
            (
                one.subscriber.address, one.subscriber.languages, one.state, f"{one.changed:%Y-%m-%d}",
                f"no mail: {kind}" if (kind := off.get(one.subscriber.id, "unsubscribe")) != "unsubscribe" else "",
            )
            for one in found
        ]  # fmt: skip
        value = [
            {
                "address": one.subscriber.address,
                "language": one.subscriber.languages,
                "state": one.state,
                "since": one.changed,
                "suppressed": off.get(one.subscriber.id, ""),
            }
            for one in found
        ]
        return desk.result({"list": list, "subscribers": value}, columns(rows) or f"Nobody is on {list} yet.")
    return lists(desk)


@command(subscribers)
def lists(desk: Desk) -> None:
    """The lists, and how many stand on each."""
    from syndicate.store import people as stored

    with desk.store.read() as connection:
        counts = stored.counts(connection)
    states = ("confirmed", "pending", "unsubscribed")
    told = [{"id": one.id} | {state: counts.get((one.id, state), 0) for state in states} for one in desk.site.lists]
    rows = [
        (one["id"], *(f"{one[state]} {'left' if state == 'unsubscribed' else state}" for state in states))
        for one in told
    ]
    desk.result({"lists": told}, columns(rows) or "There is no list yet: make subscribers/<list>.toml.")


@command(subscribers)
def show(desk: Desk, address: ADDRESS) -> None:
    """All that is known of one person: where they stand, what forbids mail, and their history of consent."""
    from syndicate import people
    from syndicate.errors import UsageError
    from syndicate.store.ledger import AWAY

    found = people.dossier(desk.store, desk.ring, address)
    if not (found.subscriber or found.history or found.suppressions):
        raise UsageError("Nothing is known of this address.")
    person = found.subscriber
    lines = [
        f"{address}, reads {person.languages}, {person.mail} mail" if person else f"{address} is on no list any more."
    ]
    lines.append(
        columns([(one.list, one.state, f"since {one.changed:%Y-%m-%d}") for one in found.subscriptions], indent=2)
    )
    lines += [
        f"  no mail{f' from {one.list}' if one.list else ''}: {one.kind}, since {one.at:%Y-%m-%d}"
        for one in found.suppressions
    ]
    if sent := [one for one in found.deliveries if one.state in (*AWAY, "bounced")]:
        lines.append(f"  {number(len(sent), 'newsletter')} sent to them, the last {sent[-1].edition}")
    lines.append("History")
    lines.append(columns([
        (
            f"{one.at:%Y-%m-%d %H:%M}", one.list, one.event, f"by {one.how}", one.language,
            _agreed_to(one.evidence, one.wording_version),
        )
        for one in found.history
    ], indent=2))  # fmt: skip
    desk.result(people.shape(found), "\n".join(line for line in lines if line))


def _agreed_to(evidence: str, version: str) -> str:
    return f"“{evidence}” (wording {version})" if version else evidence


@command(subscribers)
def forget(
    desk: Desk,
    address: ADDRESS,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Erase a person everywhere. A keyed hash of the address stays, so that no import brings them back."""
    from syndicate import people
    from syndicate.consent import addresses
    from syndicate.errors import DatabaseBusy, UsageError

    addresses.clean(address)
    if not yes and not desk.confirm(f"Erase {address} everywhere, for good?"):
        raise UsageError("Nothing was erased. Answer yes, or add --yes.")
    done = people.forget(desk.site, desk.store, desk.ring, address, now=desk.now(), erase_at_provider=provider(desk))
    lines = [
        f"{address} was erased." if done.known else f"{address} was not known here, and no import will bring it in."
    ]
    lines += [f"{number(done.mails, 'mail')} deleted from the outbox."] if done.mails else []
    lines += [f"Kept: {sentence}" for sentence in done.kept]
    if done.provider == "asked":
        lines.append("The provider was asked to erase what it holds of the address.")
    try:
        desk.store.scrub()
    except DatabaseBusy as error:
        desk.warn(str(error))
    value = {"known": done.known, "deliveries": done.deliveries, "mails": done.mails, "lines": done.lines,
             "kept": done.kept, "provider": done.provider}  # fmt: skip
    desk.result(value, "\n".join(lines))
    if done.provider not in ("", "asked"):
        desk.warn(done.provider)


def provider(desk: Desk) -> Callable[[str], None] | None:
    """What asks the provider to erase an address; None where mail goes by no provider, or its key is not at hand."""
    if desk.site.delivery.transport != "sendgrid":
        return None
    from syndicate.cli.newsletter import office_of

    erase: Callable[[str], None] | None = getattr(office_of(desk).transport, "erase", None)
    return erase


@command(subscribers)
def remove(desk: Desk, list: LIST, address: ADDRESS) -> None:
    """Take a person off a list for good: no import brings them back."""
    from syndicate import people
    from syndicate.errors import UsageError

    chosen = people.list_called(desk.site, list)
    if reason := people.remove(desk.store, desk.ring, chosen, address, now=desk.now()):
        raise UsageError(f"Nothing was changed: {reason}.")
    desk.result({"list": chosen.id, "state": "unsubscribed"}, f"{address} is off {chosen.id}, for good.")
