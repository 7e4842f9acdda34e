"""The allow-list: what of a stranger's HTML is kept, by nh3 (ammonia, a real HTML 5 parser)."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache, partial
from html import escape, unescape
from urllib.parse import urlsplit

import nh3

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
INLINE = frozenset(
    {"a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "mark", "q", "s", "small", "strong", "sub", "sup", "u"}
)
BOXES = frozenset({"blockquote", "dd", "dl", "dt", "figcaption", "figure", "li", "ol", "table", "td", "th", "tr", "ul"})
VOID = frozenset({"br", "hr", "img"})
KEPT = INLINE | BOXES | VOID | {"p", "pre", "caption", "tbody", "thead", "tfoot", *HEADINGS}

# Kept only until the body has been read: what parts blocks, and what says how to treat them.
_STRUCTURE = frozenset({
    "address", "article", "aside", "center", "details", "div", "fieldset", "font", "footer", "form", "header", "legend",
    "main", "nav", "section", "span", "summary",
})  # fmt: skip
_DROPPED = {"script", "style", "template", "noscript", "textarea", "select", "title", "head"}
_SCHEMES = {"http", "https", "mailto", "tel"}
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "*": set(),  # without it nh3 keeps lang and title
}
_WORKING = {
    **_ATTRIBUTES,
    "img": {"src", "alt", "width", "height", "style", "class", "data-src"},
    "*": {"lang", "class"},
}

# C0 and C1 controls, soft hyphen, zero-width space, bidi marks, overrides and isolates, byte order mark. The joiners
# U+200C and U+200D stay: Persian and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_TAG = re.compile(r"</?[a-zA-Z!][^<]*>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_SPACE = re.compile(r"\s+")
_PARAGRAPHS = re.compile(r"[ \t]*\n[ \t]*\n\s*")

DEEPEST = 200
"""Elements nested deeper lose their tags: nh3 needs time in proportion to the square of the depth."""
_OPENERS = re.compile(r"<(/?)([a-zA-Z][\w:-]*)[^<>]*>")
_NOT_COUNTED = VOID | INLINE | {
    "caption", "col", "colgroup", "dd", "dt", "font", "input", "li", "link", "meta", "option", "p", "source", "span",
    "tbody", "td", "tfoot", "th", "thead", "tr", "wbr", "big", "tt", "strike", "nobr",
}  # fmt: skip

_PLAYER = re.compile(r"<(iframe|video|audio|embed|object)\b([^<>]*)>", re.IGNORECASE)
_SOURCE = re.compile(r"""(?:^|\s)(?:data-)?(?:src|data)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_TITLE = re.compile(r"""\stitle\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_FRAME = re.compile(r"</?(?:iframe|noscript|noembed|noframes|xmp|plaintext)\b[^<>]*>", re.IGNORECASE)


def folded(text: str) -> str:
    """`text` in NFC, without invisible characters, its white space folded to single spaces."""
    if text.isprintable():  # then it has no invisible character, and no white space but spaces
        text = unicodedata.normalize("NFC", text)
        return _SPACE.sub(" ", text) if "  " in text else text
    text = _UNSEEN.sub("", text)
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text))


def plain(text: str) -> str:
    """`text` (a title, a name) as one line: tags gone, entities decoded, once more where it was escaped twice."""
    for _ in range(2):
        if "<" not in text and "&" not in text:
            break
        if _TAG.search(text):
            text = nh3.clean(_FRAME.sub(" ", text), tags=set(), clean_content_tags={"script", "style"})
        elif not _ENTITY.search(text):
            break
        text = unescape(text)
    return folded(text).strip()


def safe(html: str, base_url: str = "") -> str:
    """`html` with only harmless elements, absolute http(s), mailto and tel addresses, and no tracking pictures.

    Relative addresses are resolved against `base_url`; without one they are dropped.
    """
    kept = []
    for token in _IMAGES.split(working(html, base_url)):
        if not token.startswith("<img ") or image(attributes(token)):
            kept.append(token)
    return _nh3("".join(kept), base_url, KEPT, _ATTRIBUTES)


@lru_cache(maxsize=2)  # a post is read for its blocks and made safe as a whole, one after the other
def working(html: str, base_url: str = "") -> str:
    """`html` made safe, but with `lang`, `class` and the parting elements still there: for reading, not for showing."""
    if _TAG.search(html) is None:
        html = _paragraphs(html)
    if html.count("<") > DEEPEST:
        html = _shallow(html)
    html = _FRAME.sub(" ", _PLAYER.sub(_link_to_player, html))
    return _nh3(html, base_url, KEPT | _STRUCTURE, _WORKING)


def _nh3(html: str, base_url: str, tags: frozenset[str] | set[str], attributes: dict[str, set[str]]) -> str:
    cleaned = partial(
        nh3.clean,
        html,
        tags=set(tags),
        clean_content_tags=_DROPPED,
        attributes=attributes,
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    if is_web(base_url):
        with suppress(
            ValueError
        ):  # its parser of addresses is stricter than Python's: no host that is none, no port 99999
            return cleaned(url_relative=("rewrite_with_base", base_url))
    return cleaned(url_relative="deny")


def is_web(url: str) -> bool:
    """Whether `url` is an absolute http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _paragraphs(text: str) -> str:
    """A body without tags: an empty line parts paragraphs, a line end stays one."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\n" not in lines:
        return f"<p>{lines}</p>"
    parts = (part.replace("\n", "<br>") for part in _PARAGRAPHS.split(lines))
    return "".join(f"<p>{part}</p>" for part in parts)


def _shallow(html: str) -> str:
    """`html` with the tags beyond DEEPEST nested elements replaced by line breaks."""
    depth = 0

    def judged(found: re.Match[str]) -> str:
        nonlocal depth
        if found[2].lower() in _NOT_COUNTED:
            return found[0]
        if found[1]:
            depth = max(0, depth - 1)
            return "<br>" if depth >= DEEPEST else found[0]
        depth += 1
        return "<br>" if depth > DEEPEST else found[0]

    return _OPENERS.sub(judged, html)


_POINT = re.compile(r"""\b(?:width|height)\s*=\s*["']?\s*[0-2](?:px)?\s*(?:["'\s/>]|$)""", re.I)


def _link_to_player(found: re.Match[str]) -> str:
    """An embedded player as a link to what it plays; one without an address, or too small to be seen, vanishes."""
    if _POINT.search(found[2]):
        return ""
    source = _SOURCE.search(found[2])
    url = unescape(next((group for group in source.groups() if group), "")) if source else ""
    if url.startswith("//"):
        url = "https:" + url
    if not is_web(url):
        return ""
    title = _TITLE.search(found[2])
    label = unescape(next((group for group in title.groups() if group), "")) if title else ""
    url = _watch(url)
    shown = label or (urlsplit(url).hostname or "").removeprefix("www.")
    return f'<p class="syndicate-embed"><a href="{escape(url)}">{escape(shown)}</a></p>'


def _watch(url: str) -> str:
    """The page to watch a video at, for a YouTube or Vimeo player's address; any other address as it is."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    last = parts.path.rstrip("/").rsplit("/", 1)[-1]
    if host in ("youtube.com", "youtube-nocookie.com") and parts.path.startswith("/embed/") and last != "videoseries":
        return f"https://www.youtube.com/watch?v={last}"
    if host == "player.vimeo.com" and last.isdigit():
        return f"https://vimeo.com/{last}"
    return url


# ---------------------------------------------------------------- pictures

_IMAGES = re.compile(r'(<img (?:[a-z-]+="[^"]*" ?)*>)')
_PAIR = re.compile(r'([a-z-]+)="([^"]*)"')
_TINY = re.compile(r"(?:^|;|\s)(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)|display\s*:\s*none|visibility\s*:\s*hidden")
_COUNTERS = (
    "pixel.wp.com",
    "stats.wordpress.com",
    "feeds.feedburner.com",
    "www.google-analytics.com",
    "www.facebook.com",
)


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a start tag that nh3 wrote, decoded."""
    return {name: unescape(value) for name, value in _PAIR.findall(tag)}


def image(given: dict[str, str]) -> bool:
    """Whether an `<img>` with these attributes shows a reader something: it has an address and is no tracking pixel."""
    url = given.get("src", "")
    if given.get("width", "").strip() in ("0", "1") or given.get("height", "").strip() in ("0", "1"):
        return False
    if _TINY.search(given.get("style", "").lower()):
        return False
    return is_web(url) and urlsplit(url).hostname not in _COUNTERS
