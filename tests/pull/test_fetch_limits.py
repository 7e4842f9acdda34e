"""Time and size: servers that drip, pour, and break off."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib

import pytest

from syndicate.errors import FetchError
from syndicate.pull import Fetcher, Limits

AGENT = "syndicate/0 (+https://blog.example/about)"


def hurried(**limits):
    return Fetcher(user_agent=AGENT, delay=0, limits=Limits(**limits))


def get(fetcher, url, **options):
    return fetcher.get(url, allow_private=True, **options)


DRIP = (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 100)


@pytest.mark.parametrize(
    "pieces",
    [
        DRIP,
        tuple(bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nX-Filler: " + b"y" * 100),
        (b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 100),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100),
    ],
    ids=["body", "status line", "headers", "chunks"],
)
def test_a_slow_drip_cannot_outlast_the_deadline(server, pieces):
    server.raw("/feed", *pieces, pause=0.05)
    began = time.monotonic()
    with pytest.raises(FetchError, match="seconds") as caught:
        get(hurried(seconds=0.4), server.url())
    assert time.monotonic() - began < 1.5
    assert caught.value.connected


def test_redirects_share_one_deadline(server):
    def slow(request):
        time.sleep(0.15)
        request.send_response(302)
        request.send_header("Location", request.path + "x")
        request.send_header("Content-Length", "0")
        request.end_headers()

    for number in range(6):
        server.routes["/" + "x" * number] = slow
    began = time.monotonic()
    with pytest.raises(FetchError, match="seconds"):
        get(hurried(seconds=0.4), server.url("/"))
    assert time.monotonic() - began < 1.5


def test_a_server_that_never_answers(server):
    server.raw("/feed", b"", pause=3)
    with pytest.raises(FetchError, match="seconds"):
        get(hurried(seconds=0.2), server.url())


def test_a_hundred_megabytes_are_not_read(server):
    sent = []

    def pour(request):
        request.send_response(200)
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"x" * 1_000_000)
            sent.append(1)

    server.routes["/feed"] = pour
    with pytest.raises(FetchError, match="larger than 10 MB"):
        get(hurried(), server.url())
    assert len(sent) < 40


def test_an_announced_size_over_the_limit_is_not_read_at_all(server):
    server.raw("/feed", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", close=True)
    with pytest.raises(FetchError, match="larger than 10 MB"):
        get(hurried(), server.url())


def bomb(times):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"\0" * 1_000_000
    return b"".join(packer.compress(block) for _ in range(times)) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_decompression_bomb(server, coding):
    packed = bomb(300) if coding == "gzip" else gzip.compress(bomb(300))
    server.reply("/feed", body=packed, Content_Encoding=coding)
    tracemalloc.start()
    with pytest.raises(FetchError, match="larger than 10 MB"):
        get(hurried(), server.url())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("x-gzip", gzip.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("gzip", lambda body: gzip.compress(body[:5]) + gzip.compress(body[5:]) + b"\0\0"),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
        ("GZIP", gzip.compress),
        ("identity", bytes),
    ],
)
def test_packed_bodies(server, fetcher, coding, pack):
    server.reply("/feed", body=pack(b"<rss/>" * 1000), Content_Encoding=coding)
    assert get(fetcher, server.url()).body == b"<rss/>" * 1000


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("gzip", b"<rss/>", "compressed"),
        ("gzip", gzip.compress(b"x" * 9999)[:-12], "broke off"),
        ("deflate", zlib.compress(b"x" * 9999)[:-3], "broke off"),
        ("gzip", b"", "broke off"),
        ("br", b"x", "not asked for"),
        ("snappy", b"x", "not asked for"),
        ("gzip" + ", gzip" * 9, b"x", "not asked for"),
    ],
    ids=range(7),
)
def test_bodies_that_are_packed_wrongly(server, fetcher, coding, body, said):
    server.reply("/feed", body=body, Content_Encoding=coding)
    with pytest.raises(FetchError, match=said):
        get(fetcher, server.url())


def test_chunks(server, fetcher):
    server.raw(
        "/feed",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"3\r\n<rs\r\n",
        b"3\r\ns/>\r\n",
        b"0\r\n\r\n",
    )
    assert get(fetcher, server.url()).body == b"<rss/>"


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"<rss>"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\n<rss>\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"50\r\n<rss>"),
        (b"HTTP/1.1 200 OK\r\nContent-Le",),
        (b"",),
        (b"\x16\x03\x01 this is no HTTP\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",),
    ],
    ids=["length", "chunks", "chunk", "headers", "nothing", "noise", "endless header"],
)
def test_an_answer_that_breaks_off_is_an_error_and_no_short_feed(server, fetcher, pieces):
    server.raw("/feed", *pieces)
    with pytest.raises(FetchError):
        get(fetcher, server.url())


def test_a_server_that_keeps_the_connection_open(server, fetcher):
    """BaseHTTPRequestHandler speaks HTTP/1.1 and waits for more; we must not wait with it."""
    server.raw("/feed", b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 6\r\n\r\n<rss/>", close=False)
    began = time.monotonic()
    assert [get(fetcher, server.url()).body for _ in range(3)] == [b"<rss/>"] * 3
    assert time.monotonic() - began < 2
