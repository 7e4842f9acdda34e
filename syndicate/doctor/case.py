"""What the doctor looks at: a site's folder and what hangs on it, each part made when a check first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.errors import SyndicateError
from syndicate.models import Site

if TYPE_CHECKING:
    from syndicate.config import Settings
    from syndicate.deliver import Transport
    from syndicate.pull import Fetcher
    from syndicate.store import Store
    from syndicate.store.health import Health
    from syndicate.words import WordBook


@dataclass
class Case:
    """A site that is looked at. `root`, `state` and `public` are its folders, known even where its files are wrong.

    The callables raise what is wrong as SyndicateError. `online` says whether anybody outside may be asked; `nameserver`
    instead of the system's. `broken` is told of an error that a check did not expect.
    """

    root: Path
    state: Path
    public: Path
    environ: Mapping[str, str]
    settings: Settings
    now: datetime
    load: Callable[[], Site]
    open: Callable[[], Store]
    words: Callable[[], WordBook]
    templates: Sequence[Path]
    ring: Callable[[], Sequence[bytes]]
    transport: Callable[[], Transport]
    fetcher: Callable[[], Fetcher]
    online: bool = True
    nameserver: tuple[str, int] | None = None
    broken: Callable[[Exception], None] = lambda error: None

    @cached_property
    def _site(self) -> Site | None:
        try:
            return self.load()
        except SyndicateError:
            return None

    @property
    def site(self) -> Site:
        """The site; raises SiteError where its files are wrong."""
        return self._site or self.load()

    @property
    def store(self) -> Store:
        """The open database."""
        return self.open()

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self.settings.database_url or f"sqlite:///{self.state / 'syndicate.sqlite'}"

    @cached_property
    def health(self) -> Health:
        """The database, looked at without being opened for work."""
        from syndicate.store.health import inspect

        return inspect(self.database_url)

    def lacking(self, needs: Collection[str]) -> str:
        """Why a check that needs these cannot be done; "" where it can."""
        if "network" in needs and not self.online:
            return "Not asked: --offline."
        if "site" in needs and self._site is None:
            return "Not looked at: the site's files are wrong."
        if "store" in needs and not self.health.usable:
            return "Not looked at: there is no database that can be used."
        return ""

    def settings_hold(self, name: str) -> bool:
        """Whether a variable of the environment is set, itself or by its file."""
        return bool(self.environ.get(name) or self.environ.get(f"{name}_FILE"))

    @staticmethod
    def without_addresses(text: str) -> str:
        """Somebody's words, short and without addresses."""
        from syndicate.office import without_addresses

        return without_addresses(text)
