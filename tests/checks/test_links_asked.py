"""Links are asked politely, over real HTTP: HEAD first, then GET; every kind of answer, and none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from checks.checks_world import Web

from syndicate.pull import Fetcher, Limits
from syndicate.pull.probing import Probe, places, probe, probe_all


@pytest.fixture
def make_web() -> Iterator[Callable[..., Web]]:
    made: list[Web] = []

    def make(pages: dict[str, object] | None = None, slow: float = 0.0) -> Web:
        made.append(Web(pages, slow))
        return made[-1]

    yield make
    for web in made:
        web.close()


def fetcher(delay: float = 0.0, seconds: float = 3.0) -> Fetcher:
    return Fetcher(user_agent="syndicate/0 (tests)", delay=delay, limits=Limits(max_bytes=50_000, seconds=seconds))


@pytest.mark.parametrize(
    ("page", "status", "methods"),
    [
        (200, 200, ["HEAD"]),
        (204, 204, ["HEAD"]),
        ((405, 206), 206, ["HEAD", "GET"]),
        ((403, 200), 200, ["HEAD", "GET"]),  # and a body of 100 MB, which nobody reads
        ((501, 200), 200, ["HEAD", "GET"]),
        ((500, 206), 206, ["HEAD", "GET"]),
        ((404, 200), 200, ["HEAD", "GET"]),
        (404, 404, ["HEAD", "GET"]),
        (410, 410, ["HEAD", "GET"]),
        (403, 403, ["HEAD", "GET"]),
        (503, 503, ["HEAD", "GET"]),
        (429, 429, ["HEAD"]),
    ],
)
def test_every_answer_is_read(make_web: Callable[..., Web], page: object, status: int, methods: list[str]) -> None:
    web = make_web({"/page": page})
    assert probe(fetcher(), web.url("/page"), allow_private=True).status == status
    assert [method for method, _ in web.seen] == methods
    assert all(one == "bytes=0-0" for one in web.ranges)


def test_a_redirect_counts_as_where_it_leads(make_web: Callable[..., Web]) -> None:
    web = make_web({"/moved": "/new", "/new": 200, "/lost": "/nowhere", "/round": "/round"})
    asked = {path: probe(fetcher(), web.url(path), allow_private=True) for path in ("/moved", "/lost", "/round")}
    assert (asked["/moved"].status, asked["/lost"].status, asked["/round"].status) == (200, 404, None)
    assert "circle" in asked["/round"].reason


def test_a_private_address_is_not_asked_unless_it_is_a_source_s(make_web: Callable[..., Web]) -> None:
    web = make_web({"/": 200})
    (refused,), _ = probe_all(fetcher(), [web.url("/")], seconds=5)
    assert (refused.status, web.seen) == (None, [])
    assert "private address" in refused.reason
    assert "allow_private" not in refused.reason
    (asked,), _ = probe_all(fetcher(), [web.url("/")], seconds=5, private=places([web.url("/rss.xml")]))
    assert asked.status == 200


def test_a_host_that_nobody_can_connect_to_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    web = Web()
    urls = [web.url(f"/{number}") for number in range(5)]
    web.close()
    one, asked = fetcher(), []
    status = one.status
    monkeypatch.setattr(one, "status", lambda url, **more: (asked.append(url), status(url, **more))[1])
    found, left = probe_all(one, urls, seconds=10, private=places(urls))
    assert ([probe.url for probe in found], left, asked) == (urls, [], urls[:1])
    assert {probe.reason for probe in found} == {"could not be reached: Connection refused"}


def test_time_is_bounded_whatever_the_servers_do(make_web: Callable[..., Web]) -> None:
    slow, quick = make_web({}, slow=30.0), make_web({"/": 200})
    began = time.monotonic()
    found, left = probe_all(
        fetcher(seconds=20),
        [slow.url("/a"), slow.url("/b"), quick.url("/")],
        seconds=0.6,
        private=[slow.place, quick.place],
    )
    assert time.monotonic() - began < 2
    assert found == [Probe(quick.url("/"), 200)]
    assert left == [slow.url("/a"), slow.url("/b")]


def test_one_host_is_asked_in_turn_and_hosts_side_by_side(make_web: Callable[..., Web]) -> None:
    webs = [make_web({"/1": 200, "/2": 200, "/3": 200}) for _ in range(3)]
    urls = [web.url(path) for path in ("/1", "/2", "/3") for web in webs]
    began = time.monotonic()
    found, left = probe_all(fetcher(delay=0.3), urls, seconds=10, private=[web.place for web in webs])
    assert 0.6 <= time.monotonic() - began < 1.5  # two pauses a host, not eight
    assert ([one.status for one in found], left) == ([200] * 9, [])
    assert threading.active_count() < 30


def test_what_is_no_web_address_is_told() -> None:
    (odd,), _ = probe_all(fetcher(), ["http://[::1"], seconds=2)
    assert odd.status is None
    assert odd.reason
