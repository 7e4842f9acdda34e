"""The sample blog answers over real HTTP, conditionally, with faults on request, and is gone when it ends."""

import http.client
import socket
import time
from dataclasses import replace
from urllib.parse import urlsplit

import feedparser
import pytest
from selectolax.lexbor import LexborHTMLParser

from syndicate import samples
from syndicate.samples.blog import DROP, Request, serve
from syndicate.samples.routes import Answer


@pytest.fixture
def blog():
    with serve() as running:
        yield running


def ask(blog, path, method="GET", **headers):
    line = http.client.HTTPConnection(urlsplit(str(blog)).netloc, timeout=5)
    try:
        line.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        line.close()


@pytest.mark.parametrize("path", ["/rss.xml", "/feed/", "/feed", "/atom.xml"])
def test_each_feed_is_served_whole(blog, path):
    status, headers, body = ask(blog, path)
    parsed = feedparser.parse(body, response_headers={name.lower(): value for name, value in headers.items()})
    assert (status, parsed.bozo, len(parsed.entries)) == (200, 0, 12)
    assert all(entry.link.startswith(f"{blog}/lajme/") for entry in parsed.entries)


def test_the_home_page_advertises_the_feed(blog):
    link = LexborHTMLParser(ask(blog, "/")[2]).css_first('link[rel="alternate"][type="application/rss+xml"]')
    assert link.attributes["href"] == f"{blog}/rss.xml"


def test_everything_a_post_points_to_on_the_blog_is_there(blog):
    paths = [post.path for post in blog.posts] + [picture.url for post in blog.posts for picture in post.images]
    paths += [link.url for each in samples.expected().values() for link in each.links if link.url.startswith("/")]
    wrong = {path: status for path in paths if (status := ask(blog, path, "HEAD")[0]) != 200}
    assert wrong == {}
    assert ask(blog, "/images/kite.png")[1]["Content-Type"] == "image/png"
    assert ask(blog, "/dokumente/fjalori.pdf")[2].startswith(b"%PDF-1.4")


@pytest.mark.parametrize(
    "path", ["/nuk-ka", "/lajme/nuk-ka", "/images/../blog.py", "/images/nuk-ka.png", "/feed/?paged=2"]
)
def test_what_is_not_there_is_a_404(blog, path):
    assert ask(blog, path)[0] == 404


@pytest.mark.parametrize(
    "path", ["/", "/rss.xml", "/feed/", "/atom.xml", "/lajme/telefoni-i-pare", "/images/boats.jpg"]
)
def test_a_conditional_request_is_answered_304_without_a_body(blog, path):
    _, first, body = ask(blog, path)
    status, second, nothing = ask(blog, path, If_None_Match=first["ETag"])
    assert (status, nothing, second["ETag"]) == (304, b"", first["ETag"])
    assert ask(blog, path, If_None_Match=f'"other", W/{first["ETag"]}')[0] == 304
    assert ask(blog, path, If_None_Match='"other"')[::2] == (200, body)
    if since := first.get("Last-Modified"):
        assert ask(blog, path, If_Modified_Since=since)[0] == 304
        assert ask(blog, path, If_Modified_Since="Thu, 01 Jan 2026 00:00:00 GMT")[0] == 200
        assert ask(blog, path, If_Modified_Since="yesterday")[0] == 200
        assert ask(blog, path, If_None_Match='"other"', If_Modified_Since=since)[0] == 200


def test_head_says_the_length_and_sends_nothing(blog):
    _, got, body = ask(blog, "/rss.xml")
    status, headers, nothing = ask(blog, "/rss.xml", "HEAD")
    assert (status, nothing, headers["Content-Length"]) == (200, b"", str(len(body)))
    assert headers["ETag"] == got["ETag"]


def test_it_counts_what_it_answered(blog):
    ask(blog, "/rss.xml")
    ask(blog, "/nuk-ka?x=1", "HEAD")
    ask(blog, "/raporto", "POST")
    assert blog.requests == [
        Request("GET", "/rss.xml", 200), Request("HEAD", "/nuk-ka?x=1", 404), Request("POST", "/raporto", 405),
    ]  # fmt: skip


def test_a_second_wording_changes_the_validators(blog):
    _, before, _ = ask(blog, "/rss.xml")
    blog.posts = tuple(post.revised or post for post in blog.posts)
    status, after, body = ask(blog, "/rss.xml", If_None_Match=before["ETag"])
    assert status == 200
    assert after["Last-Modified"] == before["Last-Modified"]  # a newer post is there: only the ETag tells
    assert "shtyhet për më 1 tetor".encode() in body
    assert ask(blog, "/lajme/tryeza-e-shkollave")[1]["Last-Modified"] == "Mon, 21 Sep 2026 14:05:00 GMT"


def test_posts_can_be_taken_away(blog):
    gone = blog.posts[0]
    blog.posts = blog.posts[1:]
    assert ask(blog, gone.path)[0] == 404
    assert gone.title.encode() not in ask(blog, "/rss.xml")[2]
    blog.posts = ()
    assert feedparser.parse(ask(blog, "/atom.xml")[2]).entries == []


def test_wordpress_pages_end_in_a_404(blog):
    blog.per_page = 5
    pages = [ask(blog, f"/feed/?paged={number}") for number in (1, 2, 3, 4)]
    assert [status for status, _, _ in pages] == [200, 200, 200, 404]
    links = [entry.link for _, _, body in pages[:3] for entry in feedparser.parse(body).entries]
    assert [len(set(links)), len(links)] == [12, 12]


def test_any_answer_can_be_put_in_its_place(blog):
    blog.answer |= {
        "/rss.xml": 503,
        "/atom.xml": b"<html>no feed</html>",
        "/feed/": Answer(429, b"later", {"Retry-After": "120"}),
        "/feed/?paged=2": 410,
        "/": lambda asked: Answer(301, headers={"Location": f"/{asked.method}/{asked.headers['x-test']}"}),
    }
    assert ask(blog, "/rss.xml")[0] == 503
    assert ask(blog, "/atom.xml")[::2] == (200, b"<html>no feed</html>")
    assert ask(blog, "/feed/")[1]["Retry-After"] == "120"
    assert ask(blog, "/feed/?paged=2")[0] == 410
    assert ask(blog, "/", X_Test="here")[1]["Location"] == "/GET/here"
    del blog.answer["/rss.xml"]
    assert ask(blog, "/rss.xml")[0] == 200


def test_a_connection_can_be_dropped_and_the_blog_lives_on(blog):
    blog.answer["/rss.xml"] = DROP
    with pytest.raises(http.client.RemoteDisconnected):
        ask(blog, "/rss.xml")
    blog.answer["/rss.xml"] = lambda asked: 1 // 0
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask(blog, "/rss.xml")
    assert ask(blog, "/")[0] == 200
    assert blog.requests[0] == Request("GET", "/rss.xml", 0)


def test_it_stops_with_its_context_also_for_a_kept_connection():
    with serve() as blog:
        place = urlsplit(blog.base_url)
        line = http.client.HTTPConnection(place.netloc, timeout=2)
        line.request("GET", "/")
        line.getresponse().read()
        began = time.monotonic()
    assert time.monotonic() - began < 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port), timeout=2)
    with pytest.raises((http.client.HTTPException, OSError)):
        once_more(line)
    line.close()


def once_more(line):
    line.request("GET", "/")
    line.getresponse()


def test_it_stops_when_the_body_of_the_context_fails():
    ports = []
    with pytest.raises(ZeroDivisionError):
        fail_inside(ports)
    with serve(ports[0]) as again:
        assert ask(again, "/")[0] == 200


def fail_inside(ports):
    with serve() as blog:
        ports.append(urlsplit(blog.base_url).port)
        _ = 1 // 0


def test_two_blogs_stand_side_by_side_and_share_no_posts():
    with serve() as one, serve() as two:
        one.posts = tuple(replace(post, title="Tjetër") for post in one.posts)
        assert str(one) != str(two)
        assert b"Tjet" in ask(one, "/")[2]
        assert b"Tjet" not in ask(two, "/")[2]
