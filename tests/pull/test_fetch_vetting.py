"""Who is asked at all, and how politely."""

from __future__ import annotations

import socket
import threading
import time
from itertools import pairwise

import pytest

from syndicate.errors import FetchError, Refused
from syndicate.pull import Fetcher, Limits

AGENT = "syndicate/0 (+https://blog.example/about)"


def hurried(**limits):
    return Fetcher(user_agent=AGENT, delay=0, limits=Limits(**limits))


def get(fetcher, url, **options):
    return fetcher.get(url, allow_private=True, **options)


def resolving(*addresses, then=None):
    """A name service that always gives these, and after the first question `then`."""
    answers = [addresses, then or addresses]

    def resolve(host, port, **options):
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in now
        ]

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.5",
        "198.18.0.1",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2001:0:a00:1::1",
        "not a number",
    ],
)
def test_private_addresses_are_refused(address):
    fetcher = Fetcher(user_agent=AGENT, delay=0, resolve=resolving(address))
    with pytest.raises(Refused, match="private address") as caught:
        fetcher.get("http://blog.example/feed")
    assert not caught.value.connected
    assert "allow_private" in str(caught.value)


def test_one_private_address_among_public_ones_is_enough():
    fetcher = Fetcher(user_agent=AGENT, delay=0, resolve=resolving("93.184.216.34", "10.0.0.1"))
    with pytest.raises(Refused):
        fetcher.get("http://blog.example/feed")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:7f00:1]", "0"]
)
def test_spellings_of_this_machine_are_refused(server, host):
    """The system's own resolver reads decimal, hexadecimal and octal; what it reads is vetted."""
    fetcher = Fetcher(user_agent=AGENT, delay=0)
    with pytest.raises(FetchError):
        fetcher.get(f"http://{host}:{server.port}/feed")
    assert server.seen == []


def test_a_redirect_to_a_private_address_is_refused(server):
    """The first hop is reached under a name that is allowed for the test; the second is vetted afresh."""
    server.reply("/a", 302, Location=f"http://intranet.example:{server.port}/secret")
    vetted = []

    class Half(Fetcher):
        def _addresses(self, here, seconds, allow_private):
            vetted.append(here.host)
            return super()._addresses(here, seconds, allow_private or here.host == "127.0.0.1")

    fetcher = Half(user_agent=AGENT, delay=0, resolve=resolving("10.1.2.3"))
    with pytest.raises(Refused, match=r"10\.1\.2\.3"):
        fetcher.get(server.url("/a"))
    assert vetted == ["127.0.0.1", "intranet.example"]


def test_the_connection_goes_to_the_number_that_was_vetted(server):
    """A name that changes its mind after the check has no second say; the Host header keeps the name."""
    server.reply("/feed", body=b"x")
    fetcher = Fetcher(user_agent=AGENT, delay=0, resolve=resolving("127.0.0.1", then=["203.0.113.9"]))
    assert get(fetcher, server.url("/feed", "blog.example")).body == b"x"
    assert server.seen[0][1]["Host"] == f"blog.example:{server.port}"


def test_a_second_address_is_tried_when_the_first_is_dead(server):
    server.reply("/feed", body=b"x")
    fetcher = Fetcher(user_agent=AGENT, delay=0, resolve=resolving("::1", "127.0.0.1"))
    assert get(fetcher, server.url("/feed", "blog.example")).body == b"x"


def test_an_international_name_is_asked_in_ascii(server):
    server.reply("/lajme/%C3%A7do-dit%C3%AB", body=b"x")
    asked = []

    def resolve(host, port, **options):
        asked.append(host)
        return resolving("127.0.0.1")(host, port)

    fetcher = Fetcher(user_agent=AGENT, delay=0, resolve=resolve)
    assert get(fetcher, server.url("/lajme/çdo-ditë", "fëmijët.example")).body == b"x"
    assert asked == ["xn--fmijt-nsad.example"]
    assert server.seen[0][1]["Host"].startswith("xn--fmijt-")


def test_an_ipv6_literal():
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")

    def answer():
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        connection.close()

    threading.Thread(target=answer, daemon=True).start()
    port = listener.getsockname()[1]
    assert get(hurried(), f"http://[::1]:{port}/feed").body == b"x"
    listener.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed",
        "ftp://a.example/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://a b/",
        "http://[::1/",
        "http://a.example:99999/",
    ],
)
def test_what_is_no_web_address(fetcher, url):
    with pytest.raises(Refused) as caught:
        fetcher.get(url)
    assert not caught.value.connected


def test_a_name_that_nobody_knows():
    def resolve(host, port, **options):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(FetchError, match=r"blog\.example") as caught:
        Fetcher(user_agent=AGENT, delay=0, resolve=resolve).get("http://blog.example/feed")
    assert not caught.value.connected


def test_a_name_service_that_never_answers():
    stop = threading.Event()
    fetcher = Fetcher(user_agent=AGENT, delay=0, limits=Limits(seconds=0.2), resolve=lambda *a, **k: stop.wait(20))
    began = time.monotonic()
    with pytest.raises(FetchError):
        fetcher.get("http://blog.example/feed")
    stop.set()
    assert time.monotonic() - began < 2


def test_nobody_listens(fetcher):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError, match="could not be reached") as caught:
        get(fetcher, f"http://127.0.0.1:{port}/feed")
    assert not caught.value.connected


def test_proxy_settings_of_the_environment_are_not_used(server, fetcher, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.reply("/feed", body=b"x")
    assert get(fetcher, server.url()).body == b"x"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 100.0, []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


def test_requests_to_one_host_keep_their_distance(server):
    clock = Clock()
    fetcher = Fetcher(user_agent=AGENT, delay=2, clock=clock, sleep=clock.sleep, resolve=resolving("127.0.0.1"))
    for path in ("/a", "/b", "/c"):
        server.reply(path, body=b"x")
        get(fetcher, server.url(path))
    assert clock.slept == [2, 2]
    get(fetcher, server.url("/a", "other.example"))
    assert clock.slept == [2, 2]
    clock.now += 5
    get(fetcher, server.url("/a"))
    assert clock.slept == [2, 2]


def test_a_redirect_on_the_same_host_waits_as_well(server):
    clock = Clock()
    fetcher = Fetcher(user_agent=AGENT, delay=2, clock=clock, sleep=clock.sleep)
    server.reply("/a", 301, Location="/b")
    server.reply("/b", body=b"x")
    get(fetcher, server.url("/a"))
    assert clock.slept == [2]


def test_threads_take_turns(server):
    moments = []

    def note(request):
        moments.append(time.monotonic())
        request.send_response(200)
        request.send_header("Content-Length", "0")
        request.end_headers()

    server.routes["/feed"] = note
    fetcher = Fetcher(user_agent=AGENT, delay=0.15)
    threads = [threading.Thread(target=get, args=(fetcher, server.url())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments.sort()
    assert len(moments) == 4
    assert min(later - earlier for earlier, later in pairwise(moments)) > 0.1
