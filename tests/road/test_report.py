"""`syndicate report`: the figures are right, nobody can be known by them, and the page needs nothing but itself."""

from __future__ import annotations

import re
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from road.road_site import Home

from syndicate.operate import charts, figures

# ---------------------------------------------------------------- nobody can be known

MONTHS = [date(2025 + n // 12, n % 12 + 1, 1) for n in range(24)]
happenings = st.lists(st.tuples(st.sampled_from(MONTHS), st.sampled_from("abcdefghijklmnop")), max_size=80).map(sorted)


@given(happenings, st.sampled_from(MONTHS))
def test_a_span_is_of_five_people_or_more(happened: list[tuple[date, str]], until: date) -> None:
    found = figures.spans(happened, MONTHS[0], until)
    for one in found:
        people = {who for month, who in happened if one.first <= month <= one.last}
        assert one.people == len(people) >= 5
        assert one.last < until, "the month that is not over"
    assert all(one.last < two.first for one, two in pairwise(found))


@given(happenings, st.sampled_from(MONTHS), st.sampled_from(MONTHS))
def test_what_was_told_once_is_told_the_same_for_ever(happened: list[tuple[date, str]], one: date, other: date) -> None:
    early, late = sorted((one, other))
    before, after = (figures.spans(happened, MONTHS[0], until) for until in (early, late))
    assert [span for span in after if span.last < early][: len(before)] == before
    assert all(span.people >= 5 for span in after[len(before) :]), "what is new is of five people, too"


@given(happenings, st.dates(MONTHS[0], MONTHS[-1]), st.dates(MONTHS[0], MONTHS[-1]))
def test_two_periods_differ_by_whole_spans(happened: list[tuple[date, str]], one: date, other: date) -> None:
    everything = figures.spans(happened, MONTHS[0], date(2027, 1, 1))
    first, last = sorted((one, other))
    assert {*figures.inside(everything, first, last)} <= {*everything}


@given(st.integers(0, 10_000))
def test_figures_in_fives(count: int) -> None:
    told = figures.fives(count)
    assert (told is None) == (count < 5)
    assert told is None or (told % 5 == 0 and 0 <= count - told < 5)


def test_steps_of_time() -> None:
    assert figures.by(date(2026, 1, 1), date(2026, 2, 1)) == "week"
    assert figures.by(date(2026, 1, 1), date(2026, 12, 31)) == "month"
    assert figures.by(date(2020, 1, 1), date(2026, 12, 31)) == "year"
    assert [*figures.steps(date(2026, 11, 20), date(2027, 1, 3), "month")] == [
        date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1),
    ]  # fmt: skip
    begins = [*figures.steps(date(2026, 11, 25), date(2026, 12, 9), "week")]
    assert figures.counted([date(2026, 11, 29), date(2026, 11, 30), date(2026, 12, 6)], begins, "week") == [1, 2, 0]


# ---------------------------------------------------------------- charts


@pytest.mark.parametrize("values", [[], [0], [1], [3, 0, 7], [10**6] * 40])
def test_a_chart_is_whole_and_says_what_it_shows(values: Sequence[int]) -> None:
    told = charts.Told("x", "Posts <over> time", 'so "many"')
    steps = [charts.Step(f"m{n}", "2026") for n in range(len(values))]
    blocks = [charts.Block(n, n, value) for n, value in enumerate(values) if value]
    rows = [(f"a name & more {n}", value) for n, value in enumerate(values)]
    drawn = [
        charts.columns(told, steps, [("sq", values)], str),
        charts.bars(told, rows, str),
        charts.dots(told, steps, [("one", values)], str),
        charts.flows(told, steps, blocks, blocks[:1], str),
        charts.shares(told, [(name, [value, 0, value]) for name, value in rows], str),
    ]
    for one in drawn:
        for svg in ET.fromstring(f"<all>{one}</all>"):
            assert svg.attrib["role"] == "img"
            assert [child.text for child in svg if child.tag in ("title", "desc")] == [told.title, told.said]
            ids = {child.attrib["id"] for child in svg if "id" in child.attrib}
            assert ids == {*svg.attrib["aria-labelledby"].split()}
            _, _, width, height = map(float, svg.attrib["viewBox"].split())
            for rect in svg.iter("rect"):
                x, y, wide, tall = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
                assert x >= -0.1, one
                assert y >= -0.1, one
                assert x + wide <= width + 2, one
                assert y + tall <= height + 2, one


# ---------------------------------------------------------------- the page


@pytest.fixture
def read(published: Home) -> Home:
    """The site with people who came and left, and an edition that was sent."""
    for n in range(7):
        published.run("subscribers", "add", "newsletter", f"r{n}@example.org", "--evidence", "paper").fine()
    published.run("newsletter", "draft", "newsletter").fine()
    published.run("newsletter", "approve", "newsletter", "--no-network").fine()
    published.run("newsletter", "send", "newsletter", "--yes").fine()
    connection = sqlite3.connect(published.database)
    for month, event, people in ((6, "confirmed", 8), (7, "confirmed", 3), (8, "confirmed", 4), (8, "left", 4)):
        at = int(datetime(2026, month, 15, tzinfo=UTC).timestamp() * 1000)
        for n in range(people):
            connection.execute(
                "INSERT INTO consent_log (at, address_hash, list, event, how, evidence, wording_version, language)"
                " VALUES (?, ?, 'newsletter', ?, 'form', '', '', '')",
                (at, f"{month}-{event}-{n}", event),
            )
    connection.commit()
    connection.close()
    return published


PERIOD = ("--from", "2026-01-01", "--to", "2026-12-31")


def test_the_figures_are_right(read: Home) -> None:
    found = read.json("report", *PERIOD)
    posts = read.json("posts", "list", "--limit", "1000")["posts"]
    mine = [one for one in posts if one["published"][:4] == "2026"]
    assert found["posts"]["total"] == len(mine) == sum(one["posts"] for one in found["posts"]["periods"])
    for code in ("sq", "en"):
        assert found["posts"]["languages"][code] == sum(
            code in {v["language"] for v in one["versions"]} for one in mine
        )
    named = [one["id"] for post in mine for one in post["partners"]]
    assert {one["id"]: one["posts"] for one in found["partners"]} == {id: named.count(id) for id in {*named}}
    assert found["hashtags"][0]["posts"] == max(
        len([*some]) for _, some in groupby(sorted(one["key"] for post in mine for one in post["hashtags"]))
    )
    assert {one["slug"] for one in found["feeds"]} >= {"all-sq", "all-en"}


def test_readers_are_told_in_groups(read: Home) -> None:
    found = read.json("report", *PERIOD)
    (one,) = found["lists"]
    assert one["joined"] == [
        {"from": "2026-06-01", "to": "2026-06-01", "people": 8},
        {"from": "2026-07-01", "to": "2026-08-01", "people": 7},
    ]  # the seven of this month are not told before it is over
    assert one["left"] == [], "four left"
    narrow = read.json("report", "--from", "2026-08-01", "--to", "2026-12-31")["lists"][0]["joined"]
    assert narrow == [], "half of a group of seven would be another figure"
    (edition,) = found["editions"]
    assert (edition["sent"], edition["failed"], edition["open"], edition["left_out"]) == (5, None, None, None)


def test_the_page_needs_nothing_but_itself(read: Home) -> None:
    path = read.run("report", *PERIOD, "--language", "en").fine().out.strip()
    assert path.endswith("var/reports/2026-01-01-to-2026-12-31.html")
    text = (read.root / "var/reports/2026-01-01-to-2026-12-31.html").read_text("utf-8")
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)=", text), "nothing is loaded, and nothing leads away"
    assert "@" not in re.sub(r"@media", "", text), "no address"
    assert text.count('role="img"') >= 8
    assert text.count("<table") == text.count("<details") >= 5
    assert "Posts over time" in text
    assert "8 people" not in text
    assert "15 people came in the months told here, and fewer than 5 left." in text
    assert "Postimet me kalimin e kohës" in _page(read, "--language", "sq")


def _page(home: Home, *arguments: str) -> str:
    out = home.root / "report.html"
    home.run("report", *PERIOD, "--out", str(out), *arguments).fine()
    assert out.stat().st_mode & 0o077 == 0
    return out.read_text("utf-8")


def test_a_partners_report(read: Home) -> None:
    text = _page(read, "--partner", "ecpat-international", "--language", "en")
    found = read.json("report", *PERIOD, "--partner", "ecpat-international")
    posts = read.json("posts", "list", "--partner", "ecpat-international", "--limit", "1000")["posts"]
    assert {one["id"] for one in found["named"]} == {one["id"] for one in posts if one["published"][:4] == "2026"}
    assert found["lists"] == [], "readers are no partner's affair"
    assert all(one["slug"].count("ecpat") for one in found["feeds"])
    assert "Posts about ECPAT International" in text
    first = found["named"][0]
    assert {*first["titles"]} == {"sq", "en"}
    for value in (*first["titles"].values(), *first["sentences"].values(), first["url"]):
        assert _escaped(value) in text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&#34;").replace("'", "&#39;")


def test_wrong_use_and_empty_times(published: Home) -> None:
    assert "no partner 'nobody'" in published.run("report", "--partner", "nobody").err
    assert "would end before it begins" in published.run("report", "--from", "2026-02-01", "--to", "2026-01-01").err
    assert "no language 'fr'" in published.run("report", "--language", "fr").err
    empty = published.json("report", "--from", "1999-01-01", "--to", "1999-12-31")
    assert (empty["posts"]["total"], empty["partners"], empty["editions"]) == (0, [], [])
    assert published.run("report", "--out", str(published.root / "feeds" / "site.toml" / "x")).status == 2


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1200, "light")])
def test_it_looks_right_and_is_accessible(read: Home, browser: Any, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    _page(read, "--language", "en")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto((read.root / "report.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.locator("svg:visible")
    assert {one.get_attribute("class") for one in shown.all()} == {f"chart {'narrow' if width < 752 else 'wide'}"}
    context.set_offline(True)
    assert not Axe().run(page).response["violations"]
    context.close()
