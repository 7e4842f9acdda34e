"""What a WebSub hub is told, and what its answer means (W3C WebSub §4, and the ping of PubSubHubbub 0.4 §7). Pure.

Document that changes → its topic, the address that readers know → form → (handed to the hub) → status → trouble, or none
"""

from __future__ import annotations

from urllib.parse import quote

from syndicate.models import Site

FORMATS = ("rss.xml", "atom.xml", "feed.json")
"""The documents of a feed that a reader subscribes to."""


def topic(site: Site, path: str) -> str | None:
    """The address of a document under public/ by which a hub knows it; None for what nobody subscribes to."""
    parts = path.split("/")
    if len(parts) != 3 or parts[0] != "feeds" or parts[2] not in FORMATS:
        return None
    from syndicate.publish.items import base  # late: a run that publishes nothing has no use for items

    return f"{base(site)}/{quote(path)}"


def form(topic: str) -> dict[str, str]:
    """What is posted to the hub. Hubs name the topic `hub.url`, some `hub.topic`: one that knows neither says so."""
    return {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}


def trouble(status: int, retry_after: float | None) -> str:
    """What an answer says is wrong, in one sentence; "" when the hub took it."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"it redirects ({status}); write the address that it leads to as hub in feeds/site.toml"
    if status in (429, 503):
        return f"it asks for a pause ({status})"
    if status >= 500:
        return f"it has trouble of its own ({status})"
    return f"it refuses ({status}); see in its documentation whether it takes pings from everybody"
