"""The hall: the doctor. A list of small checks, each a few facts and a pure verdict about them.

    Case → for each check: facts (asked of the site, the machine, the store, the world) → operate → [Verdict] → Finding

A check that cannot be done (the site's files are wrong, the database cannot be used, nobody may be asked outside) is told as
such. One that breaks is told, too, and never stops the others. Nothing is changed, not even an older database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from syndicate.doctor.case import Case
from syndicate.errors import SiteError, SyndicateError
from syndicate.operate.verdict import Level, Verdict

__all__ = ["CHECKS", "Case", "Check", "Finding", "examine"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check. It `needs` "site" (files that are right), "store" (a database that can be used), "network", or nothing."""

    group: str
    name: str
    look: Callable[[Case], Iterable[Verdict]]
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to. `looked` is False for one that could not be done; then `message` says why."""

    group: str
    check: str
    level: Level
    message: str
    remedy: str = ""
    looked: bool = True


def examine(case: Case, checks: Sequence[Check] | None = None) -> list[Finding]:
    """Do every check, in order. Never raises but for Ctrl-C."""
    return [finding for check in checks or CHECKS for finding in _done(check, case)]


def _done(check: Check, case: Case) -> Iterator[Finding]:
    lacking = case.lacking(check.needs)
    if lacking:
        yield Finding(check.group, check.name, "note", lacking, looked=False)
        return
    try:
        for one in check.look(case):
            yield Finding(check.group, check.name, one.level, one.message, one.remedy)
    except SiteError as error:
        for complaint in error.complaints:
            yield Finding(check.group, check.name, "problem", f"{complaint}", f"Put it right in {complaint.file}")
    except SyndicateError as error:
        yield Finding(check.group, check.name, "problem", str(error))
    except Exception as error:
        said = f"This check broke: {type(error).__name__}: {case.without_addresses(str(error))}"
        yield Finding(check.group, check.name, "warning", said, "Report it with what `syndicate doctor -vv` prints")
        case.broken(error)


def _checks() -> tuple[Check, ...]:
    from syndicate.doctor import daily, database, machine, newsletters, outside, site

    site_, store, network = frozenset({"site"}), frozenset({"site", "store"}), frozenset({"site", "network"})
    return (
        Check("Site", "site-files", site.files),
        Check("Site", "change-marks", site.marks, site_),
        Check("Site", "words", site.words, site_),
        Check("Site", "templates", site.templates, site_),
        Check("Site", "secrets-in-files", site.secrets),
        Check("Site", "git", site.git),
        Check("Site", "git-ignore", site.ignored),
        Check("Machine", "permissions", machine.permissions),
        Check("Machine", "disk", machine.room),
        Check("Machine", "clock", machine.clock),
        Check("Machine", "secret-key", machine.key),
        Check("Machine", "secrets", machine.secrets, site_),
        Check("Machine", "packages", machine.packages, site_),
        Check("Database", "database", database.version),
        Check("Database", "integrity", database.integrity),
        Check("Database", "sums", database.sums, store),
        Check("Every day", "cron", daily.cron, store),
        Check("Every day", "sources", daily.sources, store),
        Check("Every day", "feeds", daily.feeds, store),
        Check("Every day", "hub", daily.hub, store),
        Check("Every day", "readers", daily.readers, site_),
        Check("Every day", "retention", daily.retention, store),
        Check("Newsletters", "armed", newsletters.armed, store),
        Check("Newsletters", "editions", newsletters.editions, store),
        Check("Newsletters", "letters", newsletters.letters, store),
        Check("Newsletters", "bounces", newsletters.rates, store),
        Check("Newsletters", "webhook", newsletters.webhook, site_),
        Check("Newsletters", "leaving", newsletters.leaving, site_),
        Check("Newsletters", "limits", newsletters.limits, store),
        Check("Outside", "sender-dns", outside.sender, network),
        Check("Outside", "transport", outside.transport, network),
        Check("Outside", "base-url", outside.served, network),
        Check("Outside", "serve", outside.answers, network),
        Check("Outside", "robots", outside.robots, network),
    )  # fmt: skip


CHECKS = _checks()
"""Every check, in order: what looks at the files' modes comes before what opens them, which puts some right."""
