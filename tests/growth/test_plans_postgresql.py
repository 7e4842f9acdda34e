"""How PostgreSQL finds things: what test_plans.py asks of SQLite, on tables with statistics and twenty thousand posts.

Scans of whole tables and sorts are made dear (`enable_seqscan`, `enable_sort`): a plan that has one all the same shows that no
index serves. Nor may an index be gone through from end to end, for want of a condition on its first column, except those that
were made to be: see OVERVIEW.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from growth.grown import FIRST, record
from growth.test_plans import HOT, SORTED, WHOLE
from postgres_server import PostgresServer

from syndicate.store import Store, posts, published, withdrawn
from syndicate.store import schema as s
from syndicate.store.withdrawn import Withdrawal

MADE, TIMES = 1000, 20

OVERVIEW = {"ix_posts_standing", "ix_posts_unsure", "ix_posts_hidden"}
"""Narrow indexes of the posts that stand, in the order of their dates: lists and counts go through them."""

OWN = {"id", "post", "identity", "guid", "url", "link_key"}
"""Columns in which each copy of a row is another."""

FIRST_COLUMNS = """
SELECT c.relname, a.attname FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
"""


@pytest.fixture
def big(postgres: PostgresServer) -> Iterator[Store]:
    """Some thousand posts as they are stored, and many copies of them."""
    store = Store(postgres.create("plans"))
    with store.write() as connection:
        made = [record(n, tags=["Siguri", f"Tema{n}"], partners=names(n)) for n in range(MADE)]
        posts.save(connection, made)
        published.begin(connection, ["all", "other"])
        published.join(connection, [("all", one.post.id, one.post.published) for one in made])
        for one in made[500:]:
            published.leave(connection, one.post.id, ["all"], FIRST)
        for one in made[:500]:
            withdrawn.add(connection, Withdrawal(one.post.id, "sq", 2024, ("sq",), (), FIRST, erased=False))
        for table in (s.posts, s.versions, s.post_partners, s.post_hashtags, s.feed_posts):
            copied(connection, table)
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
    yield store
    store.close()
    postgres.drop("plans")


def names(number: int) -> list[str]:
    """Whom a post names: two of many, and now and then one that is asked for."""
    return [f"qendra-{number % 90}", f"fondi-{number % 70}", *(["unicef"] if number % 20 == 0 else [])]


def copied(connection: sa.Connection, table: sa.Table) -> None:
    names = [column.name for column in table.c]
    values = [f"{name} || '-' || n" if name in OWN else f'"{name}"' for name in names]
    into = ", ".join(f'"{name}"' for name in names)
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({into}) SELECT {', '.join(values)} FROM {table.name}, generate_series(2, {TIMES}) n"
    )


@pytest.mark.on_postgresql
def test_all_is_found_by_an_index_and_nothing_is_sorted(big: Store) -> None:
    with big.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM posts").scalar_one() == MADE * TIMES
        first = dict([*connection.exec_driver_sql(FIRST_COLUMNS)])
    assert {name: wrong for name in HOT if (wrong := [*faults(big, name, first)])} == {}


def faults(store: Store, name: str, first: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the plans of what is asked under this name."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        asked.append((statement, parameters[0] if many else parameters))

    with store.engine.connect() as connection, connection.begin() as transaction:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        sa.event.listen(store.engine, "before_cursor_execute", note)
        HOT[name](connection)
        sa.event.remove(store.engine, "before_cursor_execute", note)
        found = [one for one in asked if re.match("SELECT|UPDATE|DELETE|INSERT", one[0])]
        assert found
        for statement, parameters in found:
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            yield from (
                f"{fault}: {statement}" for step in steps(plan[0]["Plan"]) if (fault := wrong(step, name, first))
            )
        transaction.rollback()


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from steps(below)


def wrong(step: dict[str, Any], name: str, first: Mapping[str, str]) -> str:
    """Why a step is not to be, "" if it may. (An incremental sort orders what has the same date, no more.)"""
    kind, table, index = step["Node Type"], step.get("Relation Name"), step.get("Index Name", "")
    if kind == "Sort" and name not in SORTED:
        return "sorts"
    if kind == "Seq Scan" and table in WHOLE:
        return f"reads all of {table}"
    overview = OVERVIEW | ({"ix_posts_of_source"} if name == "how many" else set())
    held = re.search(rf"\b{first[index]}\b", step.get("Index Cond", "")) if index else True
    return "" if held or index in overview else f"goes through all of {index}"
