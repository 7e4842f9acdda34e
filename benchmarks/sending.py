"""Sending an edition, ledger on, held against bare loops that hand ready mails to the same sinks on loopback.

    python -m benchmarks sending                               100,000 readers by SendGrid, 3,000 by SMTP
    python -m benchmarks.sending --subscribers 1000000         the budget's own size, by SendGrid

Ours is the whole road: the audience frozen, each batch claimed, made `posting`, posted and written down in SQLite with full
synchronisation. The bare loop makes the same calls through the same client with a body of 1,000 that is ready; for SMTP it is
smtplib on one connection with bytes that are ready. Each runs in a fresh process, the bare loop before ours and after it; time
is what a clock on the wall says. A thousandth of the readers is suppressed. Memory is the most that our process ever held.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import ROOT, Figure, fresh, within

if TYPE_CHECKING:
    from syndicate.deliver import Transport
    from syndicate.models import Copy, Letter

READERS, MAILS, MANY, BATCH, POSTS = 100_000, 10_000, 100, 1_000, 10
LEAST, LEAST_SMTP, MOST_MB = 0.40, 0.60, 200
KEY, RING, EDITION = "SG.benchmark.key", [b"b" * 32], "benchmark-1"


def measure(readers: int = READERS, mails: int = MAILS) -> list[Figure]:
    return by_sendgrid(readers) + by_smtp(mails)


def by_sendgrid(readers: int) -> list[Figure]:
    with _site(readers, "sendgrid") as folder, _sink("http") as port:
        bare = [fresh("sending", "bare", "sendgrid", port, str(MANY))]
        ours = fresh("sending", "ours", "sendgrid", port, folder)
        bare.append(fresh("sending", "bare", "sendgrid", port, str(MANY)))
    size = bare[0]["bytes"] / 1e6
    return [
        _compared(f"SendGrid sink, {readers:,} readers, requests of {size:.1f} MB", ours, bare, LEAST),
        within("the most memory our process held", ours["memory"], MOST_MB, "MB"),
    ]


def by_smtp(mails: int) -> list[Figure]:
    with _site(mails, "smtp") as folder, _sink("smtp") as port:
        bare = [fresh("sending", "bare", "smtp", port, str(mails))]
        ours = fresh("sending", "ours", "smtp", port, folder)
        bare.append(fresh("sending", "bare", "smtp", port, str(mails)))
    return [_compared(f"SMTP sink, ledger on, {mails:,} readers", ours, bare, LEAST_SMTP)]


def _compared(work: str, ours: dict[str, float], bare: list[dict[str, float]], least: float) -> Figure:
    mine = ours["mails"] / ours["wall"]
    theirs = sum(one["mails"] for one in bare) / sum(one["wall"] for one in bare)
    cpu = 1e6 * ours["cpu"] / ours["mails"], 1e6 * bare[0]["cpu"] / bare[0]["mails"]
    return Figure(
        work, f"{mine:,.0f}/s ({cpu[0]:.0f} µs CPU)", f"{theirs:,.0f}/s ({cpu[1]:.0f} µs)", mine / theirs,
        f"≥ {least:g} ×", mine >= least * theirs,
    )  # fmt: skip


# ---------------------------------------------------------------- the pieces, each in a process of its own


def ours(kind: str, port: str, folder: str) -> dict[str, float]:
    """Send the edition to everyone."""
    from syndicate import delivery, liveness
    from syndicate.office import Office
    from syndicate.store import Store, editions

    site, list = _world(Path(folder), kind)
    store = Store(f"sqlite:///{folder}/site.sqlite")
    with store.read() as connection:
        edition = editions.load(connection, EDITION)
    assert edition
    transport = _transport(site, kind, port)
    office = Office(site, store, transport, RING, lambda: datetime.now(UTC), boot=liveness.boot())
    began, cpu = time.perf_counter(), time.process_time()
    standing = delivery.send(office, edition, list, lambda *_: None)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert standing.state == "sent", standing
    assert standing.balanced
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"mails": standing.states["accepted"], "wall": wall, "cpu": cpu, "memory": memory}


def bare(kind: str, port: str, number: str) -> dict[str, float]:
    """Hand what is ready to the sink, `number` times."""
    return (_bare_sendgrid if kind == "sendgrid" else _bare_smtp)(int(port), int(number))


def _bare_sendgrid(port: int, number: int) -> dict[str, float]:
    from syndicate.deliver import Batch, Ticket
    from syndicate.deliver import sendgrid_body as bodies
    from syndicate.deliver.sendgrid_client import Client
    from syndicate.models import DeliveryRules

    letter, copies = _mail(BATCH)
    ticket = Ticket("batch", datetime.now(UTC) + timedelta(minutes=30))
    readers, _ = bodies.personalizations(Batch("b", EDITION, "sq", letter, copies, ticket))
    body = json.loads(bodies.body(ticket, bodies.shared(letter, EDITION, DeliveryRules()), readers.values()))
    client = Client(KEY, f"http://127.0.0.1:{port}")
    client.ask("post", "mail", "batch")
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(number):
        assert client.ask("post", "mail", "batch").status == 201
        assert client.ask("post", "mail", "send", body=body).status == 202
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"mails": number * BATCH, "wall": wall, "cpu": cpu, "bytes": len(json.dumps(body))}


def _bare_smtp(port: int, number: int) -> dict[str, float]:
    import smtplib

    from syndicate import compose

    letter, copies = _mail(100)
    write = compose.writer(letter)
    ready = [(copy.address, write(copy)) for copy in copies]
    client = smtplib.SMTP("127.0.0.1", port, "127.0.0.1")
    began, cpu = time.perf_counter(), time.process_time()
    for one in range(number):
        address, content = ready[one % len(ready)]
        client.sendmail("news@example.org", address, content)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    client.quit()
    return {"mails": number, "wall": wall, "cpu": cpu}


def _transport(site: Any, kind: str, port: str) -> Transport:
    from syndicate import compose
    from syndicate.deliver.sendgrid import SendGridTransport
    from syndicate.deliver.smtp import SmtpTransport

    if kind == "smtp":
        return SmtpTransport(f"smtp://127.0.0.1:{port}", compose.writer, rules=site.delivery)
    return SendGridTransport(KEY, rules=site.delivery, url=f"http://127.0.0.1:{port}")


# ---------------------------------------------------------------- the site


def _world(folder: Path, kind: str) -> tuple[Any, Any]:
    """The site, which sends by `kind` and keeps its state in `folder`; and its list."""
    from syndicate.config import load_site, shipped_site

    shipped = shipped_site()
    site = load_site(shipped, shipped=shipped)
    places = replace(site.places, state=folder)
    return replace(site, places=places, delivery=replace(site.delivery, transport=kind)), site.lists[0]


def _variants() -> tuple[Any, ...]:
    from benchmarks.compose import everything
    from syndicate import compose

    parts = everything()
    return compose.render_all(replace(parts, posts=parts.posts[:POSTS]), ("sq", "sq+en"))


def fill(readers: str, kind: str, folder: str, url: str = "") -> dict[str, float]:
    """Lay a database into the folder, or fill the one at `url`: readers, a thousandth suppressed, and an approved edition."""
    from syndicate.consent import addresses
    from syndicate.models import Subscriber
    from syndicate.store import Store, people
    from syndicate.store import schema as s

    _, list = _world(Path(folder), kind)
    store, now, count = Store(url or f"sqlite:///{folder}/site.sqlite"), datetime.now(UTC), int(readers)
    with store.write() as connection:
        connection.execute(s.editions.insert().values(
            id=EDITION, list=list.id, number=1, state="approved", created=now, approved=now, digest="d", notes=[], audience=0,
        ))  # fmt: skip
        for place, one in enumerate(_variants()):
            values = {"name": one.name, "subject": one.subject, "preheader": "", "html": one.html, "text": one.text}
            connection.execute(s.edition_variants.insert().values(edition=EDITION, position=place, **values))
        for start in range(0, count, 10_000):
            numbers = range(start, min(count, start + 10_000))
            ids = [f"{number * 2654435761 % 2**32:08x}{number:024x}" for number in numbers]
            people.add(connection, [
                (Subscriber(id, f"reader{n}@example.org", ("sq", "sq+en")[n % 2], now), f"reader{n}@example.org")
                for n, id in zip(numbers, ids, strict=True)
            ])  # fmt: skip
            connection.execute(s.subscriptions.insert(), [
                {"subscriber": id, "list": list.id, "state": "confirmed", "changed": now} for id in ids
            ])  # fmt: skip
        hashes = [addresses.keyed_hashes(f"reader{n}@example.org", RING)[0] for n in range(0, count, 1000)]
        people.suppress(connection, [people.Suppressed(one, "bounce", "", now, "") for one in hashes])
    store.close()
    return {"readers": count}


def _mail(count: int) -> tuple[Letter, list[Copy]]:
    """The letter that half of the readers get, and so many copies of it, filled as ours are."""
    from syndicate import compose
    from syndicate.audience import copy
    from syndicate.models import Edition
    from syndicate.office import Office
    from syndicate.store.ledger import Claimed

    site, list = _world(Path(), "sendgrid")
    variants = _variants()
    edition = Edition(EDITION, list.id, 1, "approved", datetime.now(UTC), (), variants, "")
    letter = compose.letter(edition, variants[0], list=list, site=site)
    nothing: Any = None
    office = Office(site, nothing, nothing, RING, lambda: datetime.now(UTC))
    claimed = [Claimed(f"{n:032x}", f"{n:032x}", f"reader{n}@example.org", "confirmed") for n in range(count)]
    return letter, [copy(office, list, letter, one) for one in claimed]


@contextmanager
def _site(readers: int, kind: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        fresh("sending", "fill", str(readers), kind, folder)
        yield folder


# ---------------------------------------------------------------- the sinks


@contextmanager
def _sink(kind: str, delay: float = 0.0) -> Iterator[str]:
    program = ["benchmarks.smtp"] if kind == "smtp" else ["benchmarks.sending", "sink", str(delay)]
    command = [sys.executable, "-m", *program]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def sink(delay: float) -> None:
    """Take every request for ever, one a connection, and do no more than read it and wait `delay`; prints the port first."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_answer, args=(connection, delay), daemon=True).start()


def _answer(connection: socket.socket, delay: float) -> None:
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1 << 16)
        head, _, begun = head.partition(b"\r\n\r\n")
        lines = [line.partition(b":") for line in head.split(b"\r\n")]
        length = next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0) - len(begun)
        while length > 0:
            length -= len(connection.recv(1 << 20))
        time.sleep(delay)
        status, body = "202 Accepted", b""
        if b"/v3/mail/batch" in head.split(b"\r\n")[0]:
            status, body = "201 Created", json.dumps({"batch_id": f"b{time.monotonic_ns()}"}).encode()
        connection.sendall(
            f"HTTP/1.1 {status}\r\nDate: {_date()}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )


def _date() -> str:
    return datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def main(arguments: list[str]) -> int:
    pieces = {"ours": ours, "bare": bare, "fill": fill}
    if arguments[:1] == ["sink"]:
        sink(float(arguments[1]))
    elif arguments and arguments[0] in pieces:
        print(json.dumps(pieces[arguments[0]](*arguments[1:])))
    else:
        from benchmarks.__main__ import table

        parser = argparse.ArgumentParser(prog="python -m benchmarks.sending")
        parser.add_argument("--subscribers", type=int, default=READERS)
        print(table(by_sendgrid(parser.parse_args(arguments).subscribers)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
