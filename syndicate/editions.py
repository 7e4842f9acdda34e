"""The hall: posts that are new to a mailing list → one frozen edition → approved.

An edition is frozen when it is drafted: subject, html and text of every variant lie in the store. What a post says later
changes no drafted edition; the operator is told that it changed. What a person said of an edition (`syndicate.editing`)
lies beside it, and is heeded each time that it is drafted anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate import choosing, pictures
from syndicate.errors import SyndicateError, TemplateError, UsageError
from syndicate.membership import all_feeds
from syndicate.models import Edition, EditionVariant, MailingList, Post, Site
from syndicate.store import Connection, Store, edits, posts
from syndicate.store import editions as stored
from syndicate.words import WordBook, fill_text

if TYPE_CHECKING:  # imported where an edition is composed: an idle run composes none
    from syndicate import compose
    from syndicate.compose.edits import Edits
    from syndicate.pull import Fetcher


@dataclass(frozen=True, slots=True)
class Press:
    """What an edition is composed with: the site, its words, and the folders of its templates (later ones win).

    `fetcher` asks for pictures; without one, one is made as the site says.
    """

    site: Site
    words: WordBook
    templates: Sequence[Path]
    fetcher: Fetcher | None = None

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
    """Draft the list's next edition from what is new since its last one, or from one `post`; or say why there is none.

    Beside an edition the sentence names the posts that it does not hold because their languages want a look first.
    """
    with store.read() as connection:
        if (open_ := stored.open_of(connection, list.id)) is not None:
            return (
                None,
                f"{open_} is not finished. Send it, or take it back with `syndicate newsletter cancel {open_}`.",
            )
        number = stored.next_number(connection, list.id)
    plan, reason = choosing.plan(press.site, store, list, post)
    if plan is None:
        return None, reason
    notes = _noted(press, store, list, plan.chosen, None, now)
    with store.read() as connection:
        edition, _ = _compose(press, connection, list, number, plan.chosen, None, now)
    edition = replace(edition, notes=notes)
    with store.write() as connection:
        if (open_ := stored.open_of(connection, list.id)) is not None:
            return None, f"{open_} was drafted by another run a moment ago."
        stored.save(connection, edition, plan.chosen, plan.skipped)
    return edition, plan.held


def draft_again(press: Press, store: Store, list: MailingList, now: datetime) -> tuple[Edition | None, str]:
    """Draft the list's open edition anew, with today's posts and all that a person said of it; an approval is void.

    Says why not, where nothing is open, it has begun to be sent, or nothing is left to put into it.
    """
    with store.read() as connection:
        open_ = stored.open_of(connection, list.id)
        before = stored.load(connection, open_, texts=False) if open_ else None
        said = _said(connection, open_) if open_ else None
    if before is None:
        return None, f"{list.id} has no open edition. `syndicate newsletter draft {list.id}` makes one."
    if before.state not in CHANGEABLE:
        return None, f"{before.id} is {before.state}: it cannot be drafted anew any more."
    plan, reason = choosing.plan(press.site, store, list, None, again=before.id)
    if plan is None:
        return None, reason
    return replaced(press, store, list, before, plan.chosen, said, plan.skipped, now), plan.held


CHANGEABLE = ("draft", "approved")
"""The states of an edition that can still be changed: nobody has it, and nobody's copy waits."""


def redraft(press: Press, why: str = "withdrawn") -> Callable[[Connection, Edition, Sequence[str]], Edition]:
    """What makes an unsent edition anew when a post in it was withdrawn (or hidden), from the posts that are left.

    Without any it is cancelled.
    """

    def given_up(connection: Connection, edition: Edition) -> Edition:
        stored.set_state(connection, edition.id, "cancelled", was=stored.OPEN)
        stored.blank(connection, [edition.id])
        stored.give_back(connection, edition.id)
        return replace(edition, state="cancelled", variants=())

    def again(connection: Connection, edition: Edition, keep: Sequence[str]) -> Edition:
        left = tuple(post for post in posts.load(connection, keep) if not post.hidden)
        list = next((one for one in press.site.lists if one.id == edition.list), None)
        if not left or list is None:
            return given_up(connection, edition)
        try:
            made, shown = _compose(
                press, connection, list, edition.number, left, _said(connection, edition.id), edition.created
            )
        except SyndicateError:  # a broken template must not keep a post from being taken back
            return given_up(connection, edition)
        made = replace(made, notes=(*edition.notes, f"drafted anew: a post in it was {why}"))
        stored.freeze_again(connection, made, shown)
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


def approve(store: Store, edition: Edition, now: datetime, notes: Sequence[str] | None = None) -> None:
    """Approve what was looked at, noting `notes` if given; raises UsageError if it is no draft any more, or was made anew."""
    with store.write() as connection:
        if not stored.approve(connection, edition.id, edition.digest, now):
            raise UsageError(
                f"{edition.id} was not approved: it is no draft any more, or it changed meanwhile. Look at it again."
            )
        if notes is not None:
            stored.set_notes(connection, edition.id, notes)


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


def decided(store: Store, list: MailingList, post: Post) -> str:
    """What became of a post for a list, in a sentence."""
    with store.read() as connection:
        fate = stored.fate(connection, list.id, post.id)
        held_by = stored.load(connection, fate.edition, texts=False) if fate and fate.edition else None
        open_ = stored.open_of(connection, list.id)
    if fate is None and post.hidden:
        return "It is hidden: no edition looks at it before it is shown again."
    if fate is None and post.unsure and list.unsure == "wait":
        return f"It is new to the list, but waits until somebody looked at its languages: `syndicate posts show {post.id}`."
    if fate is None:
        after = f"; {open_} has to be finished first" if open_ else ""
        return f"It is new to the list: the next edition looks at it{after}."
    told = {"draft": "a draft", "undone": "taken back"}
    if fate.state == "included":
        return f"It is in {fate.edition}{f', which is {told.get(held_by.state, held_by.state)}' if held_by else ''}."
    return f"It was passed over: {fate.reason}."


# ---------------------------------------------------------------- composing


def _pages(site: Site, connection: Connection, chosen: Sequence[Post]) -> compose.Addresses:
    """Where partners and hashtags have a feed page of ours (key → language → URL), and our copies of pictures."""
    hashtags: dict[str, dict[str, str]] = {}
    partners: dict[str, dict[str, str]] = {}
    for feed in all_feeds(site, connection):
        for key, pages in ((feed.hashtag, hashtags), (feed.partner, partners)):
            if key:
                pages.setdefault(key, {})[feed.selection.language] = f"{site.base_url}/feeds/{feed.slug}/index.html"
    from syndicate import compose

    return compose.Addresses(hashtags=hashtags, partners=partners, pictures=pictures.known(site, connection, chosen))


def replaced(
    press: Press,
    store: Store,
    list: MailingList,
    before: Edition,
    chosen: Sequence[Post],
    said: Edits | None,
    skipped: Mapping[str, str],
    now: datetime,
) -> Edition:
    """An edition made anew in the place of `before`, from these posts and with what a person said; its approval is void.

    `skipped` are the posts passed over, and why. Raises UsageError when somebody else changed or sent it meanwhile.
    """
    from syndicate.compose.edits import Edits

    said = said or Edits()
    with store.read() as connection:
        added = [post for post in posts.load(connection, said.add) if not post.hidden]
    kept = tuple({post.id: post for post in (*chosen, *added) if post.id not in said.drop}.values())
    if not kept:
        raise UsageError(
            f"{before.id} would hold no post. Leave one in, or give it up: `syndicate newsletter cancel {before.id}`."
        )
    notes = _noted(press, store, list, kept, said, now)
    dropped = dict.fromkeys(said.drop, f"left out of {before.id} by hand")
    with store.write() as connection:
        made, shown = _compose(press, connection, list, before.number, kept, said, before.created)
        made = replace(made, notes=notes)
        today = stored.load(connection, before.id, texts=False)
        if today is None or (today.state, today.digest) != (before.state, before.digest):
            raise UsageError(f"{before.id} was changed by somebody else meanwhile. Look at it, then say this again.")
        stored.freeze_again(connection, made, shown)
        edits.settle(connection, made.id, list.id, made.posts, {**skipped, **dropped})
        edits.replace(connection, made.id, said.rows(), now)
    return made


def _noted(
    press: Press, store: Store, list: MailingList, chosen: Sequence[Post], said: Edits | None, now: datetime
) -> tuple[str, ...]:
    """Fetch the pictures that an edition of these posts shows. Returns what is doubtful: in its template, and in pictures."""
    from syndicate import compose
    from syndicate.compose.edits import arranged
    from syndicate.compose.items import leading

    source = f"{list.template}.mjml"
    doubts = tuple(f"templates/{one}" for one in compose.lint(press.source(source), source))
    order = arranged(chosen, said) if said else chosen
    first = leading(order, list, compose.reading_languages(list, press.site))
    if not any(post.picture for post in first):
        return doubts
    return doubts + pictures.take(press.site, store, press.fetcher or pictures.fetcher(press.site), first, now)


def _said(connection: Connection, edition: str) -> Edits | None:
    rows = edits.load(connection, edition)
    if not rows:
        return None
    from syndicate.compose.edits import from_rows

    return from_rows(rows)


def _compose(
    press: Press,
    connection: Connection,
    list: MailingList,
    number: int,
    chosen: Sequence[Post],
    said: Edits | None,
    now: datetime,
) -> tuple[Edition, tuple[Post, ...]]:
    """The edition, and its posts in the order in which it shows them."""
    from syndicate import archive, compose
    from syndicate.compose.edits import Edits, arranged

    shown = arranged(chosen, said := said or Edits())
    source = f"{list.template}.mjml"
    parts = compose.Parts(
        press.site, list, shown, template=compose.compile(press.source(source), source),
        text_template=press.source(f"{list.template}.txt"), words=press.words, fill_text=fill_text, number=number, date=now,
        preferences=press.site.delivery.leaving == "server",
        addresses=_pages(press.site, connection, shown), web_url=archive.address(press.site, list, number),
        edits=said, logo=pictures.logo(press.site),
    )  # fmt: skip
    names = compose.variants(compose.reading_languages(list, press.site), list.bilingual)
    variants = compose.render_all(parts, compose.with_discreet(names))
    made = Edition(
        id=f"{list.id}-{number}", list=list.id, number=number, state="draft", created=now,
        posts=tuple(post.id for post in shown), variants=variants, digest=digest(variants),
    )  # fmt: skip
    return made, shown


def digest(variants: Sequence[EditionVariant]) -> str:
    """A hash of every byte that the variants hold: what an approval is bound to."""
    held = hashlib.sha256()
    for variant in variants:
        for part in (variant.name, variant.subject, variant.preheader, variant.html, variant.text):
            held.update(len(part).to_bytes(8, "big") + part.encode())
    return held.hexdigest()
