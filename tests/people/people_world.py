"""A site with two lists for the public and one that is not, a real database, a clock that is set by hand, and its readers."""

from __future__ import annotations

import email
import email.policy
import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import sqlalchemy as sa

from syndicate import dossiers, letters, people, subscribing
from syndicate.compose import writer
from syndicate.consent import addresses, tokens
from syndicate.deliver.folder import FolderTransport
from syndicate.models import Helpline, MailingList, Places, Safeguarding, Sender, Site
from syndicate.store import Store
from syndicate.store.schema import metadata
from syndicate.words import load

TEMPLATES = Path(__file__).parents[2] / "templates"
RING = (b"a newer key", b"an older key")
T0 = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
WORDS = load([TEMPLATES], ("sq", "en"), "Europe/Tirane")


def list_called(id: str, sq: str, en: str, public: bool = True) -> MailingList:
    sender = Sender(f"Zyra {id}", f"{id}@ngo.example", f"njeriu@{id}.example")
    return MailingList(id, {"sq": sq, "en": en}, sender, public=public)


LISTS = (
    list_called("lajme", "Lajmet për fëmijët", "News on children"),
    list_called("raporte", "Raportet tona", "Our reports"),
    list_called("anetare", "Anëtarët", "Members", public=False),
)


def site_in(folder: Path, **more: object) -> Site:
    folder.mkdir(parents=True, exist_ok=True)
    helpline = Helpline({"sq": "ALO 116 111", "en": "ALO 116 111"}, "116 111", {"sq": "falas", "en": "free"})
    values = {
        "name": "Shoqata", "base_url": "https://ngo.example", "tag_domain": "ngo.example", "timezone": "Europe/Tirane",
        "languages": ("sq", "en"), "contact": "njeriu@ngo.example", "postal_address": "Rruga 1, Tiranë",
        "places": Places(folder, folder / "var", folder / "public"), "lists": LISTS, "helpline": helpline,
        "safeguarding": Safeguarding(sensitive=("fëmijë",)),
    }  # fmt: skip
    return Site(**(values | more))  # type: ignore[arg-type]


@dataclass
class World:
    """One site at work. `now` is what its clock says."""

    folder: Path
    site: Site = field(init=False)
    store: Store = field(init=False)
    now: datetime = T0
    ids: Iterable[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.site = site_in(self.folder)
        self.store = Store(databases.url(self.folder / "var" / "db.sqlite"))

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)

    # ------------------------------------------------------------ doing

    @property
    def reception(self) -> subscribing.Reception:
        new = lambda: f"id{next(self.ids)}"  # type: ignore[call-overload]  # noqa: E731
        return subscribing.Reception(self.site, self.store, RING, lambda: self.now, new, WORDS)

    @property
    def desk(self) -> letters.Desk:
        transport = FolderTransport(self.outbox, writer)
        return letters.Desk(self.site, self.store, transport, RING, lambda: self.now, WORDS, [TEMPLATES])

    def ask(self, address: str = "arta@example.org", *lists: str, **more: str) -> None:
        values = {"languages": "sq", "mail": "full", "form_language": "sq"} | more
        subscribing.ask(self.reception, address=address, lists=lists or ("lajme",), **values)  # type: ignore[arg-type]

    def join(self, address: str = "arta@example.org", *lists: str, **more: str) -> str:
        """Sign up and confirm, as a person does; their id."""
        self.ask(address, *lists, **more)
        subscribing.confirm(self.reception, self.link("confirm"))
        return self.person(address)

    def settings(self, address: str = "arta@example.org") -> str:
        """A session, as a person comes to it."""
        subscribing.send_account_link(self.reception, address=address, form_language="sq")
        return subscribing.open_account(self.reception, self.link("account"))[1]

    def add(self, address: str, list: str = "lajme", evidence: str = "") -> people.Added:
        chosen = people.list_called(self.site, list)
        return people.add(self.site, self.store, RING, chosen, address, languages="sq", evidence=evidence, now=self.now)

    def leave_token(self, address: str, list: str = "lajme") -> str:
        return tokens.sign(RING, purpose="leave", subscriber=self.person(address), list=list)

    # ------------------------------------------------------------ looking

    @property
    def outbox(self) -> Path:
        return self.folder / "var" / "outbox"

    def mails(self) -> list[email.message.EmailMessage]:
        """Send what is due, and the mails that came of it; each is given once."""
        letters.send_due(self.desk)
        found = []
        for path in sorted(self.outbox.glob("*.eml"), key=lambda one: one.stat().st_mtime_ns):
            found.append(email.message_from_bytes(path.read_bytes(), policy=email.policy.default))
            path.unlink()
        return found  # type: ignore[return-value]

    def link(self, page: str) -> str:
        """The token of the one link to that page in the mails that are due."""
        (token,) = {token for mail in self.mails() for token in links(mail, page)}
        return token

    def person(self, address: str) -> str:
        found = self.person_or_none(address)
        assert found is not None
        return found

    def person_or_none(self, address: str) -> str | None:
        key = addresses.clean(address).key
        with self.store.read() as connection:
            found = people.stored.find(connection, [key]).get(key)
        return found.id if found else None

    def states(self, address: str = "arta@example.org") -> dict[str, str]:
        found = dossiers.dossier(self.store, RING, address)
        return {one.list: one.state for one in found.subscriptions}

    def against(self, address: str = "arta@example.org") -> set[tuple[str, str]]:
        return {(one.kind, one.list) for one in dossiers.dossier(self.store, RING, address).suppressions}

    def events(self, address: str = "arta@example.org") -> list[tuple[str, str, str]]:
        return [(one.list, one.event, one.how) for one in dossiers.dossier(self.store, RING, address).history]

    def holding(self, text: str) -> set[str]:
        """The tables in which a text stands anywhere."""
        with self.store.read() as connection:
            return {
                table.name
                for table in metadata.sorted_tables
                for row in connection.execute(sa.select(table))
                if text in str(tuple(row))
            }


def links(mail: email.message.EmailMessage, page: str) -> set[str]:
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    return set(re.findall(rf"https://ngo\.example/{page}/(\S+)", text))
