"""What /metrics says: the requests of this process, and how the site stands, in Prometheus's text format.

No label holds a name of a person, an address, a path or a token: lists, states and routes alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from syndicate.web.parts import Parts
from syndicate.web.visit import BOUNDS

if TYPE_CHECKING:
    from syndicate.store.gauges import Gauges

Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]

WAITING = ("queued", "claimed", "posting")
"""States of copies that are still to leave."""


def told(parts: Parts) -> str:
    """All of it."""
    from syndicate.store import gauges

    with parts.store.read() as connection:
        found = gauges.read(connection)
    return "\n".join([*_of_this_process(parts), *_of_the_site(found), ""])


def _of_this_process(parts: Parts) -> Iterator[str]:
    from syndicate import __version__

    yield from family("build_info", "gauge", "The version that answers.", [((("version", __version__),), 1)])
    requests = [
        ((("method", method), ("route", route), ("status", str(status))), count)
        for (method, route, status), count in sorted(parts.counted.items())
    ]
    yield from family(
        "requests_total", "counter", "Requests answered since the start; feeds are the route (feed).", requests
    )
    yield from family("request_duration_seconds", "histogram", "How long requests took.", ())
    so_far = 0
    for bound, count in zip([*map(str, BOUNDS), "+Inf"], parts.took.steps, strict=True):
        so_far += count
        yield f'syndicate_request_duration_seconds_bucket{{le="{bound}"}} {so_far}'
    yield f"syndicate_request_duration_seconds_sum {parts.took.total:.6f}"
    yield f"syndicate_request_duration_seconds_count {so_far}"


def _of_the_site(found: Gauges) -> Iterator[str]:
    def by(first: str, second: str, counts: dict[tuple[str, str], int]) -> list[Sample]:
        return [(((first, one), (second, two)), count) for (one, two), count in sorted(counts.items())]

    copies = found.copies
    yield from family("subscriptions", "gauge", "People on each list.", by("list", "state", found.subscriptions))
    about = "Copies of each list's newest edition, and of those under way, by what became of them."
    yield from family("copies", "gauge", about, by("list", "state", copies))
    waiting = sum(count for (_, state), count in copies.items() if state in WAITING)
    yield from family("copies_waiting", "gauge", "Copies that are still to leave.", [((), waiting)])
    held = sum(count for (_, state), count in copies.items() if state == "held")
    yield from family("copies_held", "gauge", "Copies of which nobody knows whether they left.", [((), held)])
    kinds = [((("kind", kind),), count) for kind, count in sorted(found.suppressions.items())]
    yield from family(
        "suppressions", "gauge", "Addresses that are not mailed, by why: complaint, bounce and others.", kinds
    )
    yield from family("letters_waiting", "gauge", "Mails to single readers that have not left.", [((), found.letters)])
    yield from family("sources", "gauge", "Blogs that were asked.", [((), found.sources)])
    yield from family("sources_failing", "gauge", "Blogs whose last answer was an error.", [((), found.failing)])
    if found.last_asked:
        about = "When any blog was last asked, as a Unix time: it grows old when cron does not run."
        yield from family("last_pull_timestamp_seconds", "gauge", about, [((), int(found.last_asked.timestamp()))])


def family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    """The lines of one metric."""
    yield f"# HELP syndicate_{name} {about}"
    yield f"# TYPE syndicate_{name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
        yield f"syndicate_{name}{f'{{{inside}}}' if inside else ''} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
