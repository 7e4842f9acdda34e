"""Units for systemd: what they say, what systemd says of them, and that what they start starts."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from road.road_site import Home
from upgrade.unpack import OldSite

ANALYZE = shutil.which("systemd-analyze")
with_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)")
SOMEBODY = "daemon"
"""A user that every Debian has: systemd warns of one that is not there."""


@pytest.fixture
def home(old: OldSite, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(old.root, monkeypatch)


def written(home: Home, *options: str) -> dict[str, str]:
    home.run("units", str(home.root / "units"), "--user", SOMEBODY, *options).fine()
    return {path.name: path.read_text("utf-8") for path in sorted((home.root / "units").iterdir())}


def values(unit: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)


def analyzed(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([str(ANALYZE), *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_they_hold_the_site_and_nothing_secret(home: Home) -> None:
    home.edit("feeds/site.toml", 'transport = "folder"', 'transport = "sendgrid"')
    said = home.run("units", str(home.root / "units"), "--secret", "SYNDICATE_WEBHOOK_KEY", "--json").fine().json
    assert said["user"] == (home.root / "var").owner()
    assert said["secrets"] == ["/etc/syndicate/sendgrid-api-key", "/etc/syndicate/syndicate-webhook-key"]
    units = written(home, "--port", "8123", "--every", "5", "--secret", "SYNDICATE_WEBHOOK_KEY")
    assert list(units) == ["syndicate-run.service", "syndicate-run.timer", "syndicate-serve.service"]
    assert values(units["syndicate-run.timer"], "OnCalendar") == ["*:0/5"]
    assert values(units["syndicate-serve.service"], "ExecStart")[0].endswith(
        f"--site {home.root} serve --proxy --port 8123"
    )
    for name in ("syndicate-run.service", "syndicate-serve.service"):
        assert values(units[name], "User") == [SOMEBODY]
        assert values(units[name], "ReadWritePaths") == [f"{home.root}/var {home.root}/public"]
        assert values(units[name], "Environment") == [
            "SENDGRID_API_KEY_FILE=%d/sendgrid-api-key",
            "SYNDICATE_WEBHOOK_KEY_FILE=%d/syndicate-webhook-key",
        ]
        assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes"} <= set(units[name].splitlines())


def test_a_database_elsewhere_brings_workers(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNDICATE_DATABASE_URL", "postgresql://me:secret@db/site")
    units = written(home)
    assert "syndicate-worker@.service" in units
    assert "secret@db" not in "".join(units.values())
    assert values(units["syndicate-run.service"], "LoadCredential") == [
        "syndicate-database-url:/etc/syndicate/syndicate-database-url"
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--secret", "PASSWORD"), "no variable PASSWORD"),
        (("--user", "some body"), "plain name"),
        (("--user", "%u"), "plain name"),
    ],
)
def test_what_systemd_would_misread_is_refused(home: Home, options: tuple[str, str], told: str) -> None:
    said = home.run("units", str(home.root / "units"), *options)
    assert (said.status, told in said.err) == (2, True)


@with_systemd
def test_systemd_finds_nothing_wrong_with_them(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNDICATE_DATABASE_URL", "postgresql://me:secret@db/site")
    names = [str(home.root / "units" / name) for name in written(home)]
    assert analyzed("verify", *(name.replace("@", "@1") for name in names)) == (0, "")
    for name in names:
        if not name.endswith("timer"):
            status, told = analyzed("security", "--offline=true", "--threshold=25", name)  # of 100, the less the better
            assert status == 0, told[-300:]


@with_systemd
def test_systemd_would_find_what_is_wrong(home: Home) -> None:
    written(home)
    unit = home.root / "units/syndicate-serve.service"
    unit.write_text(
        unit.read_text("utf-8").replace("ExecStart=/", "ExecStart=/nowhere/").replace("Restart=", "Restrat="), "utf-8"
    )
    status, told = analyzed("verify", str(unit))
    assert (status != 0, "Restrat" in told) == (True, True)


def test_what_a_unit_starts_starts(home: Home, tmp_path: Path) -> None:
    """The line of the unit, with the environment that systemd would give it: secrets in files, and little else."""
    home.edit("feeds/site.toml", 'transport = "folder"', 'transport = "sendgrid"')
    unit = written(home)["syndicate-run.service"]
    for name, _ in (one.split(":") for one in values(unit, "LoadCredential")):
        (tmp_path / name).write_text("SG.not-a-real-one\n")
    given = dict(one.replace("%d", str(tmp_path)).split("=", 1) for one in values(unit, "Environment"))
    line = shlex.split(values(unit, "ExecStart")[0])
    assert line.pop() == "run"
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **given}
    done = subprocess.run([*line, "status"], cwd="/", env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "newsletter-2" in done.stdout
