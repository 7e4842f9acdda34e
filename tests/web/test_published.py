"""The published files over HTTP: validators, compressed twins, what is gone, and what nobody may read."""

import gzip

import pytest
import sqlalchemy as sa
from web.web_site import make_site, serving

from syndicate.store import published
from syndicate.web.published import Shelf

RSS = b'<rss version="2.0"><channel><title>Ni\xc3\xab</title></channel></rss>\n'


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    root = make_site(tmp_path_factory.mktemp("files") / "site")
    folder = root / "public/feeds/all-sq"
    folder.mkdir(parents=True)
    (folder / "rss.xml").write_bytes(RSS)
    (folder / "rss.xml.gz").write_bytes(gzip.compress(RSS, mtime=0))
    (folder / "rss.xml.br").write_bytes(b"whatever somebody left there, perhaps long ago")
    (folder / "embed.html").write_text("<section><style>a{}</style></section>", "utf-8")
    (folder / "index.html").write_text("<!DOCTYPE html><title>x</title>", "utf-8")
    (folder / ".hidden").write_text("secret", "utf-8")
    (root / "public/feeds.opml").write_text("<opml/>", "utf-8")
    (root / "public/archive").mkdir()
    (root / "public/archive/newsletter-1.html").write_text("<p style='color:red'>x</p>", "utf-8")
    (root / "public/out").symlink_to(root / "var")
    (root / "public/key").symlink_to(root / "var/secret.key")
    (root / "outside.txt").write_text("secret", "utf-8")
    with serving(root) as served:
        with served.parts.store.write() as connection:
            published.begin(connection, ["old-en"])
            published.set_gone(connection, ["old-en"], served.clock())
        yield served


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/feeds/all-sq/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/feeds/all-sq/", "text/html; charset=utf-8"),
        ("/feeds/all-sq/index.html", "text/html; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/archive/newsletter-1.html", "text/html; charset=utf-8"),
    ],
)
def test_a_file_is_served_with_its_type_and_validators(files, path, media_type):
    got = files.get(path)
    assert (got.status, got.headers["content-type"]) == (200, media_type)
    assert got.headers["etag"].startswith('"')
    assert {"last-modified", "content-security-policy"} <= set(got.headers)
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "script-src" not in got.headers["content-security-policy"]


def test_who_has_it_already_gets_304_without_a_question_to_the_database(files):
    first = files.get("/feeds/all-sq/rss.xml")
    asked = []
    listen = sa.event.listens_for(files.parts.store.engine, "before_cursor_execute")
    listen(lambda *details: asked.append(details[2]))
    for validator in (
        {"If_None_Match": first.headers["etag"]},
        {"If_None_Match": f'"other", W/{first.headers["etag"]}'},
        {"If_Modified_Since": first.headers["last-modified"]},
    ):
        got = files.get("/feeds/all-sq/rss.xml", **validator)
        assert (got.status, got.body) == (304, b"")
        assert got.headers["etag"] == first.headers["etag"]
    stale = files.get(
        "/feeds/all-sq/rss.xml", If_None_Match='"other"', If_Modified_Since=first.headers["last-modified"]
    )
    assert stale.status == 200
    assert asked == []


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [("gzip, deflate", "gzip"), ("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None), ("GZIP;q=0.5", "gzip")],
)
def test_compressed_twins_go_to_who_understands_them(files, accepts, coding):
    got = files.get("/feeds/all-sq/rss.xml", Accept_Encoding=accepts)
    assert got.headers.get("content-encoding") == coding
    assert got.headers["vary"] == "Accept-Encoding"
    assert (gzip.decompress(got.body) if coding else got.body) == RSS


def test_every_coding_has_a_tag_of_its_own(files):
    tags = {files.get("/feeds/all-sq/rss.xml", Accept_Encoding=coding).headers["etag"] for coding in ("x", "gzip")}
    assert len(tags) == 2


def test_head_says_what_get_would(files):
    got, head = files.get("/feeds/all-sq/rss.xml"), files.ask("HEAD", "/feeds/all-sq/rss.xml")
    assert head.status == 200
    assert head.body == b""
    names = ("etag", "content-length", "content-type", "last-modified")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


def test_a_changed_file_is_served_changed(files):
    path = files.parts.site.places.public / "feeds/all-sq/atom.xml"
    path.write_bytes(b"<feed>1</feed>")
    first = files.get("/feeds/all-sq/atom.xml")
    path.unlink()
    assert files.get("/feeds/all-sq/atom.xml").status == 404
    path.write_bytes(b"<feed>2</feed>")
    second = files.get("/feeds/all-sq/atom.xml", If_None_Match=first.headers["etag"])
    assert (first.body, second.status, second.body) == (b"<feed>1</feed>", 200, b"<feed>2</feed>")


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.txt", "/feeds/../../outside.txt", "/feeds/%2e%2e/%2e%2e/outside.txt", "/feeds/..%2f..%2foutside.txt",
        "/feeds/..%5c..%5coutside.txt", "//outside.txt", "/out/secret.key", "/key", "/feeds/all-sq/.hidden",
        "/feeds/all-sq/rss.xml.gz", "/feeds/all-sq/rss.xml%00.txt", "/feeds/all-sq/rss.xml/", "/feeds//all-sq/rss.xml",
        "/var/secret.key", "/feeds/all-sq", "/feeds", "/%ff", "/feeds/" + "a" * 5000, "/feeds/\u00eb".encode().decode("latin-1"),
    ],
)  # fmt: skip
def test_nothing_but_published_files_can_be_read(files, path):
    line = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = files.raw(line.encode("latin-1"))
    assert answer.split(b" ")[1] in (b"404", b"400")
    assert b"secret" not in answer.replace(b"secret.key", b"")


def test_a_feed_that_is_gone_answers_410_and_one_that_never_was_404(files):
    gone = files.get("/feeds/old-en/rss.xml", Accept_Language="en")
    assert (gone.status, gone.heading) == (410, "This feed is no longer published")
    assert files.get("/feeds/old-en").status == 410
    assert files.get("/feeds/never/rss.xml").status == 404


def test_only_the_fragment_for_partners_may_be_framed(files):
    policy = {path: files.get(path).headers["content-security-policy"] for path in (
        "/feeds/all-sq/embed.html", "/feeds/all-sq/index.html", "/archive/newsletter-1.html")}  # fmt: skip
    assert ["frame-ancestors *" in one for one in policy.values()] == [True, False, False]
    assert ["'unsafe-inline'" in one for one in policy.values()] == [True, False, True]


def test_a_site_without_published_files_starts_and_says_404(shared):
    assert not shared.parts.site.places.public.exists()
    assert shared.get("/feeds/index.html").status == 404
    assert shared.get("/").status == 200


def test_a_feed_names_the_hub_in_a_header(files):
    shelf = Shelf(files.parts.site.places.public, "https://feeds.example.org", "https://hub.example.org/")
    got = shelf.answer("/feeds/all-sq/rss.xml", {"accept-encoding": "gzip"})
    assert dict(got.headers)["Link"] == (
        '<https://hub.example.org/>; rel="hub", <https://feeds.example.org/feeds/all-sq/rss.xml>; rel="self"'
    )
    assert "Link" not in dict(shelf.answer("/feeds/all-sq/index.html", {}).headers)
    assert "link" not in files.get("/feeds/all-sq/rss.xml").headers
