"""How well posts are split: posts and blocks right, by layout and hard case, and how many are flagged unsure.

    python benchmarks/language.py [FILE]

FILE holds one labelled post a line: {"layout", "hard", "candidates", "languages", "html", "blocks": [{"text", "lang"}]},
where a block's `lang` is the version it belongs to, "*" for every version (not scored). A block is right when at least
95 % of its characters are given to that version; a post, when all its blocks and its set of versions are. Ends with
status 1 where the figures of the design are not reached, 2 where there is no FILE.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from syndicate import markup
from syndicate.enrich import identifier
from syndicate.enrich.languages import SURE, Reading, split

DATA = Path(__file__).resolve().parents[1] / "../shared/language/dev.jsonl"
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
    same = versions == set(post["languages"])
    right = same and all(blocks)
    unsure = reading.margin is not None and reading.margin < SURE
    tally.posts += 1
    tally.right += right
    tally.blocks += len(blocks)
    tally.right_blocks += sum(blocks)
    tally.wrong_sets += not same
    tally.unsure += unsure
    tally.sure_but_wrong += not unsure and not right
    for kinds, names in ((tally.layouts, [post["layout"]]), (tally.hard, post["hard"])):
        for name in names:
            counted = kinds.setdefault(name, [0, 0])
            counted[0] += right
            counted[1] += 1


def table(title: str, kinds: dict[str, list[int]]) -> None:
    print(f"\n{title}")
    for name, (right, total) in sorted(kinds.items(), key=lambda item: (item[1][0] / item[1][1], item[0])):
        print(f"  {name:24} {right:4} of {total:4}  {right / total:7.1%}")


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else DATA
    if not path.is_file():
        print(f"There are no labelled posts at {path}: give the path of such a file as the argument.", file=sys.stderr)
        return 2
    posts = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    print("layouts:", dict(Counter(post["layout"] for post in posts)))
    tally = measure(posts)
    table("by layout", tally.layouts)
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
