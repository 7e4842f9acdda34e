"""The hall: the pictures that an edition shows → clean copies of ours under public/pictures/.

    a post's picture --fetch--> bytes --sized--> a small file without anything hidden in it --> pictures/<hash>.jpg

A mail never points at somebody else's server, which would see who opens it and when. A picture that cannot be had is a
note on the edition, never a reason not to make one.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate import __version__
from syndicate.errors import FetchError, Gone, SyndicateError
from syndicate.models import Post, Site
from syndicate.store import Connection, Store
from syndicate.store import pictures as stored

if TYPE_CHECKING:  # imported where a picture is fetched or read
    from syndicate.compose.items import Image
    from syndicate.compose.pictures import Sized
    from syndicate.pull import Fetcher

FOLDER = "pictures"
"""Where the copies are, under public/."""

LARGEST = 15_000_000
"""Bytes: a photograph from a good camera has some ten million."""

ACCEPT = "image/jpeg, image/png, image/webp, image/gif, image/avif;q=0.9, image/*;q=0.2"

_AGAIN = re.compile(r"[.;] [Tt]he next pull tries again\b")

_COPY = re.compile(rf"/({FOLDER}/[0-9a-f]{{16}}\.(?:jpg|png))")


def fetcher(site: Site) -> Fetcher:
    """What asks other servers for pictures: as polite and as careful as pulling is."""
    from syndicate.pull import Fetcher, Limits

    return Fetcher(
        user_agent=f"syndicate/{__version__} (+{site.base_url}; {site.contact})",
        delay=site.politeness.delay.total_seconds(),
        limits=Limits(max_bytes=LARGEST),
    )


def take(site: Site, store: Store, asks: Fetcher, posts: Sequence[Post], now: datetime) -> tuple[str, ...]:
    """Fetch the pictures of these posts anew and keep clean copies; returns a note for each that could not be had.

    Raises SyndicateError only where the copy cannot be written.
    """
    private = {source.id for source in site.sources if source.allow_private}
    urls = {post.picture.url: post for post in posts if post.picture}
    with store.read() as connection:
        before = stored.load(connection, urls)
    notes = []
    for url, post in urls.items():
        found = _taken(site, asks, url, before.get(url), post.source in private, now)
        with store.write() as connection:
            stored.save(connection, found)
        if found.trouble:
            kept = "; the copy from before is shown" if found.path else ""
            notes.append(f"post {post.id}: its picture could not be taken over: {found.trouble}{kept}")
    return tuple(notes)


def known(site: Site, connection: Connection, posts: Sequence[Post]) -> dict[str, Image]:
    """The copies that there are of these posts' pictures, by the post's id. Asks nobody."""
    from syndicate.compose.items import Image

    rows = stored.load(connection, {post.picture.url for post in posts if post.picture})
    found = {}
    for post in posts:
        row = rows.get(post.picture.url) if post.picture else None
        if row and row.path and (site.places.public / row.path).is_file():
            found[post.id] = Image(f"{site.base_url}/{row.path}", row.width or 0, row.height or 0)
    return found


def logo(site: Site) -> Image | None:
    """Our copy of the site's logo, made where it is not there yet, with the size at which it is shown; None without a logo.

    Raises SyndicateError where the file is no picture.
    """
    if site.look.logo is None:
        return None
    from syndicate.compose.items import Image
    from syndicate.compose.pictures import LOGO, sized

    try:
        made = sized(site.look.logo.read_bytes(), LOGO)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise SyndicateError(f"The logo {site.look.logo.name} cannot be used: {said}. Correct [look] logo.") from None
    _write(site.places.public, made)
    # Screens with fine pixels need two for each; a smaller file is shown at what it has, up to the same size.
    by = min(1.0, LOGO[0] / 2 / made.width, LOGO[1] / 2 / made.height)
    return Image(f"{site.base_url}/{FOLDER}/{made.name}", round(made.width * by), round(made.height * by))


def erase(site: Site, connection: Connection, post: str) -> list[str]:
    """Remove our copies of a post's picture, those of earlier pictures in editions that held it included; returns the paths.

    Copies that another standing post shows stay, and so does the logo. To be called in the transaction that takes the post
    back, before its rows go: files first, so that a killed process leaves the rows that say what is still to do.
    """
    url = stored.of_post(connection, post)
    if url and stored.shown_elsewhere(connection, url, post):
        url = None
    row = stored.load(connection, [url]).get(url) if url else None
    paths = {path for html in stored.texts_with(connection, post) for path in _COPY.findall(html)}
    paths |= {row.path} if row and row.path else set()
    paths -= stored.paths_in_use(connection, paths, post)
    if paths and (own := logo(site)):
        paths.discard(own.url.removeprefix(f"{site.base_url}/"))
    gone = sorted(path for path in paths if (site.places.public / path).exists())
    for path in gone:
        (site.places.public / path).unlink(missing_ok=True)
    stored.forget(connection, paths, url)
    return gone


def _taken(
    site: Site, asks: Fetcher, url: str, before: stored.Taken | None, allow_private: bool, now: datetime
) -> stored.Taken:
    """What fetching a picture came to. While its server is down, the copy from before stands."""
    from syndicate.compose.pictures import sized

    try:
        got = asks.get(url, allow_private=allow_private, accept=ACCEPT)
        kind = got.content_type.partition(";")[0].strip().lower()
        if kind and not kind.startswith("image/") and kind != "application/octet-stream":
            raise ValueError(f"it is no picture, but {kind}")
        made = sized(got.body)
    except ValueError as error:
        return stored.Taken(url, None, None, None, now, str(error))
    except FetchError as error:
        gone = isinstance(error, Gone) or error.status in (401, 403, 404)
        keep = before if before and not gone else None
        size = (keep.path, keep.width, keep.height) if keep else (None, None, None)
        return stored.Taken(url, *size, now, _AGAIN.sub("", str(error)).rstrip("."))
    _write(site.places.public, made)
    return stored.Taken(url, f"{FOLDER}/{made.name}", made.width, made.height, now)


def _write(public: Path, picture: Sized) -> None:
    """Put the file in its place in one step. Its name is its content, so one that is there is right."""
    target = public / FOLDER / picture.name
    if target.is_file():
        return
    try:
        for folder in (public, target.parent):
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o755)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
            try:
                file.write(picture.content)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise SyndicateError(
            f"Could not write {FOLDER}/{picture.name} under {public}: {error.strerror or error}. Put that right and try again."
        ) from error
