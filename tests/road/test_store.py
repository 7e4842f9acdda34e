"""The database: made as the tables say, kept private, and never touched where it is not ours."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from road.road_site import REPOSITORY, Home

from syndicate.errors import DatabaseBusy, ForeignDatabase
from syndicate.store import Store
from syndicate.store.engine import REVISION, VERSION_TABLE

SLOW = pytest.mark.slow
COMMANDS = [["posts", "list"], pytest.param(["publish"], marks=SLOW), pytest.param(["pull"], marks=SLOW)]


def test_a_migrated_database_has_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from syndicate.store.schema import metadata

    store = Store(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == str(REVISION)
    store.close()


def test_it_is_private_and_one_file_when_nobody_works(home: Home) -> None:
    home.run("run").fine()
    assert stat.S_IMODE(home.database.stat().st_mode) == 0o600
    assert stat.S_IMODE((home.root / "var").stat().st_mode) == 0o700
    assert stat.S_IMODE((home.root / "var" / "secret.key").stat().st_mode) == 0o600
    assert not list(home.database.parent.glob("syndicate.sqlite-*"))
    (home.root / "var").chmod(0o755)
    home.run("posts", "list").fine()
    assert stat.S_IMODE((home.root / "var").stat().st_mode) == 0o700


def test_several_may_open_a_new_one_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def open_it() -> None:
        try:
            Store(f"sqlite:///{tmp_path / 'new.sqlite'}").close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


# ---------------------------------------------------------------- what is not ours


def another_programs(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE invoices (id INTEGER)")
        database.execute("INSERT INTO invoices VALUES (1)")
        database.commit()


def newer(path: Path) -> None:
    Store(f"sqlite:///{path}").close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0099'")
        database.execute("ALTER TABLE posts ADD COLUMN invented TEXT")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def oddly_named(path: Path) -> None:
    Store(f"sqlite:///{path}").close()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"UPDATE {VERSION_TABLE} SET version_num = 'b7f1c0'")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def no_database(path: Path) -> None:
    path.write_bytes(b"Dear operator, this is a letter.\n" * 200)


def random_bytes(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(20_000))


def damaged(path: Path) -> None:
    """Ours, but its pages were overwritten after the first."""
    Store(f"sqlite:///{path}").close()
    held = path.read_bytes()
    path.write_bytes(held[:1500] + b"\xff" * (len(held) - 1500))


def a_folder(path: Path) -> None:
    path.mkdir()


FOREIGN = {
    another_programs: "another program", newer: "newer syndicate", oddly_named: "newer syndicate", no_database: "no database",
    random_bytes: "no database", damaged: "damaged", a_folder: "cannot be opened",
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("make", "said"), FOREIGN.items(), ids=[make.__name__ for make in FOREIGN])
def test_one_plain_sentence_and_nothing_changed(
    home: Home, make: Callable[[Path], None], said: str, command: list[str]
) -> None:
    home.database.unlink(missing_ok=True)
    make(home.database)
    before = home.database.read_bytes() if home.database.is_file() else None
    result = home.run(*command)
    assert (result.status, result.out) == (1, "")
    assert said in result.err
    assert "Traceback" not in result.err
    assert "should not have happened" not in result.err
    assert len(result.err.strip().splitlines()) == 1
    if before is not None:
        assert home.database.read_bytes() == before


def test_an_empty_file_becomes_our_database(home: Home) -> None:
    home.database.write_bytes(b"")
    home.run("posts", "list").fine()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute of waiting is too long for a test."""
    monkeypatch.setitem(Store.__init__.__kwdefaults__, "wait", 0.2)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.usefixtures("impatient")
def test_a_locked_one_is_told_and_can_still_be_read(home: Home) -> None:
    home.run("run").fine()
    with locked(home.database):
        result = home.run("subscribers", "add", "newsletter", "a@example.org", "--evidence", "letter")
        assert (result.status, result.out) == (1, "")
        assert "in use by another process" in result.err
        assert len(home.posts()) == 12
    home.run("subscribers", "add", "newsletter", "a@example.org", "--evidence", "letter").fine()


@pytest.mark.usefixtures("impatient")
def test_a_new_one_that_somebody_holds_is_told(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    path.touch()
    with locked(path), pytest.raises(DatabaseBusy):
        Store(f"sqlite:///{path}")


def test_a_rolled_back_transaction_leaves_nothing(tmp_path: Path) -> None:
    from syndicate.store import published

    store = Store(f"sqlite:///{tmp_path / 'new.sqlite'}")
    with contextlib.suppress(ZeroDivisionError), store.write() as connection:
        published.set_note(connection, "a", "1")
        raise ZeroDivisionError
    with store.read() as connection:
        assert published.note(connection, "a") is None
    store.close()


def test_a_foreign_one_raises_what_the_errors_say(tmp_path: Path) -> None:
    another_programs(tmp_path / "x.sqlite")
    with pytest.raises(ForeignDatabase, match="invoices"):
        Store(f"sqlite:///{tmp_path / 'x.sqlite'}")


# ---------------------------------------------------------------- folders that may not be written


@pytest.mark.parametrize("what", ["var", "database"])
def test_what_may_not_be_written_is_told(home: Home, what: str) -> None:
    """As a person without rights: for root, no folder is read-only."""
    home.run("posts", "list").fine()
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="syndicate-road-"))
    try:
        site = folder / "site"
        shutil.copytree(home.root, site)
        if user:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, "nobody", "nogroup")
        target = site / "var" if what == "var" else site / "var" / "syndicate.sqlite"
        if what == "var":
            (site / "var" / "syndicate.sqlite").unlink()
            shutil.rmtree(target)
            site.chmod(0o500)
        else:
            target.chmod(0o400)
        before = sorted(path.name for path in site.rglob("*"))
        done = subprocess.run(
            [sys.executable, "-m", "syndicate", "posts", "list", "--site", str(site)],
            cwd=REPOSITORY, capture_output=True, text=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, **user,
        )  # fmt: skip
        assert done.returncode in (1, 2), done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "should not have happened" not in done.stderr
        assert str(site / "var") in done.stderr
        assert sorted(path.name for path in site.rglob("*")) == before
    finally:
        site.chmod(0o700)
        shutil.rmtree(folder)
