"""Doubt and its end: a request is cancelled and the cancellation read back, or nothing is claimed."""

from datetime import timedelta

import pytest
from deliver_sendgrid.provider import NOW, batch, copy, outcomes, transport
from sendgrid_standin import running

from syndicate.deliver import Attempt, Ticket
from syndicate.errors import DeliveryError


def sent(carrier, *copies, fault=None, standin=None):
    """A batch that was posted, whatever came of it."""
    ticket = carrier.prepare(NOW, None)
    if fault:
        standin.faults(fault)
    one = batch(*copies, ticket=ticket)
    return one.attempt, list(carrier.post(one))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_doubtful_request_is_taken_back_and_sent_again_and_nobody_gets_two(standin, when):
    carrier = transport(standin, timeout=0.5)
    attempt, receipts = sent(
        carrier, standin=standin, fault={"route": "send", "what": "reset", "when": when, "call": 1}
    )
    assert outcomes(receipts) == ["in_doubt"] * 3
    settled = carrier.settle(attempt, NOW)
    assert outcomes(settled) == ["requeue"] * 3
    assert [one.delivery for one in settled] == list(attempt.deliveries)
    _, again = sent(carrier)
    assert outcomes(again) == ["accepted"] * 3
    standin.advance(3600)
    assert sorted(one["address"] for one in standin.deliveries()) == [f"reader{n}@example.org" for n in (1, 2, 3)]


def test_a_request_that_arrives_after_its_cancellation_mails_nobody(standin):
    carrier = transport(standin)
    ticket = carrier.prepare(NOW, None)
    one = batch(ticket=ticket)
    assert carrier.settle(one.attempt, NOW)
    assert outcomes(carrier.post(one)) == ["accepted"] * 3
    standin.advance(3600)
    assert standin.deliveries() == []


@pytest.mark.parametrize(("minutes", "proven"), [(0, True), (17, True), (18.1, False), (25, False), (40, False)])
def test_until_guard_before_the_time_and_no_later(standin, minutes, proven):
    carrier = transport(standin)
    attempt, _ = sent(carrier)
    standin.advance(minutes * 60)
    assert carrier.recall(attempt, NOW) is proven
    assert (carrier.settle(attempt, NOW) is not None) is proven
    standin.advance(3600)
    assert len(standin.deliveries()) == (0 if proven else 3)


@pytest.mark.parametrize("route", ["cancel", "status"])
@pytest.mark.parametrize("what", ["500", "reset", "hang", "429", "401", "html", "301"])
def test_without_a_cancellation_read_back_nothing_is_proven(standin, route, what):
    carrier = transport(standin, timeout=0.4)
    attempt, _ = sent(carrier)
    standin.faults({"route": route, "what": what, "seconds": 0.8})
    with pytest.raises(DeliveryError):
        carrier.settle(attempt, NOW)
    standin.faults()
    assert outcomes(carrier.settle(attempt, NOW)) == ["requeue"] * 3


@pytest.mark.parametrize("what", ["500", "reset", "cut"])
def test_an_answer_that_was_lost_is_read_back(standin, what):
    carrier = transport(standin, timeout=0.5)
    attempt, _ = sent(carrier)
    standin.faults({"route": "cancel", "what": what, "when": "after", "call": 1})
    assert outcomes(carrier.settle(attempt, NOW)) == ["requeue"] * 3


def test_asked_twice_it_is_still_cancelled(standin):
    carrier = transport(standin)
    attempt, _ = sent(carrier)
    assert carrier.recall(attempt, NOW)
    assert carrier.recall(attempt, NOW)
    assert standin.statuses("cancel") == ["201"]
    standin.advance(25 * 60)
    assert carrier.recall(attempt, NOW)


def test_what_somebody_paused_is_cancelled(standin):
    carrier = transport(standin)
    attempt, _ = sent(carrier)
    carrier._client.ask("post", "user", "scheduled_sends", body={"batch_id": attempt.ticket.undo_id, "status": "pause"})
    assert carrier.recall(attempt, NOW)
    standin.advance(3600)
    assert standin.deliveries() == []


def test_more_than_the_provider_can_hold_is_said_plainly(standin):
    carrier = transport(standin)
    attempts = [sent(carrier, copy(n))[0] for n in range(3)]
    standin.ask("limit", 2)
    assert [carrier.recall(one, NOW) for one in attempts[:2]] == [True, True]
    with pytest.raises(DeliveryError, match="hundred"):
        carrier.recall(attempts[2], NOW)
    assert not carrier.forget(attempts[0], NOW)
    standin.advance(30 * 60 + 3601)
    assert carrier.forget(attempts[0], NOW)
    assert [one["address"] for one in standin.deliveries()] == ["reader2@example.org"]


def test_a_cancellation_is_not_deleted_before_the_mails_time_is_over(standin):
    carrier = transport(standin)
    attempt, _ = sent(carrier)
    assert carrier.recall(attempt, NOW)
    for minutes in (0, 20, 30, 30):
        standin.advance(minutes * 60)
        assert carrier.forget(attempt, NOW) is False
    standin.faults({"route": "clear", "what": "500", "call": 1})
    standin.advance(11 * 60)
    assert carrier.forget(attempt, NOW) is False
    assert carrier.forget(attempt, NOW) is True
    assert carrier.forget(attempt, NOW) is True
    assert standin.deliveries() == []


def test_what_has_no_ticket_is_never_called_back(standin):
    attempt = Attempt("b1", "lajme-1", ("d1",))
    carrier = transport(standin)
    assert carrier.settle(attempt, NOW) is None
    assert carrier.recall(attempt, NOW) is False
    assert carrier.forget(attempt, NOW) is True
    unknown = Attempt("b1", "lajme-1", ("d1",), Ticket("unknown", NOW + timedelta(days=900)))
    with pytest.raises(DeliveryError):
        carrier.settle(unknown, NOW)


def test_the_stand_in_remembers_when_it_is_killed(tmp_path):
    state = tmp_path / "state.sqlite"
    with running(state) as first:
        attempt, receipts = sent(transport(first))
        assert outcomes(receipts) == ["accepted"] * 3
        first.process.kill()
    with running(state) as second:
        second.advance(60)
        assert transport(second).recall(attempt, NOW)
        second.advance(3600)
        assert second.deliveries() == []


def test_what_else_the_provider_is_asked(standin):
    carrier = transport(standin)
    carrier.erase("a@example.org")
    assert standin.statuses("erase") == ["202"]
    found = carrier.probe()
    assert found.remaining == 1234
    assert set(found.missing) == {f"user.scheduled_sends.{what}" for what in ("create", "read", "delete")}
    standin.faults({"route": "erase", "what": "403"})
    with pytest.raises(DeliveryError, match="erase"):
        carrier.erase("a@example.org")
