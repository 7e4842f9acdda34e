"""A thousand bilingual posts as a blog's feed writes them: no paragraph twice, so that nothing is quick by being remembered.

The sentences of the sample posts are shuffled into new paragraphs, and one word in twenty becomes one that no other post has,
as the vocabulary of a real blog grows with every post. Each body has the markup that editors leave: bold and linked
words, non-breaking spaces, empty paragraphs, spans of a word processor, a bare address, a line of hashtags per language.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from html import escape

from syndicate.samples import SamplePost, posts
from syndicate.samples.wire import write_feed

SEED = 20261123
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÇË“])")
WRAPPERS = (
    ("<p>", "</p>"),
    ('<p class="text-align-justify">', "</p>"),
    ('<p class="text-align-justify"><span><span>', "</span></span></p>"),
    ('<p><span lang="SQ" style="font-size:12.0pt;line-height:115%">', "</span></p>"),
)
"""How paragraphs reach a blog: typed in its editor, justified there, or pasted from a word processor, which leaves spans."""
TAGS = (
    "mbrojtjaefëmijëve",
    "SiguriaNëInternet",
    "ZëriITëMbijetuarve",
    "childprotection",
    "VoicesOfSurvivors",
    "OnlineSafety",
)
NAMES = ("CRCA", "ECPAT", "UNICEF", "WeProtect", "INHOPE", "Eurochild", "Save the Children", "Evropës", "Europe", "ALO")
RESOURCES = (
    "https://www.weprotect.org/survivors-perspectives/",
    "https://ecpat.org/wp-content/uploads/raporti.pdf",
    "https://drive.google.com/drive/folders/shembull",
    "https://www.youtube.com/watch?v=shembull",
)


@dataclass(frozen=True)
class Store:
    """The sentences of one language, and the beginnings and endings that new words are made of."""

    sentences: tuple[str, ...]
    heads: tuple[str, ...]
    tails: tuple[str, ...]


def feed(count: int, base_url: str, seed: int = SEED) -> bytes:
    """The feed of `count` posts, newest first, as Drupal writes it."""
    dice = random.Random(seed)
    return write_feed(tuple(post(number, dice) for number in range(count, 0, -1)), base_url, "drupal")


def post(number: int, dice: random.Random) -> SamplePost:
    """One post of about twenty blocks: the Albanian text, links and hashtags, then the English ones."""
    sq, en = stores()
    titles = [title(store, dice) for store in (sq, en)]
    shared = dice.sample(RESOURCES, 2)
    body = [
        *paragraphs(sq, dice, 6),
        *closing(shared, "Raportin mund ta gjeni këtu", dice, number),
        "<p>&nbsp;</p>",
        "<p>&nbsp;</p>",
        f"<h3>{escape(titles[1], quote=False)}</h3>",
        *paragraphs(en, dice, 6),
        *closing(shared, "You can find the report here", dice, number),
    ]
    return SamplePost(
        slug=f"postimi-{number}",
        number=number,
        title=titles[0],
        author="crca-author",
        published=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number),
        html="\n".join(body),
    )


def title(store: Store, dice: random.Random) -> str:
    words = dice.choice(store.sentences).rstrip(".!?").split()[:8]
    return " ".join([*words, new_word(store, dice)])


def paragraphs(store: Store, dice: random.Random, count: int) -> list[str]:
    before, after = dice.choice(WRAPPERS)
    return [f"{before}{marked_up(varied(store, dice), dice)}{after}" for _ in range(count)]


def varied(store: Store, dice: random.Random) -> str:
    """Two or three sentences, one word in twenty a new one."""
    words = " ".join(dice.choice(store.sentences) for _ in range(dice.choice((2, 2, 3)))).split()
    return " ".join(new_word(store, dice) if dice.random() < 0.05 and word.isalpha() else word for word in words)


def new_word(store: Store, dice: random.Random) -> str:
    return dice.choice(store.heads) + dice.choice(store.tails)


def marked_up(text: str, dice: random.Random) -> str:
    """The text as an editor leaves it: a bold word, a linked word, a non-breaking space."""
    words = [escape(word, quote=False) for word in text.split()]
    place = dice.randrange(len(words))
    how = dice.randrange(10)
    if how == 0:
        words[place] = f"<strong>{words[place]}</strong>"
    elif how == 1:
        words[place] = f'<a href="/raporto?nga={dice.randrange(10**6)}">{words[place]}</a>'
    elif how == 2:
        words[place] = f"<em>{words[place]}</em>&nbsp;"
    return " ".join(words)


def closing(resources: Sequence[str], label: str, dice: random.Random, number: int) -> list[str]:
    """A bare address, a linked one and a line of hashtags."""
    tags = " ".join(f"#{tag}" for tag in (*dice.sample(TAGS, 3), f"Fushata{number % 50}"))
    return [
        f"<p>{label}: {resources[0]}?n={number}</p>",
        f'<p><a href="{resources[1]}">{label}</a></p>',
        f"<p>{tags}</p>",
    ]


@cache
def stores() -> tuple[Store, Store]:
    """What the sample posts say, in Albanian and in English."""
    told: dict[str, list[str]] = {"sq": [], "en": []}
    for sample in posts():
        for paragraph in re.findall(r"<p>([^<]{80,})</p>", sample.html):
            language = "sq" if paragraph.count("ë") > 3 else "en"
            told[language] += [part for part in SENTENCE.split(paragraph) if 30 < len(part) < 250 and usual(part)]
    return store(told["sq"]), store(told["en"])


def usual(sentence: str) -> bool:
    """Not an address or a list of organisations: a dozen sentences drawn at random would name far more than a post does."""
    return ":" not in sentence and sum(name in sentence for name in NAMES) < 2


def store(sentences: Sequence[str]) -> Store:
    words = sorted({word for line in sentences for word in re.findall(r"\b[^\W\d_]{6,}\b", line) if word.islower()})
    return Store(tuple(sentences), tuple(word[:3] for word in words), tuple(word[3:] for word in words))
