"""What becomes of a mail, by what the server says or does at each step."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from deliver_smtp.mailhosts import CLOSE, HANG, LATER, LETTER, RESET, copies, post, told, transport

from syndicate.deliver import Attempt
from syndicate.deliver.smtp import verdict
from syndicate.errors import Busy, DeliveryError

AT_ONCE = "250-here\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN"

BOUND = {
    # what the server does: the outcome of the first mail, what is raised, words of it
    "connect 421": ({"connect": "421 too many"}, "requeue", Busy, "lets nobody in just now: 421 too many"),
    "connect 554": ({"connect": "554 go away"}, "requeue", DeliveryError, "does not let us in: 554 go away"),
    "connect closes": ({"connect": CLOSE}, "requeue", Busy, "it hung up"),
    "connect hangs": ({"connect": HANG}, "requeue", Busy, "did not answer in time"),
    "hello 421": ({"EHLO": "421 later", "HELO": "421 later"}, "requeue", Busy, ""),
    "sender 451": ({"MAIL": "451 later"}, "requeue", Busy, "451 later"),
    "sender 421": ({"MAIL": "421 later"}, "requeue", Busy, "421 later"),
    "sender 550": ({"MAIL": "550 not you"}, "requeue", DeliveryError, "does not take mail from us: 550 not you"),
    "sender 530": ({"MAIL": "530 log in"}, "requeue", DeliveryError, "530 log in"),
    "sender closes": ({"MAIL": CLOSE}, "requeue", Busy, "has not got"),
    "sender hangs": ({"MAIL": HANG}, "requeue", Busy, "in time"),
    "reader 450": ({"RCPT": "450 4.2.0 greylisted"}, "requeue", None, ""),
    "reader 421": ({"RCPT": "421 later"}, "requeue", Busy, ""),
    "reader 550": ({"RCPT": "550 5.1.1 <reader0@example.org> unknown"}, "failed", None, ""),
    "reader relay": ({"RCPT": "554 5.7.1 Relay access denied"}, "requeue", DeliveryError, "Relay access denied"),
    "reader 530": ({"RCPT": "530 5.7.0 log in"}, "requeue", DeliveryError, ""),
    "reader closes": ({"RCPT": CLOSE}, "requeue", Busy, "has not got"),
    "data 451": ({"DATA": "451 later"}, "requeue", None, ""),
    "data 554": ({"DATA": "554 no"}, "failed", None, ""),
    "data odd": ({"DATA": "250 what"}, "requeue", Busy, "250 what"),
    "data hangs": ({"DATA": HANG}, "requeue", Busy, "in time"),
    "dot 452": ({"dot": "452 full"}, "requeue", None, ""),
    "dot 421": ({"dot": "421 later"}, "requeue", Busy, ""),
    "dot 552": ({"dot": "552 too big"}, "failed", None, ""),
    "dot 554": ({"dot": "554 5.7.1 spam"}, "failed", None, ""),
    "dot closes": ({"dot": CLOSE}, "in_doubt", None, ""),
    "dot resets": ({"dot": RESET}, "in_doubt", None, ""),
    "dot hangs": ({"dot": HANG}, "in_doubt", None, ""),
    "dot odd": ({"dot": "354 what"}, "in_doubt", Busy, "an answer that is none|354 what"),
    "dot no code": ({"dot": "hello there"}, "in_doubt", Busy, "an answer that is none"),
    "all well": ({}, "accepted", None, ""),
}


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("case", BOUND)
def test_outcome(case: str, at_once: bool) -> None:
    """The same, whether the server takes the envelope's commands one by one or at once."""
    says, outcome, raised, words = BOUND[case]
    with told(says if not at_once else {"EHLO": AT_ONCE} | says) as server:
        used = transport(server.port)
        receipts, error = post(used, *copies(1))
        used.close()
    assert [receipt.outcome for receipt in receipts] == [outcome]
    assert type(error) is (raised or type(None))
    if words:
        assert any(word in str(error) for word in words.split("|"))
    assert "@example.org" not in str(error) + receipts[0].reason
    if outcome in ("requeue", "failed"):
        # A server that said no, or nothing, before the dot has no mail; one that refused it has it not, either.
        assert not any(server.mails) or "dot" in says


def test_a_server_that_takes_several_commands_at_once_is_told_the_envelope_in_one_piece() -> None:
    answers = {"MAIL": LATER, "RCPT": LATER, "DATA": "250 ok\r\n250 ok\r\n354 go on"}
    with told({"EHLO": AT_ONCE} | answers) as server:
        receipts, error = post(transport(server.port), *copies(3))
    assert ([one.outcome for one in receipts], error) == (["accepted"] * 3, None)
    assert len(server.mails) == 3


@pytest.mark.parametrize("says", [{"MAIL": "451 later"}, {"RCPT": ["550 unknown", "250 ok"]}])
def test_a_server_that_would_take_a_mail_for_nobody_gets_an_empty_one_and_the_line_is_kept(says) -> None:
    with told({"EHLO": AT_ONCE} | says) as server:
        receipts, _ = post(used := transport(server.port), *copies(2))
        if "RCPT" in says:
            assert [one.outcome for one in receipts] == ["failed", "accepted"]
            assert [bool(mail) for mail in server.mails] == [False, True]
        else:
            assert not any(server.mails)
            server.says["MAIL"] = "250 ok"
            receipts, _ = post(used, *copies(1))
            assert [one.outcome for one in receipts] == ["accepted"]
        assert server.connections == 1


def test_a_mail_cut_off_in_the_middle_is_not_taken() -> None:
    with told({"body": CLOSE}) as server:
        receipts, error = post(transport(server.port), *copies(1), letter=replace(LETTER, text="x" * 20_000_000))
    assert [receipt.outcome for receipt in receipts] == ["requeue"]
    assert type(error) is Busy
    assert not server.mails


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    receipts, error = post(transport(port), *copies(3))
    assert [receipt.outcome for receipt in receipts] == ["requeue"] * 3
    assert isinstance(error, Busy)
    assert "cannot be reached: Connection refused" in str(error)


def test_preparing_finds_that_nobody_is_there_before_anything_is_posted() -> None:
    with told({"connect": "554 no"}) as server, pytest.raises(DeliveryError, match="does not let us in"):
        transport(server.port).prepare(None, None)  # type: ignore[arg-type]


def test_one_refused_reader_harms_no_other_and_the_line_is_kept() -> None:
    with told({"RCPT": ["250 ok", "550 5.1.1 unknown", "450 later", "250 ok"]}) as server:
        receipts, error = post(transport(server.port), *copies(4))
    assert [receipt.outcome for receipt in receipts] == ["accepted", "failed", "requeue", "accepted"]
    assert (error, server.connections, len(server.mails)) == (None, 1, 2)


def test_readers_put_off_in_a_row_mean_that_the_server_wants_a_rest() -> None:
    with told({"RCPT": "450 later"}) as server:
        receipts, error = post(transport(server.port), *copies(7))
    assert isinstance(error, Busy)
    assert [receipt.outcome for receipt in receipts] == ["requeue"] * 7
    assert sum(command.startswith("RCPT") for command in server.commands) == 5


def test_after_two_doubts_in_a_row_no_third_is_made() -> None:
    with told({"dot": CLOSE}) as server:
        receipts, error = post(transport(server.port), *copies(5))
    assert [receipt.outcome for receipt in receipts] == ["in_doubt"] * 2 + ["requeue"] * 3
    assert isinstance(error, Busy)
    assert len(server.mails) == 2


def test_after_one_doubt_the_next_mail_goes_over_a_new_line() -> None:
    with told({"dot": [CLOSE, "250 ok"]}) as server:
        receipts, error = post(transport(server.port), *copies(3))
    assert [receipt.outcome for receipt in receipts] == ["in_doubt", "accepted", "accepted"]
    assert (error, server.connections) == (None, 2)


@pytest.mark.parametrize("ended", ["421 enough for one connection", CLOSE])
def test_a_server_that_lets_only_so_many_through_one_connection_is_called_again(ended: str) -> None:
    with told({"MAIL": ["250 ok", "250 ok", ended, "250 ok"]}) as server:
        receipts, error = post(transport(server.port), *copies(4))
    assert [receipt.outcome for receipt in receipts] == ["accepted"] * 4
    assert (error, server.connections, len(server.mails)) == (None, 2, 4)


def test_a_line_that_lay_idle_is_tried_before_it_is_used() -> None:
    seconds = [0.0]
    with told({"NOOP": ["250 ok", CLOSE]}) as server:
        used = transport(server.port, clock=lambda: seconds[0])
        for wait in (0, 5, 30, 30):
            seconds[0] += wait
            receipts, error = post(used, *copies(1))
            assert ([receipt.outcome for receipt in receipts], error) == (["accepted"], None)
    assert server.commands.count("noop") == 2
    assert server.connections == 2


def test_what_cannot_be_written_fails_alone() -> None:
    odd = ["a b@example.org", "a@b>\r\nDATA", "", "ë@example.org", "a@example.org> SIZE=1"]
    with told({}) as server:
        receipts, _ = post(
            transport(server.port), *copies(6, lambda number: [*odd, "fine@fëmijët.example.org"][number])
        )
    assert [receipt.outcome for receipt in receipts] == ["failed"] * 5 + ["accepted"]
    assert [command for command in server.commands if command.startswith("RCPT")] == [
        "RCPT TO:<fine@xn--fmijt-nsad.example.org>"
    ]


def test_ctrl_c_hangs_up() -> None:
    with told({}) as server:
        used = transport(server.port)
        post(used, *copies(1))
        line = used._line
        line._expect = _stop  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            post(used, *copies(1))
        assert line._smtp is None


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_nothing_can_be_proven_recalled_or_cleared() -> None:
    used = transport(1)
    attempt = Attempt("b", "news-1", ("d",))
    assert used.settle(attempt, None) is None  # type: ignore[arg-type]
    assert used.recall(attempt, None) is False  # type: ignore[arg-type]
    assert used.forget(attempt, None) is True  # type: ignore[arg-type]
    used.close()


@pytest.mark.parametrize("stage", ["sender", "reader", "content"])
def test_only_a_mail_that_the_server_has_whole_can_be_in_doubt(stage) -> None:
    for code in range(-1, 700):
        outcome, stop = verdict(stage, code, "")
        assert (outcome == "in_doubt") == (stage == "content" and not 400 <= code < 600)
        assert outcome != "failed" or (code >= 500 and stop == "go on")
