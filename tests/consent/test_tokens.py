"""Signed links: only ours, only whole, only for their purpose, person and list; leaving works for ever."""

import hmac
import string
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicate.consent import tokens
from syndicate.consent.mac import mac
from syndicate.consent.tokens import Claim, TokenError, read, sign, signer
from syndicate.errors import UsageError

NOW = datetime(2026, 11, 23, 9, 30, 15, 999_999, tzinfo=UTC)
RING = [b"newest key", b"older key"]
PURPOSES = ("confirm", "leave", "preferences", "account", "session", "address")
IDS = st.text(min_size=1, max_size=30).filter(lambda text: "\n" not in text and text.isprintable())


@given(IDS, IDS, st.sampled_from(PURPOSES), st.booleans())
def test_reads_what_was_signed(subscriber, name, purpose, timed):
    token = sign(RING, purpose=purpose, subscriber=subscriber, list=name, now=NOW if timed else None)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")
    signed = NOW.replace(microsecond=0) if timed else None
    assert read(RING, token, purpose=purpose, now=NOW) == Claim(subscriber, name, signed)


@given(IDS, IDS, st.sampled_from(("leave", "preferences")))
def test_for_many_readers_the_same_tokens(subscriber, name, purpose):
    made = signer(RING, purpose=purpose, list=name)
    assert made(subscriber) == sign(RING, purpose=purpose, subscriber=subscriber, list=name)


@pytest.mark.parametrize("name", ["", "a\nb"])
def test_for_many_readers_of_no_list(name):
    with pytest.raises(ValueError, match="list"):
        signer(RING, purpose="leave", list=name)


@given(st.binary(min_size=1, max_size=100), st.binary(max_size=200))
def test_mac_is_hmac(key, message):
    assert mac(key)(message) == hmac.digest(key, message, "sha256")


def test_a_leave_token_is_short_stable_and_never_expires():
    token = sign(RING, purpose="leave", subscriber="s-3f9a2c1d7b", list="lajme")
    assert token == sign(RING, purpose="leave", subscriber="s-3f9a2c1d7b", list="lajme")
    assert len(token) <= 48
    later = NOW + timedelta(days=36_500)
    assert read(RING, token, purpose="leave", now=later) == Claim("s-3f9a2c1d7b", "lajme")


@given(st.data())
@settings(max_examples=200)
def test_changed_or_cut_is_refused(data):
    token = sign(RING, purpose="leave", subscriber="s1", list="lajme", now=NOW)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_.=!é "))
    how = data.draw(st.sampled_from(["change", "cut", "insert", "append"]))
    changed = {
        "change": token[:at] + other + token[at + 1 :],
        "cut": token[:at],
        "insert": token[:at] + other + token[at:],
        "append": token + other,
    }[how]
    if changed != token:
        with pytest.raises(TokenError, match="not whole"):
            read(RING, changed, purpose="leave", now=NOW)


def test_every_spelling_but_ours_is_refused():
    token = sign(RING, purpose="leave", subscriber="s1", list="lajme")
    for last in string.ascii_letters + string.digits + "-_":
        if last != token[-1]:
            with pytest.raises(TokenError):
                read(RING, token[:-1] + last, purpose="leave", now=NOW)


@pytest.mark.parametrize("signed", PURPOSES)
@pytest.mark.parametrize("asked", PURPOSES)
def test_bound_to_its_purpose(signed, asked):
    token = sign(RING, purpose=signed, subscriber="s1", list="lajme", now=NOW)
    if signed == asked:
        assert read(RING, token, purpose=asked, now=NOW).subscriber == "s1"
    else:
        with pytest.raises(TokenError):
            read(RING, token, purpose=asked, now=NOW)


@pytest.mark.parametrize("purpose", ["account", "session", "address"])
def test_a_link_about_no_list_and_what_else_it_carries(purpose):
    token = sign(RING, purpose=purpose, subscriber="s1", list="", now=NOW, extra="letter7")
    assert read(RING, token, purpose=purpose, now=NOW) == Claim("s1", "", NOW.replace(microsecond=0), "letter7")
    with pytest.raises(ValueError, match="ids"):
        sign(RING, purpose=purpose, subscriber="s1", list="", extra="without a time")


def test_a_confirmation_is_as_old_as_its_form_to_the_millisecond():
    for extra, when in ((tokens.asked_at(NOW), NOW.replace(microsecond=999_000)), (tokens.INVITED, None)):
        token = sign(RING, purpose="confirm", subscriber="s1", list=tokens.joined(["a", "b"]), now=NOW, extra=extra)
        claim = read(RING, token, purpose="confirm", now=NOW)
        assert (tokens.asked(claim), tokens.parted(claim.list)) == (when, ("a", "b"))


def test_signatures_cannot_be_swapped_between_people():
    ours = sign(RING, purpose="leave", subscriber="s1", list="lajme").split(".")
    theirs = sign(RING, purpose="leave", subscriber="s2", list="lajme").split(".")
    with pytest.raises(TokenError):
        read(RING, f"{theirs[0]}.{ours[1]}", purpose="leave", now=NOW)


def test_the_ring_turns():
    old = sign([b"older key"], purpose="leave", subscriber="s1", list="lajme")
    assert read(RING, old, purpose="leave", now=NOW).subscriber == "s1"
    new = sign(RING, purpose="leave", subscriber="s1", list="lajme")
    assert new == sign([b"newest key"], purpose="leave", subscriber="s1", list="lajme")
    for ring in ([b"older key"], [b"another"]):
        with pytest.raises(TokenError):
            read(ring, new, purpose="leave", now=NOW)


@pytest.mark.parametrize(
    ("after", "works"),
    [
        (timedelta(0), True),
        (timedelta(minutes=30), True),
        (timedelta(minutes=30, seconds=1), False),
        (-timedelta(seconds=1), False),
    ],
)
def test_age(after, works):
    token = sign(RING, purpose="account", subscriber="s1", list="lajme", now=NOW)
    half_hour = timedelta(minutes=30)
    if works:
        assert read(RING, token, purpose="account", max_age=half_hour, now=NOW + after).list == "lajme"
    else:
        with pytest.raises(TokenError, match="too old"):
            read(RING, token, purpose="account", max_age=half_hour, now=NOW + after)


def test_a_token_without_time_cannot_pass_for_a_fresh_one():
    token = sign(RING, purpose="account", subscriber="s1", list="lajme")
    with pytest.raises(TokenError, match="too old"):
        read(RING, token, purpose="account", max_age=timedelta(minutes=30), now=NOW)


@pytest.mark.parametrize("token", ["", ".", "..", "a", "a.b", "a.b.c", "é.é", "\0", "x" * 100_000, "=.="])
def test_junk(token):
    with pytest.raises(TokenError):
        read(RING, token, purpose="leave", now=NOW)


@pytest.mark.parametrize("ring", [[], [b""], [b"key", b""]])
def test_no_key_no_token(ring):
    with pytest.raises(UsageError, match="SYNDICATE_SECRET_KEY"):
        sign(ring, purpose="leave", subscriber="s1", list="lajme")


@pytest.mark.parametrize(("subscriber", "name"), [("", "lajme"), ("s1", ""), ("s\n1", "lajme"), ("s1", "a\nb")])
def test_ids_that_could_be_read_as_others(subscriber, name):
    with pytest.raises(ValueError, match="ids"):
        sign(RING, purpose="leave", subscriber=subscriber, list=name)


def test_urls():
    token = sign(RING, purpose="leave", subscriber="s1", list="lajme")
    assert tokens.leave_url("https://lajme.example.org/", token) == f"https://lajme.example.org/leave/{token}"
    assert tokens.preferences_url("https://x.example.org/a", token) == f"https://x.example.org/a/preferences/{token}"
    assert tokens.confirm_url("https://x.example.org", token) == f"https://x.example.org/confirm/{token}"
    assert tokens.account_url("https://x.example.org/", token) == f"https://x.example.org/account/{token}"
    assert tokens.address_url("https://x.example.org", token) == f"https://x.example.org/address/{token}"
    mail = urlsplit(tokens.leave_mailto("ngo+list@example.org", token))
    assert (mail.scheme, mail.path) == ("mailto", "ngo+list@example.org")
    assert parse_qs(mail.query) == {"subject": [f"leave {token}"]}
    assert " " not in tokens.leave_mailto("a?b&c@example.org", token)
