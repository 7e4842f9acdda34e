"""What each answer of the provider does to the readers of a request, over real HTTP; and that the key stays where it is."""

import logging
import socket
import struct
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from deliver_sendgrid.provider import LETTER, MINUTE, NOW, batch, copy, outcomes, transport
from sendgrid_standin import KEY

from syndicate.deliver.sendgrid import SendGridTransport
from syndicate.errors import BatchRefused, Busy, DeliveryError, UsageError
from syndicate.models import DeliveryRules


def post(carrier, *copies, **more):
    """The receipts and the error that came after them."""
    found = []
    try:
        for one in carrier.post(batch(*copies, **more)):
            found.append(one)
    except DeliveryError as error:
        return found, error
    return found, None


def test_a_batch_is_taken_and_leaves_in_its_time(standin):
    carrier = transport(standin)
    ticket = carrier.prepare(NOW, None)
    receipts, error = post(carrier, ticket=ticket)
    assert (outcomes(receipts), error) == (["accepted"] * 3, None)
    assert [one.delivery for one in receipts] == [copy(n).id for n in (1, 2, 3)]
    assert standin.deliveries() == []
    assert abs((ticket.send_at.timestamp() - standin.ask("clock")["now"]) - 1800) < 3
    standin.advance(1801)
    assert [(one["address"], one["delivery"], one["batch"]) for one in standin.deliveries()] == [
        (f"reader{n}@example.org", copy(n).id, "b1") for n in (1, 2, 3)
    ]


WAYS = [
    ("500", ["in_doubt"] * 3, None), ("502", ["in_doubt"] * 3, None), ("503", ["in_doubt"] * 3, None),
    ("200", ["in_doubt"] * 3, None), ("html", ["in_doubt"] * 3, None), ("301", ["in_doubt"] * 3, None),
    ("reset", ["in_doubt"] * 3, None), ("half", ["in_doubt"] * 3, None), ("cut", ["in_doubt"] * 3, None),
    ("hang", ["in_doubt"] * 3, None), ("429", ["requeue"] * 3, Busy), ("quota", ["requeue"] * 3, Busy),
    ("401", ["requeue"] * 3, DeliveryError), ("403", ["requeue"] * 3, DeliveryError), ("404", ["requeue"] * 3, DeliveryError),
    ("413", [], BatchRefused), ("408", ["in_doubt"] * 3, None),
]  # fmt: skip


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("what", "expected", "error"), WAYS, ids=[way[0] for way in WAYS])
def test_outcomes(standin, what, expected, error, when):
    if when == "after" and "in_doubt" not in expected:
        pytest.skip("a refusal that has taken the mail is none of the provider's")
    seconds = 31 if what == "429" else 1.2
    standin.faults({"route": "send", "what": what, "when": when, "call": 1, "seconds": seconds})
    receipts, raised = post(transport(standin, timeout=0.6))
    assert outcomes(receipts) == expected
    assert type(raised) is (error or type(None))
    assert len(standin.deliveries()) == (3 if when == "after" else 0)
    if what == "429":
        assert raised.retry_after == 31
    if what == "quota":
        assert raised.retry_after >= 3600
    if raised:
        assert KEY not in str(raised)


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else(standin):
    standin.faults({"route": "any", "what": "301"})
    carrier = transport(standin)
    post(carrier)
    with pytest.raises(DeliveryError):
        carrier.prepare(NOW, None)
    assert standin.ask("leaks") == []


def test_nobody_listens_so_nothing_left():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    carrier = SendGridTransport(KEY, url=url, rules=DeliveryRules(transport="sendgrid"))
    receipts, error = post(carrier)
    assert outcomes(receipts) == ["requeue"] * 3
    assert type(error) is Busy
    with pytest.raises(Busy):
        carrier.prepare(NOW, None)


def test_a_connection_that_breaks_while_we_speak_is_a_doubt():
    """The server takes the connection and some of the request, and is gone before all of it is said."""

    def hang_up(listener):
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        carrier = SendGridTransport(KEY, url=url, rules=DeliveryRules(transport="sendgrid"), timeout=5)
        receipts, error = post(carrier, letter=replace(LETTER, text="x" * 20_000_000))
    assert (outcomes(receipts), error) == (["in_doubt"] * 3, None)


def test_a_name_that_does_not_resolve_or_a_bad_certificate_is_no_doubt(standin):
    for url in ("https://nobody.invalid", standin.url.replace("http:", "https:")):
        carrier = SendGridTransport(KEY, url=url, rules=DeliveryRules(transport="sendgrid"), timeout=3)
        receipts, error = post(carrier)
        assert outcomes(receipts) == ["requeue"] * 3
        assert type(error) is Busy


def test_one_bad_address_costs_nobody_else_their_mail(standin):
    carrier = transport(standin)
    receipts, error = post(carrier, copy(1), copy(2, "no address"), copy(3))
    assert (outcomes(receipts), error) == (["requeue", "failed", "requeue"], None)
    assert "valid address" in receipts[1].reason
    receipts, error = post(carrier, copy(1), copy(2, "READER1@example.org"), copy(3))
    assert outcomes(receipts) == ["requeue", "failed", "requeue"]
    assert "reader1" not in receipts[1].reason
    assert standin.deliveries() == []


def test_a_reader_with_too_much_of_their_own_fails_alone(standin):
    receipts, error = post(transport(standin), copy(1), copy(2, leave_url="x" * 10_001))
    assert {one.delivery: one.outcome for one in receipts} == {copy(1).id: "accepted", copy(2).id: "failed"}
    assert error is None


NOBODY_NAMED = [{"message": "Bad Request", "field": None, "help": None}]
BEYOND = [{"message": "x", "field": "personalizations.7.to"}]
SENDER = [{"message": "The from address of a@example.org does not match a verified Sender Identity.", "field": "from"}]


@pytest.mark.parametrize("errors", [NOBODY_NAMED, BEYOND, [{}], ["odd"], []])
def test_refused_without_a_name(standin, errors):
    carrier = transport(standin)
    standin.ask("errors", {"errors": errors, "times": 2})
    receipts, error = post(carrier)
    assert (receipts, type(error)) == ([], BatchRefused)
    receipts, error = post(carrier, copy(1))
    assert (outcomes(receipts), error) == (["failed"], None)


def test_what_is_wrong_with_the_letter_is_no_readers_fault(standin):
    standin.ask("errors", {"errors": SENDER, "times": 1})
    receipts, error = post(transport(standin))
    assert (outcomes(receipts), type(error)) == (["requeue"] * 3, DeliveryError)
    assert "verified Sender Identity" in str(error)
    assert "a@example.org" not in str(error)


def test_the_mail_never_leaves_sooner_than_lead_and_not_sooner_than_asked(standin):
    carrier = transport(standin, lead=20 * MINUTE)
    server = standin.ask("clock")["now"]
    assert 1199 < carrier.prepare(NOW, None).send_at.timestamp() - server < 1203
    wanted = NOW.fromtimestamp(server + 5000, NOW.tzinfo)
    assert 0 <= (carrier.prepare(NOW, wanted).send_at - wanted).total_seconds() < 1
    with pytest.raises(Busy) as told:
        carrier.prepare(NOW, wanted + timedelta(days=4))
    assert told.value.retry_after > 86_000


def test_the_providers_clock_counts(standin):
    standin.advance(-86_400)
    ticket = transport(standin).prepare(NOW, None)
    assert abs(ticket.send_at.timestamp() - standin.ask("clock")["now"] - 1800) < 3


def test_a_request_that_could_no_longer_be_called_back_is_not_made(standin, monkeypatch):
    carrier = transport(standin)
    ticket = carrier.prepare(NOW, None)
    slept = __import__("time").time() + 18 * 60
    monkeypatch.setattr("syndicate.deliver.sendgrid.time.time", lambda: slept)
    receipts, error = post(carrier, ticket=ticket)
    assert (outcomes(receipts), error) == (["requeue"] * 3, None)
    assert standin.statuses("send") == []


@pytest.mark.parametrize(
    ("what", "error"), [("429", Busy), ("500", Busy), ("reset", Busy), ("401", DeliveryError), ("html", Busy)]
)
def test_without_a_batch_id_nothing_is_sent(standin, what, error):
    standin.faults({"route": "batch", "what": what, "call": 1})
    with pytest.raises(error) as told:
        transport(standin).prepare(NOW, None)
    assert KEY not in str(told.value)


def test_neither_key_nor_addresses_reach_a_log(standin, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("python_http_client.client").setLevel(logging.DEBUG)
    carrier = transport(standin)
    post(carrier, ticket=carrier.prepare(NOW, None))
    assert KEY not in caplog.text
    assert "reader1@" not in caplog.text
    out = "".join(capfd.readouterr())
    assert KEY not in out
    assert KEY not in repr(carrier)


@pytest.mark.parametrize("key", ["", "  ", "SG.a\nX-Evil: 1", "SG.ë", "two words"])
def test_what_is_no_key_is_said_without_repeating_it(key):
    with pytest.raises(UsageError) as told:
        SendGridTransport(key, rules=DeliveryRules())
    assert not key.strip() or key not in str(told.value)


def test_the_key_travels_only_encrypted():
    with pytest.raises(UsageError):
        SendGridTransport(KEY, url="http://api.example.org", rules=DeliveryRules())
    assert SendGridTransport(KEY, rules=DeliveryRules(region="eu"))._host == "https://api.eu.sendgrid.com"


def test_a_letter_is_composed_once_and_another_letter_anew(standin):
    carrier = transport(standin)
    first = carrier._shared(batch())
    assert carrier._shared(batch(copy(9), id="b2")) is first
    assert '"subject": "x"' in carrier._shared(batch(letter=replace(LETTER, subject="x")))
