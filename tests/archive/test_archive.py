"""The archive: each sent edition as pages and feeds that any visitor may see, and nothing of a reader in them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from road.road_site import ATOM, Home, snapshot

from syndicate import archive
from syndicate.cli.desk import Desk
from syndicate.samples.blog import Blog

BASE = "https://feeds.isigurt.al"
LIST = f"{BASE}/newsletters/newsletter"
NAMES = ("sq", "en", "sq+en", "en+sq")


def publish(home: Home) -> int:
    """Publish the archive alone, as `publish` does after the feeds."""
    desk = Desk(site_option=str(home.root))
    try:
        return archive.publish(desk.site, desk.store, desk.words, desk.fill, desk.template_folders)
    finally:
        desk.close()


def send(home: Home) -> None:
    home.run("newsletter", "draft", "newsletter").fine()
    home.run("newsletter", "approve", "newsletter").fine()
    home.run("newsletter", "send", "newsletter", "--yes").fine()


@pytest.fixture
def sent(published: Home, begin_with: Callable[..., Home]) -> Home:
    def make() -> Home:
        for address in ("reader-one@example.org", "reader-two@example.org"):
            published.run(
                "subscribers", "add", "newsletter", address, "--language", "sq", "--evidence", "letter"
            ).fine()
        send(published)
        return published

    return begin_with("sent", make)


@pytest.fixture
def archived(sent: Home, begin_with: Callable[..., Home]) -> Home:
    def make() -> Home:
        publish(sent)
        return sent

    return begin_with("archived", make)


def folder(home: Home) -> Path:
    return home.root / "public" / "newsletters" / "newsletter"


def page(home: Home, name: str, number: int = 1) -> str:
    return (folder(home) / str(number) / f"{name}.html").read_text("utf-8")


class Head(HTMLParser):
    """What machines read of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.told: dict[str, str] = {}
        self.anchors: list[str] = []
        self.ids: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "link":
            self.links.append(values)
        if tag == "meta" and (name := values.get("property") or values.get("name")):
            self.told[name] = values.get("content") or ""
        if tag == "a" and values.get("href"):
            self.anchors.append(values["href"] or "")
        if values.get("id"):
            self.ids.add(values["id"] or "")


def test_each_variant_is_a_page_where_the_mail_says_it_is(archived: Home) -> None:
    assert sorted(path.name for path in (folder(archived) / "1").glob("*.html")) == sorted(
        f"{name}.html" for name in NAMES
    )
    mails = "".join(path.read_text("utf-8", "replace").replace("=\n", "") for path in archived.mails())
    assert "newsletters/newsletter/1/sq" in mails
    for name in NAMES:
        assert re.search(r'<html[^>]* lang="(\w+)"', page(archived, name))[1] == name[:2]  # type: ignore[index]


def test_nothing_of_a_reader_is_on_a_page(archived: Home) -> None:
    for path in folder(archived).rglob("*"):
        if path.is_file() and path.suffix != ".gz":
            text = path.read_text("utf-8")
            assert "%%" not in text
            for private in ("reader-one", "reader-two", "r…e@", "/leave/", "/preferences/"):
                assert private not in text
    assert "Ky mesazh ju erdhi" not in page(archived, "sq")
    assert "This mail came to" not in page(archived, "en")
    assert "Ky është një numër i buletinit" in page(archived, "sq")
    assert "View this mail" not in page(archived, "en+sq")


@pytest.mark.parametrize("name", NAMES)
def test_the_way_out_is_the_way_in(archived: Home, name: str) -> None:
    head = Head(page(archived, name))
    assert f"{BASE}/subscribe/newsletter" in head.anchors
    assert f"{LIST}/" in head.anchors
    others = {"sq", "en"} - set(name.split("+"))
    assert {link for link in head.anchors if link.startswith(f"{LIST}/1/")} == {
        f"{LIST}/1/{other}.html" for other in others
    }
    assert {link[1:] for link in head.anchors if link.startswith("#")} <= head.ids


@pytest.mark.parametrize("name", NAMES)
def test_machines_are_told_what_it_is(archived: Home, name: str) -> None:
    head = Head(page(archived, name))
    assert [link["href"] for link in head.links if link.get("rel") == "canonical"] == [f"{LIST}/1/{name}.html"]
    alternates = {link["hreflang"]: link["href"] for link in head.links if link.get("hreflang") and "type" not in link}
    assert alternates == {code: f"{LIST}/1/{code}.html" for code in ("sq", "en")}
    assert head.told["og:title"].startswith({"sq": "Buletini", "en": "The iSIGURT"}[name[:2]])
    assert head.told["og:locale"] == {"sq": "sq_AL", "en": "en_GB"}[name[:2]]
    assert head.told["og:url"] == f"{LIST}/1/{name}.html"
    assert head.told["description"]
    assert re.match(r"2\d{3}-\d\d-\d\dT", head.told["article:published_time"])
    feed = next(link["href"] for link in head.links if link.get("type") == "application/rss+xml")
    assert (archived.root / "public" / str(feed).removeprefix(f"{BASE}/")).is_file()


def test_the_list_of_editions_and_its_feeds(archived: Home) -> None:
    index = (folder(archived) / "index.html").read_text("utf-8")
    head = Head(index)
    assert {"1/sq.html", "1/en.html", "1/sq+en.html", "1/en+sq.html"} <= set(head.anchors)
    own = [link for link in head.anchors if not link.startswith(("http", "#", "..", "tel:"))]
    assert all((folder(archived) / link).is_file() for link in own)
    for code, title in {"sq": "Buletini i iSIGURT.al", "en": "The iSIGURT.al newsletter"}.items():
        atom = ET.fromstring((folder(archived) / code / "atom.xml").read_bytes())
        (entry,) = atom.iter(f"{ATOM}entry")
        assert atom.findtext(f"{ATOM}title") == title
        assert re.fullmatch(rf"tag:isigurt\.al,\d{{4}}:newsletter-1/{code}", entry.findtext(f"{ATOM}id") or "")
        told = json.loads((folder(archived) / code / "feed.json").read_text("utf-8"))
        (item,) = told["items"]
        assert (item["url"], item["language"]) == (f"{LIST}/1/{code}.html", code)
        assert item["content_html"].count("<li>") == 12
        assert told["_alternates"] == {o: f"{LIST}/{o}/feed.json" for o in ("sq", "en") if o != code}
        (rss,) = ET.fromstring((folder(archived) / code / "rss.xml").read_bytes()).iter("item")
        assert rss.findtext("link") == f"{LIST}/1/{code}.html"


def test_nothing_new_writes_nothing(archived: Home) -> None:
    before = snapshot(archived.root / "public")
    assert publish(archived) == 0
    assert snapshot(archived.root / "public") == before


@pytest.mark.parametrize("state", ["draft", "approved"])
def test_only_what_was_sent_is_in_it(published: Home, state: str) -> None:
    published.run("newsletter", "draft", "newsletter").fine()
    if state == "approved":
        published.run("newsletter", "approve", "newsletter").fine()
    assert publish(published) == 0
    assert not (published.root / "public" / "newsletters").exists()


def test_a_list_that_is_not_public_has_no_pages_and_its_mail_names_none(sent: Home) -> None:
    publish(sent)
    assert folder(sent).exists()
    sent.edit("subscribers/newsletter.toml", "approval = true", "approval = true\npublic = false")
    assert publish(sent) > 0
    assert not folder(sent).exists()
    desk = Desk(site_option=str(sent.root))
    assert archive.address(desk.site, desk.site.lists[0], 2) is None
    desk.close()


@pytest.mark.parametrize("how", [(), ("--version", "en"), ("--erase",)])
def test_an_edition_with_a_post_that_was_taken_back_is_gone_at_once(archived: Home, how: tuple[str, ...]) -> None:
    posts = archived.json("newsletter", "list")["editions"][0]["posts"]
    archived.run("posts", "withdraw", posts[3], "--yes", *how).fine()
    assert publish(archived) >= 0
    assert not (folder(archived) / "1").exists()
    assert not list((archived.root / "public").rglob("newsletters/*/1/*"))


def test_the_directory_links_the_archives_that_there_are(archived: Home) -> None:
    archived.run("publish").fine()
    page = archived.root / "public/feeds/index.html"
    assert '"../newsletters/newsletter/index.html#sq"' in page.read_text("utf-8")
    before = page.stat().st_mtime_ns
    archived.run("publish").fine()
    assert page.stat().st_mtime_ns == before, "nothing new, nothing written"
    archived.run("posts", "fix", archived.json("newsletter", "list")["editions"][0]["posts"][0], "--hide").fine()
    archived.run("publish").fine()
    assert "newsletters/" not in page.read_text("utf-8")


def test_a_hidden_post_takes_its_edition_out_until_it_is_shown_again(archived: Home) -> None:
    posts = archived.json("newsletter", "list")["editions"][0]["posts"]
    before = page(archived, "sq")
    archived.run("posts", "fix", posts[3], "--hide").fine()
    publish(archived)
    assert not (folder(archived) / "1").exists()
    archived.run("posts", "fix", posts[3], "--unhide").fine()
    publish(archived)
    assert page(archived, "sq") == before


def test_a_template_of_the_operators_own_leaks_nothing(sent: Home) -> None:
    """Tokens where ours has none: in a table instead of a paragraph, in a title, twice."""
    desk = Desk(site_option=str(sent.root))

    from syndicate.publish.editions import edition_page
    from syndicate.store import editions as stored

    with desk.store.read() as connection:
        edition = stored.load(connection, "newsletter-1")
    assert edition
    cell = '%%masked_address%% <a class="x" href="%%leave_url%%?a=%%masked_address%%">dil</a>%%preferences_url%%'
    odd = f'<html lang="sq"><head><title>%%masked_address%%</title></head><td>{cell}</td></html>'
    variant = replace(edition.variants[0], html=odd)
    html = edition_page(desk.site, desk.site.lists[0], edition, variant, words=desk.words)
    desk.close()
    assert "%%" not in html
    assert "lexuesit tanë" in html


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_of_editions_is_accessible_and_fits_a_phone(archived: Home, browser, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    opened = browser.new_page(viewport={"width": 320, "height": 800}, color_scheme=scheme)
    opened.goto((folder(archived) / "index.html").as_uri())
    wide = opened.evaluate("document.documentElement.scrollWidth")
    found = Axe().run(opened).response["violations"]
    opened.close()
    assert wide <= 320
    assert [one["id"] for one in found] == []


def test_a_second_edition_leaves_the_pages_of_the_first_alone(archived: Home, blog: Blog) -> None:
    before = snapshot(folder(archived) / "1")
    newest = replace(
        blog.posts[0], slug="fare-e-re", number=9001, published=blog.posts[0].published + timedelta(days=1)
    )
    blog.posts = (newest, *blog.posts)
    archived.run("pull").fine()
    send(archived)
    assert publish(archived) == 0, "sending wrote it"
    assert snapshot(folder(archived) / "1") == before
    assert (folder(archived) / "2" / "sq.html").is_file()
    numbers = re.findall(r'href="(\d)/sq\.html"', (folder(archived) / "index.html").read_text("utf-8"))
    assert numbers == ["2", "1"]
    assert len(list(ET.fromstring((folder(archived) / "sq" / "atom.xml").read_bytes()).iter(f"{ATOM}entry"))) == 2


def test_a_page_that_somebody_deleted_comes_back(archived: Home) -> None:
    before = snapshot(folder(archived))
    (folder(archived) / "1" / "en.html").unlink()
    assert publish(archived) == 1
    assert {name: body for name, (_, body) in snapshot(folder(archived)).items()} == {
        name: body for name, (_, body) in before.items()
    }
