"""Who is in what: one pure decision for feeds, families and mailing lists, with its reasons.

`sources`, `authors`, `language`, `since` and every `exclude_*` must hold. Of all the `partners` and `hashtags` named
together, one is enough with `match = "any"`, and every one must be there with `match = "all"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from syndicate.models import UNDETERMINED, Family, Feed, HashtagRule, Partner, Post, Selection


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule of a selection, whether the post passes it, and one sentence saying so."""

    rule: str
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The few things of a post that a selection looks at; the store can read them without the texts."""

    id: str
    source: str
    author: str | None
    published: float
    languages: frozenset[str]
    partners: frozenset[str]
    hashtags: frozenset[str]


def facts(post: Post) -> Facts:
    """What a selection needs to know of a post. `published` is a POSIX time in seconds."""
    return Facts(
        id=post.id,
        source=post.source,
        author=post.author,
        published=post.published.timestamp(),
        languages=frozenset(version.language for version in post.versions),
        partners=frozenset(partner.id for partner in post.partners),
        hashtags=frozenset(hashtag.key for hashtag in post.hashtags),
    )


def reasons(selection: Selection, post: Facts) -> list[Reason]:
    """Every rule of the selection, each with its verdict on the post, in the order in which the operator writes them."""
    return [
        *_language(selection, post),
        *_one_of(selection, post),
        *_named(selection, post),
        *_excluded(selection, post),
    ]


def matches(selection: Selection, post: Facts) -> bool:
    """Whether the post is in the selection (`limit` is not looked at: it counts posts, it does not judge one)."""
    if selection.languages and not post.languages.intersection(selection.languages):
        return False
    if not selection.languages and not post.languages - {UNDETERMINED}:
        return False
    if selection.sources and post.source not in selection.sources:
        return False
    if selection.authors and post.author not in selection.authors:
        return False
    if selection.since and post.published < selection.since.timestamp():
        return False
    return all(reason.passed for reason in (*_named(selection, post), *_excluded(selection, post)))


class Sorter:
    """Many selections at once: which of them a post is in, without trying each of a thousand.

    Every selection waits under one thing that a post must have to be in it; only those are tried that wait under something
    the post has.
    """

    def __init__(self, selections: Mapping[str, Selection]) -> None:
        self._selections = selections
        self._waiting: dict[tuple[str, str | None], list[str]] = {}
        for name, selection in selections.items():
            for key in _needed(selection):
                self._waiting.setdefault(key, []).append(name)

    def fitting(self, post: Facts) -> set[str]:
        """The names of the selections that the post is in."""
        had: list[tuple[str, str | None]] = [("", ""), ("source", post.source), ("author", post.author)]
        for kind, values in (("partner", post.partners), ("hashtag", post.hashtags), ("language", post.languages)):
            had += [(kind, value) for value in values]
        tried = {name for key in had for name in self._waiting.get(key, ())}
        return {name for name in tried if matches(self._selections[name], post)}


def _needed(selection: Selection) -> list[tuple[str, str | None]]:
    """Things of which a post must have one to be in the selection, the rarest kind."""
    named = [("partner", name) for name in selection.partners] + [("hashtag", name) for name in selection.hashtags]
    if named:
        return [*named[:1]] if selection.match == "all" else [*dict.fromkeys(named)]
    for kind, values in (
        ("source", selection.sources),
        ("author", selection.authors),
        ("language", selection.languages),
    ):
        if values:
            return [(kind, value) for value in dict.fromkeys(values)]
    return [("", "")]


def _language(selection: Selection, post: Facts) -> list[Reason]:
    have = ", ".join(sorted(post.languages)) or "no version"
    if not selection.languages:
        readable = bool(post.languages - {UNDETERMINED})
        return [Reason("language", readable, f"any of the site's languages will do; the post has {have}")]
    wanted = " or ".join(selection.languages)
    return [Reason("language", bool(post.languages & set(selection.languages)), f"wants {wanted}; the post has {have}")]


def _one_of(selection: Selection, post: Facts) -> list[Reason]:
    found = []
    if selection.sources:
        found.append(
            Reason(
                "sources",
                post.source in selection.sources,
                f"wants {_or(selection.sources)}; the post is from {post.source}",
            )
        )
    if selection.authors:
        author = post.author or "nobody named"
        found.append(
            Reason(
                "authors", post.author in selection.authors, f"wants {_or(selection.authors)}; the author is {author}"
            )
        )
    if selection.since:
        found.append(
            Reason(
                "since", post.published >= selection.since.timestamp(), f"wants posts since {selection.since:%Y-%m-%d}"
            )
        )
    return found


def _named(selection: Selection, post: Facts) -> list[Reason]:
    wanted = [("partner", name, name in post.partners) for name in selection.partners]
    wanted += [("hashtag", f"#{name}", name in post.hashtags) for name in selection.hashtags]
    if not wanted:
        return []
    rule = "/".join(
        kind for kind, given in (("partners", selection.partners), ("hashtags", selection.hashtags)) if given
    )
    here = [name for _, name, there in wanted if there]
    names = [name for _, name, _ in wanted]
    if selection.match == "all":
        missing = [name for _, name, there in wanted if not there]
        said = (
            f"wants all of {_and(names)}; missing: {_and(missing)}"
            if missing
            else f"wants all of {_and(names)}; all are there"
        )
        return [Reason(rule, not missing, said)]
    said = f"wants {_or(names)}; found {_and(here)}" if here else f"wants {_or(names)}; none is there"
    return [Reason(rule, bool(here), said)]


def _excluded(selection: Selection, post: Facts) -> list[Reason]:
    groups: list[tuple[str, tuple[str, ...], frozenset[str]]] = [
        ("exclude_sources", selection.exclude_sources, frozenset([post.source])),
        ("exclude_partners", selection.exclude_partners, post.partners),
        ("exclude_hashtags", selection.exclude_hashtags, post.hashtags),
        ("exclude_authors", selection.exclude_authors, frozenset([post.author] if post.author else [])),
    ]
    found = []
    for rule, unwanted, there in groups:
        if unwanted:
            hit = [name for name in unwanted if name in there]
            found.append(
                Reason(
                    rule, not hit, f"must not have {_or(unwanted)}; {f'it has {_and(hit)}' if hit else 'it has none'}"
                )
            )
    return found


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)


def _and(names: Iterable[str]) -> str:
    return ", ".join(names)


# ---------------------------------------------------------------- families


def expand(
    family: Family,
    *,
    languages: tuple[str, ...],
    partners: tuple[Partner, ...],
    hashtags: Mapping[str, tuple[str, int]],
    rules: tuple[HashtagRule, ...] = (),
) -> list[Feed]:
    """The feeds that a family makes, in a fixed order.

    `languages` are the site's (used when the family names none), `hashtags` maps a key to its display and the number of
    posts that carry it: only those of `at_least` posts become a feed, unless `only` names keys. Partners become a feed
    each, posts or none, so that an address given to a partner works from the first day.
    """
    feeds = []
    for language in family.languages or languages:
        if family.by == "language":
            feeds.append(_member(family, language, "", "", family.selection))
        elif family.by == "partner":
            for partner in partners:
                if (not partner.ourselves or family.ourselves) and (not family.only or partner.id in family.only):
                    chosen = replace(family.selection, partners=(*family.selection.partners, partner.id))
                    feeds.append(
                        replace(
                            _member(family, language, partner.id, partner.name_in(language), chosen), partner=partner.id
                        )
                    )
        else:
            shown = {rule.key: rule.display for rule in rules}
            ignored = {rule.key for rule in rules if rule.ignore}
            for key, (display, count) in sorted(hashtags.items()):
                if key not in ignored and (key in family.only if family.only else count >= family.at_least):
                    chosen = replace(family.selection, hashtags=(*family.selection.hashtags, key))
                    name = shown.get(key, {}).get(language, display)
                    feeds.append(replace(_member(family, language, key, name, chosen), hashtag=key))
    return feeds


def _member(family: Family, language: str, key: str, name: str, selection: Selection) -> Feed:
    first = language.split("+")[0]
    fill = {"partner": name, "hashtag": name, "language": language}

    def filled(texts: Mapping[str, str]) -> dict[str, str]:
        return {code: text.format_map(fill) for code, text in texts.items()}

    titles = filled(family.titles)
    return Feed(
        slug=family.slug.format_map({"partner": key, "hashtag": key, "language": language}),
        titles={first: titles[first]} if first in titles else titles,
        descriptions=filled(family.descriptions),
        selection=replace(selection, language=language),
        archive=family.archive,
        family=family.by,
    )
