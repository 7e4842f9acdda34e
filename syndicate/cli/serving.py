"""`serve`: the web side, put together and run in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from syndicate.store import Store
    from syndicate.web import Parts
    from syndicate.web.visit import Line

PANEL = "Every day"

LETTERS_EVERY = 3.0
"""Seconds between two looks for mails to readers (confirmations, links) that are due."""

WAIT = 4.0
"""Seconds that a reader's request waits for a busy database before its page says so."""


@command(app, panel=PANEL)
def serve(
    desk: Desk,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port to listen at; 0 takes any free one.", max=65535)] = 8000,
    proxy: Annotated[
        bool,
        typer.Option("--proxy", help="A web server of yours stands before this one, and says who asks and by https."),
    ] = False,
) -> None:
    """The web side: feeds and pages of public/, signing up, confirming, leaving, settings, the provider's events.

    Mails to readers (confirmations, links) leave from here, too. Ctrl-C or SIGTERM stops it cleanly.
    """
    from contextlib import closing

    from syndicate import web
    from syndicate.config import finished

    finished(desk.site, "serve")
    with closing(_quick(desk.store)) as store:
        parts = _parts(desk, store, proxy)
        with web.beside(_letters(desk, store), every=LETTERS_EVERY, warn=desk.warn):
            web.serve(web.app(parts), host, port, lambda address: _started(desk, address))
    desk.say("Stopped.")


def _started(desk: Desk, address: str) -> None:
    import sys

    desk.result({"address": address}, f"{desk.site.name} is served at {address}. Ctrl-C stops it.")
    sys.stdout.flush()  # whoever started this reads the port from it


def _quick(store: Store) -> Store:
    """The same database for many short requests: none of them waits for long."""
    from syndicate.store import Store

    return Store(store.url.render_as_string(hide_password=False), wait=WAIT, notes=store.notes)


def _letters(desk: Desk, store: Store) -> Callable[[], int]:
    """Sends the mails about consent that are due, by the site's transport. The provider's key is missed here, at the start."""
    from syndicate import letters
    from syndicate.cli.newsletter import office_of

    office = letters.Desk(
        site=desk.site,
        store=store,
        transport=office_of(desk).transport,
        ring=desk.ring,
        now=desk.now,
        words=desk.words,
        templates=desk.template_folders,
    )
    return lambda: letters.send_due(office)


def _tell(desk: Desk, line: Line) -> None:
    """One request, in the log."""
    stamp = "" if desk.log_as_json else f"{desk.now():%Y-%m-%dT%H:%M:%SZ} "
    desk.say(f"{stamp}{line}", **line._asdict())


def _parts(desk: Desk, store: Store, proxy: bool) -> Parts:
    import uuid

    from syndicate.cli.subscribers import provider
    from syndicate.web import Parts

    return Parts(
        site=desk.site,
        store=store,
        ring=desk.ring,
        words=desk.words,
        fill=desk.fill,
        now=desk.now,
        new_id=lambda: uuid.uuid4().hex,
        webhook_key=desk.settings.webhook_key or "",
        proxy=proxy,
        erase_at_provider=provider(desk),
        log=lambda line: _tell(desk, line),
        warn=desk.warn,
    )
