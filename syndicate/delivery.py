"""The hall: an approved edition → every reader's mail.

    freeze the audience → settle what a dead process left → a shift: claim, post, write down, batch by batch

Who gets which variant is decided once, when the audience is frozen. Standing and suppressions are asked for again when a row
is claimed. One loop (`shift`) serves every transport. Whoever comes next finds what a dead process left, and settles it before
anything is sent.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from syndicate.audience import audience, freeze
from syndicate.errors import UsageError
from syndicate.models import Edition, EditionState, MailingList
from syndicate.office import Office, Report, Standing, at_work, begins, due, overdue, settle_open, standing
from syndicate.shift import Shift
from syndicate.store import Connection, armed, audiences, editions

__all__ = ["SENDABLE", "Office", "Report", "Standing", "audience", "due", "overdue", "send", "standing", "why_not"]

SENDABLE: tuple[EditionState, ...] = ("approved", "scheduled", "sending", "paused")

# ---------------------------------------------------------------- sending


def send(office: Office, edition: Edition, list: MailingList, report: Report, *, late: bool = False) -> Standing:
    """Send an approved edition to everyone on its list, or go on where it stopped. Safe to call again and again.

    Comes back when everybody has it, when it was stopped or paused (see `Standing.stopped`), or when a limit is reached. Raises
    LockHeld when another process is at work on it (on PostgreSQL several may send it), UsageError when it may not be sent,
    DeliveryError when the transport refuses.
    """
    with at_work(office, edition.id, beside=True) as watch, _seldom_collected():
        edition = _begin(office, edition, list, late)
        if office.hand_on is not None:
            return standing(office.site, office.store, edition)
        settle_open(office, edition.id, watch)
        Shift(office, edition, list, report, watch).work()
    return standing(office.site, office.store, edition)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Have the collector of garbage pass over all that the program has loaded, and come seldom: the rows and copies of a batch
    make no circles, and it would look at them, and at all else, again and again.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _begin(office: Office, edition: Edition, list: MailingList, late: bool) -> Edition:
    """Freeze the audience, once; returns the edition as it is in the store, whose texts do not change from here on."""
    with office.store.write() as connection:
        armed.refuse(connection)
        now = office.now()
        found = editions.load(connection, edition.id) or edition
        if found.state not in SENDABLE:
            raise UsageError(why_not(found))
        if overdue(found, now) and not late:
            raise UsageError(
                f"{found.id} was to be sent by {found.send_by:%Y-%m-%d %H:%M} UTC, and that is over: nothing more was sent. "
                f"`syndicate newsletter send {found.id} --late` sends it all the same."
            )
        early = found.state == "scheduled" and found.send_at is not None and now < begins(office.site, found.send_at)
        send_at = None if early else found.send_at  # asked to send it now, whatever was planned
        send_by = found.send_by if found.send_by and not late and not early else now + office.site.delivery.send_by
        editions.set_state(connection, found.id, "sending", was=SENDABLE)
        editions.set_stopped(connection, found.id, "")
        editions.set_times(connection, found.id, send_at=send_at, send_by=send_by)
        if not audiences.is_frozen(connection, found.id):
            _freeze(office, connection, found, list)
        if office.hand_on is not None:
            office.hand_on(connection, found.id)
    return replace(found, state="sending", send_at=send_at, send_by=send_by, stopped="")


def _freeze(office: Office, connection: Connection, edition: Edition, list: MailingList) -> None:
    if not freeze(office, connection, edition, list):
        raise UsageError(
            f"{edition.id} was not sent: nobody on {list.id} may get it yet. `syndicate subscribers list {list.id}` "
            "shows who is on it; only who is confirmed gets mail."
        )


def why_not(edition: Edition) -> str:
    """Why an edition in this state is not sent, and what to do."""
    if edition.state == "draft":
        what = f"Look at it (`syndicate newsletter preview {edition.id}`), then `syndicate newsletter approve {edition.id}`."
    else:
        what = "Each edition is sent once; `syndicate newsletter draft` makes the next."
    already = " already" if edition.state == "sent" else ""
    return f"{edition.id} is {edition.state}{already}; nothing was sent. {what}"
