"""Whether mail may leave. A copy of the database that was put back does not know what was sent since: it is disarmed.

Disarming changes what could be sent a second time: who waited for an edition is held, what was approved is a draft again, mails
about consent count as sent. Each function is one step inside the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from syndicate.errors import Disarmed
from syndicate.models import DeliveryState, EditionState
from syndicate.store import schema as s

_DISARMED, _SINCE = "disarmed", "restored"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was put back: `made` is when it was made, if that is known; `restored` when it was put here.

    `unsure` counts by edition who may have got it since; `drafts` are editions to be approved again; `letters` counts mails
    about consent that waited.
    """

    restored: datetime
    made: datetime | None = None
    unsure: Mapping[str, int] | None = None
    drafts: Sequence[str] = ()
    letters: int = 0


def found(connection: sa.Connection) -> Copy | None:
    """What this database is a copy of, as long as it is disarmed; None where mail may leave."""
    value = connection.execute(sa.select(s.meta.c.value).where(s.meta.c.key == _DISARMED)).scalar()
    if value is None:
        return None
    row = json.loads(value)
    made = row["made"] and datetime.fromisoformat(row["made"])
    return Copy(datetime.fromisoformat(row["restored"]), made, row["unsure"], tuple(row["drafts"]), row["letters"])


def refuse(connection: sa.Connection) -> None:
    """Raise Disarmed where no mail may leave."""
    if found(connection) is not None:
        raise Disarmed(
            "No mail leaves: this site was restored from a copy, which does not know what was sent since. "
            "`syndicate arm` says what that means here, and lets mail leave."
        )


_HERE = sa.select(s.meta.c.value).where(s.meta.c.key == _DISARMED).scalar_subquery()
_SENDING = sa.select(s.editions.c.state, _HERE).where(s.editions.c.id == sa.bindparam("of"))


def sending(connection: sa.Connection, edition: str) -> bool:
    """Whether an edition is being sent now; raises Disarmed where no mail may leave."""
    row = connection.execute(_SENDING, {"of": edition}).first()
    if row is not None and row[1] is not None:
        refuse(connection)
    return row is not None and row[0] == "sending"


def restored(connection: sa.Connection) -> datetime | None:
    """When a copy was put back last, also after it was armed; None where that never was."""
    value = connection.execute(sa.select(s.meta.c.value).where(s.meta.c.key == _SINCE)).scalar()
    return datetime.fromisoformat(value) if value else None


def disarm(connection: sa.Connection, copy: Copy) -> None:
    """From now on no mail leaves."""
    row = asdict(copy) | {
        "restored": copy.restored.isoformat(),
        "made": copy.made.isoformat() if copy.made else None,
        "unsure": dict(copy.unsure or {}),
    }
    arm(connection)
    connection.execute(s.meta.delete().where(s.meta.c.key == _SINCE))
    connection.execute(s.meta.insert(), [
        {"key": _DISARMED, "value": json.dumps(row)}, {"key": _SINCE, "value": copy.restored.isoformat()},
    ])  # fmt: skip


def arm(connection: sa.Connection) -> None:
    """From now on mail may leave."""
    connection.execute(s.meta.delete().where(s.meta.c.key == _DISARMED))


# ---------------------------------------------------------------- what could be sent twice


def hold(
    connection: sa.Connection, was: Sequence[DeliveryState], to: DeliveryState, at: datetime, reason: str
) -> dict[str, int]:
    """Move every row in `was`, of every edition; returns how many, by edition. They belong to no batch any more.

    What a transport could say of their last batch is no evidence: another may have carried them since.
    """
    table, open_ = s.deliveries, s.deliveries.c.state.in_(was)
    counts = connection.execute(
        sa.select(table.c.edition, sa.func.count()).where(open_).group_by(table.c.edition).order_by(table.c.edition)
    )
    counted: dict[str, int] = {row[0]: row[1] for row in counts}
    values = {"state": to, "changed": at, "reason": reason, "batch": None}
    connection.execute(table.update().where(open_).values(values))
    connection.execute(s.batches.update().where(s.batches.c.settled.is_(None)).values(settled=at))
    return counted


def pause(connection: sa.Connection, editions: Sequence[str], why: str) -> None:
    """Editions that were being sent wait for a person."""
    table = s.editions
    mine = sa.and_(table.c.id.in_(editions), table.c.state.in_(("sending", "paused")))
    connection.execute(table.update().where(mine).values(state="paused", stopped=why))


def unapprove(connection: sa.Connection, was: Sequence[EditionState]) -> list[str]:
    """Editions in these states that nothing was sent of are drafts again, and nobody's approval counts; returns them."""
    table = s.editions
    waiting = sa.and_(table.c.state.in_(was), table.c.frozen.is_(None))
    found = [*connection.execute(sa.select(table.c.id).where(waiting).order_by(table.c.id)).scalars()]
    connection.execute(s.approvals.delete().where(s.approvals.c.edition.in_(found)))
    values = {
        "state": "draft",
        "approved": None,
        "approved_digest": None,
        "send_at": None,
        "send_by": None,
        "stopped": "",
    }
    connection.execute(table.update().where(table.c.id.in_(found)).values(values))
    return found


def drop_letters(connection: sa.Connection, reason: str) -> int:
    """Mails about consent that wait count as sent when they were asked for; returns how many."""
    table = s.letters
    return connection.execute(
        table.update().where(table.c.sent.is_(None)).values(sent=table.c.created, reason=reason)
    ).rowcount


def sent_since(connection: sa.Connection, list: str, since: datetime) -> bool:
    """Whether an edition that was drafted for the list after that moment was let go by a person."""
    table = s.editions.c
    gone = sa.and_(table.list == list, table.created > since, table.state.not_in(("draft", "cancelled")))
    return connection.execute(sa.select(table.id).where(gone).limit(1)).first() is not None
