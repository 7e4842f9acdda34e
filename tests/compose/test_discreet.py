"""Discreet mail: what those see who look over a reader's shoulder, and who gets which variant."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from compose.newsroom import BEGIN, TEMPLATES, book, newsletter, parts, posts, site

from syndicate.compose import copy, letter, mjml, render_all, variant_for, with_discreet, writer
from syndicate.compose.checks import Finding, check
from syndicate.compose.discreet import FOLD
from syndicate.compose.render import size
from syndicate.models import Edition, EditionVariant, Safeguarding, Sender

NAMES = ("sq", "en", "sq+en", "en+sq")
ALL = with_discreet(NAMES)
WORDS = ("fëmijë", "dhunë", "Qendra", "child", "116 111", "Lajme", "News", "ECPAT")
CALM = Safeguarding(sensitive=WORDS, discreet_name={"sq": "Ana"})
PLAIN = newsletter(sender=Sender("Qendra për Fëmijët", "post@mail.example.org", "zyra@mail.example.org"))
SITE = site(safeguarding=CALM, base_url="https://m.example.org")


def edition(**changes: Any) -> Edition:
    made = render_all(parts(posts(3), **{"site": SITE, "list": PLAIN} | changes), ALL)
    return Edition("monthly-7", "monthly", 7, "draft", BEGIN, ("p0",), made, "d")


EDITION = edition()


def stops(made: Edition, **changes: Any) -> list[Finding]:
    given = {"site": SITE, "list": PLAIN} | changes
    return [one for one in check(made, **given) if one.name == "sensitive"]


def test_names() -> None:
    assert ALL[4:] == tuple(f"{name}.{style}" for style in ("discreet", "discreet-text") for name in NAMES)
    assert tuple(variant.name for variant in EDITION.variants) == ALL


@pytest.mark.parametrize("name", ALL[4:])
def test_nothing_telling_outside_or_above_the_fold(name: str) -> None:
    variant = EDITION.variant(name)
    assert variant is not None
    assert variant.subject == ("Leximi juaj, nr. 7" if name.startswith("sq") else "Your reading, no. 7")
    assert variant.preheader == ""
    above = [variant.text.split("\n" * 20)[0]]
    if variant.html:
        body = variant.html.partition(f'class="{FOLD}"')
        assert body[1]
        above.append(re.sub(r"<style.*?</style>|<[^>]+>", " ", body[0], flags=re.DOTALL))
    for text in above:
        assert len(text.strip()) > 60
        assert not [word for word in WORDS if word.casefold() in text.casefold()]


@pytest.mark.parametrize("name", NAMES)
def test_below_the_fold_all_is_as_in_the_open_mail(name: str) -> None:
    full, discreet, alone = (EDITION.variant(one) for one in (name, f"{name}.discreet", f"{name}.discreet-text"))
    assert full is not None
    assert discreet is not None
    assert alone is not None
    begin = full.text.index("\n\n\n")
    assert discreet.text.endswith(full.text[begin:])
    ours = full.html[full.html.index("<h1") :]
    assert discreet.html.endswith(ours)
    assert (alone.html, alone.text, alone.subject) == ("", discreet.text, discreet.subject)


def test_the_link_on_the_first_screen_leads_to_the_text() -> None:
    html = EDITION.variant("sq+en.discreet").html  # type: ignore[union-attr]
    first = re.search(r'href="#([^"]+)"', html)
    assert first
    assert html.index(first[0]) < html.index(f'class="{FOLD}"') < html.index(f'id="{first[1]}"')


def test_both_are_cut_alike_where_there_is_too_much() -> None:
    full, discreet = render_all(parts(posts(20), budget=68_000), ("sq+en", "sq+en.discreet"))
    summaries = [re.findall(r'class="s"[^>]*>([^<]*…)<', one.html) for one in (full, discreet)]
    assert summaries[0] == summaries[1] != []
    assert size(discreet.html) <= 68_000


def test_the_mail_is_from_a_neutral_name_and_its_headers_say_no_more_than_its_address() -> None:
    for name, sender in (("sq.discreet", "Ana"), ("en.discreet-text", "Your reading"), ("sq", "Qendra për Fëmijët")):
        variant = EDITION.variant(name)
        assert variant is not None
        one = copy("d1", "a@example.org", list=PLAIN, leave_url="https://m.example.org/leave/x", leave_mailto="z@m.example.org",
                   preferences_url=None)  # fmt: skip
        mail = message_from_bytes(
            writer(letter(EDITION, variant, list=PLAIN, site=SITE, words=book()))(one), policy=default
        )
        assert mail["From"].addresses[0].display_name == sender
        headers = " ".join(f"{key} {value}" for key, value in mail.items())
        assert not [word for word in WORDS if word.casefold() in headers.casefold()] or name == "sq"
    assert "newsletter" not in dict(letter(EDITION, EDITION.variants[4], list=PLAIN, site=SITE).headers)["Feedback-ID"]


def test_without_words_or_a_name_there_is_but_the_address() -> None:
    made = letter(EDITION, EDITION.variants[5], list=PLAIN, site=SITE)
    assert made.sender == "post@mail.example.org"


# ---------------------------------------------------------------- the gate


def test_a_sound_edition_passes() -> None:
    assert stops(EDITION) == []


def changed(**changes: str) -> Edition:
    """The edition with one discreet variant changed."""
    made = [replace(one, **changes) if one.name == "sq.discreet" else one for one in EDITION.variants]
    return replace(EDITION, variants=tuple(made))


HTML = EDITION.variant("sq.discreet").html  # type: ignore[union-attr]
TEXT = EDITION.variant("sq.discreet").text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subject": "Dhunë"}, "the subject of a discreet mail says 'dhunë'"),
        ({"subject": "Për femijet"}, "the subject of a discreet mail says 'fëmijë'"),
        ({"preheader": "Child helpline"}, "the preheader of a discreet mail says 'child'"),
        (
            {"html": HTML.replace("<body", '<body title="ECPAT"')},
            "the html above the fold of a discreet mail says 'ECPAT'",
        ),
        (
            {"html": HTML.replace("</title>", " Lajme</title>")},
            "the html above the fold of a discreet mail says 'Lajme'",
        ),
        ({"html": HTML.replace('class="fold"', "")}, "the html has no fold"),
        ({"text": "116 111\n" + TEXT}, "the text part above the fold of a discreet mail says '116 111'"),
        ({"text": re.sub("\n{3,}", "\n\n", TEXT)}, "the text part has no fold"),
    ],
)
def test_what_gives_a_discreet_mail_away_stops_the_edition(change: dict[str, str], said: str) -> None:
    found = stops(changed(**change))
    assert {(one.level, one.variant) for one in found} == {("stop", "sq.discreet")}
    assert [one for one in found if one.message.startswith(said)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"list": replace(PLAIN, id="dhune")}, "the header List-Id of a discreet mail says 'dhunë'"),
        ({"list": newsletter(sender=Sender("x", "lajme@example.org", "z@example.org"))}, "the header From"),
        ({"site": replace(SITE, base_url="https://children.example.org")}, "the header List-Unsubscribe"),
        ({"site": replace(SITE, safeguarding=replace(CALM, discreet_name={"sq": "Qendra"}))}, "the header From"),
    ],
)
def test_a_telling_header_stops_discreet_variants_alone(changes: dict[str, Any], said: str) -> None:
    found = stops(EDITION, **changes)
    assert found
    assert all(one.variant.partition(".")[2] for one in found)
    assert all(one.message.startswith(said) for one in found)


def test_a_template_that_knows_no_discreet_mail_is_stopped() -> None:
    old = "<mjml lang='{{ language }}'><mj-body><mj-section><mj-column><mj-text>{{ list_title }} {{ leave_url }}</mj-text>" \
          "</mj-column></mj-section></mj-body></mjml>"  # fmt: skip
    made = edition(
        template=mjml.compile(old, "old.mjml"), text_template=(TEMPLATES / "newsletter.txt").read_text("utf-8")
    )
    assert {one.variant for one in stops(made)} == {f"{name}.discreet" for name in NAMES}


@pytest.mark.parametrize(
    ("word", "text", "found"), [("sex", "Essex", False), ("sex", "sexual", True), ("abuz", "antiabuzim", True)]
)
def test_short_words_count_at_the_beginning_of_a_word_alone(word: str, text: str, found: bool) -> None:
    strict = replace(SITE, safeguarding=Safeguarding(sensitive=(word,)))
    assert bool(stops(changed(subject=text), site=strict)) == found


# ---------------------------------------------------------------- who gets which


@pytest.mark.parametrize(
    ("languages", "mail", "names", "given"),
    [
        ("sq", "full", ALL, "sq"),
        ("sq", "discreet", ALL, "sq.discreet"),
        ("sq+en", "discreet-text", ALL, "sq+en.discreet-text"),
        ("en+sq", "discreet", ("en", "en.discreet"), "en.discreet"),
        ("sq", "discreet", NAMES, None),
        ("sq", "discreet", ("sq", "sq.discreet-text"), "sq.discreet-text"),
        ("sq", "discreet-text", ("sq", "sq.discreet"), None),
        ("de", "discreet", ALL, None),
    ],
)
def test_who_wants_discreet_mail_never_gets_an_open_one(
    languages: str, mail: Any, names: Any, given: str | None
) -> None:
    assert variant_for(languages, names, mail) == given


def test_a_variants_languages_are_read_without_its_style() -> None:
    variant = EditionVariant("en+sq.discreet-text", "", "", "", "")
    assert (variant.languages, variant.discreet) == (("en", "sq"), True)
