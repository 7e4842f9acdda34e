"""The hall: what a person wants otherwise in an edition → rows beside it, and the edition made anew at once.

The rows outlive every new draft. Whatever is made anew has other bytes, so that an approval of the old ones is void.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from syndicate import editions
from syndicate.errors import UsageError
from syndicate.models import Edition, MailingList, Post, Site
from syndicate.store import Store, edits, posts

if TYPE_CHECKING:  # imported where an edition is composed
    from syndicate.compose.edits import Edits

TEXTS = ("subject", "preheader", "intro")
"""What can be said per language."""

LONGEST = {"subject": 150, "preheader": 200}
"""The most characters of what is typed; `check` warns much earlier, since phones show some 40."""


@dataclass(frozen=True)
class Wish:
    """What is wanted now, on top of what was said before. Texts are per language, "" takes one back; posts are ids.

    `order`, if not None, replaces the order said before; `feature` "" features none. `reset` forgets all said before first.
    """

    subject: Mapping[str, str] = field(default_factory=dict)
    preheader: Mapping[str, str] = field(default_factory=dict)
    intro: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    feature: str | None = None
    reset: bool = False


@dataclass(frozen=True)
class Desired:
    """An edition as it stands: what was said of it, its posts in order, and those that were left out by hand."""

    edition: Edition
    said: Edits
    posts: tuple[Post, ...]
    dropped: tuple[Post, ...]


def look(store: Store, edition: Edition) -> Desired:
    """What was said of an edition, and the posts that it is about."""
    from syndicate.compose.edits import from_rows

    with store.read() as connection:
        said = from_rows(edits.load(connection, edition.id))
        inside = posts.load(connection, edition.posts)
        dropped = posts.load(connection, said.drop)
    return Desired(edition, said, tuple(inside), tuple(dropped))


def edit(press: editions.Press, store: Store, edition: Edition, wish: Wish, now: datetime) -> Edition:
    """Note what is wanted, and make the edition anew from today's posts. Raises UsageError with what cannot be."""
    if edition.state not in editions.CHANGEABLE:
        raise UsageError(
            f"{edition.id} is {edition.state}: only a draft, or one that is approved and not sent yet, can be edited."
        )
    list = next((one for one in press.site.lists if one.id == edition.list), None)
    if list is None:
        raise UsageError(f"{edition.id} belongs to the list {edition.list}, which is not in subscribers/ any more.")
    here = look(store, edition)
    said = wished(here.said, wish)
    _possible(press.site, list, wish)
    base = _base(store, here, said)
    _all_there(store, base, said, wish)
    with store.read() as connection:
        skipped = edits.skipped_by(connection, edition.id)
    for id in {*here.said.drop, *edition.posts}:
        skipped.pop(id, None)
    return editions.replaced(press, store, list, edition, base, said, skipped, now)


def wished(before: Edits, wish: Wish) -> Edits:
    """What is said now: the wish over what was said before. To add a post that was dropped takes it back in, and vice versa."""
    from syndicate.compose.edits import Edits

    before = Edits() if wish.reset else before
    texts = {}
    for kind in TEXTS:
        merged = {**getattr(before, kind), **getattr(wish, kind)}
        texts[kind] = {language: text.strip() for language, text in merged.items() if text.strip()}
    drop = dict.fromkeys(id for id in (*before.drop, *wish.drop) if id not in wish.add)
    # A post dropped and added again is one of the edition's own, unless it had been added before.
    add = dict.fromkeys(
        id for id in (*before.add, *(i for i in wish.add if i not in before.drop)) if id not in wish.drop
    )
    order = before.order if wish.order is None else wish.order
    featured = before.featured if wish.feature is None else wish.feature or None
    return Edits(
        **texts,
        order=tuple(id for id in dict.fromkeys(order) if id not in drop),
        drop=tuple(drop),
        add=tuple(add),
        featured=None if featured in drop else featured,
    )


def _possible(site: Site, list: MailingList, wish: Wish) -> None:
    """Refuse what can be refused without looking at any post."""
    from syndicate import compose
    from syndicate.compose.edits import trouble

    languages = compose.reading_languages(list, site)
    for kind in TEXTS:
        for language, text in getattr(wish, kind).items():
            if language not in languages:
                raise UsageError(
                    f"{list.id} is not written in {language!r}. Its languages are: {', '.join(languages)}."
                )
            if kind == "intro" and (why := trouble(text)):
                raise UsageError(f"The introduction in {language} cannot be used: {why}.")
            if len(text) > LONGEST.get(kind, len(text)):
                raise UsageError(f"The {kind} in {language} has {len(text)} characters; {LONGEST[kind]} are the most.")
            if kind != "intro" and any(sign in text for sign in "\r\n"):
                raise UsageError(f"The {kind} in {language} holds a line break; write it as one line.")
    if twice := sorted({*wish.drop} & {*wish.add}):
        raise UsageError(f"Post {twice[0]} cannot be dropped and added at once.")
    if wish.feature and wish.feature in wish.drop:
        raise UsageError(f"Post {wish.feature} cannot be featured and dropped at once.")


def _base(store: Store, here: Desired, said: Edits) -> tuple[Post, ...]:
    """The posts that the edition was drafted with, newest first, as if nobody had said anything of them."""
    own = {post.id: post for post in (*here.posts, *here.dropped) if post.id not in here.said.add}
    return tuple(sorted(own.values(), key=lambda post: (-post.published.timestamp(), post.id)))


def _all_there(store: Store, base: Sequence[Post], said: Edits, wish: Wish) -> None:
    """Raise UsageError for a post that is not to be had, or is not in the edition."""
    with store.read() as connection:
        added = {post.id: post for post in posts.load(connection, said.add)}
    for id in wish.add:
        if id not in added and id not in {post.id for post in base}:
            raise UsageError(f"There is no post {id}. `syndicate posts list` shows what there is.")
        if id in added and added[id].hidden:
            raise UsageError(f"Post {id} is hidden. `syndicate posts fix {id} --unhide` shows it again.")
    inside = {*(post.id for post in base), *added} - {*said.drop}
    asked = [*(wish.order or ()), *([wish.feature] if wish.feature else [])]
    if strangers := [id for id in asked if id not in inside]:
        raise UsageError(f"Post {strangers[0]} is not in the edition. `--add {strangers[0]}` puts it in.")
    known = inside | {*said.drop}
    if strangers := [id for id in wish.drop if id not in known]:
        raise UsageError(f"Post {strangers[0]} is not in the edition, so it cannot be dropped.")


# ---------------------------------------------------------------- one file of all that can be said


def sheet(here: Desired, languages: Sequence[str]) -> str:
    """Everything that can be said of an edition, as TOML that begins as it stands."""
    said = here.said
    lines = [
        f"# {here.edition.id}. Change what you like and save; leave a text empty to have it as it was drafted.",
        "# Introductions are Markdown: an empty line parts paragraphs, **bold**, [words](https://address).",
        "",
    ]
    for language in languages:
        lines += [f"[{_key(language)}]"]
        lines += [f"{kind} = {_string(getattr(said, kind).get(language, ''))}" for kind in ("subject", "preheader")]
        lines += [f"intro = {_paragraphs(said.intro.get(language, ''))}", ""]
    lines += [
        "[posts]",
        "# The order in which they stand. A line taken out, or begun with #, leaves its post out.",
        "order = [",
    ]
    lines += [f'  "{post.id}",  # {_remark(post)}' for post in here.posts]
    lines += [f'  # "{post.id}",  # left out: {_remark(post)}' for post in here.dropped]
    lines += [
        "]",
        "# This one stands first, whatever the order says.",
        f"featured = {_string(said.featured or '')}",
        "",
    ]
    return "\n".join(lines)


def from_sheet(text: str, here: Desired) -> Wish:
    """What a person made of the sheet: the whole of what is said from now on. Raises UsageError with the line."""
    import tomllib

    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The file was not understood, so nothing was changed: {error}.") from None
    chosen = said.pop("posts", {})
    order, featured = chosen.get("order", []), chosen.get("featured", "")
    texts: dict[str, dict[str, str]] = {kind: {} for kind in TEXTS}
    for language, table in said.items():
        for kind, value in table.items() if isinstance(table, dict) else [(language, table)]:
            if kind not in texts or not isinstance(value, str):
                raise UsageError(f"[{language}] can hold {', '.join(TEXTS)}, each a text; {kind} was not understood.")
            texts[kind][language] = value
    if set(chosen) - {"order", "featured"} or not isinstance(order, list) or not isinstance(featured, str):
        raise UsageError("[posts] can hold order, a list of ids, and featured, one id.")
    ids = tuple(str(id) for id in order)
    own = {post.id for post in (*here.posts, *here.dropped)} - {*here.said.add}
    return Wish(
        **texts,
        order=ids if ids != _as_drafted(here, ids) else (),
        drop=tuple(id for id in own if id not in ids),
        add=tuple(id for id in ids if id not in own),
        feature=featured,
        reset=True,
    )


def _as_drafted(here: Desired, ids: Sequence[str]) -> tuple[str, ...]:
    """These posts in the order in which they were drafted: then there is no order to keep."""
    known = {post.id: post for post in (*here.posts, *here.dropped)}
    return tuple(sorted(ids, key=lambda id: (-known[id].published.timestamp(), id) if id in known else (0.0, id)))


def _key(language: str) -> str:
    return language if language.replace("-", "").isalnum() and language.isascii() else _string(language)


def _string(text: str) -> str:
    """A TOML string on one line: JSON's escapes are TOML's (TOML 1.0), but for the one sign that only TOML forbids bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _paragraphs(text: str) -> str:
    """A TOML string over several lines, as one writes paragraphs."""
    if "\n" not in text:
        return _string(text)
    lines = (_string(line)[1:-1] for line in text.split("\n"))
    return '"""\n' + "\n".join(lines) + '"""'


def _remark(post: Post) -> str:
    return " ".join(post.title.split())[:70]
