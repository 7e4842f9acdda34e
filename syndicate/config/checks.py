"""What one file says about another: names that must exist, be unique, and have a text in every language.

Every check gives complaints and stops at nothing. A check against a file that could not be read is left out, so that
one broken file does not make a hundred complaints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from syndicate.config import values
from syndicate.config.blocks import Block
from syndicate.config.lines import KeyPath
from syndicate.config.parsed import Parsed
from syndicate.config.sentences import nearest
from syndicate.errors import Complaint
from syndicate.models import UNDETERMINED

_REFERENCES = (("sources", "feeds/sources.toml", "source"), ("partners", "feeds/partners.toml", "partner"))


def check(site: Parsed) -> list[Complaint]:
    """Everything wrong between the files of the site."""
    from syndicate.config.feed_checks import feeds_and_lists

    return list(
        chain(
            _site(site),
            unique(site.sources, "id"),
            unique(site.sources, "url"),
            unique(site.partners, "id"),
            _source_languages(site),
            _partners(site),
            _claims(site.partners),
            _hashtags(site),
            feeds_and_lists(site),
        )
    )


def unique(blocks: Iterable[Block[Any]], key: str) -> Iterator[Complaint]:
    """The blocks whose `key` an earlier one has."""
    seen: dict[str, Block[Any]] = {}
    for block in blocks:
        value = block.text(key)
        first = seen.setdefault(value, block)
        if value and first is not block:
            yield block.complaint((key,), f"`{value}` is already taken on line {first.line(key)}; write another")


def unknown_language(site: Parsed, code: str) -> str | None:
    """What is wrong with a language that is used, if anything."""
    if not site.languages or code in site.languages:
        return None
    if code.lower() in site.languages:
        return f'unknown language `{code}`; did you mean "{code.lower()}"?'
    known = " and ".join(dict.fromkeys(site.languages))
    return f"unknown language `{code}`; the site's are {known} (languages in feeds/site.toml)"


def per_language(site: Parsed, block: Block[Any], *path: str, needed: Iterable[str] = ()) -> Iterator[Complaint]:
    """The texts of a table per language: none in a foreign one, and one in each of those `needed`."""
    table: Any = block.data
    for part in path:
        table = table.get(part) if isinstance(table, Mapping) else None
    for code in table or {}:
        if wrong := unknown_language(site, code):
            yield block.complaint((*path, code), wrong)
    for code in needed:
        if table and code not in table:
            yield block.complaint(path, f'has no text for {code}; write {".".join(path)}.{code} = "…"')


def _site(site: Parsed) -> Iterator[Complaint]:
    if site.site is None:
        return
    for path, code in site.site.items("languages"):
        if code in site.languages[: int(path[-1])]:
            yield site.site.complaint(path, f"names `{code}` twice; write it once")
    for key in ("name", "hours", "url", "discreet_name"):
        yield from per_language(site, site.site, "safeguarding", key, needed=site.languages)
    for key in ("logo_alt", "footer"):
        yield from per_language(site, site.site, "look", key)
    spoken = (site.site.data.get("notices") or {}).get("language")
    if spoken and (wrong := unknown_language(site, spoken)):
        yield site.site.complaint(("notices", "language"), wrong)
    yield from _delivery(site.site)
    yield from _look(site.site, site.root)
    yield from _retention(site.site)


LEAST_GUARD = timedelta(minutes=11)
"""SendGrid cancels until ten minutes before the time of sending; one more for a clock that differs."""
MOST_LEAD = timedelta(hours=71)
"""SendGrid takes mail at most 72 hours ahead."""


def _delivery(block: Block[Any]) -> Iterator[Complaint]:
    """What the keys of [delivery] say about each other."""
    shape = block.shape
    if shape is None:
        return
    rules = shape.delivery
    lead, guard = values.duration(rules.lead), values.duration(rules.guard)
    if guard < LEAST_GUARD:
        yield block.complaint(
            ("delivery", "guard"), "is too short: SendGrid needs more than ten minutes; write 12m or more"
        )
    if not guard < lead <= MOST_LEAD:
        yield block.complaint(("delivery", "lead"), "must be longer than guard, and at most 71h; 30m is a good choice")
    if rules.leaving == "provider" and (rules.transport != "sendgrid" or rules.group is None):
        yield block.complaint(
            ("delivery", "leaving"), 'needs transport = "sendgrid" and group = the number of an unsubscribe group there'
        )
    if (rules.dkim_domain is None) != (rules.dkim_selector is None):
        missing = "dkim_selector" if rules.dkim_domain else "dkim_domain"
        yield block.complaint(("delivery",), f"has one of dkim_domain and dkim_selector; write {missing}, too")


LEAST_EVENTS = timedelta(days=2)
"""SendGrid tries for a day to tell an event; what was told twice is known only while the first is kept."""


def _retention(block: Block[Any]) -> Iterator[Complaint]:
    """Times that something else rests on."""
    if block.shape is not None and values.duration(block.shape.retention.events) < LEAST_EVENTS:
        yield block.complaint(
            ("retention", "events"), "is too short: the provider repeats itself for a day; write 2d or more"
        )


MOST_LOGO = 1_000_000


def _look(block: Block[Any], root: Path) -> Iterator[Complaint]:
    """The logo is a file that can be shown, and has words for who cannot see it."""
    shape = block.shape
    if shape is None or not shape.look.logo:
        return
    path = root / shape.look.logo
    if path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
        yield block.complaint(
            ("look", "logo"), "must be a PNG or JPEG; write the name of such a file in the site's folder"
        )
    elif not path.is_file():
        yield block.complaint(
            ("look", "logo"), f"there is no file {shape.look.logo} in the site's folder; put it there"
        )
    elif path.stat().st_size > MOST_LOGO:
        yield block.complaint(("look", "logo"), "is larger than 1 MB; make the picture smaller")


def _source_languages(site: Parsed) -> Iterator[Complaint]:
    for block in site.sources:
        for path, code in block.items("languages"):
            if wrong := unknown_language(site, code):
                yield block.complaint(path, wrong)


def _partners(site: Parsed) -> Iterator[Complaint]:
    first: Block[Any] | None = None
    for block in site.partners:
        yield from per_language(site, block, "names")
        if block.data.get("ourselves") is True:
            if first:
                said = f"only one partner can be ourselves; `{first.text('id')}` on line {first.line()} already is"
                yield block.complaint(("ourselves",), said)
            first = first or block


def _claims(partners: list[Block[Any]]) -> Iterator[Complaint]:
    """Names and domains that two partners claim: a post could not tell which of them it means."""
    owners: dict[str, Block[Any]] = {}
    for block in partners:
        for path, what, word in _claimed(block):
            owner = owners.setdefault(word, block)
            if owner is not block:
                said = f"`{what}` already stands for partner `{owner.text('id')}` (line {owner.line()}); leave it to one of them"
                yield block.complaint(path, said)


def _claimed(block: Block[Any]) -> Iterator[tuple[KeyPath, str, str]]:
    """Where a partner claims a name or domain, how it is written there, and what it is when spelling is set aside."""
    named = [(("name",), block.text("name"))] if block.text("name") else []
    for path, name in [*named, *block.pairs("names"), *block.items("aliases")]:
        yield path, name, " ".join(values.folded(name).replace("/", " ").replace("-", " ").split())
    for path, host in block.items("domains"):
        yield path, host, "//" + host.lower().removeprefix("www.")


def _hashtags(site: Parsed) -> Iterator[Complaint]:
    owners: dict[str, Block[Any]] = {}
    for block in site.hashtags:
        yield from per_language(site, block, "display")
        yield from per_language(site, block, "notice", needed=site.languages)
        own = [(("key",), block.text("key"))] if block.text("key") else []
        for path, tag in [*own, *block.items("aliases")]:
            owner = owners.setdefault(values.hashtag(tag), block)
            if owner is not block:
                said = f"`{tag}` is already said to mean `{owner.text('key')}` (line {owner.line()}); leave it to one of them"
                yield block.complaint(path, said)


def selection(site: Parsed, block: Block[Any]) -> Iterator[Complaint]:
    """The names in a selection that nothing is called by."""
    for key, file, kind in _REFERENCES:
        known = {each.text("id") for each in getattr(site, key)} - {""}
        for path, name in chain(block.items(key), block.items(f"exclude_{key}")):
            if name not in known and _complete(site, key, file):
                yield block.complaint(path, not_there(kind, name, known, file))
    ignored = {
        values.hashtag(each.text("key")) for each in site.hashtags if each.data.get("ignore") and each.text("key")
    }
    for path, tag in block.items("hashtags"):
        if values.hashtag(tag) in ignored:
            yield block.complaint(path, f"`{tag}` is ignored in feeds/hashtags.toml, so no post has it; leave it out")


def _complete(site: Parsed, key: str, file: str) -> bool:
    """Whether every id of that kind is known: the file was read, and no block of it has lost its id."""
    return site.readable(file) and all(each.text("id") for each in getattr(site, key))


def not_there(kind: str, name: str, known: Iterable[str], file: str) -> str:
    """What to say of a name that nothing has."""
    near = nearest(name, known)
    return f"no {kind} is called `{name}`; " + (f"did you mean `{near}`?" if near else f"write one of those in {file}")


def languages_of(site: Parsed, block: Block[Any], path: KeyPath, text: str) -> Iterator[Complaint]:
    """The codes of `sq`, or of `sq+en`."""
    codes = text.split("+")
    for place, code in enumerate(codes):
        if code in codes[:place]:
            yield block.complaint(path, f"names `{code}` twice; write it once")
        elif code != UNDETERMINED and (wrong := unknown_language(site, code)):
            yield block.complaint(path, wrong)
