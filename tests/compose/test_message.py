"""One mail for one reader: tokens, headers, and the bytes that go over the wire."""

import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from time import process_time
from typing import Any, cast

import pytest
from compose.newsroom import newsletter, parts, post, posts, site
from hypothesis import given, settings
from hypothesis import strategies as st
from often import often

from syndicate.compose.message import PROVIDER_LEAVES, copier, copy, filled, letter, mailbox, mask
from syndicate.compose.mime import field, writer
from syndicate.compose.plain import clean
from syndicate.compose.render import render_all
from syndicate.models import Copy, Edition, EditionVariant, Letter, Sender, Version

DATE = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
LEAVE = "https://lajme.example.org/leave/" + "tok3n-" * 30 + "?a=1"


def edition(count: int = 2) -> Edition:
    given = parts(posts(count))
    made = render_all(given, ("sq", "en", "sq+en", "en+sq"))
    return Edition("monthly-7", "monthly", 7, "approved", DATE, tuple(one.id for one in given.posts), made, "digest")


EDITION = edition()


def common(name: str = "sq+en", variant: EditionVariant | None = None, **changes: Any) -> Letter:
    return letter(
        EDITION,
        variant or cast(EditionVariant, EDITION.variant(name)),
        **{"list": newsletter(), "site": site()} | changes,
    )


def own(**changes: Any) -> Copy:
    values: dict[str, Any] = {
        "list": newsletter(),
        "delivery": "d-000123",
        "address": "arta.example@mail.example.org",
        "leave_url": LEAVE,
        "leave_mailto": "leave+tok3n@post.example.org",
        "preferences_url": "https://lajme.example.org/me/abc",
    }
    return copy(**values | changes)


def wire(name: str = "sq+en", **changes: Any) -> bytes:
    return writer(common(name))(own(**changes))


def texts(raw: bytes) -> list[str]:
    """The parts as they come out at the other end, text first."""
    mail = parsed(raw)
    parts = list(mail.iter_parts()) if mail.is_multipart() else [mail]
    return [cast(EmailMessage, part).get_content().replace("\r\n", "\n") for part in parts]


def parsed(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(raw, policy=default))


def header_lines(raw: bytes) -> list[bytes]:
    return raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")


@pytest.mark.parametrize(("name", "languages"), [("sq", "sq"), ("en", "en"), ("sq+en", "sq, en"), ("en+sq", "en, sq")])
def test_headers(name: str, languages: str) -> None:
    mail = parsed(wire(name))
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
    lines = header_lines(wire())
    expected = f"List-Unsubscribe: <{LEAVE}>, <mailto:leave+tok3n@post.example.org>".encode()
    assert len(expected) > 200
    assert expected in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_a_mailto_link_is_taken_as_it_is() -> None:
    headers = dict(own(leave_mailto="mailto:leave@x.example.org?subject=tok").headers)
    assert headers["List-Unsubscribe"].endswith("<mailto:leave@x.example.org?subject=tok>")


def test_without_a_server_the_way_out_is_a_mail() -> None:
    made = own(leaving="mail", leave_mailto="mailto:leave@x.example.org?subject=leave%20tok", preferences_url=None)
    assert dict(made.headers)["List-Unsubscribe"] == "<mailto:leave@x.example.org?subject=leave%20tok>"
    assert "List-Unsubscribe-Post" not in dict(made.headers)
    for part in texts(writer(common())(made)):
        assert "mailto:leave@x.example.org?subject=leave%20tok" in part
        assert "https://lajme.example.org/leave" not in part


def test_where_the_provider_has_the_link_its_mark_stands_in_the_body_and_no_header_of_ours() -> None:
    made = own(leaving="provider", preferences_url=None)
    assert not [name for name, _ in made.headers if name.startswith("List-")]
    assert made.values["leave_url"] == made.values["preferences_url"] == "<%asm_group_unsubscribe_raw_url%>"
    text, html = texts(writer(common())(made))
    assert f"{PROVIDER_LEAVES}\n" in text
    assert f'href="{PROVIDER_LEAVES}"' in html


def test_the_tokens_are_filled_alike_in_text_and_html() -> None:
    for part in texts(wire()):
        assert "%%" not in part
        assert LEAVE in part
        assert "a…e@mail.example.org" in part
        assert "arta.example@" not in part


@given(address=st.text(max_size=30), url=st.text(max_size=60))
def test_values_mean_the_same_in_html_and_in_text(address: str, url: str) -> None:
    made = own(address=address, leave_url=f"https://x.example.org/{url}", preferences_url=url or None)
    assert not re.search(r"[&<>\"'\s]", "".join(made.values.values()).replace(" ", ""))


def test_without_a_page_of_choices_the_way_out_stands_in() -> None:
    for part in texts(wire(preferences_url=None)):
        assert "%%" not in part
        assert part.count(LEAVE) == 2


def test_a_value_that_looks_like_a_token_is_not_filled_again() -> None:
    assert filled("%%a%% %%b%% %%c%%", {"a": "%%b%%", "b": "x"}) == "%%b%% x %%c%%"


@pytest.mark.parametrize("name", ["sq", "en", "sq+en", "en+sq"])
def test_bytes_are_alternative_text_first_and_come_back_whole(name: str) -> None:
    made, one = common(name), own()
    raw = writer(made)(one)
    mail = parsed(raw)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert texts(raw) == [filled(part, one.values).rstrip("\n") + "\n" for part in (made.text, made.html)]
    assert mail["Subject"] == made.subject
    assert not mail.defects


def test_a_letter_of_text_alone_is_one_part() -> None:
    raw = writer(replace(common(), html=""))(own())
    assert parsed(raw).get_content_type() == "text/plain"
    assert parsed(raw)["Content-Language"] == "sq, en"
    assert LEAVE in texts(raw)[0]


LINES = st.text(max_size=90) | st.sampled_from(
    [
        "%%leave_url%%",
        " ",
        "\t",
        "=",
        "ë" * 40,
        ".",
        "..",
        "From x",
        "-- ",
        "a" * 76,
        "b" * 75 + "ë",
        "%%other%%",
        "\r",
        "",
    ]
)


def sound(raw: bytes) -> None:
    """Clean by RFC 5322 §2.1.1 and RFC 2045 §6.7: 7 bits, CRLF alone, no line too long."""
    raw.decode("ascii")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    head, body = raw.split(b"\r\n\r\n", 1)
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76


@settings(max_examples=often(300), deadline=None)
@given(
    text=st.lists(st.lists(LINES, max_size=4).map("".join), max_size=6).map("\n".join),
    html=st.lists(LINES, max_size=6).map("".join),
    value=st.text(max_size=200) | st.sampled_from(["", "x" * 75, "x" * 76, LEAVE, "a…n@example.org", " ", "=" * 80]),
)
def test_what_is_spliced_after_encoding_is_what_is_filled_before_it(text: str, html: str, value: str) -> None:
    one = Copy.of("d1", "a@example.org", {"leave_url": value})
    raw = writer(Letter("A <a@example.org>", "b@example.org", "S", html, text))(one)
    sound(raw)
    wanted = [text, html] if html else [text]
    for found, part in zip(texts(raw), wanted, strict=True):
        expected = filled(re.sub(r"\r\n?", "\n", part).rstrip("\n"), {"leave_url": value.replace("\r", "\n")})
        # A surrogate alone is no character: it cannot be sent.
        expected = expected.encode("utf-8", "replace").decode()
        assert re.sub(r"\r\n?", "\n", found).rstrip("\n") == expected.rstrip("\n")


@given(name=st.sampled_from(["From", "Reply-To"]), display=st.text(min_size=1, max_size=80))
def test_a_senders_name_survives_the_wire(name: str, display: str) -> None:
    wanted = parsed(field(name, mailbox(display, "a@example.org")) + b"\r\n")[name]
    assert [one.addr_spec for one in wanted.addresses] == ["a@example.org"]


def test_a_header_that_no_line_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="the header List-Unsubscribe would have"):
        wire(leave_url="https://lajme.example.org/" + "x" * 1000)


@pytest.mark.parametrize(
    "address", ['"a b"@example.org', "o'neil+news@example.org", "a" * 64 + "@" + "b" * 60 + ".example.org"]
)
def test_every_address_stands_in_to(address: str) -> None:
    assert [one.addr_spec for one in parsed(wire(address=address))["To"].addresses] == [address]


def test_copies_are_made_at_more_than_20_000_a_second() -> None:
    """On the machine where the yardstick takes 4 ms: 20 posts in both languages, 0.1 MB a copy."""
    given = parts(posts(20))
    (variant,) = render_all(given, ("sq+en",))
    write, one = writer(common(variant=variant)), own()

    def took(work: Any) -> float:
        began = process_time()
        work()
        return process_time() - began

    yardstick = min(took(lambda: sum(number * number for number in range(100_000))) for _ in range(5))
    ours = min(took(lambda: sum(len(write(one)) for _ in range(200))) for _ in range(5))
    assert ours <= yardstick / 0.004 * 200 / 20_000


def test_the_same_delivery_is_the_same_bytes_and_another_has_another_id() -> None:
    assert wire() == wire()
    assert dict(own(delivery="d-2").headers)["Message-ID"] != dict(own().headers)["Message-ID"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("arben.kola@example.org", "a…a@example.org"),
        ("ana@example.org", "a…@example.org"),
        ("a@example.org", "a…@example.org"),
        ('"x@y"@example.org', "…@example.org"),
        ("o'br&n@example.org", "o…n@example.org"),
        ("&co's'@example.org", "…@example.org"),
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
    sender = Sender("Fëmijët, “sot” & nesër", "a@example.org", "b@example.org")
    mail = parsed(writer(common(list=newsletter(sender=sender)))(own()))
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


@settings(max_examples=often(80), deadline=None)
@given(title=HOSTILE, list_title=HOSTILE)
def test_no_title_can_write_a_header(title: str, list_title: str) -> None:
    one = post(0)
    one = replace(one, title=title, versions=(Version("en", title, "s", "", "s"),))
    (variant,) = render_all(parts([one], list=newsletter(titles={"en": list_title})), ("en",))
    raw = writer(common(variant=variant))(own())
    lines = header_lines(raw)
    names = [line.split(b":")[0] for line in lines if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names))
    assert not {b"Bcc", b"bcc"} & set(names)
    assert parsed(raw).get_content_type() == "multipart/alternative"
    for line in lines:
        if b"=?" in line:
            assert len(line) <= 78


def test_a_subject_passed_by_hand_cannot_inject() -> None:
    evil = replace(common(), subject="Hi\r\nBcc: x@example.org", headers=(("X-A", "b\r\nBcc: c"),))
    raw = writer(evil)(Copy.of("d1", "a@example.org\r\nBcc: y@example.org", own().values, (("X-B", "\nBcc: d"),)))
    assert not re.search(rb"^Bcc", raw, re.MULTILINE)


ADDRESSES = st.from_regex(r"[a-z.+_A-Z0-9-]{1,8}@[a-z.]{1,9}", fullmatch=True) | st.text(max_size=12)


@given(ADDRESSES, st.sampled_from(["server", "mail", "provider"]), st.booleans())
def test_copies_for_many_are_those_for_one(address, leaving, choosing):
    """What is the same in all copies is looked at once, and a plain address not at all: it must come to the same."""
    links = {"leave_url": "https://example.org/n,1/leave/", "leave_mailto": "mailto:a@example.org?subject=leave%20"}
    me = "https://example.org/me/" if choosing else None
    write = copier(list=newsletter(), preferences_url=me, leaving=leaving, **links)
    one = copy(
        "d1", address, list=newsletter(), leaving=leaving, preferences_url=me and me + "T0",
        **{name: link + "aB-_.1" for name, link in links.items()},
    )  # fmt: skip
    other = write("d1", address, "aB-_.1", "T0")
    assert (other.id, other.address, other.values, other.headers) == (one.id, one.address, one.values, one.headers)
    assert one.values["masked_address"] == mask(address)
    assert one.address == clean(address)
