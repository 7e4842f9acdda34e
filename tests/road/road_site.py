"""A site under test: the command run in this process or in its own, and looks into what it left behind."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import databases
import pytest

from syndicate.cli import app
from syndicate.cli.desk import Desk
from syndicate.store import Store

REPOSITORY = Path(__file__).parents[2]
ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def source(id: str, url: str, **more: str) -> str:
    """One [[source]] of sources.toml; the blogs under test are on this machine."""
    lines = [
        f'id = "{id}"',
        f'url = "{url}"',
        "allow_private = true",
        *(f"{key} = {text}" for key, text in more.items()),
    ]
    return "\n".join(["[[source]]", *lines, ""])


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def fine(self) -> Said:
        assert self.status == 0, f"exit {self.status}\n{self.out}\n{self.err}"
        return self


class Home:
    """A site's folder. `ahead` moves the clock of commands that run in this process."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        if databases.ENGINE.name == "postgresql":
            monkeypatch.setenv("SYNDICATE_DATABASE_URL", databases.url(self.database))
        self.ahead = timedelta(0)
        monkeypatch.setattr(app, "Desk", _desk(lambda: datetime.now(UTC) + self.ahead))

    # ------------------------------------------------------------ running

    def run(self, *arguments: str, site: bool = True) -> Said:
        """Run the command in this process."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = app.run([*arguments, *(["--site", str(self.root)] if site else [])])
        return Said(status, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())  # type: ignore[attr-defined]

    def json(self, *arguments: str) -> Any:
        """Run it, expect that all went well, and read its JSON."""
        return self.run(*arguments, "--json").fine().json

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """Start the command as a process of its own."""
        command = [sys.executable, "-m", "syndicate", *arguments, "--site", str(self.root)]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True, stdin=subprocess.DEVNULL, **more
        )

    def typed(self, *arguments: str) -> Said:
        """Run the command as a process of its own, to its end."""
        return end(self.start(*arguments))

    # ------------------------------------------------------------ changing

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, "utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text("utf-8")
        assert old in text, f"{name} holds no {old!r}"
        self.write(name, text.replace(old, new))

    def add(self, name: str, text: str) -> None:
        self.write(name, (self.root / name).read_text("utf-8") + "\n" + text)

    # ------------------------------------------------------------ looking

    @property
    def database(self) -> Path:
        return self.root / "var" / "syndicate.sqlite"

    @contextmanager
    def store(self) -> Iterator[Store]:
        opened = Store(databases.url(self.database))
        try:
            yield opened
        finally:
            opened.close()

    def posts(self) -> dict[str, Any]:
        """Every post, by the last part of its address (its id where it has none)."""
        found = self.json("posts", "list", "--limit", "1000")["posts"]
        return {(post["url"] or post["id"]).rstrip("/").rpartition("/")[2]: post for post in found}

    def pulled(self, *arguments: str) -> dict[str, Any]:
        """Pull, and what became of the first source."""
        said = self.run("pull", *arguments, "--json")
        result: dict[str, Any] = said.json["sources"][0]
        return result | {"exit": said.status, "said": said.err}

    def atom(self, slug: str) -> ET.Element:
        return ET.fromstring((self.root / "public" / "feeds" / slug / "atom.xml").read_bytes())

    def titles(self, slug: str) -> list[str]:
        """The titles in a feed, in its order; the same in each of its three formats."""
        folder = self.root / "public" / "feeds" / slug
        atom = [entry.findtext(f"{ATOM}title") or "" for entry in self.atom(slug).iter(f"{ATOM}entry")]
        rss = [item.findtext("title") or "" for item in ET.fromstring((folder / "rss.xml").read_bytes()).iter("item")]
        feed = [item["title"] for item in json.loads((folder / "feed.json").read_text("utf-8"))["items"]]
        assert atom == rss == feed
        return atom

    def tombstones(self, slug: str) -> list[str]:
        return [one.attrib["ref"] for one in self.atom(slug).iter(TOMBSTONE)]

    def mails(self) -> list[Path]:
        return sorted((self.root / "var" / "outbox").glob("*.eml"))


def _desk(clock: Callable[[], datetime]) -> type[Desk]:
    class Clocked(Desk):
        def __init__(self) -> None:
            super().__init__(now=clock)

    return Clocked


def end(process: subprocess.Popen[str], seconds: float = 60) -> Said:
    out, err = process.communicate(timeout=seconds)
    return Said(process.returncode, out, err)


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    """Kill a process as the power going off would, unless it ended before."""
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def wait_for(happened: Any, seconds: float = 20) -> None:
    """Wait until `happened()` is true."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file under a folder: when it was written, and its bytes."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def files_with(folder: Path, words: list[str]) -> dict[str, list[str]]:
    """Which of these words (in small letters) each file under a folder still holds, for files that hold any.

    Compressed files are opened, and so are mails.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            held = path.read_bytes()
            if path.suffix == ".gz":
                held += gzip.decompress(held)
            texts = [held.decode("utf-8", "replace"), os.fsdecode(path.name)]
            texts.append(_plain_mail(held) if path.suffix == ".eml" else "")
            if here := [word for word in words if any(word in text.casefold() for text in texts)]:
                found[str(path.relative_to(folder))] = here
    return found


def _plain_mail(held: bytes) -> str:
    import email
    import email.policy

    mail = email.message_from_bytes(held, policy=email.policy.default)
    return "\n".join([str(mail["Subject"]), *(part.get_content() for part in mail.walk() if not part.is_multipart())])
