"""The hall: posts that are new to a mailing list → one frozen edition → approved.

An edition is frozen when it is drafted: subject, html and text of every variant lie in the store. What a post says later
changes no drafted edition; the operator is told that it changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.errors import SyndicateError, TemplateError, UsageError
from syndicate.models import Edition, EditionVariant, MailingList, Post, Site
from syndicate.publishing import all_feeds
from syndicate.selection import matches
from syndicate.store import Connection, Store, posts
from syndicate.store import editions as stored
from syndicate.words import WordBook, fill_text

if TYPE_CHECKING:  # imported where an edition is composed: an idle run composes none
    from syndicate import compose


@dataclass(frozen=True, slots=True)
class Press:
    """What an edition is composed with: the site, its words, and the folders of its templates (later ones win)."""

    site: Site
    words: WordBook
    templates: Sequence[Path]

    def source(self, name: str) -> str:
        """The text of a template; raises TemplateError where no folder has it."""
        for folder in reversed(self.templates):
            if (path := folder / name).exists():
                return path.read_text("utf-8")
        raise TemplateError(
            f"There is no template {name}. Put it into {self.templates[-1]}, or choose another in the list's file."
        )


def draft(
    press: Press, store: Store, list: MailingList, *, post: str | None, now: datetime
) -> tuple[Edition | None, str]:
    """Draft the list's next edition from what is new since its last one, or from one `post`; or say why there is none."""
    with store.read() as connection:
        if (open_ := stored.open_of(connection, list.id)) is not None:
            return (
                None,
                f"{open_} is not finished. Send it, or take it back with `syndicate newsletter cancel {open_}`.",
            )
        number = stored.next_number(connection, list.id)
        fates = stored.decided(connection, list.id)
        candidates = _candidates(connection, list, {post} if post else None, () if post else fates)
        found = posts.load(connection, candidates)
        pages = _pages(press.site, connection)
    from syndicate import compose

    choice = compose.choose(found, list=list, languages=compose.reading_languages(list, press.site))
    if choice.waiting:
        id, why = choice.waiting[0]
        return None, f"{list.id} waits: post {id} {why}."
    if not choice.chosen:
        return (
            None,
            f"Nothing is new for {list.id} since its last edition." if fates else f"No post matches {list.id} yet.",
        )
    edition = _compose(press, list, number, choice.chosen, pages, now)
    skipped = dict(choice.skipped)
    if not fates:
        chosen = {one.id for one in choice.chosen}
        skipped |= {one.id: "older than the list's first edition" for one in found if one.id not in chosen}
    with store.write() as connection:
        if (open_ := stored.open_of(connection, list.id)) is not None:
            return None, f"{open_} was drafted by another run a moment ago."
        stored.save(connection, edition, choice.chosen, skipped)
    return edition, ""


def redraft(press: Press) -> Callable[[Connection, Edition, Sequence[str]], Edition]:
    """What withdrawing calls to make an unsent edition anew from the posts that are left; without any it is cancelled."""

    def given_up(connection: Connection, edition: Edition) -> Edition:
        stored.set_state(connection, edition.id, "cancelled", was=stored.OPEN)
        stored.blank(connection, [edition.id])
        stored.give_back(connection, edition.id)
        return replace(edition, state="cancelled", variants=())

    def again(connection: Connection, edition: Edition, keep: Sequence[str]) -> Edition:
        left = posts.load(connection, keep)
        list = next((one for one in press.site.lists if one.id == edition.list), None)
        if not left or list is None:
            return given_up(connection, edition)
        try:
            made = _compose(press, list, edition.number, left, _pages(press.site, connection), edition.created)
        except SyndicateError:  # a broken template must not keep a post from being taken back
            return given_up(connection, edition)
        made = replace(made, notes=(*edition.notes, "drafted anew: a post in it was withdrawn"))
        stored.freeze_again(connection, made, left)
        return made

    return again


def called(store: Store, site: Site, name: str, *, texts: bool = True) -> Edition:
    """The edition with this id, or the newest of the list with this name; raises UsageError if there is none."""
    with store.read() as connection:
        if any(one.id == name for one in site.lists):
            newest = stored.newest(connection, name, limit=1)
            if not newest:
                raise UsageError(f"{name} has no edition yet. `syndicate newsletter draft {name}` makes one.")
            name = newest[0].id
        edition = stored.load(connection, name, texts=texts)
    if edition is None:
        names = ", ".join(one.id for one in site.lists) or "none"
        raise UsageError(
            f"There is no edition or list {name!r}. The lists are: {names}. An edition is called <list>-<number>."
        )
    return edition


def approve(store: Store, edition: Edition, now: datetime) -> None:
    """Approve exactly what was looked at; raises UsageError if it is no draft any more or was drafted anew meanwhile."""
    with store.write() as connection:
        if not stored.approve(connection, edition.id, edition.digest, now):
            raise UsageError(
                f"{edition.id} was not approved: it is no draft any more, or it changed meanwhile. Look at it again."
            )


def cancel(store: Store, edition: Edition) -> None:
    """Give up an edition that has not begun to be sent; its posts are new to the list again."""
    with store.write() as connection:
        if not stored.set_state(connection, edition.id, "cancelled", was=("draft", "approved", "scheduled")):
            raise UsageError(
                f"{edition.id} is {edition.state}: only an edition that has not begun to be sent can be cancelled."
            )
        stored.give_back(connection, edition.id)


def changed_since(store: Store, edition: Edition) -> list[str]:
    """The edition's posts that changed after it was drafted."""
    with store.read() as connection:
        return stored.changed_since(connection, edition.id)


def decided(store: Store, list: str, post: str) -> str:
    """What became of a post for a list, in a sentence."""
    with store.read() as connection:
        fate = stored.decided(connection, list).get(post)
    if fate is None:
        return "It is new to the list: the next edition looks at it."
    if fate.state == "included":
        return f"It is in {fate.edition}."
    return f"It was passed over: {fate.reason}."


# ---------------------------------------------------------------- composing


def _candidates(connection: Connection, list: MailingList, only: set[str] | None, decided: object) -> list[str]:
    """The posts in the list's selection that nothing was decided about, newest first."""
    facts = posts.facts(connection, ids=only)
    known = decided if isinstance(decided, dict) else {}
    fitting = [post for post in facts if post.id not in known and (only or matches(list.selection, post))]
    fitting.sort(key=lambda post: (-post.published, post.id))
    return [post.id for post in fitting[: list.selection.limit]]


def _pages(site: Site, connection: Connection) -> compose.Addresses:
    """Where partners and hashtags have a feed page of ours: key → language → URL."""
    hashtags: dict[str, dict[str, str]] = {}
    partners: dict[str, dict[str, str]] = {}
    for feed in all_feeds(site, connection):
        for key, pages in ((feed.hashtag, hashtags), (feed.partner, partners)):
            if key:
                pages.setdefault(key, {})[feed.selection.language] = f"{site.base_url}/feeds/{feed.slug}/index.html"
    from syndicate import compose

    return compose.Addresses(hashtags=hashtags, partners=partners)


def _compose(
    press: Press,
    list: MailingList,
    number: int,
    chosen: Sequence[Post],
    pages: compose.Addresses,
    now: datetime,
) -> Edition:
    from syndicate import compose

    source = f"{list.template}.mjml"
    parts = compose.Parts(
        press.site, list, chosen, template=compose.compile(press.source(source), source),
        text_template=press.source(f"{list.template}.txt"), words=press.words, fill_text=fill_text, number=number, date=now,
        preferences=False, addresses=pages,
    )  # fmt: skip
    variants = compose.render_all(parts, compose.variants(compose.reading_languages(list, press.site), list.bilingual))
    return Edition(
        id=f"{list.id}-{number}", list=list.id, number=number, state="draft", created=now,
        posts=tuple(post.id for post in chosen), variants=variants, digest=digest(variants),
    )  # fmt: skip


def digest(variants: Sequence[EditionVariant]) -> str:
    """A hash of every byte that the variants hold: what an approval is bound to."""
    held = hashlib.sha256()
    for variant in variants:
        for part in (variant.name, variant.subject, variant.preheader, variant.html, variant.text):
            held.update(len(part).to_bytes(8, "big") + part.encode())
    return held.hexdigest()
