"""What earlier versions left behind still stands: every row, every feed's bytes, every link that lies in a mailbox."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
from road.road_site import ATOM, Home
from upgrade.unpack import VERSIONS, OldSite, unpack
from web.web_site import Clock, serving

from syndicate.samples.blog import serve
from syndicate.store import Store
from syndicate.store.engine import REVISION


@pytest.fixture(autouse=True)
def _no_site_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SYNDICATE_") and name != "SYNDICATE_TEST_ALL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("SYNDICATE_OFFLINE", "1")


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> OldSite:
    return unpack(request.param, tmp_path / "site")


@pytest.fixture
def home(old: OldSite, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The command, at the time when the old site was last used."""
    made = Home(old.root, monkeypatch)
    made.ahead = old.clock - datetime.now(UTC)
    return made


def test_there_are_old_sites() -> None:
    assert {"0.1.0", "0.2.0"} <= set(VERSIONS)


def test_every_row_is_kept_as_it_was(old: OldSite) -> None:
    before = old.rows()
    Store(f"sqlite:///{old.database}").close()
    after = old.rows()
    assert after["syndicate_schema"] == [
        {"version_num": str(REVISION).zfill(len(after["syndicate_schema"][0]["version_num"]))}
    ]
    assert sum(map(len, before.values())) > 300
    for table, rows in before.items():
        if table != "syndicate_schema":
            columns = rows[0].keys() if rows else ()
            kept = [{name: row[name] for name in columns} for row in after[table]]
            assert sorted(kept, key=repr) == sorted(rows, key=repr), table  # they may lie in another order


def test_not_one_byte_of_a_feed_changes(old: OldSite, home: Home) -> None:
    before = old.published()
    home.run("publish").fine()
    after = old.published()
    assert len(before) > 90
    assert before.keys() <= after.keys()
    assert [path for path in before if before[path] != after[path]] == []


def test_public_identities_stay_when_everything_is_pulled_anew(old: OldSite, home: Home) -> None:
    """A site whose database was lost, or whose posts were split anew, gives every item the identity that readers know."""
    identities = ids(old)
    old.database.unlink()
    with serve() as blog:
        home.edit("feeds/sources.toml", old.blog, str(blog))
        home.run("pull").fine()
        home.run("publish").fine()
    assert len(identities) > 15
    assert identities <= ids(old)


def ids(old: OldSite) -> set[str]:
    atom = [body for path, body in old.published().items() if path.endswith("atom.xml")]
    return {entry.findtext(f"{ATOM}id") or "" for feed in atom for entry in ET.fromstring(feed).iter(f"{ATOM}entry")}


def test_a_pull_finds_nothing_new(old: OldSite, home: Home) -> None:
    with serve() as blog:
        address, blog.base_url = blog.base_url, old.blog  # it moved; what it says of itself is what it said then
        home.edit("feeds/sources.toml", f"{old.blog}/rss.xml", f"{address}/rss.xml")
        (source,) = home.json("pull")["sources"]
    assert (source["new"], source["changed"]) == (0, 0)


def test_numbers_add_up_and_the_next_edition_reaches_who_is_left(old: OldSite, home: Home) -> None:
    for edition, audience in (("newsletter-1", 4), ("newsletter-2", 3)):
        said = home.json("newsletter", "status", edition)["edition"]
        assert (said["audience"], said["balanced"], said["states"]["accepted"]) == (audience, True, audience)
    if (
        old.version == "0.1.0"
    ):  # as docs/how-to/upgrade.md says: templates that nobody changed make way for the shipped ones
        (old.root / "templates/newsletter.mjml").unlink()
        (old.root / "templates/newsletter.txt").unlink()
    home.run("publish").fine()
    home.run("newsletter", "draft", "newsletter", "--again").fine()
    home.run("newsletter", "approve", "newsletter").fine()
    home.run("newsletter", "send", "newsletter", "--yes").fine()
    wrote = {str(mail["To"]) for mail in old.written("newsletter-3")}
    assert wrote == {"nje@example.org", "tre@example.org", "four@example.org"}


def test_a_post_taken_back_stays_away(old: OldSite, home: Home) -> None:
    (gone,) = old.rows()["withdrawals"]
    home.run("pull")
    assert gone["post"] not in {post["id"] for post in home.json("posts", "list")["posts"]}


def test_links_in_old_mails_work(old: OldSite) -> None:
    leave = old.link("nje@example.org", "leave")
    with serving(old.root, now=Clock(old.clock)) as served:
        assert served.get(leave).status == 200
        assert served.standing("nje@example.org") == {"newsletter": "confirmed"}
        assert served.post(leave, **{"List-Unsubscribe": "One-Click"}).status == 200
        assert served.standing("nje@example.org") == {"newsletter": "unsubscribed"}


def test_who_was_about_to_confirm_can(tmp_path: Path) -> None:
    old = unpack("0.2.0", tmp_path / "site")
    confirm = old.link("pese@example.org", "confirm")
    preferences = old.link("tre@example.org", "preferences")
    with serving(old.root, now=Clock(old.clock)) as served:
        assert served.get(preferences).status == 200
        assert served.get(confirm).status == 200
        assert served.post(confirm).status in (200, 303)
        assert served.standing("pese@example.org") == {"newsletter": "confirmed"}


def test_words_and_templates_that_0_1_0_laid_out_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold a key that no template of ours uses any more. Their drafts come out; approving says what they lack."""
    old = unpack("0.1.0", tmp_path / "site")
    home = Home(old.root, monkeypatch)
    home.ahead = old.clock - datetime.now(UTC)
    assert "see_also" in (old.root / "templates/words.sq.toml").read_text("utf-8")
    home.run("newsletter", "draft", "newsletter", "--again").fine()
    refused = home.run("newsletter", "approve", "newsletter")
    assert refused.status == 2
    assert "as the shipped one has" in refused.err


def test_a_fix_outlives_the_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = unpack("0.2.0", tmp_path / "site")
    home = Home(old.root, monkeypatch)
    titles = {version["title"] for post in home.json("posts", "list")["posts"] for version in post["versions"]}
    assert "The title that a person wrote" in titles
    feed = json.loads((old.root / "public/feeds/all-en/feed.json").read_text("utf-8"))
    assert any(re.search("that a person wrote", item["title"]) for item in feed["items"])
