"""The sites that older versions left behind, as they were: for whoever wants to see what this version makes of them."""

from __future__ import annotations

import json
import re
import sqlite3
import tarfile
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VERSIONS = tuple(sorted(path.name.removesuffix(".tar.xz") for path in HERE.glob("*.tar.xz")))


@dataclass(frozen=True)
class OldSite:
    """A site's folder. `clock` is when its last command ran, `blog` the address that its source had."""

    root: Path
    version: str
    clock: datetime
    blog: str

    @property
    def database(self) -> Path:
        return self.root / "var" / "syndicate.sqlite"

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table, as it is now."""
        with sqlite3.connect(self.database) as database:
            database.row_factory = sqlite3.Row
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: [dict(row) for row in database.execute(f'SELECT * FROM "{name}"')] for name in tables}

    def mails(self, to: str) -> list[EmailMessage]:
        """The mails that were written to somebody, the oldest first."""
        return [mail for mail in self.written("") if mail["To"] == to]

    def written(self, edition: str) -> list[EmailMessage]:
        """The mails in the outbox whose files' names begin so, in the order of their dates."""
        files = (self.root / "var/outbox").glob(f"{edition}*.eml")
        found = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
        return sorted(found, key=lambda mail: mail["Date"].datetime)

    def link(self, to: str, page: str) -> str:
        """The path of a link to a page in the first mail that somebody got."""
        bodies = [body for mail in self.mails(to) if (body := mail.get_body(("plain",)))]
        text = "\n".join(body.get_content() for body in bodies)
        found = re.search(rf"https://feeds\.isigurt\.al(/{page}/[\w.-]+)", text)
        assert found, f"no link to {page} was mailed to {to}"
        return found[1]

    def published(self) -> dict[str, bytes]:
        """The feeds as they lie in public/, by path."""
        public = self.root / "public"
        kinds = ("atom.xml", "rss.xml", "feed.json")
        return {str(path.relative_to(public)): path.read_bytes() for path in public.rglob("*") if path.name in kinds}


def unpack(version: str, root: Path) -> OldSite:
    """Lay out the site of a version in `root`."""
    with tarfile.open(HERE / f"{version}.tar.xz") as archive:
        archive.extractall(root, filter="data")
    facts = json.loads((root / "var/facts.json").read_text())
    site = OldSite(root, version, datetime.fromisoformat(facts["clock"]), facts["blog"])
    with sqlite3.connect(site.database) as database:
        database.executescript((root / "var/site.sql").read_text("utf-8"))
    (root / "var").chmod(0o700)
    return site
