"""The folder transport on a real disk: whole files or none, one a delivery, whatever is killed when."""

import os
import random
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deliver.deliver_child import COUNT, LETTER, batch, by, copy, whole

from syndicate.deliver import Attempt, Batch, Transport
from syndicate.deliver.folder import FolderTransport, erase, file_name
from syndicate.errors import DeliveryError, UsageError
from syndicate.models import Receipt

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CHILD = Path(__file__).with_name("deliver_child.py")


def child(what, path):
    return subprocess.Popen([sys.executable, CHILD, what, path], stdout=subprocess.PIPE, text=True)


def kill(process):
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(10) == -signal.SIGKILL
    return rest


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_each_mail_once_for_the_owner_alone(tmp_path):
    transport: Transport = FolderTransport(tmp_path / "deep" / "outbox", by(whole))
    old = os.umask(0)
    try:
        receipts = list(transport.post(batch(3)))
    finally:
        os.umask(old)
    assert receipts == [Receipt(f"d{at}", "accepted") for at in range(3)]
    outbox = tmp_path / "deep" / "outbox"
    assert names(outbox) == ["lajme-1-d0.eml", "lajme-1-d1.eml", "lajme-1-d2.eml"]
    assert (outbox / "lajme-1-d1.eml").read_bytes() == whole(copy("d1"))
    assert stat.S_IMODE(outbox.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in outbox.iterdir()} == {0o600}
    transport.close()


def test_twice_is_once(tmp_path):
    transport = FolderTransport(tmp_path, by(whole))
    for _ in range(2):
        assert [receipt.outcome for receipt in transport.post(batch(2))] == ["accepted"] * 2
    assert len(names(tmp_path)) == 2


def test_one_mail_that_cannot_be_written_costs_no_other(tmp_path):
    def picky(mail):
        if mail.id == "d1":
            raise ValueError("a line break in the subject")
        return whole(mail)

    receipts = list(FolderTransport(tmp_path, by(picky)).post(batch(3)))
    assert [receipt.outcome for receipt in receipts] == ["accepted", "failed", "accepted"]
    assert "a line break in the subject" in receipts[1].reason
    assert names(tmp_path) == ["lajme-1-d0.eml", "lajme-1-d2.eml"]


@pytest.mark.parametrize("bad", ["", "../x", "a/b", "a\0b", "ë", "a~b", "a b", "x" * 101])
def test_ids_that_are_no_file_names(tmp_path, bad):
    transport = FolderTransport(tmp_path / "outbox", by(whole))
    for wrong in (
        Batch("b", bad, "sq", LETTER, (copy("d1"),)),
        Batch("b", "lajme-1", "sq", LETTER, (copy("d1"), copy(bad))),
    ):
        with pytest.raises(UsageError):
            list(transport.post(wrong))
    assert not (tmp_path / "outbox").exists()


def test_settle_tells_what_is_there(tmp_path):
    transport = FolderTransport(tmp_path / "outbox", by(whole))
    nothing = transport.settle(batch(2).attempt, NOW)
    assert [receipt.outcome for receipt in nothing] == ["requeue", "requeue"]
    list(transport.post(batch(1)))
    for _ in range(2):
        assert [receipt.outcome for receipt in transport.settle(batch(2).attempt, NOW)] == ["accepted", "requeue"]
        assert names(tmp_path / "outbox") == ["lajme-1-d0.eml"]
    other = transport.settle(Attempt("b2", "lajme-2", ("d0",)), NOW)
    assert [receipt.outcome for receipt in other] == ["requeue"]


def test_killed_between_writing_and_renaming(tmp_path):
    transport = FolderTransport(tmp_path, by(whole))
    for _ in range(3):
        process = child("stop_before_rename", tmp_path)
        assert process.stdout.readline().startswith("written .lajme-1-d0.eml.")
        kill(process)
        (left,) = names(tmp_path)
        assert left.endswith(".tmp")
        assert [receipt.outcome for receipt in transport.settle(batch(1).attempt, NOW)] == ["requeue"]
        assert names(tmp_path) == []
    assert [receipt.outcome for receipt in transport.post(batch(1))] == ["accepted"]


def test_settle_leaves_what_others_are_writing(tmp_path):
    for name in (".lajme-1-d9.eml.77.tmp", ".lajme-11-d0.eml.77.tmp", "lajme-11-d0.eml", "notes.txt"):
        (tmp_path / name).touch()
    FolderTransport(tmp_path, by(whole)).settle(batch(1).attempt, NOW)
    assert len(names(tmp_path)) == 4


def test_killed_at_any_moment(tmp_path):
    chance = random.Random(7)
    for trial in range(6):
        folder = tmp_path / str(trial)
        process = child("write", folder)
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.25))
        said = {line.split()[0] for line in kill(process).splitlines() if line.endswith("accepted")}
        settled = FolderTransport(folder, by(whole)).settle(batch().attempt, NOW)
        assert len(settled) == COUNT
        proven = {receipt.delivery for receipt in settled if receipt.outcome == "accepted"}
        assert said <= proven, "what was told as accepted is there"
        there = names(folder) if folder.exists() else []
        assert there == sorted(f"lajme-1-{delivery}.eml" for delivery in proven)
        for delivery in proven:
            assert (folder / f"lajme-1-{delivery}.eml").read_bytes() == whole(copy(delivery))


def test_no_room(tmp_path):
    process = child("no_room", tmp_path / "outbox")
    said = process.communicate(timeout=20)[0].splitlines()
    assert [line.split()[1] for line in said[:4]] == ["accepted", "accepted", "requeue", "requeue"]
    assert "files may not grow so large" in said[2]
    assert said[4].startswith("error Mail cannot be written into")
    assert names(tmp_path / "outbox") == ["lajme-1-d0.eml", "lajme-1-d1.eml"]


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "outbox").touch()
    receipts = []
    posting = FolderTransport(tmp_path / "outbox", by(whole)).post(batch(2))
    with pytest.raises(DeliveryError, match="not a folder"):
        receipts.extend(posting)
    transport = FolderTransport(tmp_path / "outbox" / "below", by(whole))
    with pytest.raises(DeliveryError, match="not a folder"):
        list(transport.post(batch(2)))
    with pytest.raises(DeliveryError):
        FolderTransport(tmp_path / "outbox", by(whole)).settle(batch(2).attempt, NOW)


def test_no_right(tmp_path):
    (tmp_path / "outbox").mkdir(mode=0o500)
    said = child("no_right", tmp_path / "outbox").communicate(timeout=20)[0].splitlines()
    assert [line.split()[:2] for line in said[:2]] == [["d0", "requeue"], ["d1", "requeue"]]
    assert said[2].startswith("error")
    assert "may not be written to" in said[2]
    assert names(tmp_path / "outbox") == []


def test_erase_takes_whole_editions_and_no_others(tmp_path):
    transport = FolderTransport(tmp_path, by(whole))
    for edition in ("lajme-1", "lajme-1-2", "lajme-11", "lajme"):
        mails = (copy("a1"), copy("1-b"))
        assert len(list(transport.post(Batch("b", edition, "sq", LETTER, mails)))) == 2
    (tmp_path / ".lajme-1-a1.eml.99.tmp").touch()
    (tmp_path / "notes.txt").touch()
    assert erase(tmp_path, ["lajme-1"]) == 2
    left = names(tmp_path)
    assert len(left) == 7
    assert not [name for name in left if name.startswith((".", "lajme-1-a1", "lajme-1-1~b"))]
    assert erase(tmp_path, [], [("lajme-11", "1-b"), ("lajme-11", "gone")]) == 1
    assert file_name("lajme-11", "1-b") not in names(tmp_path)
    assert erase(tmp_path / "nowhere", ["lajme-1"]) == 0
