"""Cross-checks of feeds, families and mailing lists: titles, languages, placeholders, and places taken twice."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from syndicate.config import checks, values
from syndicate.config.blocks import Block
from syndicate.config.lines import KeyPath
from syndicate.config.parsed import Parsed
from syndicate.errors import Complaint


def feeds_and_lists(site: Parsed) -> Iterator[Complaint]:
    """Everything wrong with what the site publishes and mails."""
    for feed in site.feeds:
        yield from _spoken(site, feed)
        yield from _titled(site, feed, [code for code in feed.text("language").split("+") if code])
        yield from checks.selection(site, feed)
    for family in site.families:
        yield from _family(site, family)
        yield from checks.selection(site, family)
    yield from checks.unique(site.feeds, "slug")
    yield from _places(site)
    for each in site.lists:
        yield from _list(site, each)
        yield from checks.selection(site, each)


def list_id(block: Block[Any]) -> str:
    """A mailing list is called by its file's name."""
    return PurePosixPath(block.file.name).stem


def _list(site: Parsed, block: Block[Any]) -> Iterator[Complaint]:
    name = list_id(block)
    yield from _spoken(site, block)
    yield from _titled(site, block, site.languages)
    try:
        values.slug(name)
    except ValueError as error:
        yield Complaint(block.file.name, 0, "", f"the file's name is the list's: {error}")
    stem, _, number = name.rpartition("-")
    if number.isdigit() and any(stem == list_id(other) for other in site.lists):
        said = f"would share its name with an edition of the list `{stem}`; let the file's name not end in a number"
        yield Complaint(block.file.name, 0, "", said)
    yield from _approvers(site, block)


def _approvers(site: Parsed, block: Block[Any]) -> Iterator[Complaint]:
    """Where several people approve, each has to be known."""
    needed = block.data.get("approvers") or 1
    told = ((site.site.data.get("notices") or {}) if site.site else {}).get("to") or ()
    named = len({text.lower() for text in told if isinstance(text, str)})
    if site.site and needed > max(named, 1) and block.data.get("approval") is not False:
        who = named or "nobody"
        said = f"asks for {needed} people, and [notices] to in feeds/site.toml names {who}; write their addresses there"
        yield block.complaint(("approvers",), said)


def _spoken(site: Parsed, block: Block[Any]) -> Iterator[Complaint]:
    if block.text("language"):
        yield from checks.languages_of(site, block, ("language",), block.text("language"))


def _titled(site: Parsed, block: Block[Any], needed: Iterable[str]) -> Iterator[Complaint]:
    """A title in one way or the other, in every language in which it is read."""
    given: Any = block.file.data
    for part in block.path:
        given = given[part]
    for one, each in (("title", "titles"), ("description", "descriptions")):
        if one in given and each in given:
            yield block.complaint((one,), f"stands beside `{each}`; keep one of the two")
    if "title" not in given and not given.get("titles"):
        code = next(iter(needed), next(iter(site.languages), "sq"))
        yield block.complaint(("titles",), f'is missing; write titles.{code} = "…", or title = "…" for all languages')
    known = [code for code in needed if not checks.unknown_language(site, code)]
    yield from checks.per_language(site, block, "titles", needed=known)
    yield from checks.per_language(site, block, "descriptions")


def _family(site: Parsed, block: Block[Any]) -> Iterator[Complaint]:
    spoken = [text for _, text in block.items("languages")]
    for path, text in block.items("languages"):
        yield from checks.languages_of(site, block, path, text)
    yield from _titled(site, block, [text.split("+")[0] for text in spoken] or site.languages)
    by = block.text("by")
    if not by:
        return
    allowed = {by, "language"}
    yield from _placeholders(block, allowed)
    yield from _family_slug(block, allowed, len(spoken or site.languages))
    yield from _misplaced(block, by)
    if by == "partner":
        known = {each.text("id") for each in site.partners}
        for path, name in block.items("only"):
            if name not in known and site.readable("feeds/partners.toml"):
                yield block.complaint(path, checks.not_there("partner", name, known, "feeds/partners.toml"))


def _misplaced(block: Block[Any], by: str) -> Iterator[Complaint]:
    """Keys that would do nothing in a family of this kind."""
    for key, homes in (("at_least", {"hashtag"}), ("ourselves", {"partner"}), ("only", {"partner", "hashtag"})):
        if key in block.data and by not in homes:
            yield block.complaint((key,), f'does nothing in a family by "{by}"; leave it out')
    for path, tag in block.items("only") if by == "hashtag" else ():
        try:
            values.hashtag(tag)
        except ValueError as error:
            yield block.complaint(path, str(error))


def _placeholders(block: Block[Any], allowed: set[str]) -> Iterator[Complaint]:
    texts: list[tuple[KeyPath, str]] = [
        ((key,), block.text(key)) for key in ("slug", "title", "description") if block.text(key)
    ]
    for key in ("titles", "descriptions"):
        texts += block.pairs(key)
    fine = " and ".join(f"{{{name}}}" for name in sorted(allowed))
    for path, text in texts:
        used = _fields(text)
        if used is None:
            yield block.complaint(path, f"has a brace that is not closed or opened; write {fine}, or double the brace")
        for name in sorted((used or set()) - allowed):
            yield block.complaint(path, f"unknown placeholder `{{{name}}}`; write {fine}")


def _fields(text: str) -> set[str] | None:
    """The placeholders of a text, with whatever follows the name; None when the braces do not pair."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return None
    return {
        f"{name}{'!' + how if how else ''}{':' + form if form else ''}"
        for _, name, form, how in parts
        if name is not None
    }


def _family_slug(block: Block[Any], allowed: set[str], languages: int) -> Iterator[Complaint]:
    slug = block.text("slug")
    used = _fields(slug)
    if used is None or not slug:
        return
    needed = [name for name in sorted(allowed) if name != "language" or languages > 1]
    for name in needed:
        if name not in used:
            yield block.complaint(
                ("slug",),
                f"has no {{{name}}}, so that feeds would share one place; write {_completed(slug, needed, used)}",
            )
    if used <= allowed:
        try:
            values.slug(slug.format(partner="x", hashtag="x", language="x"))
        except ValueError:
            said = "has a letter that no address takes; write small letters, digits, hyphens and the placeholders"
            yield block.complaint(("slug",), said)


def _completed(slug: str, needed: list[str], used: set[str]) -> str:
    """The slug with its missing placeholders at the end, the language last."""
    missing = sorted((name for name in needed if name not in used), key=lambda name: name == "language")
    return '"' + "-".join([slug.rstrip("-"), *(f"{{{name}}}" for name in missing)]) + '"'


def _places(site: Parsed) -> Iterator[Complaint]:
    """Feeds of families that would be written to a place another feed has."""
    taken: dict[str, Block[Any]] = {block.text("slug"): block for block in reversed(site.feeds) if block.text("slug")}
    for family in site.families:
        if not (family.text("by") and family.text("slug")):
            continue
        for slug in sorted(set(_members(site, family))):
            first = taken.setdefault(slug, family)
            if first is not family:
                said = f"makes the feed `{slug}`, whose place is taken on line {first.line('slug')}; write another slug"
                yield family.complaint(("slug",), said)
                break


def _members(site: Parsed, family: Block[Any]) -> Iterator[str]:
    """The slugs a family makes, as far as they are known without posts: one made-up hashtag stands for all."""
    keys = {
        "partner": [each.text("id") for each in site.partners if each.text("id")],
        "hashtag": ["{hashtag}", *(text for _, text in family.items("only"))],
        "language": [""],
    }[family.text("by")]
    spoken = [text for _, text in family.items("languages")] or site.languages
    fields = _fields(family.text("slug"))
    for key in keys if fields is not None and fields <= {"partner", "hashtag", "language"} else ():
        for language in spoken:
            yield family.text("slug").format(partner=key, hashtag=key, language=language)
