"""Programs that the tests run as processes of their own, to be killed: `python deliver_child.py WHAT PATH`."""

import os
import resource
import sys
import time
from pathlib import Path

from syndicate.deliver import Batch
from syndicate.deliver.folder import FolderTransport
from syndicate.deliver.lock import hold
from syndicate.errors import SyndicateError
from syndicate.models import Copy, Letter

COUNT = 60


LETTER = Letter("news@example.org", "news@example.org", "Lajme", "<p>Përshëndetje</p>", "Përshëndetje")


def copy(delivery):
    return Copy(delivery, f"{delivery}@example.org")


def by(write):
    """A writer that gives every letter's copies their bytes by `write`."""
    return lambda letter: write


def whole(mail):
    """A mail large enough to take several writes, with an end that shows that it is whole."""
    return f"Subject: {LETTER.subject}\nX-Delivery: {mail.id}\n\n".encode() + LETTER.text.encode() * 9_000 + b"\nEND\n"


def batch(count=COUNT, edition="lajme-1"):
    return Batch("b1", edition, "sq", LETTER, tuple(copy(f"d{at}") for at in range(count)))


def write(folder):
    print("ready", flush=True)
    while True:
        for receipt in FolderTransport(folder, by(whole)).post(batch()):
            print(receipt.delivery, receipt.outcome, flush=True)


def stop_before_rename(folder):
    def stop(source, target):
        print("written", source.name, flush=True)
        time.sleep(60)

    Path.replace = stop
    list(FolderTransport(folder, by(whole)).post(batch(1)))


def no_room(folder):
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    small = lambda mail: b"x" * (10 if mail.id in ("d0", "d1") else 200_000)  # noqa: E731
    try:
        for receipt in FolderTransport(folder, by(small)).post(batch(4)):
            print(receipt.delivery, receipt.outcome, receipt.reason, flush=True)
    except SyndicateError as error:
        print("error", error, flush=True)


def no_right(folder):
    if os.geteuid() == 0:
        os.setuid(65534)
    try:
        for receipt in FolderTransport(folder, by(whole)).post(batch(2)):
            print(receipt.delivery, receipt.outcome, receipt.reason, flush=True)
    except SyndicateError as error:
        print("error", error, flush=True)


def lock(path):
    with hold(path, name="send lajme-3"):
        print("held", flush=True)
        time.sleep(60)


def compete(path):
    """Adds one to a number in a file a hundred times, each under the lock, as often as it gets it."""
    counter = path.with_suffix(".number")
    done = 0
    while done < 100:
        try:
            with hold(path, name="compete"):
                number = int(counter.read_text())
                os.sched_yield()
                counter.write_text(str(number + 1))
                done += 1
        except SyndicateError:
            continue
    print("done", flush=True)


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
