"""`syndicate doctor`: each trouble is made for real, and its sentence is seen."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import databases
import pytest
from checks.checks_world import Names
from deliver_smtp.mailhosts import told
from road.road_site import Home
from sendgrid_standin import KEY, Standin

from syndicate.cli.desk import Desk
from syndicate.deliver.sendgrid import SCOPES
from syndicate.doctor import CHECKS, Case, Check, examine
from syndicate.operate import machine, mailing
from syndicate.samples.blog import Blog
from syndicate.store import armed, editions, ledger

DATABASE = [one for one in CHECKS if one.group == "Database"]


def found(home: Home, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """What the doctor found, by check."""
    said = home.run("doctor", "--json", *(arguments or ("--offline",)))
    checks: dict[str, list[dict[str, Any]]] = {}
    for one in said.json["checks"]:
        checks.setdefault(one["check"], []).append(one)
    assert said.status == (1 if said.json["problems"] else 0)
    assert said.json["problems"] == sum(one["level"] == "problem" for some in checks.values() for one in some)
    return checks


def looking_at(home: Home, *, online: bool) -> tuple[Desk, Case]:
    from syndicate.cli.doctor import case_of  # late: the page of commands has them in the order of their import

    desk = Desk(site_option=str(home.root))
    return desk, case_of(desk, online=online)


def sick(checks: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    return [
        (one["check"], one["level"]) for some in checks.values() for one in some if one["level"] not in ("ok", "note")
    ]


# ---------------------------------------------------------------- nothing is wrong


def test_it_is_quiet_when_all_is_well(published: Home) -> None:
    said = published.run("doctor", "--offline").fine()
    assert said.out.splitlines()[0].endswith("checks: nothing is wrong.")
    assert "Not asked: --offline (sender-dns, transport, base-url, serve, robots)." in said.out
    assert len(said.out.splitlines()) == 2
    everything = published.run("doctor", "--offline", "-v").fine().out
    assert "  ok       The database is ours, schema" in everything
    assert "This machine's clock agrees with isigurt." in everything
    assert "The site's files are right: 1 source" in everything


def test_it_changes_nothing(published: Home) -> None:
    connection = sqlite3.connect(published.database)
    connection.execute("UPDATE syndicate_schema SET version_num = '1'")
    connection.commit()
    connection.close()
    (published.root / "var/secret.key").unlink()
    (published.root / "var").chmod(0o755)
    before = {path: path.stat().st_mtime_ns for path in sorted(published.root.rglob("*")) if path.is_file()}
    checks = found(published)
    assert "older" in checks["database"][0]["message"]
    assert {path: path.stat().st_mtime_ns for path in sorted(published.root.rglob("*")) if path.is_file()} == before
    assert (published.root / "var").stat().st_mode & 0o777 == 0o755


# ---------------------------------------------------------------- troubles of the files and the machine

Trouble = Callable[[Home], object]


def _write(name: str, text: str) -> Trouble:
    return lambda home: home.write(name, text)


def _gone(name: str) -> Trouble:
    return lambda home: (home.root / name).unlink()


def _mode(name: str, mode: int) -> Trouble:
    return lambda home: (home.root / name).chmod(mode)


def _git(*files: str) -> Trouble:
    def make(home: Home) -> None:
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        for command in (["init", "-q"], ["add", "-f", "feeds", *files]):
            subprocess.run(["git", *command], cwd=home.root, check=True, env=environment, capture_output=True)

    return make


def _then(*troubles: Trouble) -> Trouble:
    return lambda home: [one(home) for one in troubles]


def _sql(*statements: str) -> Trouble:
    def make(home: Home) -> None:
        connection = sqlite3.connect(home.database)
        for one in statements:
            connection.execute(one)
        connection.commit()
        connection.close()

    return make


def _garbled(home: Home) -> None:
    _sql("PRAGMA wal_checkpoint(TRUNCATE)")(home)
    with home.database.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(os.urandom(4096 * 4))


def _later(days: int) -> Trouble:
    def make(home: Home) -> None:
        home.ahead = timedelta(days=days)

    return make


def _other(name: str, old: str, new: str) -> Trouble:
    return lambda home: home.edit(name, old, new)


def _by(transport: str, more: str = "") -> Trouble:
    return _other("feeds/site.toml", 'transport = "folder"', f'transport = "{transport}"{more}')


SITE = "feeds/site.toml"
PEOPLE = "address\nana@gmx.al\n"
READER = ("subscribers", "add", "newsletter", "ana@example.org", "--evidence", "paper")
TOGETHER: dict[str, list[tuple[str, str, Trouble, str, str]]] = {
    "what lies about": [
        ("templates", "warning", _other("templates/newsletter.mjml", "<mj-body", "<mj-bodi></mj-bodi><mj-body"),
         "MJML knows no <mj-bodi>; did you mean", "Look at line"),
        ("templates", "warning", _write("templates/feed.html", "<p>\n{% if %}\n"), "templates/feed.html:2: ", "delete the file"),
        ("secrets-in-files", "problem", lambda home: home.add(SITE, f"# {'SG.' + 'a' * 22 + '.' + 'b' * 43}"),
         "holds a key of SendGrid's", "make a new key"),
        ("secrets-in-files", "problem", lambda home: home.add(SITE, "# smtp://me:hunter2@mail.example.org"),
         "holds a password in an address", "environment"),
        ("git-ignore", "problem", _write(".gitignore", "*.csv\n"), "does not ignore var/", ".gitignore"),
        ("git", "problem", _then(_write("readers.csv", PEOPLE), _git("readers.csv")), "holds people's addresses: readers.csv",
         "git rm --cached readers.csv"),
        ("git", "problem", _git("var/syndicate.sqlite"), "var/syndicate.sqlite", "git rm --cached"),
        ("git", "warning", _then(_write("feeds/notes.md", "Ask ana@gmx.al."), _git("feeds")), "feeds/notes.md", "Look"),
        ("permissions", "problem", _mode("var", 0o755), "may look into it (mode 0755)", "chmod 700 var/"),
        ("permissions", "problem", _mode("var/secret.key", 0o644), "may be read by others", "chmod 600 var/secret.key"),
        ("permissions", "warning", _then(_write("var/mail.eml", "x"), _mode("var/mail.eml", 0o644)), "var/mail.eml",
         "chmod -R go= var/"),
        ("feeds", "problem", lambda home: shutil.rmtree(home.root / "public/feeds/all-sq"), "has no file under public/: all-sq",
         "syndicate publish"),
        ("cron", "note", _sql("DELETE FROM meta WHERE key = 'daily'"), "has not done its work here yet", "syndicate run"),
    ],
    "sendgrid without a key": [
        ("change-marks", "problem", _other(SITE, "https://feeds.isigurt.al", "https://feeds.example.org"),
         "feeds/site.toml:4: base_url is still the starter's", "Change it in feeds/site.toml"),
        ("secrets", "problem", _by("sendgrid"), "SENDGRID_API_KEY is not set here", "where cron runs"),
        ("webhook", "warning", lambda home: None, "events are refused", "suppressions pull"),
        ("secret-key", "problem", _then(lambda home: home.run(*READER).fine(), _gone("var/secret.key")),
         "var/secret.key is gone, and the database knows 1 person", "from a backup"),
        ("cron", "problem", _later(3), "last at work 3 days ago", "crontab -l"),
    ],
    "smtp": [
        ("secrets", "problem", _by("smtp", '\ndkim_domain = "isigurt.al"\ndkim_selector = "k1"'),
         "SYNDICATE_DKIM_KEY is not set", "SYNDICATE_DKIM_KEY_FILE"),
        ("leaving", "problem", _other(SITE, "https://feeds.isigurt.al", "http://feeds.isigurt.al"),
         "Links to leave begin with http", "https"),
        ("secret-key", "problem", _write("var/secret.key", base64.b64encode(b"a" * 32).decode()), "is no random one",
         "openssl rand -base64 32"),
        ("clock", "problem", _later(-3), "it was set back, or was once ahead", "timedatectl"),
    ],
    "words and rows": [
        ("words", "problem", _write("templates/words.en.toml", "[mail]\nsubject = 7\n"), "words.en.toml:2", "words.en.toml"),
        ("secret-key", "problem", _write("var/secret.key", "geheim"), "key 1 is not base64", ""),
        ("integrity", "problem", _sql("PRAGMA foreign_keys=OFF", "DELETE FROM posts"), "refer to others that are gone", "report"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("troubles", TOGETHER.values(), ids=[name.replace(" ", "-") for name in TOGETHER])
def test_each_trouble_is_told(published: Home, troubles: list[tuple[str, str, Trouble, str, str]]) -> None:
    for _, _, make, _, _ in troubles:
        make(published)
    checks = found(published)
    assert len(checks) > 15, "the others were looked at all the same"
    for check, level, _, said, remedy in troubles:
        some = [one for one in checks[check] if said in one["message"] and one["looked"]]
        assert some, (said, checks[check])
        assert (some[0]["level"], remedy in some[0]["remedy"]) == (level, True), some[0]


DATABASES: list[tuple[str, str, Trouble, str, str]] = [
    ("integrity", "problem", _garbled, "The database is damaged", "restore the last backup"),
    ("database", "problem", _then(lambda home: home.database.unlink(), _sql("CREATE TABLE albums (id)")),
     "belongs to another program (it has the table albums)", "SYNDICATE_DATABASE_URL"),
    ("database", "problem", _sql("UPDATE syndicate_schema SET version_num = '999'"), "newer syndicate (schema 999", "Install"),
    ("database", "note", _sql("UPDATE syndicate_schema SET version_num = '1'"), "The database is older (schema 1", "Keep a copy"),
    ("database", "problem", _write("var/syndicate.sqlite", "a letter to a friend" * 99), "not a database", "Restore"),
    ("database", "note", lambda home: home.database.unlink(), "There is no database yet", ""),
]  # fmt: skip


def test_a_repository_that_ignores_the_site_is_not_the_sites(published: Home) -> None:
    """As with a demo: what others keep beside it is none of its business."""
    above = published.root.parent
    (above / ".gitignore").write_text(f"/{published.root.name}/\n")
    (above / "readers.csv").write_text(PEOPLE)
    for command in (["init", "-q"], ["add", "-f", "readers.csv"]):
        subprocess.run(["git", *command], cwd=above, check=True, capture_output=True)
    assert [one["level"] for one in found(published)["git"]] == ["ok"]


def test_databases_that_cannot_be_used(published: Home) -> None:
    whole = published.database.read_bytes()
    for check, level, make, said, remedy in DATABASES:
        published.database.write_bytes(whole)
        make(published)
        desk, case = looking_at(published, online=False)
        (one,) = [one for one in examine(case, DATABASE) if one.check == check and one.level != "ok"]
        desk.close()
        assert (one.level, said in one.message, remedy in one.remedy) == (level, True, True), one


def test_all_that_is_wrong_in_the_files_is_told_at_once(published: Home) -> None:
    published.add("feeds/site.toml", "nonsense = 1\n[delivery]\ntransport = 'pigeon'")
    published.write("feeds/hashtags.toml", "what = 7")
    checks = found(published)
    assert {one["message"].partition(":")[0] for one in checks["site-files"]} == {
        "feeds/site.toml",
        "feeds/hashtags.toml",
    }
    assert checks["integrity"][0]["level"] == "ok", "what needs no site is looked at"
    assert checks["cron"][0] == {
        "group": "Every day", "check": "cron", "level": "note", "looked": False, "remedy": "",
        "message": "Not looked at: the site's files are wrong.",
    }  # fmt: skip


def test_a_secret_is_never_repeated(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct-horse-battery"
    monkeypatch.setenv("SYNDICATE_SMTP_URL", f"ftp://me:{secret}@mail.example.org")
    published.edit("feeds/site.toml", 'transport = "folder"', 'transport = "smtp"')
    published.add("feeds/site.toml", f"# ftp://me:{secret}@mail.example.org")
    said = published.run("doctor", "--offline", "-vv")
    assert "SYNDICATE_SMTP_URL is no address of a server" in said.out
    assert "holds what SYNDICATE_SMTP_URL is set to" in said.out
    assert secret not in said.out + said.err


def test_a_key_file_that_others_can_read(published: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(0o644)
    monkeypatch.setenv("SENDGRID_API_KEY_FILE", str(file))
    (one,) = [one for one in found(published)["secrets"] if one["level"] == "problem"]
    assert f"{file}, which SENDGRID_API_KEY_FILE names, may be read by others (mode 0644)." == one["message"]
    assert one["remedy"] == f"chmod 600 {file}"


def test_a_failing_source(published: Home, blog: Blog) -> None:
    blog.answer["/rss.xml"] = 404
    published.run("pull")
    (one,) = [one for one in found(published)["sources"] if one["level"] != "ok"]
    assert (one["level"], "is not pulled since" in one["message"]) == ("warning", True)
    published.ahead = timedelta(days=2)
    assert ("sources", "problem") in sick(found(published))


def test_a_language_that_lacks_texts(published: Home) -> None:
    published.write("templates/words.en.toml", "[own]\nthanks = 'Thank you'\n")
    (one,) = found(published)["words"]
    assert (one["level"], one["remedy"]) == ("warning", "Add it to templates/words.sq.toml")
    assert one["message"] == "templates/words.sq.toml lacks 1 text, told in another language instead: own.thanks."


def test_a_check_that_breaks_stops_no_other(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(published.root)

    def breaks(case: object) -> Iterator[Any]:
        raise KeyError("ana@gmx.al")

    desk, case = looking_at(published, online=False)
    checks = [Check("Site", "broken", breaks), CHECKS[0]]
    first, second = examine(case, checks)
    desk.close()
    assert (first.level, first.message) == ("warning", "This check broke: KeyError: '…'")
    assert second.level == "ok"


# ---------------------------------------------------------------- newsletters


@pytest.fixture
def peopled(published: Home) -> Home:
    for number in range(7):
        published.run("subscribers", "add", "newsletter", f"r{number}@example.org", "--evidence", "paper").fine()
    published.run("newsletter", "draft", "newsletter").fine()
    return published


def test_editions_that_want_the_operator(peopled: Home) -> None:
    assert "newsletter-1 waits for approval since" in found(peopled)["editions"][0]["message"]
    peopled.run("newsletter", "approve", "newsletter", "--no-network").fine()
    peopled.run("newsletter", "send", "newsletter", "--yes").fine()
    with peopled.store() as store, store.write() as connection:
        (*ids,) = [row.id for row in ledger.of_batch(connection, _batch(peopled), ("accepted",))]
        ledger.move(connection, ids[:2], was=("accepted",), to="held", at=datetime.now(UTC), reason="")
        editions.set_state(connection, "newsletter-1", "paused", was=("sent",))
    held, paused = found(peopled)["editions"]
    assert (held["level"], held["message"]) == ("problem", "newsletter-1: of 2 mails nobody knows whether they left.")
    assert held["remedy"] == "syndicate newsletter repair newsletter-1"
    assert (paused["level"], paused["remedy"]) == ("warning", "syndicate newsletter resume newsletter-1")
    peopled.ahead = timedelta(days=5)
    assert "newsletter-1 was not sent in time." in [one["message"] for one in found(peopled)["editions"]]


def _batch(home: Home) -> str:
    connection = sqlite3.connect(home.database)
    (id,) = connection.execute("SELECT batch FROM deliveries GROUP BY batch ORDER BY count(*) DESC").fetchone()
    connection.close()
    return str(id)


def test_a_sum_that_is_wrong_and_people_kept_too_long(peopled: Home) -> None:
    peopled.run("newsletter", "approve", "newsletter", "--no-network").fine()
    peopled.run("newsletter", "send", "newsletter", "--yes").fine()
    assert "The rows of 1 edition add up" in found(peopled)["sums"][0]["message"]
    _sql("DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)")(peopled)
    (one,) = found(peopled)["sums"]
    assert (one["level"], one["message"]) == (
        "problem",
        "newsletter-1: there are 6 rows for 7 readers. This must never be.",
    )
    peopled.ahead = timedelta(days=120)
    assert "[retention] keeps ledger for 90 days" in found(peopled)["retention"][0]["message"]


# ---------------------------------------------------------------- outside


@contextmanager
def web(folder: Path, more: dict[str, bytes]) -> Iterator[str]:
    """A web server of a folder, with a few pages beside it."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def do_GET(self) -> None:
            body = more.get(self.path)
            if body is None:
                return super().do_GET()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def asked(
    home: Home, monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]] | None = None
) -> dict[str, list[Any]]:
    """What is found when others are asked: a name service on loopback stands for the world's."""
    monkeypatch.delenv("SYNDICATE_OFFLINE", raising=False)
    service = Names(names or {})
    desk, case = looking_at(home, online=True)
    case.nameserver = service.address
    done = examine(case, [one for one in CHECKS if one.group == "Outside"])
    desk.close()
    service.close()
    checks: dict[str, list[Any]] = {}
    for one in done:
        checks.setdefault(one.check, []).append(one)
    return checks


def test_what_the_world_sees(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    robots = {"/robots.txt": b"User-agent: *\nDisallow: /feeds/\n"}
    with web(published.root / "public", robots) as address:
        published.edit("feeds/site.toml", "https://feeds.isigurt.al", address)
        published.run("publish").fine()
        checks = asked(published, monkeypatch)
        assert [one.level for one in checks["base-url"]] == ["note", "ok"]
        assert "forbids /feeds/" in checks["robots"][0].message
        shutil.rmtree(published.root / "elsewhere", ignore_errors=True)
    checks = asked(published, monkeypatch)
    assert (checks["base-url"][1].level, "docs/how-to/serve" in checks["base-url"][1].remedy) == ("problem", True)


def test_a_server_that_serves_something_old(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with web(published.root / "public", {"/feeds.opml": b"<opml/>"}) as address:
        published.edit("feeds/site.toml", "https://feeds.isigurt.al", address)
        (_, one) = asked(published, monkeypatch)["base-url"]
    assert (one.level, "readers get something older" in one.message) == ("problem", True)


def test_the_provider(published: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    published.edit("feeds/site.toml", 'transport = "folder"', 'transport = "sendgrid"')
    with Standin(tmp_path / "standin") as provider:
        monkeypatch.setenv("SYNDICATE_SENDGRID_URL", provider.url)
        monkeypatch.setenv("SENDGRID_API_KEY", "SG.another.key")
        refused = asked(published, monkeypatch)["transport"][0]
        monkeypatch.setenv("SENDGRID_API_KEY", KEY)
        short = asked(published, monkeypatch)["transport"]
        provider.ask("scopes", [*SCOPES])
        taken = asked(published, monkeypatch)["transport"]
    assert (refused.level, "SendGrid refuses us" in refused.message) == ("problem", True)
    assert "it lacks: user.scheduled_sends.create" in short[0].message
    assert [one.message for one in taken] == [
        "SendGrid answers, and the key may do what is needed, and the account has 1,234 mails left."
    ]
    gone = asked(published, monkeypatch)["transport"][0]
    assert (gone.level, gone.remedy) == ("warning", "Try again later: syndicate doctor")
    assert [one.level for one in mailing.provider(["mail.send"], 3, 10)] == ["problem", "warning"]


def test_the_mail_server(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    published.edit("feeds/site.toml", 'transport = "folder"', 'transport = "smtp"')
    with told({}) as host:
        monkeypatch.setenv("SYNDICATE_SMTP_URL", f"smtp://127.0.0.1:{host.port}")
        assert asked(published, monkeypatch)["transport"][0].message == "The mail server lets us in."
        assert not host.mails
    with told({"connect": "554 go away"}) as host:
        monkeypatch.setenv("SYNDICATE_SMTP_URL", f"smtp://127.0.0.1:{host.port}")
        assert asked(published, monkeypatch)["transport"][0].level in ("problem", "warning")


def test_the_senders_domain(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    published.edit("feeds/site.toml", 'transport = "folder"', 'transport = "smtp"')
    domain = published.json("newsletter", "draft", "newsletter") and _sender(published)
    good = {domain: ["v=spf1 mx -all"], f"_dmarc.{domain}": ["v=DMARC1; p=none"]}
    assert {one.level for one in asked(published, monkeypatch, good)["sender-dns"]} == {"note"}
    bad = asked(published, monkeypatch, {domain: []})["sender-dns"]
    assert [one.level for one in bad] == ["problem", "note", "warning"]
    assert "Neither SPF nor DKIM vouches" in bad[0].message
    assert bad[0].remedy.startswith("Large mailboxes refuse its mail; ask whoever runs its DNS")


def _sender(home: Home) -> str:
    text = (home.root / "subscribers/newsletter.toml").read_text("utf-8")
    return next(line for line in text.splitlines() if line.startswith("address")).partition("@")[2].partition('"')[0]


def test_nobody_serves_where_links_to_leave_lead(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    published.edit("feeds/site.toml", 'transport = "folder"', 'transport = "smtp"')
    with web(published.root / "public", {}) as address:
        published.edit("feeds/site.toml", "https://feeds.isigurt.al", address)
        (one,) = asked(published, monkeypatch)["serve"]
        assert (one.level, "the answer is 404" in one.message) == ("problem", True)
    with web(published.root / "public", {"/healthz": json.dumps({"status": "ok"}).encode()}) as address:
        text = (published.root / "feeds/site.toml").read_text("utf-8")
        old = next(line for line in text.splitlines() if line.startswith("base_url")).split('"')[1]
        published.edit("feeds/site.toml", old, address)
        assert asked(published, monkeypatch)["serve"][0].level == "ok"


# ---------------------------------------------------------------- clocks and disks, which no test can turn


def test_a_clock_that_is_off(published: Home, blog: Blog) -> None:
    """The blog's Date is right; the command's clock is an hour ahead when it pulls, and still when it looks."""
    published.ahead = timedelta(hours=1)
    published.run("pull").fine()
    (one,) = [one for one in found(published)["clock"] if one["level"] != "ok"]
    assert (one["level"], one["message"][:50]) == ("problem", "This machine's clock is 60 minutes ahead of isigur")


@pytest.mark.parametrize(
    ("room", "level", "said"),
    [
        (machine.Room("var/", 10_000_000, 10**6), "problem", "is full: 10 MB are free"),
        (machine.Room("var/", 10**11, 12), "problem", "takes only 12 more files"),
        (machine.Room("var/", 300_000_000, None), "warning", "has 300 MB left"),
        (machine.Room("var/", 10**9, None, 2 * 10**9), "warning", "need as much again"),
        (machine.Room("var/", 10**11, None, 10**6, kind="nfs4"), "warning", "network disk (nfs4)"),
        (machine.Room("var/", 10**11, None, writable=False), "problem", "cannot be written by you"),
    ],
)
def test_a_disk_without_room(room: machine.Room, level: str, said: str) -> None:
    assert (level, True) in [(one.level, said in one.message) for one in machine.room([room])]


def test_files_of_another_user() -> None:
    facts = [machine.FileFact("var/", 0o700, 0, True), machine.FileFact("var/syndicate.sqlite", 0o600, 0)]
    assert next((one.level, "another user" in one.message) for one in machine.permissions(facts, 1000)) == (
        "problem",
        True,
    )
    mixed = [facts[0], machine.FileFact("var/syndicate.sqlite", 0o600, 33)]
    assert next(one.level for one in machine.permissions(mixed, 0)) == "warning"


def test_a_server_of_databases_that_is_not_there(published: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for url, said in (
        ("postgresql://me:hunter2@127.0.0.1:1/readers", "refused"),
        ("mysql://me:hunter2@localhost/readers", "begins with mysql://"),
    ):
        monkeypatch.setenv("SYNDICATE_DATABASE_URL", url)
        desk, case = looking_at(published, online=False)
        (one,) = examine(case, DATABASE[:1])
        desk.close()
        assert (one.level, said in one.message, "hunter2" in one.message) == ("problem", True, False), one


def test_a_site_that_was_restored(published: Home) -> None:
    with published.store() as store, store.write() as connection:
        armed.disarm(connection, armed.Copy(datetime(2026, 11, 1, tzinfo=UTC)))
    (one,) = found(published)["armed"]
    assert (one["level"], one["remedy"][:14]) == ("problem", "syndicate arm ")
    assert one["message"].startswith("No mail leaves: on 2026-11-01 the site was restored")
    assert published.run("status").out.startswith("! No mail leaves")


@pytest.mark.slow
@pytest.mark.on_postgresql
def test_doctor_status_and_report_on_postgresql(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNDICATE_DATABASE_URL", databases.url(tmp_path / "readers"))
    home.run("run").fine()
    for n in range(6):
        home.run("subscribers", "add", "newsletter", f"r{n}@example.org", "--evidence", "paper").fine()
    home.run("newsletter", "draft", "newsletter").fine()
    home.run("newsletter", "approve", "newsletter", "--no-network").fine()
    home.run("newsletter", "send", "newsletter", "--yes").fine()
    checks = found(home)
    assert [one["check"] for some in checks.values() for one in some if one["level"] in ("problem", "warning")] == []
    assert "on PostgreSQL 1" in checks["database"][0]["message"]
    assert checks["sums"][0]["message"] == "The rows of 1 edition add up to their audiences."
    assert home.json("status")["problems"] == []
    told_ = home.json("report", "--from", "2026-01-01", "--to", "2026-12-31")
    assert (told_["editions"][0]["sent"], told_["posts"]["total"] > 5) == (5, True)
