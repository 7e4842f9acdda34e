"""`syndicate posts fix` and `syndicate posts case`: putting a wrongly read post right, and keeping it as a test."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.app import command
from syndicate.cli.desk import Desk
from syndicate.cli.posts import ID, one, posts, shape
from syndicate.cli.telling import number

if TYPE_CHECKING:
    from syndicate.corrections import Fixed, Wishes
    from syndicate.models import Correction
    from syndicate.publishing import Published

Many = list[str] | None

NAMED = 4
"""How many of the feeds that were written are named; --json names all."""


@command(posts)
def fix(
    desk: Desk,
    post: ID,
    block: Annotated[
        Many,
        typer.Option(
            metavar="N=LANGUAGE",
            help="The block with this number (`posts show`) is in this language; `all`: in every version; `none`: in no "
            "version; `auto`: take the fix back.",
        ),
    ] = None,
    title: Annotated[
        Many, typer.Option(metavar="LANGUAGE=TEXT", help="The version's title; without TEXT take the fix back.")
    ] = None,
    add_partner: Annotated[Many, typer.Option(metavar="PARTNER", help="It names this partner (its id).")] = None,
    remove_partner: Annotated[Many, typer.Option(metavar="PARTNER", help="It does not name this partner.")] = None,
    add_hashtag: Annotated[Many, typer.Option(metavar="HASHTAG", help="It has this hashtag.")] = None,
    remove_hashtag: Annotated[Many, typer.Option(metavar="HASHTAG", help="It has not this hashtag.")] = None,
    hide: Annotated[
        bool, typer.Option("--hide", help="Out of every feed, page and draft; --unhide brings it back.")
    ] = False,
    unhide: Annotated[bool, typer.Option("--unhide", help="Show it again.")] = False,
    sure: Annotated[bool, typer.Option("--sure", help="Looked at: its languages are right as they are.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Take back all fixes of this post (not --hide).")] = False,
) -> None:
    """Put a post right for good: what you say here outlives the next pull. Without options: what is fixed now.

    Options may be given several times and together. Feeds are written anew at once; a draft is frozen and keeps what it has.
    """
    from syndicate.corrections import Wishes
    from syndicate.errors import UsageError

    found = one(desk, post)
    if hide and unhide:
        raise UsageError("Say --hide or --unhide, not both.")
    wishes = Wishes(
        _blocks(block), _titles(title), add_partner or (), remove_partner or (), add_hashtag or (), remove_hashtag or (),
        hide or (False if unhide else None), sure, reset,
    )  # fmt: skip
    if wishes.empty:
        return _as_it_is(desk, found.id)
    done, published = _fixed(desk, found.id, wishes)
    rewritten = [feed.slug for feed in published.feeds if feed.written]
    value = {
        "post": shape(done.post, desk.site, done.corrections), "changes": [*done.changes], "feeds": rewritten,
        "redrafted": [*done.redrafted], "drafts": [*done.drafts],
    }  # fmt: skip
    return desk.result(value, "\n".join(_told(done, rewritten, wishes)))


def _fixed(desk: Desk, id: str, wishes: Wishes) -> tuple[Fixed, Published]:
    from syndicate import corrections, editions
    from syndicate.cli.road import identifying, press, publish_again
    from syndicate.cli.turns import alone
    from syndicate.errors import UsageError

    with alone(desk) as free:
        if not free:
            raise UsageError("A run is at work on this site. Try again in a moment: nothing was fixed yet.")
        done = corrections.fix(
            desk.site, desk.store, identifying(desk.site.languages), id, wishes, now=desk.now(),
            redraft=editions.redraft(press(desk), "hidden"),
        )  # fmt: skip
        return done, publish_again(desk)


def _told(done: Fixed, rewritten: Sequence[str], wishes: Wishes) -> list[str]:
    id = done.post.id
    head = (
        "its fixes are taken back."
        if wishes.reset and not done.corrections
        else "settled, for this and every later pull."
    )
    lines = [f"Post {id}: {head}", *(f"  {change}" for change in done.changes or ["Nothing in it changes by that."])]
    named = ", ".join(rewritten[:NAMED]) + (f" and {len(rewritten) - NAMED} more" if len(rewritten) > NAMED else "")
    lines.append(f"{number(len(rewritten), 'feed')} written anew: {named}." if rewritten else "No feed changed.")
    if done.redrafted:
        lines.append(f"Drafted anew without it, to be approved again: {', '.join(done.redrafted)}.")
    for edition in done.drafts:
        lines.append(
            f"{edition} holds it as it was: a draft is frozen. `syndicate newsletter cancel {edition}`, then "
            f"`syndicate newsletter draft {edition.rpartition('-')[0]}` makes it anew."
        )
    if done.post.unsure and wishes.blocks:
        lines.append(f"The languages still want a look: `syndicate posts show {id}`, then --sure if they are right.")
    return lines


def _as_it_is(desk: Desk, id: str) -> None:
    from syndicate import corrections

    said: Sequence[Correction] = corrections.said(desk.store, [id]).get(id, [])
    post = one(desk, id)
    lines = [f"  {corrections.sentence(correction)}" for correction in said]
    if post.hidden:
        lines.append(f"  {post.hidden:%Y-%m-%d}  hidden from every feed, page and draft")
    lines += [f"  {note}" for note in post.notes if note.startswith(corrections.LOST)]
    head = (
        f"Fixed in post {id}:"
        if lines
        else f"Nothing is fixed in post {id}. `syndicate posts fix --help` says what can be."
    )
    value = {"post": shape(post, desk.site, said), "changes": [], "feeds": [], "redrafted": [], "drafts": []}
    desk.result(value, "\n".join([head, *lines]))


def _blocks(typed: Many) -> dict[int, str]:
    from syndicate.errors import UsageError

    found = {}
    for text in typed or ():
        place, sign, language = text.partition("=")
        if not sign or not place.strip().isdecimal() or not language.strip():
            raise UsageError(f"--block {text!r} is not N=LANGUAGE. Write --block 4=en, for example.")
        if int(place) in found:
            raise UsageError(f"Block {int(place)} is named twice: say once which language it is in.")
        found[int(place)] = language.strip()
    return found


def _titles(typed: Many) -> dict[str, str]:
    from syndicate.errors import UsageError

    found = {}
    for text in typed or ():
        language, sign, words = text.partition("=")
        if not sign or not language.strip():
            raise UsageError(
                f"--title {text!r} is not LANGUAGE=TEXT. Write --title 'en=A safer internet', for example."
            )
        found[language.strip()] = words
    return found


# ---------------------------------------------------------------- a test case


@command(posts)
def case(
    desk: Desk,
    post: ID,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to. Default: standard output.")] = None,
) -> None:
    """Write a post as a test case: its body, and what must come out of it, which is what it is now, as you fixed it.

    The file holds the post's whole text. Look whether it names people before you give it to anybody.
    """
    from syndicate import corrections
    from syndicate.cli.road import identifying
    from syndicate.errors import UsageError

    found = one(desk, post)
    made = corrections.case(desk.site, desk.store, identifying(desk.site.languages), found.id)
    if file:
        if file.exists():
            raise UsageError(f"{file} is there already. Give another name, or remove it first.")
        if not file.parent.is_dir():
            raise UsageError(f"There is no folder {file.parent}. Make it first.")
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
            out.write(made.text)
    desk.say("This holds the post's whole text: look whether it names people before you give it to anybody.")
    desk.say(
        "The program reads the post so by itself: the case passes today."
        if made.passes
        else "The program does not read the post so by itself: the case fails until it does."
    )
    value = {"case": made.text, "file": str(file) if file else None, "passes": made.passes}
    desk.result(value, str(file) if file else made.text.rstrip("\n"))
