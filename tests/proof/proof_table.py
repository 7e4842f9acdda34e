"""The table of docs/proof.md from the results of a run: `python tests/proof/proof_table.py FILE`."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

NAMES = {"sendgrid": "SendGrid", "smtp": "SMTP"}


def table(path: Path) -> str:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in path.read_text().splitlines():
        one = json.loads(line)
        groups[NAMES[one["kind"]], one["part"]].append(one)
        groups["", "**all**"].append(one)
    lines = [
        "| transport | what was done to it | trials | senders killed | readers | twice | lost | sum wrong | held | longest |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (kind, part), rows in sorted(groups.items(), key=lambda item: (not item[0][0], item[0])):
        total = {
            name: sum(one[name] for one in rows) for name in ("kills", "readers", "twice", "lost", "untold", "held")
        }
        unbalanced, longest = sum(one["unbalanced"] for one in rows), max(one["seconds"] for one in rows)
        lines.append(
            f"| {kind} | {part} | {len(rows)} | {total['kills']} | {total['readers']:,} | {total['twice']} "
            f"| {total['lost'] + total['untold']} | {unbalanced} | {total['held']} | {longest:.1f} s |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
