"""A small world for events: people on two lists, editions that were mailed to them, and the provider's words about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import databases
import sqlalchemy as sa

from syndicate import happenings
from syndicate.consent import addresses
from syndicate.models import DeliveryRules, Places, Site, Subscriber, Subscription
from syndicate.store import Store, people
from syndicate.store import schema as s

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RING = [b"n" * 32, b"o" * 32]


def site_in(folder: Path, **rules) -> Site:
    return Site(
        name="Zyra", base_url="https://example.org", tag_domain="example.org", timezone="Europe/Tirane", languages=("sq", "en"),
        contact="zyra@example.org", postal_address="Rruga 1", places=Places(folder, folder, folder),
        delivery=DeliveryRules(transport="sendgrid", **rules),
    )  # fmt: skip


@cache
def blank() -> bytes:
    """A migrated database with nothing in it: made once, because migrating takes longer than most tests."""
    with TemporaryDirectory() as folder:
        Store(f"sqlite:///{folder}/blank.sqlite").close()
        return (Path(folder) / "blank.sqlite").read_bytes()


class World:
    """A store with people and deliveries; what it says is read back from the real tables."""

    def __init__(self, folder: Path, **rules) -> None:
        if databases.ENGINE.name == "sqlite":
            (folder / "world.sqlite").write_bytes(blank())
        self.site, self.store = site_in(folder, **rules), Store(databases.url(folder / "world.sqlite"))
        self.count = 0

    def person(self, address: str, *lists: str, state="confirmed", since=NOW - 60 * DAY) -> str:
        id = address.partition("@")[0]
        with self.store.write() as c:
            people.add(c, [(Subscriber(id, address, "sq", since), address.lower())])
            people.set_standing(c, [Subscription(id, one, state, since) for one in lists or ("lajme",)])
        return id

    def mail(
        self, edition: str, state: str = "accepted", *who: str, batch="b1", recalled=None, posted=NOW - DAY
    ) -> list[str]:
        """Deliveries of an edition to these people, named `<edition>/<person>`."""
        with self.store.write() as c:
            if not c.execute(sa.select(s.editions.c.id).where(s.editions.c.id == edition)).first():
                c.execute(s.editions.insert().values(
                    id=edition, list=edition.rpartition("-")[0], number=int(edition.rpartition("-")[2]), state="sent",
                    created=posted, digest="", notes=[], audience=0,
                ))  # fmt: skip
            if not c.execute(sa.select(s.batches.c.id).where(s.batches.c.id == batch)).first():
                c.execute(s.batches.insert().values(
                    id=batch, edition=edition, variant="sq", transport="sendgrid", holder="x", claimed=posted, posted=posted,
                    recalled=recalled, undo_id=batch, send_at=posted,
                ))  # fmt: skip
            ids = [f"{edition}/{one}" for one in who]
            c.execute(s.deliveries.insert(), [
                {"id": id, "edition": edition, "subscriber": one, "variant": "sq", "state": state, "batch": batch,
                 "changed": posted, "reason": ""} for id, one in zip(ids, who, strict=True)
            ])  # fmt: skip
        return ids

    def apply(self, *items, now=NOW) -> happenings.Received:
        from syndicate.deliver import events

        return happenings.apply(self.store, self.site, RING, events.read_all(json.dumps(items).encode()), now)

    def states(self) -> dict[str, str]:
        with self.store.read() as c:
            return {r.id: r.state for r in c.execute(sa.select(s.deliveries.c.id, s.deliveries.c.state))}

    def forbidden(self) -> set[tuple[str, str, str]]:
        """(person, kind, list) of every suppression."""
        with self.store.read() as c:
            everyone = list(c.execute(sa.select(s.subscribers.c.id, s.subscribers.c.address_key)))
            names = {h: r.id for r in everyone for h in addresses.keyed_hashes(r.address_key, RING)}
            return {(names.get(r.address_hash, "?"), r.kind, r.list) for r in c.execute(sa.select(s.suppressions))}

    def standing(self) -> dict[tuple[str, str], str]:
        with self.store.read() as c:
            return {(r.subscriber, r.list): r.state for r in c.execute(sa.select(s.subscriptions))}

    def log(self) -> list[tuple[str, str, str]]:
        with self.store.read() as c:
            return [(r.list, r.event, r.how) for r in c.execute(sa.select(s.consent_log).order_by(s.consent_log.c.id))]

    def confirm_again(self, person: str, address: str, at: datetime, list: str = "lajme") -> None:
        """The person's own form, confirmed from its mail."""
        hashes = addresses.keyed_hashes(address.lower(), RING)
        with self.store.write() as c:
            people.lift(c, hashes, ("bounce", "complaint", "unsubscribe"), list)
            people.set_standing(c, [Subscription(person, list, "confirmed", at)])
            people.log(c, [people.Consent(at, hashes[0], list, "confirmed", "link", "", "v1", "sq")])

    def event(self, name: str, delivery: str = "", *, at=NOW, batch="b1", id: str | None = None, **more) -> dict:
        self.count += 1
        found = {"event": name, "timestamp": int(at.timestamp()), "sg_event_id": id or f"event-{self.count}", **more}
        if delivery:
            found |= {"delivery": delivery, "batch": batch}
        return found
