"""Limits on forms: counted by network under a keyed hash, told in the reader's language, forgotten."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from web.web_site import make_site, serving

from syndicate.store import schema
from syndicate.web import limits
from syndicate.web.visit import Visit

ASK = {"address": "nobody at all", "lang": "en"}


def rows(served):
    with served.parts.store.read() as connection:
        return list(connection.execute(sa.select(schema.attempts)))


def test_a_network_that_sends_too_many_forms_is_told_to_wait(served):
    most = limits.PER_NETWORK[0][1]
    assert {served.post("/account", **ASK).status for _ in range(most)} == {400}
    for language, heading in [("en", "Too many forms at once"), ("sq", "Tepër formularë njëherësh")]:
        got = served.post("/account", address="x", lang=language)
        assert (got.status, got.heading) == (429, heading)
        assert int(got.headers["retry-after"]) > 0
    counted = {row.count for row in rows(served)}
    served.post("/account", **ASK)
    assert {row.count for row in rows(served)} == counted, "over the limit nothing is written"
    served.clock.pass_(minutes=10)
    assert served.post("/account", **ASK).status == 400


def test_leaving_and_reading_have_no_limit(served):
    for _ in range(limits.PER_NETWORK[0][1] + 1):
        limits.reached(served.parts, Visit(client="127.0.0.1"))
    assert served.post("/account", **ASK).status == 429
    assert served.post("/leave/x.y").status == 400
    assert served.get("/account").status == 200


def test_no_address_of_a_network_is_kept(served):
    served.post("/account", **ASK)
    kept = " ".join(str(tuple(row)) for row in rows(served))
    assert len(rows(served)) == len(limits.PER_NETWORK)
    assert "127.0.0.1" not in kept
    again = limits.hashed(served.parts.ring[0], "network 127.0.0.1")
    assert again != limits.hashed(b"another key of sixteen", "network 127.0.0.1")


@pytest.mark.parametrize(
    ("clients", "reached"),
    [
        (["2001:db8::1", "2001:db8::2"], True),
        (["2001:db8:0:1::1", "2001:db8:0:2::1"], False),
        (["203.0.113.1", "203.0.113.2"], False),
    ],
)
def test_each_network_is_counted_by_itself(served, monkeypatch, clients, reached):
    monkeypatch.setattr(limits, "PER_NETWORK", ((timedelta(minutes=10), 1),))
    first, second = (limits.reached(served.parts, Visit(client=client)) for client in clients)
    assert (first, second) == (False, reached)


def test_the_limit_of_a_day_outlives_that_of_ten_minutes(served, monkeypatch):
    monkeypatch.setattr(limits, "PER_NETWORK", ((timedelta(minutes=10), 2), (timedelta(days=1), 3)))
    served.clock.now = served.clock.now.replace(hour=6)
    found = []
    for _ in range(5):
        found.append(limits.reached(served.parts, Visit(client="203.0.113.1")))
        served.clock.pass_(minutes=10)
    assert found == [False, False, False, True, True]


def test_old_counts_are_forgotten(served):
    limits.reached(served.parts, Visit(client="203.0.113.1"))
    served.clock.pass_(days=3)
    limits.reached(served.parts, Visit(client="203.0.113.2"))
    assert len(rows(served)) == len(limits.PER_NETWORK)


def test_behind_a_proxy_readers_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "PER_NETWORK", ((timedelta(minutes=10), 1),))
    with serving(make_site(tmp_path / "site"), proxy=True) as served:
        seen = [
            served.post("/account", {"X-Forwarded-For": client}, **ASK).status
            for client in ("203.0.113.1", "203.0.113.1", "6.6.6.6, 203.0.113.1", "203.0.113.2")
        ]
    assert seen == [400, 429, 429, 400]


def test_a_locked_database_is_waited_for_then_told_and_nothing_is_lost(tmp_path):
    with serving(make_site(tmp_path / "site"), wait=0.2) as served:
        with served.parts.store.write() as connection:
            connection.execute(sa.text("SELECT 1"))
            got = served.post("/account", address="arta@example.org", lang="en")
            assert (got.status, got.heading) == (503, "Not possible just now")
            assert got.headers["retry-after"]
            assert served.get("/healthz").status == 200, "reading goes on"
        assert served.post("/account", **ASK).status == 400
        assert len(served.warnings) == 1
        assert "arta" not in served.warnings[0]


def test_a_lost_database_is_told_to_readers_and_to_who_watches(tmp_path):
    with serving(make_site(tmp_path / "site"), wait=0.2) as served:
        served.parts.store.close()
        served.parts.store.path.write_bytes(b"this is no database" * 100)
        for end in ("-wal", "-shm"):
            served.parts.store.path.with_name(f"syndicate.sqlite{end}").unlink(missing_ok=True)
        assert served.get("/healthz").status == 503
        assert served.post("/account", **ASK).status == 503
        assert served.get("/").status == 200
