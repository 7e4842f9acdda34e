"""Only what the provider signed, and not long ago, is read; over real HTTP from the stand-in, too."""

import base64
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from happenings.happened import NOW, RING
from sendgrid_standin import KEY, Standin

from syndicate import happenings
from syndicate.deliver import Batch
from syndicate.deliver.sendgrid import SendGridTransport
from syndicate.deliver.signature import verify
from syndicate.errors import UsageError
from syndicate.happenings import BadSignature, Received
from syndicate.models import Copy, Letter

SECRET = ec.generate_private_key(ec.SECP256R1())
BODY = b'[{"event": "delivered"}]'


def public(secret=SECRET, encoding=serialization.Encoding.DER):
    found = secret.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found.decode() if encoding is serialization.Encoding.PEM else base64.b64encode(found).decode()


def signed(body=BODY, at=NOW, secret=SECRET):
    stamp = str(int(at.timestamp()))
    return base64.b64encode(secret.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode(), stamp


@pytest.mark.parametrize("key", [public(), public(encoding=serialization.Encoding.PEM), f"  {public()}\n"])
def test_signed_by_the_provider(key):
    verify(BODY, *signed(), key, NOW)


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        (timedelta(0), True), (timedelta(hours=24), True), (timedelta(hours=24, minutes=59), True), (timedelta(hours=26), False),
        (-timedelta(minutes=9), True), (-timedelta(minutes=11), False), (timedelta(days=4000), False),
    ],
)  # fmt: skip
def test_the_window(age, fresh):
    signature, stamp = signed(at=NOW - age)
    if fresh:
        verify(BODY, signature, stamp, public(), NOW)
    else:
        with pytest.raises(BadSignature):
            verify(BODY, signature, stamp, public(), NOW)


GOOD, STAMP = signed()
FORGED = [
    (BODY + b" ", GOOD, STAMP), (BODY, GOOD, str(int(STAMP) + 1)), (BODY, "", STAMP), (BODY, GOOD, ""), (BODY, "%%%", STAMP),
    (BODY, GOOD[:-8], STAMP), (BODY, "ë", STAMP), (BODY, GOOD, "1 2"), (BODY, GOOD, "١٢٣"), (BODY, GOOD, "9" * 12),
    (BODY, GOOD, "-5"), (BODY, GOOD, "1e9"), (BODY, base64.b64encode(b"\x00" * 500).decode(), STAMP), (b"", GOOD, STAMP),
    (BODY, signed(secret=ec.generate_private_key(ec.SECP256R1()))[0], STAMP),
    (BODY[:0], *signed(body=STAMP.encode() + BODY)), (BODY, GOOD + "\n" + GOOD, STAMP),
]  # fmt: skip


@pytest.mark.parametrize(("body", "signature", "stamp"), FORGED, ids=range(len(FORGED)))
def test_forged(body, signature, stamp):
    with pytest.raises(BadSignature):
        verify(body, signature, stamp, public(), NOW)


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize("key", ["", "x", "ë", public(ec.generate_private_key(ec.SECP384R1())), public(RSA)])
def test_a_key_that_is_none_is_the_operators_fault(key):
    with pytest.raises(UsageError, match="SYNDICATE_WEBHOOK_KEY"):
        verify(BODY, GOOD, STAMP, key, NOW)


def test_nothing_of_a_forged_delivery_is_taken(world):
    world.person("arta@example.org")
    (id,) = world.mail("lajme-1", "accepted", "arta")
    body = json.dumps([world.event("spamreport", id)]).encode()
    with pytest.raises(BadSignature):
        happenings.receive(world.store, world.site, RING, body, GOOD, STAMP, public(), NOW)
    assert world.forbidden() == set()
    done = happenings.receive(world.store, world.site, RING, body, *signed(body), public(), NOW)
    again = happenings.receive(world.store, world.site, RING, body, *signed(body), public(), NOW)
    assert (done, again) == (Received(applied=1, kept_off=1), Received(duplicates=1))


def test_the_whole_way_round(world, tmp_path, monkeypatch):
    """Mails leave through the transport, time passes at the stand-in, and its signed events are taken over HTTP."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    names = ("arta", "bounce-b", "spam-s", "left-l", "defer-d", "block-k", "soft-f")
    for name in names:
        world.person(f"{name}@example.org")
    ids = world.mail("lajme-1", "accepted", *names, batch="b1")
    letter = Letter(
        "Z <z@example.org>", "z@example.org", "S", "", "text %%leave_url%%", (("List-Id", "<l.example.org>"),)
    )
    with Standin(tmp_path / "standin.sqlite") as standin:
        transport = SendGridTransport(KEY, url=standin.url, rules=world.site.delivery)
        copies = [
            Copy.of(id, f"{name}@example.org", {"leave_url": "https://x"}) for id, name in zip(ids, names, strict=True)
        ]
        list(transport.post(Batch("b1", "lajme-1", "sq", letter, copies, transport.prepare(NOW, None))))
        standin.advance(3600)
        got: list[Received] = []

        class Hook(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature, stamp = (
                    self.headers[f"X-Twilio-Email-Event-Webhook-{one}"] for one in ("Signature", "Timestamp")
                )
                now = NOW.fromtimestamp(standin.ask("clock")["now"], NOW.tzinfo)
                got.append(
                    happenings.receive(
                        world.store, world.site, RING, body, signature, stamp, standin.ask("key")["key"], now
                    )
                )
                self.send_response(200)
                self.end_headers()

        with HTTPServer(("127.0.0.1", 0), Hook) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            told = standin.ask("events", {"url": f"http://127.0.0.1:{server.server_address[1]}/", "twice": True})[
                "told"
            ]
            server.shutdown()
    assert sum((one.applied for one in got), 0) == told == 16
    assert sum((one.duplicates for one in got), 0) == told
    assert world.states() == {
        "lajme-1/arta": "delivered", "lajme-1/bounce-b": "bounced", "lajme-1/spam-s": "complained", "lajme-1/left-l": "delivered",
        "lajme-1/defer-d": "deferred", "lajme-1/block-k": "bounced", "lajme-1/soft-f": "bounced",
    }  # fmt: skip
    assert {(who, kind) for who, kind, _ in world.forbidden()} == {
        ("bounce-b", "bounce"), ("spam-s", "complaint"), ("spam-s", "unsubscribe"), ("left-l", "unsubscribe"),
    }  # fmt: skip
