"""A site that has grown: any number of posts in a thousand feeds, laid into the database by the store's own functions.

Two hundred posts of the corpus are split and enriched as a pull does it, the identifier of languages stubbed. All others are
made of these: each with a title of its own, a sentence of its own in each language that names partners, and hashtags of its own.
Some partners are named often and most seldom, so that feeds are long and short as they are in life.

    python -m benchmarks.bigsite FOLDER POSTS SOURCES    lay such a site
    python -m benchmarks.bigsite FOLDER +NUMBER          one more post, with this number
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from syndicate.models import Evidence, HashtagUse, LabelledBlock, PartnerMention, Post, Site, Version

T = TypeVar("T")

TEMPLATES = 200
PARTNERS, TAGS = 200, 242
"""With the tags of the templates (54) and three feeds of all posts this makes 995 feeds."""

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
CHUNK = 500


@dataclass(frozen=True)
class Grown:
    """Where the site is, and how its database is opened."""

    root: Path
    url: str


def make(root: Path, posts: int, *, sources: int = 1000, partners: int = PARTNERS) -> Grown:
    """Lay a site with so many posts into `root`, which must not exist."""
    from syndicate.store import Store
    from syndicate.store import posts as stored

    site = configured(root, sources=sources, partners=partners)
    grown = at(root)
    store = Store(grown.url)
    for chunk in _chunks(records(site, range(posts))):
        with store.write() as connection:
            stored.save(connection, chunk)
    store.close()
    return grown


def at(root: Path) -> Grown:
    """The site that lies in `root`."""
    return Grown(root, f"sqlite:///{root / 'var' / 'syndicate.sqlite'}")


def add(grown: Grown, number: int) -> None:
    """One more post, as a pull would store it."""
    from syndicate.config import load_site, shipped_site
    from syndicate.store import Store
    from syndicate.store import posts as stored

    store = Store(grown.url)
    site = load_site(grown.root, shipped=shipped_site())
    with store.write() as connection:
        stored.save(connection, [*records(site, range(number, number + 1))])
    store.close()


# ---------------------------------------------------------------- what the operator wrote


def configured(root: Path, *, sources: int, partners: int = PARTNERS) -> Site:
    """The folder of a site with so many sources and partners, finished as `run` wants it."""
    from syndicate.config import init, load_site, shipped_site

    init(root, shipped=shipped_site(), domain="isigurt.al", source_url="http://127.0.0.1:9/rss", source_name="A blog")
    for file in root.glob("*/*.toml"):
        finished = re.sub(r"# CHANGE.*", "# done", file.read_text("utf-8")).replace("example.org", "isigurt.al")
        file.write_text(finished, "utf-8")
    own = root / "feeds" / "partners.toml"
    ours = own.read_text("utf-8").split("\n[[partner]]")[1]
    told = [f'[[partner]]\nid = "{_partner(n)}"\nname = "{_name(n)}"\n' for n in range(partners)]
    own.write_text("\n".join([f"[[partner]]{ours}", *told]), "utf-8")
    write_sources(root, [f"http://127.0.0.1:9/{n}.xml" for n in range(sources)])
    return load_site(root, shipped=shipped_site())


def write_sources(root: Path, urls: list[str]) -> None:
    """Have the site pull these addresses."""
    told = [
        f'[[source]]\nid = "blog-{n}"\nname = "Blog {n}"\nurl = "{url}"\nallow_private = true\n'
        for n, url in enumerate(urls)
    ]
    (root / "feeds" / "sources.toml").write_text("\n".join(told), "utf-8")


def _partner(number: int) -> str:
    return f"qendra-{number}"


def _name(number: int) -> str:
    """Two words that no sentence of the corpus has."""
    letters = "".join("bdfgklmprstvz"[number // 13**place % 13] + "aeiou"[(number + place) % 5] for place in range(3))
    return f"Qendra {letters.title()}x"


# ---------------------------------------------------------------- posts


def records(site: Site, numbers: range) -> Iterator[Any]:
    """The posts with these numbers as the store takes them, the oldest first."""
    from syndicate.pull import post_id
    from syndicate.store.posts import Record

    made, known = templates(site), {partner.id for partner in site.partners}
    sources = [source.id for source in site.sources]
    for number in numbers:
        source = sources[number % len(sources)]
        identity = f"{number} at isigurt.al"
        post = replace(
            _varied(made[number % len(made)], number, known), id=post_id(source, identity), source=source, guid=identity
        )
        body = "\n".join(version.html for version in post.versions)
        yield Record(post, identity, post.url, hashlib.sha256(body.encode()).hexdigest(), body, (), FIRST)


def templates(site: Site) -> list[Post]:
    """Posts of the corpus, split and enriched."""
    from benchmarks.corpus import post
    from benchmarks.pull import by_letters
    from syndicate.enrich import enrich
    from syndicate.models import Entry

    dice, made = random.Random(7), []
    for number in range(1, TEMPLATES + 1):
        sample = post(number, dice)
        entry = Entry(None, f"https://www.isigurt.al{sample.path}", sample.title, sample.html)
        found = enrich(
            entry, languages=site.languages, partners=site.partners, hashtags=site.hashtags, scores=by_letters
        )
        made.append(
            Post(
                "", "", None, entry.url, entry.title, "crca-author", FIRST, FIRST, FIRST.year, found.versions, found.partners,
                found.hashtags, found.links, None, found.blocks, found.margin, found.unsure,
            )
        )  # fmt: skip
    return made


def _varied(post: Post, number: int, known: set[str]) -> Post:
    dice = random.Random(number)
    partners = sorted({_often(dice, PARTNERS), _often(dice, PARTNERS)})
    names = [(_partner(n), _name(n)) for n in partners if _partner(n) in known]
    tags = sorted({_often(dice, TAGS), _often(dice, TAGS), number % TAGS})
    shown = [f"Tema{n}" for n in tags]
    moment = FIRST + timedelta(minutes=20 * number)
    sentences = {
        "sq": f"Takimi me numrin {number} u mbajt bashkë me {' dhe '.join(name for _, name in names) or 'të tjerët'}.",
        "en": f"Meeting number {number} was held together with {' and '.join(name for _, name in names) or 'others'}.",
    }
    own = tuple(
        PartnerMention(
            id, tuple(Evidence("name", name, v.language, sentences.get(v.language, "")) for v in post.versions)
        )
        for id, name in names
    )
    languages = tuple(version.language for version in post.versions)
    titles = {version.language: version.title for version in post.versions}
    named = [
        replace(one, evidence=tuple(_titled(proof, titles, number) for proof in one.evidence)) for one in post.partners
    ]
    return replace(
        post,
        url=f"https://www.isigurt.al/lajme/postimi-{number}",
        title=f"{number}: {post.title}",
        published=moment,
        updated=moment,
        year=moment.year,
        versions=tuple(_longer(v, number, sentences.get(v.language, ""), shown) for v in post.versions),
        partners=_in_order(named, own, lambda one: any(proof.language == "sq" for proof in one.evidence)),
        hashtags=_in_order(
            post.hashtags,
            tuple(HashtagUse(tag.lower(), tag, (tag,), languages) for tag in shown),
            lambda one: "sq" in one.languages,
        ),
        blocks=(*post.blocks, *(LabelledBlock(text, code, "text") for code, text in sentences.items())),
    )


def _titled(proof: Evidence, titles: dict[str, str], number: int) -> Evidence:
    """What was found in a title, in the title with the post's number."""
    found = titles.get(proof.language, "").startswith(proof.sentence)
    return replace(proof, sentence=f"{number}: {proof.sentence}") if found else proof


def _in_order(found: Sequence[T], own: tuple[T, ...], early: Callable[[T], bool]) -> tuple[T, ...]:
    """What was found in the first version, then its last sentence's own, then what only the second version has."""
    return (*(one for one in found if early(one)), *own, *(one for one in found if not early(one)))


def _longer(version: Version, number: int, sentence: str, tags: list[str]) -> Version:
    line = " ".join(f"#{tag}" for tag in tags)
    return Version(
        version.language,
        f"{number}: {version.title}",
        version.summary,
        f"{version.html}\n<p>{sentence}</p>\n<p>{line}</p>",
        f"{version.text}\n\n{sentence}\n\n{line}",
    )


def _often(dice: random.Random, many: int) -> int:
    """A number below `many`: small ones often, great ones seldom."""
    return int(many * dice.random() ** 2.5)


def _chunks(made: Iterator[Any]) -> Iterator[list[Any]]:
    held: list[Any] = []
    for one in made:
        held.append(one)
        if len(held) == CHUNK:
            yield held
            held = []
    if held:
        yield held


if __name__ == "__main__":
    import sys

    folder, number, *more = sys.argv[1:]
    if number.startswith("+"):
        add(at(Path(folder)), int(number))
    else:
        make(Path(folder), int(number), sources=int(*more))
