"""What a benchmark says, and how it runs a piece of work in a fresh process, so that nothing is warm from the piece before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3


@dataclass(frozen=True)
class Figure:
    """One row of the table: our figure, what it is held against ("" where the budget is absolute), the budget, and whether
    it was met. `ratio` is None where nothing is divided."""

    work: str
    ours: str
    yardstick: str
    ratio: float | None
    budget: str
    met: bool


def against(work: str, ours: float, yardstick: float, most: float) -> Figure:
    """Seconds of CPU held against other seconds of CPU of the same run; the ratio may be `most` at most."""
    ratio = ours / yardstick
    return Figure(work, f"{ours:.3f} s", f"{yardstick:.3f} s", ratio, f"≤ {most:g} ×", ratio <= most)


def within(work: str, ours: float, most: float, unit: str) -> Figure:
    """A figure that may be `most` at most."""
    return Figure(work, f"{ours:.3g} {unit}", "", None, f"≤ {most:g} {unit}", ours <= most)


def holds(work: str, found: Sequence[str]) -> Figure:
    """A promise: nothing was found that breaks it."""
    return Figure(work, ", ".join(found) or "none", "", None, "none", not found)


def fresh(module: str, *arguments: str) -> dict[str, float]:
    """What `python -m benchmarks.<module> ARGUMENTS` prints, as JSON, from a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    if done.returncode:
        raise RuntimeError(f"benchmarks.{module} {' '.join(arguments)} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


@contextmanager
def postgres() -> Iterator[Any]:
    """A PostgreSQL of the tests that waits for the disk as a real one does; None where there is none."""
    sys.path.insert(0, str(ROOT / "tests"))
    from postgres_server import binaries, running

    if binaries() is None:
        print("no PostgreSQL here: what needs it is left out", file=sys.stderr)
        yield None
        return
    with running("fsync=on", "full_page_writes=on") as server:
        yield server
