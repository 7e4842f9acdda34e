"""A site that grew: what a new post, an unchanged run and a look cost on many posts, held against few.

    python -m benchmarks growth                        20,000 posts in a thousand feeds, against 1,000
    python -m benchmarks.growth --posts 100000         the same at full size: about half an hour
    python -m benchmarks.growth kept FOLDER --posts N  lay such a site into a folder, and leave it there

Each piece is a process of its own, the real command where there is one; CPU and memory are what the system counted for it. Both
sites have the same thousand feeds, partners and sources. The first publish writes them all, the second one looks and writes
nothing, the third one has one new post.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks import bigsite
from benchmarks.measure import ROOT, Figure

FEW, POSTS, SOURCES = 1_000, 20_000, 1_000
ONE_NEW, AGAINST_FEW = 1 / 50, 3.0
FELT = 1.0
MEMORY = 1.5
"""Resident memory on many posts may be so many times that on few."""


@dataclass(frozen=True)
class Took:
    """What a process took: CPU and wall seconds, resident MB."""

    cpu: float
    wall: float
    memory: float


def measure(posts: int = POSTS) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        few, many = (_grown(Path(folder) / str(count), count) for count in (FEW, posts))
        return [*_published(few, many, posts), *_looked_at(many, posts), *_partners(few, many, posts), *_sources(many)]


def _grown(root: Path, posts: int) -> bigsite.Grown:
    print(f"  laying {posts:,} posts …", file=sys.stderr, flush=True)
    return bigsite.make(root, posts, sources=SOURCES)


def _published(few: bigsite.Grown, many: bigsite.Grown, posts: int) -> list[Figure]:
    whole = {grown: _run(grown, "publish") for grown in (few, many)}
    quiet = {grown: _run(grown, "publish") for grown in (few, many)}
    bigsite.add(few, FEW)
    bigsite.add(many, posts)
    new = {grown: _run(grown, "publish") for grown in (few, many)}
    return [
        _plain(f"first publish of {posts:,} posts in {_feeds(many)} feeds", whole[many]),
        _ratio("one new post: publish, against a full publish", new[many], whole[many], ONE_NEW),
        _ratio(f"the same, against one new post on {FEW:,} posts", new[many], new[few], AGAINST_FEW),
        _ratio(f"nothing new: publish, against the same on {FEW:,} posts", quiet[many], quiet[few], AGAINST_FEW),
        _memory("first publish: resident memory", whole[many], whole[few]),
        _memory("one new post: resident memory", new[many], new[few]),
    ]


def _looked_at(grown: bigsite.Grown, posts: int) -> list[Figure]:
    """What a person types, and waits for."""
    id = _newest(grown)
    looks = (
        ("posts list",), ("posts list", "--partner", "qendra-0"), ("posts list", "--unsure"), ("posts show", id),
        ("why", id, "all-sq"), ("partners list",), ("status",), ("newsletter draft", "newsletter"),
        ("newsletter cancel", "newsletter"),
    )  # fmt: skip
    figures = []
    for first, *rest in looks:
        took = _run(grown, *first.split(), *rest)
        name = " ".join([first, *(word for word in rest if word != id)])
        figures.append(
            Figure(f"{name}, {posts:,} posts: CPU", f"{took.cpu:.2f} s", "", None, f"≤ {FELT:g} s", took.cpu <= FELT)
        )
    return figures


def _partners(few: bigsite.Grown, many: bigsite.Grown, posts: int) -> list[Figure]:
    """A partner more: every post is looked through again, and every feed made anew."""
    for grown in (few, many):
        file = grown.root / "feeds" / "partners.toml"
        file.write_text(file.read_text("utf-8") + '\n[[partner]]\nid = "takimi"\nname = "Takimi"\n', "utf-8")
    before, after = _run(few, "publish"), _run(many, "publish")
    return [
        _plain(f"a partner more: {posts:,} posts looked through, all feeds made anew", after),
        _memory("a partner more: resident memory", after, before),
    ]


def _sources(grown: bigsite.Grown) -> list[Figure]:
    """A run with a thousand sources that answer 304, each of a host of its own (127.0.x.y)."""
    with _blogs() as port:
        hosts = [f"http://127.0.{n // 250}.{n % 250 + 1}:{port}/rss.xml" for n in range(SOURCES)]
        bigsite.write_sources(grown.root, hosts)
        settings = grown.root / "feeds" / "site.toml"
        settings.write_text(settings.read_text("utf-8").replace('every = "1h"', 'every = "1s"'), "utf-8")
        first = _run(grown, "run")
        time.sleep(1.1)
        took = _run(grown, "run")
    each = 1000 * took.cpu / SOURCES
    return [
        _plain(f"run: {SOURCES:,} sources asked for the first time", first),
        Figure(
            f"run: {SOURCES:,} sources answer 304", f"{took.cpu:.1f} s CPU, {took.wall:.0f} s, {took.memory:.0f} MB",
            "", None, f"{each:.1f} ms each", True,
        ),
    ]  # fmt: skip


# ---------------------------------------------------------------- running and telling


def _run(grown: bigsite.Grown, *command: str) -> Took:
    """The command as a process of its own; raises RuntimeError unless it ends well."""
    print(f"  {' '.join(command)} …", file=sys.stderr, flush=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
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
    return Took(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / 1024)


def _plain(work: str, took: Took) -> Figure:
    return Figure(work, f"{took.cpu:.1f} s CPU, {took.memory:.0f} MB", "", None, "", True)


def _ratio(work: str, ours: Took, yardstick: Took, most: float) -> Figure:
    ratio = ours.cpu / yardstick.cpu
    budget = f"≤ {most:.2g} ×"
    return Figure(work, f"{ours.cpu:.2f} s", f"{yardstick.cpu:.2f} s", ratio, budget, ratio <= most)


def _memory(work: str, ours: Took, few: Took) -> Figure:
    ratio = ours.memory / few.memory
    return Figure(work, f"{ours.memory:.0f} MB", f"{few.memory:.0f} MB", ratio, f"≤ {MEMORY:g} ×", ratio <= MEMORY)


def _feeds(grown: bigsite.Grown) -> int:
    return sum(1 for path in (grown.root / "public" / "feeds").iterdir() if path.is_dir())


def _newest(grown: bigsite.Grown) -> str:
    from syndicate.store import Store, posts

    store = Store(grown.url)
    with store.read() as connection:
        (id,) = posts.newest(connection, posts.Filter(), 1)
    store.close()
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
    parser.add_argument("kept", nargs="*", help="kept FOLDER: lay the site there, and measure nothing")
    said = parser.parse_args(arguments)
    if said.kept:
        bigsite.make(Path(said.kept[-1]), said.posts, sources=SOURCES)
        return 0
    figures = measure(said.posts)
    print(table(figures))
    return 0 if all(one.met for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
