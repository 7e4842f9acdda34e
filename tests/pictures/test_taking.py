"""Pictures of an edition's posts, fetched over real HTTP: each taken over, or left out with a note."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from road.road_site import Home

from syndicate import pictures
from syndicate.cli.desk import Desk
from syndicate.models import Post, Site
from syndicate.samples.blog import Answer, Blog
from syndicate.store import Store, posts
from syndicate.store import editions as stored
from syndicate.store import pictures as rows

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def image(colour: str = "teal", size: tuple[int, int] = (1600, 900), kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 40).convert("RGB").save(out, kind) if colour == "noise" else Image.new(
        "RGB", size, colour
    ).save(out, kind)
    return out.getvalue()


@pytest.fixture
def desk(published: Home) -> Desk:
    opened = Desk(site_option=str(published.root))
    yield opened
    opened.close()


def first(desk: Desk, blog: Blog) -> Post:
    """A post whose picture this blog serves."""
    with desk.store.read() as connection:
        found = posts.load(connection, posts.newest(connection, posts.Filter(), None))
    return next(post for post in found if post.picture)


def path_of(post: Post, blog: Blog) -> str:
    assert post.picture
    return post.picture.url.removeprefix(str(blog))


def take(desk: Desk, post: Post) -> tuple[str, ...]:
    return pictures.take(desk.site, desk.store, pictures.fetcher(desk.site), [post], NOW)


def known(desk: Desk, post: Post) -> object:
    with desk.store.read() as connection:
        return pictures.known(desk.site, connection, [post]).get(post.id)


def copies(site: Site) -> list[str]:
    folder = site.places.public / "pictures"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("kind", ["image/jpeg", "", "application/octet-stream", "image/jpeg; charset=binary"])
def test_a_picture_is_taken_over_whatever_its_server_calls_it(desk: Desk, blog: Blog, kind: str) -> None:
    post = first(desk, blog)
    blog.answer[path_of(post, blog)] = Answer(200, image("noise"), {"Content-Type": kind} if kind else {})
    assert take(desk, post) == ()
    (name,) = copies(desk.site)
    assert re.fullmatch(r"[0-9a-f]{16}\.(jpg|png)", name)
    found = known(desk, post)
    assert (found.url, found.width, found.height) == (f"{desk.site.base_url}/pictures/{name}", 1200, 675)  # type: ignore[attr-defined]
    assert (desk.site.places.public / "pictures" / name).stat().st_mode & 0o777 == 0o644


WRONG: dict[str, tuple[int | bytes | Answer, str]] = {
    "404": (404, "is not there"),
    "410": (410, "gone for good"),
    "500": (500, "trouble of its own"),
    "dropped": (0, ""),
    "a page": (Answer(200, b"<html>", {"Content-Type": "text/html"}), "it is no picture, but text/html"),
    "no picture": (Answer(200, b"hello", {"Content-Type": "image/jpeg"}), "no picture that can be read"),
    "svg": (Answer(200, b"<svg/>", {"Content-Type": "image/svg+xml"}), "no picture that can be read"),
    "too many bytes": (Answer(200, b"\xff" * (pictures.LARGEST + 1), {"Content-Type": "image/jpeg"}), "MB"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_had_is_a_note_and_no_copy(desk: Desk, blog: Blog, case: str) -> None:
    post = first(desk, blog)
    answer, said = WRONG[case]
    blog.answer[path_of(post, blog)] = answer
    (note,) = take(desk, post)
    assert note.startswith(f"post {post.id}: its picture could not be taken over: ")
    assert said in note
    assert (copies(desk.site), known(desk, post)) == ([], None)


@pytest.mark.parametrize(("answer", "stays"), [(503, True), (404, False), (410, False)])
def test_while_its_server_is_down_the_copy_from_before_stands(desk: Desk, blog: Blog, answer: int, stays: bool) -> None:
    post = first(desk, blog)
    assert take(desk, post) == ()
    before = known(desk, post)
    blog.answer[path_of(post, blog)] = answer
    (note,) = take(desk, post)
    assert ("copy from before" in note) == stays
    assert known(desk, post) == (before if stays else None)


def test_what_the_blog_replaced_is_replaced_here(desk: Desk, blog: Blog) -> None:
    post = first(desk, blog)
    take(desk, post)
    before = known(desk, post)
    blog.answer[path_of(post, blog)] = image("crimson", kind="PNG")
    take(desk, post)
    assert known(desk, post) not in (before, None)


def test_a_private_address_is_not_asked_unless_the_source_allows_it(published: Home, blog: Blog) -> None:
    published.edit("feeds/sources.toml", "allow_private = true", "allow_private = false")
    desk = Desk(site_option=str(published.root))
    post = first(desk, blog)
    blog.requests.clear()
    (note,) = take(desk, post)
    assert "private" in note
    assert blog.requests == []
    desk.close()


# ---------------------------------------------------------------- in an edition


def html(store: Store, id: str = "newsletter-1") -> str:
    with store.read() as connection:
        found = stored.load(connection, id)
    assert found
    return "".join(variant.html for variant in found.variants)


def leading(home: Home) -> None:
    """Make the newest post with a picture the only new one: it then stands first."""
    with home.store() as store, store.read() as connection:
        found = posts.load(connection, posts.newest(connection, posts.Filter(), None))
    wanted = next(post for post in found if post.picture)
    home.run("newsletter", "draft", "newsletter", "--post", wanted.id).fine()


def test_a_draft_shows_its_first_picture_from_our_own_address(published: Home) -> None:
    leading(published)
    with published.store() as store:
        shown = set(re.findall(r'<img[^>]* src="([^"]+)"', html(store)))
    assert len(shown) == 1
    (url,) = shown
    assert (published.root / "public" / url.removeprefix("https://feeds.isigurt.al/")).is_file()


def test_an_edition_whose_picture_is_not_to_be_had_is_drafted_with_a_note(published: Home, blog: Blog) -> None:
    for name in ("boats.jpg", "bubbles.png", "kite.png", "umbrella.png"):
        blog.answer[f"/images/{name}"] = 404
    leading(published)
    told = published.json("newsletter", "list")["editions"][0]
    assert "could not be taken over" in told["notes"][0]
    with published.store() as store:
        assert "<img" not in html(store)


def test_the_logo_is_copied_small_and_clean(published: Home) -> None:
    (published.root / "logo.png").write_bytes(image("teal", (2000, 500), "PNG"))
    published.edit(
        "feeds/site.toml", "[politeness]", '[look]\nlogo = "logo.png"\nlogo_alt.sq = "iSIGURT, shtëpia"\n\n[politeness]'
    )
    leading(published)
    with published.store() as store:
        found = re.search(r'<img class="logo" src="([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"', html(store))
    assert found
    assert found.groups()[1:] == ("iSIGURT, shtëpia", "224", "56")
    copy = published.root / "public" / found[1].removeprefix("https://feeds.isigurt.al/")
    assert Image.open(copy).size == (448, 112)


# ---------------------------------------------------------------- taking back


def erase(desk: Desk, post: str) -> list[str]:
    with desk.store.write() as connection:
        return pictures.erase(desk.site, connection, post)


def test_taking_a_post_back_removes_our_copy_and_earlier_ones_that_were_mailed(published: Home, blog: Blog) -> None:
    leading(published)
    desk = Desk(site_option=str(published.root))
    post = first(desk, blog)
    old = copies(desk.site)
    blog.answer[path_of(post, blog)] = image("crimson", kind="PNG")
    take(desk, post)
    assert len(copies(desk.site)) == 2
    assert len(erase(desk, post.id)) == 2
    assert copies(desk.site) == []
    assert old
    with desk.store.read() as connection:
        assert post.picture
        assert rows.load(connection, [post.picture.url]) == {}
    assert erase(desk, post.id) == [], "a second time there is nothing to do"
    desk.close()


def test_the_logo_and_what_other_posts_show_stay(published: Home, blog: Blog) -> None:
    with published.store() as store, store.read() as connection:
        found = posts.load(connection, posts.newest(connection, posts.Filter(), None))
    pictured = [post for post in found if post.picture]
    one, other = pictured[0], next(post for post in pictured if post.picture.url != pictured[0].picture.url)  # type: ignore[union-attr]
    same = image("navy", kind="PNG")
    blog.answer[path_of(one, blog)] = blog.answer[path_of(other, blog)] = same
    (published.root / "logo.png").write_bytes(image("white", (300, 60), "PNG"))
    published.edit("feeds/site.toml", "[politeness]", '[look]\nlogo = "logo.png"\n\n[politeness]')
    desk = Desk(site_option=str(published.root))
    for post in (one, other):
        take(desk, post)
    pictures.logo(desk.site)
    assert len(copies(desk.site)) == 2
    assert erase(desk, one.id) == []
    assert len(copies(desk.site)) == 2
    desk.close()


def test_a_disk_that_refuses_is_told(desk: Desk, blog: Blog, tmp_path: Path) -> None:
    from syndicate.errors import SyndicateError

    (desk.site.places.public / "pictures").write_text("a file where the folder should be", "utf-8")
    with pytest.raises(SyndicateError, match=r"Could not write pictures/"):
        take(desk, first(desk, blog))
