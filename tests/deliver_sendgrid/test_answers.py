"""How long to wait, and what of an answer the operator reads."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.deliver import sendgrid_answers as answers
from syndicate.deliver.sendgrid_client import Reply
from syndicate.models import Receipt

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
UNIX = int(NOW.timestamp())


def reply(status=429, body=b"", **headers):
    return Reply(
        status, body, {"date": format_datetime(NOW, usegmt=True)} | {k.replace("_", "-"): v for k, v in headers.items()}
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None), ({"retry_after": "30"}, 30), ({"retry_after": "Tue, 24 Nov 2026 09:02:00 GMT"}, 120),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "Tue, 24 Nov 2026 08:00:00 GMT"}, 0), ({"retry_after": "-5"}, None), ({"retry_after": "9" * 40}, 86_400),
        ({"x_ratelimit_reset": str(UNIX + 45)}, 45), ({"x_ratelimit_reset": "12"}, 12), ({"x_ratelimit_reset": "x"}, None),
        ({"retry_after": "3", "x_ratelimit_reset": str(UNIX + 45)}, 3),
    ],
)  # fmt: skip
def test_how_long_to_wait(headers, seconds):
    assert answers.retry_after(reply(**headers)) == seconds


def test_the_last_of_an_allowance():
    assert answers.used_up(reply(202, x_ratelimit_remaining="0", x_ratelimit_reset=str(UNIX + 20))) == 20
    assert answers.used_up(reply(202, x_ratelimit_remaining="1", x_ratelimit_reset=str(UNIX + 20))) == 0
    assert answers.used_up(reply(202)) == 0


@given(
    st.integers(100, 599),
    st.binary(max_size=60) | st.just(b'{"errors": [{"field": "personalizations.0.to"}]}'),
    st.integers(1, 4),
)
def test_every_answer_says_something_of_everybody_or_refuses_the_whole(status, body, count):
    ids = [f"d{n}" for n in range(count)]
    receipts, error = answers.judge(reply(status, body), ids)
    assert [one.delivery for one in receipts] == ids or (receipts == [] and error is not None)
    taken = {Receipt(one, "accepted") for one in ids}
    assert (set(receipts) == taken) == (status == 202)


def test_no_address_in_what_the_operator_reads():
    said = b'{"errors": [{"message": "Bad <arta@example.org>, \\"besa@example.org\\"\\nand more", "field": null}]}'
    assert answers.words(reply(400, said)) == 'Bad <(address)>, "(address)" and more.'
