"""For machines that watch, and for search engines: /healthz, /metrics, /robots.txt, the icon that there is not."""

from __future__ import annotations

import json
from ipaddress import ip_address

from syndicate.errors import StoreError
from syndicate.web import pages
from syndicate.web.parts import Parts
from syndicate.web.visit import Answer, Visit

PROXIES = ("x-forwarded-for", "forwarded", "via", "x-real-ip")
"""Headers that a request has which came through another server."""

HIDDEN = ("account", "address", "asked", "confirm", "events", "leave", "preferences", "subscribe")
"""First parts of addresses that search engines have nothing to look for in."""


def health(parts: Parts, visit: Visit) -> Answer:
    """Whether the database answers, and which version this is; nothing else."""
    from syndicate import __version__
    from syndicate.store import published

    try:
        with parts.store.read() as connection:
            published.note(connection, "sequence")
        status, said = 200, "ok"
    except StoreError:
        status, said = 503, "the database does not answer"
    text = json.dumps({"status": said, "version": __version__})
    return Answer(status, text.encode(), "application/json", (("Cache-Control", "no-store"),))


def metrics(parts: Parts, visit: Visit) -> Answer:
    """Numbers for Prometheus, without any name: to this machine only, and not through a proxy on it."""
    if not _from_here(visit):
        return pages.trouble(parts, visit, 404)
    from syndicate.web import gauges

    text = gauges.told(parts)
    return Answer(200, text.encode(), "text/plain; version=0.0.4; charset=utf-8", (("Cache-Control", "no-store"),))


def robots(parts: Parts, visit: Visit) -> Answer:
    """Search engines may read what is published."""
    lines = ["User-agent: *", *(f"Disallow: {parts.root}/{part}" for part in HIDDEN), ""]
    return Answer(200, "\n".join(lines).encode(), "text/plain; charset=utf-8")


def icon(parts: Parts, visit: Visit) -> Answer:
    """There is no icon; browsers ask anyway."""
    return Answer(204, media_type="", headers=(("Cache-Control", "max-age=86400"),))


def sheet(parts: Parts, visit: Visit) -> Answer:
    """The style sheet of our pages. Its address changes with it, so it may be kept for long."""
    text, digest = parts.style
    etag = f'"{digest[:20]}"'
    headers = (("ETag", etag), ("Cache-Control", "max-age=604800"))
    if etag in visit.headers.get("if-none-match", ""):
        return Answer(304, media_type="", headers=headers)
    return Answer(200, text, "text/css; charset=utf-8", headers)


def _from_here(visit: Visit) -> bool:
    try:
        return ip_address(visit.client).is_loopback and not any(name in visit.headers for name in PROXIES)
    except ValueError:
        return False
