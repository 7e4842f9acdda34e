"""The tree of errors. The message of each is a sentence for the operator: what happened, where, and what to do.

SyndicateError             exit 1
├── UsageError             exit 2   the command was asked for something that cannot be
│   ├── LockHeld           exit 2   another process is at work on it
│   ├── Disarmed           exit 2   the site was restored from a copy, and mail is not let go yet
│   └── SiteError          exit 2   complaints about the site's files, all at once
├── FetchError             one address could not be fetched
│   ├── Refused            we would not ask: a private address, a scheme that is not HTTP
│   └── Gone               410: asked never to come back
├── FeedError              what was fetched is no feed
├── TemplateError          a template does not compile or fill
├── StoreError             the database
│   ├── ForeignDatabase    written by another program, or by a newer version of this one
│   └── DatabaseBusy       somebody else holds it
│       └── DatabaseGone   it cannot be reached just now, or hung up: it may be restarting
└── DeliveryError          mail could not be handed over, and there is no sense in going on
    ├── Busy               not now: a limit, an outage; later, perhaps at a stated time
    └── BatchRefused       a whole batch was refused for the sake of some message in it
"""

from __future__ import annotations

from dataclasses import dataclass


class SyndicateError(Exception):
    """Something the operator should read; `exit_status` is what the command ends with."""

    exit_status = 1


class UsageError(SyndicateError):
    """The command was asked for something that cannot be; nothing ran."""

    exit_status = 2


class Disarmed(UsageError):
    """The site was restored from a copy, and no mail leaves until `syndicate arm`."""


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One thing wrong in the site's files. `line` counts from 1; 0 when the file itself is the trouble."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class SiteError(UsageError):
    """The site's files are not right; `complaints` holds everything that is wrong."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = sorted(complaints)
        super().__init__("\n".join(map(str, self.complaints)))


class FetchError(SyndicateError):
    """One address could not be fetched. `status` is the HTTP status, if there was an answer; `retry_after` in seconds."""

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: float | None = None, connected: bool = True
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.connected = connected


class Refused(FetchError):
    """We would not ask: a private address, a scheme that is not HTTP, too many redirects."""


class Gone(FetchError):
    """The server says 410: the address is gone for good."""


class FeedError(SyndicateError):
    """What was fetched is no feed."""


class TemplateError(SyndicateError):
    """A template does not compile or cannot be filled; the message names file and line."""


class StoreError(SyndicateError):
    """The database cannot be used."""


class ForeignDatabase(StoreError):
    """The database was written by another program, or by a newer version of this one."""


class LockHeld(UsageError):
    """Another process holds the lock; the message names it."""


class DatabaseBusy(StoreError):
    """Another process holds the database for too long."""


class DatabaseGone(DatabaseBusy):
    """The database cannot be reached just now, or hung up in the middle: it may be restarting."""


class DeliveryError(SyndicateError):
    """Mail could not be handed over, and there is no sense in going on until somebody put that right."""


class Busy(DeliveryError):
    """Mail could not be handed over now: a limit, an outage. `retry_after` is in seconds, where the other side said so."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BatchRefused(DeliveryError):
    """A whole batch was definitely refused for the sake of some message in it, and nobody said which."""
