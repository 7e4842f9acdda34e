"""The hall: the whole road without a site. A blog's address in, one page out, nothing kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from syndicate import compose
from syndicate import pull as room
from syndicate.editions import Press
from syndicate.enrich import enrich
from syndicate.errors import FeedError, SyndicateError
from syndicate.models import EditionVariant, Entry, Feed, Fill, Post, Scores, Site
from syndicate.pull.addresses import typed_private
from syndicate.selection import expand, facts, matches
from syndicate.words import WordBook, fill_text

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Tools:
    """What trying works with."""

    fetcher: room.Fetcher
    scores: Scores
    words: WordBook
    fill: Fill
    templates: Sequence[Path]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a blog would become: its latest posts, and the page that shows them."""

    feed_url: str
    title: str
    posts: tuple[Post, ...]
    page: str
    notes: tuple[str, ...]


def find_feed(fetcher: room.Fetcher, url: str, now: datetime) -> tuple[str, str]:
    """The address and title of a blog's feed: `url` itself, what its page advertises, or where blogs keep theirs."""
    feed, address = _feed(fetcher, url, now)
    return address, feed.title


def look(tools: Tools, example: Site, url: str, *, limit: int, report: Report) -> Trial:
    """Try the road on a blog; `example` is the worked example, whose partners and hashtags are looked for.

    Raises FetchError or FeedError, in a sentence that says what was tried, where no feed can be found.
    """
    feed, address = _feed(tools.fetcher, url, tools.now())
    if not feed.entries:
        raise FeedError(f"{address} is a feed without a single post, so there is nothing to show yet.")
    host = (urlsplit(address).hostname or "example.org").removeprefix("www.")
    site = replace(
        example, name=feed.title or host, base_url=f"https://{host}", tag_domain=host, helpline=None, contact=f"info@{host}",
        postal_address=feed.title or host,
    )  # fmt: skip
    posts, notes = [], list(feed.notes)
    for n, entry in enumerate(feed.entries[:limit]):
        report(n, min(limit, len(feed.entries)), entry.title)
        posts.append(_post(tools, site, _whole(tools, entry, url, notes), address))
    posts.sort(key=lambda post: (-post.published.timestamp(), post.id))
    return Trial(address, site.name, tuple(posts), _page(tools, site, posts, address), tuple(dict.fromkeys(notes)))


def _feed(fetcher: room.Fetcher, url: str, now: datetime) -> tuple[room.ParsedFeed, str]:
    if "://" not in url:
        url = f"https://{url}"
    private = typed_private(url)
    first = fetcher.get(url, allow_private=private, accept=room.FEED)
    try:
        return room.parse(first.body, content_type=first.content_type, url=first.final_url, now=now), url
    except FeedError as error:
        tried, why = [url], error
    for address in [*room.discover(first.body, url=first.final_url), *room.guesses(first.final_url)]:
        try:
            answer = fetcher.get(address, allow_private=private, accept=room.FEED)
            return room.parse(answer.body, content_type=answer.content_type, url=answer.final_url, now=now), address
        except SyndicateError:
            tried.append(address)
    raise FeedError(f"No feed was found: {why} Tried {', '.join(tried)}. If you know the feed's address, give that.")


def _whole(tools: Tools, entry: Entry, typed: str, notes: list[str]) -> Entry:
    if not room.is_teaser(entry, "auto") or not entry.url:
        return entry
    try:
        page = tools.fetcher.get(entry.url, allow_private=typed_private(typed), accept=room.PAGE)
        return room.with_article(
            entry, room.article(page.body, content_type=page.content_type, url=page.final_url, selector=None)
        )
    except SyndicateError as error:
        notes.append(f"{entry.title}: only the teaser is here: {error}")
        return entry


def _post(tools: Tools, site: Site, entry: Entry, source: str) -> Post:
    found = enrich(entry, languages=site.languages, partners=site.partners, hashtags=site.hashtags, scores=tools.scores)
    moment = entry.published or tools.now()
    return Post(
        id=room.post_id(source, room.identity(entry)), source="blog", guid=entry.guid, url=entry.url, title=entry.title,
        author=entry.author, published=moment, updated=moment, year=moment.year, versions=found.versions,
        partners=found.partners, hashtags=found.hashtags, links=found.links, picture=found.picture, blocks=found.blocks,
        margin=found.margin, unsure=found.unsure, notes=(*entry.notes, *found.notes),
    )  # fmt: skip


def _feeds(site: Site, posts: Sequence[Post]) -> list[tuple[Feed, int]]:
    """The feeds that the blog would get and how many of these posts each would hold, the fullest first; empty ones not."""
    seen = [facts(post) for post in posts]
    counts = Counter(tag.key for post in posts for tag in post.hashtags)
    display = {tag.key: tag.display for post in posts for tag in post.hashtags}
    tags = {key: (display[key], count) for key, count in counts.items()}
    feeds = list(site.feeds)
    for family in site.families:
        feeds += expand(family, languages=site.languages, partners=site.partners, hashtags=tags, rules=site.hashtags)
    held = [(feed, sum(matches(feed.selection, one) for one in seen)) for feed in feeds]
    return sorted((one for one in held if one[1]), key=lambda one: -one[1])


def _newsletters(tools: Tools, site: Site, posts: Sequence[Post]) -> tuple[EditionVariant, ...]:
    press = Press(site, tools.words, tools.templates)
    list = replace(site.lists[0], titles=dict.fromkeys(site.languages, site.name))
    chosen = compose.choose(posts, list=list, languages=site.languages).chosen
    if not chosen:
        return ()
    parts = compose.Parts(
        site, list, chosen, template=compose.compile(press.source(f"{list.template}.mjml"), f"{list.template}.mjml"),
        text_template=press.source(f"{list.template}.txt"), words=tools.words, fill_text=fill_text, number=1,
        date=tools.now(), preferences=False,
    )  # fmt: skip
    return compose.render_all(parts, compose.variants(site.languages, True))


def _page(tools: Tools, site: Site, posts: Sequence[Post], address: str) -> str:
    names = {partner.id: partner.name for partner in site.partners}
    told = [
        {
            "post": post, "day": f"{post.published:%Y-%m-%d}",
            "partners": [(names.get(one.id, one.id), one.evidence) for one in post.partners],
            "dropped": [block for block in post.blocks if block.language is None],
        }
        for post in posts
    ]  # fmt: skip
    shown = [
        {"feed": feed, "count": count, "title": next(iter(feed.titles.values())), "language": feed.selection.language}
        for feed, count in _feeds(site, posts)
    ]
    return tools.fill(
        "try.html", site=site, address=address, told=told, feeds=shown, variants=_newsletters(tools, site, posts),
    )  # fmt: skip
