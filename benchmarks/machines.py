"""One edition sent by one, two and four workers' shares on one PostgreSQL, to a provider that takes its time to answer.

    python -m benchmarks machines                      8,000 readers in requests of 200, 150 ms a call
    python -m benchmarks.machines READERS SECONDS      as you like

Each share is a process of its own that does what a job of `syndicate worker` does. The clock runs from the moment when all of
them have opened the database until the last one is done. Each request is two calls (its id, and itself), and smaller than it need
be, so that there are enough of them to share. All run on this one machine, so that its cores end what more of them gain.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Figure, fresh, postgres
from benchmarks.sending import EDITION, RING, _sink, _transport, _world

READERS, BATCH, DELAY = 8_000, 200, 0.15
MANY = (1, 2, 4)
LEAST = {2: 1.4, 4: 1.8}
"""So many times as fast as one, at least; what is not here is only told."""


def measure(readers: int = READERS, delay: float = DELAY) -> list[Figure]:
    with postgres() as server, tempfile.TemporaryDirectory() as folder:
        if server is None:
            return []
        found = {}
        fresh("sending", "fill", str(readers), "sendgrid", folder, server.create("filled"))
        for many in MANY:
            url = server.create(f"machines{many}", "filled")
            with _sink("http", delay) as port:
                found[many] = _together(many, port, folder, url)
    return [_figure(readers, delay, many, found) for many in MANY]


def _figure(readers: int, delay: float, many: int, found: dict[int, dict[str, float]]) -> Figure:
    one, ours = found[1]["wall"], found[many]["wall"]
    work = f"{readers:,} readers by {many} at once, {delay * 1000:.0f} ms a call"
    told = f"{found[many]['mails'] / ours:,.0f}/s ({found[many]['cpu']:.1f} s CPU)"
    least = LEAST.get(many)
    return Figure(work, told, f"{found[1]['mails'] / one:,.0f}/s", one / ours,
                  f"≥ {least:g} ×" if least else "", least is None or one / ours >= least)  # fmt: skip


def _together(many: int, port: str, folder: str, url: str) -> dict[str, float]:
    """So many shares at once: from when all are ready until the last is done."""
    command = [sys.executable, "-m", "benchmarks.machines", "share", port, folder, url]
    pipe = subprocess.PIPE
    shares = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(many)]
    for one in shares:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    began = time.time()
    for one in shares:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    ended = [json.loads(one.communicate()[0]) for one in shares]
    wall = max(one["ended"] for one in ended) - began
    assert any(one["state"] == "sent" for one in ended), ended
    mails = max(one["mails"] for one in ended)
    return {"wall": wall, "mails": mails, "cpu": sum(one["cpu"] for one in ended)}


def share(port: str, folder: str, url: str) -> dict[str, Any]:
    """What one job of a worker does."""
    from syndicate import delivery
    from syndicate.office import Office
    from syndicate.store import Store, editions

    site, list = _world(Path(folder), "sendgrid")
    store = Store(url)
    with store.read() as connection:
        edition = editions.load(connection, EDITION)
    assert edition
    transport: Any = _transport(site, "sendgrid", port)
    transport.batch_size = BATCH
    office = Office(site, store, transport, RING, lambda: datetime.now(UTC))
    print("ready", flush=True)
    sys.stdin.readline()
    cpu = time.process_time()
    standing = delivery.send(office, edition, list, lambda *_: None)
    ended = time.time()
    assert standing.balanced
    store.close()
    return {"state": standing.state, "mails": standing.tally.sent, "ended": ended, "cpu": time.process_time() - cpu}


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["share"]:
        print(json.dumps(share(*arguments[1:])))
    else:
        from benchmarks.__main__ import table

        print(table(measure(int(arguments[0]), float(arguments[1]))))


if __name__ == "__main__":
    main(sys.argv[1:] or [str(READERS), str(DELAY)])
