"""JSON Feed 1.0 and 1.1 (jsonfeed.org) read into the shapes of `raw`. Pure."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from syndicate.errors import FeedError
from syndicate.pull.raw import RawEntry, RawFeed, RawPicture, iso_moment, plain_html


def read(text: str, limit: int) -> RawFeed:
    """Read a JSON Feed's first `limit` items. Raises FeedError for other JSON, and for none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FeedError("this looks like JSON and is not; the feed's software is broken.") from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise FeedError("this is JSON, but no JSON Feed: it has no “items”.")
    items = [item for item in document["items"][:limit] if isinstance(item, dict)]
    authors = _authors(document)
    return RawFeed(
        title=_text(document, "title"),
        link=_text(document, "home_page_url"),
        language=_text(document, "language"),
        entries=[_entry(item, authors) for item in items],
        total=len(document["items"]),
        cut=max(0, len(document["items"]) - limit),
        next_link=_text(document, "next_url"),
    )


def _entry(item: Mapping[str, Any], feed_authors: tuple[str, ...]) -> RawEntry:
    body = _text(item, "content_html") or plain_html(_text(item, "content_text") or _text(item, "summary"))
    pictures = [
        RawPicture(url, rank) for rank, key in enumerate(("image", "banner_image")) if (url := _text(item, key))
    ]
    for attachment in item.get("attachments") or []:
        if isinstance(attachment, dict) and _text(attachment, "mime_type").startswith("image/"):
            length = attachment.get("size_in_bytes")
            size = length if isinstance(length, int) else None
            pictures.append(RawPicture(_text(attachment, "url"), 2, _text(attachment, "mime_type"), size))
    tags = item.get("tags")
    published, updated = iso_moment(_text(item, "date_published")), iso_moment(_text(item, "date_modified"))
    return RawEntry(
        guid=_text(item, "id") or None,
        link=_text(item, "url") or _text(item, "external_url"),
        # Titles are plain text in JSON Feed; the common road expects markup.
        title=html.escape(_text(item, "title"), quote=False),
        html=body,
        authors=_authors(item) or feed_authors,
        published=published or updated,
        updated=updated,
        bad_date="" if published or updated else _text(item, "date_published"),
        categories=tuple(str(tag) for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        pictures=tuple(pictures),
        language=_text(item, "language") or None,
    )


def _authors(item: Mapping[str, Any]) -> tuple[str, ...]:
    given = item.get("authors")
    people = given if isinstance(given, list) else [item.get("author")]
    return tuple(name for person in people if isinstance(person, dict) and (name := _text(person, "name")))


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # JSON Feed 1.1: an id that is a number is read as its text.
        return str(value)
    return value.strip() if isinstance(value, str) else ""
