"""`run`: what is due is done once, whoever else runs and whatever was missed; one failure does not stop the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from road.road_site import Home, end

from syndicate.samples.blog import Blog

READERS = ("a@example.org", "b@example.org", "c@example.org")
LIST = "subscribers/newsletter.toml"


@pytest.fixture
def weekly(published: Home, begin_with: Any) -> Home:
    """Three readers, and a list that goes out each week without anybody's approval; seen by a first run."""

    def make() -> Home:
        for address in READERS:
            published.run(
                "subscribers", "add", "newsletter", address, "--language", "sq", "--evidence", "letter"
            ).fine()
        rhythm(published, "weekly monday 09:00", approval=False)
        published.run("run").fine()
        return published

    return begin_with("weekly", make)


def rhythm(home: Home, schedule: str, *, approval: bool) -> None:
    home.edit(LIST, 'schedule = "manual"', f'schedule = "{schedule}"')
    if not approval:
        home.edit(LIST, "approval = true", "approval = false")


def states(home: Home) -> dict[str, str]:
    return {one["id"]: one["state"] for one in home.json("newsletter", "list")["editions"]}


def got(home: Home) -> Counter[str]:
    """How many mails of an edition each reader has."""
    heads = [path.read_text("utf-8", "replace") for path in home.mails() if path.name.startswith("newsletter-")]
    return Counter(line[4:] for head in heads for line in head.splitlines() if line.startswith("To: "))


def new_post(blog: Blog, number: int) -> None:
    """The blog says something new."""
    first = blog.posts[0]
    made = replace(first, slug=f"e-re-{number}", number=2000 + number, title=f"{first.title} ({number})")
    blog.posts = (made, *blog.posts)


# ---------------------------------------------------------------- by the clock


def test_a_rhythm_sends_by_itself_once_and_is_quiet_between(weekly: Home) -> None:
    assert states(weekly) == {}, "the list begins to count from when it was first seen"
    weekly.ahead = timedelta(days=7)
    said = weekly.run("run").fine()
    assert "drafted    newsletter-1" in said.out
    assert "3 sent + 0 waiting" in said.out
    assert got(weekly) == Counter(READERS)
    assert (weekly.root / "public/newsletters/newsletter").is_dir(), "the archive is published in the same run"
    for minutes in (1, 600):
        weekly.ahead = timedelta(days=7, minutes=minutes)
        again = weekly.run("run").fine()
        assert (again.out, again.err) == ("", "")
    assert got(weekly) == Counter(READERS)


def test_missed_weeks_are_made_up_for_once_and_empty_ones_skipped_and_told_once(weekly: Home, blog: Blog) -> None:
    weekly.ahead = timedelta(days=40)
    weekly.run("run").fine()
    assert states(weekly) == {"newsletter-1": "sent"}
    weekly.ahead = timedelta(days=47)
    assert "nothing is new" in weekly.run("run").fine().err
    assert weekly.run("run").fine().err == ""
    new_post(blog, 1)
    weekly.ahead = timedelta(days=47, hours=2)
    said = weekly.run("run").fine()
    assert "drafted" not in said.out, "what was skipped waits for the next time"
    weekly.ahead = timedelta(days=54)
    weekly.run("run").fine()
    assert states(weekly) == {"newsletter-1": "sent", "newsletter-2": "sent"}
    assert got(weekly) == Counter(dict.fromkeys(READERS, 2))


def test_two_runs_at_once_send_one_edition(weekly: Home) -> None:
    weekly.edit(LIST, "weekly monday 09:00", "every 5 posts")
    both = [weekly.start("run"), weekly.start("run")]
    for process in both:
        assert end(process).status == 0
    assert states(weekly) == {"newsletter-1": "sent"}
    assert got(weekly) == Counter(READERS)


@pytest.mark.parametrize("step", ["drafted", "approved", "posting", "posted"])
def test_a_run_that_dies_is_gone_on_with(weekly: Home, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from syndicate import chores, shift

    class PowerCut(BaseException):
        pass

    def cut(*_: Any, **__: Any) -> None:
        raise PowerCut

    weekly.edit(LIST, "weekly monday 09:00", "every 5 posts")
    with monkeypatch.context() as broken:
        if step == "drafted":
            broken.setattr(chores, "_approve", cut)
        elif step == "approved":
            broken.setattr(chores, "_send", cut)
        else:
            name = {"posting": "_hand_over", "posted": "_conclude"}[step]
            broken.setattr(shift.Shift, name, cut)
        with pytest.raises(PowerCut):
            weekly.run("run")
    weekly.run("run").fine()
    assert states(weekly) == {"newsletter-1": "sent"}
    assert got(weekly) == Counter(READERS)


def test_an_edition_for_nobody_waits_and_is_told_once(published: Home) -> None:
    rhythm(published, "every 5 posts", approval=False)
    assert "nobody on newsletter" in published.run("run").fine().err
    assert published.run("run").fine().err == ""
    published.run(
        "subscribers", "add", "newsletter", "a@example.org", "--language", "sq", "--evidence", "letter"
    ).fine()
    assert "1 sent" in published.run("run").fine().out


# ---------------------------------------------------------------- approval


def test_an_approved_edition_of_a_rhythm_leaves_with_the_next_run(weekly: Home) -> None:
    weekly.edit(LIST, "approval = false", "approval = true")
    weekly.ahead = timedelta(days=7)
    weekly.run("run").fine()
    assert states(weekly) == {"newsletter-1": "draft"}
    assert "The next `syndicate run` sends it" in weekly.run("newsletter", "approve", "newsletter").fine().out
    assert "3 sent" in weekly.run("run").fine().out
    assert got(weekly) == Counter(READERS)


def test_an_approved_edition_of_a_manual_list_waits_for_a_person(weekly: Home) -> None:
    weekly.edit(LIST, 'schedule = "weekly monday 09:00"', 'schedule = "manual"')
    weekly.edit(LIST, "approval = false", "approval = true")
    weekly.run("newsletter", "draft", "newsletter").fine()
    weekly.run("newsletter", "approve", "newsletter").fine()
    said = weekly.run("run").fine()
    assert (said.out, said.err, got(weekly)) == ("", "", Counter())


def test_a_scheduled_edition_leaves_at_its_time(weekly: Home) -> None:
    weekly.edit(LIST, 'schedule = "weekly monday 09:00"', 'schedule = "manual"')
    weekly.run("newsletter", "draft", "newsletter").fine()
    later = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    weekly.run("newsletter", "send", "newsletter", "--at", later, "--yes").fine()
    assert weekly.run("run").fine().out == ""
    weekly.ahead = timedelta(hours=3, minutes=1)
    assert "3 sent" in weekly.run("run").fine().out


def test_what_the_checks_stop_is_not_sent_by_itself_and_told_once(weekly: Home) -> None:
    settings = (weekly.root / "feeds/site.toml").read_text("utf-8")
    weekly.write("feeds/site.toml", settings.replace("[safeguarding]", "[unused]", 1).split("[unused]")[0])
    weekly.edit(LIST, "weekly monday 09:00", "every 5 posts")
    said = weekly.run("run").fine()
    assert "the checks stop it (helpline)" in said.err
    assert weekly.run("run").fine().err == ""
    assert (states(weekly), got(weekly)) == ({"newsletter-1": "draft"}, Counter())


# ---------------------------------------------------------------- what fails


def test_a_broken_page_template_does_not_stop_the_newsletter(weekly: Home, blog: Blog) -> None:
    new_post(blog, 2)
    weekly.ahead = timedelta(days=7)
    (weekly.root / "templates").mkdir(exist_ok=True)
    weekly.write("templates/feed.html", "{{ broken")
    said = weekly.run("run")
    assert said.status == 3
    assert "feed.html" in said.err
    assert "3 sent" in said.out
    value = weekly.run("run", "--json")
    assert value.status == 3
    assert [one["step"] for one in value.json["failed"]] == ["publish"]


def test_an_outbox_that_cannot_be_written_fails_the_sending_and_nothing_else(weekly: Home) -> None:
    weekly.edit(LIST, "weekly monday 09:00", "every 5 posts")
    (weekly.root / "var/outbox").write_text("in the way", "utf-8")
    said = weekly.run("run")
    assert said.status == 3
    assert "outbox" in said.err
    (weekly.root / "var/outbox").unlink()
    assert "3 sent" in weekly.run("run").fine().out
    assert got(weekly) == Counter(READERS)


def test_retention_is_done_once_a_day(weekly: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from syndicate import retention

    days: list[datetime] = []
    purge = retention.purge

    def counted(site: Any, store: Any, ring: Any, now: datetime) -> Any:
        days.append(now)
        return purge(site, store, ring, now)

    monkeypatch.setattr(retention, "purge", counted)
    weekly.ahead = timedelta(days=2)
    for _ in range(2):
        weekly.run("run").fine()
    weekly.ahead = timedelta(days=3)
    weekly.run("run").fine()
    assert len(days) == 2
