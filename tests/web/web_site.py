"""A site that is really served: uvicorn on loopback in a thread of this process, a clock that can be set, a plain client."""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import databases
import sqlalchemy as sa

from syndicate import people
from syndicate.config import init, load_site, secret_ring, shipped_site
from syndicate.consent import tokens
from syndicate.store import Store
from syndicate.store.schema import metadata
from syndicate.web import Parts, app
from syndicate.web.server import Server, configured, listening
from syndicate.words import filler, load

REPOSITORY = Path(__file__).parents[2]
SECOND_LIST = """
titles.sq = "Thirrje dhe trajnime"
titles.en = "Calls and training"
[sender]
name = "iSIGURT.al"
address = "buletini@isigurt.al"
reply_to = "kontakt@isigurt.al"
"""


@dataclass
class Clock:
    """What the site takes for now."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(frozen=True)
class Got:
    """One answer. Header names are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.text)
        return unescape(found[1]) if found else ""

    def hidden(self, name: str) -> str:
        """The value of a hidden field on the page."""
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', self.text)
        assert found, f"no hidden field {name} on the page {self.heading!r}"
        return unescape(found[1])


@dataclass
class Served:
    """A site being served at `port`; `lines` is its log, `warnings` what it warned of."""

    parts: Parts
    clock: Clock
    port: int
    lines: list[str]
    warnings: list[str]

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Got(answer.status, found, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Got:
        return self.ask("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> Got:
        body = urlencode(fields, doseq=True).encode()
        return self.ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"} | (headers or {}))

    def raw(self, data: bytes, *, patience: float = 5.0) -> bytes:
        """What comes back for these bytes, until the server closes or `patience` is over.

        A server that closes before it has read everything may take its answer back (a reset), so that nothing comes.
        """
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as connection:
            with suppress(OSError):
                connection.sendall(data)
            with suppress(OSError):
                while piece := connection.recv(65536):
                    answer += piece
        return answer

    def told(self, number: int) -> list[str]:
        """The log, once it has so many lines: a line is written when its answer has left."""
        for _ in range(200):
            if len(self.lines) >= number:
                break
            time.sleep(0.01)
        assert len(self.lines) == number
        return self.lines

    # ------------------------------------------------------------ people and their mails

    def join(self, address: str, *, languages: str = "sq", list: str = "newsletter") -> str:
        """Somebody who is confirmed on a list; returns their id."""
        site, now = self.parts.site, self.clock()
        chosen = next(one for one in site.lists if one.id == list)
        added = people.add(
            site, self.parts.store, self.parts.ring, chosen, address, languages=languages, evidence="a form", now=now
        )
        assert added.subscriber
        return added.subscriber.id

    def link(self, page: str, person: str, list: str = "newsletter") -> str:
        """The path of a link that stands in every newsletter: `leave` or `preferences`."""
        return f"/{page}/{tokens.sign(self.parts.ring, purpose=page, subscriber=person, list=list)}"

    def mails(self) -> list[EmailMessage]:
        """Send what is due, and take out the mails that came of it, in the order they were written."""
        from syndicate import letters
        from syndicate.compose import writer
        from syndicate.deliver.folder import FolderTransport

        parts, outbox = self.parts, self.parts.site.places.state / "outbox"
        desk = letters.Desk(
            site=parts.site,
            store=parts.store,
            transport=FolderTransport(outbox, writer),
            ring=parts.ring,
            now=self.clock,
            words=parts.words,
            templates=[shipped_site() / "templates", parts.site.places.root / "templates"],
        )
        letters.send_due(desk)
        found = []
        for path in sorted(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
            found.append(message_from_bytes(path.read_bytes(), policy=default))
            path.unlink()
        return found

    def mailed_link(self, page: str) -> str:
        """The path of the one link to a page that stands in the mails that are due."""
        (found,) = {link for mail in self.mails() for link in self.links_in(mail, page)}
        return found

    def links_in(self, mail: EmailMessage, page: str) -> set[str]:
        """The paths of the links to a page in a mail, in its text and in its html."""
        bodies = [body.get_content() for kind in ("plain", "html") if (body := mail.get_body((kind,)))]
        return set(re.findall(rf"{re.escape(self.parts.site.base_url)}(/{page}/[\w.-]+)", "\n".join(bodies)))

    def standing(self, address: str) -> dict[str, str]:
        """Where somebody stands: list → state."""
        found = people.dossier(self.parts.store, self.parts.ring, address)
        return {one.list: one.state for one in found.subscriptions}

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the database."""
        with self.parts.store.read() as connection:
            return {
                name: sorted(map(tuple, connection.execute(sa.select(table))), key=str)
                for name, table in metadata.tables.items()
            }

    def sign_up(self, address: str, *, lang: str = "sq", **fields: Any) -> Got:
        """The form, filled in after three seconds and sent."""
        page = self.get(f"/subscribe?lang={lang}")
        self.clock.pass_(seconds=3)
        chosen = {"lists": "newsletter", "languages": lang, "mail": "full"} | fields
        return self.post("/subscribe", address=address, stamp=page.hidden("stamp"), lang=lang, **chosen)


def make_site(root: Path, *, second: bool = True, base_url: str = "https://feeds.isigurt.al") -> Path:
    """A finished site with one or two mailing lists; nothing is published yet."""
    init(root, shipped=shipped_site())
    for file in ("feeds/site.toml", "feeds/partners.toml", "feeds/sources.toml", "subscribers/newsletter.toml"):
        shutil.copy(REPOSITORY / file, root / file)
    settings = root / "feeds/site.toml"
    settings.write_text(settings.read_text("utf-8").replace("https://feeds.isigurt.al", base_url), "utf-8")
    if second:
        (root / "subscribers/calls.toml").write_text(SECOND_LIST, "utf-8")
    return root


def parts_of(root: Path, clock: Clock, lines: list[str], warnings: list[str], *, wait: float = 4.0) -> Parts:
    site = load_site(root, shipped=shipped_site())
    folders = [shipped_site() / "templates", root / "templates"]
    words = load(folders, site.languages, site.timezone)
    store = Store(databases.url(root / "var" / "syndicate.sqlite"), wait=wait)
    return Parts(
        site,
        store,
        secret_ring(site.places, {}),
        words,
        filler(folders, words),
        clock,
        lambda: uuid.uuid4().hex,
        log=lambda line: lines.append(str(line)),
        warn=warnings.append,
    )


@contextmanager
def serving(root: Path, *, wait: float = 4.0, **changes: Any) -> Iterator[Served]:
    """Serve a site until the block ends; `changes` go into its Parts."""
    clock, lines, warnings = Clock(), [], []
    parts = replace(parts_of(root, clock, lines, warnings, wait=wait), **changes)
    listener = listening("127.0.0.1", 0)
    server = Server(configured(app(parts)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Served(parts, clock, listener.getsockname()[1], lines, warnings)
    finally:
        server.should_exit = True
        thread.join(10)
        parts.store.close()
