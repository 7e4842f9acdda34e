#!/usr/bin/env python3
"""Every chore of this repository, with nothing but Python's standard library.

python3 dev.py demo         make the environment, then run the main job on the bundled sample posts
python3 dev.py test         make the environment, then run the tests (more arguments go to pytest)
python3 dev.py test-all     the tests with the slow matrices in full
python3 dev.py lint         formatting, lint, types, import contracts
python3 dev.py benchmark    the budgets, as ratios in one run (name one to run only that)
python3 dev.py fuzz         what strangers can hand in, for long: dev.py fuzz feed 600 (seconds; tests/fuzz names the targets)
python3 dev.py audit        known weaknesses of what constraints.txt pins (asks the package index); hashes.txt held against it
python3 dev.py screenshots  the pictures of the README, taken by Chromium
python3 dev.py lock         pin the newest versions that pyproject.toml allows in constraints.txt
python3 dev.py run ...      the syndicate command itself, in the environment
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path
from typing import Any

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
    (ROOT / "hashes.txt").write_text(hashes())
    print("Wrote constraints.txt and hashes.txt.")


def offered(name: str, index: str) -> list[dict[str, Any]]:
    """The files of a package that the index offers (the Simple API as JSON, PEP 691)."""
    request = urllib.request.Request(f"{index}/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        files: list[dict[str, Any]] = json.load(answer)["files"]
    return files


def hashes() -> str:
    """Every pinned version with the SHA-256 of each of its files, in the form that pip's --require-hashes reads."""
    ask = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    index = os.environ.get("PIP_INDEX_URL", told).rstrip("/")
    lines = [
        "# Made by `python3 dev.py lock`: what constraints.txt pins, with the SHA-256 of each file that the index offers."
    ]
    for pin in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, version = pin.partition("==")
        if not version:
            continue
        found = []
        for file in offered(re.sub(r"[-_.]+", "-", name).lower(), index):
            stem = re.sub(r"\.(tar\.gz|zip)$", "", file["filename"])
            said = file["filename"].split("-")[1] if file["filename"].endswith(".whl") else stem.rpartition("-")[2]
            if said == version:
                if file.get("yanked"):
                    sys.exit(f"{pin} was taken back by its makers: {file['yanked']}. Pin another version.")
                found.append(file["hashes"]["sha256"])
        if not found:
            sys.exit(f"The index offers no file of {pin}.")
        lines.append(" ".join([pin, *(f"--hash=sha256:{one}" for one in sorted(found))]))
    return "\n".join(lines) + "\n"


def audit() -> None:
    """Hold hashes.txt against the index, then ask for known weaknesses of what is pinned. Needs a network."""
    if hashes() != (ROOT / "hashes.txt").read_text():
        sys.exit(
            "hashes.txt is not what the index offers for constraints.txt. `python3 dev.py lock` writes it anew: see why."
        )
    print("hashes.txt: every pinned version is offered, none was taken back, and each file has the hash it had.")
    scratch = ROOT / "var" / "audit"
    shutil.rmtree(scratch, ignore_errors=True)
    venv.create(scratch, with_pip=True)
    run(scratch / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", "pip-audit")
    ask = ("-r", "constraints.txt", "--no-deps", "--disable-pip", "--strict", "--progress-spinner", "off")
    run(scratch / "bin" / "pip-audit", *ask)


def main(arguments: list[str]) -> None:
    """Do one chore."""
    if sys.version_info < (3, 11):
        sys.exit(f"syndicate needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    chore, *rest = arguments or ["help"]
    if chore in {"lock", "audit"}:
        return lock() if chore == "lock" else audit()
    if chore not in {"demo", "test", "test-all", "lint", "benchmark", "fuzz", "screenshots", "run"}:
        print(__doc__)
        sys.exit(0 if chore in {"help", "--help", "-h"} else 2)
    python = environment()
    if chore.startswith("test"):
        # Tests start the command hundreds of times: kept bytecode saves each of them a fifth.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
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
    elif chore == "fuzz":
        run(
            python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", "constraints.txt", "atheris"
        )
        run(python, ROOT / "tests" / "fuzz", *rest)
    elif chore == "screenshots":
        run(python, ROOT / "docs" / "screenshots.py", *rest)
    else:
        run(python, "-m", "syndicate", *rest)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
