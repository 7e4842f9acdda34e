"""A backup goes from SQLite into PostgreSQL and back, and every row arrives."""

import shutil

from backup.conftest import PEOPLE
from backup.test_backup import restored, rows, tables


def test_a_backup_goes_from_either_engine_into_the_other(published, peopled, postgres, tmp_path, monkeypatch):
    peopled.run("backup", str(tmp_path / "one")).fine()
    monkeypatch.setenv("SYNDICATE_DATABASE_URL", postgres.create("restored"))
    try:
        server, said = restored(peopled, tmp_path / "one", tmp_path / "server")
        said.fine()
        assert server.json("status")["lists"][0]["confirmed"] == 60
        assert not server.database.exists()
        _, said = restored(peopled, tmp_path / "one", tmp_path / "again")
        assert said.status == 2
        assert "not empty" in said.err
        assert server.json("status")["lists"][0]["confirmed"] == 60
        server.run("subscribers", "remove", "newsletter", PEOPLE[0]).fine()
        assert (server.root / "var/suppressed.jsonl").read_text().count("\n") == 1
        server.run("subscribers", "add", "newsletter", PEOPLE[1], "--language", "en", "--evidence", "again").fine()
        server.run("backup", str(tmp_path / "two")).fine()
        server.run("subscribers", "remove", "newsletter", PEOPLE[2]).fine()
    finally:
        monkeypatch.delenv("SYNDICATE_DATABASE_URL")
        postgres.drop("restored")
    shutil.copytree(server.root / "var", tmp_path / "home" / "var", ignore=shutil.ignore_patterns("locks"))
    home, said = restored(peopled, tmp_path / "two", tmp_path / "home", "--yes")
    assert "1 address that left since" in said.fine().out
    assert home.json("status")["lists"][0]["confirmed"] == 58
    same = set(tables(peopled)) - {
        "meta",
        "subscribers",
        "subscriptions",
        "suppressions",
        "consent_log",
        "syndicate_owner",
    }
    for table in same:
        assert rows(home, table) == rows(peopled, table), table
