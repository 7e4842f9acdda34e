"""`syndicate newsletter`: an edition's life, from draft to sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number

if TYPE_CHECKING:
    from syndicate.deliver import Transport
    from syndicate.models import Edition, MailingList
    from syndicate.office import Office

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
    again: Annotated[
        bool, typer.Option("--again", help="The open draft anew, with today's posts; what `edit` said stays.")
    ] = False,
) -> None:
    """Draft the next edition from the posts that are new since the last one, and freeze it."""
    from syndicate import editions
    from syndicate.cli.posts import one
    from syndicate.cli.road import press
    from syndicate.errors import UsageError
    from syndicate.people import list_called

    if again and post:
        raise UsageError("--again takes all that is new: leave out --post.")
    chosen = one(desk, post).id if post else None
    its = list_called(desk.site, list)
    if again:
        edition, reason = editions.draft_again(press(desk), desk.store, its, now=desk.now())
    else:
        edition, reason = editions.draft(press(desk), desk.store, its, post=chosen, now=desk.now())
    if edition is None:
        return desk.result({"edition": None, "reason": reason}, reason)
    unsure = _unsure(desk, edition)
    lines = [f"{edition.id} is drafted: {number(len(edition.posts), 'post')}."]
    rows = [
        (one.name, f"{len(one.html.encode()) / 1024:.0f} KB", one.subject)
        for one in edition.variants
        if not one.discreet
    ]
    lines.append(columns(rows, indent=2))
    lines += [f"Note: {note}" for note in edition.notes]
    lines += [f"The languages of post {id} want a look: `syndicate posts show {id}`." for id in unsure]
    lines += [reason] if reason else []
    lines.append(f"Look at it: `syndicate newsletter preview {edition.id}`")
    return desk.result({"edition": shape(edition) | {"unsure": unsure}, "reason": reason}, "\n".join(lines))


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


# ---------------------------------------------------------------- shared


def shape(edition: Edition) -> dict[str, Any]:
    """An edition as `--json` prints it; `bytes` are of the html."""
    variants = [{"name": one.name, "subject": one.subject, "bytes": len(one.html.encode())} for one in edition.variants]
    return {
        "id": edition.id, "list": edition.list, "state": edition.state, "created": edition.created,
        "posts": [*edition.posts], "notes": [*edition.notes],
    } | ({"variants": variants} if variants else {})  # fmt: skip


def office_of(desk: Desk, command: str = "newsletter send") -> Office:
    """What sending works with, by the site's transport; raises UsageError when `command` lacks a key or a URL for it."""
    from syndicate.liveness import boot
    from syndicate.office import Office

    return Office(
        desk.site, desk.store, transport_of(desk, command), desk.ring, desk.now, words=desk.words, boot=boot()
    )


def transport_of(desk: Desk, command: str) -> Transport:
    """The transport of the site; each is imported only where it is used. Raises UsageError where `command` lacks a secret."""
    from syndicate.compose import writer

    rules = desk.site.delivery
    if rules.transport == "smtp":
        from syndicate.deliver.smtp import SmtpTransport

        url = desk.settings.need("SYNDICATE_SMTP_URL", command)
        return SmtpTransport(url, writer, rules=rules, dkim_key=desk.settings.dkim_key)
    if rules.transport == "sendgrid":
        from syndicate.deliver.sendgrid import SendGridTransport

        key = desk.settings.need("SENDGRID_API_KEY", command)
        return SendGridTransport(key, rules=rules, url=desk.settings.sendgrid_url)
    from syndicate.deliver.folder import FolderTransport

    return FolderTransport(desk.site.places.state / "outbox", writer)


def list_of(desk: Desk, edition: Edition) -> MailingList:
    """The mailing list of an edition."""
    from syndicate.people import list_called

    return list_called(desk.site, edition.list)


def _unsure(desk: Desk, edition: Edition) -> list[str]:
    from syndicate.store import posts as stored

    with desk.store.read() as connection:
        return [post.id for post in stored.load(connection, edition.posts) if post.unsure]
