#!/usr/bin/env python3
"""Every chore of this repository, with nothing but Python's standard library.

python3 dev.py demo         make the environment, then run the main job on the bundled sample posts
python3 dev.py test         make the environment, then run the tests (more arguments go to pytest)
python3 dev.py test-all     the tests with the slow matrices in full
python3 dev.py lint         formatting, lint, types, import contracts
python3 dev.py benchmark    the budgets, as ratios in one run (name one to run only that)
python3 dev.py screenshots  the pictures of the README, taken by Chromium
python3 dev.py lock         pin the newest versions that pyproject.toml allows in constraints.txt
python3 dev.py run ...      the syndicate command itself, in the environment
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".venv"
BIN = HOME / ("Scripts" if os.name == "nt" else "bin")
STAMP = HOME / "installed-from"


def run(*command: str | Path, silent: bool = False) -> None:
    """Run a command in the repository's root and end with its status if it fails; `silent` shows its words only then."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, capture_output=silent, text=True)
    if done.returncode:
        if silent:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        sys.exit(done.returncode)


def fingerprint() -> str:
    """What the environment depends on: our two files, and the Python that makes it."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join([*parts, sys.version.encode(), str(ROOT).encode()])).hexdigest()


def environment() -> Path:
    """Make .venv from the pinned constraints, unless it is there and nothing changed. Returns its Python."""
    python = BIN / "python"
    if STAMP.exists() and STAMP.read_text() == fingerprint() and python.exists():
        return python
    print("Making .venv from constraints.txt (a minute, once).", file=sys.stderr, flush=True)
    if HOME.exists():
        shutil.rmtree(HOME)
    venv.create(HOME, with_pip=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "-c", "constraints.txt", "-e", ".[dev]", silent=True)
    STAMP.write_text(fingerprint())
    return python


def workers() -> list[str]:
    """Share the tests among the cores, where there is more than one."""
    cores = os.cpu_count() or 1  # one more than there are: many tests wait for another process
    return ["-n", str(min(5, cores + 1)), "--dist", "worksteal"] if cores > 1 else []


def lock() -> None:
    """Resolve pyproject.toml afresh in a throw-away environment, and write what came out."""
    scratch = ROOT / "var" / "lock"
    shutil.rmtree(scratch, ignore_errors=True)
    venv.create(scratch, with_pip=True)
    python = scratch / "bin" / "python"
    run(python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-e", ".[dev]")
    frozen = subprocess.run(
        [str(python), "-m", "pip", "freeze", "--exclude-editable"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    head = "# Made by `python3 dev.py lock`. Versions alone: it works with every pip and names no host.\n"
    (ROOT / "constraints.txt").write_text(head + frozen)
    shutil.rmtree(scratch)
    print("Wrote constraints.txt.")


def main(arguments: list[str]) -> None:
    """Do one chore."""
    if sys.version_info < (3, 11):
        sys.exit(f"syndicate needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    chore, *rest = arguments or ["help"]
    if chore == "lock":
        return lock()
    if chore not in {"demo", "test", "test-all", "lint", "benchmark", "screenshots", "run"}:
        print(__doc__)
        sys.exit(0 if chore in {"help", "--help", "-h"} else 2)
    python = environment()
    if chore == "demo":
        run(python, "-m", "syndicate", "demo", *rest)
    elif chore == "test":
        run(python, "-m", "pytest", *workers(), *rest)
    elif chore == "test-all":
        os.environ["SYNDICATE_TEST_ALL"] = "1"
        run(python, "-m", "pytest", *workers(), *rest)
    elif chore == "lint":
        run(BIN / "ruff", "format", "--check", ".")
        run(BIN / "ruff", "check", ".")
        run(BIN / "mypy")
        run(BIN / "lint-imports")
    elif chore == "benchmark":
        run(python, "-m", "benchmarks", *rest)
    elif chore == "screenshots":
        run(python, ROOT / "docs" / "screenshots.py", *rest)
    else:
        run(python, "-m", "syndicate", *rest)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
