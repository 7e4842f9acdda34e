"""The tables as plain rows: what is read out of one database and written into another is the same there."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa

from syndicate.store import Store, walk
from syndicate.store.schema import metadata


def filled(path):
    """A database with a row in every table; in the nullable columns one with nothing, one with the word for nothing."""
    store = Store(f"sqlite:///{path}")
    with store.write() as connection:
        for table in metadata.sorted_tables:
            row = {column.name: _value(column) for column in table.columns}
            connection.execute(table.insert(), row)
        connection.exec_driver_sql("UPDATE posts SET picture = NULL, margin = 0.1")
    return store


def _value(column):
    kinds = {sa.JSON: {"e": "ë", "n": [1, None]}, sa.Boolean: True, sa.Float: 1.5, sa.Integer: 7}
    if isinstance(column.type, sa.types.TypeDecorator):
        return None if column.nullable else datetime(1601, 1, 1, tzinfo=UTC)
    found = next((value for kind, value in kinds.items() if isinstance(column.type, kind)), "ë\n\t\\N ' \u2028")
    return None if column.nullable else found


def everything(store):
    with store.read() as connection:
        names = [table.name for table in metadata.sorted_tables]
        return {name: connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names}


def _into(store, walked):
    with store.write() as connection:
        for table in walk.tables(connection):
            for part in walked[table.name]:
                walk.load(connection, table, walk.columns(table), [tuple(row) for row in part])
            walk.numbered_on(connection, table)


def test_every_row_arrives_as_it_was_also_by_way_of_json(tmp_path):
    store, other = filled(tmp_path / "one.sqlite"), Store(f"sqlite:///{tmp_path / 'two.sqlite'}")
    with store.read() as connection:
        walked = {table.name: [*walk.rows(connection, table)] for table in walk.tables(connection)}
        counts = {table.name: walk.count(connection, table) for table in walk.tables(connection)}
    assert set(walked) == set(metadata.tables)
    assert set(counts.values()) == {1}
    _into(other, json.loads(json.dumps(walked)))
    assert everything(other) == everything(store)


def test_who_reads_a_snapshot_sees_nothing_that_comes_later_and_keeps_nobody_waiting(tmp_path):
    store = filled(tmp_path / "one.sqlite")
    with store.read() as connection:
        tables = {table.name: table for table in walk.tables(connection)}
        with store.write() as other:
            other.exec_driver_sql("INSERT INTO meta VALUES ('later', '')")
        assert walk.count(connection, tables["meta"]) == 1
    with store.read() as connection:
        assert walk.count(connection, tables["meta"]) == 2


def test_tables_of_others_are_passed_over_and_parents_come_first(tmp_path):
    store = filled(tmp_path / "one.sqlite")
    with store.write() as connection:
        connection.exec_driver_sql("CREATE TABLE somebody_elses (id INTEGER)")
    with store.read() as connection:
        found = walk.tables(connection)
    assert {table.name for table in found} == set(metadata.tables)
    seen = set()
    for table in found:
        assert {key.column.table.name for key in table.foreign_keys} <= seen, table.name
        seen.add(table.name)
