"""Facts for the checks that ask others: the name service, the provider or mail server, and our own public address."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from syndicate.doctor.case import Case
from syndicate.errors import Busy, DeliveryError, FetchError
from syndicate.operate import dns, mailing
from syndicate.operate.verdict import Verdict, note, ok, problem, warning

SECONDS = 6.0
"""How long the name service may take for one list."""

PUBLISHED = ("feeds.opml", "feeds/index.html")
"""What is asked for at base_url, the first that was published."""


def sender(case: Case) -> Iterator[Verdict]:
    """SPF, DKIM and DMARC of every list's sender, each domain once."""
    from syndicate import checking

    if case.site.delivery.transport == "folder":
        yield ok('Mails become files (transport = "folder"): nobody gets one, and the DNS was not asked.')
        return
    for asked in dict.fromkeys(checking.sender(case.site, one) for one in case.site.lists):
        told = [*dns.judge(asked, dns.look(asked, nameserver=case.nameserver, seconds=SECONDS))]
        for level, message in told:
            yield _of_dns(level, f"{message[0].upper()}{message[1:]}")
        if not told:
            yield ok(f"SPF, DKIM and DMARC vouch for {asked.domain}.")


def _of_dns(level: dns.Level, message: str) -> Verdict:
    """A sentence about DNS: what is so stands before its last colon, what to do behind it."""
    said, parted, todo = message.rpartition(": ")
    if not parted:
        said, todo = message, "Ask whoever runs the domain's DNS"
    todo = f"{todo[0].upper()}{todo[1:]}"
    if level == "note":
        return note(f"{message}.")
    return (problem if level == "stop" else warning)(f"{said}.", todo)


def transport(case: Case) -> Iterator[Verdict]:
    """Whether the provider or the mail server would take mail from us. Nothing is mailed."""
    rules = case.site.delivery
    if rules.transport == "folder" or not case.settings_hold(mailing.NEEDED[rules.transport]):
        return
    carrier = case.transport()
    try:
        if rules.transport == "sendgrid":
            found = getattr(carrier, "probe")()  # noqa: B009 (SendGrid's alone has it)
            yield from mailing.provider(found.missing, found.remaining, _largest(case))
        else:
            carrier.prepare(case.now, None)  # connects, encrypts and logs in
            yield ok("The mail server lets us in.")
    except DeliveryError as error:
        who = "SendGrid" if rules.transport == "sendgrid" else "The mail server"
        yield mailing.refused(who, case.without_addresses(str(error)), isinstance(error, Busy))
    finally:
        carrier.close()


def _largest(case: Case) -> int:
    """The readers of the largest list."""
    if case.lacking({"store"}):
        return 0
    from syndicate.store import people

    with case.store.read() as connection:
        counts = people.counts(connection)
    return max((count for (_, state), count in counts.items() if state == "confirmed"), default=0)


def served(case: Case) -> Iterator[Verdict]:
    """Whether base_url serves what is under public/."""
    path = next((one for one in PUBLISHED if (case.public / one).is_file()), None)
    if path is None or case.site.unfinished:
        return
    status, body, reason = _asked(case, path)
    same = body == (case.public / path).read_bytes()
    yield from mailing.served(
        case.site.base_url, path, status=status, same=same, private=_private(case.site.base_url), reason=reason
    )


def answers(case: Case) -> Iterator[Verdict]:
    """Whether `serve` answers where links in mails lead."""
    rules = case.site.delivery
    if rules.leaving == "server" and rules.transport != "folder" and case.site.lists and not case.site.unfinished:
        yield from mailing.answers(case.site.base_url, _asked(case, "healthz")[0])


def robots(case: Case) -> Iterator[Verdict]:
    """Whether the host of base_url tells programs to stay away."""
    from urllib.robotparser import RobotFileParser

    root = case.site.base_url
    if case.site.unfinished:
        return
    parts = urlsplit(root)
    status, body, _ = _asked(case, "robots.txt", root=f"{parts.scheme}://{parts.netloc}")
    if status == 200:
        rules = RobotFileParser()
        rules.parse(body.decode("utf-8", "replace").splitlines())
        forbidden = [
            f"{parts.path}/{one}" for one in ("feeds/", "pictures/") if not rules.can_fetch("*", f"{root}/{one}")
        ]
        yield from mailing.robots(root, forbidden)


def _asked(case: Case, path: str, root: str = "") -> tuple[int | None, bytes, str]:
    """What a file at base_url answers: the status (None: nobody answered), the body, and why there was none."""
    base = root or case.site.base_url
    try:
        got = case.fetcher().get(f"{base}/{path}", allow_private=True, accept="*/*")
    except FetchError as error:
        said = str(error).removeprefix(f"{base}/{path} ").partition(";")[0].partition(". ")[0]
        return error.status, b"", said
    return got.status, got.body, ""


def _private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".internal", ".test"))
