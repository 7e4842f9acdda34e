"""PostgreSQL opened and refused: each with one sentence that says what to do, and never a password."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from postgres_server import PostgresServer, running
from road.road_site import REPOSITORY, Home

from syndicate.errors import DatabaseBusy, DatabaseGone, ForeignDatabase, StoreError, UsageError
from syndicate.store import Store, owner, published
from syndicate.store.engine import REVISION, VERSION_TABLE


@pytest.fixture
def database(postgres: PostgresServer, tmp_path: Path):
    """new(template) makes a database of this test's own, and gives its name."""
    names: list[str] = []

    def new(template: str = "migrated") -> str:
        names.append(f"o{abs(hash(tmp_path))}{len(names)}")
        postgres.create(names[-1], template)
        return names[-1]

    yield new
    for name in names:
        postgres.drop(name)


def told(url: str, kind: type[Exception]) -> str:
    """The sentence with which a database is refused."""
    with pytest.raises(kind) as caught:
        Store(url, wait=0.2).close()
    assert type(caught.value) is kind
    said = str(caught.value)
    assert "\n" not in said
    assert "geheim" not in said
    return said


def test_a_migrated_database_has_exactly_the_tables_of_the_schema(postgres: PostgresServer, database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from syndicate.store.schema import metadata

    store = Store(postgres.url(database("template1")).replace("postgresql:", "postgres:"))
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == str(REVISION)
    store.close()


def test_a_server_that_is_not_there() -> None:
    said = told("postgresql://me:geheim@127.0.0.1:1/syndicate", DatabaseGone)
    assert "cannot be reached" in said
    assert "postgresql://me:***@127.0.0.1:1/syndicate" in said


def test_a_password_in_the_query_is_hidden_too() -> None:
    told("postgresql://me@127.0.0.1:1/syndicate?password=geheim", DatabaseGone)


def test_a_database_that_is_not_there(postgres: PostgresServer) -> None:
    assert "createdb" in told(postgres.url("nowhere"), StoreError)


@pytest.mark.parametrize("url", ["mysql://a:geheim@b/c", "no address", "postgresql://a:geheim@b:port/c"])
def test_what_is_no_address(url: str) -> None:
    assert "postgresql://" in told(url, UsageError)


def test_a_wrong_password(postgres: PostgresServer, database) -> None:
    """The tests' server asks nobody for a password, so this is its own sentence for an unknown user."""
    said = told(postgres.url(database(), "nobody:geheim"), StoreError)
    assert "nobody" in said


def test_the_sentence_for_a_wrong_password() -> None:
    import psycopg

    from syndicate.store.postgres import trouble

    error = psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "me"')
    said = str(trouble("The database x", error))
    assert "does not let us in" in said
    assert "Check user and password" in said


def test_without_the_package_it_says_what_to_install(make: Callable[..., Home], tmp_path: Path) -> None:
    make("site")
    code = "import importlib.util as u, sys; real = u.find_spec; "
    code += "u.find_spec = lambda name, *more: None if name == 'psycopg' else real(name, *more); "
    code += "from syndicate.cli.app import run; sys.exit(run(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "status", "--site", str(tmp_path / "site")], cwd=REPOSITORY, text=True,
        capture_output=True, env={**os.environ, "SYNDICATE_DATABASE_URL": "postgresql://me:geheim@127.0.0.1/x"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "pip install 'syndicate[postgres]'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_is_another_programs(postgres: PostgresServer, database) -> None:
    name = database("template1")
    postgres.ask("CREATE TABLE invoices (id int)", database=name)
    assert "invoices" in told(postgres.url(name), ForeignDatabase)


def test_what_a_newer_version_wrote(postgres: PostgresServer, database) -> None:
    name = database()
    postgres.ask(f"UPDATE {VERSION_TABLE} SET version_num = '0099'", database=name)
    assert "newer syndicate" in told(postgres.url(name), ForeignDatabase)


def test_what_may_only_be_read(postgres: PostgresServer, database) -> None:
    name = database()
    postgres.ask(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    store = Store(postgres.url(name))
    with pytest.raises(StoreError, match="may only be read"), store.write() as connection:
        published.set_note(connection, "a", "1")
    store.close()


def test_one_writes_at_a_time_and_who_waits_too_long_is_told(postgres: PostgresServer, database) -> None:
    url = postgres.url(database())
    first, second = Store(url), Store(url, wait=0.1)
    with first.write() as connection:
        published.set_note(connection, "a", "1")
        with second.read() as reading:
            assert published.note(reading, "a") is None
        with pytest.raises(DatabaseBusy, match="in use"), second.write():
            pass
    with first.write(beside=True), second.write(beside=True) as connection:
        published.set_note(connection, "b", "1")
    first.close()
    second.close()


def test_a_server_that_restarts_between_is_found_again_and_in_the_middle_is_told(tmp_path: Path) -> None:
    with running() as server:
        store = Store(server.url("migrated"))
        with store.write() as connection:
            published.set_note(connection, "a", "1")
        server.restart()
        with store.read() as connection:
            assert published.note(connection, "a") == "1"

        def cut() -> None:
            with store.write() as connection:
                published.set_note(connection, "a", "2")
                server.restart("immediate")
                published.set_note(connection, "a", "3")

        with pytest.raises(DatabaseGone, match="hung up, or is restarting"):
            cut()
        with store.read() as connection:
            assert published.note(connection, "a") == "1"
        store.close()


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root may make a small disk")
def test_a_full_disk_is_told_and_harms_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,uid=nobody,mode=700", "tmpfs", str(disk)], check=False
    ).returncode:
        pytest.skip("nobody may mount here")
    try:
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):
                folder.chmod(0o711)
        with running() as server:
            server.ask(f"CREATE TABLESPACE small LOCATION '{disk}'")
            server.ask("ALTER TABLE meta SET TABLESPACE small", database="migrated")
            store = Store(server.url("migrated"))

            def too_much() -> None:
                with store.write() as connection:
                    for number in range(2000):
                        published.set_note(connection, f"n{number}", os.urandom(2000).hex())

            with pytest.raises(StoreError, match=r"disk .* is full"):
                too_much()
            with store.write() as connection:
                published.set_note(connection, "a", "1")
            store.close()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


# ---------------------------------------------------------------- whose it is


def test_two_sites_do_not_share_a_database(make: Callable[..., Home], postgres: PostgresServer, database) -> None:
    url = postgres.url(database())
    make("one", url).run("status").fine()
    other = make("two", url)
    other.edit("feeds/site.toml", 'tag_domain = "', 'tag_domain = "other.')
    said = other.run("status")
    assert said.status == 1
    assert "is that of the site" in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_a_database_remembers_its_site(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    owner.keep(store, "a.example")
    owner.keep(store, "a.example")
    with pytest.raises(ForeignDatabase, match=r"site a\.example.* this is the site b\.example"):
        owner.keep(store, "b.example")
    store.close()


def test_a_demo_never_touches_the_database_of_the_environment(
    make: Callable[..., Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    from syndicate.cli.desk import DEMO

    home = make("site", "postgresql://me@127.0.0.1:1/syndicate")
    assert home.run("status").status == 1, "there is no such server"
    (home.root / DEMO).touch()
    home.run("status").fine()
    assert (home.root / "syndicate.sqlite").exists()
