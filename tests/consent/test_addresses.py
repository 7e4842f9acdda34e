"""Addresses: the fast road and the library agree, keys are unique, hashes and masks give nothing away."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from syndicate.consent import addresses
from syndicate.consent.addresses import Address, AddressError, clean, hasher, keyed_hash, keyed_hashes, mask
from syndicate.errors import UsageError

GOOD = [
    ("arta@example.org", "arta@example.org", "arta@example.org"),
    ("  Arta.Hoxha@Example.ORG \n", "Arta.Hoxha@example.org", "arta.hoxha@example.org"),
    ("\ufeffarta@example.org\u200b", "arta@example.org", "arta@example.org"),
    ("\xa0arta@example.org\xa0", "arta@example.org", "arta@example.org"),
    ("mailto:arta@example.org?subject=x", "arta@example.org", "arta@example.org"),
    ("Arta Hoxha <arta@example.org>", "arta@example.org", "arta@example.org"),
    ("<arta@example.org>", "arta@example.org", "arta@example.org"),
    ("INFO@example.org", "info@example.org", "info@example.org"),
    ("Arta@Shqipëria.al", "Arta@xn--shqipria-x1a.al", "arta@xn--shqipria-x1a.al"),
    ("arta@XN--SHQIPRIA-X1A.al", "arta@xn--shqipria-x1a.al", "arta@xn--shqipria-x1a.al"),
    ("=1+1@example.org", "=1+1@example.org", "=1+1@example.org"),
    ("o'neil@example.org", "o'neil@example.org", "o'neil@example.org"),
    ("try@lists.test", "try@lists.test", "try@lists.test"),
]
BAD = [
    "", "   ", "arta", "arta@", "@example.org", "arta@@example.org", "arta@example", "arta@test", "a b@example.org",
    "arta@localhost", "arta@x.local", "arta@x.invalid", "ārta@example.org", "artë@example.org", "arta@exam ple.org",
    "a@example.org, b@example.org", "a@example.org;b@example.org", "arta@[127.0.0.1]", '"a b"@example.org',
    "arta@example.org\nBcc: b@example.org", "arta\0@example.org", "a..b@example.org", ".a@example.org",
    "a@-example.org", "a@example-.org", "a" * 65 + "@example.org", "a@" + "b" * 64 + ".org", "arta@example.o1",
    "a@" + "b.c" * 100 + ".org", "<arta@example.org", "＠", "a@ab--c.org",
]  # fmt: skip


@pytest.mark.parametrize(("text", "display", "key"), GOOD)
def test_clean(text, display, key):
    assert clean(text) == Address(display, key)


@pytest.mark.parametrize("text", BAD)
def test_refused_in_a_sentence_without_the_address(text):
    with pytest.raises(AddressError) as caught:
        clean(text)
    said = str(caught.value)
    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, ValueError)
    assert said.endswith(".")
    assert len(said) > 20
    assert "example.org" not in said.replace("name@example.org", "").replace("such as example.org", "")


def test_dots_and_tags_are_different_people():
    keys = {clean(text).key for text in ("ab@example.org", "a.b@example.org", "ab+x@example.org", "AB@EXAMPLE.org")}
    assert len(keys) == 3


LETTERS = st.text("abzAZ09.+-_'=ë", min_size=1, max_size=12)
DOMAINS = st.one_of(
    st.text("abxn019.-", min_size=1, max_size=14),
    st.sampled_from(["arpa", "local", "x.onion", "xn--a", "ab--c.org", "x.co", "localhost", "a.b1", "x-.org", "test"]),
).flatmap(lambda first: st.sampled_from([first, first + ".org", first + ".al", "mail." + first]))


@given(LETTERS, DOMAINS)
def test_the_fast_road_says_what_the_library_says(local, domain):
    text = f"{local}@{domain}"
    if not addresses._PLAIN.fullmatch(text):
        return
    found = validate_email(text, check_deliverability=False, strict=True, allow_smtputf8=False, test_environment=True)
    assert clean(text) == Address(found.ascii_email, found.ascii_email.lower())


@given(st.one_of(st.text(max_size=40), st.builds("{}@{}".format, LETTERS, DOMAINS)))
def test_clean_is_stable_and_raises_nothing_else(text):
    try:
        once = clean(text)
    except AddressError:
        return
    assert clean(once.display) == once
    assert clean(once.key).key == once.key
    assert once.key.isascii()


def test_the_library_alone_would_have_refused_what_we_refuse():
    for text in BAD:
        if text not in ("arta@test", "<arta@example.org"):
            with pytest.raises(EmailNotValidError):
                validate_email(text, check_deliverability=False, strict=True, allow_smtputf8=False)


def test_hash_is_bound_to_key_and_purpose():
    made = {
        keyed_hash(key, secret, purpose=purpose)
        for key in ("a@example.org", "b@example.org")
        for secret in (b"one", b"two")
        for purpose in ("forgotten", "log")
    }
    assert len(made) == 8
    assert all(len(digest) == 64 for digest in made)
    assert keyed_hash("a@example.org", b"one") == keyed_hash("a@example.org", b"one", purpose="forgotten")
    assert keyed_hashes("a@example.org", [b"new", b"old"])[1] == keyed_hash("a@example.org", b"old")
    assert tuple(hasher([b"new", b"old"])("a@example.org")) == keyed_hashes("a@example.org", [b"new", b"old"])


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("arta@mail.example.org", "a***@m***.org"),
        ("a@example.org", "a***@e***.org"),
        ("arta.hoxha@example.org", "a***@e***.org"),
        ("arta@localhost", "a***@l***"),
    ],
)
def test_mask(address, shown):
    assert mask(address) == shown
