"""Every body that we send is one that the provider takes: by its schema, and by the rules of its reference."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from deliver_sendgrid.provider import LETTER, NOW, batch, copy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from often import often
from sendgrid_contract import violations

from syndicate.deliver import Ticket
from syndicate.deliver import sendgrid_body as bodies
from syndicate.models import Copy, DeliveryRules

RULES = DeliveryRules(transport="sendgrid")


def body_of(one, rules=RULES):
    readers, heavy = bodies.personalizations(one)
    assert not heavy
    return json.loads(bodies.body(one.ticket, bodies.shared(one.letter, one.edition, rules), readers.values()))


def wrong(body):
    return violations(body, now=NOW.timestamp())


def test_a_body_is_what_the_provider_takes():
    body = body_of(batch(ticket=Ticket("batch-1", NOW + timedelta(minutes=30))))
    assert wrong(body) == []
    assert body["from"] == {"email": "lajme@example.org", "name": "Qendra Celesi - Tirane"}
    assert body["reply_to"] == {"email": "zyra@example.org"}
    assert body["subject"] == "Lajme për ju Bcc: x@example.org"
    assert [one["type"] for one in body["content"]] == ["text/plain", "text/html"]
    assert body["categories"] == ["lajme", "lajme-1"]
    assert (body["batch_id"], body["send_at"]) == ("batch-1", int(NOW.timestamp()) + 1800)
    assert body["headers"] == dict(LETTER.headers[1:])
    assert "mail_settings" not in body
    assert "asm" not in body
    one = body["personalizations"][0]
    assert one["custom_args"] == {"delivery": copy(1).id, "batch": "b1"}
    assert one["substitutions"]["%%leave_url%%"] == copy(1).values["leave_url"]
    assert one["headers"] == dict(copy(1).headers)


def test_every_kind_of_tracking_is_switched_off_by_name():
    tracking = body_of(batch())["tracking_settings"]
    assert set(tracking) == {"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"}
    assert not any(value for one in tracking.values() for value in one.values())


def test_a_letter_of_text_alone_has_no_html():
    assert [one["type"] for one in body_of(batch(letter=replace(LETTER, html="")))["content"]] == ["text/plain"]


def test_the_providers_group_is_for_newsletters_and_not_for_mails_about_consent():
    rules = replace(RULES, leaving="provider", group=17)
    assert body_of(batch(), rules)["asm"] == {"group_id": 17}
    assert "asm" not in body_of(batch(letter=replace(LETTER, headers=())), rules)


def test_without_a_ticket_it_leaves_at_once():
    assert not {"batch_id", "send_at"} & set(body_of(batch()))


@pytest.mark.parametrize(
    ("name", "ascii"),
    [
        ("CRCA/ECPAT Shqipëri", "CRCA/ECPAT Shqiperi"), ("Ç Ë ß Ł", "C E ss L"), ("🌍", ""), ("a, b; c", "a - b - c"),
        ('say "so"', "say so"), ("Ελλάδα", ""), ("x\r\nBcc: y", "x Bcc: y"), ("<a@b>", "a@b"),
    ],
)  # fmt: skip
def test_names_in_ascii(name, ascii):
    assert bodies.ascii_name(name) == ascii


def test_reserved_and_doubled_headers_never_leave():
    found = bodies.headers(
        [("To", "x"), ("Date", "x"), ("X-A", "1"), ("x-a", "2"), ("MIME-Version", "1.0"), ("X-Ë", "é")]
    )
    assert "To" not in found
    assert found["x-a"] == "2"
    assert len(found) == 2


@pytest.mark.parametrize(("length", "heavy"), [(9_900, False), (10_100, True)])
def test_what_is_too_much_for_one_reader(length, heavy):
    one = copy(1, leave_url="x" * length)
    assert bodies.too_much(one) is heavy
    readers, refused = bodies.personalizations(batch(one, copy(2)))
    assert refused == ([one.id] if heavy else [])
    assert [*readers] == [each.id for each in (one, copy(2)) if each.id not in refused]


HEADERS = [
    [("Message-ID", "<d1@example.org>"), ("List-Unsubscribe", "<https://example.org/l/x>")],
    [("X-A", "1"), ("x-a", "2")],
    [("To", "x"), ("X-A", 'a "quoted" \\ value')],
    [("X-A", "é\r\nBcc: x@example.org")],
]


@pytest.mark.parametrize("headers", HEADERS)
def test_a_readers_own_headers_are_held_to_the_same_rules(headers):
    """Those that need no look at their values are written down in one piece; it must say the same."""
    one = body_of(batch(Copy.of("d1", "a@example.org", headers=tuple(headers))))["personalizations"][0]
    assert one["headers"] == bodies.headers(headers)


TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
NAMES = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)


@settings(deadline=None, max_examples=often(60), suppress_health_check=[HealthCheck.too_slow])
@given(
    NAMES, TEXT, TEXT.filter(str.strip), TEXT,
    st.lists(st.tuples(st.sampled_from(["List-Id", "X-A", "x-a", "Subject", "Feedback-ID"]), TEXT), max_size=4),
)  # fmt: skip
def test_whatever_stands_in_a_letter_the_body_is_valid(name, subject, text, html, headers):
    safe = bodies.one_line(name).replace("\\", "").replace('"', "")
    letter = replace(LETTER, sender=f'"{safe}" <lajme@example.org>', subject=f"s {subject}", text=f"t {text}", html=html,
                     headers=tuple(headers))  # fmt: skip
    assert wrong(body_of(batch(letter=letter))) == []


def test_a_reader_without_own_values():
    body = body_of(batch(Copy("d1", "a@example.org")))
    assert wrong(body) == []
    assert set(body["personalizations"][0]) == {"to", "custom_args"}
