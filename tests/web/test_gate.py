"""What holds for every request: headers, the log, limits of size and time, health and numbers."""

import re
import socket
import time

import pytest
from web.web_site import make_site, serving

from syndicate.consent import tokens
from syndicate.web import reading, server
from syndicate.web.routes import ROUTES

PAGES = ["/", "/subscribe", "/subscribe/newsletter", "/asked", "/asked/link", "/account", "/confirm/x.y", "/leave/x.y",
         "/preferences/x.y", "/account/x.y", "/address/x.y", "/nothing", "/subscribe/none"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["sq", "en"])
def test_every_page_is_in_its_language_and_asks_nobody_else(shared, path, language):
    got = shared.get(f"{path}?lang={language}")
    assert got.status in (200, 400, 404)
    assert f'<html lang="{language}">' in got.text
    assert got.headers["content-language"] == language
    assert got.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in got.headers
    assert "<script" not in got.text
    assert re.findall(r'(?:src|action)="(https?:[^"]*)"', got.text) == []
    assert '<a href="tel:116111">' in got.text
    assert got.text.index('class="exit"') < got.text.index('<a class="skip"') < got.text.index("116111")
    if path != "/":
        assert got.headers["cache-control"] == "no-store"
        assert got.headers["x-robots-tag"].startswith("noindex")


def test_the_log_names_routes_and_never_a_token_or_an_address(served):
    token = tokens.sign(served.parts.ring, purpose="leave", subscriber="somebody", list="newsletter")
    served.get(f"/leave/{token}?lang=en")
    served.get(f"/leaves/{token}")
    served.ask("DELETE", f"/leave/{token}")
    served.post("/account", address="arta@example.org", stamp="x")
    served.get("/account?address=arta@example.org")
    told = "\n".join(served.told(5) + served.warnings)
    assert token not in told
    assert "arta" not in told
    assert re.match(r"GET /leave/\{token\} \d+ \d+ ms [0-9a-f]{16}$", served.lines[0])
    assert served.lines[1].startswith("GET (nothing) 404")
    assert served.lines[2].startswith("(other) (nothing) 405")


@pytest.mark.parametrize(
    ("path", "most"), [("/subscribe", reading.LARGEST_FORM), ("/events/sendgrid", reading.LARGEST_EVENTS)]
)
def test_a_body_has_a_largest_size_whether_it_is_declared_or_not(shared, path, most):
    declared = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {most + 1}\r\n\r\n".encode()
    assert b" 413 " in shared.raw(declared).split(b"\r\n")[0]
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    piece = b"a" * 65000
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for _ in range(most // len(piece) + 1))
    told = len(shared.lines)
    shared.raw(head + chunks + b"0\r\n\r\n")
    assert [line.split()[:3] for line in shared.told(told + 1)[told:]] == [["POST", path, "413"]]


def test_a_body_has_a_longest_time_in_all(shared, monkeypatch):
    monkeypatch.setattr(reading, "PATIENCE", 0.4)
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", shared.port), timeout=5) as connection:
        connection.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
        for _ in range(3):  # a byte now and then is no excuse
            connection.sendall(b"a")
            time.sleep(0.1)
        assert b" 408 " in connection.recv(65536).split(b"\r\n")[0]
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("head", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_has_a_longest_time(shared, monkeypatch, head):
    monkeypatch.setattr(server, "HEAD_WITHIN", 0.3)
    begun = time.monotonic()
    answer = shared.raw(head)
    assert answer == b""
    assert time.monotonic() - begun < 2


def test_the_second_head_of_a_connection_has_one_too(shared, monkeypatch):
    monkeypatch.setattr(server, "HEAD_WITHIN", 0.3)
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", shared.port), timeout=5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(65536)
        connection.sendall(b"GET / HTTP/1.1\r\n")
        time.sleep(0.1)
        connection.sendall(b"Host:")
        assert connection.recv(65536) == b""
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 70000 + b"\r\n\r\n",
        b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
        b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\naaaaa",
        b"POST /subscribe HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_the_next_is_served(shared, request_):
    answer = shared.raw(request_, patience=2)
    assert answer.split(b"\r\n")[0].split(b" ")[1:2] in ([b"400"], [b"431"], [])
    assert shared.get("/healthz").status == 200


def test_a_broken_off_body_is_nobodys_loss(shared):
    with socket.create_connection(("127.0.0.1", shared.port)) as connection:
        connection.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\naddress=")
    assert shared.get("/healthz").status == 200


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_every_address_bears_every_method(shared, path):
    path = path.replace("{token}", "x.y").replace("{list}", "newsletter")
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
        got = shared.ask(method, path)
        assert got.status < 500, (method, path)
        if got.status == 405:
            assert got.headers["allow"]
    assert shared.warnings == []


def test_health_says_that_the_database_answers_and_no_more(shared):
    got = shared.get("/healthz")
    assert got.status == 200
    assert re.fullmatch(r'\{"status": "ok", "version": "[\w.]+"\}', got.text)


def test_numbers_are_for_this_machine_alone(served):
    served.get("/healthz")
    got = served.get("/metrics")
    assert 'syndicate_requests_total{method="GET",route="/healthz",status="200"} 1' in got.text
    assert served.get("/metrics", X_Forwarded_For="203.0.113.9").status == 404
    assert served.get("/metrics", Via="1.1 proxy").status == 404


def test_search_engines_are_told_what_not_to_read(shared):
    assert "Disallow: /leave" in shared.get("/robots.txt").text
    assert shared.get("/favicon.ico").status == 204
    sheet = shared.get("/web.css")
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert shared.get("/web.css", If_None_Match=sheet.headers["etag"]).status == 304
    assert "url(" not in sheet.text


@pytest.mark.parametrize(
    ("base", "proxy", "proto", "told"),
    [
        ("https://x.example.org", True, "https", True),
        ("https://x.example.org", True, "http", False),
        ("https://x.example.org", False, "https", False),
        ("http://x.example.org", True, "https", False),
    ],
)
def test_https_for_ever_is_promised_only_where_it_holds(tmp_path, base, proxy, proto, told):
    with serving(make_site(tmp_path / "site", base_url=base), proxy=proxy) as served:
        got = served.get("/healthz", X_Forwarded_Proto=proto)
        assert ("strict-transport-security" in got.headers) is told


def test_a_proxy_that_nobody_told_of_is_noticed_once(served):
    for _ in range(3):
        served.get("/healthz", X_Forwarded_For="203.0.113.9")
    assert len(served.warnings) == 1
    assert "--proxy" in served.warnings[0]


def test_a_site_below_a_path_keeps_it_in_every_link(tmp_path):
    with serving(make_site(tmp_path / "site", base_url="https://example.org/feeds-of-ours")) as served:
        for prefix in ("", "/feeds-of-ours"):
            got = served.get(f"{prefix}/?lang=en")
            assert got.status == 200
            links = re.findall(r'href="(/[^"]*)"', got.text)
            assert links
            assert all(link.startswith("/feeds-of-ours/") for link in links)
            assert served.get(links[0] if prefix else links[0].removeprefix("/feeds-of-ours")).status == 200


def test_a_template_that_cannot_be_filled_still_shows_the_helpline(tmp_path):
    root = make_site(tmp_path / "site")
    (root / "templates").mkdir(exist_ok=True)
    (root / "templates/web-base.html").write_text("{{ nothing.at.all }}", "utf-8")
    with serving(root) as served:
        got = served.get("/")
        assert got.status == 500
        assert "116 111" in got.text
        assert any("web-base.html:1" in line for line in served.warnings)
