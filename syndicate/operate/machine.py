"""The machine under a site: who may read its files, room on its disks, its clock. Everything here is pure.

looking (asks the system) → facts → a verdict for each
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicate.operate.verdict import Verdict, count, few, note, ok, problem, warning

MEGABYTE = 1_000_000
FULL, NEARLY_FULL = 50 * MEGABYTE, 500 * MEGABYTE
"""Less room than this, and the next post or mail may not be written; and when to begin to make some."""
FEW_NODES = 1000
"""So few files that the disk still takes are as bad as no room."""

OFF, FAR_OFF = timedelta(minutes=2), timedelta(minutes=10)
"""How far a clock may be off; ten minutes are more than the provider's guard of recalled mail bears."""

REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "fuse.glusterfs", "ceph"})
"""File systems on which SQLite's locks cannot be trusted."""


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file or folder of var/: its name from the site's folder, its mode, and the number of its owner."""

    name: str
    mode: int
    owner: int
    folder: bool = False


def permissions(files: Sequence[FileFact], me: int) -> Iterator[Verdict]:
    """Whether only the operator can read what is private; `files` begin with var/ itself, `me` is who runs this (0: root)."""
    if not files:
        yield note("There is no var/ yet: the first command that needs it makes it, for you alone.")
        return
    home, *rest = files
    if home.mode & 0o077:
        yield problem(
            f"{home.name} holds people and secrets, and others on this machine may look into it (mode {home.mode:04o}).",
            f"chmod 700 {home.name}",
        )
    secrets = [one for one in rest if one.mode & 0o077 and is_secret(one.name)]
    for one in secrets:
        yield problem(f"{one.name} may be read by others (mode {one.mode:04o}).", f"chmod 600 {one.name}")
    loose = [one.name for one in rest if one.mode & 0o077 and one not in secrets]
    if loose:
        yield warning(
            f"{count(len(loose), 'thing')} in {home.name} could be read by others, were the folder open: {few(loose)}.",
            f"chmod -R go= {home.name}",
        )
    yield from _owners(files, me)
    if not secrets and not loose and not home.mode & 0o077:
        yield ok(f"{home.name} and all in it are yours alone.")


def is_secret(name: str) -> bool:
    """Whether a file of var/ is one that nobody else may ever read."""
    last = name.rpartition("/")[2]
    return last.endswith(".key") or last.startswith("syndicate.sqlite")


def _owners(files: Sequence[FileFact], me: int) -> Iterator[Verdict]:
    owners = {one.owner for one in files}
    others = [one.name for one in files if one.owner != me]
    if me and others:
        yield problem(
            f"{few(others)} {'belongs' if len(others) == 1 else 'belong'} to another user of this machine, so some commands "
            "cannot write there.",
            f"Run syndicate as that user, or let an administrator type: chown -R $(whoami) {files[0].name}",
        )
    elif len(owners) > 1:
        yield warning(
            f"{files[0].name} belongs to several users: {few(others)}. Whoever runs syndicate may be unable to write.",
            f"chown -R USER {files[0].name}, with the user that cron runs it as",
        )


@dataclass(frozen=True, slots=True)
class Room:
    """The disk under a folder: bytes free, how many files it still takes (None: not said), and what we need of it."""

    name: str
    free: int
    nodes: int | None
    database: int = 0
    writable: bool = True
    kind: str = ""


def room(facts: Sequence[Room]) -> Iterator[Verdict]:
    """Whether there is room for the database and what is published."""
    for one in facts:
        free = f"{one.free / MEGABYTE:,.0f} MB"
        if not one.writable:
            yield problem(f"{one.name} cannot be written by you.", f"chown -R $(whoami) {one.name}")
        if one.free < FULL:
            yield problem(
                f"The disk under {one.name} is full: {free} are free.",
                "Delete what you do not need; `df -h` shows where",
            )
        elif one.nodes is not None and one.nodes < FEW_NODES:
            yield problem(
                f"The disk under {one.name} takes only {count(one.nodes, 'more file')}.",
                "`df -i` shows; delete old files",
            )
        elif one.free < NEARLY_FULL:
            yield warning(
                f"The disk under {one.name} has {free} left.", "Delete what you do not need; `df -h` shows where"
            )
        elif one.database > one.free:
            yield warning(
                f"The database ({one.database / MEGABYTE:,.0f} MB) is larger than the room under {one.name} ({free}): "
                "erasing a post for good, and a backup, need as much again.",
                "Make room, or move the site to a larger disk",
            )
        else:
            yield ok(f"{free} free under {one.name}.")
        if one.database and one.kind in REMOTE:
            yield warning(
                f"The database lies on a network disk ({one.kind}), whose locks SQLite cannot trust.",
                "Move the site to a disk of this machine, or use PostgreSQL: SYNDICATE_DATABASE_URL",
            )


@dataclass(frozen=True, slots=True)
class Clock:
    """Another's clock: who said so, and how far ours is ahead of it."""

    who: str
    ahead: timedelta


def clock(seen: Sequence[Clock], newest: datetime | None, now: datetime) -> Iterator[Verdict]:
    """Whether our clock is right, by other servers' (as they answered just now) and by the newest moment in the database."""
    if newest is not None and newest > now + OFF:
        yield problem(
            f"The database knows of {newest:%Y-%m-%d %H:%M} UTC, and this machine's clock says {now:%Y-%m-%d %H:%M}: it was set "
            "back, or was once ahead.",
            "timedatectl set-ntp true, and wait until that moment has passed before you send",
        )
    worst = max(seen, key=lambda one: abs(one.ahead), default=None)
    if worst is None:
        return
    off = abs(worst.ahead)
    told = f"This machine's clock is {_long(off)} {'ahead of' if worst.ahead > timedelta() else 'behind'} {worst.who}'s"
    if off >= FAR_OFF:
        yield problem(f"{told}: links, schedules and calling mail back go by it.", "timedatectl set-ntp true")
    elif off >= OFF:
        yield warning(f"{told}.", "timedatectl set-ntp true")
    else:
        yield ok(f"This machine's clock agrees with {few([one.who for one in seen])}.")


def _long(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")
