"""Tables of people, in and out, by the real command: nothing is lost, nobody comes back, whatever is killed when."""

from __future__ import annotations

import csv
import io
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, get_args

import pytest
from road.road_site import REPOSITORY, Home, end, wait_for

from syndicate import importing
from syndicate.consent.addresses import clean, keyed_hash
from syndicate.models import SuppressionKind
from syndicate.store import people as stored

EVIDENCE = ["--evidence", "signed at the fair"]
COUNTS = ("added", "updated", "unchanged", "rejected", "refused")
ALL = os.environ.get("SYNDICATE_TEST_ALL") == "1"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., str]:
    """Writes a file and gives its path."""

    def write(content: str | bytes, name: str = "people.csv") -> str:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path / name)

    return write


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some rows in each transaction, so that few rows make many."""
    monkeypatch.setattr(importing, "CHUNK", 3)


def many(count: int, begin: int = 0) -> str:
    languages = ("sq", "en", "sq+en", "")
    rows = (f"Reader.{n}@mail{n % 7}.example.org,{languages[n % 4]}\n" for n in range(begin, begin + count))
    return "address,language\n" + "".join(rows)


def bring(home: Home, file: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = home.json("subscribers", "import", "newsletter", file, *more)
    assert found["rows"] == sum(found[name] for name in COUNTS)
    assert found["updated"] == found["confirmed"] + found["languages_changed"]
    return found


def counts(found: dict[str, Any]) -> tuple[int, ...]:
    return tuple(found[name] for name in COUNTS)


def standings(home: Home) -> dict[str, tuple[str, str]]:
    found = home.json("subscribers", "export", "newsletter")["subscribers"]
    return {one["address"]: (one["language"], one["state"]) for one in found}


def ask(home: Home, query: str) -> list[Any]:
    with closing(sqlite3.connect(home.database, timeout=20)) as database:
        return database.execute(query).fetchall()


def stored_people(home: Home) -> int:
    try:
        return int(ask(home, "SELECT count(*) FROM subscriptions")[0][0])
    except sqlite3.OperationalError:  # the table is not there yet
        return 0


# ---------------------------------------------------------------- what a table may look like

TABLES = [
    ("Adresa e e-mailit;Gjuha\r\nA@example.org;shqip\r\nb@example.org;sq+en\r\n", "utf-8-sig"),
    ("Adresë\tGjuhë\na@example.org\tShqip\nb@example.org\ttë dyja\n", "utf-16"),
    ("Adresë;Emri;Gjuhë\na@example.org;Ëngjëll;sq\nb@example.org;Çelik;sq+en\n", "windows-1252"),
    ("Emri|Posta elektronike|Gjuhë\nĐorđe|a@example.org|sq\nĆelić|b@example.org|sq+en\n", "windows-1250"),
    ('email,note,language\na@example.org,"one\ntwo",sq\nb@example.org,"""x"", y",sq+en\n', "utf-8"),
    ("a@example.org,sq\nb@example.org,sq+en\n", "utf-8"),
    ("sep=;\na@example.org;sq\nb@example.org;sq+en\n", "utf-8"),
]


@pytest.mark.parametrize(("text", "encoding"), TABLES, ids=[f"{n}-{row[1]}" for n, row in enumerate(TABLES)])
def test_spreadsheets_of_every_kind(home: Home, table: Callable[..., str], text: str, encoding: str) -> None:
    assert counts(bring(home, table(text.encode(encoding)), *EVIDENCE)) == (2, 0, 0, 0, 0)
    read = {address.casefold(): found for address, found in standings(home).items()}
    assert read == {"a@example.org": ("sq", "confirmed"), "b@example.org": ("sq+en", "confirmed")}


def test_a_lone_column(home: Home, table: Callable[..., str]) -> None:
    assert counts(bring(home, table("a@example.org\nb@example.org\n"), "--language", "en")) == (2, 0, 0, 0, 0)
    assert set(standings(home).values()) == {("en", "pending")}


def test_junk_among_the_rows_costs_only_itself(home: Home, table: Callable[..., str]) -> None:
    rows = [
        b"email,language,note", b"a@example.org,sq,x", b"b\0@example.org,sq,x", b"c@example.org,sq," + b"x" * 1_000_000,
        b'd@example.org,sq,"' + b"y" * 300_000 + b'"', b"e@example.org,sq,\xff\xfe", b'f@example.org,sq,"open',
        b"g@example.org,en,x",
    ]  # fmt: skip
    found = bring(home, table(b"\n".join(rows) + b"\n"), *EVIDENCE)
    assert set(standings(home)) == {"a@example.org", "e@example.org", "g@example.org"}
    assert counts(found) == (3, 0, 0, 4, 0)
    csv.field_size_limit(2_000_000)
    written = list(csv.DictReader(io.StringIO(Path(found["rejects_file"]).read_text("utf-8-sig"), newline="")))
    assert [row["line"] for row in written] == ["3", "4", "5", "7"]


WRONG = [
    ("people.csv.gz", b"\x1f\x8b\x08\x00" + bytes(range(256)) * 20, "holds mail addresses"),
    ("photo.csv", bytes(range(256)) * 50, "holds mail addresses"),
    ("names.csv", b"name,age\nArta,30\n", "holds mail addresses"),
]


@pytest.mark.parametrize(("name", "content", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_no_table_of_people(
    home: Home, table: Callable[..., str], name: str, content: bytes, said: str
) -> None:
    result = home.run("subscribers", "import", "newsletter", table(content, name))
    assert (result.status, result.out) == (2, "")
    assert said in result.err
    assert standings(home) == {}


def test_a_folder_and_an_empty_file(home: Home, table: Callable[..., str]) -> None:
    result = home.run("subscribers", "import", "newsletter", str(home.root))
    assert result.status == 2
    assert "cannot be read" in result.err
    said = home.run("subscribers", "import", "newsletter", table("")).fine()
    assert "empty" in said.err
    assert said.out.startswith("0 rows")


# ---------------------------------------------------------------- looking first

FIRST = "email,language\nold@example.org,sq\nturn@example.org,sq\nwait@example.org,sq\nleft@example.org,en\n"
SECOND = """email,language
old@example.org,sq
turn@example.org,en+sq
wait@example.org,sq
left@example.org,en
new@example.org,en
nobody,sq
NEW@example.org,en
"""


def second(home: Home, table: Callable[..., str]) -> str:
    """A home in which every row of the second table has another fate."""
    bring(home, table(FIRST), *EVIDENCE)
    with closing(sqlite3.connect(home.database)) as database, database:
        database.execute(
            "UPDATE subscriptions SET state = 'pending' WHERE subscriber IN "
            "(SELECT id FROM subscribers WHERE address_key = 'wait@example.org')"
        )
    home.run("subscribers", "remove", "newsletter", "left@example.org").fine()
    return table(SECOND, "second.csv")


@pytest.mark.usefixtures("small_chunks")
def test_the_difference_is_told_first_and_nothing_is_written(home: Home, table: Callable[..., str]) -> None:
    file = second(home, table)
    before = ask(home, "SELECT * FROM subscribers"), ask(home, "SELECT * FROM consent_log")
    dry = bring(home, file, "--dry-run", *EVIDENCE)
    assert (ask(home, "SELECT * FROM subscribers"), ask(home, "SELECT * FROM consent_log")) == before
    assert not Path(file).with_name("rejects.csv").exists()
    told = {name: [(one["line"], one["address"], one["text"]) for one in some] for name, some in dry["first"].items()}
    assert told["unchanged"] == [(2, "old@example.org", "sq")]
    assert told["languages"] == [(3, "turn@example.org", "sq → en+sq")]
    assert told["confirmed"] == [(4, "wait@example.org", "sq")]
    assert told["added"] == [(6, "new@example.org", "en, confirmed")]
    assert [line for line, _, _ in told["rejected"]] == [7, 8]
    assert "further up" in told["rejected"][1][2]
    ((line, address, reason),) = told["refused"]
    assert (line, address) == (5, "left@example.org")
    assert "left this list" in reason
    text = home.run("subscribers", "import", "newsletter", file, "--dry-run", *EVIDENCE).fine().out
    assert text.startswith(
        "Nothing was written; it would be: 7 rows, 1 added, 2 updated, 1 unchanged, 2 rejected, 1 refused"
    )
    assert "Now confirmed:\n  line 4  wait@example.org  sq\n" in text
    real = bring(home, file, *EVIDENCE)
    assert counts(real) == counts(dry) == (1, 2, 1, 2, 1)
    assert [one["line"] for one in rejects(real)] == ["5", "7", "8"]
    assert standings(home)["turn@example.org"] == ("en+sq", "confirmed")
    assert bring(home, file, *EVIDENCE)["unchanged"] == 4


def rejects(found: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(found["rejects_file"]).read_text("utf-8-sig"))))


def test_many_rows_are_told_by_their_first_few(home: Home, table: Callable[..., str]) -> None:
    text = home.run("subscribers", "import", "newsletter", table(many(1200)), "--dry-run").fine().out
    assert "New, the first 5 of 1,200:\n" in text
    assert text.count("line ") == 5


def test_a_table_without_languages_changes_nobodys(home: Home, table: Callable[..., str]) -> None:
    bring(home, table("email,language\na@example.org,en\n"), *EVIDENCE)
    assert counts(bring(home, table("email\na@example.org\nb@example.org\n"), *EVIDENCE)) == (1, 0, 1, 0, 0)
    assert {address: reads for address, (reads, _) in standings(home).items()} == {
        "a@example.org": "en", "b@example.org": "sq",
    }  # fmt: skip


def test_evidence_is_not_theirs_of_whom_the_table_says_that_they_wait(home: Home, table: Callable[..., str]) -> None:
    bring(
        home,
        table("email,status\na@example.org,pending\nb@example.org,confirmed\nc@example.org,Në pritje\n"),
        *EVIDENCE,
    )
    assert {address: state for address, (_, state) in standings(home).items()} == {
        "a@example.org": "pending", "b@example.org": "confirmed", "c@example.org": "pending",
    }  # fmt: skip


def test_rejects_are_never_written_over_the_table_itself(home: Home, table: Callable[..., str]) -> None:
    content = "email\na@example.org\nnobody\n"
    found = bring(home, table(content, "rejects.csv"))
    assert Path(found["rejects_file"]).name == "rejects-2.csv"
    assert Path(found["rejects_file"]).with_name("rejects.csv").read_text("utf-8") == content


def test_a_table_that_names_other_lists_is_told(home: Home, table: Callable[..., str]) -> None:
    said = home.run(
        "subscribers", "import", "newsletter", table("email,lists\na@example.org,news\nb@example.org,x\n")
    ).fine()
    assert said.err.count("names other lists") == 1


# ---------------------------------------------------------------- who never comes back


@pytest.mark.both_engines
@pytest.mark.parametrize("kind", get_args(SuppressionKind))
@pytest.mark.parametrize("old_key", [False, True], ids=["today's key", "an older key"])
def test_who_must_not_be_mailed_is_refused(
    home: Home, table: Callable[..., str], kind: SuppressionKind, old_key: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if old_key:
        monkeypatch.setenv("SYNDICATE_SECRET_KEY", f"{'a' * 43},{'b' * 43}")
    home.run("subscribers", "lists").fine()
    from syndicate.cli.desk import Desk

    desk = Desk(site_option=str(home.root))
    key = desk.ring[-1]
    scope = "newsletter" if kind == "unsubscribe" else ""
    with desk.store.write() as connection:
        hashed = keyed_hash(clean("gone@example.org").key, key)
        stored.suppress(connection, [stored.Suppressed(hashed, kind, scope, datetime.now(UTC), "a test")])
    desk.close()
    file = table("email\nGONE@Example.org\nhere@example.org\n")
    for options in ([], EVIDENCE, ["--invite", "--yes"]):
        found = bring(home, file, *options)
        assert found["refused"] == 1
        assert rejects(found)[0]["row"] == "GONE@example.org"
    assert set(standings(home)) == {"here@example.org"}


def test_who_was_forgotten_is_refused(home: Home, table: Callable[..., str]) -> None:
    file = table("email\na@example.org\nb@example.org\n")
    bring(home, file, *EVIDENCE)
    home.run("subscribers", "forget", "a@example.org", "--yes").fine()
    found = bring(home, file, *EVIDENCE)
    assert counts(found) == (0, 0, 1, 0, 1)
    assert "forgotten" in found["first"]["refused"][0]["text"]
    assert ask(home, "SELECT address FROM subscribers") == [("b@example.org",)]


def test_an_import_while_mail_is_sent(
    published: Home, table: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who leaves in the middle gets nothing, though a table brings them again; who is new waits for the next edition."""
    from syndicate.deliver.folder import FolderTransport

    home, file = published, table("email,language\n" + "".join(f"r{n}@example.org,sq\n" for n in range(6)))
    bring(home, file, *EVIDENCE)
    home.run("newsletter", "draft", "newsletter").fine()
    home.run("newsletter", "approve", "newsletter").fine()
    post, posted = FolderTransport.post, []

    def between(self: FolderTransport, batch: Any) -> Any:
        if not posted:
            left = ask(
                home,
                "SELECT address FROM subscribers JOIN deliveries ON subscriber = subscribers.id WHERE state = 'queued'",
            )
            posted.append(left[0][0])
            home.run("subscribers", "remove", "newsletter", posted[0]).fine()
            again = table("email\nlate@example.org\n" + f"{posted[0]}\n", "again.csv")
            assert counts(bring(home, again, *EVIDENCE)) == (1, 0, 0, 0, 1)
        return post(self, batch)

    monkeypatch.setattr(FolderTransport, "batch_size", 2)
    monkeypatch.setattr(FolderTransport, "post", between)
    home.run("newsletter", "send", "newsletter", "--yes").fine()
    got = {str(BytesHeaderParser().parsebytes(path.read_bytes())["To"]) for path in home.mails()}
    assert got == {f"r{n}@example.org" for n in range(6)} - {posted[0]}
    status = home.json("newsletter", "status", "newsletter")["edition"]
    assert status["balanced"]
    assert status["states"]["suppressed"] == 1


# ---------------------------------------------------------------- asking them


def letters(home: Home) -> list[tuple[str, str, str]]:
    query = "SELECT address_key, kind, language FROM letters JOIN subscribers ON subscriber = subscribers.id ORDER BY 1"
    return ask(home, query)


@pytest.mark.usefixtures("small_chunks")
def test_an_invitation_is_asked_for_and_sent_once(home: Home, table: Callable[..., str]) -> None:
    file = table("email,language\n" + "".join(f"r{n}@example.org,{('sq', 'en+sq')[n % 2]}\n" for n in range(4)))
    said = home.run("subscribers", "import", "newsletter", file, "--invite")
    assert said.status == 2, "nobody can answer"
    assert "4 people would be asked" in said.err
    assert standings(home) == {}
    assert bring(home, file, "--invite", "--dry-run")["invited"] == 4
    assert letters(home) == []
    assert bring(home, file)["invited"] == 0
    assert letters(home) == [], "without --invite nobody is written to"
    assert bring(home, table("email\nr2@example.org\nx@example.org\n", "two.csv"), "--invite", "--yes")["invited"] == 2
    assert letters(home) == [("r2@example.org", "invite", "sq"), ("x@example.org", "invite", "sq")]
    assert bring(home, file, "--invite", "--yes")["invited"] == 3
    assert bring(home, file, "--invite", "--yes")["invited"] == 0
    assert letters(home)[1] == ("r1@example.org", "invite", "en")
    assert len(letters(home)) == 5
    both = home.run("subscribers", "import", "newsletter", file, "--invite", *EVIDENCE)
    assert both.status == 2
    assert "not both" in both.err


# ---------------------------------------------------------------- killed, stopped, twice at once


def whole(home: Home, count: int) -> None:
    """Everybody is there once, with one line in the log."""
    assert ask(home, "SELECT count(*), count(DISTINCT address_key) FROM subscribers") == [(count, count)]
    assert ask(home, "SELECT count(*) FROM subscriptions WHERE state = 'confirmed'") == [(count,)]
    assert ask(home, "SELECT count(*), count(DISTINCT address_hash) FROM consent_log") == [(count, count)]


SMALLER = """
import sys
from syndicate import importing
from syndicate.cli.app import run
importing.CHUNK = 2_000
sys.exit(run(sys.argv[1:]))
"""


def begun(home: Home, file: str) -> subprocess.Popen[str]:
    """An import in its own process, with some thousands of rows in each transaction."""
    arguments = ["subscribers", "import", "newsletter", file, *EVIDENCE, "--json", "--site", str(home.root)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", SMALLER, *arguments], cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True
    )


def halfway(home: Home, file: str) -> subprocess.Popen[str]:
    """That import, when something is stored."""
    process = begun(home, file)
    wait_for(lambda: stored_people(home) > 0 or process.poll() is not None)
    return process


def test_a_killed_import_is_run_again(home: Home, table: Callable[..., str]) -> None:
    file = table(many(20_000))
    process = halfway(home, file)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    there = stored_people(home)
    assert there < 20_000, "it was killed too late to tell"
    assert there % 2_000 == 0, "some transactions, each whole"
    whole(home, there)
    assert counts(bring(home, file, *EVIDENCE)) == (20_000 - there, 0, there, 0, 0)
    whole(home, 20_000)


def test_a_stopped_import_says_how_far_it_came(home: Home, table: Callable[..., str]) -> None:
    process = halfway(home, table(many(20_000)))
    process.send_signal(signal.SIGINT)
    said = end(process)
    assert said.status == 130
    assert "At least" in said.err
    assert "Import the same file again" in said.err
    assert stored_people(home) % 2_000 == 0
    whole(home, stored_people(home))


def test_two_imports_at_once(home: Home, table: Callable[..., str]) -> None:
    files = [table(many(9_000, begin), f"{begin}.csv") for begin in (0, 6_000)]
    found = [end(process).fine().json for process in [begun(home, file) for file in files]]
    assert sum(one["added"] for one in found) == 15_000
    assert sum(one["unchanged"] for one in found) == 3_000
    whole(home, 15_000)


MEASURE = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "syndicate", *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(done.returncode)
"""
# The process in between is small: a child counts as its own what its parent held when it was made.


@pytest.mark.parametrize(
    "count",
    [25_000, pytest.param(200_000, marks=pytest.mark.skipif(not ALL, reason="long: SYNDICATE_TEST_ALL=1 runs it"))],
)
def test_memory_is_bounded(home: Home, table: Callable[..., str], count: int) -> None:
    bad = "nobody at all,sq\n" * (count // 4)
    arguments = ["subscribers", "import", "newsletter", table(many(count) + bad), *EVIDENCE, "--site", str(home.root)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *arguments], capture_output=True, text=True, timeout=120, cwd=REPOSITORY
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < 180
    assert stored_people(home) == count
    assert f"{count // 4:,} rejected" in done.stdout


# ---------------------------------------------------------------- out


def test_what_goes_out_comes_in_as_it_was(
    make_home: Callable[..., Home], home: Home, tmp_path: Path, table: Callable[..., str]
) -> None:
    people = "email,language,state\n=cmd@example.org,en,\n'+x@example.org,sq,\n-@Example.org,en+sq,\nA.b@example.org,sq,pending\n"
    assert counts(bring(home, table(people), *EVIDENCE)) == (4, 0, 0, 0, 0)
    out = tmp_path / "out.csv"
    said = home.run("subscribers", "export", "newsletter", str(out)).fine()
    assert "4 people" in said.err
    assert not (tmp_path / ".out.csv.part").exists()
    assert out.stat().st_mode & 0o777 == 0o600
    assert home.run("subscribers", "export", "newsletter").fine().out.encode() == out.read_bytes()
    for row in csv.reader(io.StringIO(out.read_text("utf-8"))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    other = make_home(name="other")
    assert counts(bring(other, str(out), *EVIDENCE)) == (4, 0, 0, 0, 0)
    assert standings(other) == standings(home)
    assert "A.b@example.org" in standings(home)
    assert counts(bring(home, str(out), *EVIDENCE)) == (0, 0, 4, 0, 0)


def test_only_who_stands_so(home: Home, tmp_path: Path, table: Callable[..., str]) -> None:
    bring(home, table("email,state\na@example.org,pending\nb@example.org,\n"), *EVIDENCE)
    home.run("subscribers", "export", "newsletter", str(tmp_path / "o.csv"), "--state", "pending").fine()
    assert "b@example.org" not in (tmp_path / "o.csv").read_text("utf-8")
    assert "a@example.org" in (tmp_path / "o.csv").read_text("utf-8")


def test_where_nothing_can_be_written(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path, tmp_path / "file" / "out.csv"):
        said = home.run("subscribers", "export", "newsletter", str(place))
        assert said.status == 2
        assert "should not have happened" not in said.err
