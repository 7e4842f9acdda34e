"""The real command: it starts, says where, sends due mails beside, stops at a signal, and two of it do no harm."""

import contextlib
import http.client
import re
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlencode

import pytest
from web.web_site import REPOSITORY, make_site

from syndicate.errors import DeliveryError
from syndicate.web import beside

START = (
    "import sys; import syndicate.cli.app as app; app.PARTS = (*app.PARTS, 'serving'); sys.exit(app.run(sys.argv[1:]))"
)


@contextlib.contextmanager
def started(root, *options):
    """`serve` as a process of its own on a free port: the process, and the port."""
    process = subprocess.Popen(
        [sys.executable, "-c", START, "serve", "--port", "0", "--site", str(root), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield process, int(re.search(r":(\d+)", line)[1])
    finally:
        process.kill()
        process.communicate()


def ask(port, method, path, fields=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = urlencode(fields) if fields else None
    connection.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded"} if fields else {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_says_where_and_stops_at_a_signal(tmp_path, sign):
    root = make_site(tmp_path / "site")
    with started(root) as (process, port):
        assert ask(port, "GET", "/healthz")[0] == 200
        begun = time.monotonic()
        process.send_signal(sign)
        _, said = process.communicate(timeout=15)
        assert process.returncode == 0
        assert time.monotonic() - begun < 8
    assert "Stopped." in said
    assert re.search(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ GET /healthz 200 \d+ ms [0-9a-f]{16}$", said, re.MULTILINE)
    assert "Traceback" not in said
    assert not (root / "var/syndicate.sqlite-wal").exists(), "the database was closed"


@pytest.mark.slow
def test_two_at_once_take_one_sign_up_each_and_mail_each_once(tmp_path):
    root = make_site(tmp_path / "site")
    with started(root) as (_, first), started(root) as (_, second):
        shown = {
            port: re.search(r'name="stamp" value="([^"]+)"', ask(port, "GET", "/subscribe")[1])[1]
            for port in (first, second)
        }
        time.sleep(2.2)
        for port, name in ((first, "arta"), (second, "beni")):
            fields = {
                "address": f"{name}@example.org",
                "lists": "newsletter",
                "languages": "sq",
                "mail": "full",
                "stamp": shown[port],
            }
            assert ask(port, "POST", "/subscribe", fields)[0] == 303
        outbox, until = root / "var/outbox", time.monotonic() + 12
        while len(list(outbox.glob("*.eml"))) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(0.5)
        assert len(list(outbox.glob("*.eml"))) == 2


def test_a_taken_port_is_told_in_a_sentence(tmp_path):
    root = make_site(tmp_path / "site")
    with started(root) as (_, port):
        command = [sys.executable, "-c", START, "serve", "--port", str(port), "--site", str(root)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=30)
    assert done.returncode == 2
    assert f"Nothing can be served at 127.0.0.1, port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_work_beside_goes_on_after_an_error_is_told_once_and_stops():
    tries, said, enough = [], [], threading.Event()

    def work():
        tries.append(1)
        if len(tries) < 4:
            raise DeliveryError("The mail server refuses the password.")
        if len(tries) == 4:
            raise KeyError("arta@example.org")
        enough.set()

    with beside(work, every=0.01, warn=said.append):
        assert enough.wait(10)
    done = len(tries)
    time.sleep(0.1)
    assert len(tries) == done
    assert said == ["Mails to readers wait: The mail server refuses the password.", "Mails to readers wait: KeyError"]
