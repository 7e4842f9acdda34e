"""What a real server gets: whole mails, over one encrypted connection, from somebody who logged in, signed."""

from __future__ import annotations

import logging
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import dkim
import pytest
from deliver_smtp.mailhosts import LETTER, Real, certificate, copies, post, real, told, transport, trusting

from syndicate.compose.mime import writer
from syndicate.deliver.server import server
from syndicate.deliver.smtp import SmtpTransport
from syndicate.errors import DeliveryError, UsageError
from syndicate.models import Copy, DeliveryRules

PASSWORD = "p@ss/wörd"


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-out", made, "2048"], check=True, capture_output=True)
    return made


def to(url: str, **options: Any) -> SmtpTransport:
    return SmtpTransport(url, writer, **{"rules": DeliveryRules(), "timeout": 5.0, "patience": 5.0} | options)


@pytest.fixture
def plain() -> Iterator[Real]:
    with real() as server:
        yield server


def test_fifty_mails_go_over_one_connection_each_whole(plain: Real) -> None:
    used, given = transport(plain.port, timeout=5, patience=5), copies(50)
    for one in given:
        receipts, error = post(used, one)
        assert ([receipt.outcome for receipt in receipts], error) == (["accepted"], None)
    used.close()
    assert plain.connections == 1
    assert [reader for _, (reader,), _ in plain.envelopes] == [one.address for one in given]
    write = writer(LETTER)
    assert [content for _, _, content in plain.envelopes] == [write(one) for one in given]


def test_a_closed_transport_connects_again(plain: Real) -> None:
    used = transport(plain.port, timeout=5, patience=5)
    for _ in range(2):
        assert post(used, *copies(1))[0][0].outcome == "accepted"
        used.close()
    used.close()
    assert plain.connections == 2


def test_lines_that_are_or_begin_with_a_dot_and_long_ones_arrive(plain: Real) -> None:
    text = ".\n..\n.leading\n" + "ë" * 3000 + "\n" + "x" * 3000 + "\n. \n.\n"
    post(transport(plain.port, timeout=5, patience=5), *copies(1), letter=replace(LETTER, text=text, html=""))
    (_, _, raw) = plain.envelopes[0]
    assert message_from_bytes(raw, policy=default).get_content().replace("\r\n", "\n") == text
    assert max(map(len, raw.split(b"\r\n"))) <= 76


def test_no_header_can_be_slipped_in(plain: Real) -> None:
    evil = replace(
        LETTER, subject="a\r\nBcc: x@example.org\r\n\r\n.\r\nMAIL FROM:<x@example.org>", headers=(("X-A", "b\nBcc: c"),)
    )
    receipts, _ = post(transport(plain.port, timeout=5, patience=5), *copies(1), letter=evil)
    assert [receipt.outcome for receipt in receipts] == ["accepted"]
    assert len(plain.envelopes) == 1
    assert not re.search(rb"^Bcc", plain.envelopes[0][2], re.MULTILINE)


def test_the_servers_words_come_with_a_failure_and_hold_no_address(plain: Real) -> None:
    used = transport(plain.port, timeout=5, patience=5)
    receipts, error = post(used, *copies(2, lambda number: f"nobody{number}@example.org"))
    assert error is None
    assert [receipt.reason for receipt in receipts] == ["550 5.1.1 <…>: no such user here"] * 2


@pytest.mark.parametrize(
    ("bounces", "sender"),
    [(None, "lajme@post.example.org"), ("back@b.example.org", f"back+{0:032x}@b.example.org")],
)
def test_what_comes_back_names_the_delivery(plain: Real, bounces: str | None, sender: str) -> None:
    post(transport(plain.port, rules=DeliveryRules(bounces=bounces), timeout=5, patience=5), *copies(1))
    assert plain.envelopes[0][0] == sender


# ---------------------------------------------------------------- encryption and log-in


@pytest.mark.parametrize("implicit", [True, False])
def test_encrypted_and_logged_in(proof: Path, implicit: bool) -> None:
    with real(proof, implicit=implicit, password=PASSWORD) as there:
        scheme, option = ("smtps", "") if implicit else ("smtp", "?tls=starttls")
        url = f"{scheme}://lajme%40x:p%40ss%2Fw%C3%B6rd@localhost:{there.port}{option}"
        used = to(url, tls=trusting(proof))
        receipts, error = post(used, *copies(2))
        used.close()
    assert ([receipt.outcome for receipt in receipts], error) == (["accepted"] * 2, None)
    assert there.secrets == [(b"lajme@x", PASSWORD.encode())]


@pytest.mark.parametrize("implicit", [True, False])
def test_a_certificate_that_nobody_vouches_for_gets_no_mail(proof: Path, implicit: bool) -> None:
    with real(proof, implicit=implicit, password=PASSWORD) as there:
        scheme, option = ("smtps", "") if implicit else ("smtp", "?tls=starttls")
        receipts, error = post(to(f"{scheme}://u:p@localhost:{there.port}{option}"), *copies(1))
    assert receipts[0].outcome == "requeue"
    assert type(error) is DeliveryError
    assert "certificate that does not hold" in str(error)
    assert not there.secrets


def test_a_certificate_of_another_host_gets_no_mail(tmp_path: Path) -> None:
    other = certificate(tmp_path, "other.example.org")
    with real(other, implicit=True) as there:
        _, error = post(to(f"smtps://localhost:{there.port}", tls=trusting(other)), *copies(1))
    assert "certificate that does not hold" in str(error)


def test_a_wrong_password_is_told_and_stands_nowhere(proof: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with real(proof, implicit=True, password=PASSWORD) as there:
        used = to(f"smtps://secretuser:secretword@localhost:{there.port}", tls=trusting(proof))
        receipts, error = post(used, *copies(1))
    assert type(error) is DeliveryError
    assert "does not let us in: 535" in str(error)
    assert "secret" not in f"{error!r}{receipts}{caplog.text}{used._line.server!r}".replace("secretuser", "")


def test_a_server_that_repeats_what_we_logged_in_with_is_not_quoted() -> None:
    with told({"AUTH": "535 no secretword for secretuser@example.org"}) as there:
        _, error = post(to(f"smtp://secretuser:secretword@127.0.0.1:{there.port}"), *copies(1))
    assert "secret" not in str(error)


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    with told({}) as there:
        _, error = post(to(f"smtp://u:p@127.0.0.1:{there.port}?tls=starttls"), *copies(1))
    assert "offers no encryption" in str(error)
    assert not [command for command in there.commands if command.startswith(("AUTH", "MAIL"))]


def test_tls_to_a_port_that_begins_in_the_clear_says_so() -> None:
    with told({}) as there:
        _, error = post(to(f"smtps://127.0.0.1:{there.port}"), *copies(1))
    assert "does not speak TLS as asked" in str(error) or "hung up" in str(error) or "in time" in str(error)


@pytest.mark.parametrize(
    ("offered", "first"), [("PLAIN LOGIN", "AUTH PLAIN AHUAcA=="), ("LOGIN", "AUTH LOGIN"), ("CRAM-MD5", "")]
)
def test_log_in_by_what_the_server_offers(offered: str, first: str) -> None:
    login = {"AUTH": "334 VXNlcg==", "DQ==": "334 UGFz", "CA==": "235 in"} if offered == "LOGIN" else {}
    with told({"EHLO": f"250-here\r\n250 AUTH {offered}"} | login) as there:
        receipts, error = post(to(f"smtp://u:p@127.0.0.1:{there.port}"), *copies(1))
    found = next((command for command in there.commands if command.startswith("AUTH")), "")
    assert found == first
    assert receipts[0].outcome == ("accepted" if first else "requeue")
    assert first or "offers no log-in" in str(error)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("smtps://u:p@mail.example.org", ("mail.example.org", 465, "tls")),
        ("smtp://u:p@mail.example.org", ("mail.example.org", 587, "starttls")),
        ("smtp://mail.example.org:25/?tls=none", ("mail.example.org", 25, "none")),
        ("smtp://localhost:25", ("localhost", 25, "none")),
        ("smtp://[::1]:25?tls=starttls", ("::1", 25, "starttls")),
        ("smtp://u:p@127.0.0.1", ("127.0.0.1", 587, "none")),
        ("smtps://postë.example.org", ("xn--post-opa.example.org", 465, "tls")),
    ],
)
def test_url(url: str, wanted: tuple[str, int, str]) -> None:
    found = server(url)
    assert (found.host, found.port, found.encryption) == wanted


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:port", "smtp://secret@h", "smtp://h/path",
        "smtps://h?tls=none", "smtp://h?tls=no", "smtp://h?x=1", "smtp://h?tls", "smtp://secret:secret@mail.example.org?tls=none",
        "smtp://h?name=a%0d%0ab", "smtp://[::1", "smtp://u:secret/@h",
    ],
)  # fmt: skip
def test_wrong_url(url: str) -> None:
    with pytest.raises(UsageError, match="SYNDICATE_SMTP_URL") as raised:
        server(url)
    assert "secret" not in str(raised.value)


# ---------------------------------------------------------------- DKIM


def signing(port: int, key: str | None) -> SmtpTransport:
    rules = DeliveryRules(dkim_domain="post.example.org", dkim_selector="s1")
    return transport(port, rules=rules, dkim_key=key, timeout=5, patience=5)


def verified(raw: bytes, key: Path) -> bool:
    public = subprocess.run(
        ["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    import base64

    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    return bool(
        dkim.verify(raw, dnsfunc=lambda name, timeout=5: record if name == b"s1._domainkey.post.example.org." else None)
    )


def test_the_signature_holds_and_covers_the_way_out(plain: Real, key: Path) -> None:
    (one,) = copies(1)
    leave = (
        ("List-Unsubscribe", "<https://x.example.org/leave/1>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    post(signing(plain.port, key.read_text()), Copy.of(one.id, one.address, one.values, leave))
    (_, _, raw) = plain.envelopes[0]
    assert verified(raw, key)
    field = message_from_bytes(raw, policy=default)["DKIM-Signature"]
    covered = re.search(r"h=([^;]*)", field.replace(" ", "")).group(1).split(":")  # type: ignore[union-attr]
    assert {"from", "list-unsubscribe", "list-unsubscribe-post", "subject", "to"} <= set(covered)
    assert "c=relaxed/relaxed" in field
    for change in (
        (b"List-Unsubscribe: <https://x", b"List-Unsubscribe: <https://y"),
        (b"One-Click", b"No"),
        (b"To: reader0", b"To: reader1"),
        (b"x.example.org/0", b"x.example.org/1"),
        (b"MIME-Version", b"Subject: another\r\nMIME-Version"),
    ):
        assert change[0] in raw
        assert not verified(raw.replace(*change), key)
    refolded = raw.replace(b"To: reader0", b"To:\r\n   reader0")
    assert verified(refolded, key)


@pytest.mark.parametrize(
    "key", ["", "no key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", None]
)
def test_without_a_key_that_can_be_read_nothing_begins(key: str | None) -> None:
    with pytest.raises(UsageError, match="SYNDICATE_DKIM_KEY"):
        signing(1, key)


def test_where_dkimpy_is_missing_the_operator_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "dkim", None)
    with pytest.raises(UsageError, match=r"pip install 'syndicate\[dkim\]'"):
        signing(1, "key")
