"""Real output in the docs: runs the commands of a page, and writes or compares what they print.

    python docs/console.py README.md docs/tutorial.md     writes the real output into these pages

A page's marks are HTML comments, which readers do not see:

    <!-- scene: repository | home | site -->   where the page begins: a copy of this repository's site, an empty home, or a
                                               finished site with its posts pulled and published
    <!-- real -->                              the ```console block below is run: its lines with $ are typed, the others are
                                               their output. A line with only … stands for any lines.
    <!-- json: COMMAND -->                     the ```json block below is what the command prints with --json, shortened: lists to
                                               their first value, texts to their beginning. Only its keys must agree.
    <!-- file: NAME -->  <!-- append: NAME --> the block below becomes that file, or is added to its end
    <!-- meanwhile: WHAT -->                   something that the reader does by hand, or that happens to the blog

The sample blog plays the part of https://www.isigurt.al. Folders, dates and lengths of time may differ, nothing else.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
HOME = "/home/me"
"""How the pages call the folder that everything happens in."""

BLOG = "https://www.isigurt.al"
OTHERS = {"grep", "git", "ls", "cat"}
"""Commands of the system that a page may use beside ours."""

BLOCK = re.compile(r"<!-- (?P<mark>[a-z]+)(?:: (?P<what>[^>]*?))? -->\n(?:\n*```\w*\n(?P<body>.*?)```\n)?", re.DOTALL)


@dataclass
class Scene:
    """A folder in which a page's commands are typed one after the other, and the blog that they pull from."""

    home: Path
    blog: Any
    here: Path = field(init=False)

    def __post_init__(self) -> None:
        self.here = self.home

    def type(self, line: str) -> str:
        """Run one line as the reader would type it; returns what it prints, in the words of the page."""
        words = shlex.split(line.replace(BLOG, self.blog.base_url), comments=True)
        if words[0] == "cd":
            self.here = (self.here / words[1]).resolve(strict=True)
            return ""
        if words[0] == "syndicate" or words[:2] == ["python3", "dev.py"]:
            printed = self._ours(words[1:] if words[0] == "syndicate" else words[2:])
        elif words[0] in OTHERS:
            words = [name for word in words for name in self._expanded(word)]
            done = subprocess.run(words, cwd=self.here, capture_output=True, text=True, check=False, env=_quiet_git())
            printed = done.stdout + done.stderr
        else:
            raise ValueError(f"a page may not run {words[0]}: {line}")
        return printed.replace(str(self.home), HOME).replace(self.blog.base_url, BLOG).replace("\ufeff", "")

    def _expanded(self, word: str) -> list[str]:
        """A word as the shell hands it on: the files that a pattern fits, in order."""
        return sorted(str(path.relative_to(self.here)) for path in self.here.glob(word)) if "*" in word else [word]

    def _ours(self, arguments: list[str]) -> str:
        from syndicate.cli.app import run

        printed = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        with contextlib.chdir(self.here), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            run(arguments)
        return bytes(printed.buffer.getvalue()).decode().replace("\r\n", "\n")

    # ------------------------------------------------------------ what happens by hand

    def meanwhile(self, what: str) -> None:
        """Do what the page says between its commands; raises KeyError for what nobody taught us."""
        {
            "changed": self.finish, "gone": self.gone, "back": self.back, "drafted": self.drafted, "older": self.older,
            "ill": self.ill, "well": self.well,
            "keyed": self.keyed,
        }[what]()  # fmt: skip

    def finish(self) -> None:
        """Every value marked CHANGE becomes the operator's own."""
        for path in (self.here / "feeds/site.toml", self.here / "subscribers/newsletter.toml"):
            text = path.read_text("utf-8").replace("example.org", "isigurt.al")
            text = re.sub(r'postal_address = ".*?"', 'postal_address = "Rruga e Durrësit 1, 1001 Tiranë"', text)
            path.write_text(text, "utf-8")

    def drafted(self) -> None:
        """Another edition is drafted, of one post."""
        self.type("syndicate newsletter draft newsletter --post hssh")

    def ill(self) -> None:
        """Three things go wrong: a folder that others may look into, a setting with a slip, a feed's files that are gone."""
        (self.here / "var").chmod(0o755)
        path = self.here / "feeds/site.toml"
        path.write_text(path.read_text("utf-8").replace('every = "1h"', 'evry = "1h"'), "utf-8")
        shutil.rmtree(self.here / "public/feeds/all-sq")

    def well(self) -> None:
        """The slip is put right, and the folder is closed."""
        (self.here / "var").chmod(0o700)
        path = self.here / "feeds/site.toml"
        path.write_text(path.read_text("utf-8").replace('evry = "1h"', 'every = "1h"'), "utf-8")

    def keyed(self) -> None:
        """A passphrase for backups is in the environment; it goes when the pages are done."""
        os.environ["SYNDICATE_BACKUP_KEY"] = "a passphrase of the pages"

    def gone(self) -> None:
        """The blog's feed is not where it was."""
        self.blog.answer["/rss.xml"] = 404

    def older(self) -> None:
        """The blog's feed leads on to a second page, with posts of three years before."""
        from dataclasses import replace

        from syndicate.samples.wire import write_feed

        base, link = str(self.blog), '<atom:link href="{}/rss.xml?page=1" rel="next"/>'
        past = tuple(
            replace(
                post, slug=f"{post.slug}-2023", number=post.number - 100, published=post.published.replace(year=2023)
            )
            for post in self.blog.posts
            if not post.teaser
        )
        first = write_feed(self.blog.posts, base, "drupal").decode()
        first = first.replace("</language>", f"</language>{link.format(base)}", 1)
        self.blog.answer["/rss.xml"] = first.encode()
        self.blog.answer["/rss.xml?page=1"] = write_feed(past, base, "drupal")

    def back(self) -> None:
        """The blog's feed is where it was."""
        self.blog.answer.clear()


@dataclass
class Stage:
    """Where pages are played, one after the other: the sample blog, and a folder for each page's scene."""

    folder: Path
    blog: Any
    played: int = 0

    def told_today(self, page: Path) -> str:
        """The page with its real output as it is today."""
        text = page.read_text("utf-8")
        name = begins_in(text)
        if name is None:
            return text
        self.played += 1
        self.blog.answer.clear()
        home = self.folder / str(self.played)
        home.mkdir()
        return real(text, self.scene(name, home))

    def scene(self, name: str, home: Path) -> Scene:
        """The scene that a page begins in, in an empty `home`; raises KeyError for an unknown name."""
        made = Scene(home, self.blog)
        {"home": lambda: None, "repository": lambda: _repository(made), "site": lambda: self._site(made)}[name]()
        return made

    def _site(self, made: Scene) -> None:
        made.here = made.home / "mysite"
        shutil.copytree(self._prepared, made.here)

    @cached_property
    def _prepared(self) -> Path:
        """A finished site with its posts pulled and published: made once, then copied."""
        made = Scene(self.folder, self.blog)
        made.type(f"syndicate init mysite --from {BLOG} --domain isigurt.al")
        made.here = self.folder / "mysite"
        made.finish()
        made.type("syndicate pull")
        made.type("syndicate publish")
        return made.here


def _repository(made: Scene) -> None:
    made.here = made.home / "syndicate"
    for folder in ("feeds", "subscribers", "templates"):
        shutil.copytree(ROOT / folder, made.here / folder)


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """A stage, for as long as the context lasts."""
    from syndicate.samples.blog import serve

    with (
        tempfile.TemporaryDirectory(prefix="syndicate-docs-") as folder,
        serve() as blog,
        _own_environment(),
        _in_haste(),
    ):
        yield Stage(Path(folder).resolve(), blog)


# ---------------------------------------------------------------- pages


def real(text: str, made: Scene) -> str:
    """The page with the output of its real blocks as it is today, where it differs by more than may differ."""

    def again(found: re.Match[str]) -> str:
        mark, what, body = found["mark"], found["what"] or "", found["body"]
        if mark == "meanwhile":
            made.meanwhile(what)
        elif mark == "file":
            (made.here / what).write_text(body, "utf-8")
        elif mark == "append":
            with (made.here / what).open("a", encoding="utf-8") as file:
                file.write(f"\n{body}")
        elif mark == "real":
            return _with(found, typed(body, made.type))
        elif mark == "json":
            return _with(found, shape_of(body, made.type(f"{what} --json -q")))
        return found[0]

    return BLOCK.sub(again, text)


def _with(found: re.Match[str], body: str) -> str:
    start, end = (at - found.start() for at in found.span("body"))
    return found[0][:start] + body + found[0][end:]


def typed(body: str, type: Callable[[str], str]) -> str:
    """A console block with what its commands print now; an answer that agrees with what stands there is left as it is."""
    lines = []
    for command, stands in answers(body):
        printed = type(command).rstrip("\n")
        lines += [f"$ {command}", *([stands if agrees(stands, printed) else printed] if printed or stands else [])]
    return "\n".join(line for line in lines if line) + "\n"


def shape_of(body: str, printed: str) -> str:
    """A JSON block as the command prints it now, shortened; one with the same keys is left as it is."""
    value = json.loads(printed[printed.index("{") :])
    same = keys(shortened(json.loads(body or "null"))) == keys(shortened(value))
    return body if same else json.dumps(shortened(value), ensure_ascii=False, indent=2) + "\n"


def shortened(value: Any) -> Any:
    """JSON with the first value of each list, and the beginning of each text."""
    if isinstance(value, dict):
        return {key: shortened(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shortened(one) for one in value[:1]]
    return f"{value[:48]}…" if isinstance(value, str) and len(value) > 60 else value


def keys(value: Any, here: str = "") -> set[str]:
    """Every key of a JSON value, with the way to it: `post.versions[].language`."""
    if isinstance(value, dict):
        return {here}.union(*(keys(one, f"{here}.{key}") for key, one in value.items()))
    return {here}.union(*(keys(one, f"{here}[]") for one in value)) if isinstance(value, list) else {here}


def answers(body: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output below it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output.rstrip("\n")


def agrees(stands: str, printed: str) -> bool:
    """Whether what stands in the page is what was printed, but for what may differ."""
    pattern = ".*".join(re.escape(part) for part in re.split(r"^…$", masked(stands), flags=re.MULTILINE))
    return re.fullmatch(pattern, masked(printed), re.DOTALL) is not None


def masked(text: str) -> str:
    """Text without what may differ from one run to the next: moments, ports, sizes, the width of columns."""
    text = re.sub(r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)|[ ]\d\d:\d\d)?", "(moment)", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:(port)", text)
    text = re.sub(r"\d+ KB", "(size) KB", text)  # a day of two digits makes a mail a byte longer
    text = re.sub(r"\d+ (?:second|minute|hour|day)s? (ago|old)", r"(some time) \1", text)
    return re.sub(r"[ \t]+", " ", text)


def begins_in(text: str) -> str | None:
    """The scene that the page asks for, or None when it runs nothing."""
    found = re.search(r"<!-- scene: (\w+) -->", text)
    return found[1] if found else None


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """The environment without our variables: the reader of a page has set none."""
    kept = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("SYNDICATE_")}
    os.environ["SYNDICATE_OFFLINE"] = "1"  # the posts' links lead out of this machine
    try:
        yield
    finally:
        del os.environ["SYNDICATE_OFFLINE"]
        os.environ.update(kept)


@contextlib.contextmanager
def _in_haste() -> Iterator[None]:
    """Without the seconds that we leave between two requests to one host: this host is ours."""
    from syndicate import pull

    patient = pull.Fetcher
    with mock.patch.object(pull, "Fetcher", lambda **said: patient(**said | {"delay": 0.0})):
        yield


def _quiet_git() -> dict[str, str]:
    """An environment in which git reads nobody's settings."""
    nobody = {f"GIT_{who}_{what}": "me" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {**os.environ, **nobody, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def main(names: list[str]) -> None:
    """Write the real output into the pages named."""
    with stage() as here:
        for name in names:
            today = here.told_today(Path(name))
            changed = today != Path(name).read_text("utf-8")
            Path(name).write_text(today, "utf-8")
            print(f"{name}: {'written' if changed else 'as it was'}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
