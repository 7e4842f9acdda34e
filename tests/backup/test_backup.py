"""`backup`, `restore` and `arm`, as the operator types them."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from backup.conftest import PEOPLE
from road.road_site import end

DRAFT = "newsletter-1"


def rows(home, table, database="var/syndicate.sqlite"):
    with closing(sqlite3.connect(home.root / database)) as connection:
        return sorted(map(repr, connection.execute(f"SELECT * FROM {table}")))


def tables(home):
    with closing(sqlite3.connect(home.database)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


@pytest.fixture
def saved(peopled, ready, tmp_path):
    """A backup of the site with sixty readers and an approved edition, which lies where both say."""
    path = tmp_path / "kept.backup"
    ready.run("backup", str(path)).fine()
    return path


@pytest.fixture
def ready(peopled, begin_with):
    """That site with an approved edition."""

    def make():
        assert peopled.json("newsletter", "draft", "newsletter")["edition"]["id"] == DRAFT
        approve(peopled, DRAFT)
        return peopled

    return begin_with("ready", make)


# ---------------------------------------------------------------- writing one


def test_a_backup_is_one_private_file_named_by_the_time_and_nothing_in_it_can_be_read(peopled, tmp_path):
    (tmp_path / "kept").mkdir()
    said = peopled.json("backup", str(tmp_path / "kept"))
    (path,) = (tmp_path / "kept").iterdir()
    assert said["file"] == str(path)
    assert path.name.startswith("site-20")
    assert path.stat().st_mode & 0o777 == 0o600
    assert said["size"] == path.stat().st_size
    assert {"name": "subscribers", "rows": 60} in said["tables"]
    data = path.read_bytes()
    assert not any(word in data for word in (b"reader01", b"Shoq", b"site.toml", peopled.root.name.encode()))


def test_where_a_backup_must_not_go(peopled, tmp_path):
    (tmp_path / "there").write_text("mine")
    (tmp_path / "way-in").symlink_to(peopled.root / "public")
    for place, why in (
        (tmp_path / "there", "exists already"),
        (peopled.root / "public", "what the world sees"),
        (peopled.root / "public/feeds/x.backup", "what the world sees"),
        (tmp_path / "way-in", "what the world sees"),
        (tmp_path / "nowhere/x", "There is no folder"),
    ):
        said = peopled.run("backup", str(place))
        assert (said.status, said.out) == (2, "")
        assert why in said.err
    assert (tmp_path / "there").read_text() == "mine"


def test_the_key_never_stands_in_the_command_and_is_no_short_one(peopled, tmp_path, monkeypatch):
    monkeypatch.setenv("SYNDICATE_BACKUP_KEY", "short")
    said = peopled.run("backup", str(tmp_path / "x"))
    assert said.status == 2
    assert "12 characters" in said.err
    assert "short" not in said.err
    monkeypatch.delenv("SYNDICATE_BACKUP_KEY")
    assert "set SYNDICATE_BACKUP_KEY" in peopled.run("backup", str(tmp_path / "x")).err
    (tmp_path / "key").write_text("twelve letters and more\n")
    monkeypatch.setenv("SYNDICATE_BACKUP_KEY_FILE", str(tmp_path / "key"))
    peopled.run("backup", str(tmp_path / "x")).fine()
    assert not list(tmp_path.glob(".x*"))


def test_a_disk_without_room_leaves_nothing_and_a_sentence(peopled):
    import resource
    import signal

    def little():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    folder = peopled.root.parent / "small"
    folder.mkdir()
    said = end(peopled.start("backup", str(folder), preexec_fn=little))
    assert said.status == 1
    assert "was not written" in said.err
    assert not list(folder.iterdir())


# ---------------------------------------------------------------- putting it back


def restored(home, saved, root, *more):
    new = type(home).__new__(type(home))
    new.root, new.ahead = root, home.ahead
    said = new.run("restore", str(saved), *more)
    return new, said


def test_a_restored_site_is_the_same_row_by_row_and_file_by_file(peopled, saved, tmp_path):
    new, said = restored(peopled, saved, tmp_path / "new/place")
    said.fine()
    for table in tables(peopled):
        if table not in ("meta", "editions"):  # where disarming stands, and what it makes of what was approved
            assert rows(new, table) == rows(peopled, table), table
    for folder in ("feeds", "subscribers", "templates"):
        for path in (peopled.root / folder).rglob("*.*"):
            assert (new.root / path.relative_to(peopled.root)).read_bytes() == path.read_bytes()
    assert (new.root / "var/secret.key").read_bytes() == (peopled.root / "var/secret.key").read_bytes()
    assert not (new.root / "public").exists()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (new.root / "var").iterdir())
    assert not list(new.root.rglob("*.restoring"))
    new.run("publish").fine()
    assert new.titles("all") == peopled.titles("all")


def test_fifty_leave_after_the_backup_and_none_of_them_is_mailed_again(ready, saved):
    home, gone, stay, draft = ready, PEOPLE[:50], PEOPLE[50:], DRAFT
    home.run("subscribers", "forget", gone[0], "--yes").fine()
    home.run("subscribers", "remove", "newsletter", gone[1]).fine()
    leave(home, gone[2:])
    said = home.run("restore", str(saved), "--yes").fine()
    assert "50 addresses that left since stay away" in said.out
    assert home.json("status")["lists"][0]["confirmed"] == 10
    home.run("arm", "--yes").fine()
    approve(home, draft)
    sent = home.json("newsletter", "send", draft, "--yes")["edition"]
    assert (sent["audience"], sent["states"]) == (10, {"accepted": 10})
    to = {address(path) for path in (home.root / "var/outbox").glob(f"{draft}-*.eml")}
    assert to == set(stay)


def leave(home, people):
    """As by the links in their mails."""
    from syndicate.config import secret_ring
    from syndicate.consent.subscription import Event
    from syndicate.models import Places
    from syndicate.people import happen
    from syndicate.store import people as stored

    ring = secret_ring(Places(home.root, home.root / "var", home.root / "public"), {})
    with home.store() as store:
        for one in people:
            with store.write() as connection:
                person = stored.find(connection, [one])[one]
                happen(connection, ring, person, "newsletter", Event("left"), now=datetime.now(UTC))


def approve(home, edition):
    from syndicate import editions

    with home.store() as store, store.write() as connection:
        found = editions.stored.load(connection, edition)
        if found.state == "draft":
            assert editions.stored.approve(connection, edition, found.digest, found.created)


def address(path):
    import email
    import email.policy

    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["To"].addresses[0].addr_spec


def test_a_wrong_key_a_missing_end_a_changed_byte_change_nothing(peopled, saved, tmp_path, monkeypatch):
    before = files(peopled)
    data = saved.read_bytes()
    broken = tmp_path / "broken.backup"
    for bad in (data[:-1], data[: len(data) // 2], data[:-1] + b"x", b"", b"nonsense" * 100):
        broken.write_bytes(bad)
        said = peopled.run("restore", str(broken), "--yes")
        assert (said.status, said.out) == (1, ""), bad[:20]
    monkeypatch.setenv("SYNDICATE_BACKUP_KEY", "another passphrase")
    said = peopled.run("restore", str(saved), "--yes")
    assert said.status == 1
    assert "made with another" in said.err
    monkeypatch.undo()
    assert peopled.run("restore", str(tmp_path / "nowhere"), "--yes").status == 1
    assert files(peopled) == before


def files(home):
    found = (path for path in (home.root / "var").rglob("*") if path.is_file() and "locks" not in path.parts)
    return {path: path.read_bytes() for path in found}


def test_a_site_is_replaced_only_when_asked_and_is_kept_aside(peopled, saved):
    peopled.edit("feeds/site.toml", 'delay = "0s"', 'delay = "5s"')
    peopled.run("subscribers", "remove", "newsletter", PEOPLE[0]).fine()
    said = peopled.run("restore", str(saved))
    assert said.status == 2
    assert "Nothing was changed" in said.err
    aside = Path(peopled.json("restore", str(saved), "--yes")["aside"])
    assert 'delay = "5s"' in (aside / "feeds/site.toml").read_text()
    assert 'delay = "0s"' in (peopled.root / "feeds/site.toml").read_text()
    assert len(rows(peopled, "suppressions", aside / "syndicate.sqlite")) == 1


@pytest.mark.parametrize("command", ["serve"])
def test_nobody_restores_under_a_command_that_is_at_work(peopled, saved, command):
    process = peopled.start(command, "--port", "0")
    try:
        process.stdout.readline()
        said = peopled.run("restore", str(saved), "--yes")
        assert said.status == 2
        assert "Stop it or wait" in said.err
    finally:
        process.terminate()
        end(process)
    peopled.run("restore", str(saved), "--yes").fine()


def test_what_is_withdrawn_after_the_backup_stays_withdrawn(peopled, saved):
    post = next(iter(peopled.posts().values()))["id"]
    peopled.run("posts", "withdraw", post, "--yes").fine()
    said = peopled.run("restore", str(saved), "--yes").fine()
    assert post in said.err
    assert post not in {one["id"] for one in peopled.posts().values()}


def test_the_file_of_another_disk_may_lie_there_before(peopled, saved, tmp_path):
    peopled.run("subscribers", "remove", "newsletter", PEOPLE[0]).fine()
    root = tmp_path / "new"
    (root / "var").mkdir(parents=True)
    shutil.copy(peopled.root / "var/suppressed.jsonl", root / "var")
    new, said = restored(peopled, saved, root)
    assert "1 address that left since stay" in said.fine().out
    assert new.json("status")["lists"][0]["confirmed"] == 59


# ---------------------------------------------------------------- disarmed


def test_no_mail_of_any_kind_leaves_before_arm(ready, tmp_path):
    draft = DRAFT
    path = tmp_path / "later.backup"
    ready.run("backup", str(path)).fine()
    ready.run("restore", str(path), "--yes").fine()
    ready.run("subscribers", "add", "newsletter", "new@example.org", "--language", "sq").fine()
    approve(ready, draft)
    for command in (["send", draft, "--yes"], ["send", draft, "--to", "me@example.org"]):
        said = ready.run("newsletter", *command)
        assert said.status == 2
        assert "`syndicate arm`" in said.err
    assert "`syndicate arm`" in ready.run("run").fine().err
    assert not list((ready.root / "var").glob("outbox/*.eml"))
    assert "disarmed" not in ready.json("status")["problems"]
    assert any("`syndicate arm`" in one for one in ready.json("status")["problems"])
    ready.run("newsletter", "send", draft, "--dry-run").fine()
    assert ready.run("arm").status == 2
    ready.run("arm", "--yes").fine()
    ready.run("newsletter", "send", draft, "--yes").fine()
    assert len(list((ready.root / "var").glob(f"outbox/{draft}-*.eml"))) == 60


def test_who_waited_at_the_time_of_the_backup_is_held_and_a_person_decides(ready, tmp_path):
    draft = DRAFT
    ready.edit("feeds/site.toml", "[delivery]", "[delivery]\nper_day = 20") if "[delivery]" in (
        ready.root / "feeds/site.toml"
    ).read_text() else ready.add("feeds/site.toml", "[delivery]\nper_day = 20\n")
    assert ready.run("newsletter", "send", draft, "--yes").status == 3
    path = tmp_path / "midway.backup"
    ready.run("backup", str(path)).fine()
    said = ready.json("restore", str(path), "--yes")
    assert said["unsure"] == [{"edition": draft, "readers": 40}]
    standing = ready.json("newsletter", "status", draft)["edition"]
    assert (standing["state"], standing["balanced"]) == ("paused", True)
    assert standing["states"] == {"accepted": 20, "held": 40}
    assert "40 readers waited" in ready.run("arm", "--yes").fine().out
    assert ready.run("newsletter", "resume", draft, "--yes").out
    assert ready.json("newsletter", "status", draft)["edition"]["states"] == {"accepted": 20, "held": 40}
    assert len(list((ready.root / "var").glob(f"outbox/{draft}-*.eml"))) == 20
    ready.run("newsletter", "repair", draft, "--assume-sent", "--yes").fine()
    assert ready.json("newsletter", "status", draft)["edition"]["states"] == {"accepted": 60}


def test_what_was_approved_is_a_draft_again_and_letters_do_not_go_twice(ready, tmp_path):
    draft = DRAFT
    ready.run("subscribers", "add", "newsletter", "new@example.org", "--language", "sq").fine()
    ready.run("backup", str(tmp_path / "x")).fine()
    said = ready.json("restore", str(tmp_path / "x"), "--yes")
    assert said["drafts"] == [draft]
    assert ready.json("newsletter", "status", draft)["edition"]["state"] == "draft"
    assert ready.json("status")["letters"] == 0


def test_an_automatic_list_waits_for_a_person_once_after_a_restore(peopled, tmp_path):
    peopled.edit("subscribers/newsletter.toml", "approval = true", "approval = false")
    peopled.edit("subscribers/newsletter.toml", 'schedule = "manual"', 'schedule = "every 5 posts"')
    peopled.run("backup", str(tmp_path / "x")).fine()
    peopled.run("restore", str(tmp_path / "x"), "--yes").fine()
    peopled.run("arm", "--yes").fine()
    said = peopled.run("run")
    assert "is not sent by itself" in said.err
    assert peopled.json("newsletter", "status", "newsletter")["edition"]["state"] == "draft"
    assert "is not sent by itself" not in peopled.run("run").err


def test_a_database_that_was_copied_back_by_hand_is_disarmed_too(peopled):
    shutil.copy(peopled.database, peopled.root / "old.sqlite")
    for one in PEOPLE[:3]:
        peopled.run("subscribers", "remove", "newsletter", one).fine()
    shutil.copy(peopled.root / "old.sqlite", peopled.database)
    said = peopled.run("status").fine()
    assert "a copy was put back" in said.err
    assert "3 addresses" in said.err
    assert peopled.json("status")["lists"][0]["confirmed"] == 57
    assert "nobody knows how old" in peopled.run("arm", "--yes").fine().out
    assert "there is nothing to arm" in peopled.run("arm").fine().out


# ---------------------------------------------------------------- keys


def test_a_new_key_kills_no_link_and_forgets_nobody(ready, monkeypatch):
    from syndicate.config.ring import keys_in
    from syndicate.consent import tokens

    home, path = ready, ready.root / "var/secret.key"
    link = tokens.sign(keys_in(path), purpose="leave", subscriber="somebody", list="newsletter")
    home.run("subscribers", "remove", "newsletter", PEOPLE[0]).fine()
    post = next(iter(home.posts().values()))["id"]
    home.run("posts", "withdraw", post, "--yes").fine()
    old = keys_in(path)
    assert home.json("rotate-key") == {"keys": 2}
    assert keys_in(path)[1:] == old
    assert path.stat().st_mode & 0o777 == 0o600
    assert tokens.read(keys_in(path), link, purpose="leave", now=datetime.now(UTC)).subscriber == "somebody"
    said = home.run("subscribers", "add", "newsletter", PEOPLE[0], "--language", "sq", "--evidence", "signed")
    assert "only they can come back" in said.out + said.err
    home.run("pull").fine()
    assert post not in {one["id"] for one in home.posts().values()}
    monkeypatch.setenv("SYNDICATE_SECRET_KEY", "x" * 44)
    assert "SYNDICATE_SECRET_KEY" in home.run("rotate-key").err


def test_a_backup_of_before_the_new_key_and_what_was_noted_under_it_are_both_read(peopled, ready, saved):
    ready.run("rotate-key").fine()
    ready.run("subscribers", "remove", "newsletter", PEOPLE[0]).fine()
    assert "1 address that left since stay" in ready.run("restore", str(saved), "--yes").fine().out
    assert ready.json("rotate-key") == {"keys": 3}
    assert ready.json("status")["lists"][0]["confirmed"] == 59
