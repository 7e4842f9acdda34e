"""The operator's desk: what every command is handed, put together when it is first needed.

Messages and progress go to standard error, results to standard output: text for people, or one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from syndicate.config import Settings
    from syndicate.models import Fill, Site
    from syndicate.store import Store
    from syndicate.words import WordBook


EVERY = 10.0
"""Seconds between two lines about long work, where there is no terminal to draw a bar on."""

IN_USE = "in-use"
"""The lock that every process shares which has the database open, and that a restore holds alone."""

DEMO = ".syndicate-demo"
"""Marks a folder that `syndicate demo` made, and may make anew."""


@dataclass
class Desk:
    """The four options that every command takes, and what hangs on them."""

    site_option: str | None = None
    json: bool = False
    verbosity: int = 0
    quiet: bool = False
    log_as_json: bool = False
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _held: ExitStack = field(default_factory=ExitStack, repr=False)

    # ------------------------------------------------------------ the site and its parts

    @cached_property
    def settings(self) -> Settings:
        """What the environment says."""
        from syndicate.config import Settings

        return Settings.read(os.environ)

    @cached_property
    def site(self) -> Site:
        """The site of --site, SYNDICATE_SITE or the nearest parent folder; raises SiteError with all that is wrong."""
        from syndicate.config import find_site, load_site, shipped_site

        root = find_site(self.site_option, os.environ, Path.cwd())
        if (root / "var" / "restore.json").exists():
            self._finish_restore(root)
        # A demo keeps everything in one folder that one can open and throw away.
        state = root if (root / DEMO).exists() else None
        return load_site(root, state=state, shipped=shipped_site())

    @cached_property
    def store(self) -> Store:
        """The site's database, migrated, and without what a newer copy of it had: posts taken back, people who left."""
        from syndicate.config import private
        from syndicate.store import Store, owner

        state = private(self.site.places)
        self._in_use(state)
        # A demo never touches the database that the environment names: that is a real site's.
        named = None if (self.site.places.root / DEMO).exists() else self.settings.database_url
        url = named or f"sqlite:///{state / 'syndicate.sqlite'}"
        store = Store(url, notes=state / "suppressed.jsonl")
        owner.keep(store, self.site.tag_domain)
        if (state / "withdrawn.jsonl").exists():
            self._keep_withdrawn(store)
        if behind := store.behind():
            self._keep_away(store, older=behind > 1)
        return store

    def _in_use(self, state: Path) -> None:
        """Until this process ends, nobody restores the site."""
        from syndicate.deliver.lock import share
        from syndicate.errors import LockHeld, UsageError

        folder = state / "locks"
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            self._held.enter_context(share(folder / IN_USE))
        except LockHeld:
            raise UsageError("This site is being restored. Wait until that has ended, and try again.") from None

    def _finish_restore(self, root: Path) -> None:
        """A restore was killed when all was ready: put it in place before anything is read."""
        from syndicate import restoring
        from syndicate.models import Places

        places = Places(root, root / "var", root / "public")
        with restoring.alone(places):
            restoring.finish(places)
        self.warn("A restore that was stopped at its end is finished now. No mail leaves before `syndicate arm`.")

    def close(self) -> None:
        """Close the database, if it was opened: SQLite then folds its log into the one file."""
        if "store" in self.__dict__:
            self.store.close()
        self._held.close()

    def _keep_away(self, store: Store, *, older: bool) -> None:
        from syndicate import absent, arming

        kept = absent.keep_away(self.site, store, self.ring, self.now())
        if older and arming.look(store) is None:
            with store.write() as connection:
                arming.disarm(connection, self.now(), None)
            self.warn(
                f"The database is older than {store.notes.name if store.notes else ''} beside it: a copy was put back. No mail "
                "leaves before `syndicate arm`."
            )
        if kept.addresses:
            self.warn(
                f"{kept.addresses} addresses that left, complained, bounced or were forgotten since stay away; {kept.people} of "
                "them were readers in this copy."
            )

    def _keep_withdrawn(self, store: Store) -> None:
        from syndicate import editions, withdrawal

        press = editions.Press(self.site, self.words, self.template_folders)
        if back := withdrawal.keep_withdrawn(self.site, store, editions.redraft(press)):
            self.warn(f"The database is older than its list of withdrawn posts: {', '.join(back)} taken back again.")

    @cached_property
    def words(self) -> WordBook:
        """Every string that a reader sees."""
        from syndicate.words import load

        return load(self.template_folders, self.site.languages, self.site.timezone)

    @cached_property
    def fill(self) -> Fill:
        """Fills page and mail templates."""
        from syndicate.words import filler

        return filler(self.template_folders, self.words)

    @cached_property
    def template_folders(self) -> list[Path]:
        """Where templates are looked for: what is shipped, then the site's own, which win."""
        return self.template_folders_in(self.site.places.root)

    @staticmethod
    def template_folders_in(root: Path) -> list[Path]:
        """Where the templates of the site in `root` are looked for."""
        from syndicate.config import shipped_site

        return [shipped_site() / "templates", root / "templates"]

    @cached_property
    def ring(self) -> list[bytes]:
        """The site's secret keys, the newest first."""
        from syndicate.config import secret_ring

        return secret_ring(self.site.places, os.environ)

    # ------------------------------------------------------------ talking

    @cached_property
    def console(self) -> Console:
        """Standard error, with colours on a terminal."""
        from rich.console import Console

        return Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str, **fields: Any) -> None:
        """A message for whoever watches; silent with -q. `fields` say the same to programs that read the log."""
        if not self.quiet:
            self._line("info", text, fields)

    def detail(self, text: str) -> None:
        """A message for who asked to be told more, with -v."""
        if self.verbosity:
            self.say(text)

    def warn(self, text: str) -> None:
        """A message that -q does not silence."""
        self._line("warning", text, {})

    def _line(self, level: str, text: str, fields: Mapping[str, Any]) -> None:
        if self.log_as_json:
            from syndicate.cli import log

            text = log.line(self.now(), level, text, fields)
        print(text, file=sys.stderr, flush=True)  # noqa: T201

    def result(self, value: Mapping[str, Any], text: str | Text) -> None:
        """What the command is for: `value` as JSON, or `text`, whose colours show on a terminal only (and not with NO_COLOR)."""
        if self.json:
            print(json.dumps(value, ensure_ascii=False, indent=2, default=plain))  # noqa: T201
        elif not isinstance(text, str):
            from rich.console import Console

            Console(highlight=False, soft_wrap=True).print(text)
        elif text:
            print(text)  # noqa: T201

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[int, int, str], None]]:
        """A bar on a terminal, a plain line every ten seconds in a log: call with (done, total, what); total 0: unknown."""
        if self.quiet or self.log_as_json or not sys.stderr.isatty():
            yield self._lines(title)
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[what]}"),
        )
        with Progress(*columns, console=self.console, transient=True) as bar:
            task = bar.add_task(title, total=None, what="")
            yield lambda done, total, what: bar.update(task, completed=done, total=total or None, what=what)

    def _lines(self, title: str) -> Callable[[int, int, str], None]:
        last = time.monotonic()

        def tell(done: int, total: int, what: str) -> None:
            nonlocal last
            if time.monotonic() - last >= EVERY:
                last = time.monotonic()
                self.say(f"{title}: {done:,}{f' of {total:,}' if total else ''} {what}".rstrip())

        return tell

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question on the terminal; no without one."""
        if not sys.stdin.isatty():
            return False
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
        return sys.stdin.readline().strip().casefold() in {"y", "yes", "po", "p"}


def plain(value: object) -> object:
    """JSON for what `json` does not know: times as ISO 8601 with offset, paths as text, tuples and sets as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)


def private_file(path: Path) -> BinaryIO:
    """A new file for the operator's eyes alone (0600), opened for writing; an old one is overwritten."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
