"""`syndicate newsletter`: an edition's life, from draft to sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk, private_file
from syndicate.cli.telling import columns, number, shortened

if TYPE_CHECKING:
    from syndicate.compose import Finding
    from syndicate.delivery import Office, Standing
    from syndicate.models import Edition, MailingList

newsletter = group(
    "A newsletter's editions: draft, preview, approve, send, status.\n\n"
    "An edition is called <list>-<number>; the list's name alone means its newest.",
    app, "newsletter", "Newsletters",
)  # fmt: skip
LIST = Annotated[str, typer.Argument(metavar="LIST", help="A mailing list: the name of its file in subscribers/.")]
EDITION = Annotated[
    str, typer.Argument(metavar="EDITION", help="An edition (newsletter-3), or a list: its newest edition.")
]


@command(newsletter)
def draft(
    desk: Desk,
    list: LIST,
    post: Annotated[str | None, typer.Option(metavar="ID", help="Only this post, now.")] = None,
) -> None:
    """Draft the next edition from the posts that are new since the last one, and freeze it."""
    from syndicate import editions
    from syndicate.cli.posts import one
    from syndicate.cli.road import press
    from syndicate.people import list_called

    chosen = one(desk, post).id if post else None
    edition, reason = editions.draft(press(desk), desk.store, list_called(desk.site, list), post=chosen, now=desk.now())
    if edition is None:
        return desk.result({"edition": None, "reason": reason}, reason)
    unsure = _unsure(desk, edition)
    lines = [f"{edition.id} is drafted: {number(len(edition.posts), 'post')}."]
    rows = [
        (variant.name, f"{len(variant.html.encode()) / 1024:.0f} KB", variant.subject) for variant in edition.variants
    ]
    lines.append(columns(rows, indent=2))
    lines += [f"The languages of post {id} want a look: `syndicate posts show {id}`." for id in unsure]
    lines.append(f"Look at it: `syndicate newsletter preview {edition.id}`")
    return desk.result({"edition": shape(edition) | {"unsure": unsure}}, "\n".join(lines))


@command(newsletter, "list")
def list_(
    desk: Desk, list: Annotated[str | None, typer.Argument(metavar="[LIST]", help="Only this list's.")] = None
) -> None:
    """The editions, newest first."""
    from syndicate.people import list_called
    from syndicate.store import editions as stored

    with desk.store.read() as connection:
        found = stored.newest(connection, list_called(desk.site, list).id if list else None)
    rows = [(one.id, one.state, f"{one.created:%Y-%m-%d}", number(len(one.posts), "post")) for one in found]
    text = columns(rows) or "There is no edition yet. `syndicate newsletter draft LIST` makes one."
    desk.result({"editions": [shape(one) for one in found]}, text)


@command(newsletter)
def preview(
    desk: Desk,
    edition: EDITION,
    open: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write one page with every variant: phone and desktop, light and dark, the text part, sizes, and what the checks say."""
    from syndicate import editions
    from syndicate.errors import UsageError

    found = editions.called(desk.store, desk.site, edition)
    if not found.variants:
        raise UsageError(f"{found.id} is {found.state} and holds no texts any more.")
    path, findings = write_preview(desk, found)
    lines = [f"{one.level}: {f'{one.variant}: ' if one.variant else ''}{one.message}" for one in findings]
    lines += [f"Post {id} changed since this was drafted." for id in editions.changed_since(desk.store, found)]
    lines.append(str(path))
    told = [{"level": one.level, "variant": one.variant, "message": one.message} for one in findings]
    desk.result({"edition": found.id, "page": str(path), "findings": told}, "\n".join(lines))
    if open:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


@command(newsletter)
def approve(desk: Desk, edition: EDITION) -> None:
    """Approve a draft, exactly as it is. Stops where the edition must not go out, and says why."""
    from syndicate import editions
    from syndicate.errors import UsageError

    found = editions.called(desk.store, desk.site, edition)
    findings = _check(desk, found)
    stops = [one for one in findings if one.level == "stop"]
    if stops and found.state == "draft":
        raise UsageError(
            "\n".join([f"{found.id} is not approved:", *(f"  {one.variant}: {one.message}" for one in stops)])
        )
    for one in findings:
        desk.say(f"{one.level}: {f'{one.variant}: ' if one.variant else ''}{one.message}")
    editions.approve(desk.store, found, desk.now())
    text = f"{found.id} is approved. Send it: `syndicate newsletter send {found.id}`"
    desk.result({"edition": shape(found) | {"state": "approved"}}, text)


@command(newsletter)
def send(
    desk: Desk,
    edition: EDITION,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Send an approved edition to everyone on its list. After a stop, the same command goes on; nobody gets two."""
    from syndicate import delivery, editions
    from syndicate.config import finished
    from syndicate.errors import UsageError

    finished(desk.site, "newsletter send")
    found = editions.called(desk.store, desk.site, edition)
    list = _list_of(desk, found)
    if found.state == "draft" and not list.approval:
        editions.approve(desk.store, found, desk.now())
        found = editions.called(desk.store, desk.site, found.id)
    if found.state not in delivery.SENDABLE:
        raise UsageError(delivery.why_not(found))
    office = office_of(desk)
    desk.say(_about(desk, office, found, list))
    if not yes and not desk.confirm(f"Send {found.id} now?"):
        raise UsageError("Nothing was sent. Add --yes where nobody can answer.")
    with desk.progress("Sending") as report:
        standing = delivery.send(office, found, list, report)
    text = f"{_sentence(standing)}\nThe mails are in {desk.site.places.state / 'outbox'}."
    desk.result({"edition": _standing(standing)}, text)
    return 0 if standing.balanced and not standing.tally.failed and not standing.tally.unsure else 1


@command(newsletter)
def status(desk: Desk, edition: EDITION) -> int:
    """Where an edition stands: how many wait, were sent, failed, and of how many nobody knows; and their sum."""
    from syndicate import delivery, editions

    found = editions.called(desk.store, desk.site, edition, texts=False)
    standing = delivery.standing(desk.store, found)
    lines = [_sentence(standing)] if standing.audience else [f"{found.id} is {found.state}; nothing of it was sent."]
    if standing.variants:
        lines.append(columns([(name, number(count, "reader")) for name, count in standing.variants.items()], indent=2))
    lines += [f"Post {id} changed since this was drafted." for id in editions.changed_since(desk.store, found)]
    desk.result({"edition": _standing(standing)}, "\n".join(lines))
    return 0 if standing.balanced else 1


@command(newsletter)
def cancel(desk: Desk, edition: EDITION) -> None:
    """Give up an edition that has not begun to be sent. Its posts are new to the list again."""
    from syndicate import editions

    found = editions.called(desk.store, desk.site, edition, texts=False)
    editions.cancel(desk.store, found)
    desk.result({"edition": shape(found) | {"state": "cancelled"}}, f"{found.id} is cancelled.")


# ---------------------------------------------------------------- shared


def shape(edition: Edition) -> dict[str, Any]:
    """An edition as `--json` prints it; `bytes` are of the html."""
    variants = [{"name": one.name, "subject": one.subject, "bytes": len(one.html.encode())} for one in edition.variants]
    return {
        "id": edition.id, "list": edition.list, "state": edition.state, "created": edition.created,
        "posts": [*edition.posts], "notes": [*edition.notes],
    } | ({"variants": variants} if variants else {})  # fmt: skip


def write_preview(desk: Desk, edition: Edition) -> tuple[Path, Sequence[Finding]]:
    """Write the page that shows an edition; returns where it is, and what `check` finds."""
    from syndicate import compose

    findings = _check(desk, edition)
    page = compose.preview(
        edition, site=desk.site, list=_list_of(desk, edition), findings=findings, words=desk.words, fill=desk.fill
    )
    path = desk.site.places.state / "preview" / edition.id / "index.html"
    with private_file(path) as out:
        out.write(page.encode())
    return path, findings


def _check(desk: Desk, edition: Edition) -> Sequence[Finding]:
    from syndicate import compose

    list = _list_of(desk, edition)
    wanted = compose.variants(compose.reading_languages(list, desk.site), list.bilingual)
    return compose.check(edition, site=desk.site, list=list, variants=wanted)


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "id": standing.edition, "state": standing.state, "audience": standing.audience, "states": dict(standing.states),
        "balanced": standing.balanced, "variants": dict(standing.variants),
    }  # fmt: skip


def _sentence(standing: Standing) -> str:
    tally = standing.tally
    parts = [f"{tally.sent} sent", f"{tally.waiting} waiting", f"{tally.failed} failed", f"{tally.unsure} unsure"]
    if tally.left_out:
        parts.append(f"{tally.left_out} left out")
    wrong = "" if standing.balanced else " THE SUM IS WRONG: run `syndicate newsletter status` again, and report this."
    return f"{standing.edition} is {standing.state}: {' + '.join(parts)} = {tally.total} of {standing.audience} readers.{wrong}"


def _about(desk: Desk, office: Office, edition: Edition, chosen: MailingList) -> str:
    from collections import Counter

    from syndicate import delivery

    counts = Counter(delivery.audience(office, edition, chosen).values())
    rows = [("list", chosen.id), ("from", f"{chosen.sender.name} <{chosen.sender.address}>")]
    for variant in edition.variants:
        if counts[variant.name]:
            rows.append((variant.name, f"{number(counts[variant.name], 'reader')}: {shortened(variant.subject, 70)}"))
    rows.append(("to", f"{number(sum(counts.values()), 'reader')}, by {office.transport.name}"))
    return f"{edition.id}\n{columns(rows, indent=2)}"


def office_of(desk: Desk) -> Office:
    """What sending works with: mails become files in the private outbox."""
    from syndicate.compose import serialise
    from syndicate.deliver.folder import FolderTransport
    from syndicate.delivery import Office

    transport = FolderTransport(desk.site.places.state / "outbox", serialise)
    return Office(desk.site, desk.store, transport, desk.ring, desk.now)


def _list_of(desk: Desk, edition: Edition) -> MailingList:
    from syndicate.people import list_called

    return list_called(desk.site, edition.list)


def _unsure(desk: Desk, edition: Edition) -> list[str]:
    from syndicate.store import posts as stored

    with desk.store.read() as connection:
        return [post.id for post in stored.load(connection, edition.posts) if post.unsure]
