"""What the operator is told by mail, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from notices.operator_mail import notices, tell
from road.road_site import Home, end

from syndicate import chores
from syndicate.samples.blog import Blog
from syndicate.samples.routes import Answer

LIST = "subscribers/newsletter.toml"


@pytest.fixture
def drafted(published: Home, begin_with: Any) -> Home:
    """One reader, one draft, and somebody to be told."""

    def make() -> Home:
        published.run("subscribers", "add", "newsletter", "a@example.org", "--language", "sq", "--evidence", "x").fine()
        published.run("newsletter", "draft", "newsletter").fine()
        tell(published)
        return published

    return begin_with("drafted", make)


class PowerCut(BaseException):
    """The machine goes off."""


def cut_at(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The next notice gets as far as `where`."""
    desk_of = chores._notices_desk

    def point(name: str) -> None:
        if name == where:
            raise PowerCut

    monkeypatch.setattr(chores, "_notices_desk", lambda tools: _with_point(desk_of(tools), point))


def _with_point(desk: Any, point: Any) -> Any:
    from dataclasses import replace

    return replace(desk, point=point)


# ---------------------------------------------------------------- a draft


def test_a_draft_is_told_once_with_posts_checks_readers_and_a_link(drafted: Home) -> None:
    assert drafted.run("run").fine().out == ""
    (one,) = notices(drafted)
    assert one.to == "kontakt@isigurt.al"
    assert "newsletter-1" in one.subject
    for kind in ("plain", "html"):
        part = one.part(kind)
        assert "sq: 1 reader" in part
        assert "syndicate newsletter approve newsletter-1" in part
        assert "a@example.org" not in part
        assert one.token in part
        assert part.count("A new reporting form") >= 2, "in a subject and among the posts"
    assert one.mail["Auto-Submitted"] == "auto-generated"
    assert one.mail["List-Id"] is None
    assert max(len(line) for line in one.text.splitlines() if "/approve/" not in line) <= 72
    assert drafted.run("run").fine().out == ""
    assert len(notices(drafted)) == 1


def test_the_operator_reads_their_language(drafted: Home) -> None:
    drafted.edit("feeds/site.toml", 'language = "en"\nweekly', 'language = "sq"\nweekly')
    drafted.run("run").fine()
    (one,) = notices(drafted)
    assert one.subject == "newsletter-1 pret miratimin"
    assert "1 lexues" in one.text
    assert one.mail["Content-Language"] == "sq"
    assert '<html lang="sq">' in one.part("html")


def test_a_draft_that_changed_is_told_again_and_one_that_waits_after_a_week(drafted: Home) -> None:
    drafted.run("run").fine()
    drafted.run("posts", "withdraw", drafted.posts()["formular-i-ri-raportimi"]["id"], "--yes").fine()
    drafted.run("run").fine()
    first, second = notices(drafted)
    assert first.token != second.token
    assert "A new reporting form" in first.text
    assert "A new reporting form" not in second.text
    drafted.ahead = timedelta(days=7)
    drafted.run("run").fine()
    assert len(notices(drafted)) == 3


def test_nobody_is_told_where_nobody_is_named(published: Home) -> None:
    published.run("newsletter", "draft", "newsletter").fine()
    published.run("run").fine()
    assert not notices(published)


def test_without_a_server_of_our_own_there_is_no_link(drafted: Home) -> None:
    text = _settings(drafted)
    key = 'leaving = "mail"'
    drafted.write(
        "feeds/site.toml",
        text.replace("[delivery]", f"[delivery]\n{key}") if "[delivery]" in text else f"{text}\n[delivery]\n{key}\n",
    )
    drafted.run("run").fine()
    (one,) = notices(drafted)
    assert "/approve/" not in one.text + one.part("html")
    assert "%%" not in one.text + one.part("html")


def _settings(home: Home) -> str:
    return (home.root / "feeds/site.toml").read_text("utf-8")


# ---------------------------------------------------------------- killed, twice at once


def test_a_run_killed_between_draft_and_notice_tells_at_the_next(published: Home, monkeypatch: Any) -> None:
    tell(published)
    published.edit(LIST, 'schedule = "manual"', 'schedule = "every 5 posts"')
    with monkeypatch.context() as broken:
        broken.setattr(chores, "tell", _power_cut)
        with pytest.raises(PowerCut):
            published.run("run")
    assert not notices(published)
    published.run("run").fine()
    published.run("run").fine()
    assert len(notices(published)) == 1


def _power_cut(*_: Any) -> None:
    raise PowerCut


@pytest.mark.parametrize("where", ["noted", "handed over"])
def test_a_run_killed_while_it_tells_leaves_one_mail(drafted: Home, where: str, monkeypatch: Any) -> None:
    with monkeypatch.context() as broken:
        cut_at(broken, where)
        with pytest.raises(PowerCut):
            drafted.run("run")
    assert len(notices(drafted)) == (where == "handed over")
    drafted.run("run").fine()
    drafted.run("run").fine()
    assert len(notices(drafted)) == 1


def test_two_runs_at_once_tell_once(drafted: Home) -> None:
    for process in [drafted.start("run"), drafted.start("run")]:
        assert end(process).status == 0
    assert len(notices(drafted)) == 1


def test_a_notice_that_cannot_leave_is_told_by_the_next_run(drafted: Home) -> None:
    outbox = drafted.root / "var/outbox"
    outbox.write_text("in the way", "utf-8")
    said = drafted.run("run")
    assert said.status == 3
    assert "mails to the operator" in said.err
    assert "kontakt@" not in said.err
    outbox.unlink()
    drafted.run("run").fine()
    assert len(notices(drafted)) == 1


# ---------------------------------------------------------------- something broke


def failing(blog: Blog) -> None:
    blog.answer["/rss.xml"] = Answer(500)


def test_a_source_is_told_of_when_it_fails_for_a_day_and_then_once_a_day(published: Home, blog: Blog) -> None:
    tell(published)
    failing(blog)
    told = []
    for hours in (2, 20, 26, 30, 51, 55):
        published.ahead = timedelta(hours=hours)
        published.run("run")
        told.append(len(notices(published)))
    assert told == [0, 0, 1, 1, 2, 2]
    one = notices(published)[0]
    assert "isigurt" in one.text
    assert "500" in one.text
    assert "syndicate pull isigurt" in one.text


def test_what_the_checks_stop_is_told(drafted: Home) -> None:
    drafted.run("newsletter", "cancel", "newsletter-1").fine()
    drafted.write("feeds/site.toml", _without_helpline(_settings(drafted)))
    drafted.edit(LIST, 'schedule = "manual"', 'schedule = "every 5 posts"')
    drafted.edit(LIST, "approval = true", "approval = false")
    for _ in range(2):
        drafted.run("run").fine()
    (one,) = notices(drafted)
    assert "newsletter-2 was not sent: the checks stop it" in one.text
    assert "helpline" in one.text


def _without_helpline(settings: str) -> str:
    before, _, rest = settings.partition("[safeguarding]")
    return before + "".join(f"\n[{part}" for part in rest.split("\n[")[1:])


def test_a_step_that_fails_is_told(drafted: Home) -> None:
    (drafted.root / "templates").mkdir(exist_ok=True)
    drafted.write("templates/feed.html", "{{ broken")
    drafted.edit("feeds/site.toml", 'name = "iSIGURT.al"', 'name = "iSIGURT"')  # so that every page is written anew
    assert drafted.run("run").status == 3
    subjects = [one.subject for one in notices(drafted)]
    assert "iSIGURT: something needs you" in subjects
    (one,) = [one for one in notices(drafted) if "needs you" in one.subject]
    assert "feed.html" in one.text


# ---------------------------------------------------------------- the week


def monday(hours: float) -> timedelta:
    """From now to the next Monday at seven in Tirana, and so many hours more."""
    from syndicate.models import Schedule
    from syndicate.rhythm import following

    now = datetime.now(UTC)
    at = following(Schedule("weekly", weekday=0, hour=7), now=now, timezone="Europe/Tirane")
    assert at is not None
    return at - now + timedelta(hours=hours)


def test_the_weekly_line_comes_on_mondays_once_also_when_one_was_missed(published: Home) -> None:
    tell(published, weekly=True)
    published.run("subscribers", "add", "newsletter", "a@example.org", "--language", "sq", "--evidence", "x").fine()
    told = []
    for ahead in (timedelta(0), monday(-1), monday(1), monday(20), monday(24 * 17), monday(24 * 18)):
        published.ahead = ahead
        published.run("run")
        told.append(len([one for one in notices(published) if "the week" in one.subject]))
    assert told == [0, 0, 1, 1, 2, 2]
    first = notices(published)[0]
    assert "1 confirmed, 0 not confirmed yet" in first.text
    assert "No edition was sent." in first.text
    assert "a@example.org" not in first.text


# ---------------------------------------------------------------- an idle run


def test_an_idle_run_with_a_rhythm_and_notices_imports_nothing_heavy(published: Home) -> None:
    import subprocess
    import sys

    tell(published, weekly=True)
    published.edit(LIST, 'schedule = "manual"', 'schedule = "weekly monday 09:00"')
    for _ in range(2):
        published.typed("run").fine()
    code = (
        "import sys; from syndicate.cli.app import run; run(sys.argv[1:]); print('\\0' + ' '.join(sorted(sys.modules)))"
    )
    line = [sys.executable, "-c", code, "run", "--site", str(published.root)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True)
    modules = set(done.stdout.rpartition("\0")[2].split())
    heavy = {"jinja2", "babel", "mjml", "itsdangerous", "email_validator", "PIL", "sendgrid", "syndicate.compose"}
    assert sorted(modules & heavy) == []
