"""Facts for the checks of the machine: files' modes, disks, the clock, secrets, packages."""

from __future__ import annotations

import importlib.util
import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from syndicate.doctor.case import Case
from syndicate.errors import SyndicateError, UsageError
from syndicate.operate import looking, mailing
from syndicate.operate import machine as judge
from syndicate.operate.verdict import Verdict, note, ok, problem

SECRETS = ("SENDGRID_API_KEY", "SYNDICATE_SMTP_URL", "SYNDICATE_DKIM_KEY", "SYNDICATE_WEBHOOK_KEY", "SYNDICATE_SECRET_KEY",
           "SYNDICATE_DATABASE_URL")  # fmt: skip


def permissions(case: Case) -> Iterator[Verdict]:
    """Who may read var/."""
    found = looking.files(case.state, case.root)
    if case.state == case.root:  # a demo, whose folder is there to be shown
        found = [one for one in found if judge.is_secret(one.name)]
    yield from judge.permissions(found, os.geteuid())


def room(case: Case) -> Iterator[Verdict]:
    """Room for the database and what is published."""
    facts = [looking.room(case.state, "var/", case.state / "syndicate.sqlite")]
    if case.public.exists():
        facts.append(looking.room(case.public, "public/"))
    yield from judge.room(facts[:1] if len(facts) > 1 and _alike(facts[0], facts[1]) else facts)


def _alike(one: judge.Room, other: judge.Room) -> bool:
    """Whether both lie on one disk, as far as one can tell: then it is told once."""
    return (one.nodes, one.kind, other.writable) == (other.nodes, other.kind, True)


def clock(case: Case) -> Iterator[Verdict]:
    """Our clock against those of the blogs, as they answered last, and against the database."""
    if case.lacking({"site", "store"}):
        return
    from syndicate.store import health, published

    with case.store.read() as connection:
        rows = published.sources(connection)
        newest = health.newest(connection)
    fresh = {id: row for id, row in rows.items() if case.now - row.asked < timedelta(days=1)}
    seen = [
        judge.Clock(id, timedelta(seconds=float(row.pacing["ahead"])))
        for id, row in fresh.items()
        if row.pacing.get("ahead") is not None
    ]
    yield from judge.clock(seen, newest, case.now)


def key(case: Case) -> Iterator[Verdict]:
    """The ring of keys that sign links: there, whole, random. It is not made here."""
    path = case.state / "secret.key"
    if not case.settings_hold("SYNDICATE_SECRET_KEY") and not path.exists():
        if known := _known(case):
            yield mailing.lost_key(_shown(path, case.root), known)
        else:
            yield note("There is no secret.key yet: the first command that needs it makes one.")
        return
    yield from mailing.weak(case.ring())


def _known(case: Case) -> int:
    if not case.health.usable:
        return 0
    from syndicate.store import health

    with case.store.read() as connection:
        return health.known_by_key(connection)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def secrets(case: Case) -> Iterator[Verdict]:
    """The secrets that the transport needs."""
    yield from mailing.secrets(case.site.delivery, [given(case, name) for name in SECRETS])


def given(case: Case, name: str) -> mailing.Given:
    """One secret, without its value."""
    file = case.environ.get(f"{name}_FILE", "")
    mode = stat.S_IMODE(Path(file).stat().st_mode) if file and Path(file).is_file() else 0
    try:
        value = case.settings.get(name)
    except UsageError as error:
        return mailing.Given(name, False, file, mode, str(error))
    return mailing.Given(name, value is not None, file, mode, _trouble(case, name, value))


def _trouble(case: Case, name: str, value: str | None) -> str:
    """Why a secret cannot be used, by the sentence of the room that would use it."""
    if value is None:
        return ""
    try:
        if name == "SENDGRID_API_KEY":
            from syndicate.deliver.sendgrid_client import checked_key

            checked_key(value)
        elif name == "SYNDICATE_SMTP_URL":
            from syndicate.deliver.server import server

            server(value)
        elif name == "SYNDICATE_WEBHOOK_KEY":
            from syndicate.deliver.signature import checked_key as checked_public_key

            checked_public_key(value)
        elif name == "SYNDICATE_DKIM_KEY" and case.site.delivery.dkim_selector:
            from syndicate.deliver.dkim import Signer

            Signer("example.org", "check", value)
    except SyndicateError as error:
        return str(error)
    return ""


def packages(case: Case) -> Iterator[Verdict]:
    """What the site's settings need and is not installed."""
    wanted = []
    if case.site.delivery.dkim_selector:
        wanted.append(("dkim", "dkim", "dkim_selector in feeds/site.toml"))
    if case.database_url.startswith("postgresql"):
        wanted.append(("psycopg", "postgres", "SYNDICATE_DATABASE_URL"))
    for module, extra, asked in wanted:
        if importlib.util.find_spec(module) is None:
            yield problem(f"{asked} needs {module}, which is not installed.", f"pip install 'syndicate[{extra}]'")
        else:
            yield ok(f"{module} is installed.")
