"""The hall: what there is for workers to do at a moment, as one view of the store has it. Only reads, and names things by ids.

Whoever looks may look again at once, on another machine, too: each duty may be handed out twice, and is done once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from syndicate import chores, office
from syndicate import pull as room
from syndicate.models import Site, Source
from syndicate.store import Store, editions, published


@dataclass(frozen=True, slots=True)
class Duties:
    """Sources to ask, whether to publish, editions to go on sending, those that came to a halt and are tried again later, and
    whether there is anything else of what `run` does.
    """

    sources: tuple[str, ...] = ()
    publish: bool = False
    sending: tuple[str, ...] = ()
    halted: tuple[str, ...] = ()
    chores: bool = False


def look(site: Site, store: Store, now: datetime) -> Duties:
    """What there is to do at `now`."""
    with store.read() as connection:
        rows = published.sources(connection)
        sources = tuple(one.id for one in site.sources if not _asked(rows.get(one.id), one, now))
        changed = published.note(connection, "sequence") != published.note(connection, "published_sequence")
        begun = [one for one in editions.in_states(connection, ("sending",)) if not office.overdue(one, now)]
        ready = {
            one.id
            for one in editions.in_states(connection, ("approved", "scheduled"))
            if one.state == "approved" or (one.send_at and office.begins(site, one.send_at) <= now)
        }
    agenda = chores.look(site, store, now)
    going = office.may_send(site, store, now)
    return Duties(
        sources,
        changed,
        tuple(one.id for one in begun if going and not one.stopped),
        tuple(one.id for one in begun if going and one.stopped),
        replace(agenda, ready=tuple(id for id in agenda.ready if id in ready)) != chores.Agenda(),
    )


def _asked(row: published.SourceRow | None, source: Source, now: datetime) -> bool:
    state = room.from_json(row.pacing) if row else None
    return room.ask(state, source, now, only_due=True).wait is not None
