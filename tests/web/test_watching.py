"""What whoever runs it watches: the id of each request, the log as text and as JSON without a person in it, the numbers."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from road.road_site import Home
from upgrade.unpack import OldSite, unpack
from web.web_site import Clock, Served, make_site, serving

ROOT = Path(__file__).parents[2]
PROMTOOL = shutil.which("promtool")
RULES = ROOT / "docs" / "monitoring" / "alerts.yml"


def broken() -> datetime:
    raise RuntimeError("arta@example.org")


# ---------------------------------------------------------------- ids of requests


def test_every_answer_has_an_id_that_stands_in_the_log(shared: Served) -> None:
    before = len(shared.lines)
    ids = [shared.get(path).headers["x-request-id"] for path in ("/", "/healthz", "/nothing", "/web.css")]
    assert len(set(ids)) == 4
    assert [line.split()[-1] for line in shared.told(before + 4)[before:]] == ids


def test_a_web_server_before_this_one_gives_the_id_and_nobody_else(tmp_path: Path, shared: Served) -> None:
    assert shared.get("/", X_Request_Id="mine").headers["x-request-id"] != "mine"
    with serving(make_site(tmp_path / "site"), proxy=True) as served:
        assert served.get("/", X_Request_Id="a-1.B_2").headers["x-request-id"] == "a-1.B_2"
        for odd in ("arta@example.org", "a b", "x" * 65, "é"):
            assert re.fullmatch("[0-9a-f]{16}", served.get("/", X_Request_Id=odd).headers["x-request-id"])


def test_the_page_of_a_fault_names_the_request_and_so_does_the_warning(tmp_path: Path) -> None:
    with serving(make_site(tmp_path / "site"), now=broken) as served:
        got = served.get("/subscribe?lang=en")
    assert got.status == 500
    id = got.headers["x-request-id"]
    assert f"name it as {id}." in got.text
    assert [id in warning for warning in served.warnings] == [True]
    assert "arta" not in served.warnings[0]


# ---------------------------------------------------------------- the log


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OldSite:
    """A site with readers, editions, and mails whose links are known."""
    monkeypatch.setenv("SYNDICATE_OFFLINE", "1")
    return unpack("0.2.0", tmp_path / "site")


@pytest.fixture
def process(old: OldSite, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    monkeypatch.setenv("SYNDICATE_LOG", "json")
    command = [sys.executable, "-m", "syndicate", "serve", "--port", "0", "--json", "-v", "--site", str(old.root)]
    pipe = subprocess.PIPE
    started = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
    assert started.stdout is not None
    told = ""
    while "}" not in told:
        told += started.stdout.readline()
    yield int(json.loads(told)["address"].rpartition(":")[2]), started
    started.kill()
    started.communicate()


def secrets_of(old: OldSite, *links: str) -> set[str]:
    """What must stand in no log: who reads, the tokens, the keys."""
    key = (old.root / "var/secret.key").read_text().split()[-1]
    return {
        "nje@",
        "tre@",
        "four@",
        "two@",
        "pese@",
        "stranger",
        "203.0.113.7",
        key,
        *(one.rpartition("/")[2] for one in links),
    }


def test_no_page_leaves_a_person_in_the_log(old: OldSite, process: tuple[int, subprocess.Popen[str]]) -> None:
    port, started = process
    links = [
        old.link("nje@example.org", "leave"),
        old.link("tre@example.org", "preferences"),
        old.link("pese@example.org", "confirm"),
    ]
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.7"}
    asked = [(method, path, "") for path in links for method in ("GET", "POST")]
    asked += [
        ("POST", f"{links[0]}/back", "languages=sq"),
        ("GET", f"{links[0]}x", ""),
        ("PUT", links[0], ""),
        ("GET", f"/odd{links[0]}", ""),
    ]
    asked += [
        (
            method,
            path,
            urlencode({"address": "stranger@example.net", "lists": "newsletter", "languages": "sq", "mail": "full"}),
        )
        for path in (
            "/subscribe",
            "/account",
            "/account/open",
            "/account/forget",
            "/events/sendgrid",
            "/feeds/stranger@x/rss.xml",
        )
        for method in ("GET", "POST")
    ]
    asked += [
        ("GET", "/account?address=stranger@example.net", ""),
        ("GET", f"/approve/{'a' * 40}", ""),
        ("GET", "/metrics", ""),
    ]
    for method, path, body in asked:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(method, path, body or None, form)
        assert connection.getresponse().read() is not None
        connection.close()
    started.terminate()
    _, log = started.communicate(timeout=30)
    lines = [json.loads(line) for line in log.splitlines()]
    requests = [line for line in lines if "route" in line]
    assert len(requests) == len(asked)
    assert all(
        line.keys() >= {"time", "level", "message", "method", "route", "status", "milliseconds", "request"}
        for line in requests
    )
    assert {line["level"] for line in lines} == {"info", "warning"}  # it warns of a proxy that it was not told of
    assert [secret for secret in secrets_of(old, *links) if secret in log] == []


def test_no_command_of_every_day_leaves_a_person_in_the_log(old: OldSite, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(old.root, monkeypatch)
    home.ahead = old.clock - datetime.now(UTC)
    people = old.root / "people.csv"
    people.write_text("address,language\nstranger@example.net,sq\nstranger@,sq\nnje@example.org,en\n")
    events = old.root / "events.json"
    events.write_text('[{"email": "nje@example.org", "event": "bounce", "sg_event_id": "1", "timestamp": 1}]')
    daily = [
        "status", "run", "publish", "pull", "newsletter draft newsletter --again", "newsletter check newsletter",
        "newsletter approve newsletter", "newsletter send newsletter --dry-run", "newsletter send newsletter --yes",
        "newsletter status newsletter", "newsletter repair newsletter",
        f"subscribers import newsletter {people} --evidence signed",
        f"events import {events}", "suppressions pull", "nonsense", "posts list",
    ]  # fmt: skip
    for kind in ("text", "json"):
        monkeypatch.setenv("SYNDICATE_LOG", kind)
        log = ""
        for line in daily:
            said = home.run(*line.split(), "-v")
            log += said.err
            if kind == "json":
                assert all(json.loads(one)["message"] for one in said.err.splitlines()), line
        assert log.count("\n") > 5
        assert [secret for secret in secrets_of(old) if secret in log] == []


def test_a_word_that_is_neither_text_nor_json_is_refused(old: OldSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNDICATE_LOG", "xml")
    said = Home(old.root, monkeypatch).run("status")
    assert (said.status, said.err) == (2, "SYNDICATE_LOG is 'xml'; it may be text or json.\n")


# ---------------------------------------------------------------- numbers


@pytest.fixture
def numbers(old: OldSite) -> str:
    with serving(old.root, now=Clock(old.clock)) as served:
        feed = served.get("/feeds/all-sq/rss.xml")
        served.get("/feeds/all-sq/rss.xml", If_None_Match=feed.headers["etag"])
        served.get("/healthz")
        served.told(3)
        return served.get("/metrics").text


def test_the_numbers_say_how_the_site_stands(numbers: str) -> None:
    for line in (
        'requests_total{method="GET",route="(feed)",status="200"} 1',
        'requests_total{method="GET",route="(feed)",status="304"} 1',
        "request_duration_seconds_count 3", 'request_duration_seconds_bucket{le="+Inf"} 3',
        'subscriptions{list="newsletter",state="confirmed"} 3', 'copies{list="newsletter",state="accepted"} 3',
        "copies_waiting 0", "copies_held 0", 'suppressions{kind="unsubscribe"} 1', "letters_waiting 0", "sources 1",
        "sources_failing 0",
    ):  # fmt: skip
        assert f"syndicate_{line}" in numbers.splitlines(), line
    assert re.search(r'^syndicate_build_info\{version="[\d.]+"\} 1$', numbers, re.MULTILINE)
    assert re.search(r"^syndicate_last_pull_timestamp_seconds 17\d{8}$", numbers, re.MULTILINE)
    assert "@" not in numbers


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_reads_them_and_the_alerts(numbers: str) -> None:
    for command, text in (["metrics"], numbers), (["rules", str(RULES)], ""):
        done = subprocess.run(
            [str(PROMTOOL), "check", *command], input=text, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
    wrong = subprocess.run([str(PROMTOOL), "check", "metrics"], input="no metric", capture_output=True, text=True)
    assert wrong.returncode != 0


def test_every_alert_asks_for_a_number_that_there_is(numbers: str) -> None:
    asked = set(re.findall(r"syndicate_\w+", "\n".join(re.findall(r"expr: (.*)", RULES.read_text("utf-8")))))
    assert len(asked) >= 5
    given = set(re.findall(r"^# TYPE (syndicate_\w+)", numbers, re.MULTILINE))
    assert {re.sub("_(bucket|count|sum)$", "", one) for one in asked} <= given
