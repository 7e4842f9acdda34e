"""`syndicate worker`: the real command, on a real queue; what other commands leave to it; and how it ends."""

from __future__ import annotations

import random
import select
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import databases
import pytest
from road.conftest import begin_with, blog, make_home, served, shelf
from road.road_site import Home, Said, end, source, wait_for
from sendgrid_standin import KEY, Standin

from syndicate.samples.blog import Blog
from syndicate.store.engine import VERSION_TABLE

__all__ = ["begin_with", "blog", "make_home", "served", "shelf"]

pytestmark = pytest.mark.on_postgresql


@pytest.fixture
def home(make_home: Callable[..., Home], blog: Blog) -> Home:
    """A finished site that pulls the sample blog; nothing was done yet."""
    return make_home(source("isigurt", f"{blog}/rss.xml"))


@contextmanager
def worker(home: Home, *more: str) -> Iterator[subprocess.Popen[str]]:
    process = home.start("worker", *more)
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 30)[0], "it does not begin"
    assert process.stdout.readline().startswith("Working"), process.communicate()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def workers(home: Home) -> list[str]:
    """What the workers call themselves who are known to the others."""
    from syndicate.store import locks

    with home.store() as store:
        return locks.holders(store, "workers")


def stopped(process: subprocess.Popen[str]) -> Said:
    process.send_signal(signal.SIGTERM)
    return end(process)


def test_it_does_all_that_run_does(home: Home) -> None:
    home.run("subscribers", "add", "newsletter", "arta@example.org", "--language", "sq", "--evidence", "letter").fine()
    with worker(home) as process:
        said = home.run("run").fine()
        assert "1 worker at work on this site: what is due was left to them." in said.err
        wait_for(lambda: len(home.posts()) == 12 and (home.root / "public/feeds.opml").exists(), 60)
        home.run("newsletter", "draft", "newsletter").fine()
        home.run("newsletter", "approve", "newsletter").fine()
        said = home.run("newsletter", "send", "newsletter", "--yes").fine()
        assert "1 worker at work on it" in said.out
        wait_for(lambda: "newsletter-1 is sent: 1 sent" in home.run("newsletter", "status", "newsletter").out, 40)
        assert len(home.mails()) == 1
        ended = stopped(process)
        assert ended.status == 0, ended
        assert ended.err.endswith("Stopped.\n")
        assert "should not have happened" not in ended.err
    assert "worker" not in home.run("run").fine().err, "nobody is at work any more: run does it itself"


READERS, A_SECOND = 60, 15


def test_two_workers_one_killed_again_and_again_and_a_limit_that_both_keep(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through SendGrid's stand-in: nobody gets two, nobody is lost, and the work goes on within a stated time."""
    home.edit("feeds/site.toml", "[delivery]", f"[delivery]\nper_second = {A_SECOND}")
    home.edit("feeds/site.toml", 'transport = "folder"', 'transport = "sendgrid"')
    table = tmp_path / "people.csv"
    table.write_text(
        "address,language\n" + "".join(f"r{n}@example.org,{['sq', 'en'][n % 2]}\n" for n in range(READERS))
    )
    home.run("subscribers", "import", "newsletter", str(table), "--evidence", "letter").fine()
    home.run("pull").fine()
    home.run("newsletter", "draft", "newsletter").fine()
    home.run("newsletter", "approve", "newsletter").fine()
    with Standin(tmp_path / "standin.sqlite", loose=True) as provider:
        monkeypatch.setenv("SENDGRID_API_KEY", KEY)
        monkeypatch.setenv("SYNDICATE_SENDGRID_URL", provider.url)
        dice = random.Random(7)
        with worker(home, "--only", "send", "--jobs", "1") as one:
            began = time.monotonic()
            home.run("newsletter", "send", "newsletter", "--yes").fine()
            for _ in range(2):
                with worker(home, "--only", "send", "--jobs", "1"):
                    time.sleep(dice.uniform(0.2, 1.5))  # then it is killed, in the middle of its work
                assert standing(home)["balanced"]
            wait_for(lambda: standing(home)["state"] == "sent", 90)
            assert one.poll() is None
            assert time.monotonic() - began >= (READERS - 2 * A_SECOND) / A_SECOND, "together they keep the limit"
        provider.advance(3 * 3600)
        assert Counter(one["address"] for one in provider.deliveries()) == {
            f"r{n}@example.org": 1 for n in range(READERS)
        }
        assert standing(home)["states"] == {"accepted": READERS}


def standing(home: Home) -> dict[str, Any]:
    found: dict[str, Any] = home.json("newsletter", "status", "newsletter")["edition"]
    return found


@pytest.mark.slow
def test_it_goes_on_after_the_database_was_away_and_ends_when_a_newer_version_takes_it_over(home: Home) -> None:
    server, name = databases.ENGINE.server(), databases.name_of(home.database)
    with worker(home, "--only", "chores") as process:
        before = workers(home)
        assert len(before) == 1
        cut = server.ask(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        assert len(cut) >= 2
        wait_for(lambda: len(workers(home)) == 1, 60)
        server.ask(f"UPDATE {VERSION_TABLE} SET version_num = '0099'", database=name)
        ended = end(process, 60)
        assert ended.status == 1
        assert "hung up, or is restarting. This worker goes on when it is back." in ended.err
        assert "was written by a newer syndicate" in ended.err.strip().splitlines()[-1]


def test_what_is_in_its_way_is_told(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = home.run("worker", "--only", "nonsense")
    assert said.status == 2
    assert "--only takes pull, publish, send, chores" in said.err
    home.run("worker", "--only", "chores", "--jobs", "0")
    with home.store() as store:
        from syndicate.store import owner

        owner.keep_keys(store, [b"the keys of another machine"])
    said = home.run("worker")
    assert said.status == 1
    assert "other secret keys" in said.err
    monkeypatch.setenv("SYNDICATE_DATABASE_URL", f"sqlite:///{tmp_path / 'a.sqlite'}")
    said = home.run("worker")
    assert said.status == 2
    assert "syndicate copy-database" in said.err


def test_a_clock_that_is_off_is_put_right(home: Home) -> None:
    from datetime import UTC, datetime, timedelta

    from syndicate.cli import working
    from syndicate.cli.desk import Desk

    desk = Desk(site_option=str(home.root), now=lambda: datetime.now(UTC) + timedelta(hours=1))
    warned: list[str] = []
    desk.warn = warned.append  # type: ignore[method-assign]
    working._put_clock_right(desk)
    assert abs(desk.now() - datetime.now(UTC)) < timedelta(seconds=2)
    assert "3600 s ahead of the database's" in warned[0]
    working._put_clock_right(desk)
    assert len(warned) == 1
    desk.close()
