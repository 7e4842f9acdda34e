"""SPF, DKIM and DMARC of the sender, asked of a real name service on loopback."""

from __future__ import annotations

import time

import pytest
from checks.checks_world import Names

from syndicate.operate.dns import SENDGRID, Sending, judge, look

GOOD = "v=spf1 include:mail.example.net -all"
KEY = "v=DKIM1; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0" * 20
POLICY = "v=DMARC1; p=quarantine"
WHOLE = {
    "post.example.org": [GOOD, "something else"],
    "k1._domainkey.post.example.org": [KEY],
    "_dmarc.post.example.org": [POLICY],
}
OURS = Sending("post.example.org", selectors=("k1",), sure=True)
SERVERS = Sending("post.example.org")
PROVIDER = Sending("post.example.org", selectors=SENDGRID, provider=True)


def judged(sending: Sending, texts: dict[str, list[str]]) -> list[tuple[str, str]]:
    names = Names(texts)
    try:
        return list(judge(sending, look(sending, nameserver=names.address, seconds=3)))
    finally:
        names.close()


def without(*names: str) -> dict[str, list[str]]:
    return {name: texts for name, texts in WHOLE.items() if not name.startswith(names)}


@pytest.mark.parametrize(
    ("sending", "texts", "told"),
    [
        (OURS, WHOLE, []),
        (OURS, without("_dmarc") | {"_dmarc.example.org": [POLICY]}, []),  # a domain inherits its organisation's
        (OURS, without("_dmarc"), [("warning", "no DMARC record at _dmarc.post.example.org")]),
        (
            OURS,
            without("_dmarc") | {"_dmarc.post.example.org": [POLICY, "v=DMARC1; p=none"]},
            [("warning", "2 DMARC records")],
        ),
        (OURS, without("post") | {"post.example.org": []}, [("warning", "has no SPF record")]),
        (OURS, without("post") | {"post.example.org": [GOOD, "v=spf1 mx -all"]}, [("warning", "2 SPF records")]),
        (OURS, without("post") | {"post.example.org": ["v=spf1 +all"]}, [("warning", "lets anybody send")]),
        (OURS, without("k1"), [("stop", "no DKIM key at k1._domainkey.post.example.org")]),
        (
            OURS,
            without("k1") | {"k1._domainkey.post.example.org": ["v=DKIM1; p="]},
            [("stop", "no DKIM key")],
        ),  # revoked
        (OURS, {"post.example.org": []}, [("stop", "neither SPF nor DKIM"), ("stop", "no DKIM"), ("warning", "DMARC")]),
        (OURS, {}, [("stop", "does not exist")]),
        (SERVERS, WHOLE, [("note", "not known here")]),
        (SERVERS, {"post.example.org": []}, [("stop", "neither"), ("note", "not known"), ("warning", "DMARC")]),
        (PROVIDER, without("k1") | {"s2._domainkey.post.example.org": [KEY]}, []),
        (PROVIDER, without("k1"), [("warning", "Sender Authentication")]),
        (PROVIDER, {"post.example.org": [], "s1._domainkey.post.example.org": [KEY]}, [("warning", "DMARC")]),
    ],
)
def test_what_is_wrong_is_told(sending: Sending, texts: dict[str, list[str]], told: list[tuple[str, str]]) -> None:
    found = judged(sending, texts)
    assert [level for level, _ in found] == [level for level, _ in told]
    for (_, message), (_, part) in zip(found, told, strict=True):
        assert part in message


def test_bounces_and_signatures_may_have_domains_of_their_own() -> None:
    sending = Sending("post.example.org", envelope="b.example.net", signer="example.net", selectors=("x",), sure=True)
    texts = {
        "post.example.org": [],
        "b.example.net": [GOOD],
        "x._domainkey.example.net": [KEY],
        "_dmarc.example.org": [POLICY],
    }
    assert judged(sending, texts) == []


def test_a_silent_name_service_is_a_note_and_costs_no_more_than_its_time() -> None:
    names = Names({}, silent=True)
    began = time.monotonic()
    found = list(judge(OURS, look(OURS, nameserver=names.address, seconds=0.5)))
    names.close()
    assert time.monotonic() - began < 2
    assert found == [("note", "the DNS of post.example.org was not asked: the name service did not answer in time")]


def test_no_time_left_is_a_note() -> None:
    names = Names(WHOLE)
    assert [level for level, _ in judge(OURS, look(OURS, nameserver=names.address, seconds=0))] == ["note"]
    names.close()
