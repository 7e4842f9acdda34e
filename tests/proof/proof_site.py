"""A small site to prove sending on: a migrated database with readers of two languages, and one approved edition for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import databases
import sqlalchemy as sa

from syndicate.models import (
    DeliveryRules,
    Edition,
    EditionVariant,
    MailingList,
    Places,
    Sender,
    Site,
    Subscriber,
    Subscription,
)
from syndicate.store import Store, editions, people
from syndicate.store import schema as s

EDITION = "lajme-1"
LIST = MailingList("lajme", {"sq": "Lajme"}, Sender("Lajme", "lajme@example.org", "zyra@example.org"))
RING = [b"p" * 32]
VARIANTS = tuple(
    EditionVariant(name, subject, "", "<p><a href='%%leave_url%%'>×</a></p>", "%%leave_url%%\n")
    for name, subject in (("sq", "Lajmet e nëntorit"), ("en", "News of November"))
)


def site_in(folder: Path, kind: str) -> Site:
    """The site in `folder`, which sends by `kind`."""
    return Site(
        name="Zyra", base_url="https://example.org", tag_domain="example.org", timezone="Europe/Tirane", languages=("sq", "en"),
        contact="zyra@example.org", postal_address="Rruga 1", places=Places(folder, folder, folder),
        delivery=DeliveryRules(transport=kind),  # type: ignore[arg-type]
    )  # fmt: skip


def reader(number: int) -> str:
    return f"reader{number}@example.org"


def subscriber(number: int) -> str:
    return f"s{number:05}"


@cache
def filled(readers: int) -> bytes:
    """The database with its readers, made once: migrating takes longer than most trials."""
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/filled.sqlite")
        with store.write() as connection:
            _fill(connection, readers)
        store.close()
        return (Path(folder) / "filled.sqlite").read_bytes()


def _fill(connection: sa.Connection, readers: int) -> None:
    since = datetime.now(UTC) - timedelta(days=90)
    connection.execute(s.editions.insert().values(
        id=EDITION, list=LIST.id, number=1, state="approved", created=since, approved=since, digest="d", notes=[], audience=0,
    ))  # fmt: skip
    for place, one in enumerate(VARIANTS):
        values = {"name": one.name, "subject": one.subject, "preheader": "", "html": one.html, "text": one.text}
        connection.execute(s.edition_variants.insert().values(edition=EDITION, position=place, **values))
    connection.execute(s.list_posts.insert().values(
        list=LIST.id, post="p1", state="included", edition=EDITION, reason="",
    ))  # fmt: skip
    everyone = [Subscriber(subscriber(n), reader(n), ("sq", "en")[n % 2], since) for n in range(readers)]
    people.add(connection, [(one, one.address) for one in everyone])
    people.set_standing(connection, [Subscription(one.id, LIST.id, "confirmed", since) for one in everyone])


def make(folder: Path, readers: int) -> str:
    """Lay the site's database into an empty folder, or fill a new one of PostgreSQL's; its address."""
    url = databases.url(folder / "site.sqlite")
    if databases.ENGINE.name == "sqlite":
        (folder / "site.sqlite").write_bytes(filled(readers))
        return url
    store = Store(url)
    with store.write() as connection:
        _fill(connection, readers)
    store.close()
    return url


def edition(store: Store) -> Edition:
    with store.read() as connection:
        found = editions.load(connection, EDITION)
    assert found is not None
    return found


def rows(store: Store) -> dict[str, str]:
    """Address → the state of its row in the ledger."""
    with store.read() as connection:
        query = sa.select(s.subscribers.c.address, s.deliveries.c.state).join(
            s.deliveries, s.deliveries.c.subscriber == s.subscribers.c.id
        )
        return {row.address: row.state for row in connection.execute(query)}
