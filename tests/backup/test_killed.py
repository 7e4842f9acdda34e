"""Killed while it backs up, restores or finishes a restore: what is there is whole, the old or the new."""

import os
import signal
import subprocess
import sys

import pytest
from backup.conftest import PEOPLE
from road.road_site import REPOSITORY

from syndicate.operate import parcel, vault

KILLED = """
import os, signal, sys
count, at = 0, int(sys.argv[1])
def hook(event, arguments):
    global count
    if event in ("os.rename", "os.link", "os.remove"):
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)
from syndicate.cli.app import run
from syndicate.store import Store
sys.addaudithook(hook)
status = run(sys.argv[2:])
sys.stderr.write(f"steps {count}")
sys.exit(status)
"""
"""Runs a command, and dies before a step that changes what lies in folders."""


def killed(home, at, *command):
    """Whether the command was killed before that step; False when it had fewer."""
    arguments = [sys.executable, "-c", KILLED, str(at), *command, "--site", str(home.root)]
    done = subprocess.run(arguments, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def steps(every, sample):
    """A sample of steps; all of them when all is asked for."""
    return [at if at in sample else pytest.param(at, marks=pytest.mark.slow) for at in every]


@pytest.fixture
def changed(peopled, tmp_path):
    """A site that was changed after its backup."""
    path = tmp_path / "kept.backup"
    peopled.run("backup", str(path)).fine()
    peopled.run("subscribers", "remove", "newsletter", PEOPLE[0]).fine()
    peopled.edit("feeds/site.toml", 'delay = "0s"', 'delay = "5s"')
    return peopled, path


@pytest.mark.parametrize("at", steps(range(1, 37), (9, 20, 25)))
def test_a_restore_that_is_killed_has_changed_nothing_or_is_finished(changed, at):
    home, path = changed
    died = killed(home, at, "restore", str(path), "--yes")
    status = home.json("status")
    new = 'delay = "0s"' in (home.root / "feeds/site.toml").read_text()
    assert new or died
    assert new == any("`syndicate arm`" in one for one in status["problems"])
    assert status["lists"][0]["confirmed"] == 59, "who left stays away, in the old and in the new"
    assert len(home.posts()) == 12
    assert not (home.root / "var/restore.json").exists()
    home.run("restore", str(path), "--yes").fine()
    assert not list(home.root.rglob("*.restoring"))


@pytest.mark.parametrize("at", steps(range(1, 5), (1, 2)))
def test_a_backup_that_is_killed_has_no_name_or_is_whole(peopled, tmp_path, key, at):
    (tmp_path / "kept").mkdir()
    path = tmp_path / "kept" / "one.backup"
    died = killed(peopled, at, "backup", str(path))
    assert died or path.exists()
    if path.exists():
        with path.open("rb") as file:
            assert isinstance([*parcel.read(vault.opened(file, lambda: key))][-1], parcel.End)
    assert peopled.run("status").status == 0


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.4, 0.7, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0])
def test_a_power_cut_at_any_moment_of_a_restore(changed, pause):
    home, path = changed
    process = home.start("restore", str(path), "--yes")
    try:
        process.wait(pause)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    status = home.json("status")
    new = 'delay = "0s"' in (home.root / "feeds/site.toml").read_text()
    assert new == any("`syndicate arm`" in one for one in status["problems"])
    assert status["lists"][0]["confirmed"] == 59
