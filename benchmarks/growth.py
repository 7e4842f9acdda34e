"""A site that grew: what a new post, an unchanged run and a look cost on many posts, held against few.

    python -m benchmarks growth                        20,000 posts in a thousand feeds, against 1,000
    python -m benchmarks.growth --posts 100000         the same at full size: about an hour, and 20 GB of disk
    python -m benchmarks.growth --laid FOLDER          take the sites that lie there; lay those that do not
    python -m benchmarks.growth kept FOLDER --posts N  lay such a site into a folder, and leave it there

Each piece is a process of its own, the real command where there is one; CPU and memory are what the system counted for it. Both
sites have the same thousand feeds, partners and sources. The first publish writes them all, the second one looks and writes
nothing, those after it have one new post each; then archive pages are switched on, and the same is done again. What was measured
is told at once on standard error, and in one table at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks import bigsite
from benchmarks.measure import ROOT, Figure

FEW, POSTS, SOURCES = 1_000, 20_000, 1_000
NEW = 4
"""So many new posts are published one by one: some fill an archive page, most do not."""

FULL, ONE_NEW, AGAINST_FEW = 100_000, 1 / 50, 3.0
"""On so many posts, one new post may cost so much of a full publish; and, on any number, so many times that on few."""

FELT = 1.0
MEMORY = 1.5
"""Resident memory on many posts may be so many times that on few."""

LOG = 250
"""MB that the database's write-ahead log may have, however much is written."""

EACH = 5.0
"""Milliseconds of CPU that a source which did not change may cost."""


@dataclass(frozen=True)
class Took:
    """What a process took: CPU and wall seconds, resident MB, MB of the write-ahead log at its greatest."""

    cpu: float
    wall: float
    memory: float
    log: float


def measure(posts: int = POSTS, laid: Path | None = None) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_grown(Path(folder) / str(count), count, laid) for count in (FEW, posts))
        for piece in (_published, _archived, _looked_at, _partners, _sources):
            for figure in piece(few, many, posts):
                print(f"    {figure.work}: {figure.ours}", file=sys.stderr, flush=True)
                figures.append(figure)
    return figures


def _grown(root: Path, posts: int, laid: Path | None) -> bigsite.Grown:
    kept = laid / str(posts) if laid else root
    if not kept.exists():
        print(f"  laying {posts:,} posts …", file=sys.stderr, flush=True)
        _lay(kept, posts)
    if kept != root:
        shutil.copytree(kept, root)
    return bigsite.at(root)


def _lay(root: Path, posts: int) -> None:
    """Lay a site. Not in this process: what this one holds counts as the memory of those that it starts."""
    subprocess.run(
        [sys.executable, "-m", "benchmarks.bigsite", str(root), str(posts), str(SOURCES)], cwd=ROOT, check=True
    )


def _published(few: bigsite.Grown, many: bigsite.Grown, posts: int) -> list[Figure]:
    """Everything for the first time, nothing, and one post, with no archive pages."""
    for grown in (few, many):
        _archives(grown, False)
    whole = {grown: _run(grown, "publish") for grown in (few, many)}
    quiet = {grown: _run(grown, "publish") for grown in (few, many)}
    new = {few: _new(few, FEW), many: _new(many, posts)}
    log = whole[many].log
    return [
        _plain(f"first publish of {posts:,} posts in {_feeds(many)} feeds", whole[many]),
        _ratio("one new post: publish, against a full publish", new[many], whole[many], _full(posts)),
        _ratio(f"the same, against one new post on {FEW:,} posts", new[many], new[few], AGAINST_FEW),
        _ratio(f"nothing new: publish, against the same on {FEW:,} posts", quiet[many], quiet[few], AGAINST_FEW),
        _memory("first publish: resident memory", whole[many], whole[few]),
        _memory("one new post: resident memory", new[many], new[few]),
        Figure("first publish: write-ahead log at its greatest", f"{log:.0f} MB", "", None, f"≤ {LOG} MB", log <= LOG),
    ]


def _archived(few: bigsite.Grown, many: bigsite.Grown, posts: int) -> list[Figure]:
    """The same with archive pages, as a new site has them: for the feeds of all posts and for each partner's."""
    for grown in (few, many):
        _archives(grown, True)
    whole = {grown: _run(grown, "publish") for grown in (few, many)}
    new = {few: _new(few, FEW + NEW), many: _new(many, posts + NEW)}
    quiet = {grown: _run(grown, "publish") for grown in (few, many)}
    public = many.root / "public"
    pages = sum(1 for _ in public.glob("feeds/*/archive/*"))
    size = sum(Path(at, name).stat().st_size for at, _, names in os.walk(public) for name in names) / 1e9
    log = whole[many].log
    return [
        _plain(f"archives switched on: {pages:,} pages of {posts:,} posts, {size:.1f} GB", whole[many]),
        _ratio("with archives, one new post: publish, against switching them on", new[many], whole[many], _full(posts)),
        _ratio(f"the same, against one new post on {FEW:,} posts", new[many], new[few], AGAINST_FEW),
        _ratio(f"with archives, nothing new, against the same on {FEW:,} posts", quiet[many], quiet[few], AGAINST_FEW),
        _memory("archives switched on: resident memory", whole[many], whole[few]),
        _memory("with archives, one new post: resident memory", new[many], new[few]),
        Figure("archives switched on: write-ahead log", f"{log:.0f} MB", "", None, f"≤ {LOG} MB", log <= LOG),
    ]


def _looked_at(few: bigsite.Grown, many: bigsite.Grown, posts: int) -> list[Figure]:
    """What a person types, and waits for. A list's first draft decides about every post, once in its life."""
    figures = []
    for look, most in {
        "posts list": FELT, "posts list --partner qendra-0": FELT, "posts list --unsure": FELT, "posts show ID": FELT,
        "why ID all-sq": FELT, "partners list": FELT, "status": FELT, "newsletter draft newsletter": None,
        "newsletter cancel newsletter": FELT, "partners suggest": None,
    }.items():  # fmt: skip
        before, took = (_run(grown, *look.replace("ID", _newest(grown)).split()) for grown in (few, many))
        met = (most is None or took.cpu <= most) and took.memory <= MEMORY * before.memory
        budget = f"{f'≤ {most:g} s, ' if most else ''}≤ {MEMORY:g} × MB"
        told, against = (f"{one.cpu:.2f} s, {one.memory:.0f} MB" for one in (took, before))
        figures.append(Figure(f"{look}, {posts:,} posts", told, against, None, budget, met))
    return figures


def _partners(few: bigsite.Grown, many: bigsite.Grown, posts: int) -> list[Figure]:
    """A partner more, whom one post names: every post is looked through again, and every feed made anew."""
    for grown in (few, many):
        file = grown.root / "feeds" / "partners.toml"
        file.write_text(file.read_text("utf-8") + '\n[[partner]]\nid = "new"\nname = "Meeting number 77"\n', "utf-8")
    before, after = _run(few, "publish"), _run(many, "publish")
    return [
        _plain(f"a partner more: {posts:,} posts looked through, all feeds made anew", after),
        _memory("a partner more: resident memory", after, before),
    ]


def _sources(few: bigsite.Grown, many: bigsite.Grown, posts: int) -> list[Figure]:
    """A run with a thousand sources that answer 304, each of a host of its own (127.0.x.y)."""
    asked = {grown: _asked(grown) for grown in (few, many)}
    (_, before), (first, took) = asked[few], asked[many]
    each = 1000 * took.cpu / SOURCES
    return [
        _plain(f"run: {SOURCES:,} sources asked for the first time, {posts:,} posts", first),
        Figure(
            f"run: {SOURCES:,} sources answer 304, {posts:,} posts", f"{took.cpu:.1f} s CPU, {took.wall:.1f} s by the clock",
            f"{before.cpu:.1f} s", None, f"{each:.1f} ms each, ≤ {EACH:g} ms", each <= EACH,
        ),
        _memory("the same: resident memory", took, before),
    ]  # fmt: skip


def _asked(grown: bigsite.Grown) -> tuple[Took, Took]:
    """What the first run over all sources took, and the next."""
    with _blogs() as port:
        hosts = [f"http://127.0.{n // 250}.{n % 250 + 1}:{port}/rss.xml" for n in range(SOURCES)]
        bigsite.write_sources(grown.root, hosts)
        settings = grown.root / "feeds" / "site.toml"
        settings.write_text(settings.read_text("utf-8").replace('every = "1h"', 'every = "1s"'), "utf-8")
        _run(grown, "publish")  # every feed is made anew, as its sources have other addresses: not what is asked here
        first = _run(grown, "run")
        time.sleep(1.1)
        return first, _run(grown, "run")


# ---------------------------------------------------------------- running and telling


def _run(grown: bigsite.Grown, *command: str) -> Took:
    """The command as a process of its own; raises RuntimeError unless it ends well."""
    print(f"  {' '.join(command)} …", file=sys.stderr, flush=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    with _watched(grown.root / "var" / "syndicate.sqlite-wal") as greatest:
        process = subprocess.Popen(
            [sys.executable, "-m", "syndicate", *command, "--site", str(grown.root)],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}: {said[-2000:]}")
    wall = time.perf_counter() - began
    return Took(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, max(greatest) / 1e6)


@contextmanager
def _watched(file: Path) -> Iterator[list[int]]:
    """How large a file was while the block ran, looked at twenty times a second."""
    sizes, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            with suppress(FileNotFoundError):
                sizes.append(file.stat().st_size)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield sizes
    finally:
        over.set()
        watcher.join()


def _new(grown: bigsite.Grown, number: int) -> Took:
    """What publishing one new post takes, on average."""
    took = []
    for one in range(number, number + NEW):
        subprocess.run([sys.executable, "-m", "benchmarks.bigsite", str(grown.root), f"+{one}"], cwd=ROOT, check=True)
        took.append(_run(grown, "publish"))
    return Took(
        sum(one.cpu for one in took) / NEW, sum(one.wall for one in took) / NEW, max(one.memory for one in took),
        max(one.log for one in took),
    )  # fmt: skip


def _archives(grown: bigsite.Grown, on: bool) -> None:
    """Have the archive pages that a new site has, or none."""
    file = grown.root / "feeds" / "feeds.toml"
    text = file.read_text("utf-8").replace("\n[[feed]]\narchive = false", "\n[[feed]]")
    if not on:
        text = text.replace("\n[[feed]]", "\n[[feed]]\narchive = false")
    file.write_text(re.sub(r"(?m)^archive = (true|false) ", f"archive = {str(on).lower()} ", text), "utf-8")


def _plain(work: str, took: Took) -> Figure:
    return Figure(
        work, f"{took.cpu:.1f} s CPU, {took.wall:.0f} s by the clock, {took.memory:.0f} MB", "", None, "", True
    )


def _full(posts: int) -> float | None:
    """The budget that holds at full size only: on fewer posts a full publish is cheaper, one new post is not."""
    return ONE_NEW if posts >= FULL else None


def _ratio(work: str, ours: Took, yardstick: Took, most: float | None) -> Figure:
    ratio = ours.cpu / yardstick.cpu
    budget = f"≤ {most:.2g} ×" if most else ""
    return Figure(work, f"{ours.cpu:.2f} s", f"{yardstick.cpu:.2f} s", ratio, budget, not most or ratio <= most)


def _memory(work: str, ours: Took, few: Took) -> Figure:
    ratio = ours.memory / few.memory
    return Figure(work, f"{ours.memory:.0f} MB", f"{few.memory:.0f} MB", ratio, f"≤ {MEMORY:g} ×", ratio <= MEMORY)


def _feeds(grown: bigsite.Grown) -> int:
    return sum(1 for path in (grown.root / "public" / "feeds").iterdir() if path.is_dir())


def _newest(grown: bigsite.Grown) -> str:
    with closing(sqlite3.connect(grown.root / "var" / "syndicate.sqlite")) as database:
        id: str = database.execute("SELECT id FROM posts ORDER BY published DESC, id LIMIT 1").fetchone()[0]
    return id


class _Blog(BaseHTTPRequestHandler):
    """An empty feed that never changes."""

    body = b"<rss version='2.0'><channel><title>Blog</title><link>http://127.0.0.1/</link></channel></rss>"

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match") == '"1"'
        self.send_response(304 if known else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", "0" if known else str(len(self.body)))
        self.end_headers()
        self.wfile.write(b"" if known else self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _blogs() -> Iterator[int]:
    server = ThreadingHTTPServer(("0.0.0.0", 0), _Blog)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def main(arguments: list[str]) -> int:
    from benchmarks.__main__ import table

    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("--posts", type=int, default=POSTS)
    parser.add_argument(
        "--laid", type=Path, metavar="FOLDER", help="take the sites from there, and lay what is missing"
    )
    parser.add_argument("kept", nargs="*", help="kept FOLDER: lay the site there, and measure nothing")
    said = parser.parse_args(arguments)
    if said.kept:
        _lay(Path(said.kept[-1]), said.posts)
        return 0
    figures = measure(said.posts, said.laid)
    print(table(figures))
    return 0 if all(one.met for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
