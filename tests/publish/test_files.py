"""Files on disk: whole or not at all, only when they changed, and never outside the public folder."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from syndicate.errors import SyndicateError
from syndicate.models import Document
from syndicate.publish import files

ROOT = Path(__file__).parents[2]
PREAMBLE = """
import sys
from pathlib import Path
from syndicate.models import Document
from syndicate.publish import files
"""


def document(path="feeds/a/rss.xml", content=b"<rss/>"):
    return Document(path, "application/rss+xml", content)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_written_with_a_compressed_twin(tmp_path):
    old = os.umask(0o077)
    try:
        assert files.write(tmp_path / "public", [document()]) == ["feeds/a/rss.xml"]
    finally:
        os.umask(old)
    target = tmp_path / "public/feeds/a/rss.xml"
    assert target.read_bytes() == gzip.decompress(target.with_name("rss.xml.gz").read_bytes()) == b"<rss/>"
    assert target.stat().st_mode & 0o777 == target.with_name("rss.xml.gz").stat().st_mode & 0o777 == 0o644
    assert target.parent.stat().st_mode & 0o777 == 0o755
    assert len(tree(tmp_path)) == 2


def test_nothing_new_nothing_written(tmp_path):
    files.write(tmp_path, [document()])
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.rglob("*")}
    time.sleep(0.01)
    assert files.write(tmp_path, [document()]) == []
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in tmp_path.rglob("*")} == before


def test_only_what_changed_is_written(tmp_path):
    files.write(tmp_path, [document(), document("feeds/a/atom.xml")])
    written = files.write(tmp_path, [document(), document("feeds/a/atom.xml", b"<feed/>")])
    assert written == ["feeds/a/atom.xml"]
    assert gzip.decompress((tmp_path / "feeds/a/atom.xml.gz").read_bytes()) == b"<feed/>"


@pytest.mark.parametrize("broken", [None, b"", b"\x1f\x8b\x08", gzip.compress(b"<old/>", mtime=0)])
def test_a_broken_twin_is_made_again(tmp_path, broken):
    files.write(tmp_path, [document()])
    twin = tmp_path / "feeds/a/rss.xml.gz"
    good = twin.read_bytes()
    twin.unlink()
    assert files.missing(tmp_path, ["feeds/a/rss.xml"])
    if broken is not None:
        twin.write_bytes(broken)
    assert files.write(tmp_path, [document()]) == []
    assert twin.read_bytes() == good


@pytest.mark.parametrize(
    "path",
    ["../x", "/etc/x", "feeds/../../x", "feeds/./x", "feeds//x", "", ".", "feeds\\..\\x", "feeds/a\0b", "feeds/x/"],
)
def test_a_path_out_of_the_folder_is_refused(tmp_path, path):
    public = tmp_path / "public"
    with pytest.raises(SyndicateError, match="outside"):
        files.write(public, [document(path)])
    assert tree(tmp_path) == {}


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    public, elsewhere = tmp_path / "public", tmp_path / "elsewhere"
    (public / "feeds").mkdir(parents=True)
    elsewhere.mkdir()
    (public / "feeds/a").symlink_to(elsewhere)
    with pytest.raises(SyndicateError, match="outside"):
        files.write(public, [document()])
    with pytest.raises(SyndicateError, match="outside"):
        files.remove(public, "../../elsewhere")
    assert tree(elsewhere) == {}


def test_a_public_folder_may_itself_be_a_link(tmp_path):
    (tmp_path / "www").mkdir()
    (tmp_path / "public").symlink_to(tmp_path / "www")
    assert files.write(tmp_path / "public", [document()]) == ["feeds/a/rss.xml"]


def test_a_gone_feed_goes_and_foreign_files_stay(tmp_path):
    files.write(tmp_path, [document("feeds/a/rss.xml"), document("feeds/a/embed.html"), document("feeds/b/rss.xml")])
    (tmp_path / "feeds/b/mine.txt").write_text("mine")
    assert files.remove(tmp_path, "a") == ["feeds/a/rss.xml", "feeds/a/embed.html"]
    assert not (tmp_path / "feeds/a").exists()
    assert files.remove(tmp_path, "b") == ["feeds/b/rss.xml"]
    assert tree(tmp_path) == {"feeds/b/mine.txt": b"mine"}
    assert files.remove(tmp_path, "a") == []


def test_missing(tmp_path):
    assert files.missing(tmp_path, ["feeds/a/rss.xml"])
    files.write(tmp_path, [document()])
    assert not files.missing(tmp_path, ["feeds/a/rss.xml"])
    assert files.missing(tmp_path, ["feeds/a/rss.xml", "feeds/a/atom.xml"])
    assert not files.missing(tmp_path, [])


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / "feeds/a/rss.xml").mkdir(parents=True)
    with pytest.raises(SyndicateError, match=r"Could not write feeds/a/rss.xml: .* run it again"):
        files.write(tmp_path, [document()])
    assert tree(tmp_path) == {}


# ---------------------------------------------------------------- disks that fill and runs that die


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PREAMBLE + code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def test_a_full_disk_leaves_the_old_file(tmp_path):
    files.write(tmp_path, [document()])
    before = tree(tmp_path)
    code = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    files.write(Path(sys.argv[1]), [Document('feeds/a/rss.xml', '', b'x' * 100_000)])
except files.SyndicateError as error:
    print(error)
"""
    said, trouble = run(code, tmp_path).communicate(timeout=30)
    assert said.startswith("Could not write feeds/a/rss.xml: File too large"), trouble
    assert tree(tmp_path) == before


def test_no_space_left_is_told_as_such(tmp_path, monkeypatch):
    def full(number: int) -> None:
        raise OSError(28, os.strerror(28))

    files.write(tmp_path, [document()])
    before = tree(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SyndicateError, match=r"No space left on device.*free some space"):
        files.write(tmp_path, [document(content=b"<new/>")])
    assert tree(tmp_path) == before


def test_a_twin_that_cannot_be_written_does_not_stay_behind(tmp_path, monkeypatch):
    files.write(tmp_path, [document()])
    monkeypatch.setattr(gzip, "compress", lambda *_, **__: (_ for _ in ()).throw(OSError(28, os.strerror(28))))
    with pytest.raises(SyndicateError, match="No space left"):
        files.write(tmp_path, [document(content=b"<new/>")])
    assert tree(tmp_path) == {"feeds/a/rss.xml": b"<new/>"}


def test_a_killed_run_leaves_whole_files_and_the_next_clears_up(tmp_path):
    code = """
pages = [bytes([letter]) * 2_000_000 for letter in b'ab']
print('ready', flush=True)
while True:
    for page in pages:
        files.write(Path(sys.argv[1]), [Document('feeds/a/rss.xml', '', page)])
"""
    for wait in (0.02, 0.05, 0.09):
        process = run(code, tmp_path)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        target = tmp_path / "feeds/a/rss.xml"
        assert not target.exists() or (len(set(target.read_bytes())) == 1 and target.stat().st_size == 2_000_000)
    dead = tmp_path / f"feeds/a/.rss.xml.{process.pid}.syndicate-tmp"
    dead.write_bytes(b"half")
    files.write(tmp_path, [document()])
    assert sorted(tree(tmp_path)) == ["feeds/a/rss.xml", "feeds/a/rss.xml.gz"]


def test_another_runs_file_in_work_is_left_alone(tmp_path):
    living = tmp_path / f"feeds/a/.rss.xml.{os.getppid()}.syndicate-tmp"
    living.parent.mkdir(parents=True)
    living.write_bytes(b"half")
    files.write(tmp_path, [document()])
    assert living.exists()
    os.utime(living, (0, 0))
    files.write(tmp_path, [document()])
    assert not living.exists()
