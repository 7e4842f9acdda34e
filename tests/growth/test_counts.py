"""The counts of hashtags and partners: after whatever happened they are what counting again would find."""

import random
from collections import Counter
from dataclasses import replace

import databases
import pytest
from growth.grown import FIRST, record

from syndicate.store import Store, corrections, posts, tags, withdrawn
from syndicate.store import schema as s
from syndicate.store.withdrawn import Withdrawal

TAGS = ("Internet", "internet", "Siguri", "siguri", "Fëmijë")


def counted_again(connection):
    """What is to be found: key → (commonest display, how many shown posts), by reading everything."""
    shown = {row.id for row in connection.execute(s.posts.select()) if row.withdrawn is None and row.hidden is None}
    displays: dict[str, Counter] = {}
    for row in connection.execute(s.post_hashtags.select()):
        if row.post in shown:
            displays.setdefault(row.key, Counter())[row.display] += 1
    return {key: (min(found, key=lambda one: (-found[one], one)), found.total()) for key, found in displays.items()}


def partners_counted_again(connection):
    shown = {row.id for row in connection.execute(s.posts.select()) if row.withdrawn is None and row.hidden is None}
    return dict(Counter(row.partner for row in connection.execute(s.post_partners.select()) if row.post in shown))


def something(connection, dice):
    """Change one thing or several."""
    numbers = dice.sample(range(30), dice.choice((1, 1, 2, 5)))
    ids = [f"post{number:06}" for number in numbers]
    what = dice.randrange(6)
    if what < 2:
        names = ("unicef", "crca", "alb-aid")
        made = [
            record(number, tags=dice.sample(TAGS, dice.randrange(4)), partners=dice.sample(names, dice.randrange(3)))
            for number in numbers
        ]
        gone = {one.id for one in posts.known_by_id(connection, ids) if one.withdrawn}
        made = [replace(one, post=replace(one.post, hashtags=once(one.post.hashtags))) for one in made]
        posts.save(connection, [one for one in made if one.post.id not in gone])
    elif what == 2:
        there = posts.load(connection, ids)
        posts.save_found(connection, [replace(one, hashtags=one.hashtags[1:]) for one in there])
    elif what == 3:
        corrections.hide(connection, ids[0], dice.choice((FIRST, None)))
    else:
        there = {one.id for one in posts.known_by_id(connection, ids[:1])}
        for id in there:
            withdrawn.add(connection, Withdrawal(id, "", 2024, ("sq",), (), FIRST, erased=what == 5))


def once(uses):
    """One use for each key."""
    return tuple({use.key: use for use in uses}.values())


@pytest.mark.both_engines
def test_whatever_happens_the_counts_are_what_counting_again_finds(tmp_path):
    store, dice = Store(databases.url(tmp_path / "site.sqlite")), random.Random(5)
    for _ in range(60):
        with store.write() as connection:
            something(connection, dice)
        with store.read() as connection:
            expected = counted_again(connection)
            assert tags.counts(connection) == expected
            assert posts.partner_counts(connection) == partners_counted_again(connection)
            often = {key: value for key, value in expected.items() if value[1] >= 4}
            assert tags.counts(connection, at_least=4) == often
            assert tags.counts(connection, at_least=10**6, also=["siguri"]) == {
                key: value for key, value in expected.items() if key == "siguri"
            }
    store.close()


def test_only_the_newest_posts_are_searched_for_new_partners(make_home):
    home = make_home("")
    texts = {2: "Fondi Blu helped us.", 4: "We met Fondi Blu again.", 6: "Nothing.", 8: "Nothing."}
    with home.store() as store, store.write() as connection:
        for number, text in texts.items():
            one = record(number, languages=["en"])
            version = replace(one.post.versions[0], text=text, html=f"<p>{text}</p>")
            posts.save(connection, [replace(one, post=replace(one.post, versions=(version,)))])
    assert [one["name"] for one in home.json("partners", "suggest")["suggestions"]] == ["Fondi Blu"]
    assert home.json("partners", "suggest", "--newest", "3")["suggestions"] == []
