"""Plain addresses take a short way past the library: it must say of each of them what we say."""

import string

import pytest
from email_validator import validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from often import often

from syndicate.consent import addresses
from syndicate.consent.addresses import Address, clean

SIGNS = string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~"
LOCALS = st.one_of(
    st.lists(st.text(SIGNS, min_size=1, max_size=12), min_size=1, max_size=4).map(".".join),
    st.text(SIGNS + ".", min_size=1, max_size=70),
    st.sampled_from(["INFO", "Info", "info", "News", "www", "wWw", "Postmaster"]),
)
LABELS = st.one_of(
    st.text(string.ascii_letters + string.digits, min_size=1, max_size=12),
    st.text(string.ascii_letters, min_size=1, max_size=6),
    st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=12),
    st.text(string.ascii_letters + string.digits, min_size=55, max_size=66),
    st.sampled_from(["xn--mnchen-3ya", "xn--", "ab--cd", "-a", "a-", "a--b"]),
)
ENDS = st.one_of(
    st.text(string.ascii_letters, min_size=2, max_size=26),
    st.sampled_from(["org", "AL", "test", "TEST", "Local", "ONION", "arpa", "invalid", "localhost", "c0m", "xn--p1ai"]),
)
DOMAINS = st.builds(lambda labels, end: ".".join([*labels, end]), st.lists(LABELS, min_size=1, max_size=4), ENDS)


@settings(max_examples=often(400))
@given(st.builds("{}@{}".format, LOCALS, DOMAINS))
@example("Info@EXAMPLE.org")
@example(f"{'a' * 64}@{'b' * 61}.{'c' * 61}.{'d' * 61}.org")
@example("'='@Example.Org")
@example("a@1.al")
def test_the_short_way_says_what_the_library_says(text):
    if not addresses._PLAIN.fullmatch(text.lower()):
        return
    found = validate_email(text, check_deliverability=False, strict=True, allow_smtputf8=False, test_environment=True)
    assert clean(text) == Address(found.ascii_email, found.ascii_email.lower())
    assert clean(text) == addresses._checked(text)


def test_names_without_case_are_those_of_the_library():
    assert frozenset(CASE_INSENSITIVE_MAILBOX_NAMES) == addresses._ROLES


@pytest.mark.parametrize(
    "text",
    ["Arta.Hoxha@Gmail.com", "o'neil@example.org", "ARTA@EXAMPLE.AL", "a_b+c@mail.example.co.uk", "x@1and1.com"],
)
def test_everyday_addresses_take_the_short_way(text):
    assert addresses._PLAIN.fullmatch(text.lower())


def test_a_letter_that_only_looks_small_is_not_ours():
    for text in ("\u212a@example.org", "a@\u212aosova.org"):
        try:
            found = clean(text)
        except addresses.AddressError:
            continue
        assert found == addresses._checked(text)
