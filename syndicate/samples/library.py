"""Reads the sample posts, and what must come out of them, from the files that the package carries."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from syndicate.models import LinkKind, Picture

BLOG_NAME = "iSIGURT.al, postime shembull"
"""What the sample blog calls itself."""

SITE = "https://blog.example"
"""The address in guids and tags. It stays the same on every port, as behind a proxy, so that a second demo finds its posts."""

_EXPECTED = "expected.toml"
_MEDIA = {"png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class SamplePost:
    """One post of the sample blog.

    `number` is its number in the blog's database, `html` the whole body as its editor left it, with addresses on the
    blog itself written from the root (`/raporto`). `teaser` is all that a feed says of it, or None when feeds hold the
    whole body. `images` stand before the body, the first is the lead; their `url` is from the root too. `tags` are the
    blog's own categories, not hashtags. `revised` is the post's second wording, or None; it has the same slug.
    """

    slug: str
    number: int
    title: str
    author: str
    published: datetime
    html: str
    teaser: str | None = None
    images: tuple[Picture, ...] = ()
    tags: tuple[str, ...] = ()
    updated: datetime | None = None
    revised: SamplePost | None = None

    @property
    def path(self) -> str:
        """Where the post's page is, from the root."""
        return f"/lajme/{self.slug}"

    @property
    def changed(self) -> datetime:
        """When its wording was last changed: `updated`, else `published`."""
        return self.updated or self.published


@dataclass(frozen=True, slots=True)
class ExpectedLink:
    """A link that must be found: `url` begins with / when it is on the blog; `languages` are the versions that hold it."""

    url: str
    kind: LinkKind
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come out of one sample post.

    `languages` in the order of the text, `titles` per language, `partners` and `hashtags` sorted ids and keys, `links`
    in the order in which they first stand. `revised_titles` are those of its second wording; empty when it has none.
    """

    languages: tuple[str, ...]
    titles: dict[str, str]
    partners: tuple[str, ...]
    hashtags: tuple[str, ...]
    links: tuple[ExpectedLink, ...]
    revised_titles: dict[str, str]


@cache
def posts() -> tuple[SamplePost, ...]:
    """Every sample post, newest first."""
    found = [
        _read(file) for file in _folder("posts").iterdir() if file.name.endswith(".toml") and file.name != _EXPECTED
    ]
    return tuple(sorted(found, key=lambda each: each.published, reverse=True))


def post(slug: str) -> SamplePost:
    """The sample post with this slug; raises KeyError."""
    return {each.slug: each for each in posts()}[slug]


@cache
def expected() -> dict[str, Expected]:
    """What must come out of each post, by slug, in the order of the file."""
    table = tomllib.loads(_folder("posts").joinpath(_EXPECTED).read_text("utf-8"))
    return {slug: _expectation(fields) for slug, fields in table.items()}


def image(name: str) -> bytes:
    """The bytes of one illustration, by file name; raises KeyError when there is none of that name."""
    found = {file.name: file for file in _folder("images").iterdir()}
    return found[name].read_bytes()


def media_type(name: str) -> str:
    """The media type of an illustration, by the ending of its name; raises KeyError for an ending that we do not ship."""
    return _MEDIA[name.rpartition(".")[2]]


def absolute(html: str, base_url: str) -> str:
    """The HTML with every address that starts at the root made absolute. `base_url` has no slash at its end."""
    return re.sub(r'\b(href|src)="/(?!/)', rf'\1="{base_url}/', html)


def _folder(name: str) -> Traversable:
    return files("syndicate.samples").joinpath(name)


def _read(file: Traversable) -> SamplePost:
    fields: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    images = tuple(_picture(each["file"], each["alt"]) for each in fields.pop("images", ()))
    revised = fields.pop("revised", None)
    fields |= {"slug": file.name.removesuffix(".toml"), "images": images, "tags": tuple(fields["tags"])}
    first = SamplePost(**fields)
    return replace(first, revised=_revision(first, revised)) if revised else first


def _picture(name: str, alt: str) -> Picture:
    return Picture(url=f"/images/{name}", alt=alt, media_type=media_type(name), length=len(image(name)))


def _revision(first: SamplePost, revised: dict[str, Any]) -> SamplePost:
    html = first.html
    for old, new in revised["replace"]:
        html = html.replace(old, new)
    return replace(first, title=revised["title"], updated=revised["updated"], html=html)


def _expectation(fields: dict[str, Any]) -> Expected:
    return Expected(
        languages=tuple(fields["languages"]),
        titles=fields["titles"],
        partners=tuple(fields["partners"]),
        hashtags=tuple(fields["hashtags"]),
        links=tuple(ExpectedLink(each["url"], each["kind"], tuple(each["languages"])) for each in fields["links"]),
        revised_titles=fields.get("revised_titles", {}),
    )
