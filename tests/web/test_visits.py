"""What a request says, read without a server: forms, languages, who asks, when a form was shown."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.web import stamps
from syndicate.web.visit import FORM_TYPE, Unreadable, client_of, form_of, network, spoken

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
RING = [b"new key of sixteen", b"old key of sixteen"]


@pytest.mark.parametrize(
    ("body", "type_", "fields"),
    [
        (b"a=1&b=2&a=3", FORM_TYPE, {"a": ("1", "3"), "b": ("2",)}),
        (b"a=%C3%AB", "Application/X-WWW-Form-Urlencoded; charset=utf-8", {"a": ("ë",)}),
        (b"a=x%00%0D%0ABcc:%20y", FORM_TYPE, {"a": ("xBcc: y",)}),
        (b"a=", FORM_TYPE, {"a": ("",)}),
        (b"", FORM_TYPE, {}),
        (b'{"a": 1}', "application/json", {}),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", {}),
    ],
)
def test_a_form_is_read(body, type_, fields):
    assert form_of(body, type_).fields == fields


@pytest.mark.parametrize("body", [b"a=%FF", b"a=\xff", b"&".join(b"a%d=1" % n for n in range(101))])
def test_a_form_that_is_no_text_is_unreadable(body):
    with pytest.raises(Unreadable):
        form_of(body, FORM_TYPE)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_forms(body):
    try:
        form = form_of(body, FORM_TYPE)
    except Unreadable:
        return
    assert all(value.isprintable() for values in form.fields.values() for value in values)


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxy", "client"),
    [
        ("127.0.0.1", "", True, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", True, "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", True, "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", False, "127.0.0.1"),
        ("8.8.8.8", "203.0.113.9", True, "8.8.8.8"),
        ("", "203.0.113.9", True, ""),
    ],
)
def test_who_asks_is_what_our_own_proxy_saw(peer, forwarded, proxy, client):
    assert client_of(peer, forwarded, proxy=proxy) == client


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("nonsense", "", True),
    ],
)
def test_a_network_is_one_address_of_the_old_kind_or_64_bits_of_the_new(one, other, same):
    assert (network(one) == network(other)) is same


@pytest.mark.parametrize(
    ("asked", "person", "accepts", "language"),
    [
        ("en", "sq", "sq", "en"),
        ("", "sq", "en", "sq"),
        ("", "", "en-GB,en;q=0.9,sq;q=0.8", "en"),
        ("", "", "de, sq-AL;q=0.5, en;q=0.4", "sq"),
        ("", "", "en;q=0, *", "sq"),
        ("", "", "en;q=nonsense", "sq"),
        ("", "", "en;q=nan,sq", "sq"),
        ("xx", "yy", "zz", "sq"),
        ("", "", "", "sq"),
        ("", "", "," * 5000 + "en", "sq"),
    ],
)
def test_the_language_of_a_page(asked, person, accepts, language):
    assert spoken(asked, person, accepts, ("sq", "en")) == language


@pytest.mark.parametrize(
    ("age", "said"),
    [(0, "quick"), (1.9, "quick"), (2.1, "good"), (86_000, "good"), (86_500, "stale")],
)
def test_a_stamp_knows_when_the_form_was_shown(age, said):
    assert stamps.judge(RING, stamps.stamp(RING, NOW), NOW + timedelta(seconds=age)) == said


def test_a_stamp_of_an_older_key_holds_and_one_of_a_strange_key_does_not():
    later = NOW + timedelta(minutes=1)
    assert stamps.judge(RING, stamps.stamp(RING[1:], NOW), later) == "good"
    assert stamps.judge(RING, stamps.stamp([b"somebody else's key"], NOW), later) == "stale"


@given(st.text(max_size=60))
def test_no_text_that_is_not_ours_is_a_stamp(text):
    assert stamps.judge(RING, text, NOW) == "stale"
