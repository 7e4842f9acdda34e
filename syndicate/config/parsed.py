"""The site's files, read and checked one by one: the blocks from which the cross-checks and the values are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syndicate.config.blocks import Block, TomlFile, read_toml
from syndicate.errors import Complaint

if TYPE_CHECKING:
    from syndicate.config.shapes import (
        FamilyTable,
        FeedTable,
        HashtagTable,
        ListFile,
        PartnerTable,
        SiteFile,
        SourceTable,
    )

SITE = "feeds/site.toml"


@dataclass
class Parsed:
    """All files of a site. `files` holds those that exist, by name; a block is there even when parts of it are wrong."""

    root: Path
    files: dict[str, TomlFile] = field(default_factory=dict)
    site: Block[SiteFile] | None = None
    sources: list[Block[SourceTable]] = field(default_factory=list)
    partners: list[Block[PartnerTable]] = field(default_factory=list)
    hashtags: list[Block[HashtagTable]] = field(default_factory=list)
    feeds: list[Block[FeedTable]] = field(default_factory=list)
    families: list[Block[FamilyTable]] = field(default_factory=list)
    lists: list[Block[ListFile]] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)

    @property
    def languages(self) -> tuple[str, ...]:
        """The site's languages; none where they are themselves wrong, and nothing is then checked against them."""
        codes = (self.site.data.get("languages") or ()) if self.site else ()
        return () if None in codes else tuple(codes)

    def readable(self, name: str) -> bool:
        """Whether what the file `name` holds is known: it is absent, or was read."""
        return name not in self.files or self.files[name].data is not None


def parse(root: Path) -> Parsed:
    """Read every TOML file of the site's folder and check each against its shape."""
    from syndicate.config.sentences import blocks_of
    from syndicate.config.shapes import BLOCKS

    parsed = Parsed(root)
    _site_file(parsed)
    for name in BLOCKS:
        blocks: dict[str, list[Block[Any]]] = {}
        if (root / name).exists():
            parsed.files[name] = read_toml(root, name)
            blocks, complaints = blocks_of(parsed.files[name])
            parsed.complaints += complaints
        for kind, found in blocks.items():
            getattr(parsed, "families" if kind == "family" else f"{kind}s").extend(found)
    _list_files(parsed)
    _unread(parsed, [SITE, *BLOCKS])
    return parsed


def _site_file(parsed: Parsed) -> None:
    from syndicate.config.sentences import checked
    from syndicate.config.shapes import SiteFile

    file = parsed.files[SITE] = read_toml(parsed.root, SITE)
    parsed.complaints += file.complaints
    if file.data is not None:
        parsed.site = checked(file, (), file.data, SiteFile)
        parsed.complaints += parsed.site.complaints


def _list_files(parsed: Parsed) -> None:
    from syndicate.config.sentences import checked
    from syndicate.config.shapes import ListFile

    for path in sorted((parsed.root / "subscribers").glob("*.toml")):
        name = f"subscribers/{path.name}"
        file = parsed.files[name] = read_toml(parsed.root, name)
        parsed.complaints += file.complaints
        if file.data is not None:
            parsed.lists.append(checked(file, (), file.data, ListFile))
            parsed.complaints += parsed.lists[-1].complaints


def _unread(parsed: Parsed, known: list[str]) -> None:
    """A misnamed file would be passed over in silence."""
    from syndicate.config.sentences import nearest

    for path in sorted((parsed.root / "feeds").glob("*.toml")):
        name = f"feeds/{path.name}"
        if name not in known:
            meant = nearest(name, known)
            hint = f"did you mean {meant}?" if meant else f"the files here are {', '.join(known)}"
            parsed.complaints.append(Complaint(name, 0, "", f"is not read; {hint}"))
