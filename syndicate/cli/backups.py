"""`backup`, `restore`, `arm`: the whole site in one encrypted file, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import app, command
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number, span

if TYPE_CHECKING:
    from syndicate.operate.parcel import Manifest
    from syndicate.restoring import Into
    from syndicate.store import Store
    from syndicate.store.armed import Copy

PANEL = "Keeping it safe"
KEY = "SYNDICATE_BACKUP_KEY"
FILE = Annotated[Path, typer.Argument(metavar="FILE", help="The backup's file.")]

TOLD = {"posts": "posts", "subscribers": "people", "subscriptions": "subscriptions", "editions": "editions",
        "deliveries": "rows of the ledger"}  # fmt: skip
"""The tables whose rows are told, in the operator's words; --json has all."""


@command(app, panel=PANEL)
def backup(
    desk: Desk,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The new file; or a folder, in which it is named by the time.")
    ],
) -> None:
    """Write the whole site into one encrypted file, while it is at work, and read it back.

    It holds the database, the site's files, the keys, and who left. Not public/: `publish` writes that again.
    """
    from syndicate import backups

    path = backups.target(desk.site, file, desk.now())
    store, ring, key = desk.store, desk.ring, _new_key(desk)
    with desk.progress("Backing up") as report:
        made = backups.make(desk.site, store, ring, path, key, desk.now(), report)
    text = (
        f"{made.path} is written and read back: {_size(made.size)}.\n{_told(made.tables, made.files)}\n"
        "Keep it on another machine, and its key somewhere else: without the key nobody can open it."
    )
    desk.result(
        {"file": str(made.path), "size": made.size, "made": made.manifest.made, "schema": made.manifest.schema,
         "tables": _tables(made.tables), "files": made.files}, text,
    )  # fmt: skip


@command(app, panel=PANEL)
def restore(
    desk: Desk,
    file: FILE,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a site is replaced.")] = False,
) -> None:
    """Put a backup in place: into an empty folder (--site DIR), or over a site, which is kept aside.

    No mail leaves a restored site until `syndicate arm`. Who left since the backup stays away, as far as the file
    var/suppressed.jsonl of the old site is still there.
    """
    from syndicate import absent, restoring

    root = _root(desk)
    into = _into(desk, root)
    there = (root / "feeds" / "site.toml").exists() or bool(into.database and into.database.exists())
    with ExitStack() as shown:
        report = _bar(desk, "Restoring", shown)
        done = restoring.restore(
            into, file, lambda: _key(desk), lambda what: _ask(desk, what, root, there, yes), desk.now(), report
        )
    desk.site_option = str(root)
    store = into.store()
    try:
        kept = absent.keep_away(desk.site, store, desk.ring, desk.now(), whole=True)
    finally:
        store.close()
    assert desk.store  # what was withdrawn since is taken back again
    lines = [f"{root} is restored from the backup of {_at(done.manifest.made, done.manifest.timezone)}."]
    lines.append(_told(done.tables, len(done.files)))
    if kept.addresses:
        lines.append(
            f"{number(kept.addresses, 'address that left since stays', 'addresses that left since stay')} away."
        )
    if done.aside:
        lines.append(f"What was here before is in {done.aside}. Delete it when all is well: it holds people, too.")
    lines.append("No mail leaves before `syndicate arm`. Publish the pages again with `syndicate publish`.")
    desk.result(
        {"site": str(root), "made": done.manifest.made, "tables": _tables(done.tables), "files": list(done.files),
         "aside": str(done.aside) if done.aside else None, "kept_away": kept.addresses} | _shape(done.copy),
        "\n".join(lines),
    )  # fmt: skip


@command(app, panel=PANEL)
def arm(desk: Desk, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Let mail leave a restored site again, after saying what the backup cannot know."""
    from syndicate import arming
    from syndicate.errors import UsageError

    copy = arming.look(desk.store)
    if copy is None:
        return desk.result({"disarmed": False}, "Mail may leave already: there is nothing to arm.")
    found = "\n".join(_found(desk, copy))
    if not yes:
        desk.say(found)
        if not desk.confirm("Let mail leave?"):
            raise UsageError("Mail still does not leave. Answer yes, or add --yes where nobody can.")
        found = ""
    arming.arm(desk.store)
    return desk.result({"disarmed": False} | _shape(copy), f"{found}\nMail leaves again.".strip())


def disarmed(desk: Desk) -> bool:
    """Whether no mail may leave, which is then told."""
    from syndicate import arming

    found = arming.look(desk.store) is not None
    if found:
        desk.warn(
            "No mail leaves: this site was restored from a copy. `syndicate arm` says what to look at, and ends that."
        )
    return found


@command(app, "rotate-key", panel=PANEL)
def rotate_key(desk: Desk) -> None:
    """Make a new secret key, which signs from now on. The old ones stay, so every link that was mailed goes on working.

    No other command may have the site open meanwhile: stop `serve` first, and start it again afterwards.
    """
    from syndicate import restoring
    from syndicate.config.ring import add_key
    from syndicate.errors import UsageError

    if desk.settings.secret_key:
        raise UsageError(
            "The keys come from SYNDICATE_SECRET_KEY: put a new one before the others, parted by a comma, and take none away. "
            "`openssl rand -base64 32` makes one."
        )
    assert desk.ring  # made if there is none yet
    with restoring.alone(desk.site.places):
        count = add_key(desk.site.places.state / "secret.key")
    text = (
        f"A new key signs from now on; {count} keys are in the ring. Links that were mailed go on working.\n"
        "Make a new backup: the others do not have this key."
    )
    desk.result({"keys": count}, text)


# ---------------------------------------------------------------- keys


def _new_key(desk: Desk) -> str:
    """The passphrase of a new backup: from the environment, or typed twice. Raises UsageError for one that is too short."""
    from syndicate.errors import UsageError
    from syndicate.operate.vault import SHORTEST

    key = desk.settings.get(KEY) or _typed(desk, "A passphrase for the backup: ")
    if len(key.strip()) < SHORTEST:
        raise UsageError(
            f"The key of a backup has {SHORTEST} characters or more; `openssl rand -base64 24` makes one. Write it down."
        )
    if not desk.settings.get(KEY) and _typed(desk, "The same again: ") != key:
        raise UsageError("The two are not the same. Nothing was written; type the command again.")
    return key


def _key(desk: Desk) -> str:
    return desk.settings.get(KEY) or _typed(desk, "The passphrase of the backup: ")


def _typed(desk: Desk, question: str) -> str:
    import getpass
    import sys

    from syndicate.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(f"There is no key for the backup: set {KEY}, or {KEY}_FILE to a file that holds it.")
    return getpass.getpass(question, stream=sys.stderr)


# ---------------------------------------------------------------- where to


def _root(desk: Desk) -> Path:
    """The folder to restore into: --site, which need not be a site yet; else SYNDICATE_SITE, or the site that we are in."""
    import os

    from syndicate.config import find_site

    named = desk.site_option or os.environ.get("SYNDICATE_SITE")
    return Path(named).expanduser().resolve() if named else find_site(None, os.environ, Path.cwd())


def _into(desk: Desk, root: Path) -> Into:
    import os

    from syndicate.config import secret_ring
    from syndicate.models import Places
    from syndicate.restoring import Into
    from syndicate.store import Store

    places = Places(root, root / "var", root / "public")
    url = desk.settings.database_url or f"sqlite:///{places.state / 'syndicate.sqlite'}"
    database = Path(url.removeprefix("sqlite:///")).absolute() if url.startswith("sqlite:///") else None
    ring = secret_ring(places, os.environ) if desk.settings.secret_key else None

    def store() -> Store:
        return Store(url, notes=places.state / "suppressed.jsonl")

    return Into(places, database, store, ring)


def _ask(desk: Desk, what: Manifest, root: Path, there: bool, yes: bool) -> None:
    """Say what the backup is, and ask before a site is replaced; raises UsageError to stop."""
    from syndicate.errors import UsageError

    old = span(desk.now() - what.made)
    desk.say(f"A backup of {what.site}, made {_at(what.made, what.timezone)} ({old} ago) by syndicate {what.version}.")
    question = f"There is a site in {root}. Put the backup in its place? What is there is kept aside."
    if there and not yes and not desk.confirm(question):
        raise UsageError("Nothing was changed. Answer yes, add --yes, or choose an empty folder with --site DIR.")


# ---------------------------------------------------------------- telling


def _bar(desk: Desk, title: str, shown: ExitStack) -> Callable[[int, int, str], None]:
    """A bar that is drawn when the work begins, and not while somebody is asked."""
    begun: list[Callable[[int, int, str], None]] = []

    def report(done: int, total: int, what: str) -> None:
        if not begun:
            begun.append(shown.enter_context(desk.progress(title)))
        begun[0](done, total, what)

    return report


def _told(tables: Mapping[str, int], files: int) -> str:
    rows = [(f"{tables.get(name, 0):,}", told) for name, told in TOLD.items()]
    return columns([*rows, (f"{files:,}", "files")], indent=2)


def _size(bytes: int) -> str:
    for size, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "KB")):
        if bytes >= size:
            return f"{bytes / size:.1f} {name}" if bytes < 10 * size else f"{bytes // size} {name}"
    return f"{bytes} bytes"


def _tables(tables: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "rows": rows} for name, rows in sorted(tables.items())]


def _shape(copy: Copy) -> dict[str, Any]:
    return {
        "made": copy.made, "restored": copy.restored, "drafts": list(copy.drafts), "letters": copy.letters,
        "unsure": [{"edition": edition, "readers": count} for edition, count in (copy.unsure or {}).items()],
    }  # fmt: skip


def _found(desk: Desk, copy: Copy) -> list[str]:
    """What the operator has to know before mail leaves."""
    if copy.made:
        old = span(copy.restored - copy.made)
        lines = [
            f"This site was restored from a backup of {_at(copy.made, desk.site.timezone)}, which was {old} old then."
        ]
    else:
        lines = ["An older copy of the database was put back by hand; nobody knows how old it is."]
    lines.append("What happened after that is not known here:")
    for edition, count in (copy.unsure or {}).items():
        lines.append(
            f"- {edition}: {number(count, 'reader')} waited then and may have it by now. They are held as unsure. "
            f"`syndicate newsletter repair {edition}` settles them: with --assume-sent, or with --resend-held."
        )
    lines += [
        f"- {edition} was approved then, and may have been sent since. It is a draft again: look whether it went out. If so, "
        f"`syndicate newsletter cancel {edition}`."
        for edition in copy.drafts
    ]
    if copy.letters:
        lines.append(
            f"- {number(copy.letters, 'mail')} about subscriptions waited then and will not be sent: who misses one asks again."
        )
    lines.append(
        "- An edition that was drafted and sent after the copy is not known, so its posts count as new: look at the next draft "
        "of each list before you approve it. No list's first edition is sent by itself."
    )
    lines.append("- Who signed up since is not known. They sign up again, or you import them with evidence.")
    if desk.site.delivery.transport == "sendgrid":
        lines.append("- SendGrid knows who complained and bounced since: type `syndicate suppressions pull` first.")
    return lines


def _at(moment: datetime, timezone: str) -> str:
    from zoneinfo import ZoneInfo

    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
