"""All that strangers can hand to the program, each as a function of bytes.

A target returns where the bytes are taken, or refused in a sentence of ours (SyndicateError). Anything else is a fault: another
exception, a document that does not parse, live code in what comes out, a reader's token that a blog wrote.

`test_fuzz` runs them on mutated samples with the other tests; `dev.py fuzz` runs one for as long as you like, guided by coverage.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

from compose import newsroom
from publish import publish_world as world

from syndicate import publish, samples
from syndicate.compose.render import render_all
from syndicate.consent import addresses, table, tokens
from syndicate.deliver import bounces, events, signature
from syndicate.enrich import enrich
from syndicate.errors import SyndicateError
from syndicate.models import Entry, Feed, Post, Selection
from syndicate.pull import extract, parsing
from syndicate.web import visit

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
URL = "https://www.example.al/rss.xml"
RING = [b"f" * 32, b"e" * 32]
KEY = base64.b64encode(b"0" * 91).decode()
FEED = Feed("all", {"sq": "Të gjitha"}, Selection(language="sq+en"))
MOST = 4
"""Entries of a feed that go the whole road: each costs a few milliseconds."""

_ENGLISH = re.compile(r"\b(the|of|and|in|to|is|for)\b", re.IGNORECASE)
_TOKEN = re.compile(r"%%([a-z_]+)%%")
_DEAD = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "svg",
    "math",
    "base",
    "meta",
    "link",
    "frame",
}
_URLS = {"href", "src", "srcset", "action", "poster", "formaction", "xlink:href", "background"}


class _Alive(HTMLParser):
    """Finds what would run, load or send something in a reader's program."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in _DEAD:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            said = re.sub(r"[\x00-\x20\x7f-\xa0]+", "", value or "").lower()
            if name.startswith("on") or name == "style":
                self.found.append(f"{tag} {name}")
            if name in _URLS and re.match(r"(javascript|vbscript|data|file|blob):", said):
                self.found.append(f"{tag} {name}={said[:40]}")


def alive(html: str) -> list[str]:
    """What in this HTML from a blog is more than text, links and pictures."""
    parser = _Alive()
    parser.feed(html)
    parser.close()
    return parser.found


def scores(texts: Sequence[str]) -> list[dict[str, float]]:
    """An identifier of languages that is quick and not clever: what is split how does not matter here."""
    told = []
    for text in texts:
        english = len(_ENGLISH.findall(text))
        told.append({"sq": -2.0 * english, "en": -2.0 if not english else 0.0, "it": -30.0})
    return told


# ---------------------------------------------------------------- what a blog sends


def feed(data: bytes) -> None:
    """A feed goes the whole road: parsed, split, published in three formats, made into newsletters."""
    content_type = ("application/rss+xml", "application/json", "text/html", "")[data[0] % 4 if data else 0]
    try:
        parsed = parsing.parse(data[1:], content_type=content_type, url=URL, now=NOW)
    except SyndicateError:
        return
    posts = [made for number, entry in enumerate(parsed.entries[:MOST]) if (made := post(number, entry)) is not None]
    published(posts)
    mailed(posts)


def page(data: bytes) -> None:
    """A post's own page: where the article is, and what is in it."""
    try:
        found = extract.article(data, content_type="text/html", url=URL, selector=None)
    except SyndicateError:
        return
    made = post(0, Entry(guid=None, url=URL, title=found.title or "", html=found.html))
    published([made])


def post(number: int, entry: Entry) -> Post:
    """What an entry comes to."""
    made = enrich(
        entry, languages=("sq", "en"), partners=world.SITE.partners, hashtags=world.SITE.hashtags, scores=scores,
    )  # fmt: skip
    for version in made.versions:
        assert not alive(version.html), alive(version.html)
    moment = entry.published or NOW
    return Post(
        id=f"p{number}", source="isigurt", guid=entry.guid, url=entry.url, title=entry.title, author=entry.author,
        published=moment, updated=moment, year=moment.year, versions=made.versions, partners=made.partners,
        hashtags=made.hashtags, links=made.links, picture=made.picture, blocks=made.blocks, margin=made.margin,
        unsure=made.unsure, notes=(*entry.notes, *made.notes),
    )  # fmt: skip


def published(posts: list[Post]) -> None:
    """Every document parses, and nothing in it is alive."""
    for one in publish.documents(
        world.SITE, FEED, posts, withdrawn=(), siblings=(), words=world.WORDS, fill=world.FILL
    ):  # fmt: skip
        text = one.content.decode("utf-8")
        if one.path.endswith(".json"):
            for item in json.loads(text)["items"]:
                assert not alive(item.get("content_html", "")), alive(item["content_html"])
        elif one.path.endswith(".xml"):
            for element in ElementTree.fromstring(text).iter():
                if element.tag.endswith(("encoded", "content", "description", "summary")):
                    assert not alive(element.text or ""), alive(element.text or "")
        elif one.path.endswith(".html"):
            assert "<script" not in text.lower()
            assert "javascript:" not in re.sub(r"<[^>]*>", lambda tag: tag[0], _attributes(text))


def _attributes(text: str) -> str:
    """The values of links in a page; words in its text may say anything."""
    return " ".join(re.findall(r"""(?:href|src)=["']([^"']*)""", text)).lower()


def mailed(posts: list[Post]) -> None:
    """Every variant is made, holds no token that a blog wrote, and no line break in what becomes a header."""
    told = [one for one in posts if one.versions]
    if not told:
        return
    try:
        variants = render_all(newsroom.parts(told), ("sq", "en+sq"))
    except SyndicateError:
        return
    for one in variants:
        assert not _TOKEN.search(one.subject + one.preheader)
        assert not re.search(r"[\r\n\x00]", one.subject + one.preheader)
        assert set(_TOKEN.findall(one.html + one.text)) <= {"leave_url", "masked_address", "preferences_url"}
        assert "<script" not in one.html.lower()


# ---------------------------------------------------------------- what anybody sends to the web side


def token(data: bytes) -> None:
    """A link that we did not sign proves nothing, for no purpose."""
    text = data.decode("latin-1")
    for purpose in ("confirm", "leave", "preferences", "account", "session", "address", "approve"):
        try:
            claim = tokens.read(RING, text, purpose=purpose, max_age=timedelta(days=30), now=NOW)  # type: ignore[arg-type]
        except tokens.TokenError:
            continue
        signed = tokens.sign(
            RING, purpose=purpose, subscriber=claim.subscriber, list=claim.list, now=claim.signed, extra=claim.extra
        )  # type: ignore[arg-type]
        assert signed == text, "a token of which nothing says that we signed it"


def form(data: bytes) -> None:
    """The body of a form."""
    try:
        found = visit.form_of(data, "application/x-www-form-urlencoded")
    except visit.Unreadable:
        return
    for name, values in found.fields.items():
        for value in values:
            value.encode("utf-8")
            assert value.isprintable(), name


def webhook(data: bytes) -> None:
    """Events are refused unsigned; and read, whatever is in them."""
    head, _, body = data.partition(b"\n")
    try:
        signature.verify(body, head.decode("latin-1"), "1795780800", KEY, NOW)
    except SyndicateError:
        pass
    else:
        raise AssertionError("an unsigned delivery was taken for signed")
    for one in events.read_all(body):
        assert one is None or (one.id and len(one.reason) <= 1000 and "@" not in one.reason)


# ---------------------------------------------------------------- what an operator is given


def bounce(data: bytes) -> None:
    """A mail that came back."""
    for one in bounces.read(data, NOW):
        assert one.id


def people(data: bytes) -> None:
    """A table of subscribers: every row is taken, rejected with a reason, or noted; what is taken is an address."""
    try:
        for one in table.read(io.BytesIO(data)):
            if isinstance(one, table.Row):
                assert one.address.key == addresses.clean(one.address.display).key
            else:
                assert one.reason if isinstance(one, table.Reject) else one.text
    except SyndicateError:
        return


def cell(data: bytes) -> None:
    """A cell of an exported table is nothing that a spreadsheet computes, and is read back as it was."""
    safe = table.safe_cell(data.decode("utf-8", "replace"))
    assert not safe.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")), safe


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (feed, page, token, form, webhook, bounce, people, cell)
}


# ---------------------------------------------------------------- what to begin with


def seeds(target: str) -> Iterator[bytes]:
    """Good and bad examples from which a fuzzer goes on."""
    signed = tokens.sign(RING, purpose="leave", subscriber="s1", list="news")
    fresh = tokens.sign(RING, purpose="confirm", subscriber="s1", list="news", now=NOW, extra="7")
    event = {"event": "bounce", "type": "bounce", "email": "a@example.org", "timestamp": 1795824761, "sg_event_id": "e",
             "delivery": "d1", "batch": "b1", "reason": "550 <a@example.org> no", "status": "5.1.1"}  # fmt: skip
    yield from {
        "feed": (b"\x00" + _rss(), b"\x01" + _json_feed(), b"\x02" + _rss()[:900]),
        "page": (samples.page(samples.posts()[0].slug, "https://www.example.al"), b"<p>Nothing</p>"),
        "token": (signed.encode(), fresh.encode(), b"a.b"),
        "form": (b"address=a%40example.org&lists=news&language=sq", b"a=%ff&a=1&&=", b""),
        "webhook": (b"c2ln\n" + json.dumps([event, {**event, "event": "delivered"}]).encode(), b"\n[]"),
        "bounce": (_bounce(),),
        "people": (b"email,name,language\na@example.org,A,sq\n\"b@example.org\",\"x\ny\",en+sq\n", b"a@b.al;sq\n"),
        "cell": (b"=1+1", b"@x", "Ë".encode()),
    }[target]  # fmt: skip


def _rss() -> bytes:
    slugs = tuple(one.slug for one in samples.posts()[:2])
    return samples.feed("https://www.example.al", kind="wordpress", only=slugs)


def _json_feed() -> bytes:
    item = {
        "id": "1",
        "url": "/a",
        "title": "Një",
        "content_html": "<p>Kjo është <a href='/b'>e re</a> #Tag</p>",
        "tags": ["x"],
    }
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [item]}).encode()


def _bounce() -> bytes:
    return (
        b"From: MAILER-DAEMON@example.org\r\nTo: x@example.org\r\nSubject: failed\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n'
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        b"Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <d1.e@example.org>\r\nX-Delivery: d1\r\n\r\n--b--\r\n"
    )
