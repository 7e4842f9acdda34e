"""Facts for the checks of newsletters: editions, mails about subscriptions, what came back, how readers leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from syndicate.doctor.case import Case
from syndicate.doctor.machine import given
from syndicate.operate import mailing, working
from syndicate.operate.verdict import Verdict

LATEST = 200
"""So many editions are looked at, the newest."""


def armed(case: Case) -> Iterator[Verdict]:
    """Whether mail may leave, or waits because the site was restored from a copy."""
    from syndicate.store import armed as stored

    with case.store.read() as connection:
        copy = stored.found(connection)
    yield from working.armed(copy.restored if copy else None)


def editions(case: Case) -> Iterator[Verdict]:
    """What waits, stands still, or is in doubt."""
    from syndicate.liveness import Locks
    from syndicate.store import audiences, health, ledger
    from syndicate.store import editions as stored

    locks = Locks.of(case.site, case.store)
    approving = {one.id for one in case.site.lists if one.approval}
    with case.store.read() as connection:
        doubtful = {*health.in_states(connection, ("held", "in_doubt"))}
        found = [
            one for one in stored.newest(connection, limit=LATEST)
            if one.state in ("draft", "scheduled", "sending", "paused") or one.id in doubtful
        ]  # fmt: skip
        facts = [
            working.EditionFact(
                one.id, one.state, audiences.audience_of(connection, one.id), {**ledger.tally(connection, one.id)}, one.stopped,
                one.send_by, one.list in approving, one.created, locks.alive(one.id),
            )
            for one in found
        ]  # fmt: skip
    yield from working.editions(facts, case.now)


def letters(case: Case) -> Iterator[Verdict]:
    """Whether mails about subscriptions leave."""
    from syndicate.store import health
    from syndicate.store import letters as stored

    with case.store.read() as connection:
        waiting, oldest = stored.waiting(connection), health.oldest_letter(connection)
    yield from working.letters(waiting, oldest, case.now)


def rates(case: Case) -> Iterator[Verdict]:
    """How mail fares, by what came back."""
    from syndicate.rates import rates as counted

    yield from working.rates([said for one in counted(case.store, case.now) for said in one.warnings])


def webhook(case: Case) -> Iterator[Verdict]:
    """Whether bounces and complaints come in."""
    yield from mailing.webhook(case.site.delivery, given(case, "SYNDICATE_WEBHOOK_KEY"))


def leaving(case: Case) -> Iterator[Verdict]:
    """Whether links to leave can work."""
    yield from mailing.links_home(case.site.base_url, case.site.delivery, len(case.site.lists))


def limits(case: Case) -> Iterator[Verdict]:
    """Whether the day's limit is used up."""
    from syndicate.store import allowances

    with case.store.read() as connection:
        windows = allowances.read(connection, case.site.delivery.transport)
    since, used = windows.get("day", (case.now - timedelta(days=2), 0))
    left = since + timedelta(days=1) - case.now
    if left > timedelta():
        yield from mailing.limits(used, case.site.delivery.per_day, left)
