"""What upstream said, and what we made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that belongs to a post: absolute `url`, and what is known of it (`length` in bytes)."""

    url: str
    alt: str = ""
    media_type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as upstream said it: `html` is its whole body as received, hostile until `syndicate.markup` has seen it.

    `guid` is upstream's, verbatim, or None. `title` is plain text. `notes` say in one sentence each what was repaired.
    """

    guid: str | None
    url: str | None
    title: str
    html: str
    author: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[str, ...] = ()
    picture: Picture | None = None
    language: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledBlock:
    """One block of a post in reading order, the version it belongs to, and why.

    `language` is None for a block that stands in no version (`role` and `why` then say what it was), "*" for one that
    stands in every version.
    """

    text: str
    language: str | None
    role: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """The text of a post in one language. `html` is safe; `text` is its whole visible text, blocks parted by an empty line.

    `updated` is when its own words changed last, as the store knows it (None: with the post); it says nothing of the words.
    """

    language: str
    title: str
    summary: str
    html: str
    text: str
    updated: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a partner was found: a `name` in a sentence, or the `domain` of a link, in the version of `language`."""

    kind: Literal["name", "domain", "operator"]
    found: str
    language: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class PartnerMention:
    """A partner that a post names, with all the evidence."""

    id: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class HashtagUse:
    """A hashtag of a post, counted once: normalised `key` and the best `display` spelling, both without #."""

    key: str
    display: str
    spellings: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


LinkKind = Literal["report", "document", "folder", "video", "audio", "social", "page"]


@dataclass(frozen=True, slots=True)
class Link:
    """A resource that a post points to, and the version it stands in ("*" for every version)."""

    url: str
    kind: LinkKind
    language: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What enriching an entry found. `margin` is how sure the split is (None: nothing to decide); `unsure` asks for a look."""

    versions: tuple[Version, ...]
    partners: tuple[PartnerMention, ...] = ()
    hashtags: tuple[HashtagUse, ...] = ()
    links: tuple[Link, ...] = ()
    picture: Picture | None = None
    blocks: tuple[LabelledBlock, ...] = ()
    margin: float | None = None
    unsure: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """Our record of an entry. `updated` moves only when the content does; `year` and `id` make its public identity."""

    id: str
    source: str
    guid: str | None
    url: str | None
    title: str
    author: str | None
    published: datetime
    updated: datetime
    year: int
    versions: tuple[Version, ...]
    partners: tuple[PartnerMention, ...] = ()
    hashtags: tuple[HashtagUse, ...] = ()
    links: tuple[Link, ...] = ()
    picture: Picture | None = None
    blocks: tuple[LabelledBlock, ...] = ()
    margin: float | None = None
    unsure: bool = False
    notes: tuple[str, ...] = ()
    hidden: datetime | None = None

    def version(self, language: str) -> Version | None:
        """The version in `language`, or None."""
        return next((version for version in self.versions if version.language == language), None)


LOST = "A fix of yours no longer fits"
"""Begins the note on a post of which a corrected block is not there any more."""

CorrectionKind = Literal["block", "title", "partner", "hashtag", "sure"]


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing that the operator said about a post, kept beside what was found and applied at every pull.

    `block`: `key` is the block's own key with its opening words, `value` a language, "*" for every version, "" for none.
    `title`: `key` is the language, `value` the text. `partner` and `hashtag`: `key` names it, `value` is "add" (a hashtag's
    with a space and its spelling behind it) or "remove". `sure`: somebody looked and the split is right. `digest` is of
    the content that was looked at.
    """

    kind: CorrectionKind
    key: str
    value: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A post that was taken back: only its public identity and the time remain."""

    id: str
    year: int
    languages: tuple[str, ...]
    at: datetime
