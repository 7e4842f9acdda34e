"""Databases of earlier versions, which those versions made, and backups of them come up to date."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from backup.test_backup import restored

from syndicate import backups
from syndicate.config import load_site, shipped_site
from syndicate.operate import parcel, vault
from syndicate.store import Store

HERE = Path(__file__).parent / "older"
KEYS = {1: "6YqKk1FMfjMsTAMds/2tDJ4wnlYjh1KGGpsQLkThlyY=", 2: "DHFBRKYSTpCYdNOEEyy8p4S17PQXu2EaYjo8jF7qp2g="}
VERSIONS = sorted(KEYS)


def older(schema, path):
    """A database as that version left it: four readers, one of whom left, two posts, an edition that was sent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(gzip.decompress((HERE / f"schema-{schema}.sql.gz").read_bytes()).decode())
    return path


def backed_up(home, schema, path, key):
    """A backup as that version would have made it: its rows, in its schema."""
    site = load_site(home.root, shipped=shipped_site())
    manifest = parcel.Manifest(parcel.datetime.fromisoformat("2026-11-01T10:00:00+00:00"), "0.1.0", schema, "S", "UTC")
    engine = sa.create_engine(f"sqlite:///{older(schema, path.with_name('older.sqlite'))}")
    with engine.connect() as connection, path.open("wb") as file:
        sealer = vault.Sealer(file, key)
        ring = [vault.hashlib.sha256(b"any").digest()]
        store = SimpleNamespace(notes=None)
        for line in backups._written(site, store, connection, ring, manifest, backups._Counted(), lambda *_: None):
            sealer.write(line)
        sealer.close()
    engine.dispose()


@pytest.mark.parametrize("schema", VERSIONS)
def test_a_backup_of_an_older_version_restores_into_this_one(home, tmp_path, key, schema):
    backed_up(home, schema, tmp_path / "old.backup", key)
    new, said = restored(home, tmp_path / "old.backup", tmp_path / "new")
    assert "by syndicate 0.1.0" in said.fine().err
    status = new.json("status")
    assert (status["lists"][0]["confirmed"], status["lists"][0]["unsubscribed"], status["posts"]) == (3, 1, 2)
    standing = new.json("newsletter", "status", "newsletter")["edition"]
    assert (standing["audience"], standing["states"], standing["balanced"]) == (4, {"accepted": 4}, True)
    new.run("publish").fine()


@pytest.mark.parametrize("schema", VERSIONS)
def test_an_older_database_is_migrated_with_every_row(home, schema):
    home.database.unlink(missing_ok=True)
    older(schema, home.database)
    (home.root / "var/secret.key").write_text(KEYS[schema])
    (home.root / "var/secret.key").chmod(0o600)
    with closing(sqlite3.connect(home.database)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        before = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in names}
    store = Store(f"sqlite:///{home.database}")
    with store.read() as connection:
        after = {name: tuple(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").one()) for name in names}
    store.close()
    assert after == before
    said = home.run(
        "subscribers", "add", "newsletter", "reader@example.org", "--language", "en", "--evidence", "signed"
    )
    assert "only they can come back" in said.out + said.err


def test_a_backup_of_a_newer_schema_is_refused_with_nothing_changed(home, tmp_path, key):
    backed_up(home, 2, tmp_path / "old.backup", key)
    with (tmp_path / "old.backup").open("rb") as file:
        (first, *rest) = vault.opened(file, lambda: key)
    with (tmp_path / "new.backup").open("wb") as file:
        sealer = vault.Sealer(file, key)
        for line in [first.replace(b'"schema":2', b'"schema":99'), *rest]:
            sealer.write(line + b"\n")
        sealer.close()
    new, said = restored(home, tmp_path / "new.backup", tmp_path / "new")
    assert said.status == 1
    assert "newer syndicate" in said.err
    assert not new.root.exists()
