"""The hall: the operator settles a post's languages, title, partners and hashtags for good, or hides it.

What the operator says is kept beside what was found. The post is made anew from its stored body by the same road, with the
corrections applied, and every later pull applies them again. All of one fix is stored in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches

from syndicate.errors import UsageError
from syndicate.models import LOST, Correction, CorrectionKind, Edition, Enrichment, Entry, Post, Scores, Site
from syndicate.pipeline import INCOMPLETE
from syndicate.store import Connection, Store, editions, posts, withdrawn
from syndicate.store import corrections as stored

__all__ = [
    "LOST",
    "Case",
    "Fixed",
    "Made",
    "Wishes",
    "case",
    "decide",
    "differences",
    "fix",
    "remake",
    "said",
    "sentence",
]

UNSENT = ("draft", "approved", "scheduled")

Redraft = Callable[[Connection, Edition, Sequence[str]], Edition]
"""Makes an unsent edition anew from the posts that are left."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator asked for.

    `blocks` maps a block's number as shown, from 1, to a language, "all", "none" or "auto". `titles` maps a language to a
    text ("" takes the fix back). `hide` is None where nothing was said.
    """

    blocks: Mapping[int, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    add_partners: Sequence[str] = ()
    remove_partners: Sequence[str] = ()
    add_hashtags: Sequence[str] = ()
    remove_hashtags: Sequence[str] = ()
    hide: bool | None = None
    sure: bool = False
    reset: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was asked for."""
        return self == Wishes()


@dataclass(frozen=True, slots=True)
class Fixed:
    """A post after a fix: as it was and is, what stands corrected, what changed, and the editions that hold it.

    `redrafted` were made anew without it because it is hidden; `drafts` are unsent and hold it as it was before.
    """

    before: Post
    post: Post
    corrections: tuple[Correction, ...]
    changes: tuple[str, ...]
    redrafted: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A post made anew from its stored body, and of each of its blocks the key by which a correction speaks of it."""

    record: posts.Record
    keys: tuple[str, ...]


def said(store: Store, ids: Sequence[str]) -> dict[str, list[Correction]]:
    """What was said about these posts."""
    with store.read() as connection:
        return stored.of(connection, ids)


def fix(site: Site, store: Store, scores: Scores, id: str, wishes: Wishes, *, now: datetime, redraft: Redraft) -> Fixed:
    """Correct a post as asked, and store it. The caller publishes afterwards.

    Raises UsageError, with nothing changed, where something cannot be done.
    """
    with store.read() as connection:
        (record,) = posts.records(connection, [id])
        before = tuple(stored.of(connection, [id]).get(id, ()))
        taken_back = withdrawn.everything(connection, [id])
    made = remake(site, record, before, before, scores, now, taken_back)
    if _texts(made.record.post) != _texts(record.post) and wishes.blocks:
        with store.write() as connection:
            posts.save(connection, [made.record])
        raise UsageError(
            f"Post {id} was split another way before, and was split anew just now: its blocks may have other numbers. "
            f"Look again with `syndicate posts show {id}`, then repeat the fix. Nothing was fixed yet."
        )
    put, gone = decide(site, made, before, wishes, now)
    after = () if wishes.reset else tuple(one for one in before if (one.kind, one.key) not in gone)
    after = tuple(one for one in after if (one.kind, one.key) not in {(new.kind, new.key) for new in put}) + tuple(put)
    new = remake(site, record, before, after, scores, now, taken_back).record if after != before else record
    hidden = {None: record.post.hidden, True: record.post.hidden or now, False: None}[wishes.hide]
    with store.write() as connection:
        stored.change(connection, id, put, gone)
        if new != record:
            posts.save(connection, [new])
        if hidden != record.post.hidden:
            stored.hide(connection, id, hidden)
        redrafted, drafts = _drafts(connection, id, hidden is not None, redraft)
    post = replace(new.post, hidden=hidden)
    changes = differences(record.post, post)
    return Fixed(record.post, post, after, changes, redrafted, drafts if changes else ())


def remake(
    site: Site,
    record: posts.Record,
    before: Sequence[Correction],
    after: Sequence[Correction],
    scores: Scores,
    now: datetime,
    taken_back: Sequence[withdrawn.Withdrawal],
) -> Made:
    """A post made anew from its stored body with the corrections `after`; those `before` tell which of its notes they made."""
    from syndicate.enrich import amending, with_keys

    post, digest = record.post, record.digest.removesuffix(INCOMPLETE)
    source = next((one for one in site.sources if one.id == post.source), None)
    entry = Entry(post.guid, post.url, post.title, record.body, categories=record.categories, picture=post.picture)

    def enriched(said: Sequence[Correction]) -> tuple[Enrichment, tuple[str, ...]]:
        return with_keys(
            entry, languages=(source.languages if source else ()) or site.languages, partners=site.partners,
            hashtags=site.hashtags, scores=scores, corrections=amending.standing(said, digest),
        )  # fmt: skip

    old, _ = enriched(before)
    found, keys = enriched(after)
    upstream = tuple(note for note in post.notes if note not in old.notes)
    made = replace(
        post, versions=found.versions, partners=found.partners, hashtags=found.hashtags, links=found.links,
        picture=found.picture, blocks=found.blocks, margin=found.margin, unsure=found.unsure, notes=(*upstream, *found.notes),
    )  # fmt: skip
    if made.versions != post.versions:
        made = replace(made, updated=max(now, post.updated))
    new = withdrawn.without(replace(record, post=made), taken_back)
    left = set(map(id, new.post.blocks))
    return Made(new, tuple(key for key, block in zip(keys, made.blocks, strict=True) if id(block) in left))


@dataclass(frozen=True, slots=True)
class Case:
    """A post as a test case: the TOML text, and whether the program passes it today."""

    text: str
    passes: bool


def case(site: Site, store: Store, scores: Scores, id: str) -> Case:
    """A post as a test case: what it is now, with the operator's fixes, is what must come out of its body."""
    from syndicate import cases
    from syndicate.enrich import enrich

    with store.read() as connection:
        (record,) = posts.records(connection, [id])
    post = record.post
    source = next((one for one in site.sources if one.id == post.source), None)
    languages = (source.languages if source else ()) or site.languages
    entry = Entry(None, post.url or "", post.title, record.body)
    found = enrich(entry, languages=languages, partners=(), hashtags=(), scores=scores)
    wanted = cases.expected(post.versions, post.blocks)
    return Case(cases.written(entry, languages, wanted), cases.expected(found.versions, found.blocks) == wanted)


def _texts(post: Post) -> list[str]:
    return [block.text for block in post.blocks]


def _drafts(connection: Connection, id: str, hidden: bool, redraft: Redraft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The unsent editions that hold a post: those made anew without it, because it is hidden, and those that keep it."""
    unsent = [edition for edition, state in editions.with_post(connection, id) if state in UNSENT]
    if not hidden:
        return (), tuple(unsent)
    for name in unsent:
        edition = editions.load(connection, name)
        if edition is not None:
            redraft(connection, edition, tuple(other for other in edition.posts if other != id))
            stored.undecide(connection, name, id)
    return tuple(unsent), ()


# ---------------------------------------------------------------- deciding


def decide(
    site: Site, made: Made, before: Sequence[Correction], wishes: Wishes, now: datetime
) -> tuple[list[Correction], set[tuple[str, str]]]:
    """What is to be kept, and which (kind, key) forgotten; raises UsageError for what cannot be done."""
    digest = made.record.digest.removesuffix(INCOMPLETE)

    def correction(kind: CorrectionKind, key: str, value: str) -> Correction:
        return Correction(kind, key, value, now, digest)

    put, gone = _blocks(site, made, before, wishes.blocks, correction)
    more, back = _titles(made.record.post, wishes.titles, correction)
    put += [*more, *_named(site, wishes, correction)]
    gone |= back
    if wishes.sure:
        put.append(correction("sure", "", ""))
    if wishes.reset:
        gone |= {(one.kind, one.key) for one in before}
    return put, gone


New = Callable[[CorrectionKind, str, str], Correction]


def _blocks(
    site: Site, made: Made, before: Sequence[Correction], wanted: Mapping[int, str], new: New
) -> tuple[list[Correction], set[tuple[str, str]]]:
    """The fixes of blocks. A part of a divided block is fixed with its other parts, so that the division holds."""
    from syndicate.enrich import amending

    post = made.record.post
    values: dict[int, str] = {}
    gone: set[tuple[str, str]] = set()
    for number, said in wanted.items():
        if not 1 <= number <= len(post.blocks):
            raise UsageError(
                f"Post {post.id} has {len(post.blocks)} blocks, and none is number {number}. "
                f"`syndicate posts show {post.id}` numbers them."
            )
        if said not in (*site.languages, "all", "none", "auto"):
            known = ", ".join((*site.languages, "all", "none", "auto"))
            raise UsageError(f"A block cannot be given to {said!r}. Write one of: {known}.")
        mine = amending.whole(made.keys[number - 1])
        if said == "auto":
            gone |= {(one.kind, one.key) for one in before if one.kind == "block" and amending.whole(one.key) == mine}
            continue
        values[number - 1] = {"all": "*", "none": ""}.get(said, said)
        for other, key in enumerate(made.keys):
            if amending.whole(key) == mine:
                values.setdefault(other, post.blocks[other].language or "")
    put = [
        new("block", amending.with_opening(made.keys[place], post.blocks[place].text), value)
        for place, value in sorted(values.items())
    ]
    # The same block may stand there without its opening words, or as a whole where now its parts are fixed.
    mine_now = {amending.whole(one.key) for one in put}
    gone |= {(one.kind, one.key) for one in before if one.kind == "block" and amending.whole(one.key) in mine_now}
    return put, gone


def _titles(post: Post, wanted: Mapping[str, str], new: New) -> tuple[list[Correction], set[tuple[str, str]]]:
    put: list[Correction] = []
    gone: set[tuple[str, str]] = set()
    for language, text in wanted.items():
        words = " ".join(text.split())
        if not words:
            gone.add(("title", language))
        elif post.version(language) is None:
            have = ", ".join(version.language for version in post.versions) or "none"
            raise UsageError(f"Post {post.id} has no version {language!r} to give a title to; it has {have}.")
        else:
            put.append(new("title", language, words))
    return put, gone


def _named(site: Site, wishes: Wishes, new: New) -> list[Correction]:
    """The fixes of partners and hashtags."""
    from syndicate.enrich import amending

    known = {partner.id for partner in site.partners}
    for id in (*wishes.add_partners, *wishes.remove_partners):
        if id not in known:
            close = get_close_matches(id, known, n=1)
            raise UsageError(
                f"There is no partner {id!r} in feeds/partners.toml."
                + (f" Did you mean {close[0]}?" if close else " `syndicate partners list` names them.")
            )
    ignored = {amending.canonical(rule.key, site.hashtags) for rule in site.hashtags if rule.ignore}
    put = [new("partner", id, "add") for id in wishes.add_partners]
    put += [new("partner", id, "remove") for id in wishes.remove_partners]
    for tag in wishes.add_hashtags:
        spelling = _one_hashtag(tag)
        key = amending.canonical(spelling, site.hashtags)
        if key in ignored:
            raise UsageError(f"#{spelling} is ignored in feeds/hashtags.toml: take that line out to use it.")
        put.append(new("hashtag", key, f"add {spelling}"))
    put += [
        new("hashtag", amending.canonical(_one_hashtag(tag), site.hashtags), "remove") for tag in wishes.remove_hashtags
    ]
    for one in put:
        if sum((other.kind, other.key) == (one.kind, one.key) for other in put) > 1:
            raise UsageError(f"{one.key} is named twice: say once whether it is added or removed.")
    return put


def _one_hashtag(typed: str) -> str:
    from syndicate.enrich import hashtags

    found = hashtags.spellings(f"#{typed.strip().lstrip('#')}")
    if len(found) != 1 or len(found[0]) != len(typed.strip().lstrip("#")):
        raise UsageError(f"{typed!r} is not one hashtag. Write it as one word of letters and digits.")
    return found[0]


# ---------------------------------------------------------------- telling


def differences(before: Post, after: Post) -> tuple[str, ...]:
    """What is not the same in two states of a post, a sentence each."""
    told = []
    old, new = ({version.language: version for version in post.versions} for post in (before, after))
    told += [f"It now has a version {language}." for language in new if language not in old]
    told += [f"It no longer has a version {language}." for language in old if language not in new]
    for language in (language for language in new if language in old):
        if old[language].title != new[language].title:
            told.append(f"The {language} title is now “{new[language].title}”.")
        if old[language].text != new[language].text:
            words = len(old[language].text.split()), len(new[language].text.split())
            told.append(f"The {language} text changed: it now has {words[1]} words; it had {words[0]}.")
    told += _sets("partner", {one.id for one in before.partners}, {one.id for one in after.partners})
    told += _sets("hashtag", {one.key for one in before.hashtags}, {one.key for one in after.hashtags})
    if before.unsure != after.unsure:
        told.append("Its languages want a look again." if after.unsure else "Its languages count as looked at.")
    if bool(before.hidden) != bool(after.hidden):
        told.append("It is hidden from every feed, page and draft." if after.hidden else "It is shown again.")
    return tuple(told)


def _sets(noun: str, before: set[str], after: set[str]) -> list[str]:
    told = [f"It now has the {noun} {name}." for name in sorted(after - before)]
    return told + [f"It no longer has the {noun} {name}." for name in sorted(before - after)]


def sentence(one: Correction) -> str:
    """What a correction says, for the operator."""
    from syndicate.enrich import amending

    day = f"{one.at:%Y-%m-%d}"
    if one.kind == "block":
        where = {"": "in no version", "*": "in every version"}.get(one.value, f"in {one.value}")
        return f"{day}  block “{amending.opening(one.key) or '…'}” stands {where}"
    if one.kind == "title":
        return f"{day}  title {one.key}: “{one.value}”"
    if one.kind == "sure":
        return f"{day}  looked at: the languages are right"
    return f"{day}  {one.kind} {one.key} {'added' if one.value.startswith('add') else 'removed'}"
