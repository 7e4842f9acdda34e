"""Nothing about people is kept longer than [retention] says, and nothing is deleted before."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from people.people_world import RING, World

from syndicate import dossiers, letters, people, retention, subscribing
from syndicate.models import Retention
from syndicate.retention import Purged

A, B = "arta@example.org", "besa@example.org"
NOTHING = Purged()


def purge(world: World) -> Purged:
    return retention.purge(world.site, world.store, RING, world.now)


@pytest.mark.both_engines
def test_who_never_confirmed_is_forgotten_with_letters_and_log(world: World) -> None:
    world.join("cen@example.org", "lajme")
    world.ask("cen@example.org", "raporte")
    world.ask(A)
    world.add(B)
    letters.send_due(world.desk)
    world.pass_(days=29, hours=23)
    assert purge(world) == replace(NOTHING, letters=0)
    world.pass_(hours=1)
    mails = len([*world.outbox.glob("*.eml")])
    done = purge(world)
    assert (done.unconfirmed, done.mails) == (2, mails)
    assert world.holding("arta") == world.holding("besa") == set()
    assert world.events(A) == world.events(B) == [], "a question without answer proves nothing"
    assert world.states("cen@example.org") == {"lajme": "confirmed"}
    assert world.events("cen@example.org")[:2] == [("lajme", "asked", "form"), ("lajme", "confirmed", "link")]
    assert purge(world) == NOTHING


def test_the_address_of_who_left_becomes_a_keyed_hash(world: World) -> None:
    world.join(A, "lajme", "raporte")
    world.join(B, "lajme", "raporte")
    token = world.leave_token(A)
    subscribing.leave(world.reception, token)
    subscribing.leave(world.reception, world.leave_token(A, "raporte"))
    subscribing.leave(world.reception, world.leave_token(B))
    world.pass_(days=30)
    assert purge(world).leavers == 1
    assert world.holding(A) == set()
    assert world.against(A) == {("unsubscribe", "lajme"), ("unsubscribe", "raporte")}
    assert world.events(A)[-1] == ("raporte", "left", "link"), "the proof stays, under the hash"
    assert world.states(B) == {"lajme": "unsubscribed", "raporte": "confirmed"}
    assert world.add(A, evidence="a signed paper").refused
    assert dict(subscribing.leave(world.reception, token).lists) == {}
    world.join(A)
    assert world.states(A) == {"lajme": "confirmed"}


def rows(world: World, count: int, state: str = "accepted") -> None:
    """An edition that was sent to so many, at the time of the world's clock."""
    at = round(world.now.timestamp() * 1000)
    with world.store.write() as connection:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO editions (id, list, number, state, created, digest, notes, audience, frozen) "
            f"VALUES ('lajme-1', 'lajme', 1, 'sent', 0, '', '[]', {count}, 0)"
        )
        connection.exec_driver_sql(
            "INSERT INTO deliveries (id, edition, subscriber, variant, state, changed, reason) "
            "VALUES (?, 'lajme-1', ?, 'sq', ?, ?, ?)",
            [(f"{state}{n}", f"{state} person{n}", state, at, "550 arta@example.org") for n in range(count)],
        )  # fmt: skip


def test_the_ledger_loses_its_people_and_no_row(world: World) -> None:
    rows(world, 1201)
    rows(world, 3, "held")
    world.outbox.mkdir(parents=True)
    (world.outbox / "lajme-1-accepted7.eml").write_text("To: arta@example.org")
    (world.outbox / "lajme-1-held1.eml").write_text("To: arta@example.org")
    world.pass_(days=89)
    assert purge(world) == NOTHING
    world.pass_(days=1)
    assert purge(world) == replace(NOTHING, deliveries=1201, mails=1)
    with world.store.read() as connection:
        sums = connection.exec_driver_sql(
            "SELECT state, count(*), count(DISTINCT subscriber) FROM deliveries GROUP BY 1"
        ).all()
        left = connection.exec_driver_sql("SELECT count(*) FROM deliveries WHERE subscriber LIKE '% person%'").scalar()
    assert [tuple(row) for row in sums] == [("accepted", 1201, 1201), ("held", 3, 3)]
    assert left == 3, "who is not settled keeps their person"
    assert world.holding("550 arta") == {"deliveries"}
    assert purge(world) == NOTHING


def test_letters_links_and_counts_go(world: World) -> None:
    world.join(A)
    world.settings()
    session_mails = len([*world.outbox.glob("*.eml")])
    assert session_mails == 0
    with world.store.write() as connection:
        at = round(world.now.timestamp() * 1000)
        connection.exec_driver_sql("INSERT INTO attempts (who, window, count) VALUES ('x', ?, 1)", (at,))
        connection.exec_driver_sql(
            "INSERT INTO soft_bounces (address_hash, edition, at) VALUES ('x', 'lajme-1', ?)", (at,)
        )
        connection.exec_driver_sql(
            "INSERT INTO events (id, delivery, kind, at, received, reason) VALUES (?, 'd', 'delivered', ?, ?, '')",
            [(f"e{n}", at, at) for n in range(1001)],
        )
    assert purge(world) == NOTHING
    world.pass_(days=2)
    assert purge(world) == replace(NOTHING, letters=1, others=1), "the letter with the link, and that it was used"
    world.pass_(days=28)
    assert purge(world) == replace(NOTHING, letters=1, others=1002)
    world.pass_(days=335)
    assert purge(world) == replace(NOTHING, others=1)


@pytest.mark.parametrize("name", ["pending", "leavers"])
def test_the_times_are_the_sites_own(world: World, name: str) -> None:
    world.site = replace(world.site, retention=replace(Retention(), **{name: timedelta(days=3)}))
    world.join(A) if name == "leavers" else world.ask(A)
    if name == "leavers":
        subscribing.leave(world.reception, world.leave_token(A))
    world.pass_(days=3)
    done = purge(world)
    assert (done.unconfirmed + done.leavers) == 1


def test_more_people_than_fit_one_step(world: World) -> None:
    with world.store.write() as connection:
        for n in range(1203):
            person = people.Subscriber(f"s{n}", f"p{n}@example.org", "sq", world.now)
            people.stored.add(connection, [(person, person.address)])
            people.stored.set_standing(connection, [people.Subscription(person.id, "lajme", "pending", world.now)])
    world.pass_(days=31)
    assert purge(world).unconfirmed == 1203
    assert world.holding("example.org") == set()


def test_dry_runs_and_test_mails_go_after_a_week_and_when_anybody_is_forgotten(world: World) -> None:
    state = world.site.places.state
    names = ("dry-run/lajme-1/lajme-1-dry~0a.eml", "outbox/lajme-1-test~0b.eml")

    def written(age: timedelta) -> list[Path]:
        paths = [state / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("To: arta@example.org")
            os.utime(path, ((world.now - age).timestamp(),) * 2)
        return paths

    kept = state / "outbox/lajme-1-0d.eml"
    paths = written(timedelta(days=6, hours=23))
    kept.write_text("a delivery's own")
    os.utime(kept, ((world.now - timedelta(days=80)).timestamp(),) * 2)
    assert purge(world) == NOTHING
    assert all(path.exists() for path in paths)
    world.pass_(hours=2)
    assert purge(world).mails == 2
    assert not any(path.exists() for path in (*paths, state / "dry-run/lajme-1"))
    paths = written(timedelta(0))
    dossiers.forget(world.site, world.store, RING, B, now=world.now)
    assert not any(path.exists() for path in paths)
    assert kept.exists(), "the ledger knows whose it is"
