"""`syndicate newsletter edit`: a person's words, choice and order over what was drafted."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syndicate.cli.app import command
from syndicate.cli.desk import Desk
from syndicate.cli.newsletter import EDITION, newsletter
from syndicate.cli.telling import columns, number, shortened

if TYPE_CHECKING:
    from syndicate.editing import Desired, Wish

TEXT = "LANGUAGE=TEXT"


@command(newsletter)
def edit(
    desk: Desk,
    edition: EDITION,
    intro: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LANGUAGE=FILE", help="An introduction in Markdown, from a file; - reads what is typed or piped."
        ),
    ] = None,
    intro_text: Annotated[
        list[str] | None, typer.Option(metavar=TEXT, help="The same, written here. Empty takes it back.")
    ] = None,
    subject: Annotated[list[str] | None, typer.Option(metavar=TEXT, help="The subject. Empty takes it back.")] = None,
    preheader: Annotated[
        list[str] | None, typer.Option(metavar=TEXT, help="The line that mailboxes show beside the subject.")
    ] = None,
    order: Annotated[str | None, typer.Option(metavar="ID,ID,…", help="These posts first, in this order.")] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="ID", help="Leave this post out.")] = None,
    add: Annotated[list[str] | None, typer.Option(metavar="ID", help="Put this post in.")] = None,
    feature: Annotated[
        str | None, typer.Option(metavar="ID", help="This post first, with its picture. Empty features none.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget all that was said before.")] = False,
    editor: Annotated[bool, typer.Option("--editor", help="Open all of it in $EDITOR, as one file.")] = False,
) -> None:
    """Change a draft by hand: introduction, subject, preheader, and which posts in which order. An approval is void then.

    Without options it says how the edition stands and what was changed. The changes survive a new draft
    (`newsletter draft LIST --again`).
    """
    from syndicate import editing, editions
    from syndicate.cli.road import press
    from syndicate.errors import UsageError

    found = editions.called(desk.store, desk.site, edition, texts=False)
    texts = {"subject": subject, "preheader": preheader, "intro_text": intro_text, "intro": intro}
    posts = {"order": order, "drop": drop, "add": add, "feature": feature}
    if editor:
        if reset or any(value is not None for value in {**texts, **posts}.values()):
            raise UsageError("--editor goes alone: everything can be said in the file that it opens.")
        wish = _typed(desk, editing.look(desk.store, found))
    elif reset or any(value is not None for value in {**texts, **posts}.values()):
        wish = _wish(desk, texts, posts, reset)
    else:
        wish = None
    if wish is not None:
        found = editing.edit(press(desk), desk.store, found, wish, desk.now())
        for note in found.notes:
            desk.warn(note)
    here = editing.look(desk.store, found)
    lines = [_told(here, _languages(desk, here))]
    if wish is None:
        lines.append("Change it with the options that --help tells of, or all at once with --editor.")
    else:
        lines.append(f"{found.id} is drafted anew. Look at it: `syndicate newsletter preview {found.id}`")
    desk.result(_shape(here), "\n".join(lines))


# ---------------------------------------------------------------- what was typed


def _wish(desk: Desk, texts: Mapping[str, list[str] | None], posts: Mapping[str, Any], reset: bool) -> Wish:
    from syndicate.editing import Wish

    intros = _by_language(texts["intro_text"] or (), "--intro-text")
    for language, name in _by_language(texts["intro"] or (), "--intro").items():
        intros[language] = _read(name)
    order = None if posts["order"] is None else tuple(_ids(desk, str(posts["order"]).replace(",", " ").split()))
    feature = posts["feature"]
    return Wish(
        subject=_by_language(texts["subject"] or (), "--subject"),
        preheader=_by_language(texts["preheader"] or (), "--preheader"),
        intro=intros,
        order=order,
        drop=tuple(_ids(desk, posts["drop"] or ())),
        add=tuple(_ids(desk, posts["add"] or ())),
        feature=_ids(desk, [feature])[0] if feature else feature,
        reset=reset,
    )


def _by_language(said: Iterable[str], option: str) -> dict[str, str]:
    from syndicate.errors import UsageError

    found: dict[str, str] = {}
    for one in said:
        language, equals, text = one.partition("=")
        if not equals or not language.strip() or " " in language.strip():
            raise UsageError(f"{option} wants a language and a text: {option} sq=… (it got {shortened(one, 40)!r}).")
        if language.strip() in found:
            raise UsageError(f"{option} was given twice for {language.strip()}.")
        found[language.strip()] = text
    return found


def _read(name: str) -> str:
    from syndicate.errors import UsageError

    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8 text. Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from None


def _ids(desk: Desk, wanted: Iterable[str]) -> list[str]:
    """The whole ids of posts that were named by the beginning of one, or by an address."""
    from syndicate.cli.posts import one

    return [one(desk, name).id for name in wanted]


# ---------------------------------------------------------------- in an editor


def _typed(desk: Desk, here: Desired) -> Wish | None:
    """What a person says in their editor; the file holds all that can be said, and begins as the edition stands.

    None where it was left as it was.
    """
    from syndicate.editing import from_sheet, sheet

    before = sheet(here, _languages(desk, here))
    with tempfile.TemporaryDirectory(prefix="syndicate-") as folder:
        path = Path(folder) / f"{here.edition.id}.toml"
        path.write_text(before, "utf-8")
        _open_editor(path)
        after = _read(str(path))
    return from_sheet(after, here) if after != before else None


def _open_editor(path: Path) -> None:
    """Open a file in the person's own editor ($VISUAL, $EDITOR, else vi), and wait until it is closed."""
    from syndicate.errors import UsageError

    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    try:
        status = subprocess.run([*command, str(path)], check=False).returncode
    except OSError as error:
        raise UsageError(
            f"{command[0]} cannot be started: {error.strerror}. Set EDITOR to a program that edits text."
        ) from None
    if status:
        raise UsageError(f"{command[0]} ended with an error ({status}), so nothing was changed.")


# ---------------------------------------------------------------- what is told


def _languages(desk: Desk, here: Desired) -> tuple[str, ...]:
    from syndicate import compose
    from syndicate.people import list_called

    return compose.reading_languages(list_called(desk.site, here.edition.list), desk.site)


def _told(here: Desired, languages: tuple[str, ...]) -> str:
    said = here.said
    rows: list[tuple[str, str]] = []
    for language in languages:
        rows += [
            (f"subject {language}", said.subject.get(language, "as drafted")),
            (f"preheader {language}", said.preheader.get(language, "as drafted")),
            (
                f"intro {language}",
                shortened(" ".join(said.intro[language].split()), 70) if language in said.intro else "none",
            ),
        ]
    marks = {said.featured: "featured"} | dict.fromkeys(said.add, "added")
    listed = [(post.id, marks.get(post.id, ""), shortened(post.title, 60)) for post in here.posts]
    listed += [(post.id, "left out", shortened(post.title, 60)) for post in here.dropped]
    head = f"{here.edition.id} is {here.edition.state}: {number(len(here.posts), 'post')}."
    return "\n".join([head, columns(rows, indent=2), columns(listed, indent=2)])


def _shape(here: Desired) -> dict[str, Any]:
    said = here.said
    return {
        "edition": {"id": here.edition.id, "list": here.edition.list, "state": here.edition.state,
                    "posts": [post.id for post in here.posts], "notes": [*here.edition.notes]},
        "edits": {"subject": dict(said.subject), "preheader": dict(said.preheader), "intro": dict(said.intro),
                  "order": [*said.order], "drop": [*said.drop], "add": [*said.add], "featured": said.featured},
    }  # fmt: skip
