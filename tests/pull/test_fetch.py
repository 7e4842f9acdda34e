"""The fetcher against a real server: requests, redirects, refusals."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from syndicate.errors import FetchError, Gone, Refused
from syndicate.pull import PAGE, Fetcher, Limits
from syndicate.pull.fetch import retry_after

AGENT = "syndicate/0 (+https://blog.example/about)"


def hurried(**limits):
    return Fetcher(user_agent=AGENT, delay=0, limits=Limits(**limits))


def get(fetcher, url, **options):
    return fetcher.get(url, allow_private=True, **options)


def test_a_body_with_its_validators_and_an_honest_request(server, fetcher):
    server.reply("/feed", body=b"<rss/>", ETag='W/"7"', Last_Modified="Thu, 27 Jan 2022 09:00:00 GMT",
                 Content_Type="application/rss+xml; charset=utf-8", Cache_Control="public, max-age=600", Age="100")  # fmt: skip
    got = get(fetcher, server.url())
    assert (got.status, got.body, got.etag) == (200, b"<rss/>", 'W/"7"')
    assert got.last_modified == "Thu, 27 Jan 2022 09:00:00 GMT"
    assert (got.final_url, got.moved_to, got.max_age) == (server.url(), None, 500)
    _, sent = server.seen[0]
    assert sent["User-Agent"] == AGENT
    assert sent["Accept-Encoding"] == "gzip, deflate"
    assert sent["Host"] == f"127.0.0.1:{server.port}"
    assert "If-None-Match" not in sent


def test_a_conditional_request_and_its_304(server, fetcher):
    server.reply("/feed", 304, ETag='"8"')
    got = get(fetcher, server.url(), etag='"7"', last_modified="Thu, 27 Jan 2022 09:00:00 GMT")
    assert (got.status, got.body, got.etag) == (304, b"", '"8"')
    assert server.seen[0][1]["If-None-Match"] == '"7"'
    assert server.seen[0][1]["If-Modified-Since"] == "Thu, 27 Jan 2022 09:00:00 GMT"


def test_a_304_that_nobody_asked_for_is_an_error(server, fetcher):
    server.reply("/feed", 304)
    with pytest.raises(FetchError, match="304"):
        get(fetcher, server.url())


def test_a_page_is_asked_for_as_a_page(server, fetcher):
    server.reply("/post", body=b"<html/>")
    get(fetcher, server.url("/post"), accept=PAGE)
    assert server.seen[0][1]["Accept"].startswith("text/html")


@pytest.mark.parametrize(
    ("codes", "moved"),
    [
        ([301], True),
        ([308], True),
        ([301, 308, 301], True),
        ([302], False),
        ([301, 302], False),
        ([307, 301], False),
        ([303], False),
    ],
)
def test_a_move_is_permanent_only_when_every_hop_says_so(server, fetcher, codes, moved):
    for number, code in enumerate(codes):
        server.reply(f"/{number}", code, Location=f"/{number + 1}")
    server.reply(f"/{len(codes)}", body=b"here")
    got = get(fetcher, server.url("/0"))
    end = server.url(f"/{len(codes)}")
    assert (got.body, got.url, got.final_url) == (b"here", server.url("/0"), end)
    assert got.moved_to == (end if moved else None)


def test_a_redirect_loop(server, fetcher):
    server.reply("/a", 302, Location="/b")
    server.reply("/b", 302, Location="/a")
    with pytest.raises(Refused, match="circle"):
        get(fetcher, server.url("/a"))
    assert len(server.seen) == 2


def test_more_redirects_than_allowed(server, fetcher):
    for number in range(9):
        server.reply(f"/{number}", 302, Location=f"/{number + 1}")
    with pytest.raises(Refused, match="more than 5"):
        get(fetcher, server.url("/0"))
    assert len(server.seen) == 6


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:alert(1)", "data:text/plain,x"]
)
def test_a_redirect_to_another_scheme_is_refused(server, fetcher, location):
    server.reply("/a", 301, Location=location)
    with pytest.raises(Refused, match="only http and https"):
        get(fetcher, server.url("/a"))


def test_a_redirect_to_nowhere(server, fetcher):
    server.reply("/a", 301)
    with pytest.raises(FetchError, match="nowhere"):
        get(fetcher, server.url("/a"))


def test_credentials_stay_with_their_host(server, fetcher):
    server.reply("/a", 302, Location="/b")
    server.reply("/b", 302, Location=server.url("/c", "localhost"))
    server.reply("/c", body=b"x")
    got = get(fetcher, f"http://eva:fjalë%20kalimi@127.0.0.1:{server.port}/a")
    sent = [headers.get("Authorization") for _, headers in server.seen]
    assert sent[0] == sent[1] == "Basic ZXZhOmZqYWzDqyBrYWxpbWk="
    assert sent[2] is None
    assert "eva" not in got.final_url


def test_no_message_holds_credentials(fetcher, server):
    with pytest.raises(FetchError) as caught:
        get(fetcher, f"http://eva:sekret@127.0.0.1:{server.port}/none")
    assert "sekret" not in str(caught.value)
    assert "/none" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, FetchError, "not there"),
        (403, FetchError, "forbids"),
        (401, FetchError, "password"),
        (500, FetchError, "500"),
        (503, FetchError, "503"),
        (204, FetchError, "204"),
        (410, Gone, "gone for good"),
        (429, FetchError, "less often"),
        (418, FetchError, "418"),
        (206, FetchError, "206"),
    ],
)
def test_every_bad_status_says_what_to_do(server, fetcher, status, kind, said):
    server.reply("/feed", status)
    with pytest.raises(kind, match=said) as caught:
        get(fetcher, server.url())
    assert caught.value.status == status
    assert server.url() in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [(429, "120", 120), (503, "7", 7), (429, "99999999", 7 * 86400), (429, "soon", None), (429, "-5", None)],
)
def test_retry_after_is_told(server, fetcher, status, value, seconds):
    server.reply("/feed", status, Retry_After=value)
    with pytest.raises(FetchError) as caught:
        get(fetcher, server.url())
    assert caught.value.retry_after == seconds


def test_retry_after_as_a_date_counts_from_the_servers_own_clock():
    then = {"date": formatdate(1_000_000_000, usegmt=True), "retry-after": formatdate(1_000_000_090, usegmt=True)}
    assert retry_after(then) == 90
    assert retry_after(then | {"retry-after": formatdate(1, usegmt=True)}) == 0
    assert retry_after({"retry-after": formatdate(time.time() + 60, usegmt=True)}) == pytest.approx(60, abs=3)
    assert retry_after({"retry-after": formatdate(time.time() + 1e9, usegmt=True)}) == 7 * 86400


def test_validators_cannot_break_the_next_request(server, fetcher):
    server.reply("/feed", body=b"x")
    get(fetcher, server.url(), etag='"a"\r\nX-Injected: 1', last_modified="ëëë\u2028 now")
    sent = server.seen[0][1]
    assert "X-Injected" not in sent
    assert sent["If-None-Match"] == '"a" X-Injected: 1'
