"""`syndicate run` when every source is due and answers 304, against a bare script that opens the same things and decides nothing.

    python -m benchmarks idle          the ratio, what was imported for nothing, and what was written
    python -m benchmarks.idle bare URL DATABASE    the bare script: typer, SQLAlchemy, one query, one conditional GET

Both are real processes; their CPU is what the system counted for them (getrusage), the least of several rounds, turn by turn.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import ROOT, Figure, against, holds, within

ROUNDS = 7
MOST = 1.5
FELT_IDLE, FELT_HELP = 1.0, 0.3
HEAVY = (
    "alembic", "babel", "email_validator", "feedgen", "feedparser", "itsdangerous", "jinja2", "lxml", "mjml", "numpy",
    "py3langid", "trafilatura",
)  # fmt: skip
"""What an idle run has no use for: parsers, language model, templates, mail."""


def measure() -> list[Figure]:
    from syndicate.samples.blog import Asked, conditional, serve
    from syndicate.samples.routes import Answer, answer_for

    with tempfile.TemporaryDirectory() as folder, serve() as blog:
        site = Path(folder) / "site"
        environ = surroundings(Path(folder) / "bytecode")
        seen: list[int] = []

        def feed(asked: Asked) -> Answer:
            answer = conditional(
                answer_for("/rss.xml", blog.posts, blog.base_url, page="1", per_page=None), asked.headers
            )
            seen.append(answer.status)
            return answer

        blog.answer["/rss.xml"] = feed
        prepare(site, f"{blog}/rss.xml")
        once(run(site), environ)  # the first pull: everything is new
        once(run(site), environ)  # publishes what the first run's clock left over, if anything
        seen.clear()
        before = files(site)
        bare = [
            sys.executable,
            "-m",
            "benchmarks.idle",
            "bare",
            f"{blog}/rss.xml",
            str(site / "var" / "syndicate.sqlite"),
        ]
        took = [(once(run(site), environ), once(bare, environ)) for _ in range(ROUNDS)]
        ours, yardstick = min(one for one, _ in took), min(other for _, other in took)
        if set(seen) != {304} or len(seen) != 2 * ROUNDS:
            raise RuntimeError(f"the blog answered {seen}, not 304 to every request")
        written = sorted(name for name, what in files(site).items() if before.get(name) != what)
        imported = heavy(run(site, "-X", "importtime"), environ)
        felt = min(wall(run(site), environ) for _ in range(3))
        help_ = min(wall([sys.executable, "-m", "syndicate", "--help"], environ) for _ in range(3))
    return [
        against("idle run: every source answers 304", ours, yardstick, MOST),
        holds("idle run: heavy libraries imported", imported),
        holds("idle run: files written", written),
        within("idle run, felt", felt, FELT_IDLE, "s"),
        within("syndicate --help, felt", help_, FELT_HELP, "s"),
    ]


def prepare(site: Path, url: str) -> None:
    """A finished site with one source, always due, and no wait between requests."""
    from syndicate.config import init, shipped_site

    init(site, shipped=shipped_site(), domain="isigurt.al", source_url=url, source_name="A blog", allow_private=True)
    settings = site / "feeds" / "site.toml"
    text = settings.read_text("utf-8")
    text = re.sub(r'^every = "[^"]*"', 'every = "1s"', text, flags=re.M)
    text = re.sub(r'^delay = "[^"]*"', 'delay = "0s"', text, flags=re.M)
    settings.write_text(text, "utf-8")
    for file in site.glob("*/*.toml"):
        finished = re.sub(r"# CHANGE.*", "# done", file.read_text("utf-8")).replace("example.org", "isigurt.al")
        file.write_text(finished, "utf-8")


def run(site: Path, *options: str) -> list[str]:
    return [sys.executable, *options, "-m", "syndicate", "run", "--site", str(site)]


def once(command: Sequence[str], environ: dict[str, str]) -> float:
    """The CPU seconds of a process and its children; raises RuntimeError unless it ends well. Waits until the source is due."""
    time.sleep(1.1 if "run" in command else 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started(command, environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def wall(command: Sequence[str], environ: dict[str, str]) -> float:
    """The seconds that somebody waits for it."""
    time.sleep(1.1 if "run" in command else 0)
    began = time.perf_counter()
    started(command, environ)
    return time.perf_counter() - began


def surroundings(bytecode: Path) -> dict[str, str]:
    """The environment without this site's settings, and with a place for bytecode: an installed program has its own, but a
    developer's environment may forbid Python to write any."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"PYTHONPYCACHEPREFIX": str(bytecode)}


def started(command: Sequence[str], environ: dict[str, str]) -> str:
    """What a process that ended well said on standard error."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environ)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stderr


def heavy(command: Sequence[str], environ: dict[str, str]) -> list[str]:
    """Which of the heavy libraries a process imported, as -X importtime tells."""
    time.sleep(1.1)
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in started(command, environ).splitlines()}
    return sorted(names & set(HEAVY))


def files(site: Path) -> dict[str, tuple[int, int]]:
    """Every file of the site with its size and time, but for the database and the locks, where a pull notes that it asked."""
    return {
        str(path.relative_to(site)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in site.rglob("*")
        if path.is_file() and "locks" not in path.parts and "syndicate.sqlite" not in path.name
    }


def bare(url: str, database: str) -> None:
    """The yardstick: a command of one typer app that asks the database for the validator and the blog whether it changed."""
    import typer

    app = typer.Typer(add_completion=False)

    @app.command()
    def check(url: str, database: str) -> None:
        """One query, one conditional request."""
        import sqlalchemy as sa
        import urllib3

        engine = sa.create_engine(f"sqlite:///{database}")
        with engine.connect() as connection:
            sources = sa.table("sources", sa.column("pacing", sa.JSON))
            pacing = connection.execute(sa.select(sources.c.pacing)).scalar_one()
        answer = urllib3.PoolManager().request("GET", url, headers={"If-None-Match": pacing["etag"]})
        if answer.status != 304:
            raise RuntimeError(f"the blog answered {answer.status}")

    app([url, database])


if __name__ == "__main__":
    bare(*sys.argv[2:])
