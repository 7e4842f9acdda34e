"""How the database finds things: by an index, without going through all posts and without sorting them."""

import re

import databases
import pytest
import sqlalchemy as sa
from growth.grown import FIRST, record

from syndicate.models import Selection
from syndicate.store import Store, facts, posts, published, withdrawn

POSTS = 3000


def _each(found):
    return list(found)


HOT = {
    "which posts changed": lambda c: facts.changed(c, 5, 10**9),
    "facts of a few posts": lambda c: _each(facts.of(c, ["post000001", "post000002"])),
    "facts of all, newest first": lambda c: next(facts.newest(c)),
    "facts, going on": lambda c: next(facts.newest(c, after=next(facts.newest(c)))),
    "what is new to a list": lambda c: next(facts.newest(c, new_to="newsletter"), None),
    "near a partner": lambda c: next(facts.newest(c, Selection(partners=("unicef",))), None),
    "what was taken back since": lambda c: withdrawn.since(c, 5, 10**9),
    "what was taken back of these": lambda c: withdrawn.everything(c, ["post000001"]),
    "where posts stand": lambda c: published.memberships(c, ["post000001"]),
    "the newest of a feed": lambda c: published.newest_of(c, "all", 50),
    "the tombstones of a feed": lambda c: published.tombstones(c, "all"),
    "joining": lambda c: published.join(c, [("other", "post000001", FIRST)]),
    "leaving": lambda c: published.leave(c, "post000001", ["all"]),
    "due": lambda c: published.set_due(c, ["all"]),
    "written": lambda c: published.set_written(c, {"all": ("hash", 50)}),
    "gone": lambda c: published.gone_since(c, "all"),
    "known by identity": lambda c: posts.known(c, "blog-1", ["guid 1"], ["https://blog.example/1"]),
    "known by id": lambda c: posts.known_by_id(c, ["post000001"]),
    "whole posts": lambda c: posts.load(c, ["post000001"]),
    "an id's beginning": lambda c: posts.resolve(c, "post00000"),
    "an address": lambda c: posts.resolve(c, "https://blog.example/1"),
    "the newest posts": lambda c: posts.newest(c, posts.Filter(), 50),
    "of a source": lambda c: posts.newest(c, posts.Filter(source="blog-1"), 50),
    "unsure ones": lambda c: posts.newest(c, posts.Filter(unsure=True), 50),
    "hidden ones": lambda c: posts.newest(c, posts.Filter(hidden=True), 50),
    "since": lambda c: posts.newest(c, posts.Filter(since=FIRST), 50),
    "all unsure": posts.unsure,
    "how many": posts.count,
    "how many hidden": posts.count_hidden,
    "of a partner": lambda c: posts.newest(c, posts.Filter(partner="unicef"), 50),
    "with a hashtag in a language": lambda c: posts.newest(c, posts.Filter(hashtag="siguri", language="sq"), 50),
    "save": lambda c: posts.save(c, [record(7, tags=["Siguri"])]),
}  # fmt: skip
"""What is asked at each pull, publish or look, whatever number of posts there are."""

SORTED = {"whole posts"}
"""Here a few rows of a few posts are sorted."""

WHOLE = {"posts", "versions", "feed_posts", "post_partners", "post_hashtags", "post_links", "list_posts", "withdrawals"}
"""Tables that grow with the posts: nobody goes through their rows."""


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A database with some thousand posts, none of its statistics gathered."""
    store = Store(databases.url(tmp_path_factory.mktemp("plans") / "site.sqlite"))
    for start in range(0, POSTS, 500):
        some = [record(n, tags=["Siguri"], partners=["unicef"][: n % 2]) for n in range(start, start + 500)]
        with store.write() as connection:
            posts.save(connection, some)
            published.begin(connection, ["all", "other"]) if not start else None
            published.join(connection, [("all", one.post.id, one.post.published) for one in some])
    yield store
    store.close()


@pytest.mark.parametrize("name", HOT)
def test_it_is_found_by_an_index_and_nothing_is_sorted(big, name):
    said: list[tuple[str, tuple]] = []

    def note(_connection, _cursor, statement, parameters, _context, many):
        said.append((statement, parameters[0] if many else parameters))

    with big.engine.connect() as connection:
        connection = connection.execution_options(write=True)
        sa.event.listen(big.engine, "before_cursor_execute", note)
        with connection.begin() as transaction:
            HOT[name](connection)
            sa.event.remove(big.engine, "before_cursor_execute", note)
            asked = [one for one in said if re.match("SELECT|UPDATE|DELETE|INSERT", one[0])]
            assert asked
            plans = [(one, plan(connection, one)) for one in asked]
            transaction.rollback()
    for (statement, _), steps in plans:
        for step in steps:
            scanned = re.fullmatch(r"SCAN (\w+)", step)
            assert not scanned or scanned[1] not in WHOLE, f"{step}\n{statement}"
            assert name in SORTED or step != "USE TEMP B-TREE FOR ORDER BY", f"{step}\n{statement}"


def plan(connection, asked):
    """What SQLite would do, step by step."""
    statement, parameters = asked
    return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
