"""One mail for one reader: tokens, headers, and the bytes that go over the wire."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest
from compose.newsroom import newsletter, parts, post, posts, site
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.compose.message import filled, mailbox, mask, message
from syndicate.compose.mime import serialise
from syndicate.compose.render import render_all
from syndicate.models import Edition, EditionVariant, Message, Sender, Version

DATE = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
LEAVE = "https://lajme.example.org/leave/" + "tok3n-" * 30 + "?a=1&b=2"


def edition(count: int = 2) -> Edition:
    given = parts(posts(count))
    made = render_all(given, ("sq", "en", "sq+en", "en+sq"))
    return Edition("monthly-7", "monthly", 7, "approved", DATE, tuple(one.id for one in given.posts), made, "digest")


EDITION = edition()


def letter(name: str = "sq+en", **changes: object) -> Message:
    variant = EDITION.variant(name)
    assert variant is not None
    values: dict[str, object] = {
        "list": newsletter(),
        "site": site(),
        "delivery": "d-000123",
        "address": "arta.example@mail.example.org",
        "leave_url": LEAVE,
        "leave_mailto": "leave+tok3n@post.example.org",
        "preferences_url": "https://lajme.example.org/me/abc",
        "date": DATE,
    }
    return message(EDITION, cast(EditionVariant, changes.pop("variant", variant)), **(values | changes))  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(raw, policy=default))


def header_lines(raw: bytes) -> list[bytes]:
    return raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")


@pytest.mark.parametrize(("name", "languages"), [("sq", "sq"), ("en", "en"), ("sq+en", "sq, en"), ("en+sq", "en, sq")])
def test_headers(name: str, languages: str) -> None:
    mail = parsed(serialise(letter(name)))
    assert {
        key: mail[key]
        for key in ("To", "Reply-To", "List-Id", "Content-Language", "Message-ID", "Feedback-ID", "Precedence")
    } == {
        "To": "arta.example@mail.example.org",
        "Reply-To": "zyra@example.org",
        "List-Id": "<monthly.post.example.org>",
        "Content-Language": languages,
        "Message-ID": "<d-000123@post.example.org>",
        "Feedback-ID": "monthly-7:monthly:newsletter:example.org",
        "Precedence": "bulk",
    }
    assert mail["From"] == "Qendra për Fëmijët <lajme@post.example.org>"
    assert mail["Date"].datetime == DATE
    assert mail["Auto-Submitted"] is None


def test_one_click_header_stands_whole_on_one_line() -> None:
    lines = header_lines(serialise(letter()))
    expected = f"List-Unsubscribe: <{LEAVE}>, <mailto:leave+tok3n@post.example.org>".encode()
    assert len(expected) > 200
    assert expected in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_a_mailto_link_is_taken_as_it_is() -> None:
    headers = dict(letter(leave_mailto="mailto:leave@x.example.org?subject=tok").headers)
    assert headers["List-Unsubscribe"].endswith("<mailto:leave@x.example.org?subject=tok>")


def test_the_tokens_are_filled_and_escaped_in_html_only() -> None:
    made = letter()
    assert "%%" not in made.html + made.text
    assert LEAVE.replace("&", "&amp;") in made.html
    assert LEAVE in made.text
    for part in (made.html, made.text):
        assert "a…e@mail.example.org" in part
        assert "arta.example@" not in part


def test_without_a_page_of_choices_the_way_out_stands_in() -> None:
    made = letter(preferences_url=None)
    assert "%%" not in made.html + made.text
    assert made.text.count(LEAVE) == 2


def test_a_value_that_looks_like_a_token_is_not_filled_again() -> None:
    assert filled("%%a%% %%b%% %%c%%", {"a": "%%b%%", "b": "x"}) == "%%b%% x %%c%%"


@pytest.mark.parametrize("name", ["sq", "en", "sq+en", "en+sq"])
def test_bytes_are_alternative_text_first_in_short_lines_and_come_back_whole(name: str) -> None:
    made = letter(name)
    raw = serialise(made)
    mail = parsed(raw)
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == made.text
    assert html.get_content().replace("\r\n", "\n").rstrip("\n") == made.html.rstrip("\n")
    assert mail["Subject"] == made.subject
    assert not mail.defects
    body = raw.split(b"\r\n\r\n", 1)[1]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert b"\n" not in raw.replace(b"\r\n", b"")
    raw.decode("ascii")


def test_the_same_delivery_is_the_same_bytes_and_another_has_another_id() -> None:
    assert serialise(letter()) == serialise(letter())
    assert dict(letter(delivery="d-2").headers)["Message-ID"] != dict(letter().headers)["Message-ID"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("arben.kola@example.org", "a…a@example.org"),
        ("ana@example.org", "a…@example.org"),
        ("a@example.org", "a…@example.org"),
        ('"x@y"@example.org', '"…"@example.org'),
    ],
)
def test_mask(address: str, shown: str) -> None:
    assert mask(address) == shown


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("Plain", "Plain <a@example.org>"),
        ("Comma, Inc", '"Comma, Inc" <a@example.org>'),
        ('Say "x"', '"Say \\"x\\"" <a@example.org>'),
        ("Line\r\nBcc: x@example.org", '"Line Bcc: x@example.org" <a@example.org>'),
    ],
)
def test_mailbox(name: str, box: str) -> None:
    assert mailbox(name, "a@example.org") == box


def test_a_quoted_unicode_sender_survives_the_wire() -> None:
    mail = parsed(
        serialise(letter(list=newsletter(sender=Sender("Fëmijët, “sot” & nesër", "a@example.org", "b@example.org"))))
    )
    assert mail["From"].addresses[0].display_name == "Fëmijët, “sot” & nesër"
    assert mail["From"].addresses[0].addr_spec == "a@example.org"


HOSTILE = st.text(max_size=120) | st.sampled_from(
    [
        "x\r\nBcc: y@example.org",
        "x\n\nbody",
        "\x00",
        "\u2028Bcc: y",
        "=?utf-8?q?x=0D=0ABcc:?=",
        "ë" * 200,
        "a\x85Bcc: y",
    ]
)


@settings(max_examples=80, deadline=None)
@given(title=HOSTILE, list_title=HOSTILE)
def test_no_title_can_write_a_header(title: str, list_title: str) -> None:
    one = post(0)
    one = replace(one, title=title, versions=(Version("en", title, "s", "", "s"),))
    (variant,) = render_all(parts([one], list=newsletter(titles={"en": list_title})), ("en",))
    raw = serialise(letter(variant=variant))
    lines = header_lines(raw)
    names = [line.split(b":")[0] for line in lines if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names))
    assert not {b"Bcc", b"bcc"} & set(names)
    assert parsed(raw).get_content_type() == "multipart/alternative"
    for line in lines:
        if b"=?" in line:
            assert len(line) <= 78


def test_a_subject_passed_by_hand_cannot_inject() -> None:
    raw = serialise(replace(letter(), subject="Hi\r\nBcc: x@example.org", headers=(("X-A", "b\r\nBcc: c"),)))
    assert not re.search(rb"^Bcc", raw, re.MULTILINE)
