"""Who left stays away: what forbids mail is in a file beside the database before the database has it."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import sqlalchemy as sa
from people.people_world import RING

from syndicate import absent, audience, moving, people, subscribing
from syndicate.consent import addresses
from syndicate.errors import StoreError
from syndicate.store import Store, noted
from syndicate.store import people as stored


def older(world):
    """A copy of the database as it is now; call it to put it back."""
    world.store.close()
    path = world.store.path
    shutil.copy(path, path.with_name("older"))

    def back():
        world.store.close()
        shutil.copy(path.with_name("older"), path)
        world.store = Store(f"sqlite:///{path}")

    return back


def mailed(world, list="lajme"):
    with world.store.read() as connection:
        chosen = people.list_called(world.site, list)
        return sorted(key for _, key, *_ in audience.mailable(connection, chosen, RING))


def keep(world, ring=RING, **more):
    return absent.keep_away(world.site, world.store, ring, world.now, **more)


def leave(world, address, list="lajme"):
    subscribing.leave(world.reception, world.leave_token(address, list))


def lines(world):
    return [json.loads(line) for line in world.store.notes.read_text().splitlines()]


def test_everybody_who_said_no_since_an_older_copy_stays_away(world):
    for name in ("arta", "besa", "cen", "dita", "ema", "fatos"):
        world.join(f"{name}@example.org", "lajme", "raporte")
    back = older(world)
    leave(world, "arta@example.org")
    people.forget(world.site, world.store, RING, "besa@example.org", now=world.now)
    with world.store.write() as connection:
        cen = stored.by_id(connection, world.person("cen@example.org"))
        for event in ("complained", "bounced"):
            person = cen if event == "complained" else stored.by_id(connection, world.person("dita@example.org"))
            people.happen(connection, RING, person, "lajme", people.subscription.Event(event), now=world.now)
        ema = stored.by_id(connection, world.person("ema@example.org"))
        moving.move(connection, RING, ema, addresses.clean("ema@new.example.org"), now=world.now)
    assert mailed(world) == ["ema@new.example.org", "fatos@example.org"]
    back()
    assert len(mailed(world)) == 6
    assert world.store.behind() > 1
    assert keep(world) == absent.Kept(5, 4)
    assert mailed(world) == ["fatos@example.org"]
    assert mailed(world, "raporte") == ["arta@example.org", "fatos@example.org"]
    assert world.states("arta@example.org") == {"lajme": "unsubscribed", "raporte": "confirmed"}
    assert world.person_or_none("besa@example.org") is None
    assert world.states("cen@example.org") == {"lajme": "unsubscribed", "raporte": "unsubscribed"}
    assert ("bounce", "") in world.against("dita@example.org")
    assert world.store.behind() == 0


def test_doing_it_again_changes_nothing_and_notes_nothing(world):
    world.join("arta@example.org")
    back = older(world)
    leave(world, "arta@example.org")
    before = lines(world)
    back()
    assert keep(world).people == 1
    assert keep(world) == keep(world, whole=True) == absent.Kept(0, 0)
    assert lines(world) == before
    assert [event for _, event, _ in world.events()].count("left") == 1


def test_who_came_back_by_a_form_of_their_own_is_not_sent_away_again(world):
    world.join("arta@example.org")
    back = older(world)
    leave(world, "arta@example.org")
    world.pass_(days=2)
    world.join("arta@example.org")
    assert [line.get("lifted") is not None for line in lines(world)] == [False, True]
    back()
    assert keep(world).addresses == 0
    assert mailed(world) == ["arta@example.org"]
    world.pass_(days=2)
    leave(world, "arta@example.org")
    back()
    assert keep(world).addresses == 1
    assert mailed(world) == []


def test_a_key_that_was_changed_meanwhile_hides_nobody(world):
    world.join("arta@example.org")
    back = older(world)
    leave(world, "arta@example.org")
    back()
    assert keep(world, ring=(b"a key of tomorrow", *RING)).people == 1
    assert mailed(world) == []


def test_the_file_holds_no_address_and_is_the_operators_alone(world):
    world.join("arta@example.org")
    leave(world, "arta@example.org")
    assert "arta" not in world.store.notes.read_text()
    assert world.store.notes.stat().st_mode & 0o777 == 0o600
    assert set(lines(world)[0]) == {"turn", "hash", "kind", "list", "at"}


def test_a_line_cut_short_costs_no_other(world):
    for name in ("arta", "besa"):
        world.join(f"{name}@example.org")
    back = older(world)
    leave(world, "arta@example.org")
    with world.store.notes.open("a") as file:
        file.write('{"turn": 2, "hash": "12')
    leave(world, "besa@example.org")
    back()
    assert keep(world).people == 2


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from datetime import UTC, datetime
from syndicate.store import Store, people
store = Store(sys.argv[1])
sa.event.listen(store.engine, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
with store.write() as connection:
    people.suppress(connection, [people.Suppressed(sys.argv[3], "unsubscribe", "lajme", datetime.now(UTC), "left")])
"""


def test_a_process_killed_before_the_database_has_it_has_noted_it(world):
    world.join("arta@example.org")
    hashed = addresses.keyed_hash("arta@example.org", RING[0])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(world.store.url), "commit", hashed], timeout=60, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not world.against()
    assert world.store.behind() == 1
    assert keep(world).people == 1
    assert mailed(world) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_nobody_leaves_half_where_the_file_cannot_be_written(world):
    world.join("arta@example.org")
    world.store.notes.touch()
    world.store.notes.chmod(0)
    with pytest.raises(StoreError, match="Nothing was stored"):
        leave(world, "arta@example.org")
    assert not world.against()


def test_where_it_is_no_file_nothing_is_stored(world):
    world.join("arta@example.org")
    world.store.notes.mkdir()
    with pytest.raises(StoreError, match="Nothing was stored"):
        leave(world, "arta@example.org")
    assert not world.against()
    assert world.states() == {"lajme": "confirmed"}


def test_many_at_once_are_one_turn(world):
    with world.store.write() as connection:
        many = [stored.Suppressed(f"{n:064}", "bounce", "", world.now, "") for n in range(200)]
        stored.suppress(connection, many)
    assert {line["turn"] for line in lines(world)} == {1}
    assert len(lines(world)) == 200
    with world.store.write() as connection:
        connection.execute(sa.text("DELETE FROM suppressions"))
    assert keep(world, whole=True).addresses == 200
    assert noted.last_turn(world.store.notes) == 1
