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

from syndicate import pictures
from syndicate.errors import SyndicateError, TemplateError, UsageError
from syndicate.membership import all_feeds
from syndicate.models import Edition, EditionVariant, MailingList, Post, Site
from syndicate.selection import matches
from syndicate.store import Connection, Store, edits, facts, posts
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an edition is to be made of: the posts `chosen`, those passed over and why, those `held` for a look."""

    chosen: tuple[Post, ...]
    skipped: Mapping[str, str]
    held: Sequence[Post]


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
    plan, reason = _plan(press, store, list, post)
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
    return edition, _held(plan.held)


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
    plan, reason = _plan(press, store, list, None, again=before.id)
    if plan is None:
        return None, reason
    return replaced(press, store, list, before, plan.chosen, said, plan.skipped, now), _held(plan.held)


CHANGEABLE = ("draft", "approved")
"""The states of an edition that can still be changed: nobody has it, and nobody's copy waits."""


def _plan(
    press: Press, store: Store, list: MailingList, post: str | None, again: str | None = None
) -> tuple[_Plan | None, str]:
    """Decide what an edition holds, from what is new to the list; with `again`, as if that edition had decided nothing."""
    with store.read() as connection:
        fates = {
            id: fate for id, fate in stored.decided(connection, list.id).items() if not again or fate.edition != again
        }
        candidates = _candidates(connection, list, {post} if post else None, () if post else fates)
        held: Sequence[Post] = posts.load(connection, _held_back(connection, list, candidates))
        unsure = {one.id for one in held}
        found = posts.load(connection, [id for id in candidates if id not in unsure][: list.selection.limit])
    from syndicate import compose

    choice = compose.choose(found, list=list, languages=compose.reading_languages(list, press.site))
    if choice.waiting:
        id, why = choice.waiting[0]
        return None, f"{list.id} waits: post {id} {why}."
    if not choice.chosen:
        return None, _nothing(list, post, bool(fates), held, choice.skipped)
    skipped = dict(choice.skipped)
    if not fates:
        chosen = {one.id for one in choice.chosen}
        oldest = min(one.published for one in choice.chosen)
        older = [one for one in found if one.id not in chosen] + [one for one in held if one.published < oldest]
        skipped |= {one.id: "older than the list's first edition" for one in older}
        held = [one for one in held if one.published >= oldest]
    return _Plan(choice.chosen, skipped, held), ""


def _nothing(
    list: MailingList, post: str | None, begun: bool, held: Sequence[Post], skipped: Sequence[tuple[str, str]]
) -> str:
    """Why there is no edition to draft, and what to type."""
    if held:
        return f"Nothing else is new for {list.id}. {_held(held)}"
    if post and skipped:
        return f"Post {post} is not for {list.id}: {skipped[0][1]}."
    if post:
        return f"Post {post} is hidden, so it is in no draft. `syndicate posts fix {post} --unhide` shows it again."
    return f"Nothing is new for {list.id} since its last edition." if begun else f"No post matches {list.id} yet."


def _held(held: Sequence[Post]) -> str:
    """Which posts are held back because nobody looked at their languages, and what to type."""
    if not held:
        return ""
    first = held[0].id
    who = (
        f"Post {first} waits" if len(held) == 1 else f"{len(held)} posts wait ({', '.join(one.id for one in held[:5])})"
    )
    return (
        f"{who} for a look at the languages: `syndicate posts show {first}`, then "
        f"`syndicate posts fix {first} --sure` if they are right."
    )


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
        fate = stored.decided(connection, list.id).get(post.id)
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


def _candidates(connection: Connection, list: MailingList, only: set[str] | None, decided: object) -> list[str]:
    """The posts in the list's selection that nothing was decided about, newest first, without its limit."""
    found = facts.of(connection, only) if only else facts.newest(connection, list.selection)
    known = decided if isinstance(decided, dict) else {}
    fitting = [post for post in found if post.id not in known and (only or matches(list.selection, post))]
    fitting.sort(key=lambda post: (-post.published, post.id))
    return [post.id for post in fitting]


def _held_back(connection: Connection, list: MailingList, candidates: Sequence[str]) -> Sequence[str]:
    """Of some posts those that the list holds back until somebody looked at their languages."""
    if list.unsure != "wait":
        return ()
    unsure = set(posts.newest(connection, posts.Filter(unsure=True), None))
    return [id for id in candidates if id in unsure]


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
