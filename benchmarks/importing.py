"""Importing a table of people into an empty list, against email-validator alone on the same addresses.

    python -m benchmarks importing                     100,000 rows, on SQLite, and on PostgreSQL where there is one
    python -m benchmarks.importing ROWS [URL]          as many as you like; URL: an empty PostgreSQL database, whose budget is 4 ×

Both run in a process of their own; seconds are of CPU. A database server's work is not in them: on PostgreSQL it is the wall
clock that counts, for both. Three in five addresses are at one of three large providers, the others at two thousand domains, one
in seven has capitals.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Figure, against, fresh, postgres, within

ROWS = 100_000
MOST, MOST_POSTGRES, MEGABYTES = 2.0, 4.0, 200.0
NAMES = ("arta", "besa", "dritan", "ema", "fatos", "gent", "hana", "ilir", "jeta", "kujtim", "luan", "mira")
LARGE = ("gmail.com", "yahoo.com", "hotmail.com")


def measure(rows: int = ROWS) -> list[Figure]:
    with postgres() as server:
        return by(rows) + (by(rows, server.create("people")) if server else [])


def by(rows: int, url: str = "") -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        write(file, rows)
        yardstick = fresh("importing", "bare", str(file))
        first = fresh("importing", "ours", str(file), url or f"sqlite:///{folder}/people.sqlite")
        again = fresh("importing", "ours", str(file), url or f"sqlite:///{folder}/people.sqlite")
    if (first["added"], again["unchanged"]) != (rows, rows):
        raise RuntimeError(f"not every row went in: {first}, {again}")
    clock, most = ("wall", MOST_POSTGRES) if url else ("cpu", MOST)
    work = f"importing {rows:,} rows{' into PostgreSQL' if url else ''}"
    return [
        against(work, first[clock], yardstick[clock], most),
        against(f"{work} again", again[clock], yardstick[clock], most),
        within(f"{work}: resident", max(first["mb"], again["mb"]), MEGABYTES, "MB"),
    ]


def write(file: Path, rows: int) -> None:
    dice = random.Random(5)
    with file.open("w", encoding="utf-8") as out:
        out.write("address,language\n")
        for number in range(rows):
            domain = dice.choice(LARGE) if dice.random() < 0.6 else f"mail{dice.randrange(2000)}.example.org"
            local = f"{dice.choice(NAMES)}.{dice.choice(NAMES)}{number}"
            local = local.title() if dice.random() < 0.15 else local
            out.write(f"{local}@{domain},{dice.choice(('sq', 'en', 'sq+en', ''))}\n")


def bare(file: Path) -> dict[str, float]:
    """The yardstick: each address through the library, and nothing else."""
    from email_validator import validate_email

    with file.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        wall, cpu = time.perf_counter(), time.process_time()
        for row in rows:
            validate_email(row[0], check_deliverability=False)
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def ours(file: Path, url: str) -> dict[str, float]:
    from syndicate import importing
    from syndicate.config import load_site, shipped_site
    from syndicate.store import Store

    site = load_site(shipped_site(), shipped=shipped_site())
    store = Store(url)
    errand = importing.Errand(site.lists[0], "sq", datetime.now(UTC), evidence="members' forms, spring 2026")
    wall, cpu = time.perf_counter(), time.process_time()
    with file.open("rb") as stream:
        done = importing.load(
            store, [b"a key of this benchmark, 32 byte"], errand, stream, spoken=site.languages,
            reject=lambda _: None, report=lambda _: None, random=os.urandom,
        )  # fmt: skip
    took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    store.close()
    return took | {"mb": resident(), **done.counts}


def resident() -> float:
    """The most memory that this process had, in MB. (getrusage would count its parent's until it became this program.)"""
    status = Path("/proc/self/status")
    if status.exists():
        (peak,) = [line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM")]
        return int(peak.split()[1]) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main(arguments: Sequence[str]) -> None:
    if arguments[0] == "bare":
        print(json.dumps(bare(Path(arguments[1]))))
    elif arguments[0] == "ours":
        print(json.dumps(ours(Path(arguments[1]), arguments[2])))
    else:
        from benchmarks.__main__ import table

        print(table(by(int(arguments[0]), *arguments[1:])))


if __name__ == "__main__":
    main(sys.argv[1:] or [str(ROWS)])
