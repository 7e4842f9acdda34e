"""Organisations that posts name and the site does not list: names, acronyms and link domains that recur."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from syndicate.enrich import hashtags, links, partners
from syndicate.enrich.inflection import ENDINGS, folded, stems
from syndicate.enrich.names import Matcher
from syndicate.enrich.sections import CAPITALS, sentence
from syndicate.models import Partner, Post

_CAPITAL = rf"[{CAPITALS}][\w’'-]+"
_LINKING = r"(?:of|the|for|on|in|to|against|des|de|la|për|i|e|të|së|te|se|kundër|në)"
_NAME = re.compile(
    rf"(?<!\w){_CAPITAL}(?: {_LINKING}){{0,3}}(?: {_CAPITAL}(?: {_LINKING}){{0,3}}(?= {_CAPITAL}))* {_CAPITAL}"
)
_ACRONYM = re.compile(rf"(?<![\w-])[{CAPITALS}]{{3,8}}(?=(?:[-‐‑–'’](?:{ENDINGS}))?(?![\w-]))")
_STARTING = re.compile(r"(?:^|[.!?:…]\s+|\n)[\"“„«(]?\Z")
_HIDDEN = "|"
_EXAMPLES = 3
_ORGANISATION = re.compile(
    r"\b(?:agenc|agjenc|akadem|alean|allianc|asoci|associa|autorit|bashki|board|cent(?:er|re)|coalit|comm(?:iss|itt)|council"
    r"|departm|drejtori|embass|ambasad|federat|fond|found|fund|gjykat|inspekt|institut|koalicion|komi[st]|këshill|kuvend"
    r"|linj|ministr|municipal|network|office|organi[sz]|police|polici|program|prokurori|qend|rrjet|shoqat|union|unive?r|zyr)",
    re.IGNORECASE,
)


_THINGS = frozenset({"PDF", "FAQ", "SMS", "USB", "DVD", "URL", "HTML", "HTTP", "HTTPS", "WWW", "COVID", "HIV", "AIDS"})
"""Acronyms that every blog has and no organisation bears."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An organisation that may be worth listing: `name` or `domain` (one may be ""), in how many posts, and up to three places.

    A place is the sentence with the name, or the address of the link.
    """

    name: str
    domain: str
    posts: int
    examples: tuple[str, ...]


@dataclass(slots=True)
class _Sighting:
    """Where one thing was seen: the spellings, the posts by number, the first places."""

    spellings: Counter[str] = field(default_factory=Counter)
    posts: set[int] = field(default_factory=set)
    examples: dict[int, str] = field(default_factory=dict)

    def add(self, post: int, spelling: str, example: Callable[[], str]) -> None:
        """Count one more; `example` is asked only while there are too few."""
        self.spellings[spelling] += 1
        self.posts.add(post)
        if len(self.examples) < _EXAMPLES and post not in self.examples:
            self.examples[post] = example()

    @property
    def name(self) -> str:
        """The commonest spelling; of equally common ones the shortest, which has the fewest endings."""
        return max(self.spellings, key=lambda name: (self.spellings[name], -len(name), name))


def suggest(posts: Iterable[Post], partners_known: Sequence[Partner], *, at_least: int = 2) -> list[Suggestion]:
    """What recurs in at least so many posts and is no partner: likely organisations first, then by frequency.

    Likely is what has a domain, or a word like "Foundation" or "Qendra" in its name.

    Names are two or more words with capitals, or an acronym of three to eight letters; their Albanian forms count as one.
    People's and places' names have the same shape: it is for the operator to choose. A domain is told together with the
    name that it spells (worldvision.org, World Vision). The posts' own hosts and shared hosts are left out.
    """
    matcher = partners.compiled(partners_known)
    names: dict[str, _Sighting] = {}
    domains: dict[str, _Sighting] = {}
    for number, post in enumerate(posts):
        for key, spelling, example in _named(post, matcher):
            names.setdefault(key, _Sighting()).add(number, spelling, example)
        for domain, url in _linked(post, matcher):
            domains.setdefault(domain, _Sighting()).add(number, domain, partial(str, url))
    frequent = _without_parts({key: seen for key, seen in names.items() if len(seen.posts) >= at_least})
    found = list(_paired(frequent, {name: seen for name, seen in domains.items() if len(seen.posts) >= at_least}))
    return sorted(found, key=lambda one: (not _is_likely(one), -one.posts, one.name or one.domain))


def _is_likely(one: Suggestion) -> bool:
    return bool(one.domain or _ORGANISATION.search(one.name))


def _named(post: Post, matcher: Matcher) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """The key, the spelling and the sentence of every name in a post that is no partner's."""
    for version in post.versions:
        text = unicodedata.normalize("NFC", f"{version.title}\n\n{version.text}")
        hidden = _without_known(text, version.language, matcher)
        for start, end in _places(hidden):
            spelling = re.sub(r"^The (?=.* )|['’]s?$", "", text[start:end])
            key = _key(spelling)
            if key:
                yield key, spelling, partial(sentence, text, start, end)


def _without_known(text: str, language: str, matcher: Matcher) -> str:
    """The text with addresses, hashtags, the partners' names and shouted lines put out of sight; places stay the same."""
    hidden, tags = hashtags.visible(text)
    places = [*tags, *((start, end) for start, end, _ in matcher.mentions(text, language))]
    places += [
        (line.start(), line.end())
        for line in re.finditer(r"[^\n]+", hidden)
        if line[0].isupper() and " " in line[0].strip()
    ]
    for start, end in places:
        hidden = f"{hidden[:start]}{_HIDDEN * (end - start)}{hidden[end:]}"
    return hidden


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where names and acronyms stand. At the start of a sentence also the name without its first word ("Sot Fondi Blu")."""
    for found in _NAME.finditer(text):
        yield found.span()
        rest = _NAME.search(text, found.start() + len(found[0].split()[0]), found.end())
        if rest and rest.end() == found.end() and _STARTING.search(text[max(0, found.start() - 4) : found.start()]):
            yield rest.span()
    for found in _ACRONYM.finditer(text):
        if found[0].rstrip("s") not in _THINGS:
            yield found.span()


def _key(spelling: str) -> str:
    """What the forms of one name have in common."""
    words = [folded(word) for word in re.split(r"[\s\-‐‑–'’]+", spelling)]
    if " " not in spelling:
        return words[0]
    kept = [word for word in words if len(word) > 2]
    return " ".join(min((stem[:-2] for stem in stems(word, at_least=4)), key=len, default=word) for word in kept)


def _without_parts(names: dict[str, _Sighting]) -> dict[str, _Sighting]:
    """Without the names that only ever stand inside a longer one."""
    whole: dict[str, _Sighting] = {}
    for key, seen in sorted(names.items(), key=lambda item: -len(item[0])):
        if not any(f" {key} " in f" {longer} " and seen.posts <= names[longer].posts for longer in whole):
            whole[key] = seen
    return whole


def _linked(post: Post, matcher: Matcher) -> Iterator[tuple[str, str]]:
    """The domain and the address of every link of a post that leads to somebody who is not listed."""
    own = _domain(links.host(post.url or ""))
    for link in post.links:
        host = links.host(links.target(link.url))
        shared = any(links.within(host, carrier) for carrier in links.CARRIERS)
        if host and not shared and not matcher.hosts(host) and _domain(host) != own:
            yield _domain(host), link.url


def _domain(host: str) -> str:
    """The part of a host that is somebody's own: two labels, or three under the likes of gov.al and org.uk."""
    labels = host.split(".")
    under = (
        len(labels) > 2
        and len(labels[-1]) == 2
        and labels[-2] in ("ac", "co", "com", "edu", "gov", "gob", "net", "org")
    )
    return ".".join(labels[-3 if under else -2 :])


def _paired(names: dict[str, _Sighting], domains: dict[str, _Sighting]) -> Iterator[Suggestion]:
    """A suggestion for each name, with the domain that spells it in full or by its initials, and for each domain left over."""
    left = dict(domains)
    for seen in names.values():
        name = seen.name
        words = [folded(word) for word in name.split()]
        spelled = {
            "".join(words),
            "".join(word[0] for word in words),
            "".join(word[0] for word in words if len(word) > 2),
        }
        domain = next((known for known in left if known.split(".")[0].replace("-", "") in spelled), "")
        linked = left.pop(domain, _Sighting())
        examples = tuple({**linked.examples, **seen.examples}.values())[:_EXAMPLES]
        yield Suggestion(name, domain, len(seen.posts | linked.posts), examples)
    for domain, seen in left.items():
        yield Suggestion("", domain, len(seen.posts), tuple(seen.examples.values()))
