"""Which posts go into an edition, and in which reading orders it is written."""

import random

import pytest
from compose.newsroom import newsletter, post, posts, site

from syndicate.compose.choose import choose, reading_languages, variant_for, variants
from syndicate.models import Selection

BOTH = ("sq", "en")


@pytest.mark.parametrize(
    ("languages", "bilingual", "names"),
    [
        (("sq", "en"), True, ("sq", "en", "sq+en", "en+sq")),
        (("sq", "en"), False, ("sq", "en")),
        (("en",), True, ("en",)),
        (
            ("sq", "en", "mk"),
            True,
            (
                "sq",
                "en",
                "mk",
                "sq+en",
                "en+sq",
                "sq+mk",
                "mk+sq",
                "en+mk",
                "mk+en",
                "sq+en+mk",
                "en+sq+mk",
                "mk+sq+en",
            ),
        ),
    ],
)
def test_variants(languages: tuple[str, ...], bilingual: bool, names: tuple[str, ...]) -> None:
    assert variants(languages, bilingual) == names


def test_newest_first_whatever_the_order_given() -> None:
    shuffled = posts(9)
    random.Random(1).shuffle(shuffled)
    choice = choose(shuffled, list=newsletter(), languages=BOTH, decided={})
    assert [one.id for one in choice.chosen] == [f"p{number}" for number in range(9)]
    assert choice.skipped == choice.waiting == ()


def test_what_is_over_the_limit_is_skipped_with_the_reason() -> None:
    choice = choose(posts(5), list=newsletter(max_posts=3), languages=BOTH, decided={})
    assert [one.id for one in choice.chosen] == ["p0", "p1", "p2"]
    assert [id for id, _ in choice.skipped] == ["p3", "p4"]
    assert "max_posts" in choice.skipped[0][1]


def test_what_was_decided_before_is_passed_over() -> None:
    choice = choose(
        posts(4), list=newsletter(), languages=BOTH, decided={"p0": "edition", "p1": "skipped", "p2": "new"}
    )
    assert [one.id for one in choice.chosen] == ["p2", "p3"]
    assert choice.skipped == ()


@pytest.mark.parametrize(("missing", "chosen", "waiting"), [("fallback", 3, 0), ("omit", 3, 0), ("wait", 0, 1)])
def test_a_post_without_one_language(missing: str, chosen: int, waiting: int) -> None:
    given = [post(0), post(1, languages=("en",)), post(2)]
    choice = choose(given, list=newsletter(missing=missing), languages=BOTH, decided={})
    assert (len(choice.chosen), len(choice.waiting)) == (chosen, waiting)
    if waiting:
        assert choice.waiting == (("p1", "waits for its version in sq"),)


def test_a_post_in_no_language_of_the_list_is_skipped_and_takes_no_place() -> None:
    given = [post(0, languages=("en",)), post(1), post(2)]
    choice = choose(given, list=newsletter(max_posts=2), languages=("sq",), decided={})
    assert [one.id for one in choice.chosen] == ["p1", "p2"]
    assert choice.skipped == (("p0", "has no version in sq (it has en)"),)


def test_an_old_post_beyond_the_limit_does_not_hold_up_an_edition_that_waits_for_versions() -> None:
    choice = choose(
        [post(0), post(1, languages=("en",))], list=newsletter(missing="wait", max_posts=1), languages=BOTH, decided={}
    )
    assert [one.id for one in choice.chosen] == ["p0"]


def test_every_open_post_is_in_exactly_one_place() -> None:
    given = [post(number, languages=(("sq", "en"), ("en",), ("sq",))[number % 3]) for number in range(12)]
    for missing in ("fallback", "omit", "wait"):
        choice = choose(
            given, list=newsletter(missing=missing, max_posts=7), languages=("sq",), decided={"p4": "edition"}
        )
        placed = [one.id for one in choice.chosen] + [id for id, _ in (*choice.skipped, *choice.waiting)]
        assert len(placed) == len(set(placed))
        assert set(placed) | {"p4"} == {one.id for one in given}


@pytest.mark.parametrize(
    ("language", "read"), [("", ("sq", "en")), ("en", ("en",)), ("en+sq", ("sq", "en")), ("mk", ("mk",))]
)
def test_a_list_is_written_in_the_languages_of_its_selection(language: str, read: tuple[str, ...]) -> None:
    assert reading_languages(newsletter(selection=Selection(language=language)), site()) == read


ALL = ("sq", "en", "sq+en", "en+sq")


@pytest.mark.parametrize(
    ("languages", "names", "gets"),
    [
        ("sq", ALL, "sq"),
        ("en+sq", ALL, "en+sq"),
        ("sq+en", ("sq", "en"), "sq"),
        ("sq+en", ("en",), "en"),
        ("en", ("sq+en", "sq"), "sq+en"),
        ("mk+en", ALL, "en"),
        ("sq+en+mk", ALL, "sq+en"),
        ("mk", ALL, None),
        ("en", ("sq",), None),
        ("sq", (), None),
    ],
)
def test_which_variant_a_reader_gets(languages: str, names: tuple[str, ...], gets: str | None) -> None:
    assert variant_for(languages, names) == gets
    assert variant_for(languages, names[::-1]) == gets
