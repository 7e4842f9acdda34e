"""The lock, held by real processes that are really killed."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from syndicate.deliver.lock import LockHeld, alive, hold
from syndicate.errors import StoreError, UsageError

CHILD = Path(__file__).with_name("deliver_child.py")


def start(what, path):
    return subprocess.Popen([sys.executable, CHILD, what, path], stdout=subprocess.PIPE, text=True)


def end(process):
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    assert process.wait(10) == -signal.SIGKILL


def test_held_and_let_go(tmp_path):
    path = tmp_path / "site.lock"
    assert not alive(path)
    with hold(path, name="run"):
        assert alive(path)
        with pytest.raises(LockHeld, match=r"run \(process \d+\)"), hold(path, name="run"):
            pass
        assert alive(path)
    assert not alive(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ZeroDivisionError), hold(path, name="run"):
        raise ZeroDivisionError
    assert not alive(path)


def test_dies_with_its_holder(tmp_path):
    path = tmp_path / "site.lock"
    for _ in range(3):
        process = start("lock", path)
        assert process.stdout.readline() == "held\n"
        assert alive(path)
        with pytest.raises(UsageError, match=rf"send lajme-3 \(process {process.pid}\).*Wait"), hold(path, name="x"):
            pass
        end(process)
        assert not alive(path)
        with hold(path, name="after"):
            assert alive(path)


def test_one_at_a_time(tmp_path):
    path = tmp_path / "site.lock"
    path.with_suffix(".number").write_text("0")
    processes = [start("compete", path) for _ in range(2)]
    for process in processes:
        assert process.communicate(timeout=20)[0] == "done\n"
    assert path.with_suffix(".number").read_text() == "200"


def test_looking_never_costs_anybody_the_lock(tmp_path):
    path = tmp_path / "site.lock"
    with hold(path, name="first"):
        pass
    stop = threading.Event()

    def look():
        while not stop.is_set():
            alive(path)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(200):
            with hold(path, name="run"):
                pass
    finally:
        stop.set()
        watcher.join()


def test_a_deleted_file_makes_no_second_holder_of_the_first(tmp_path):
    path = tmp_path / "site.lock"
    with hold(path, name="first"):
        path.unlink()
        with hold(path, name="second"):
            assert alive(path)
    assert not alive(path)


def test_no_folder(tmp_path):
    with pytest.raises(StoreError, match="cannot be made"), hold(tmp_path / "none" / "site.lock", name="run"):
        pass
    assert not alive(tmp_path / "none" / "site.lock")
