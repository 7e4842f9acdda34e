"""Run one target guided by coverage, for some seconds: `python3 dev.py fuzz feed 600`. What fails is left in var/fuzz/."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(name: str = "feed", seconds: str = "60") -> None:
    import atheris

    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    with atheris.instrument_imports(include=["syndicate"]):
        from fuzz.fuzz_targets import TARGETS, seeds

    folder = ROOT / "var" / "fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (folder / f"seed-{number}").write_bytes(seed)
    target = TARGETS[name]
    target(next(seeds(name)))  # loads what is loaded late, before the clock of each run counts
    options = [
        f"-max_total_time={int(seconds)}",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-max_len=20000",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder.parent}/failed-{name}-", str(folder)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
