"""`units`: what systemd needs to run this site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import Desk

if TYPE_CHECKING:
    from syndicate.models import Site
    from syndicate.operate import units as made

BY_TRANSPORT = {"sendgrid": ("SENDGRID_API_KEY",), "smtp": ("SYNDICATE_SMTP_URL",), "folder": ()}
"""The secrets that a transport cannot do without."""

PLAIN = re.compile(r"[\w./@+-]+")
"""Paths that systemd reads as they are written."""


@command(app, panel="Every day")
def units(
    desk: Desk,
    to: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write them into.")],
    user: Annotated[str, typer.Option(metavar="NAME", help="Who runs it. Default: whoever owns var/.")] = "",
    port: Annotated[int, typer.Option(help="The port of `serve`.", min=1, max=65535)] = 8000,
    every: Annotated[int, typer.Option(metavar="MINUTES", help="How often to run.", min=1, max=59)] = 15,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VARIABLE", help="A further secret from a file in /etc/syndicate; can be given several times."
        ),
    ] = None,
) -> None:
    """Write units for systemd: `run` by a timer and `serve` as a service, with no more rights than they need.

    Secrets are not written: each unit reads them from files in /etc/syndicate, and the command says which. With PostgreSQL
    there is one for workers, too.
    """
    from syndicate.operate import units as made

    secrets = _secrets(desk, secret or ())
    place = _place(desk.site, user, port, every, secrets)
    to.mkdir(parents=True, exist_ok=True)
    paths = [to / name for name in made.units(place)]
    for path, text in zip(paths, made.units(place).values(), strict=True):
        path.write_text(text, "utf-8")
    files = [f"{made.CREDENTIALS}/{made.credential(one)}" for one in secrets]
    lines = [
        f"{len(paths)} units for {place.user} are in {to}. As root:",
        f"  cp {to}/syndicate-* /etc/systemd/system/",
    ]
    if files:
        lines.insert(
            1,
            f"  install -d -m 750 -g {place.user} {made.CREDENTIALS}    # then one secret in each of {', '.join(files)}",
        )
    lines += ["  systemctl daemon-reload", "  systemctl enable --now syndicate-run.timer syndicate-serve"]
    if place.worker:
        lines.append("  systemctl enable --now syndicate-worker@1    # on each machine, as many as you like")
    desk.result({"units": [str(path) for path in paths], "user": place.user, "secrets": files}, "\n".join(lines))


def _secrets(desk: Desk, further: list[str] | tuple[()]) -> tuple[str, ...]:
    from syndicate.config.settings import VARIABLES
    from syndicate.errors import UsageError

    names = [*BY_TRANSPORT[desk.site.delivery.transport], *further]
    if desk.settings.database_url:
        names.append("SYNDICATE_DATABASE_URL")
    if strange := [name for name in names if name not in VARIABLES]:
        raise UsageError(f"There is no variable {strange[0]}; docs/reference/settings.md lists them.")
    return tuple(dict.fromkeys(names))


def _place(site: Site, user: str, port: int, every: int, secrets: tuple[str, ...]) -> made.Place:
    import sys

    from syndicate.config import private
    from syndicate.errors import UsageError
    from syndicate.operate import units as made

    state = private(site.places)
    site.places.public.mkdir(exist_ok=True)  # a service may not make it, and systemd wants it to be there
    place = made.Place(
        root=str(site.places.root),
        state=str(state),
        public=str(site.places.public),
        program=str(Path(sys.executable).with_name("syndicate")),
        user=user or state.owner(),
        port=port,
        every=every,
        secrets=secrets,
        worker="SYNDICATE_DATABASE_URL" in secrets,
    )
    for one in (place.root, place.state, place.public, place.program, place.user):
        if not PLAIN.fullmatch(one):
            raise UsageError(f"{one!r} has signs that systemd reads in its own way. Give it a plain name.")
    return place
