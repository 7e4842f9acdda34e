"""Laying the people's tables anew loses none of them, nor what refers to them."""

import sqlite3

import sqlalchemy as sa

from syndicate.store import Store
from syndicate.store.migrations import migrate

PEOPLE = [
    (f"{17 * n % 10}", f"Reader{n}@example.org", f"reader{n}@example.org", "sq", n, "discreet") for n in range(10)
]


def older(path):
    """A database as version 7 of the schema has it, with people, and foreign keys held to."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        migrate(connection, "7")
    engine.dispose()
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO subscribers (id, address, address_key, languages, created, mail) VALUES (?, ?, ?, ?, ?, ?)",
            PEOPLE,
        )
        for id, *_ in PEOPLE:
            database.execute("INSERT INTO subscriptions VALUES (?, 'newsletter', 'confirmed', 5)", (id,))
            database.execute(
                "INSERT INTO letters (id, kind, subscriber, list, language, created, due) VALUES (?, 'x', ?, '', 'sq', 1, 2)",
                (f"letter of {id}", id),
            )


def rows(path, table):
    with sqlite3.connect(path) as database:
        return sorted(database.execute(f"SELECT * FROM {table}"))


def test_nobody_is_lost(tmp_path):
    path = tmp_path / "site.sqlite"
    older(path)
    before = {table: rows(path, table) for table in ("subscribers", "subscriptions", "letters")}
    assert all(len(found) == 10 for found in before.values())
    store = Store(f"sqlite:///{path}")
    assert {table: rows(path, table) for table in before} == before
    with store.write() as connection:  # what refers to people still does
        connection.exec_driver_sql("DELETE FROM subscribers WHERE id = '7'")
    store.close()
    assert {table: len(rows(path, table)) for table in before} == dict.fromkeys(before, 9)


def test_people_lie_in_the_order_of_their_ids(tmp_path):
    path = tmp_path / "site.sqlite"
    older(path)
    Store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as database:
        found = [id for (id,) in database.execute("SELECT id FROM subscribers NOT INDEXED")]
        made = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    assert found == sorted(found)
    assert not [name for name, sql in made.items() if "new_" in sql]
    assert all("WITHOUT ROWID" in made[name] for name in ("subscribers", "subscriptions"))
    assert {"ix_subscriptions_list_state", "ix_letters_subscriber", "ix_letters_waiting"} <= made.keys()
    assert "WHERE batch IS NOT NULL" in made["ix_deliveries_batch"]
