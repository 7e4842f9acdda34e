"""The hall: a copy of the database that was put back is disarmed, so that nothing is sent a second time by itself.

Its ledger is older than what happened: who waited then may have got the mail since. They are held, and `newsletter repair`
decides; what was approved is a draft again; mails about consent count as sent. `arm` lets mail leave, once a person has read
what there is to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from syndicate.deliver import ledger as rules
from syndicate.models import DeliveryState, Edition
from syndicate.store import Connection, Store, armed

WHY = "waited when the copy was made that this site was restored from; may have been sent since"
PAUSED = "the site was restored from a copy, and who waited then may have it: `syndicate newsletter repair` decides"
FIRST = (
    "{0} is not sent by itself: it is the first since the site was restored, and its posts may have gone out before. Look at it, "
    "then `syndicate newsletter approve {0}`."
)
OPEN: tuple[DeliveryState, ...] = ("queued", "claimed", "posting", "in_doubt")


def disarm(connection: Connection, now: datetime, made: datetime | None) -> armed.Copy:
    """Let no mail leave this database, a copy that was made at `made` (None: nobody knows); in the caller's transaction."""
    (to,) = {rules.after(state, "copied") for state in OPEN}
    unsure = armed.hold(connection, OPEN, to, now, WHY)
    armed.pause(connection, [*unsure], PAUSED)
    drafts = armed.unapprove(connection, ("approved", "scheduled", "paused"))
    letters = armed.drop_letters(connection, WHY)
    copy = armed.Copy(now, made, unsure, drafts, letters)
    armed.disarm(connection, copy)
    return copy


def by_themselves(connection: Connection, drafts: Sequence[Edition]) -> tuple[list[Edition], list[str]]:
    """Of drafts that nobody has to approve: those that may go all the same, and those that a person has to look at.

    The first edition of a list after a restore may hold what went out in one that the copy does not know.
    """
    since = armed.restored(connection)
    back = [one.id for one in drafts if since and not armed.sent_since(connection, one.list, since)]
    return [one for one in drafts if one.id not in back], back


def look(store: Store) -> armed.Copy | None:
    """What the site is a copy of, as long as no mail leaves; None where it is armed."""
    with store.read() as connection:
        return armed.found(connection)


def arm(store: Store) -> None:
    """Let mail leave."""
    with store.write() as connection:
        armed.arm(connection)
