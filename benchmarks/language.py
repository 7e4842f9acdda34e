"""How well posts are split: posts and blocks right, by layout and hard case, and how many are flagged unsure.

    python benchmarks/language.py [FILE]

FILE, or else the file that SYNDICATE_LANGUAGE_DATA names, holds one labelled post a line: {"layout", "hard", "candidates",
"languages", "html", "blocks": [{"text", "lang"}]}, where a block's `lang` is the version it belongs to, "*" for every version
(not scored). A block is right when at least 95 % of its characters are given to that version; a post, when all its blocks and
its set of versions are. Without either, the posts of tests/enrich_languages/cases are measured: a block of theirs is right
when it stands whole in its version, its title included.

Ends with status 1 where the figures of the design are not reached, 2 where there is no FILE.
"""

from __future__ import annotations

import json
import os
import sys
import time
import tomllib
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from syndicate import markup
from syndicate.enrich import enrich, identifier
from syndicate.enrich.languages import SURE, Reading, split
from syndicate.models import Entry

CASES = Path(__file__).resolve().parents[1] / "tests/enrich_languages/cases"
GOAL_POSTS, GOAL_BLOCKS, GOAL_UNSURE = 0.99, 0.999, 0.03


@dataclass
class Tally:
    """Counts over all posts; `kinds` maps a layout or hard case to [right, all]."""

    posts: int = 0
    right: int = 0
    blocks: int = 0
    right_blocks: int = 0
    wrong_sets: int = 0
    unsure: int = 0
    sure_but_wrong: int = 0
    seconds: float = 0.0
    layouts: dict[str, list[int]] = field(default_factory=dict)
    hard: dict[str, list[int]] = field(default_factory=dict)


def bare(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def characters(reading: Reading) -> tuple[str, list[str | None]]:
    """The post's characters without white space, and the version of each."""
    text, labels = "", []
    for here, language in zip(reading.clues, reading.languages, strict=True):
        shown = bare(here.block.text)
        text += shown
        labels += [language] * len(shown)
    return text, labels


def verdicts(post: dict, reading: Reading) -> list[bool]:
    """For each scored block, whether it went to its version."""
    got, labels = characters(reading)
    wanted = "".join(bare(block["text"]) for block in post["blocks"])
    aligned: list[str | None] = [None] * len(wanted)
    if got == wanted:
        aligned = labels
    else:
        for match in SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks():
            aligned[match.a : match.a + match.size] = labels[match.b : match.b + match.size]
    found, start = [], 0
    for block in post["blocks"]:
        end = start + len(bare(block["text"]))
        if block["lang"] not in ("*", None) and end > start:
            found.append(sum(label == block["lang"] for label in aligned[start:end]) >= 0.95 * (end - start))
        start = end
    return found


def measure(posts: list[dict]) -> Tally:
    tally = Tally()
    known = {}
    for post in posts:
        languages = tuple(post["candidates"])
        if languages not in known:
            known[languages] = identifier(languages)
            known[languages](["warm"])
        began = time.process_time()
        reading = split(markup.blocks(post["html"], "https://example.org/"), languages, known[languages])
        tally.seconds += time.process_time() - began
        count(tally, post, reading)
    return tally


def count(tally: Tally, post: dict, reading: Reading) -> None:
    blocks = verdicts(post, reading)
    texts = zip(reading.clues, reading.languages, strict=True)
    versions = {language for here, language in texts if language and here.block.text}
    unsure = reading.margin is not None and reading.margin < SURE
    add(tally, blocks, versions == set(post["languages"]), unsure, {"layout": [post["layout"]], "hard": post["hard"]})


def add(tally: Tally, blocks: list[bool], same: bool, unsure: bool, kinds: dict[str, list[str]]) -> None:
    """Count one post: whether each block and the set of versions are right, and whether it was flagged."""
    right = same and all(blocks)
    tally.posts += 1
    tally.right += right
    tally.blocks += len(blocks)
    tally.right_blocks += sum(blocks)
    tally.wrong_sets += not same
    tally.unsure += unsure
    tally.sure_but_wrong += not unsure and not right
    for table_of, names in ((tally.layouts, kinds["layout"]), (tally.hard, kinds["hard"])):
        for name in names:
            counted = table_of.setdefault(name, [0, 0])
            counted[0] += right
            counted[1] += 1


def measure_cases(paths: list[Path]) -> Tally:
    """The same for our own posts, which say what must come out: title and blocks of each version."""
    tally = Tally()
    known = {}
    for path in paths:
        case = tomllib.loads(path.read_text("utf-8"))
        languages = tuple(case["languages"])
        scores = known.setdefault(languages, identifier(languages))
        scores(["warm"])
        entry = Entry(guid="1", url=case["url"], title=case["title"], html=case["html"])
        began = time.process_time()
        found = enrich(entry, languages=languages, partners=(), hashtags=(), scores=scores)
        tally.seconds += time.process_time() - began
        got = {version.language: [version.title, *version.text.split("\n\n")] for version in found.versions}
        wanted = {version["language"]: [version["title"], *version["blocks"]] for version in case.get("versions", [])}
        blocks = [text in got.get(language, ()) for language, texts in wanted.items() for text in texts]
        add(tally, blocks, got.keys() == wanted.keys(), found.unsure, {"layout": [path.stem], "hard": []})
    return tally


def table(title: str, kinds: dict[str, list[int]]) -> None:
    print(f"\n{title}")
    for name, (right, total) in sorted(kinds.items(), key=lambda item: (item[1][0] / item[1][1], item[0])):
        print(f"  {name:24} {right:4} of {total:4}  {right / total:7.1%}")


def main(arguments: list[str]) -> int:
    named = arguments[0] if arguments else os.environ.get("SYNDICATE_LANGUAGE_DATA", "")
    if named and not Path(named).is_file():
        print(f"There are no labelled posts at {named}: give the path of such a file as the argument.", file=sys.stderr)
        return 2
    if named:
        lines = Path(named).read_text("utf-8").splitlines()
        tally = measure([json.loads(line) for line in lines if line.strip()])
    else:
        tally = measure_cases(sorted(CASES.glob("*.toml")))
    return report(tally)


def report(tally: Tally) -> int:
    """Print what was found; 0 where the goals of the design are reached, else 1."""
    table("by layout", tally.layouts)
    if tally.hard:
        table("by hard case", tally.hard)
    rate, blocks, unsure = tally.right / tally.posts, tally.right_blocks / tally.blocks, tally.unsure / tally.posts
    print(f"\nposts right            {rate:8.2%}   (goal {GOAL_POSTS:.1%})")
    print(f"blocks right           {blocks:8.2%}   (goal {GOAL_BLOCKS:.1%})")
    print(f"wrong sets of versions {tally.wrong_sets:8}   (goal 0)")
    print(f"flagged unsure         {unsure:8.2%}   (goal {GOAL_UNSURE:.0%} at most)")
    print(f"sure but wrong         {tally.sure_but_wrong:8}   (goal 0)")
    print(f"CPU for each post      {1000 * tally.seconds / tally.posts:8.2f} ms")
    reached = rate >= GOAL_POSTS and blocks >= GOAL_BLOCKS and unsure <= GOAL_UNSURE
    return 0 if reached and not tally.wrong_sets and not tally.sure_but_wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
