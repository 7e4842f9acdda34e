"""An edition of twenty posts in both languages: how big its html is, and how long all its variants take to compose.

The posts are those of the pull benchmark, each with a title, a summary, partners, hashtags and links in two languages. Their
versions are taken as the splitter makes them, with the identifier stubbed, so that no language model is needed here.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from benchmarks.measure import Figure, within

POSTS, ROUNDS = 20, 15
BYTES, MILLISECONDS = 80_000, 15.0
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def measure() -> list[Figure]:
    from syndicate import compose

    parts = everything()
    names = compose.with_discreet(
        compose.variants(compose.reading_languages(parts.list, parts.site), parts.list.bilingual)
    )
    took = []
    for _ in range(ROUNDS):
        fresh = replace(parts)  # so that nothing is remembered from the round before
        began = time.process_time()
        variants = compose.render_all(fresh, names)
        took.append(1000 * (time.process_time() - began))
    largest = max(variants, key=lambda variant: len(variant.html.encode()))
    shown = f"edition of {POSTS} posts"
    return [
        within(f"{shown}: html of {largest.name}, the largest", len(largest.html.encode()) / 1000, BYTES / 1000, "KB"),
        within(f"{shown}: {len(variants)} variants composed", min(took), MILLISECONDS, "ms"),
    ]


def everything():  # type: ignore[no-untyped-def]  # its type would import the room before it is needed
    """All that an edition is composed of, the template compiled."""
    from syndicate import compose
    from syndicate.config import load_site, shipped_site
    from syndicate.words import fill_text, load

    shipped = shipped_site()
    site = load_site(shipped, shipped=shipped)
    templates = shipped / "templates"
    return compose.Parts(
        site,
        site.lists[0],
        posts(site),
        template=compose.compile((templates / "newsletter.mjml").read_text("utf-8"), "newsletter.mjml"),
        text_template=(templates / "newsletter.txt").read_text("utf-8"),
        words=load([templates], site.languages, site.timezone),
        fill_text=fill_text,
        number=7,
        date=NOW,
        preferences=False,
        addresses=pages(site),
    )


def pages(site):  # type: ignore[no-untyped-def]  # as above
    """A feed page of each partner and of each hashtag, in each language."""
    from benchmarks.corpus import TAGS
    from syndicate.compose import Addresses
    from syndicate.enrich.hashtags import key

    def of(kind: str, ids: list[str]) -> dict[str, dict[str, str]]:
        return {
            one: {code: f"{site.base_url}/feeds/{kind}-{one}-{code}/index.html" for code in site.languages}
            for one in ids
        }

    return Addresses(
        hashtags=of("hashtag", [key(tag) for tag in TAGS]), partners=of("partner", [one.id for one in site.partners])
    )


def posts(site):  # type: ignore[no-untyped-def]  # as above
    """Twenty posts, the newest first."""
    from benchmarks.corpus import post
    from benchmarks.pull import by_letters
    from syndicate.enrich import enrich
    from syndicate.models import Entry, Post

    dice, made = random.Random(7), []
    for number in range(1, POSTS + 1):
        sample = post(number, dice)
        entry = Entry(None, f"https://www.isigurt.al{sample.path}", sample.title, sample.html)
        found = enrich(
            entry, languages=site.languages, partners=site.partners, hashtags=site.hashtags, scores=by_letters
        )
        moment = NOW - timedelta(days=number)
        made.append(
            Post(
                f"post{number}", "blog", None, entry.url, entry.title, None, moment, moment, moment.year, found.versions,
                found.partners, found.hashtags, found.links,
            )
        )  # fmt: skip
    return made
