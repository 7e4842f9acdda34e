from __future__ import annotations

import time
from datetime import UTC, datetime

from enrich_find.find_tables import PARTNERS

from syndicate.enrich.suggest import Suggestion, suggest
from syndicate.models import Link, Post, Version

DAY = datetime(2022, 1, 27, tzinfo=UTC)


def post(number, text, *, urls=(), language="sq"):
    return Post(
        id=str(number),
        source="s",
        guid=None,
        url=f"https://www.isigurt.example/{number}",
        title="",
        author=None,
        published=DAY,
        updated=DAY,
        year=2022,
        versions=(Version(language, "", "", "", text),),
        links=tuple(Link(url, "page", language) for url in urls),
    )


def test_what_recurs_is_suggested_with_its_forms_counted_as_one():
    posts = [
        post(1, "Fondacioni Dritare hapi derën."),
        post(2, "Drejtori i Fondacionit Dritare foli. Fondacioni Dritare vijon."),
        post(3, "Fondacionin Vera e pamë një herë."),
    ]
    assert suggest(posts, PARTNERS) == [
        Suggestion(
            "Fondacioni Dritare", "", 2, ("Fondacioni Dritare hapi derën.", "Drejtori i Fondacionit Dritare foli.")
        )
    ]


def test_partners_addresses_and_hashtags_are_left_out():
    text = "Flasin UNICEF, Save the Children dhe #INSTAT te info@INSTAT.al e https://INSTAT.gov.al."
    urls = (
        "https://data.unicef.org/a",
        "https://bit.ly/1",
        "https://www.youtube.com/watch?v=1",
        "https://isigurt.example/x",
    )
    assert suggest([post(1, text, urls=urls), post(2, text, urls=urls)], PARTNERS) == []


def test_acronyms_with_endings_are_one():
    posts = [
        post(1, "Sipas INSTAT-it, po."),
        post(2, "INSTAT-i tha jo."),
        post(3, "LAJMËRIM I MADH SOT"),
        post(4, "LAJMËRIM I MADH"),
    ]
    assert [(one.name, one.posts) for one in suggest(posts, PARTNERS)] == [("INSTAT", 2)]


def test_a_domain_is_told_with_the_name_that_it_spells():
    posts = [
        post(1, "Me Oak Tree Foundation.", urls=("https://www.oaktreefoundation.org/a", "https://shtypi.gov.al/a")),
        post(2, "Me Oak Tree Foundation.", urls=("https://shtypi.gov.al/b", "https://tjeter.gov.al/b")),
        post(3, "Asgjë.", urls=("https://en.oaktreefoundation.org/c",)),
    ]
    assert [(one.name, one.domain, one.posts) for one in suggest(posts, PARTNERS)] == [
        ("Oak Tree Foundation", "oaktreefoundation.org", 3),
        ("", "shtypi.gov.al", 2),
    ]


def test_likely_organisations_come_first():
    posts = [post(number, "Mali Blu është larg. Atje rri Mali Blu.") for number in range(3)]
    posts += [post(4, "Foli Qendra Vatra sot."), post(5, "Te Qendra Vatra.")]
    assert [one.name for one in suggest(posts, PARTNERS)] == ["Qendra Vatra", "Mali Blu"]


def test_the_first_word_of_a_sentence_may_not_belong():
    posts = [post(1, "Sot Qendra Vatra foli."), post(2, "Dje Qendra Vatra foli.")]
    assert [one.name for one in suggest(posts, PARTNERS)] == ["Qendra Vatra"]


def test_small_letters_of_other_scripts_are_no_capitals():
    text = "Тој рече дека не знае многу за тоа, велат луѓе."
    assert suggest([post(1, text, language="mk"), post(2, text, language="mk")], PARTNERS) == []


def test_the_threshold_is_the_callers():
    posts = [post(1, "Foli Qendra Vatra.")]
    assert suggest(posts, PARTNERS) == []
    assert [one.posts for one in suggest(posts, PARTNERS, at_least=1)] == [1]


def test_hostile_texts_take_no_longer_than_long_ones():
    for junk in ("Aa " * 30_000, "Aa of " * 15_000, "A" * 100_000, "Aa " + "of the " * 15_000):
        started = time.process_time()
        suggest([post(1, junk), post(2, junk)], PARTNERS)
        assert time.process_time() - started < 2
