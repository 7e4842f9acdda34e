"""Many sources in one run: spread over hosts, and what was learned of them stored together."""

from collections import Counter
from dataclasses import replace

import databases
from growth.grown import FIRST
from road.road_site import source

from syndicate.models import Source
from syndicate.rounds import Fallen, Memory, spread
from syndicate.samples.routes import Answer
from syndicate.store import Store, published, withdrawn
from syndicate.store.withdrawn import Withdrawal


def row(number):
    return published.SourceRow(f"blog-{number}", {"due": number}, FIRST, None, None)


def test_sources_of_one_host_stand_far_apart():
    many = [Source(f"a{n}", f"https://one.example/{n}") for n in range(4)]
    others = [Source(f"b{n}", f"https://blog{n}.example/rss") for n in range(3)]
    assert [one.id for one in spread([*many, *others])] == ["a0", "b0", "b1", "b2", "a1", "a2", "a3"]
    assert spread([]) == []
    assert spread([replace(many[0], url="HTTPS://ONE.example/x"), *many[:2]])[0].url == "HTTPS://ONE.example/x"


def test_what_was_learned_is_stored_by_and_by_and_at_the_end(tmp_path):
    store = Store(databases.url(tmp_path / "site.sqlite"))
    memory, slow = Memory(store, every=0.0), Memory(store, every=60.0)
    memory.keep(row(1))
    slow.keep(row(2))
    with store.read() as connection:
        assert set(published.sources(connection)) == {"blog-1"}
    slow.close()
    slow.close()
    with store.read() as connection:
        assert published.sources(connection)["blog-2"] == row(2)
    store.close()


def test_sixty_sources_are_each_asked_once_and_told_in_the_operators_order(make_home, blog):
    asked = Counter()

    def feed(seen):
        asked[seen.path] += 1
        return Answer(200, b"<rss version='2.0'><channel><title>t</title></channel></rss>", {"ETag": '"1"'})

    for number in range(60):
        blog.answer[f"/{number}.xml"] = feed
    home = make_home("\n".join(source(f"blog-{n}", f"{blog}/{n}.xml") for n in range(60)))
    told = home.json("pull")["sources"]
    assert [one["id"] for one in told] == [f"blog-{n}" for n in range(60)]
    assert set(asked.values()) == {1}
    assert len(asked) == 60
    with home.store() as store, store.read() as connection:
        assert len(published.sources(connection)) == 60


def taken_back(post, language="", keys=()):
    return Withdrawal(post, language, 2024, ("sq",), tuple(keys), FIRST, erased=False)


def test_what_is_taken_back_while_many_sources_are_asked_is_known_at_once(tmp_path, monkeypatch):
    store, fallen = Store(databases.url(tmp_path / "site.sqlite")), Fallen()
    reads = []
    real = withdrawn.everything
    monkeypatch.setattr(withdrawn, "everything", lambda *given: (reads.append(1), real(*given))[1])

    def known():
        with store.read() as connection:
            return fallen.of(connection)

    assert known() == (frozenset(), frozenset())
    for one in (taken_back("a", keys=["1", "2"]), taken_back("b", "en", ["3"]), taken_back("c", keys=["4"])):
        with store.write() as connection:
            withdrawn.add(connection, one)
        known()
    assert known() == known() == (frozenset("ac"), frozenset("124"))
    with store.write() as connection:
        withdrawn.add(connection, taken_back("a", keys=["5"]))
    assert known() == (frozenset("ac"), frozenset("45"))
    assert len(reads) == 5
    store.close()
