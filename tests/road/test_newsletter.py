"""Newsletters: every reader gets one, in their language, whatever is killed when; and every number adds up."""

from __future__ import annotations

import email
import email.policy
import random
import re
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from road.road_site import Home, end, kill_after, wait_for

from syndicate.samples.blog import Blog

READERS = {
    "a@example.org": "sq",
    "b@example.org": "en",
    "c@example.org": "sq+en",
    "d@example.org": "en+sq",
    "e@example.org": "sq",
}
LEAVE = {"sq": "Çregjistrohu", "en": "Unsubscribe"}


def read(path: Path) -> EmailMessage:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def receiver(path: Path) -> str:
    return str(BytesHeaderParser().parsebytes(path.read_bytes())["To"])


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def csv(home: Home, count: int) -> Path:
    """A list of readers in every language; the home holds them all."""
    path = home.root.parent / "readers.csv"
    languages = ("sq", "en", "sq+en", "en+sq")
    path.write_text(
        "email,language\n" + "".join(f"reader{n}@example.org,{languages[n % 4]}\n" for n in range(count)), "utf-8"
    )
    return path


def add(home: Home, readers: dict[str, str]) -> None:
    for address, language in readers.items():
        home.run("subscribers", "add", "newsletter", address, "--language", language, "--evidence", "letter").fine()


@pytest.fixture
def ready(published: Home, begin_with: Callable[..., Home]) -> Home:
    """Everything published, five readers confirmed, one pending."""

    def make() -> Home:
        add(published, READERS)
        published.run("subscribers", "add", "newsletter", "pending@example.org").fine()
        return published

    return begin_with("ready", make)


@pytest.fixture
def approved(ready: Home, begin_with: Callable[..., Home]) -> Home:
    def make() -> Home:
        ready.run("newsletter", "draft", "newsletter").fine()
        ready.run("newsletter", "approve", "newsletter").fine()
        return ready

    return begin_with("approved", make)


def status(home: Home, edition: str = "newsletter") -> dict[str, Any]:
    found: dict[str, Any] = home.json("newsletter", "status", edition)["edition"]
    assert found["balanced"]
    assert sum(found["states"].values()) == found["audience"]
    return found


def everyone_has_one(home: Home, readers: int) -> None:
    counts = Counter(map(receiver, home.mails()))
    assert len(counts) == readers
    assert set(counts.values()) == {1}
    assert status(home)["states"] == {"accepted": readers}
    left = [path.name for path in (home.root / "var" / "outbox").iterdir() if path.suffix != ".eml"]
    assert left == []


# ---------------------------------------------------------------- the life of an edition


@pytest.mark.both_engines
def test_from_draft_to_sent(ready: Home) -> None:
    edition = ready.json("newsletter", "draft", "newsletter")["edition"]
    assert (edition["id"], edition["state"], len(edition["posts"])) == ("newsletter-1", "draft", 12)
    assert {one["name"] for one in edition["variants"] if "." not in one["name"]} == {"sq", "en", "sq+en", "en+sq"}
    assert all(one["bytes"] < 80 * 1024 for one in edition["variants"])
    assert all(one["bytes"] for one in edition["variants"] if not one["name"].endswith("-text"))
    shown = ready.json("newsletter", "preview", "newsletter")
    page = Path(shown["page"])
    assert [one for one in shown["findings"] if one["level"] == "stop"] == []
    assert all(one["name"] in page.read_text("utf-8") for one in edition["variants"])
    assert page.stat().st_mode & 0o777 == 0o600
    refused = ready.run("newsletter", "send", "newsletter", "--yes")
    assert (refused.status, ready.mails()) == (2, [])
    assert "approve" in refused.err
    ready.run("newsletter", "approve", "newsletter").fine()
    assert ready.run("newsletter", "send", "newsletter").status == 2, "nobody can answer"
    said = ready.run("newsletter", "send", "newsletter", "--yes").fine()
    assert "5 sent + 0 waiting + 0 failed + 0 unsure = 5 of 5 readers" in said.out
    assert status(ready)["variants"] == {"sq": 2, "en": 1, "sq+en": 1, "en+sq": 1}
    everyone_has_one(ready, 5)
    page = ready.root / "public/newsletters/newsletter/1/sq.html"
    assert page.is_file(), "the mails link to it, and nobody should have to wait for the next run"
    again = ready.run("newsletter", "send", "newsletter", "--yes")
    assert (again.status, len(ready.mails())) == (2, 5)
    assert "sent already" in again.err


def test_each_reader_gets_their_language(approved: Home) -> None:
    approved.run("newsletter", "send", "newsletter", "--yes").fine()
    titles = {language: approved.titles(f"all-{language}") for language in ("sq", "en")}
    subjects = {}
    for mail in map(read, approved.mails()):
        variant = READERS[str(mail["To"])]
        languages = variant.split("+")
        subjects[variant] = str(mail["Subject"])
        assert str(mail["Content-Language"]).replace(" ", "") == ",".join(languages)
        html, text = part(mail, "html"), part(mail, "plain")
        assert re.search(r'<html[^>]*\blang="([^"]+)"', html)[1] == languages[0]  # type: ignore[index]
        assert set(re.findall(r'\slang="([^"]+)"', html)) >= set(languages)
        for body in (unescape(html), text):
            assert (titles[languages[0]][3] in body) is True
            other = {"sq": "en", "en": "sq"}[languages[0]]
            assert (titles[other][3] in body) == (other in languages)
            if len(languages) == 2:
                assert body.index(titles[languages[0]][3]) < body.index(titles[other][3])
            assert "116 111" in body
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.match(r"<https://feeds\.isigurt\.al/[^>]+>", str(mail["List-Unsubscribe"]))
        assert str(mail["To"]) not in html, "an address in the footer is masked"
    assert subjects["sq"] != subjects["en"]


def test_nothing_new_and_an_open_edition_are_reasons(ready: Home) -> None:
    ready.run("newsletter", "draft", "newsletter").fine()
    second = ready.json("newsletter", "draft", "newsletter")
    assert second["edition"] is None
    assert "newsletter-1 is not finished" in second["reason"]
    ready.run("newsletter", "approve", "newsletter").fine()
    ready.run("newsletter", "send", "newsletter", "--yes").fine()
    third = ready.json("newsletter", "draft", "newsletter")
    assert third["edition"] is None
    assert "Nothing is new" in third["reason"]


def test_a_list_that_fits_no_post(ready: Home) -> None:
    text = (ready.root / "subscribers/newsletter.toml").read_text("utf-8")
    ready.write("subscribers/other.toml", text.replace("schedule =", 'partners = ["interpol"]\nschedule ='))
    assert ready.json("newsletter", "draft", "other")["reason"].startswith("No post matches other")


def test_a_post_that_changes_later_does_not_change_the_edition(ready: Home, blog: Blog) -> None:
    ready.run("newsletter", "draft", "newsletter").fine()
    slug = "tryeza-e-shkollave"
    id = ready.posts()[slug]["id"]
    blog.posts = tuple(one.revised or one for one in blog.posts)
    ready.pulled()
    assert f"post {id} changed" in ready.run("newsletter", "preview", "newsletter").fine().out
    assert f"Post {id} changed" in ready.run("newsletter", "status", "newsletter").fine().out
    ready.run("newsletter", "approve", "newsletter").fine()
    ready.run("newsletter", "send", "newsletter", "--yes").fine()
    bodies = [unescape(part(read(path), "html")) for path in ready.mails()]
    assert not any("shtyhet për më 1 tetor" in body for body in bodies)
    assert any("mbahet më 24 shtator" in body for body in bodies)


def test_cancelling_gives_the_posts_back(ready: Home) -> None:
    first = ready.json("newsletter", "draft", "newsletter")["edition"]
    ready.run("newsletter", "cancel", "newsletter-1").fine()
    second = ready.json("newsletter", "draft", "newsletter")["edition"]
    assert (second["id"], second["posts"]) == ("newsletter-2", first["posts"])
    ready.run("newsletter", "approve", "newsletter").fine()
    ready.run("newsletter", "send", "newsletter", "--yes").fine()
    assert ready.run("newsletter", "cancel", "newsletter-2").status == 2
    assert ready.run("newsletter", "cancel", "newsletter-9").status == 2


def test_the_next_edition_holds_what_came_since(ready: Home, blog: Blog) -> None:
    ready.run("newsletter", "draft", "newsletter").fine()
    ready.run("newsletter", "approve", "newsletter").fine()
    ready.run("newsletter", "send", "newsletter", "--yes").fine()
    one = blog.posts[3]
    blog.posts = (replace(one, slug="krejt-e-re", number=900, title="Krejt e re në blog"), *blog.posts)
    ready.pulled()
    second = ready.json("newsletter", "draft", "newsletter")["edition"]
    assert second["posts"] == [ready.posts()["krejt-e-re"]["id"]]


def test_an_unfinished_site_sends_nothing(make_home: Callable[..., Home], blog: Blog) -> None:
    home = make_home(finished=False)
    home.write("feeds/sources.toml", f'[[source]]\nid = "blog"\nurl = "{blog}/rss.xml"\nallow_private = true\n')
    home.pulled()
    add(home, {"a@example.org": "sq"})
    home.run("newsletter", "draft", "newsletter").fine()
    home.run("newsletter", "approve", "newsletter")
    said = home.run("newsletter", "send", "newsletter", "--yes")
    assert (said.status, home.mails()) == (2, [])
    assert "postal_address" in said.err
    assert home.run("run").status == 2


def test_an_edition_for_nobody_is_not_sent_and_waits(published: Home) -> None:
    published.run("newsletter", "draft", "newsletter").fine()
    published.run("newsletter", "approve", "newsletter").fine()
    said = published.run("newsletter", "send", "newsletter", "--yes")
    assert (said.status, "confirmed" in said.err) == (2, True)
    add(published, {"a@example.org": "sq"})
    published.run("newsletter", "send", "newsletter", "--yes").fine()
    everyone_has_one(published, 1)


# ---------------------------------------------------------------- who is not mailed


def test_who_leaves_before_it_is_sent_gets_nothing(approved: Home) -> None:
    approved.run("subscribers", "remove", "newsletter", "a@example.org").fine()
    approved.run("newsletter", "send", "newsletter", "--yes").fine()
    assert "a@example.org" not in {receiver(path) for path in approved.mails()}
    assert "pending@example.org" not in {receiver(path) for path in approved.mails()}
    everyone_has_one(approved, 4)


def test_who_leaves_after_the_audience_was_frozen_gets_nothing_and_is_counted(approved: Home) -> None:
    approved.run("subscribers", "import", "newsletter", str(csv(approved, 60)), "--evidence", "letter").fine()
    process = approved.start("newsletter", "send", "newsletter", "--yes")
    wait_for(lambda: approved.mails())
    kill_after(process, 0)
    there = {receiver(path) for path in approved.mails()}
    left = sorted({*READERS, *(f"reader{n}@example.org" for n in range(60))} - there)[:3]
    for address in left:
        approved.run("subscribers", "remove", "newsletter", address).fine()
    approved.run("newsletter", "send", "newsletter", "--yes").fine()
    counts = Counter(receiver(path) for path in approved.mails())
    assert counts.keys().isdisjoint(left)
    assert set(counts.values()) == {1}
    states = {state: count for state, count in status(approved)["states"].items() if count}
    assert states == {"accepted": 65 - len(left)} | ({"suppressed": len(left)} if left else {})


# ---------------------------------------------------------------- kills, and two at once


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 9))])
def test_killed_at_any_moment_everyone_gets_exactly_one(approved: Home, seed: int) -> None:
    approved.run("subscribers", "import", "newsletter", str(csv(approved, 150)), "--evidence", "letter").fine()
    chance = random.Random(seed)
    interrupted = 0
    for _ in range(3):
        before = len(approved.mails())
        process = approved.start("newsletter", "send", "newsletter", "--yes")
        wait_for(lambda: len(approved.mails()) > before or process.poll() is not None)  # noqa: B023
        kill_after(process, chance.uniform(0, 0.12))
        interrupted += process.returncode == -9
        found = approved.run("newsletter", "status", "newsletter", "--json").json["edition"]
        assert sum(found["states"].values()) == found["audience"] == 155
    assert interrupted
    if status(approved)["state"] != "sent":
        approved.run("newsletter", "send", "newsletter", "--yes").fine()
    everyone_has_one(approved, 155)


def test_two_sends_at_once(approved: Home) -> None:
    approved.run("subscribers", "import", "newsletter", str(csv(approved, 80)), "--evidence", "letter").fine()
    pair = [approved.start("newsletter", "send", "newsletter", "--yes") for _ in range(2)]
    said = [end(process) for process in pair]
    assert sorted(one.status for one in said) == [0, 2]
    everyone_has_one(approved, 85)


def test_a_full_outbox_is_told_and_nobody_is_lost(approved: Home) -> None:
    (approved.root / "var" / "outbox").write_bytes(b"a file where the folder belongs")
    said = approved.run("newsletter", "send", "newsletter", "--yes")
    assert (said.status, said.out) == (1, "")
    assert "not a folder" in said.err
    assert status(approved)["states"] == {"queued": 5}
    (approved.root / "var" / "outbox").unlink()
    approved.run("newsletter", "send", "newsletter", "--yes").fine()
    everyone_has_one(approved, 5)


# ---------------------------------------------------------------- by schedule


def test_run_drafts_what_is_due(ready: Home) -> None:
    ready.edit("subscribers/newsletter.toml", 'schedule = "manual"', 'schedule = "every 5 posts"')
    first = ready.run("run").fine()
    assert "drafted    newsletter-1" in first.out
    again = ready.run("run").fine()
    assert (again.out, again.err) == ("", "")
    assert [one["state"] for one in ready.json("newsletter", "list")["editions"]] == ["draft"]


# ---------------------------------------------------------------- holding up, calling back, telling


def limited(home: Home, key: str) -> None:
    home.edit("feeds/site.toml", 'transport = "folder"', f'{key}\ntransport = "folder"')


def slow(home: Home, readers: int = 60, per_second: int = 15) -> None:
    """So many more readers, and a limit that makes sending to them take seconds."""
    home.run("subscribers", "import", "newsletter", str(csv(home, readers)), "--evidence", "letter").fine()
    limited(home, f"per_second = {per_second}")


def sending(home: Home, *command: str) -> Any:
    """Start to send, and wait until the first mails are there."""
    process = home.start("newsletter", "send", "newsletter", "--yes", *command)
    wait_for(lambda: home.mails())
    return process


def test_ctrl_c_pauses_and_the_same_command_goes_on(approved: Home) -> None:
    slow(approved)
    process = sending(approved)
    process.send_signal(signal.SIGINT)
    said = end(process)
    assert said.status == 130
    assert "newsletter-1 is paused" in said.out
    assert "`syndicate newsletter resume newsletter-1` goes on" in said.out
    assert "after the batch in hand" in said.err
    before = status(approved)["states"]
    assert before["accepted"] == len(approved.mails()) < 65
    assert any("is paused" in one for one in approved.json("status")["problems"])
    approved.run("newsletter", "resume", "newsletter", "--yes").fine()
    everyone_has_one(approved, 65)


@pytest.mark.slow
def test_paused_from_another_terminal(approved: Home) -> None:
    slow(approved)
    process = sending(approved)
    said = approved.run("newsletter", "pause", "newsletter").fine()
    assert "newsletter-1 is paused" in said.out
    assert end(process).status == 1
    assert 0 < len(approved.mails()) < 65
    assert approved.run("newsletter", "pause", "newsletter").status == 2
    assert approved.run("newsletter", "resume", "newsletter").status == 2, "nobody can answer"
    approved.run("newsletter", "resume", "newsletter", "--yes").fine()
    everyone_has_one(approved, 65)


def test_undone_while_it_is_sent(approved: Home) -> None:
    slow(approved)
    process = sending(approved)
    assert approved.run("newsletter", "undo", "newsletter").status == 2, "nobody can answer"
    done = approved.json("newsletter", "undo", "newsletter", "--yes")["edition"]
    end(process)
    found = status(approved)
    assert (found["state"], done["got"]) == ("undone", len(approved.mails()))
    assert found["states"] == {"accepted": done["got"], "cancelled": 65 - done["got"]}
    assert 0 < done["stopped"] <= 65 - done["got"]
    assert "left at once" in done["why"]
    assert approved.json("newsletter", "draft", "newsletter")["edition"] is None, "some got its posts"


def test_undone_before_anybody_has_it(approved: Home) -> None:
    approved.run("newsletter", "send", "newsletter", "--at", "2099-12-01 09:00", "--yes").fine()
    said = approved.run("newsletter", "undo", "newsletter", "--yes").fine()
    assert "its posts are new to the list again" in said.out
    assert approved.json("newsletter", "draft", "newsletter")["edition"]["id"] == "newsletter-2"
    assert approved.run("newsletter", "undo", "newsletter-1", "--yes").status == 2


def test_nothing_can_be_undone_of_what_has_left(approved: Home) -> None:
    approved.run("newsletter", "send", "newsletter", "--yes").fine()
    said = approved.run("newsletter", "undo", "newsletter", "--yes")
    assert (said.status, "left at once" in said.err) == (2, True)
    assert status(approved)["state"] == "sent"


def test_a_time_to_leave(approved: Home) -> None:
    for wrong in ("tomorrow", "2001-01-01 09:00", "2027-03-28 02:30"):
        assert approved.run("newsletter", "send", "newsletter", "--at", wrong, "--yes").status == 2
    said = approved.json("newsletter", "send", "newsletter", "--at", "2099-12-01 09:00", "--yes")
    assert (said["edition"]["state"], said["edition"]["send_at"]) == ("scheduled", "2099-12-01T08:00:00+00:00")
    assert status(approved)["audience"] == 0
    assert "It leaves at 2099-12-01 09:00." in approved.run("newsletter", "status", "newsletter").out
    approved.ahead = datetime(2099, 12, 5, tzinfo=UTC) - datetime.now(UTC)
    late = approved.run("newsletter", "send", "newsletter", "--yes")
    assert (late.status, "--late" in late.err, approved.mails()) == (2, True, [])
    assert any("was not sent in time" in one for one in approved.json("status")["problems"])
    approved.run("newsletter", "send", "newsletter", "--late", "--yes").fine()
    everyone_has_one(approved, 5)


def test_what_it_tells_before_it_asks(approved: Home) -> None:
    limited(approved, "per_minute = 2")
    said = approved.run("newsletter", "send", "newsletter")
    assert said.status == 2
    for told in ("5 readers, by folder", "2 a minute: it takes 2 minutes at least", "at once", "2 readers: "):
        assert told in said.err


def test_the_days_limit_is_told_and_status_names_people_only_when_asked(approved: Home) -> None:
    limited(approved, "per_day = 3")
    said = approved.run("newsletter", "send", "newsletter", "--yes")
    assert said.status == 3
    assert "the limit of 3 a day is reached; it goes on after" in said.out
    assert "example.org" not in said.out + said.err.replace("news@", "")
    sent = set(map(receiver, approved.mails()))
    assert len(sent) == 3
    assert "example.org" not in approved.run("newsletter", "status", "newsletter").out
    named = approved.json("newsletter", "status", "newsletter", "--who")["edition"]["who"]
    assert {one["address"] for one in named} == READERS.keys() - sent
    assert {one["state"] for one in named} == {"queued"}
    approved.ahead = timedelta(days=1, minutes=1)
    approved.run("newsletter", "send", "newsletter", "--yes").fine()
    everyone_has_one(approved, 5)


def test_repair_with_nothing_to_repair(approved: Home) -> None:
    approved.run("newsletter", "send", "newsletter", "--yes").fine()
    said = approved.run("newsletter", "repair", "newsletter", "--retry-failed").fine()
    assert "5 sent + 0 waiting" in said.out
    both = approved.run("newsletter", "repair", "newsletter", "--resend-held", "--assume-sent")
    assert both.status == 2


def test_a_missing_key_is_said_where_it_is_needed(approved: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = "folder"
    for transport, name in (("smtp", "SYNDICATE_SMTP_URL"), ("sendgrid", "SENDGRID_API_KEY")):
        monkeypatch.delenv(name, raising=False)
        approved.edit("feeds/site.toml", f'transport = "{before}"', f'transport = "{transport}"')
        before = transport
        said = approved.run("newsletter", "send", "newsletter", "--yes")
        assert (said.status, name in said.err) == (2, True)
    assert status(approved)["audience"] == 0
