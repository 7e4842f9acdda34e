"""The gate: each check that looks beyond one variant says what it must, under its name, and a sound edition passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from compose.newsroom import BEGIN, newsletter, parts, posts, site

from syndicate.compose import checks, gate
from syndicate.compose.gate import Known, LinkState, standing
from syndicate.compose.render import render_all
from syndicate.errors import UsageError
from syndicate.models import DeliveryRules, Edition, EditionVariant, MailingList, Sender, Site

NAMES = ("sq", "en", "sq+en", "en+sq")


@pytest.fixture(scope="module")
def edition() -> Edition:
    given = parts(posts(3))
    ids = tuple(one.id for one in given.posts)
    return Edition("monthly-7", "monthly", 7, "draft", BEGIN, ids, render_all(given, NAMES), "d")


def found(edition: Edition, known: Known | None = None, **where: Any) -> set[tuple[str, str]]:
    """Every (level, name) that the gate has for an edition; `where`: another site or list."""
    findings = gate.gate(edition, known or Known(), **{"site": site(), "list": newsletter()} | where)
    return {(one.level, one.name) for one in findings}


def answering(address: str) -> MailingList:
    return newsletter(sender=Sender("Qendra", "lajme@post.example.org", address))


def test_a_sound_edition_passes(edition: Edition) -> None:
    sound = {"https://a.example.org/": LinkState("https://a.example.org/", 200), "b": LinkState("b", 403)}
    assert found(edition, Known(variants=NAMES, links=sound)) == set()


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (Known(had={"p1": "monthly-6"}), ("warning", "doubled-posts")),
        (Known(alike={"p1": "monthly-6"}), ("warning", "doubled-posts")),
        (Known(changed=["p1"]), ("warning", "changed")),
        (Known(unsure=["p1"]), ("warning", "unsure")),
        (Known(links={"u": LinkState("u", 404)}), ("stop", "dead-links")),
        (Known(links={"u": LinkState("u", 410)}), ("stop", "dead-links")),
        (Known(links={"u": LinkState("u", 503)}), ("warning", "links")),
        (Known(links={"u": LinkState("u", None, "could not be reached")}), ("warning", "links")),
        (Known(unasked=["u"]), ("note", "links")),
        (Known(missing=["https://lajme.example.org/feeds/x/index.html"]), ("warning", "links")),
        (Known(dns=[("stop", "no such domain")]), ("stop", "dns")),
    ],
)
def test_what_is_known_is_told(edition: Edition, known: Known, told: tuple[str, str]) -> None:
    assert found(edition, known) == {told}


@pytest.mark.parametrize(
    ("place", "list", "told"),
    [
        (site(helpline=None), newsletter(), ("stop", "helpline")),
        (site(base_url="http://lajme.example.org"), newsletter(), ("stop", "one-click")),
        (site(delivery=DeliveryRules(leaving="mail")), newsletter(), ("warning", "one-click")),
        *[
            (site(), answering(f"{who}@example.org"), ("stop", "reply-to"))
            for who in (
                "noreply",
                "no-reply",
                "No.Reply",
                "donotreply",
                "do-not-reply",
                "news+noreply",
                "mailer-daemon",
            )
        ],
        (site(), answering(""), ("stop", "reply-to")),
    ],
)
def test_what_is_wrong_with_the_site_or_the_list(
    edition: Edition, place: Site, list: MailingList, told: tuple[str, str]
) -> None:
    assert told in found(edition, site=place, list=list)


@pytest.mark.parametrize("who", ["zyra", "info", "kontakt", "norep", "doreplyto", "reply", "nora.reply"])
def test_a_person_is_not_taken_for_nobody(edition: Edition, who: str) -> None:
    assert found(edition, list=answering(f"{who}@example.org")) == set()


def test_a_group_of_the_provider_s_needs_no_headers_of_ours(edition: Edition) -> None:
    assert ("stop", "one-click") not in found(edition, site=site(delivery=DeliveryRules(leaving="provider")))


def changed(edition: Edition, **more: str) -> Edition:
    first, *rest = edition.variants
    return replace(edition, variants=(replace(first, **more), *rest))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"preheader": ""}, ("warning", "preheader")),
        ({"preheader": "x" * 121}, ("warning", "preheader")),
        ({"preheader": "for %%masked_address%%"}, ("stop", "placeholders")),
        ({"subject": "x" * 91}, ("warning", "subject-length")),
        ({"subject": ""}, ("stop", "subject")),
    ],
)
def test_subject_and_preheader(edition: Edition, more: dict[str, str], told: tuple[str, str]) -> None:
    assert told in found(changed(edition, **more))


def test_a_discreet_mail_has_no_preheader(edition: Edition) -> None:
    plain = EditionVariant("sq.discreet-text", "Lajme", "Rreth jush", "", edition.variants[0].text)
    assert ("stop", "preheader") in found(replace(edition, variants=(plain,)))


def test_every_check_has_its_name_in_the_list() -> None:
    made = {name for name, _ in (*checks.RULES, *gate._WHOLE, *gate._EACH)} | {"posts"}
    assert made == set(gate.NAMES)


def test_links_are_each_asked_once_without_fragments_and_never_a_reader_s_own(edition: Edition) -> None:
    asked = gate.addresses(edition)
    assert len(asked) == len(set(asked)) > 5
    assert all(url.startswith("http") and "#" not in url and "%%" not in url for url in asked)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://lajme.example.org/feeds/a/index.html", "feeds/a/index.html"),
        ("https://lajme.example.org/feeds/a%20b/?x=1", "feeds/a b/index.html"),
        ("https://lajme.example.org/", "index.html"),
        ("https://lajme.example.org.evil.example/", None),
        ("https://other.example.org/", None),
    ],
)
def test_what_is_ours_is_known_by_its_address(url: str, path: str | None) -> None:
    assert gate.ours(url, site()) == path


def test_a_stop_gives_way_to_its_name_alone(edition: Edition) -> None:
    known = Known(links={"u": LinkState("u", 404)}, dns=[("stop", "no such domain")])
    findings = gate.gate(edition, known, site=site(), list=newsletter())
    assert {one.name for one in standing(findings)} == {"dead-links", "dns"}
    assert {one.name for one in standing(findings, ["dns"])} == {"dead-links"}
    assert standing(findings, ["dns", " dead-links "]) == ()
    with pytest.raises(UsageError, match="no check called 'everything'"):
        standing(findings, ["everything"])
    with pytest.raises(UsageError, match="Nothing is stopped by 'size'"):
        standing(findings, ["size"])
