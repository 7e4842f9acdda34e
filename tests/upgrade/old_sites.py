"""Makes the sites that older versions left behind, by running those versions themselves. The tests read what it wrote.

    git archive COMMIT | tar x -C OLD
    PYTHONPATH=OLD .venv/bin/python tests/upgrade/old_sites.py VERSION

writes VERSION.tar.xz beside this file: the site's folder, with its database as SQL and its feeds as they were published. A
version that was given out is never made again; a new version gets a new file once its tables do not change any more.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PEOPLE = {"nje@example.org": "sq", "two@example.org": "en", "tre@example.org": "sq+en", "four@example.org": "en+sq"}
KEPT = (
    "feeds",
    "subscribers",
    "templates",
    "var/secret.key",
    "var/outbox",
    "public/feeds",
    "var/facts.json",
    "var/site.sql",
)


class Old:
    """A site under the version that is imported, and a clock."""

    def __init__(self, root: Path) -> None:
        from syndicate.cli import app
        from syndicate.cli.desk import Desk

        self.root, self.time, self.app = root, BEGIN, app

        class Timed(Desk):
            def __init__(one, *given: Any, **named: Any) -> None:
                super().__init__(*given, **{**named, "now": lambda: self.time})

        app.Desk = Timed  # type: ignore[misc, attr-defined]

    def run(self, *words: str, allowed: tuple[int, ...] = (0,)) -> Any:
        """Run a command and read its JSON."""
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = self.app.run([*words, "--json", "--site", str(self.root)])
        assert status in allowed, (words, status, said.getvalue())
        return json.loads(said.getvalue() or "null")

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text("utf-8")
        assert old in text, (name, old)
        path.write_text(text.replace(old, new), "utf-8")


def fill(site: Old, blog: Any, repository: Path, version: str) -> None:
    """The life of a small site: two weeks of posts, readers, two editions, one who left, one post taken back."""
    site.app.run(["init", str(site.root)])
    for name in ("feeds/site.toml", "feeds/partners.toml", "subscribers/newsletter.toml"):
        shutil.copy(repository / name, site.root / name)
    site.edit("feeds/site.toml", 'delay = "2s"', 'delay = "0s"')
    (site.root / "feeds/sources.toml").write_text(
        f'[[source]]\nid = "isigurt"\nurl = "{blog}/rss.xml"\nallow_private = true\n'
    )
    every = blog.posts
    blog.posts = every[3:]
    site.run("run")
    for address, languages in PEOPLE.items():
        site.run(
            "subscribers", "add", "newsletter", address, "--language", languages, "--evidence", "signed a list in May"
        )
    site.run("subscribers", "add", "newsletter", "pending@example.org")
    send(site)
    site.time += timedelta(days=5)
    blog.posts = every
    site.run("run")
    site.run("subscribers", "remove", "newsletter", "two@example.org")
    found = site.run("posts", "list")["posts"]
    site.run("posts", "withdraw", found[-1]["id"], "--yes", allowed=(0, 3))
    send(site)
    if version != "0.1.0":
        live_on(site, found[0]["id"])
    site.time += timedelta(days=1)
    site.run("run")
    site.run("newsletter", "draft", "newsletter", "--post", found[1]["id"])


def live_on(site: Old, post: str) -> None:
    """What came with 0.2.0: a post put right, somebody who asks on the web side and has not confirmed yet."""
    import uuid

    from syndicate import subscribing

    site.run("posts", "fix", post, "--title", "en=The title that a person wrote", "--add-hashtag", "Tetori")
    desk = site.app.Desk(site_option=str(site.root))
    reception = subscribing.Reception(desk.site, desk.store, desk.ring, desk.now, lambda: uuid.uuid4().hex, desk.words)
    subscribing.ask(
        reception, address="pese@example.org", lists=["newsletter"], languages="sq", mail="full", form_language="sq"
    )
    desk.close()


def send(site: Old) -> None:
    """One edition to everybody."""
    site.run("newsletter", "draft", "newsletter")
    site.run("newsletter", "approve", "newsletter")
    site.run("newsletter", "send", "newsletter", "--yes")


def pack(site: Old, version: str, facts: dict[str, Any]) -> Path:
    """Write the archive, with nothing of this machine in it."""
    state = site.root / "var"
    with sqlite3.connect(state / "syndicate.sqlite") as database:
        (state / "site.sql").write_text("\n".join([*database.iterdump(), ""]), "utf-8")
    (state / "facts.json").write_text(json.dumps(facts, indent=1))
    target = HERE / f"{version}.tar.xz"
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for name in KEPT:
            if (site.root / name).exists():
                archive.add(site.root / name, name, filter=plainly)
    return target


def plainly(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without owners; of the published files those that programs read."""
    if (
        member.name.startswith("public/")
        and member.isfile()
        and not member.name.endswith(("atom.xml", "feed.json", "rss.xml"))
    ):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = int(BEGIN.timestamp())
    return member


def main(made: Callable[[Old], None] | None = None) -> None:
    """Make the site of the version that Python finds first."""
    import syndicate
    from syndicate.samples.blog import serve

    (version,) = sys.argv[1:]
    assert syndicate.__version__ == version, f"{syndicate.__file__} is {syndicate.__version__}"
    with tempfile.TemporaryDirectory() as folder, serve() as blog:
        site = Old(Path(folder) / "site")
        fill(site, blog, Path(syndicate.__file__).parents[1], version)
        facts = {"version": version, "blog": str(blog), "clock": site.time.isoformat()}
        print(pack(site, version, facts), file=sys.stderr)


if __name__ == "__main__":
    main()
