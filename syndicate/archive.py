"""The hall: sent editions → their pages and feeds under public/newsletters/.

An edition is in the archive when it was sent or is on its way, its list is public, and no post in it was taken back or hidden
since: a page that cannot stay as it was mailed is removed, with everything on it. Nothing of a reader is in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from syndicate import __version__
from syndicate.models import Document, Edition, Fill, MailingList, Site, Words
from syndicate.store import Connection, Store, published
from syndicate.store import editions as stored
from syndicate.store import sent as archived

NOTE = "archive"
"""Under this name the store remembers what was written last."""


def address(site: Site, list: MailingList, number: int) -> str | None:
    """Where the pages of a list's edition will be, without a slash at the end; None for a list that is not public."""
    from syndicate.publish import editions as pages

    return pages.address(site, list, number)


def publish(site: Site, store: Store, words: Words, fill: Fill, templates: Sequence[Path]) -> int:
    """Write the pages and feeds that changed and remove those that have to go; returns how many files that were.

    When nothing was sent, taken back or configured otherwise since, this is two small queries. Pages of editions that were
    there before are not made again. Raises TemplateError, and SyndicateError where the disk refuses.
    """
    with store.read() as connection:
        there = {one.id: one for one in archived.standing(connection, [one.id for one in site.lists if one.public])}
        before = _Written(**json.loads(published.note(connection, NOTE) or "{}"))
    if not there and not before.paths:
        return 0
    from syndicate.publish import files

    shape = _shape(site, templates)
    editions = {id: one.digest for id, one in there.items()}
    whole = not files.missing(site.places.public, before.paths)
    if whole and (shape, editions) == (before.shape, before.editions):
        return 0
    known = before.editions if whole and shape == before.shape else {}
    fresh = {id for id, digest in editions.items() if known.get(id) != digest}
    documents, pages = _documents(site, store, there, fresh, words, fill)
    changed = len(files.write(site.places.public, documents))
    paths = sorted({*pages, *(document.path for document in documents)})
    changed += sum(_remove(site.places.public, path) for path in before.paths if path not in set(paths))
    with store.write() as connection:
        published.set_note(connection, NOTE, json.dumps(asdict(_Written(shape, editions, paths))))
    return changed


def lists(connection: Connection, site: Site) -> list[MailingList]:
    """The lists that have an archive, as it was written last."""
    written = _Written(**json.loads(published.note(connection, NOTE) or "{}"))
    there = {id.rpartition("-")[0] for id in written.editions}
    return [one for one in site.lists if one.id in there]


@dataclass(frozen=True)
class _Written:
    """What was written last: a hash of what shapes it all, each edition's digest, and the paths under public/."""

    shape: str = ""
    editions: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


def _documents(
    site: Site, store: Store, there: Mapping[str, archived.Sent], fresh: Collection[str], words: Words, fill: Fill
) -> tuple[list[Document], list[str]]:
    """What is to be written, and the paths of all the pages that there are."""
    from syndicate.publish import editions as room

    made: list[Document] = []
    pages: list[str] = []
    for list_ in site.lists:
        ids = [one.id for one in there.values() if one.list == list_.id]
        found = [
            edition
            for n, id in enumerate(ids)
            if (edition := _loaded(store, id, whole=id in fresh or n < room.NEWEST)) is not None
        ]
        if found:
            made += room.documents(site, list_, found, fresh=fresh, words=words, fill=fill)
            pages += [path for edition in found for path in room.pages(edition)]
    return made, pages


def _loaded(store: Store, id: str, *, whole: bool) -> Edition | None:
    """A sent edition; unless it is needed whole, without its bodies: years of them take long to read, and fill the memory."""
    with store.read() as connection:
        return stored.load(connection, id, bodies=whole)


def _remove(public: Path, path: str) -> bool:
    """Take a page away, with its compressed twin and folders that are empty then; whether it was there."""
    target = public / path
    was = target.is_file()
    target.unlink(missing_ok=True)
    target.with_name(f"{target.name}.gz").unlink(missing_ok=True)
    folder = target.parent
    while folder != public and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
    return was


def _shape(site: Site, templates: Sequence[Path]) -> str:
    """A hash of all that shapes the whole archive alike."""
    lists = [[one.id, one.titles, one.descriptions, one.selection.language] for one in site.lists if one.public]
    shaping: list[Any] = [
        __version__, site.name, site.base_url, site.tag_domain, site.timezone, site.languages, site.contact, lists,
        asdict(site.helpline) if site.helpline else None,
    ]  # fmt: skip
    names = ("archive.html", *(f"words.{language}.toml" for language in site.languages))
    files = [folder / name for folder in templates for name in names]
    shaping.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()])
    return hashlib.sha256(json.dumps(shaping, sort_keys=True, default=str).encode()).hexdigest()
