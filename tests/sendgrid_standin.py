"""A stand-in of SendGrid: a real HTTP server that keeps what it was told in a file, so that it outlives whoever talks to it.

    python tests/sendgrid_standin.py --state FILE [--port 0] [--key KEY] [--seed N] [--loose]     prints "PORT <n>"
    with running() as standin: …                                                                  the same, as a process
    with Standin(path) as standin: …                                                              the same, as a thread

What it does as the provider documents it: batch ids; /mail/send, each body held to the schema and the documented rules
(`--loose`: the rules without the schema, ten times quicker); the mail waits until its `send_at`; scheduled sends are cancelled,
read back and deleted, at most LIMIT at once, and a cancellation later than ten minutes before the time is *taken and does
nothing*, the worst that the documents allow; suppression lists; erasing; events, signed with ECDSA.

Time passes only by request: its clock is the real one plus what it was told, and stands in every Date header.

Controls, without a key (JSON):
    GET  /_clock                          {"now"}                POST /_clock {"advance": seconds}: what is due then leaves
    GET  /_deliveries                     [{"address", "delivery", "batch", "at", "fate"}]: every mail that left
    GET  /_calls                          [{"route", "status", "at"}]: every call of the API
    GET  /_waiting                        [{"address", "delivery", "batch", "send_at", "cancelled"}]
    POST /_faults [{"route", "what", …}]  replaces the script; a fault strikes where it fits:
         route   batch | send | cancel | status | clear | lists | any
         call    the how-manieth call of its route, counted from 1 since the script was set; or
         chance  0.0 to 1.0, decided by seed, route and number of the call: the same every time
         what    500 | 502 | 503 | 429 | 401 | 403 | 413 | quota | 200 | html | 301 | reset | half | cut | hang | slow | drip
         when    "before" (nothing is done; the default) or "after" (it is done, and durable, and then the answer goes wrong)
         seconds for hang, slow, drip; for 429 the Retry-After
    POST /_errors {"errors": […], "times": n}   the next n sends answer 400 with exactly these errors
    GET/POST /_lists {"bounces": [{"email", "created", "reason", "status"}], "spam_reports", "invalid_emails", "unsubscribes",
         "group": [addresses]}            the suppression lists
    GET  /_events                         every event so far             POST /_events {"url", "twice": bool}: posted, signed
    GET  /_key                            the public key, as the provider's page shows it
    GET  /_leaks                          requests that carried the key to where a redirect led
Who gets what: an address that begins with bounce-, soft-, block-, spam-, defer-, left- has that fate; others are delivered.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from sendgrid_contract import violations

KEY = "SG.standin.key-of-a-stand-in"
GUARD = 600
LIMIT = 100
TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS mails (n INTEGER PRIMARY KEY, request TEXT, batch_id TEXT, send_at REAL, address TEXT,
  delivery TEXT, batch TEXT, category TEXT, left REAL, fate TEXT);
CREATE TABLE IF NOT EXISTS scheduled (batch_id TEXT PRIMARY KEY, status TEXT, at REAL);
CREATE TABLE IF NOT EXISTS calls (n INTEGER PRIMARY KEY, route TEXT, status TEXT, at REAL);
CREATE TABLE IF NOT EXISTS lists (name TEXT, email TEXT, created INTEGER, reason TEXT, status TEXT, PRIMARY KEY (name, email));
CREATE TABLE IF NOT EXISTS events (n INTEGER PRIMARY KEY, event TEXT, told INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS due ON mails (left, send_at);
"""
LISTS = ("bounces", "spam_reports", "invalid_emails", "unsubscribes")
FATES = {
    "bounce-": ("bounce", {"type": "bounce", "bounce_classification": "Invalid Address", "status": "5.1.1",
                           "reason": "550 5.1.1 <{}>: no such user"}),
    "soft-": ("bounce", {"type": "bounce", "bounce_classification": "Mailbox Unavailable", "status": "5.2.2",
                         "reason": "552 5.2.2 mailbox of {} is full"}),
    "block-": ("bounce", {"type": "blocked", "bounce_classification": "Reputation", "status": "5.7.1",
                          "reason": "550 5.7.1 blocked"}),
    "defer-": ("deferred", {"response": "450 later", "attempt": "1"}),
}  # fmt: skip


class Book:
    """What the stand-in knows, in one SQLite file; every method is one durable step."""

    def __init__(self, path: Path, seed: int) -> None:
        self.seed, self.lock = seed, threading.RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + TABLES)

    def meta(self, key, default=None):
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else default

    def keep(self, key, value):
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def now(self) -> float:
        return time.time() + self.meta("offset", 0.0)

    @contextmanager
    def step(self):
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def fault(self, route):
        """Counts the call and says which fault strikes it, if any."""
        with self.step():
            counts = self.meta("counts", {})
            counts[route] = number = counts.get(route, 0) + 1
            self.keep("counts", counts)
            for one in self.meta("faults", []):
                if one["route"] not in (route, "any"):
                    continue
                if "chance" in one:
                    dice = random.Random(f"{self.seed}/{route}/{number}/{one['what']}/{one.get('when')}")
                    if dice.random() < one["chance"]:
                        return one
                elif one.get("call") in (None, number):
                    return one
        return None

    def note(self, route, status):
        with self.step():
            self.db.execute("INSERT INTO calls (route, status, at) VALUES (?, ?, ?)", (route, str(status), self.now()))

    # ------------------------------------------------------------ mail

    def batch(self):
        with self.step():
            id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            self.db.execute("INSERT INTO batches VALUES (?)", (id,))
        return 201, {"batch_id": id}

    def send(self, raw: bytes, loose: bool):
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        with self.step():
            told = self.meta("errors", {"times": 0})
            if told["times"] > 0:
                self.keep("errors", told | {"times": told["times"] - 1})
                return 400, {"errors": told["errors"]}
            wrong = violations(body, raw, self.now(), schema=not loose)
            batch = body.get("batch_id") if isinstance(body, dict) else None
            if batch and not self.db.execute("SELECT 1 FROM batches WHERE id = ?", (batch,)).fetchone():
                wrong.append(("batch_id", "The batch_id is not one of yours."))
            if wrong:
                return 400, {"errors": [{"message": why, "field": field or None, "help": None} for field, why in wrong]}
            self._take(body)
            self._leave()
        return 202, None

    def _take(self, body):
        request, at = uuid.uuid4().hex, float(body.get("send_at", 0))
        top = body.get("custom_args") or {}
        self.db.executemany(
            "INSERT INTO mails (request, batch_id, send_at, address, delivery, batch, category) VALUES (?,?,?,?,?,?,?)",
            [(request, body.get("batch_id"), at, entry["email"], (top | one.get("custom_args", {})).get("delivery"),
              (top | one.get("custom_args", {})).get("batch"), json.dumps(body.get("categories", [])))
             for one in body["personalizations"] for entry in one["to"]],
        )  # fmt: skip

    def _leave(self):
        """Lets go of what is due: what was cancelled in time is thrown away, what is paused stays."""
        now = self.now()
        rows = self.db.execute(
            "SELECT m.n, m.address, m.delivery, m.batch, m.category, m.send_at, m.request, s.status, s.at FROM mails m"
            " LEFT JOIN scheduled s ON s.batch_id = m.batch_id WHERE m.left IS NULL AND m.send_at <= ? ORDER BY m.n", (now,)
        ).fetchall()  # fmt: skip
        for n, address, delivery, batch, category, send_at, request, status, since in rows:
            if status == "pause":
                continue
            cancelled = status == "cancel" and since <= send_at - GUARD
            fate = "cancelled" if cancelled else self._tell(address, delivery, batch, category, request, now)
            self.db.execute("UPDATE mails SET left = ?, fate = ? WHERE n = ?", (now, fate, n))

    def _tell(self, address, delivery, batch, category, request, now):
        common = {"email": address, "timestamp": int(now), "delivery": delivery, "batch": batch,
                  "category": json.loads(category), "sg_message_id": f"{request}.recvd"}  # fmt: skip
        common = {name: value for name, value in common.items() if value is not None}
        listed = self.db.execute("SELECT name FROM lists WHERE email = ?", (address,)).fetchone()
        if listed:
            why = {"bounces": "Bounced Address", "spam_reports": "Spam Reporting Address", "invalid_emails": "Invalid"}
            self._event({**common, "event": "dropped", "reason": why.get(listed[0], "Unsubscribed Address")})
            return "dropped"
        self._event({**common, "event": "processed"})
        for start, (event, more) in FATES.items():
            if address.startswith(start):
                more = {k: v.format(address) for k, v in more.items()}
                self._event({**common, "event": event, **more})
                if start == "bounce-":
                    self._list("bounces", address, int(now), more["reason"], "5.1.1")
                return event if more.get("type") != "blocked" else "blocked"
        self._event({**common, "event": "delivered", "response": "250 OK"})
        if address.startswith("spam-"):
            self._event({**common, "event": "spamreport"})
            self._list("spam_reports", address, int(now))
        if address.startswith("left-"):
            self._event({**common, "event": "group_unsubscribe", "asm_group_id": 1})
        return "delivered"

    def _event(self, event):
        self.db.execute(
            "INSERT INTO events (event) VALUES (?)", (json.dumps(event | {"sg_event_id": uuid.uuid4().hex}),)
        )

    def _list(self, name, email, created, reason="", status=""):
        self.db.execute("INSERT OR IGNORE INTO lists VALUES (?,?,?,?,?)", (name, email, created, reason, status))

    # ------------------------------------------------------------ scheduled sends

    def cancel(self, raw):
        wanted = json.loads(raw)
        with self.step():
            if self.db.execute("SELECT 1 FROM scheduled WHERE batch_id = ?", (wanted["batch_id"],)).fetchone():
                return 400, _error("a status change already exists for this batch id", "batch_id")
            if not self.db.execute("SELECT 1 FROM batches WHERE id = ?", (wanted["batch_id"],)).fetchone():
                return 404, _error("batch id not found", "batch_id")
            if self.db.execute("SELECT count(*) FROM scheduled").fetchone()[0] >= self.meta("limit", LIMIT):
                return 400, _error("the maximum number of cancelled or paused scheduled sends was reached")
            self.db.execute("INSERT INTO scheduled VALUES (?,?,?)", (wanted["batch_id"], wanted["status"], self.now()))
        return 201, {"batch_id": wanted["batch_id"], "status": wanted["status"]}

    def change(self, id, raw):
        with self.step():
            done = self.db.execute(
                "UPDATE scheduled SET status = ?, at = ? WHERE batch_id = ?",
                (json.loads(raw)["status"], self.now(), id),
            )
        return (204, None) if done.rowcount else (404, _error("not found"))

    def status(self, id):
        with self.lock:
            rows = self.db.execute("SELECT batch_id, status FROM scheduled WHERE batch_id = ?", (id,)).fetchall()
        return 200, [{"batch_id": one, "status": status} for one, status in rows]

    def clear(self, id):
        with self.step():
            done = self.db.execute("DELETE FROM scheduled WHERE batch_id = ?", (id,))
            self._leave()
        return (204, None) if done.rowcount else (404, _error("not found"))

    def listed(self, name, query):
        start, limit, offset = (
            int(query.get(key, [no])[0]) for key, no in (("start_time", 0), ("limit", 500), ("offset", 0))
        )
        with self.lock:
            rows = self.db.execute(
                "SELECT email, created, reason, status FROM lists WHERE name = ? AND created >= ? ORDER BY created, email"
                " LIMIT ? OFFSET ?", (name, start, limit, offset)).fetchall()  # fmt: skip
        if name == "group":
            return 200, [row[0] for row in rows]
        return 200, [dict(zip(("email", "created", "reason", "status"), row, strict=True)) for row in rows]

    # ------------------------------------------------------------ controls

    def advance(self, seconds):
        with self.step():
            self.keep("offset", self.meta("offset", 0.0) + seconds)
            self._leave()

    def signed(self, body: bytes):
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        stamp = str(int(self.now()))
        signature = self.private().sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(signature).decode(), stamp

    def private(self):
        from cryptography.hazmat.primitives import serialization as ser
        from cryptography.hazmat.primitives.asymmetric import ec

        with self.lock:
            if not self.meta("key"):
                key = ec.generate_private_key(ec.SECP256R1())
                pem = key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption())
                self.keep("key", pem.decode())
            return ser.load_pem_private_key(self.meta("key").encode(), None)

    def public(self) -> str:
        from cryptography.hazmat.primitives import serialization as ser

        der = self.private().public_key().public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def tell(self, url, twice=False):
        """Posts the events not told yet, signed, in arrays; returns how many. Told only counts when the other side says 2xx."""
        rows = self.db.execute("SELECT n, event FROM events WHERE told = 0 ORDER BY n").fetchall()
        for start in range(0, len(rows), 200):
            chunk = rows[start : start + 200]
            body = b"[" + b",".join(event.encode() for _, event in chunk) + b"]"
            for _ in range(2 if twice else 1):
                signature, stamp = self.signed(body)
                request = Request(url, body, {"Content-Type": "application/json"}, method="POST")
                request.add_header("X-Twilio-Email-Event-Webhook-Signature", signature)
                request.add_header("X-Twilio-Email-Event-Webhook-Timestamp", stamp)
                build_opener(ProxyHandler({})).open(request, timeout=20).close()
            with self.step():
                self.db.executemany("UPDATE events SET told = 1 WHERE n = ?", [(n,) for n, _ in chunk])
        return len(rows)


def _error(message, field=None):
    return {"errors": [{"message": message, "field": field}]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    @property
    def book(self) -> Book:
        return self.server.book

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return formatdate(self.book.now() if timestamp is None else timestamp, usegmt=True)

    def do_GET(self):
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        self.query, parts = parse_qs(split.query), [one for one in split.path.split("/") if one]
        if parts and parts[0].startswith("_"):
            return self.control(parts[0][1:])
        if self.headers.get("Authorization") != f"Bearer {self.server.key}":
            return self.reply(401, _error("The provided authorization grant is invalid, expired, or revoked"))
        route, act = self.routed(parts)
        fault = self.book.fault(route) if route else None
        if fault and fault.get("when", "before") == "before":
            self.book.note(route, fault["what"])
            return self.strike(fault)
        status, value = act()
        self.book.note(route or "unknown", status)
        return self.strike(fault) if fault else self.reply(status, value)

    do_POST = do_PATCH = do_DELETE = do_GET

    def routed(self, parts):
        book, raw = self.book, self.raw
        match (self.command, *parts):
            case ("POST", "v3", "mail", "batch"):
                return "batch", book.batch
            case ("POST", "v3", "mail", "send"):
                return "send", lambda: book.send(raw, self.server.loose)
            case ("POST", "v3", "user", "scheduled_sends"):
                return "cancel", lambda: book.cancel(raw)
            case ("PATCH", "v3", "user", "scheduled_sends", id):
                return "cancel", lambda: book.change(id, raw)
            case ("GET", "v3", "user", "scheduled_sends", id):
                return "status", lambda: book.status(id)
            case ("DELETE", "v3", "user", "scheduled_sends", id):
                return "clear", lambda: book.clear(id)
            case ("GET", "v3", "suppression", name) if name in LISTS:
                return "lists", lambda: book.listed(name, self.query)
            case ("GET", "v3", "asm", "groups", _, "suppressions"):
                return "lists", lambda: book.listed("group", self.query)
            case ("POST", "v3", "recipients", "erasejob"):
                return "erase", lambda: (202, {"job_id": "1"})
            case ("GET", "v3", "scopes"):
                return "scopes", lambda: (200, {"scopes": book.meta("scopes", ["mail.send", "mail.batch.create"])})
            case ("GET", "v3", "user", "credits"):
                return "credits", lambda: (200, {"remain": 1234})
        return None, lambda: (404, _error("not found"))

    def control(self, name):
        book, told = self.book, json.loads(self.raw) if self.raw else None
        rows = lambda query, *names: [dict(zip(names, row, strict=True)) for row in book.db.execute(query).fetchall()]  # noqa: E731
        if name == "clock" and told:
            book.advance(told["advance"])
        if name == "lists" and told:
            with book.step():
                for list, entries in told.items():
                    for one in entries:
                        one = one if isinstance(one, dict) else {"email": one}
                        book._list(
                            list, one["email"], one.get("created", 0), one.get("reason", ""), one.get("status", "")
                        )
        if name in ("faults", "errors", "limit", "scopes") and told is not None:
            with book.step():
                book.keep(name, told)
                book.keep("counts", {})
        if name == "trap":
            with book.step():
                book.keep(
                    "leaks", [*book.meta("leaks", []), f"{self.command} {bool(self.headers.get('Authorization'))}"]
                )
        if name == "events" and told:  # not under the lock: whoever is told may ask back
            return self.reply(200, {"told": book.tell(told["url"], told.get("twice", False))})
        with book.lock:
            value = {
                "clock": lambda: {"now": book.now()},
                "deliveries": lambda: rows("SELECT address, delivery, batch, left, fate FROM mails WHERE fate IS NOT NULL"
                                           " AND fate != 'cancelled' ORDER BY n", "address", "delivery", "batch", "at", "fate"),
                "waiting": lambda: rows("SELECT m.address, m.delivery, m.batch, m.send_at, s.status FROM mails m"
                                        " LEFT JOIN scheduled s ON s.batch_id = m.batch_id WHERE left IS NULL ORDER BY n",
                                        "address", "delivery", "batch", "send_at", "cancelled"),
                "calls": lambda: rows("SELECT route, status, at FROM calls ORDER BY n", "route", "status", "at"),
                "events": lambda: [json.loads(one) for (one,) in book.db.execute("SELECT event FROM events ORDER BY n")],
                "lists": lambda: rows("SELECT name, email FROM lists", "list", "email"),
                "key": lambda: {"key": book.public()},
                "leaks": lambda: book.meta("leaks", []),
            }.get(name, dict)()  # fmt: skip
        return self.reply(200, value)

    # ------------------------------------------------------------ answering, well and badly

    def reply(self, status, value=None, **headers):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, one in headers.items():
            self.send_header(name.replace("_", "-"), str(one))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def strike(self, fault):
        what, seconds = str(fault["what"]), float(fault.get("seconds", 0))
        if what == "quota":
            return self.reply(401, _error("Maximum credits exceeded"))
        if what == "429":
            return self.reply(429, _error("too many requests"), Retry_After=int(seconds))
        if what == "301":
            return self.reply(301, None, Location=f"http://127.0.0.1:{self.server.server_address[1]}/_trap")
        if what == "html":
            return self.raw_bytes(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>"
            )
        if what == "cut":
            return self.raw_bytes(b"HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\n{")
        if what == "half":
            return self.raw_bytes(b"HTTP/1.1 20")
        if what == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return self.raw_bytes(b"")
        if what in ("hang", "slow", "drip"):
            time.sleep(seconds)
            return self.raw_bytes(b"") if what == "hang" else self.reply(202 if fault["route"] == "send" else 200)
        return self.reply(int(what), _error(f"fault {what}"))

    def raw_bytes(self, data):
        self.wfile.write(data)
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def serve(state: Path, *, port=0, key=KEY, seed=0, loose=False) -> Server:
    server = Server(("127.0.0.1", port), Handler)
    server.book, server.key, server.loose = Book(Path(state), seed), key, loose
    return server


class Controls:
    """What a test asks of a stand-in that answers at `url`."""

    def __init__(self, url: str) -> None:
        self.url, self.key = url, KEY

    def ask(self, name, value=None):
        body = None if value is None else json.dumps(value).encode()
        with build_opener(ProxyHandler({})).open(Request(f"{self.url}/_{name}", body), timeout=30) as answer:
            return json.loads(answer.read())

    def advance(self, seconds):
        self.ask("clock", {"advance": seconds})

    def faults(self, *faults):
        self.ask("faults", list(faults))

    def deliveries(self):
        return self.ask("deliveries")

    def statuses(self, route):
        return [one["status"] for one in self.ask("calls") if one["route"] == route]


class Standin(Controls):
    """The stand-in as a thread of this process."""

    def __init__(self, state: Path, **options) -> None:
        self.server = serve(state, **options)
        super().__init__(f"http://127.0.0.1:{self.server.server_address[1]}")

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.server.book.db.close()


@contextmanager
def running(state: Path, *options: str):
    """The stand-in as a process of its own; `.process` is it."""
    command = [sys.executable, __file__, "--state", str(state), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = Controls(f"http://127.0.0.1:{process.stdout.readline().split()[1]}")
            found.process = process
            yield found
        finally:
            process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loose", action="store_true")
    told = parser.parse_args()
    server = serve(told.state, port=told.port, key=told.key, seed=told.seed, loose=told.loose)
    print(f"PORT {server.server_address[1]}", flush=True)
    server.serve_forever(0.05)
