"""Approving by the mailed link: looking never acts, the button approves as one person, and only what was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from notices.operator_mail import notices, tell
from road.road_site import Home
from web.web_site import Served, serving

from syndicate.consent import tokens

LIST = "subscribers/newsletter.toml"
TWO = ("kontakt@isigurt.al", "buletini@isigurt.al")


def state(home: Home) -> str:
    (one,) = [one for one in home.json("newsletter", "list")["editions"] if one["id"] == "newsletter-1"]
    return str(one["state"])


@pytest.fixture
def told(published: Home, begin_with: Any) -> Home:
    """A weekly list's draft, of which two operators were told."""

    def make() -> Home:
        published.run("subscribers", "add", "newsletter", "a@example.org", "--language", "sq", "--evidence", "x").fine()
        published.edit(LIST, 'schedule = "manual"', 'schedule = "every 5 posts"')
        tell(published, *TWO)
        published.run("run").fine()
        return published

    return begin_with("told", make)


def token_of(home: Home, who: str) -> str:
    (one,) = [one for one in notices(home) if one.to == who]
    return one.token


@contextmanager
def served_with(home: Home) -> Iterator[Served]:
    with serving(home.root) as served:
        yield served
        assert not served.warnings


def test_looking_shows_the_edition_and_does_nothing_and_the_button_approves(told: Home) -> None:
    path = f"/approve/{token_of(told, TWO[0])}"
    with served_with(told) as served:
        page = served.get(path)
        assert (page.status, page.heading) == (200, "Approve newsletter-1?")
        frames, variants = page.text.count('<iframe sandbox=""'), page.text.count("<details>")
        assert frames == page.text.count("<iframe") >= 4, "each in a frame that may do nothing"
        assert variants >= frames
        assert "'unsafe-inline'" in page.headers["content-security-policy"]
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert state(told) == "draft"
        assert served.ask("HEAD", path).status == 200
        assert state(told) == "draft"
        done = served.post(path)
        assert (done.status, done.heading) == (200, "Approved")
        assert "next run" in done.text
        assert state(told) == "approved"
        again = served.post(path)
        assert "state is “approved”" in again.text
        assert "<form" not in again.text.partition("<main")[2]
        assert not any(path[9:30] in line for line in served.lines), "no token in the log"
    assert "1 sent" in told.run("run").fine().out


def test_links_that_prove_nothing(told: Home) -> None:
    token = token_of(told, TWO[0])
    with served_with(told) as served:
        ring, now = served.parts.ring, served.clock()
        claim = tokens.read(ring, token, purpose="approve", now=now)
        same = {"subscriber": claim.subscriber, "list": claim.list, "now": now, "extra": claim.extra}
        stranger = {**same, "subscriber": "0" * 32}
        nothing = {**same, "list": "newsletter-9"}
        bad = [
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            token[1:],
            tokens.sign([b"x" * 32], purpose="approve", **same),  # another key
            tokens.sign(ring, purpose="account", **same),  # another purpose
            tokens.sign(ring, purpose="approve", **stranger),
            tokens.sign(ring, purpose="approve", **nothing),
            tokens.sign(ring, purpose="leave", subscriber=claim.subscriber, list=claim.list),
        ]
        for one in bad:
            assert served.get(f"/approve/{one}").status == 400
            assert served.post(f"/approve/{one}").status == 400
        served.clock.pass_(days=7, minutes=1)
        assert served.post(f"/approve/{token}").status == 400, "a week is over"
        assert state(told) == "draft"


def test_an_edition_that_changed_is_not_approved_by_the_old_link(told: Home) -> None:
    token = token_of(told, TWO[0])
    told.run("posts", "withdraw", told.posts()["formular-i-ri-raportimi"]["id"], "--yes").fine()
    with served_with(told) as served:
        for answer in (served.get(f"/approve/{token}"), served.post(f"/approve/{token}")):
            assert (answer.status, answer.heading) == (409, "It has changed")
    assert state(told) == "draft"
    told.run("run").fine()
    newest = [one for one in notices(told) if one.to == TWO[0]][-1]
    with served_with(told) as served:
        assert served.post(f"/approve/{newest.token}").heading == "Approved"
    assert state(told) == "approved"


def test_two_approvers_are_two_people(told: Home) -> None:
    told.edit(LIST, "approval = true", "approval = true\napprovers = 2")
    first, second = (token_of(told, who) for who in TWO)
    with served_with(told) as served:
        for _ in range(2):
            served.post(f"/approve/{first}")
            assert state(told) == "draft"
        mine = served.get(f"/approve/{first}")
        assert "1 of 2 approvals" in mine.text
        assert "<form" not in mine.text.partition("<main")[2]
        assert "1 of 2 approvals" in served.get(f"/approve/{second}").text
        served.post(f"/approve/{second}")
    assert state(told) == "approved"


def test_who_approves_at_the_terminal_and_by_link_counts_once(told: Home) -> None:
    told.edit(LIST, "approval = true", "approval = true\napprovers = 2")
    for _ in range(2):
        said = told.run("newsletter", "approve", "newsletter", "--as", TWO[0].upper()).fine()
        assert "1 of 2 approvals" in said.out
        assert state(told) == "draft"
    assert told.run("newsletter", "send", "newsletter", "--yes").status == 2
    with served_with(told) as served:
        assert "You have approved it" in served.post(f"/approve/{token_of(told, TWO[0])}").text
        assert state(told) == "draft"
        served.post(f"/approve/{token_of(told, TWO[1])}")
    assert state(told) == "approved"


def test_at_the_terminal_one_of_several_says_who_they_are(told: Home) -> None:
    told.edit(LIST, "approval = true", "approval = true\napprovers = 2")
    nobody = told.run("newsletter", "approve", "newsletter")
    assert (nobody.status, "--as ADDRESS" in nobody.err) == (2, True)
    stranger = told.run("newsletter", "approve", "newsletter", "--as", "stranger@example.org")
    assert (stranger.status, "[notices]" in stranger.err, "stranger" in stranger.err) == (2, True, False)
    assert state(told) == "draft"


def test_the_page_speaks_the_language_that_was_asked_for(told: Home) -> None:
    path = f"/approve/{token_of(told, TWO[0])}"
    with served_with(told) as served:
        assert served.get(f"{path}?lang=sq").heading == "Ta miratojmë newsletter-1?"
        assert served.get(path).heading == "Approve newsletter-1?"
        assert served.post(path, lang="sq").heading == "U miratua"


def test_who_is_not_told_any_more_approves_no_more(told: Home) -> None:
    token = token_of(told, TWO[0])
    told.edit("feeds/site.toml", f'"{TWO[0]}", ', "")
    with served_with(told) as served:
        assert served.post(f"/approve/{token}").status == 400
    assert state(told) == "draft"


def test_an_approval_of_other_bytes_does_not_count(told: Home) -> None:
    told.edit(LIST, "approval = true", "approval = true\napprovers = 2")
    told.run("newsletter", "approve", "newsletter", "--as", TWO[1]).fine()
    told.run("posts", "withdraw", told.posts()["formular-i-ri-raportimi"]["id"], "--yes").fine()
    told.run("run").fine()
    newest = [one for one in notices(told) if one.to == TWO[0]][-1]
    with served_with(told) as served:
        served.post(f"/approve/{newest.token}")
    assert state(told) == "draft"


def test_what_the_checks_stop_cannot_be_approved_by_the_link(told: Home) -> None:
    text = (told.root / "feeds/site.toml").read_text("utf-8")
    before, _, rest = text.partition("[safeguarding]")
    told.write("feeds/site.toml", before + "".join(f"\n[{part}" for part in rest.split("\n[")[1:]))
    token = token_of(told, TWO[0])
    told.run("newsletter", "cancel", "newsletter").fine()
    told.run("run").fine()
    token = [one for one in notices(told) if one.to == TWO[0]][-1].token
    with served_with(told) as served:
        page = served.post(f"/approve/{token}")
        assert "something has to be put right first" in page.text
        assert "[helpline]" in page.text
    states = {one["id"]: one["state"] for one in told.json("newsletter", "list")["editions"]}
    assert states["newsletter-2"] == "draft"


def test_an_old_key_of_the_ring_still_knows_the_link_and_the_person(told: Home) -> None:
    told.edit(LIST, "approval = true", "approval = true\napprovers = 2")
    token = token_of(told, TWO[0])
    with served_with(told) as served:
        served.post(f"/approve/{token}")
    key = told.root / "var/secret.key"
    key.write_text("cd" * 32 + "\n" + key.read_text("utf-8"), "utf-8")
    with served_with(told) as served:
        assert "You have approved it" in served.post(f"/approve/{token}").text
    assert state(told) == "draft", "the same person with a new key is no second one"


@pytest.mark.browser
def test_a_browser_shows_the_frames_and_the_page_is_accessible(told: Home, browser: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with served_with(told) as served:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"http://127.0.0.1:{served.port}/approve/{token_of(told, TWO[0])}")
        frame = page.frame_locator("iframe").first
        assert frame.locator("body").inner_text().strip(), "the mail is shown"
        font = frame.locator("h1, h2").first.evaluate("element => getComputedStyle(element).fontSize")
        assert font != "32px", "the mail's own styles count"
        assert not [line for line in said if "Content Security Policy" in line]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag22aa"]}).response["violations"]
        assert [one["id"] for one in found] == []
        page.close()


def test_days_of_a_link() -> None:
    from syndicate import approving
    from syndicate import notices as hall

    assert timedelta(0) < hall.REMINDER < approving.LINK_LIVES
