"""Who is in what: the rules of a selection, their reasons, and the feeds that families make."""

from datetime import UTC, datetime

import pytest

from syndicate.models import Family, HashtagRule, Partner, Selection
from syndicate.selection import Facts, expand, matches, reasons

POST = Facts(
    id="p", source="blog", author="ana", published=datetime(2022, 1, 27, tzinfo=UTC).timestamp(),
    languages=frozenset({"sq", "en"}), partners=frozenset({"unicef", "crca"}), hashtags=frozenset({"mbrojtje"}),
)  # fmt: skip

CASES = [
    ({}, True),
    ({"language": "sq"}, True),
    ({"language": "it"}, False),
    ({"language": "it+en"}, True),
    ({"language": "und"}, False),
    ({"sources": ("blog",)}, True),
    ({"sources": ("other",)}, False),
    ({"authors": ("ana",)}, True),
    ({"authors": ("beni",)}, False),
    ({"partners": ("unicef", "inhope")}, True),
    ({"partners": ("unicef", "inhope"), "match": "all"}, False),
    ({"partners": ("unicef",), "hashtags": ("mbrojtje",), "match": "all"}, True),
    ({"partners": ("inhope",), "hashtags": ("mbrojtje",)}, True),
    ({"partners": ("inhope",), "hashtags": ("mbrojtje",), "match": "all"}, False),
    ({"exclude_partners": ("crca",)}, False),
    ({"exclude_hashtags": ("tjeter",)}, True),
    ({"exclude_authors": ("ana",)}, False),
    ({"exclude_sources": ("blog",)}, False),
    ({"since": datetime(2022, 1, 27, tzinfo=UTC)}, True),
    ({"since": datetime(2022, 1, 28, tzinfo=UTC)}, False),
]


@pytest.mark.parametrize(("keys", "inside"), CASES)
def test_a_selection_and_its_reasons_agree(keys, inside):
    selection = Selection(**keys)
    assert matches(selection, POST) is inside
    told = reasons(selection, POST)
    assert all(reason.passed for reason in told) is inside
    assert all(reason.sentence for reason in told)


def test_a_post_in_no_language_of_the_site_is_in_nothing_unless_asked():
    foreign = Facts("p", "blog", None, 0.0, frozenset({"und"}), frozenset(), frozenset())
    assert not matches(Selection(), foreign)
    assert matches(Selection(language="und"), foreign)


PARTNERS = (
    Partner("unicef", "UNICEF"),
    Partner("weprotect", "WeProtect", {"sq": "Aleanca"}),
    Partner("crca", "CRCA", ourselves=True),
)
TAGS = {"internet": ("Internet", 3), "rralle": ("Rrallë", 1), "zhurme": ("Zhurmë", 9)}
RULES = (HashtagRule("zhurme", ignore=True), HashtagRule("internet", display={"sq": "InternetISigurt"}))


def made(**keys):
    titles = (
        {"sq": "{partner}", "en": "{partner}"} if keys["by"] == "partner" else {"sq": "#{hashtag}", "en": "#{hashtag}"}
    )
    family = Family(titles=titles, **keys)
    return expand(family, languages=("sq", "en"), partners=PARTNERS, hashtags=TAGS, rules=RULES)


def test_each_partner_but_ourselves_has_a_feed_in_each_language_under_its_name_there():
    feeds = made(by="partner", slug="p-{partner}-{language}")
    assert [(feed.slug, *feed.titles.values()) for feed in feeds] == [
        ("p-unicef-sq", "UNICEF"), ("p-weprotect-sq", "Aleanca"), ("p-unicef-en", "UNICEF"), ("p-weprotect-en", "WeProtect"),
    ]  # fmt: skip
    assert feeds[1].selection.partners == ("weprotect",)
    assert feeds[1].selection.language == "sq"


def test_a_hashtag_has_feeds_from_its_count_on_and_an_ignored_one_never():
    feeds = made(by="hashtag", slug="h-{hashtag}-{language}", at_least=2)
    assert [(feed.slug, *feed.titles.values()) for feed in feeds] == [
        ("h-internet-sq", "#InternetISigurt"), ("h-internet-en", "#Internet"),
    ]  # fmt: skip


def test_named_hashtags_have_feeds_however_rare():
    assert [
        feed.slug for feed in made(by="hashtag", slug="h-{hashtag}-{language}", only=("rralle",), languages=("sq",))
    ] == ["h-rralle-sq"]
