from __future__ import annotations

import time
import unicodedata

import pytest
from enrich_find.find_tables import ENGLISH, FALSE_FRIENDS, INFLECTED, PARTNERS, rows, section
from hypothesis import given, settings
from hypothesis import strategies as st
from often import often

from syndicate.enrich import partners
from syndicate.models import Evidence, Partner


def ids(text, language="sq", urls=()):
    return [mention.id for mention in partners.find([section(text, language, urls=urls)], PARTNERS)]


@pytest.mark.parametrize(("partner", "text"), rows(INFLECTED))
def test_albanian_forms(partner, text):
    assert ids(text) == [partner]


@pytest.mark.parametrize(("partner", "text"), rows(ENGLISH))
def test_english_forms(partner, text):
    assert partner in ids(text, "en")


@pytest.mark.parametrize(("language", "text"), rows(FALSE_FRIENDS))
def test_false_friends(language, text):
    assert ids(text, language) == []


def mention(sections, partner):
    found = {one.id: one for one in partners.find(sections, PARTNERS)}
    return found[partner]


def test_there_are_a_hundred_forms():
    assert len(rows(INFLECTED)) >= 100


def test_order_is_that_of_first_appearance():
    sections = [
        section("INHOPE dhe ECPAT-it.", title="Eurochild në Tiranë"),
        section("UNICEF and INHOPE met.", "en"),
    ]
    assert [one.id for one in partners.find(sections, PARTNERS)] == [
        "eurochild",
        "inhope",
        "ecpat-international",
        "unicef",
    ]


def test_a_joint_name_names_its_parts():
    assert ids("CRCA/ECPAT shkroi.") == ["crca", "ecpat-international"]
    assert ids("UNICEF/INHOPE/Eurochild") == ["unicef", "inhope", "eurochild"]
    joint = (*PARTNERS, Partner("nisma", "UNICEF/INHOPE"))
    assert [one.id for one in partners.find([section("Nisma UNICEF/INHOPE.")], joint)] == ["nisma", "unicef", "inhope"]


def test_the_longest_name_wins():
    assert ids("ECPAT Shqipëri foli.") == ["crca"]
    assert ids("ECPAT Kosova foli.") == ["ecpat-international"]


def test_one_spelling_of_two_partners_names_both():
    twins = (Partner("one", "Linja Blu"), Partner("two", "Linja Blu"))
    assert [one.id for one in partners.find([section("Thirrni Linjën Blu.")], twins)] == ["one", "two"]


def test_names_do_not_cross_blocks_or_sentences():
    assert ids("Flet World\n\nVision është larg") == []
    assert ids("Ministria. E Drejtësisë") == []
    assert ids("World\nVision") == ["vision"]


def test_evidence_quotes_the_text_and_its_sentence():
    text = "Dje ra shi. Raporti i ECPAT-it doli sot në Tiranë! Nesër vijon."
    found = mention([section(text)], "ecpat-international").evidence
    assert found == (Evidence("name", "ECPAT-it", "sq", "Raporti i ECPAT-it doli sot në Tiranë!"),)


def test_evidence_is_told_once_for_each_sentence_and_is_bounded():
    twice = section("UNICEF dhe UNICEF.")
    assert len(mention([twice], "unicef").evidence) == 1
    many = section(" ".join(f"UNICEF tha {number}." for number in range(500)))
    assert len(mention([many], "unicef").evidence) == partners.EVIDENCE_AT_MOST


def test_decomposed_text_is_found():
    text = unicodedata.normalize("NFD", "Këshilli i Evropës miratoi.")
    assert mention([section(text)], "coe").evidence[0].found == "Këshilli i Evropës"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.weprotect.org/report", ["weprotect"]),
        ("http://weprotect.org", ["weprotect"]),
        ("https://WEPROTECT.org:443/x", ["weprotect"]),
        ("https://data.unicef.org/x", ["unicef"]),
        ("https://inhope.org/EN", ["inhope"]),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.coe.int%2Fx", ["coe"]),
        ("https://notweprotect.org/", []),
        ("https://weprotect.org.example.com/", []),
        ("https://example.com/weprotect.org", []),
        ("mailto:info@weprotect.org", []),
        ("https://drive.google.com/drive/folders/1", []),
        ("http://[broken", []),
    ],
)
def test_link_domains(url, expected):
    assert ids("Shihni linkun.", urls=(url,)) == expected


def test_shared_hosts_name_nobody():
    careless = (
        Partner("careless", "Një Organizatë", domains=("facebook.com", "youtube.com", "google.com", "bit.ly")),
        Partner("blog", "Blogu Ynë", domains=("blogu.wordpress.com",)),
    )
    urls = (
        "https://www.facebook.com/dikush",
        "https://youtu.be/1",
        "https://www.youtube.com/watch?v=1",
        "https://drive.google.com/file/d/1",
        "https://bit.ly/1",
        "https://blogu.wordpress.com/1",
        "https://tjeter.wordpress.com/1",
    )
    assert [one.id for one in partners.find([section("Ja.", urls=urls)], careless)] == ["blog"]


def test_domain_evidence_stands_where_the_link_does():
    text = "Raporti: https://www.weprotect.org/x doli. Pastaj foli UNICEF."
    found = partners.find([section(text, urls=("https://www.weprotect.org/x",))], PARTNERS)
    assert [one.id for one in found] == ["weprotect", "unicef"]
    assert found[0].evidence == (
        Evidence("domain", "www.weprotect.org", "sq", "Raporti: https://www.weprotect.org/x doli."),
    )


def test_changed_partners_are_compiled_anew():
    before, after = [Partner("a", "Shtëpia Blu")], [Partner("a", "Shtëpia Gri")]
    text = [section("Te Shtëpia Gri.")]
    assert partners.find(text, before) == ()
    assert [one.id for one in partners.find(text, after)] == ["a"]
    assert partners.find(text, tuple(before)) == ()


@pytest.mark.parametrize("name", ["", " ", "&", "E", "()", "#", "i e të", "A", "-", "(ABC)"])
def test_poor_names_harm_nobody(name):
    found = partners.find([section("Një tekst i thjeshtë, A & B. E mira.")], (Partner("poor", name), PARTNERS[0]))
    assert "unicef" not in [one.id for one in found]


NAMES = st.sampled_from(
    ["UNICEF-it", "CRCA/ECPAT Shqipëri", "Save the", "Children", "We", "Protect", "#ECPAT", "WHO", "https://", "@", ".",
     "Këshillit", "të", "Evropës", "/", "-", "\n\n", "“", "ALO", "116", "111"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(NAMES, max_size=30).map(" ".join), st.lists(NAMES).map("".join))


@settings(max_examples=often(150), deadline=None)
@given(TEXTS, TEXTS, st.sampled_from(["sq", "en", "*", "und", ""]))
def test_whatever_comes_is_quoted_in_order(title, text, language):
    one = section(text, language, title=title)
    found = partners.find([one, one], PARTNERS)
    whole = unicodedata.normalize("NFC", f"{title}\n\n{text}".replace("\u00ad", ""))
    first = [mention.evidence[0] for mention in found]
    places = [whole.find(evidence.found) for evidence in first]
    assert all(place >= 0 for place in places)
    assert all(len(evidence.sentence) <= 200 for mention in found for evidence in mention.evidence)
    assert len({mention.id for mention in found}) == len(found)


@settings(max_examples=often(150), deadline=None)
@given(st.lists(st.sampled_from(["UNICEF", "INHOPE", "Eurochild", "World Vision", "Terre des hommes"]), max_size=8))
def test_mentions_keep_the_order_of_the_text(names):
    text = ". ".join(f"Flet {name} sot" for name in names)
    expected = {"UNICEF": "unicef", "INHOPE": "inhope", "Eurochild": "eurochild", "World Vision": "vision"}
    assert ids(text) == list(dict.fromkeys(expected.get(name, "tdh") for name in names))


def test_hostile_texts_take_no_longer_than_long_ones():
    for junk in (
        "a" * 100_000,
        "-" * 100_000,
        "a." * 50_000,
        "We " * 30_000,
        "@" * 50_000,
        "e të " * 20_000,
        "#a" * 30_000,
    ):
        started = time.process_time()
        partners.find([section(junk)], PARTNERS)
        assert time.process_time() - started < 2
