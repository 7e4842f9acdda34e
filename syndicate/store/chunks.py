"""Many at a time: values cut so that each IN (…) stays under the database's limit on bound parameters; rows as one text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")


def batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def together(query: sa.Select[Any]) -> Mapping[str, sa.Select[Any]]:
    """A query whose columns are texts, made to give its rows as one text, for each database; to be read by `read`.

    Row by row they would take twice as long.
    """
    columns = query.subquery().c
    one_row = {"postgresql": sa.func.json_build_array(*columns), "sqlite": sa.func.json_array(*columns)}
    postgresql = sa.select(sa.cast(sa.func.json_agg(one_row["postgresql"]), sa.Text))
    return {"postgresql": postgresql, "sqlite": sa.select(sa.func.json_group_array(one_row["sqlite"], type_=sa.Text))}


def read(connection: sa.Connection, query: Mapping[str, sa.Select[Any]], values: Mapping[str, Any]) -> list[list[Any]]:
    """The rows of a query that `together` has made."""
    text = connection.execute(query[connection.dialect.name], values).scalar()
    rows: list[list[Any]] = json.loads(text or "[]")
    return rows
