"""A sealed file opens with its key, whole, or not at all."""

import io
import os
import random

import pytest

from syndicate.operate import parcel, vault
from syndicate.operate.parcel import End, FilePart, Manifest, Rows
from syndicate.operate.vault import SealError

KEY = "a passphrase of the tests"
LINES = [b"first", b"", "ë\u2028".encode(), b"x" * 3_000_000, os.urandom(2_500_000).hex().encode(), b"last"]


def sealed(lines=LINES, key=KEY):
    file = io.BytesIO()
    sealer = vault.Sealer(file, key, work=2**14)
    for line in lines:
        sealer.write(line + b"\n")
    sealer.close()
    return file.getvalue()


@pytest.fixture(scope="module")
def whole():
    return sealed()


def opened(data, key=KEY):
    return list(vault.opened(io.BytesIO(data), lambda: key))


def test_what_was_sealed_comes_out_and_nothing_of_it_shows(whole):
    assert opened(whole) == LINES
    assert b"first" not in whole
    assert opened(sealed([])) == []


def test_the_same_sealed_twice_is_not_the_same():
    assert sealed([b"a"])[-40:] != sealed([b"a"])[-40:]


def test_the_key_is_the_same_however_it_is_typed():
    assert opened(sealed([b"a"], "e\u0308 dymbëdhjetë"), " \u00eb dymbëdhjetë\n") == [b"a"]


def test_another_key_is_told_from_damage(whole):
    with pytest.raises(SealError, match="made with another"):
        opened(whole, "a passphrase of the test")


def test_a_byte_that_was_changed_anywhere_is_found(whole):
    chosen = random.Random(7)
    places = [20, 30, 60, 120, len(whole) - 1, *(chosen.randrange(len(whole)) for _ in range(25))]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << chosen.randrange(8)
        with pytest.raises(SealError):
            opened(bytes(changed))


def test_an_end_that_is_missing_is_found_also_where_a_piece_ends(whole):
    head = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    pieces = [head + n * (vault._PIECE + vault._TAG) for n in range(3)]
    for end in [len(whole) - 1, len(whole) - 17, *pieces, *(one + 1 for one in pieces), head - 1, 3, 0]:
        with pytest.raises(SealError):
            opened(whole[:end])
    with pytest.raises(SealError):
        opened(whole + b"x")


def test_pieces_that_were_exchanged_are_found(whole):
    head = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    size = vault._PIECE + vault._TAG
    one, two = whole[head : head + size], whole[head + size : head + 2 * size]
    with pytest.raises(SealError):
        opened(whole[:head] + two + one + whole[head + 2 * size :])


def test_a_newer_form_says_what_to_do_and_nobody_is_asked_for_a_key(whole):
    def nobody():
        raise AssertionError("asked")

    with pytest.raises(SealError, match="newer syndicate"):
        list(vault.opened(io.BytesIO(whole.replace(b'"format": 1', b'"format": 9')), nobody))
    with pytest.raises(SealError, match="no backup of syndicate"):
        list(vault.opened(io.BytesIO(b"PK\x03\x04" + bytes(100)), nobody))


def test_a_head_that_asks_for_all_memory_is_refused(whole):
    for work in (b"1073741824", b"131071", b"2", b'"x"', b"null"):
        with pytest.raises(SealError, match="damaged"):
            opened(whole.replace(b'"n": 16384', b'"n": ' + work))


# ---------------------------------------------------------------- what it holds

MANIFEST = Manifest(parcel.datetime.fromisoformat("2026-11-27T10:00:00+00:00"), "0.3.0", 2, "Shoqata", "Europe/Tirane")
PARTS = [
    MANIFEST,
    Rows("posts", ("id", "n"), (("a", 1), ("ë", None))),
    FilePart("feeds/site.toml", b"\x00\xff"),
    End({"posts": 2}, 1),
]


def lines(parts):
    return [parcel.written(part)[:-1] for part in parts]


def test_parts_come_back_as_they_were():
    assert list(parcel.read(lines(PARTS))) == PARTS


@pytest.mark.parametrize(
    "parts",
    [PARTS[1:], PARTS[:-1], [PARTS[0], *PARTS[2:]], PARTS[:2] + PARTS[3:], [*PARTS, PARTS[1]], [MANIFEST, *PARTS], []],
)
def test_a_backup_that_does_not_hold_what_it_says_is_refused(parts):
    with pytest.raises(SealError):
        list(parcel.read(lines(parts)))


def test_a_line_that_is_none_is_refused():
    for line in (b"", b"[]", b'"x"', b'{"rows": 1}', b'{"file": "x", "data": "*"}', b'{"backup": {}}', b"{"):
        with pytest.raises(SealError):
            list(parcel.read([lines(PARTS)[0], line]))
