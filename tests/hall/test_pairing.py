"""Which entry is which stored post."""

from datetime import UTC, datetime

from syndicate.models import Entry
from syndicate.pairing import Candidate, pair
from syndicate.store.posts import Known

WHEN = datetime(2022, 1, 27, tzinfo=UTC)


def known(id, identity, link):
    return Known(id, identity, link, "digest", 2022, WHEN, WHEN, WHEN, False)


def entry(identity, link):
    return Candidate(Entry(identity, link, "t", "h"), identity, link, "digest", f"new-{identity}")


def ids(found, stored, home=None):
    return [one.id for one in pair(found, stored, home)]


def test_the_same_identity_is_the_same_post_whatever_its_link():
    assert ids([entry("a", "x")], [known("1", "a", "y")]) == ["1"]


def test_a_new_guid_with_the_same_link_is_the_same_post_once_the_old_guid_left_the_feed():
    assert ids([entry("b", "x")], [known("1", "a", "x")]) == ["1"]


def test_as_long_as_the_old_guid_is_in_the_feed_they_are_two():
    assert ids([entry("a", "x"), entry("b", "x")], [known("1", "a", "x")]) == ["1", "new-b"]


def test_a_link_that_several_entries_share_tells_nothing():
    assert ids([entry("b", "x"), entry("c", "x")], [known("1", "a", "x")]) == ["new-b", "new-c"]


def test_a_link_to_the_blogs_own_home_tells_nothing():
    assert ids([entry("b", "home")], [known("1", "a", "home")], home="home") == ["new-b"]
