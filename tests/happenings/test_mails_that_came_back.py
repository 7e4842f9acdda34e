"""Reports of other servers, from files of every shape, and through the real command."""

import json
import mailbox
import subprocess
import sys
from email.message import EmailMessage

import pytest
from happenings.happened import NOW, RING
from hypothesis import given
from hypothesis import strategies as st

from syndicate import happenings
from syndicate.deliver import bounces, event_files
from syndicate.errors import UsageError
from syndicate.happenings import Received

ID = "0123456789abcdef0123456789abcdef"


GONE = "smtp; 550 5.1.1 <arta@example.org> unknown"


def report(
    action="failed", status="5.1.1", diagnostic=GONE, *, to=f"bounces+{ID}@example.org", returned="", id="<r1@x>"
) -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nMessage-ID: {id}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt came back.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; arta@example.org\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: {diagnostic}\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{returned}Subject: Lajme\r\n\r\ntext\r\n--b--\r\n"
    ).encode()  # fmt: skip


KINDS = [
    ("failed", "5.1.1", "smtp; 550 no", "bounced"), ("Failed", "5.1.10", "x", "bounced"), ("failed", "5.2.1", "x", "bounced"),
    ("failed", "5.2.2", "smtp; 552 full", "soft"), ("failed", "4.4.7", "expired", "soft"), ("failed", "5.7.1", "spam", "blocked"),
    ("failed", "5.0.0", "smtp; 550 5.1.1 unknown", "bounced"), ("failed", "5.0.0", "smtp; 554 5.7.26 no", "blocked"),
    ("failed", "", "smtp; 550 5.1.1 unknown", "bounced"), ("failed", "", "smtp; 550 no", "soft"), ("failed", "", "", "soft"),
    ("delayed", "4.4.1", "later", "deferred"), ("delivered", "2.0.0", "", "delivered"), ("relayed", "2.0.0", "", "delivered"),
    ("expanded", "2.0.0", "", "ignored"), ("", "5.1.1", "", "ignored"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "status", "diagnostic", "kind"), KINDS)
def test_reports(action, status, diagnostic, kind):
    (one,) = bounces.read(report(action, status, diagnostic), NOW)
    assert (one.kind, one.delivery) == (kind, ID)
    assert one.at < NOW
    assert "@" not in one.reason


def test_the_returned_mail_names_the_delivery_where_the_address_does_not():
    (one,) = bounces.read(report(to="z@example.org", returned=f"Message-ID: <{ID}@example.org>\r\n"), NOW)
    assert one.delivery == ID
    (one,) = bounces.read(report(to="z@example.org"), NOW)
    assert one.delivery == ""


def test_the_same_report_has_the_same_id_and_another_another():
    first, again, other = (bounces.read(report(id=id), NOW)[0].id for id in ("<a@x>", "<a@x>", "<b@x>"))
    assert first == again != other


def complaint() -> bytes:
    return (
        f"From: fbl@mx.example\r\nTo: z@example.org\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{ID}@example.org>\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


def test_a_complaint_by_mail():
    (one,) = bounces.read(complaint(), NOW)
    assert (one.kind, one.delivery) == ("complained", ID)


AWAY = (
    b"From: arta@example.org\r\nTo: bounces+"
    + ID.encode()
    + b"@example.org\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"
)


@pytest.mark.parametrize(
    "raw", [AWAY, b"", b"\x00\xff" * 500, b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n" * 3000]
)
def test_what_is_no_report_throws_nobody_out(raw):
    assert {one.kind for one in bounces.read(raw, NOW)} == {"ignored"}


@given(st.binary(max_size=400), st.integers(0, 700))
def test_a_broken_report_never_crashes(junk, at):
    whole = report()
    assert bounces.read(whole[:at] + junk + whole[at + len(junk) :], NOW)


# ---------------------------------------------------------------- files


@pytest.fixture
def arta(world):
    world.person("arta@example.org")
    world.mail("lajme-1", "accepted", "arta")
    with world.store.write() as c:
        c.exec_driver_sql("UPDATE deliveries SET id = ?", (ID,))
    return world


def as_eml(path):
    path.write_bytes(report())


def as_mbox(path):
    box = mailbox.mbox(path)
    box.add(report())
    box.add(AWAY)
    box.close()


def as_maildir(path):
    box = mailbox.Maildir(path, create=True)
    box.add(report())
    box.close()


def item():
    return {
        "event": "bounce",
        "timestamp": int(NOW.timestamp()),
        "sg_event_id": "e1",
        "delivery": ID,
        "status": "5.1.1",
    }


def as_array(path):
    path.write_text(json.dumps([item(), item() | {"event": "open"}], indent=2), encoding="utf-8")


def as_lines(path):
    path.write_text(f"\ufeff{json.dumps(item())}\nnot json\n\n[{json.dumps(item())}]\n", encoding="utf-8")


def as_arrays_in_lines(path):
    path.write_text(f"{json.dumps([item()])}\n{json.dumps([item()])}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (as_eml, Received(applied=1, kept_off=1)),
        (as_mbox, Received(applied=1, kept_off=1, ignored=1)),
        (as_maildir, Received(applied=1, kept_off=1)),
        (as_array, Received(applied=1, kept_off=1, ignored=1)),
        (as_lines, Received(applied=1, kept_off=1, duplicates=1, bad=1)),
        (as_arrays_in_lines, Received(applied=1, kept_off=1, duplicates=1)),
    ],
)
def test_files_of_every_shape(arta, tmp_path, write, expected):
    path = tmp_path / "file"
    write(path)
    assert happenings.load(arta.store, arta.site, RING, path, NOW) == expected
    assert happenings.load(arta.store, arta.site, RING, path, NOW).applied == 0
    assert arta.states() == {ID: "bounced"}
    assert arta.forbidden() == {("arta", "bounce", "")}


def test_what_is_no_such_file(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    for name in ("x.bin", "folder", "missing"):
        with pytest.raises(UsageError):
            list(event_files.read(tmp_path / name, NOW))
    assert list(event_files.read(tmp_path / "empty", NOW)) == []


def test_a_report_that_a_mail_program_made(arta, tmp_path):
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "z@example.org", "Re: Lajme"
    mail.set_content("Thank you for this.")
    (tmp_path / "answer.eml").write_bytes(mail.as_bytes())
    assert happenings.load(arta.store, arta.site, RING, tmp_path / "answer.eml", NOW) == Received(ignored=1)


CODE = (
    "import sys; from syndicate.cli import app; "
    "app.PARTS = (*app.PARTS, *({'events'} - set(app.PARTS))); sys.exit(app.run(sys.argv[1:]))"
)


def test_the_real_command(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-c", CODE, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert run("init", str(tmp_path / "site")).returncode == 0
    as_lines(tmp_path / "events.json")
    done = run("--site", str(tmp_path / "site"), "events", "import", str(tmp_path / "events.json"), "--json")
    assert (done.returncode, json.loads(done.stdout)) == (
        3,
        {"applied": 0, "duplicates": 1, "unknown": 1, "ignored": 0, "bad": 1, "kept_off": 0},
    )
    told = run("--site", str(tmp_path / "site"), "suppressions", "pull")
    assert told.returncode == 2
    assert "SENDGRID_API_KEY" in told.stderr
