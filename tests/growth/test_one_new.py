"""One new post: what the database does for it does not grow with the posts that are there."""

from collections import Counter

import pytest
import sqlalchemy as sa
from growth.grown import record

from syndicate.store import posts

UNIT = 100
"""The steps of SQLite's machine are counted by so many."""


@pytest.fixture
def steps():
    """How many steps SQLite's machine has made, in all databases."""
    count = Counter()

    def connected(connection, _record):
        connection.set_progress_handler(lambda: count.update(all=1), UNIT)

    sa.event.listen(sa.Engine, "connect", connected)
    yield count
    sa.event.remove(sa.Engine, "connect", connected)


def one_new(home, number, steps):
    """The steps of publishing one new post on so many."""
    with home.store() as store, store.write() as connection:
        posts.save(connection, [record(n, tags=["Siguri"], partners=["unicef"][: n % 2]) for n in range(number)])
    home.run("publish").fine()
    with home.store() as store, store.write() as connection:
        posts.save(connection, [record(number, tags=["Siguri"], partners=["unicef"])])
    steps.clear()
    assert "all-sq" in {feed["slug"] for feed in home.json("publish")["feeds"] if feed["written"]}
    return steps["all"]


def test_the_database_does_no_more_on_many_posts(make_home, steps):
    """The shipped feeds: those of all posts and of partners have archive pages, those of hashtags have none."""
    found = []
    for number in (110, 610):
        home = make_home("", name=f"site{number}")
        home.edit("feeds/feeds.toml", "\n[[feed]]\n", "\n[[feed]]\nlimit = 10\n")
        found.append(one_new(home, number, steps))
    few, many = found
    assert many <= 1.2 * few, found
