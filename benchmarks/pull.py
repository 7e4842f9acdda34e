"""1,000 new posts from a blog into a fresh site, against feedparser reading the same bytes and nothing else.

    python -m benchmarks pull            both ratios, each the best of three rounds
    python -m benchmarks.pull ours FILE  one round of ours in this process, as JSON (also: stubbed, yardstick)

Ours is the whole way: fetched over HTTP on loopback, parsed, split by language, searched for partners, hashtags and links,
made safe, and stored in a new SQLite file with full synchronisation. Loading the language model counts; importing modules
does not, on either side. With the identifier stubbed every text is a language by its letters, at once.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import ROUNDS, Figure, against, fresh

POSTS = 1000
HOST = "http://127.0.0.1:1"
"""Where the posts say that they are: nothing is fetched from there."""
WHOLE, STUBBED = 4.0, 2.0


def measure() -> list[Figure]:
    from benchmarks import corpus

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rss.xml"
        file.write_bytes(corpus.feed(POSTS, HOST))
        took: dict[str, list[float]] = {"yardstick": [], "ours": [], "stubbed": []}
        for _ in range(ROUNDS):
            for kind, seconds in took.items():
                seconds.append(fresh("pull", kind, str(file))["seconds"])
    best = {kind: min(seconds) for kind, seconds in took.items()}
    return [
        against("pull 1,000 new posts, all of it", best["ours"], best["yardstick"], WHOLE),
        against("pull 1,000 new posts, identifier stubbed", best["stubbed"], best["yardstick"], STUBBED),
    ]


def yardstick(body: bytes) -> float:
    """CPU seconds of feedparser with its defaults."""
    import feedparser

    began = time.process_time()
    found = feedparser.parse(body)
    took = time.process_time() - began
    if len(found["entries"]) != POSTS:
        raise RuntimeError(f"feedparser found {len(found['entries'])} entries")
    return took


def by_letters(texts: list[str]) -> list[dict[str, float]]:
    """In place of the identifier: Albanian where there is enough of "ë", English elsewhere; as sure as the real one is."""
    return [
        {"sq": 0.0, "en": -1.0 * len(text)} if text.count("ë") * 40 > len(text) else {"sq": -1.0 * len(text), "en": 0.0}
        for text in texts
    ]


def ours(body: bytes, *, stubbed: bool) -> float:
    """CPU seconds of the whole way, in a new site; raises RuntimeError unless every post is stored in both languages."""
    import feedparser  # noqa: F401 - imported before the clock starts, as for the yardstick

    from syndicate import pipeline
    from syndicate.config import init, load_site, shipped_site
    from syndicate.enrich import identifier
    from syndicate.models import Source
    from syndicate.pull import Fetcher
    from syndicate.samples.blog import serve
    from syndicate.samples.routes import Answer
    from syndicate.store import Store, migrations, posts  # noqa: F401 - as above

    with tempfile.TemporaryDirectory() as folder, serve() as blog:
        blog.answer["/rss.xml"] = Answer(200, body, {"Content-Type": "application/rss+xml; charset=utf-8"})
        init(Path(folder), shipped=shipped_site())
        site = load_site(Path(folder), shipped=shipped_site())
        source = Source("blog", f"{blog}/rss.xml", allow_private=True)
        site = replace(site, sources=(source,))
        store = Store(f"sqlite:///{folder}/var/syndicate.sqlite")
        scores = by_letters if stubbed else identifier(site.languages)
        fetcher = Fetcher(user_agent="benchmark", delay=0.0)
        shop = pipeline.Workshop(site, store, fetcher, scores, [b"k" * 32], lambda: datetime.now(UTC))
        began = time.process_time()
        (result,) = pipeline.pull(shop, [source], only_due=False, report=lambda *_: None)
        took = time.process_time() - began
        check(store, result)
    return took


def check(store: object, result: object) -> None:
    from syndicate.store import posts

    with store.read() as connection:
        both = posts.newest(connection, posts.Filter(language="sq"), POSTS)
        both = set(both) & set(posts.newest(connection, posts.Filter(language="en"), POSTS))
    if result.new != POSTS or len(both) < 0.99 * POSTS:
        raise RuntimeError(f"{result.new} posts are new, {len(both)} of them in both languages: {result.error}")


def main(kind: str, file: str) -> None:
    body = Path(file).read_bytes()
    seconds = yardstick(body) if kind == "yardstick" else ours(body, stubbed=kind == "stubbed")
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
