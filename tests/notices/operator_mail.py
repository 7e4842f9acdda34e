"""What the operator found in their mailbox: the folder transport's files, read as mails."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from road.road_site import Home

NOTICES = """
[notices]
to = {to}
language = "{language}"
weekly = {weekly}
"""


def tell(home: Home, *to: str, language: str = "en", weekly: bool = False) -> None:
    """Have the site tell these people."""
    text = NOTICES.format(to=list(to) or ["kontakt@isigurt.al"], language=language, weekly=str(weekly).lower())
    home.add("feeds/site.toml", text.replace("'", '"'))


@dataclass(frozen=True)
class Mail:
    """One notice."""

    path: Path
    mail: EmailMessage

    @property
    def to(self) -> str:
        return str(self.mail["To"])

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    def part(self, kind: str) -> str:
        found = self.mail.get_body((kind,))
        assert found is not None
        return str(found.get_content())

    @property
    def text(self) -> str:
        return self.part("plain")

    @property
    def token(self) -> str:
        """The token of the link to approve."""
        found = re.search(r"/approve/(\S+)", self.text)
        assert found, f"no link in {self.subject}"
        return found[1]


def notices(home: Home) -> list[Mail]:
    """Every notice in the outbox, oldest first."""
    found = sorted((home.root / "var/outbox").glob("notices-*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [Mail(path, _read(path)) for path in found]


def _read(path: Path) -> EmailMessage:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
