"""A publish that ends anywhere: what it sorted and wrote stands, and the next one comes to the same as one that never stopped."""

import shutil

import pytest
from growth.grown import record
from road.road_site import snapshot

from syndicate import membership, publishing
from syndicate.cli.desk import Desk
from syndicate.store import posts, published


class Killed(BaseException):
    """The process ends here."""


def bytes_of(home):
    return {name: held for name, (_, held) in snapshot(home.root / "public").items()}


def publish(home, monkeypatch, steps=None):
    """Publish, and end at the step with this number; whether it came to its end."""
    left = [steps]

    def tell(*_):
        if left[0] is not None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Desk, "_lines", lambda *_: tell)
        try:
            home.run("publish").fine()
        except Killed:
            return False
    return True


@pytest.fixture
def many(make_home, monkeypatch):
    monkeypatch.setattr(membership, "CHUNK", 4)
    monkeypatch.setattr(publishing, "MARKED", 3)
    home = make_home("")
    with home.store() as store, store.write() as connection:
        posts.save(connection, [record(n, tags=["Siguri"], partners=["unicef"][: n % 2]) for n in range(12)])
    return home


def test_wherever_it_ends_the_next_one_comes_to_the_same(many, monkeypatch):
    assert publish(many, monkeypatch)
    whole = bytes_of(many)
    for folder in ("public", "var"):
        shutil.rmtree(many.root / folder)
    many.run("status")
    with many.store() as store, store.write() as connection:
        posts.save(connection, [record(n, tags=["Siguri"], partners=["unicef"][: n % 2]) for n in range(12)])
    for steps in (0, 1, 2, 3, 5, 8, 12):
        publish(many, monkeypatch, steps)
    assert publish(many, monkeypatch)
    assert bytes_of(many) == whole
    with many.store() as store, store.read() as connection:
        assert not [slug for slug, row in published.feeds(connection).items() if row.due]


def test_a_post_that_came_while_it_was_stopped_is_in_its_feeds(many, monkeypatch):
    publish(many, monkeypatch, 2)
    with many.store() as store, store.write() as connection:
        posts.save(connection, [record(99, tags=["Siguri"])])
    assert publish(many, monkeypatch)
    assert many.titles("all-sq")[0] == "Title 99"
    assert len(many.titles("hashtag-siguri-en")) == 13
