"""What the sample blog answers at each path: a pure decision, before validators and faults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from syndicate.samples.library import SamplePost, image, media_type
from syndicate.samples.page import write_home, write_page, write_plain
from syndicate.samples.wire import write_feed

HTML = "text/html; charset=utf-8"
_FILES = {".pdf": "application/pdf", ".mp3": "audio/mpeg", ".mp4": "video/mp4"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. `changed` is when what it shows last changed, None when nobody knows."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    changed: datetime | None = None


NOT_FOUND = Answer(404, b"Kjo faqe nuk ekziston.\n", {"Content-Type": "text/plain; charset=utf-8"})


def answer_for(
    path: str, posts: tuple[SamplePost, ...], base_url: str, *, page: str = "1", per_page: int | None = None
) -> Answer:
    """The answer to a GET of `path`. `page` is the query's `paged`, which only WordPress's feed knows."""
    changed = max((post.changed for post in posts), default=None)
    if path == "/":
        return Answer(200, write_home(posts, base_url), {"Content-Type": HTML}, changed)
    if path == "/rss.xml":
        return _feed(write_feed(posts, base_url, "drupal"), "rss", changed)
    if path == "/atom.xml":
        return _feed(write_feed(posts, base_url, "atom"), "atom", changed)
    if path in ("/feed", "/feed/"):
        shown = _page_of(posts, page, per_page)
        return _feed(write_feed(shown, base_url, "wordpress"), "rss", changed) if shown else NOT_FOUND
    if path.startswith("/lajme/"):
        return _post(path.rstrip("/"), posts, base_url)
    if path.startswith("/images/"):
        return _image(path.removeprefix("/images/"))
    return _resource(path, posts, base_url)


def _feed(body: bytes, kind: str, changed: datetime | None) -> Answer:
    return Answer(200, body, {"Content-Type": f"application/{kind}+xml; charset=utf-8"}, changed)


def _page_of(posts: tuple[SamplePost, ...], page: str, per_page: int | None) -> tuple[SamplePost, ...]:
    """The posts of one page of an archive; none when it lies past the end."""
    size = per_page or max(1, len(posts))
    number = int(page) if page.isdecimal() else 1
    return posts[(max(1, number) - 1) * size :][:size]


def _post(path: str, posts: tuple[SamplePost, ...], base_url: str) -> Answer:
    found = next((post for post in posts if post.path == path), None)
    if found is None:
        return NOT_FOUND
    return Answer(200, write_page(found, base_url, posts), {"Content-Type": HTML}, found.changed)


def _image(name: str) -> Answer:
    try:
        return Answer(200, image(name), {"Content-Type": media_type(name)})
    except KeyError:
        return NOT_FOUND


def _resource(path: str, posts: tuple[SamplePost, ...], base_url: str) -> Answer:
    """What posts point to on the blog itself: a page, or a file of the right kind with almost nothing in it."""
    if not any(path in re.findall(r'href="(/[^"]*)"', post.html) for post in posts):
        return NOT_FOUND
    for ending, kind in _FILES.items():
        if path.endswith(ending):
            return Answer(200, _pdf() if ending == ".pdf" else b"", {"Content-Type": kind})
    return Answer(200, write_plain(path.strip("/").replace("/", ", "), base_url), {"Content-Type": HTML})


def _pdf() -> bytes:
    """A PDF of one empty A4 page (ISO 32000-1 §7.5), with a cross-reference table that is right."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 4\n0000000000 65535 f \n" + table + end
