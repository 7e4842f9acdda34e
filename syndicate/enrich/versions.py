"""A split post → its versions: which block is the title, the whole text, the safe HTML and the summary of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from syndicate.enrich.clues import EVERY, Clue, unflagged
from syndicate.enrich.labels import furniture_only
from syndicate.enrich.languages import Reading
from syndicate.markup import join
from syndicate.models import LabelledBlock, Version

TITLE_WORDS = 80
"""The most characters of a title made of opening words."""
SUMMARY = 280
_SENTENCE = re.compile(r"[.!?…][”\"’»)]*(?=\s)")
_NOT_SUMMED = re.compile(r"(?:https?://|www\.)\S+|\S{1,64}@\S{1,64}\.\w+|(?<![\w&])[#＃﹟]\w+")
_SPACE = re.compile(r"\s+")
_ENDED = (".", "!", ":", ";", ",", "…")
_DATE = re.compile(r"\d{1,2}\D{1,3}\w{3,12},? \d{4}|\w{3,12} \d{1,2}, \d{4}")


@dataclass(frozen=True, slots=True)
class Assembled:
    """The versions in reading order, what became of each block, and what the operator should know."""

    versions: tuple[Version, ...]
    blocks: tuple[LabelledBlock, ...]
    notes: tuple[str, ...]


def assemble(reading: Reading, titles: dict[str, str], feed_title: str) -> Assembled:
    """The versions of a post.

    `titles` are those that the feed gives, per language; `feed_title` is the feed's title as one line, of which a copy
    in the body is a title wherever it stands.
    """
    leading = _leading_bylines(reading)
    shown = [None if place in leading else language for place, language in enumerate(reading.languages)]
    spoken = {
        language
        for here, language in zip(reading.clues, shown, strict=True)
        if language and language != EVERY and (here.scored or here.role == "names")
    }
    order = list(dict.fromkeys(language for language in shown if language in spoken))
    places = {
        language: _title_place(reading.clues, shown, language, titles.get(language, ""), feed_title)
        for language in order
    }
    versions, notes = [], []
    for language in order:
        version, told = _version(reading.clues, shown, language, places[language], titles.get(language, ""))
        if version is not None:
            versions.append(version)
        notes += told
    kept = {version.language for version in versions} | ({EVERY} if versions else set())
    return Assembled(tuple(versions), tuple(_labelled(reading, shown, places, leading, kept)), tuple(notes))


def _leading_bylines(reading: Reading) -> set[int]:
    """The lines before the text that say who put it there and when."""
    found = set()
    for place, here in enumerate(reading.clues):
        if here.role == "byline":
            found.add(place)
        elif here.scored and here.role != "heading":
            break
    return found


def _version(
    clues: Sequence[Clue], shown: Sequence[str | None], language: str, place: int | None, given: str
) -> tuple[Version | None, list[str]]:
    own = [here for n, here in enumerate(clues) if shown[n] in (language, EVERY) and n != place]
    text = "\n\n".join(here.block.text for here in own if here.block.text)
    title = given or (unflagged(clues[place].block.text) if place is not None else "")
    notes = []
    if not title:
        worded = [here for here in own if here.scored]
        opening = next((here for here in worded if here.words >= 5 and not furniture_only(here.block.text)), None)
        opening = opening or next(iter(worded), None)
        title = opening_words(unflagged(opening.block.text)) if opening else ""
        notes.append(f"The {language} text has no title of its own; its opening words stand for one.")
    if not text:
        text, notes = title, [*notes, f"The {language} version is a title only."]
    html = join([here.block for here in own])
    return Version(language, title, summary(own) or _short(title), html, text), notes


# ---------------------------------------------------------------- titles


def _title_place(
    clues: Sequence[Clue], shown: Sequence[str | None], language: str, given: str, feed_title: str
) -> int | None:
    """Which block is the version's title, and so stands in its title only."""
    own = [n for n, label in enumerate(shown) if label == language]
    wanted = {_bare(given), _bare(feed_title)} - {""}
    longest = 2 * max(map(len, (given, feed_title))) + 10
    for place in own[:6] if wanted else []:
        text = clues[place].block.text
        if clues[place].scored and len(text) < longest and _bare(text) in wanted:
            return place
    if given or not own:
        return None
    worded = [n for n in own if clues[n].block.text][:4]
    for number, place in enumerate(worded):
        here = clues[place]
        rest = [clues[n] for n in own if n > place and clues[n].scored]
        if not rest:
            return None
        if titular(here, rest[:4]):
            return place
        # A kicker, a dateline or a name may stand above the title, nothing else.
        if number == 2 or not (here.neutral or furniture_only(here.block.text) or here.role == "byline"):
            return None
    return None


def titular(here: Clue, after: Sequence[Clue]) -> bool:
    """Whether a block that opens a version looks like its title, given the blocks after it."""
    text = here.block.text
    if not here.scored or here.block.listed or here.block.quoted or here.words > 45 or furniture_only(text):
        return False
    if here.role == "heading":
        return here.words >= 2 or here.block.kind == "heading"
    plain_line = here.words >= 2 and here.words <= 30 and len(text) <= 220 and not text.endswith(_ENDED)
    return (
        plain_line
        and not here.block.links
        and not _DATE.search(text)
        and any(len(other.block.text) > len(text) * 0.8 for other in after)
    )


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def opening_words(text: str) -> str:
    """The first words of `text`, at most TITLE_WORDS characters, with "…" where something was left out."""
    text = text[: 8 * TITLE_WORDS]
    text = _SPACE.sub(" ", _NOT_SUMMED.sub("", text)).strip() or text
    if len(text) <= TITLE_WORDS:
        return text
    return _cut(text, TITLE_WORDS)


# ---------------------------------------------------------------- summaries


def summary(own: Sequence[Clue]) -> str:
    """The opening sentences of the body, at most SUMMARY characters, without addresses and hashtags."""
    body = (here for here in own if here.role == "text" and here.words >= 5 and not furniture_only(here.block.text))
    chosen = [*islice(body, 4)] or [here for here in own if here.scored][:4]
    text = unflagged(" ".join(here.block.text for here in chosen)[: 3 * SUMMARY])
    if any(mark in text for mark in ("#", "＃", "﹟", "@", "://", "www.")):
        text = _SPACE.sub(" ", _NOT_SUMMED.sub("", text)).strip()
    return _short(text)


def _short(text: str) -> str:
    if len(text) <= SUMMARY:
        return text
    ends = [found.end() for found in _SENTENCE.finditer(text[: SUMMARY + 1])]
    if ends and ends[-1] >= SUMMARY // 3:
        return text[: ends[-1]].strip()
    return _cut(text, SUMMARY)


def _cut(text: str, most: int) -> str:
    head = text[:most]
    if " " in head[most // 3 :]:
        head = head[: head.rindex(" ")]
    return head[: most - 1].rstrip(' ,;:–—-([„“"') + "…"


# ---------------------------------------------------------------- what became of each block


def _labelled(
    reading: Reading, shown: Sequence[str | None], places: dict[str, int | None], leading: set[int], kept: set[str]
) -> list[LabelledBlock]:
    titles = {place for place in places.values() if place is not None}
    found = []
    for n, (here, language, reason) in enumerate(zip(reading.clues, shown, reading.reasons, strict=True)):
        if not here.block.text:
            continue
        if n in titles:
            found.append(LabelledBlock(here.block.text, language, "title", f"the title of this version: {reason}"))
        elif n in leading:
            found.append(LabelledBlock(here.block.text, None, "byline", "says who put it there and when"))
        elif language is not None and language not in kept:
            found.append(LabelledBlock(here.block.text, None, here.role, "the post has no words to go with it"))
        else:
            found.append(LabelledBlock(here.block.text, language, here.role, reason))
    return found
