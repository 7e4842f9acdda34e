"""A process that has everything imported and forks the senders of the proof, so that each starts in milliseconds.

    {"start": {…}} → {"pid": n}                       see proof_sender for what it is told; its words go to `log`
    {"wait": pid, "seconds": s} → {"code": n | null}   its exit status, minus the signal's number, or null: still there

One JSON line each. The forked process is a process like any other: it has its own memory, files and locks, and is killed alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]


class Zygote(AbstractContextManager["Zygote"]):
    """The process, seen from the tests."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        paths = os.pathsep.join([str(TESTS), str(TESTS.parent)])
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment | {"PYTHONPATH": paths},
        )  # fmt: skip

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def start(self, told: dict[str, Any], log: Path) -> int:
        return int(self._ask({"start": told, "log": str(log)})["pid"])

    def wait(self, pid: int, seconds: float = 60.0) -> int | None:
        code: int | None = self._ask({"wait": pid, "seconds": seconds})["code"]
        return code

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def serve() -> None:
    from proof import proof_sender

    for line in sys.stdin:
        asked = json.loads(line)
        if "start" in asked:
            print(json.dumps({"pid": _forked(proof_sender.main, asked)}), flush=True)
        else:
            print(json.dumps({"code": _waited(asked["wait"], asked["seconds"])}), flush=True)


def _forked(main: Any, asked: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 99
    try:
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = main(asked["start"])
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _waited(pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            return None
        time.sleep(0.002)


if __name__ == "__main__":
    serve()
