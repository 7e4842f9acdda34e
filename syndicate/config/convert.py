"""From tables that are right to the values that every room speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from syndicate.config import shapes, values
from syndicate.config.blocks import Block, TomlFile
from syndicate.config.feed_checks import list_id
from syndicate.config.lines import KeyPath
from syndicate.config.parsed import Parsed
from syndicate.models import (
    DeliveryRules,
    Family,
    Feed,
    HashtagRule,
    Helpline,
    Look,
    MailingList,
    Notices,
    Partner,
    Places,
    Politeness,
    Retention,
    Safeguarding,
    Selection,
    Sender,
    Site,
    Source,
)

S = TypeVar("S", bound=shapes.Shape)

_RESERVED = re.compile(
    r"(?<![\w-])(?:example\.(?:com|net|org)|(?:[\w-]+\.)+(?:example|invalid|test))(?![\w-]|\.[\w-])", re.IGNORECASE
)
"""Names nobody can own (RFC 2606 §2, §3): what a new site is filled with, and a mail must not say."""


def site_of(parsed: Parsed, places: Places) -> Site:
    """The site, of files in which nothing is wrong."""
    if parsed.site is None:
        raise ValueError("the site's file was not read")
    file = _right(parsed.site)
    rules = tuple(_hashtag(_right(block)) for block in parsed.hashtags)
    make = _Maker(tuple(file.languages), file.timezone, _canonical(rules))
    return Site(
        name=file.name,
        base_url=file.base_url,
        tag_domain=file.tag_domain,
        timezone=file.timezone,
        languages=make.languages,
        contact=file.contact,
        postal_address=file.postal_address,
        places=places,
        hub=file.hub,
        politeness=Politeness(values.duration(file.politeness.every), values.duration(file.politeness.delay)),
        delivery=_delivery(file.delivery),
        retention=_retention(file.retention),
        safeguarding=_safeguarding(file.safeguarding) if file.safeguarding else Safeguarding(),
        look=_look(file.look, places),
        notices=Notices(tuple(file.notices.to), file.notices.language or file.languages[0], file.notices.weekly),
        helpline=_helpline(file.safeguarding) if file.safeguarding else None,
        sources=tuple(_source(_right(block)) for block in parsed.sources),
        partners=tuple(_partner(_right(block)) for block in parsed.partners),
        hashtags=rules,
        feeds=tuple(make.feed(_right(block)) for block in parsed.feeds),
        families=tuple(make.family(_right(block)) for block in parsed.families),
        lists=tuple(make.mailing_list(list_id(block), _right(block), file.contact) for block in parsed.lists),
        unfinished=tuple(unfinished(parsed.files)),
    )


def _right(block: Block[S]) -> S:
    if block.shape is None:
        raise ValueError(f"{block.file.name} has complaints")
    return block.shape


def _helpline(table: shapes.SafeguardingTable) -> Helpline:
    return Helpline(name=table.name, number=table.number, hours=table.hours, url=table.url)


def _safeguarding(table: shapes.SafeguardingTable) -> Safeguarding:
    return Safeguarding(table.exit_url, table.age, tuple(table.sensitive), table.discreet_name)


def _look(table: shapes.LookTable, places: Places) -> Look:
    told = table.model_dump()
    return Look(**told | {"logo": places.root / table.logo if table.logo else None})


def _delivery(table: shapes.DeliveryTable) -> DeliveryRules:
    told = table.model_dump()
    return DeliveryRules(**told | {name: values.duration(told[name]) for name in ("lead", "guard", "send_by")})


def _retention(table: shapes.RetentionTable) -> Retention:
    return Retention(**{name: values.duration(text) for name, text in table.model_dump().items()})


def _source(table: shapes.SourceTable) -> Source:
    return Source(
        id=table.id,
        url=table.url,
        name=table.name or table.id,
        content=table.content,
        selector=table.selector,
        authors=tuple(table.authors),
        languages=tuple(table.languages),
        allow_private=table.allow_private,
    )


def _partner(table: shapes.PartnerTable) -> Partner:
    return Partner(
        id=table.id,
        name=table.name,
        names=table.names,
        aliases=tuple(dict.fromkeys(table.aliases)),
        domains=tuple(dict.fromkeys(host.lower().removeprefix("www.") for host in table.domains)),
        url=table.url,
        ourselves=table.ourselves,
    )


def _hashtag(table: shapes.HashtagTable) -> HashtagRule:
    key = values.hashtag(table.key)
    return HashtagRule(
        key=key,
        aliases=tuple(alias for alias in dict.fromkeys(map(values.hashtag, table.aliases)) if alias != key),
        display={code: text.lstrip("#") for code, text in table.display.items()},
        ignore=table.ignore,
        notice=table.notice,
    )


def _canonical(rules: tuple[HashtagRule, ...]) -> dict[str, str]:
    """The key that each alias stands for: posts carry only keys."""
    return {alias: rule.key for rule in rules for alias in rule.aliases}


class _Maker:
    """Makes what depends on the site's languages, time zone and hashtag aliases."""

    def __init__(self, languages: tuple[str, ...], timezone: str, canonical: Mapping[str, str]) -> None:
        self.languages = languages
        self.timezone = timezone
        self.canonical = canonical

    def texts(self, each: Mapping[str, str], one: str | None) -> dict[str, str]:
        return dict.fromkeys(self.languages, one) if one else dict(each)

    def hashtags(self, tags: list[str]) -> tuple[str, ...]:
        keys = [values.hashtag(tag) for tag in tags]
        return tuple(dict.fromkeys(self.canonical.get(key, key) for key in keys))

    def selection(self, table: shapes.SelectingTable, language: str | None = None) -> Selection:
        return Selection(
            language=language or "",
            sources=tuple(table.sources),
            partners=tuple(table.partners),
            hashtags=self.hashtags(table.hashtags),
            authors=tuple(table.authors),
            exclude_sources=tuple(table.exclude_sources),
            exclude_partners=tuple(table.exclude_partners),
            exclude_hashtags=self.hashtags(table.exclude_hashtags),
            exclude_authors=tuple(table.exclude_authors),
            match=table.match,
            since=values.instant(table.since, self.timezone) if table.since else None,
            limit=table.limit,
        )

    def feed(self, table: shapes.FeedTable) -> Feed:
        return Feed(
            slug=table.slug,
            titles=self.texts(table.titles, table.title),
            selection=self.selection(table, table.language),
            descriptions=self.texts(table.descriptions, table.description),
            archive=table.archive,
        )

    def family(self, table: shapes.FamilyTable) -> Family:
        return Family(
            by=table.by,
            slug=table.slug,
            titles=self.texts(table.titles, table.title),
            languages=tuple(table.languages),
            descriptions=self.texts(table.descriptions, table.description),
            at_least=table.at_least,
            only=self.hashtags(table.only) if table.by == "hashtag" else tuple(table.only),
            ourselves=table.ourselves,
            selection=self.selection(table),
            archive=table.archive,
        )

    def mailing_list(self, name: str, table: shapes.ListFile, contact: str) -> MailingList:
        return MailingList(
            id=name,
            titles=self.texts(table.titles, table.title),
            sender=Sender(table.sender.name, table.sender.address, table.sender.reply_to or contact),
            descriptions=self.texts(table.descriptions, table.description),
            selection=self.selection(table, table.language),
            schedule=values.schedule(table.schedule),
            approval=table.approval,
            bilingual=table.bilingual,
            missing=table.missing,
            max_posts=table.max_posts,
            template=table.template,
            unsure=table.unsure,
            approvers=table.approvers,
            public=table.public,
        )


def unfinished(files: Mapping[str, TomlFile]) -> Iterator[str]:
    """The settings that still hold a reserved name, as `file:line: key`: those of the site, its sources and its senders."""
    for name, file in files.items():
        if name in {"feeds/site.toml", "feeds/sources.toml"} or name.startswith("subscribers/"):
            for path, text in _strings((), file.data or {}):
                if _RESERVED.search(text):
                    key = ".".join(part for part in path if isinstance(part, str))
                    complaint = file.complaint(path, key.removeprefix("source."), "")
                    yield f"{complaint.file}:{complaint.line}: {complaint.key}"


def _strings(path: KeyPath, value: Any) -> Iterator[tuple[KeyPath, str]]:
    """Every text under `value`, with its path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _strings((*path, key), each)
    if isinstance(value, str):
        yield path, value
