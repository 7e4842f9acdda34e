"""`syndicate events` and `syndicate suppressions`: what the mail provider knows."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk
from syndicate.cli.telling import number

events = group("What became of mails, as the provider or the readers' servers tell it.", app, "events", "People")
suppressions = group("Whom the provider does not mail any more.", app, "suppressions", "People")


@command(events, "import")
def import_(
    desk: Desk,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The provider's events (JSON), or mails that came back: an .eml file, an mbox, a maildir.",
        ),
    ],
) -> int:
    """Take events from a file: mails that came back count, and nobody who left or complained is mailed again."""
    from syndicate import happenings

    done = happenings.load(desk.store, desk.site, desk.ring, file, desk.now())
    kept = "new" if done.applied == 1 else "new ones"
    lines = [f"{number(done.applied + done.duplicates, 'event')} about our mails, {done.applied} {kept}."]
    if done.kept_off:
        lines.append(f"{number(done.kept_off, 'person is', 'people are')} not mailed any more because of them.")
    if done.unknown:
        lines.append(f"{number(done.unknown, 'event')} about mails that this site did not send.")
    if done.ignored:
        lines.append(f"{number(done.ignored, 'event')} of a kind that is not kept.")
    if done.bad:
        lines.append(f"{number(done.bad, 'thing')} in the file could not be read and were passed over.")
    desk.result(asdict(done), "\n".join(lines))
    return 3 if done.bad else 0


@command(suppressions)
def pull(desk: Desk) -> None:
    """Take over whom SendGrid does not mail any more: for sites to which it sends no events. Safe to repeat."""
    from syndicate import happenings
    from syndicate.deliver.sendgrid import SendGridTransport

    key = desk.settings.need("SENDGRID_API_KEY", "suppressions pull")
    transport = SendGridTransport(key, url=desk.settings.sendgrid_url, rules=desk.site.delivery)
    try:
        done = happenings.pull(desk.store, desk.site, desk.ring, transport.page, desk.now())
    finally:
        transport.close()
    lines = [f"{number(done.seen, 'entry', 'entries')} on the provider's lists, {done.applied} new to us."]
    if done.returned:
        lines.append(
            f"{number(done.returned, 'person', 'people')} came back here since. The provider still drops their mail: "
            "take them off its suppression lists, on its pages."
        )
    if done.bad:
        lines.append(f"{number(done.bad, 'entry', 'entries')} could not be read and were passed over.")
    desk.result(asdict(done), "\n".join(lines))
