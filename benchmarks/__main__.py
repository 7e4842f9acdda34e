"""Run all benchmarks, or those that are named, and hold them against their budgets.

    python -m benchmarks [NAME...]       names: language pull idle compose smtp sending importing machines growth

Ends with status 1 where a budget is missed, 2 for a name that is none. A ratio is between two figures of the same run, so it
says the same on a slow machine as on a fast one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from benchmarks.measure import Figure

NAMES = ("language", "pull", "idle", "compose", "smtp", "sending", "importing", "machines", "growth")
HEAD = ("work", "ours", "yardstick", "ratio", "budget", "")


def rows(name: str) -> list[Figure]:
    """What one benchmark found; that of the splitter prints its own, longer report first."""
    module = importlib.import_module(f"benchmarks.{name}")
    if name != "language":
        found: list[Figure] = module.measure()
        return found
    reached = module.main([]) == 0
    print()
    return [Figure("splitting labelled posts", "see above", "", None, "all goals", reached)]


def table(figures: Sequence[Figure]) -> str:
    cells = [HEAD]
    for one in figures:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        cells.append((one.work, one.ours, one.yardstick, ratio, one.budget, "ok" if one.met else "MISSED"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def main(names: Sequence[str]) -> int:
    if wrong := [name for name in names if name not in NAMES]:
        print(f"There is no benchmark {wrong[0]!r}. The names are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += rows(name)
    print(table(figures))
    return 0 if all(one.met for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
