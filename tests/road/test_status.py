"""`syndicate status`: what wants the operator comes first, and all of it stays on one screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from road.road_site import Home, source

from syndicate.deliver.lock import hold
from syndicate.samples.blog import Blog
from syndicate.store import editions, ledger

LIST = """titles.sq = "L{n}"
titles.en = "L{n}"
[sender]
name = "iSIGURT"
address = "l{n}@isigurt.al"
reply_to = "kontakt@isigurt.al"
"""


@pytest.fixture
def busy(published: Home, blog: Blog) -> Home:
    """Five lists, a source that fails and seven that do not, a paused edition, an overdue one, a draft, an approved one."""
    for n in range(1, 5):
        published.write(f"subscribers/list{n}.toml", LIST.format(n=n))
    for list in ("newsletter", *(f"list{n}" for n in range(1, 5))):
        published.run("subscribers", "add", list, "ana@example.org", "--evidence", "paper").fine()
        published.run("newsletter", "draft", list).fine()
    for n in range(1, 4):
        published.run("newsletter", "approve", f"list{n}", "--no-network").fine()
    published.run("newsletter", "send", "list1", "--at", "2099-12-01 09:00", "--yes").fine()
    published.run("newsletter", "send", "list2", "--yes").fine()
    with published.store() as store, store.write() as connection:
        (row,) = ledger.of_batch(connection, _batch(connection), ("accepted",))
        ledger.move(connection, [row.id], was=("accepted",), to="held", at=datetime.now(UTC), reason="")
        editions.set_state(connection, "list2-1", "paused", was=("sent",))
    fine = [source(f"blog{n}", f"{blog}/rss.xml?{n}") for n in range(6)]
    published.write(
        "feeds/sources.toml", "\n".join([source("isigurt", f"{blog}/rss.xml"), *fine, source("ill", f"{blog}/no")])
    )
    published.run("pull", "ill")
    published.ahead = datetime(2099, 12, 5, tzinfo=UTC) - datetime.now(UTC)
    return published


def _batch(connection: object) -> str:
    return str(connection.exec_driver_sql("SELECT id FROM batches").scalar())  # type: ignore[attr-defined]


def test_what_wants_the_operator_comes_first(busy: Home) -> None:
    said = busy.run("status").fine().out
    lines = said.splitlines()
    assert len(lines) <= 24, "one screen"
    assert {line.partition(" was not")[0] for line in lines[1:3]} == {"! list1-1", "! list2-1"}
    assert lines[0] == "! list2-1: of 1 copies nobody knows whether they left: `syndicate newsletter repair list2-1`."
    assert "  and " in said
    assert "more: `syndicate doctor` says all" in said
    found = busy.json("status")
    assert {*found["waiting"]} == {
        "list4-1 waits for approval: `syndicate newsletter preview list4-1`, then `approve`.",
        "list3-1 is approved and waits to be sent: `syndicate newsletter send list3-1`.",
        "newsletter-1 waits for approval: `syndicate newsletter preview newsletter-1`, then `approve`.",
    }
    rows = [line.split()[:2] for line in lines]
    assert ["source", "ill"] in rows
    assert sum(row[:1] == ["list"] for row in rows) == 5
    assert sum(row[:1] == ["edition"] for row in rows) == 5
    assert ["sources", "7"] in rows, "many that are well are told together"


def test_what_is_being_sent_is_not_called_unfinished(published: Home) -> None:
    published.run("subscribers", "add", "newsletter", "ana@example.org", "--evidence", "paper").fine()
    published.run("newsletter", "draft", "newsletter").fine()
    published.run("newsletter", "approve", "newsletter", "--no-network").fine()
    published.run("newsletter", "send", "newsletter", "--yes").fine()
    with published.store() as store, store.write() as connection:
        editions.set_state(connection, "newsletter-1", "sending", was=("sent",))
    assert "newsletter-1 was not finished" in published.json("status")["problems"][0]
    lock = Path(published.root / "var/locks/newsletter-1")
    with hold(lock, name="sending newsletter-1"):
        found = published.json("status")
    assert (found["problems"], found["editions"][0]["at_work"]) == ([], True)


def test_an_old_edition_in_doubt_is_not_forgotten(published: Home) -> None:
    with published.store() as store, store.write() as connection:
        for n in range(1, 31):
            connection.exec_driver_sql(
                "INSERT INTO editions (id, list, number, state, created, digest, notes, audience) "
                f"VALUES ('newsletter-{n}', 'newsletter', {n}, 'sent', {n}, '', '[]', {1 if n == 2 else 0})"
            )
        connection.exec_driver_sql(
            "INSERT INTO deliveries (id, edition, subscriber, variant, state, changed, reason) "
            "VALUES ('d', 'newsletter-2', 's', 'sq', 'held', 1, '')"
        )
    published.ahead = timedelta(hours=1)
    assert published.json("status")["problems"] == [
        "newsletter-2: of 1 copies nobody knows whether they left: `syndicate newsletter repair newsletter-2`."
    ]
