"""What strangers hand to the program, mutated at random: see fuzz_targets. A few of each here, thousands in `dev.py test-all`."""

from __future__ import annotations

import os

import pytest
from fuzz.fuzz_targets import TARGETS, seeds
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES = {"feed": 25, "page": 15} if not os.environ.get("SYNDICATE_TEST_ALL") else {"feed": 1500, "page": 1500}
OTHERS = 60 if not os.environ.get("SYNDICATE_TEST_ALL") else 5000
NASTY = [
    b"<script>alert(1)</script>", b"&lt;script&gt;alert(1)&lt;/script&gt;", b"<![CDATA[<img src=x onerror=alert(1)>]]>",
    b"]]>", b"<!--", b"--><svg onload=alert(1)>", b'<a href="java\tscript:alert(1)">x</a>', b"<a href='data:text/html,x'>x</a>",
    b"{{ 7 * 7 }}", b"{% raw %}", b"%%leave_url%%", b"%%preferences_url%%", b"\r\nBcc: x@example.org\r\n", b"=?utf-8?q?=0D=0A?=",
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", "\u202e\u2066\u200b\ufeff".encode(), "😀#️⃣#Tag".encode(), b"<div>" * 400, b"<b" * 200,
    b"&#0;&#xD800;&#x110000;", b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>", b"<guid>1</guid>", b"<pubDate>0000-99-99</pubDate>",
    b"9" * 400, b"\n" * 300, b",;\t\"'", b'"', b'{"a":' * 200, b"[" * 500, b"1e999", b"NaN", b"null",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, target: str) -> bytes:
    """A seed of the target with a few bytes cut, doubled, turned, or something nasty put in."""
    data = bytearray(draw(st.sampled_from([*seeds(target)])))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 40)))
        what = draw(st.sampled_from(("put", "put", "cut", "double", "turn", "random")))
        if what == "put":
            data[at:at] = draw(st.sampled_from(NASTY))
        elif what == "cut":
            del data[at:end]
        elif what == "double":
            data[at:at] = data[at:end] * 3
        elif what == "turn" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        else:
            data[at:end] = draw(st.binary(max_size=12))
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS)
def test_what_strangers_hand_in(target):
    many = EXAMPLES.get(target, OTHERS)
    calm = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

    @settings(
        max_examples=many,
        deadline=None,
        suppress_health_check=calm,
        phases=(Phase.generate, Phase.shrink),
        database=None,
    )
    @given(mutated(target) | st.binary(max_size=300))
    def run(data: bytes) -> None:
        TARGETS[target](data)

    run()


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<p>x</p><script>1</script>", "<script>"),
        ("<img src=x onerror=alert(1)>", "img onerror"),
        ("<a href='java&#9;script:alert(1)'>x</a>", "a href=javascript:alert(1)"),
        ("<p style='background:url(x)'>x</p>", "p style"),
    ],
)
def test_what_is_alive_is_seen(html, what):
    from fuzz.fuzz_targets import alive

    assert alive(html) == [what]
