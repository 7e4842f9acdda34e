"""The provider's webhook over HTTP: only what it signed is taken, and it is told to come again when we cannot."""

import base64
import json

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from web.web_site import make_site, serving

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
NAME = "X-Twilio-Email-Event-Webhook"
BODY = json.dumps([{"event": "delivered", "sg_event_id": "e1", "timestamp": 1, "email": "x@example.org"}]).encode()


def signed(body, moment):
    stamp = str(int(moment.timestamp()))
    signature = KEY.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {f"{NAME}-Signature": base64.b64encode(signature).decode(), f"{NAME}-Timestamp": stamp}


@pytest.fixture
def listening(tmp_path):
    with serving(make_site(tmp_path / "site"), webhook_key=PUBLIC, wait=0.2) as served:
        yield served


def test_what_the_provider_signed_is_taken_as_often_as_it_comes(listening):
    for _ in range(2):
        assert listening.ask("POST", "/events/sendgrid", BODY, signed(BODY, listening.clock())).status == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body, headers: (body + b" ", headers),
        lambda body, headers: (body, {}),
        lambda body, headers: (body, headers | {f"{NAME}-Signature": ""}),
        lambda body, headers: (body, headers | {f"{NAME}-Signature": "nonsense"}),
        lambda body, headers: (body, headers | {f"{NAME}-Timestamp": "1"}),
        lambda body, headers: (body, headers | {f"{NAME}-Timestamp": "\u00b2".encode().decode("latin-1")}),
    ],
)
def test_what_nobody_signed_is_refused(listening, spoil):
    body, headers = spoil(BODY, signed(BODY, listening.clock()))
    before = listening.everything()
    assert listening.ask("POST", "/events/sendgrid", body, headers).status == 403
    assert listening.everything() == before
    assert listening.warnings == []


def test_the_provider_comes_again_when_the_database_cannot_take_it(listening):
    headers = signed(BODY, listening.clock())
    with listening.parts.store.write() as connection:
        connection.execute(sa.text("SELECT 1"))
        got = listening.ask("POST", "/events/sendgrid", BODY, headers)
        assert (got.status, "retry-after" in got.headers) == (503, True)
    assert listening.ask("POST", "/events/sendgrid", BODY, headers).status == 200


def test_without_a_key_nothing_is_taken(shared):
    assert shared.parts.webhook_key == ""
    assert shared.ask("POST", "/events/sendgrid", BODY, signed(BODY, shared.clock())).status == 404
    assert shared.get("/events/sendgrid").status == 404
