"""Which entry is which post, and whether it changed. Pure, and the same on every machine and in every year.

A site that moves to https or drops its www keeps its posts; a theme's new wrappers or a counter in a link change none.
"""

from __future__ import annotations

import hashlib
import re
from html import unescape
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from syndicate.models import Entry

_SITE = re.compile(r"\bhttps?://(?:www\.)?([^/\s?#]*)", re.I)
_TRACKING = re.compile(
    r"^(?:utm_\w+|mtm_\w+|pk_\w+|hsa_\w+|_hs\w+|mc_[ce]id|mkt_tok|[a-z]*clid|igshid|igsh|fb_action_\w+|_ga|_gl|nonce|_wpnonce|ref_src"
    r"|s_cid|vero_\w+|wickedid|yclid|ncid|cmpid|at_medium|at_campaign)$",
    re.I,
)
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.S | re.I)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|cite|code|del|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.I,
)
_TAG = re.compile(r"<[a-z!/?][^<>]*>", re.I)
_HREF = re.compile(r"""<a\s[^<>]*?\bhref\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.I)
_IMAGE = re.compile(r"""<img\s[^<>]*?(?<![-\w])src\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.I)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10


def identity(entry: Entry) -> str:
    """What makes the entry itself: its guid with scheme and www folded; without one its link; without either its content.

    Drupal's "12 at https://www.site.al" equals "12 at http://site.al", WordPress's "https://site.al/?p=12" its http twin.
    """
    if entry.guid and entry.guid.strip():
        return "guid:" + _folded(entry.guid)
    link = link_key(entry.url) if entry.url else None
    return f"link:{link}" if link else f"content:{digest(entry)}"


def _folded(guid: str) -> str:
    """A guid with the scheme and www of every address in it gone, hosts in lower case, no slash at the end."""
    text = _SITE.sub(
        lambda found: "//" + found[1].lower().removesuffix(":443").removesuffix(":80"), " ".join(guid.split())
    )
    return text.rstrip("/") if text.startswith("//") else text


def link_key(url: str) -> str | None:
    """A link as it is compared: no scheme, www, port of its own, fragment, tracking parameters or slash at the end.

    The order of the other parameters does not count. None for anything but http and https.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~").rstrip("/")
    kept = sorted(
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(name)
    )
    return place + path + (f"?{urlencode(kept)}" if kept else "")


def digest(entry: Entry) -> str:
    """SHA-256 in hex of what a reader would see: title, text, links, pictures' names, tags. Never dates.

    White space, wrappers, attributes, scripts and the schemes and tracking parameters of links make no difference.
    """
    body = _HIDDEN.sub(" ", entry.html)
    parts = [
        _words(entry.title),
        _words(unescape(_TAG.sub(" ", _INLINE.sub("", body)))),
        *dict.fromkeys(_compared(found) for found in _HREF.findall(body)),
        "pictures",
        *dict.fromkeys(_file_name(found) for found in _IMAGE.findall(body)),
        "tags",
        *sorted({_words(category) for category in entry.categories}),
    ]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _words(text: str) -> str:
    return " ".join(text.split())


def _compared(quoted: str) -> str:
    url = unescape(quoted.strip("\"'")).strip()
    return link_key(url) or url


def _file_name(quoted: str) -> str:
    """A picture by the end of its path: image services change host, size and signature of one and the same file."""
    return unescape(quoted.strip("\"'")).partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]


def post_id(source_id: str, identity: str) -> str:
    """The post's id: 10 characters of base 32 without i, l, o and u, the first 50 bits of a SHA-256.

    The same source and identity give the same id again, so that a lost database renames no post.
    """
    bits = (
        int.from_bytes(hashlib.sha256(f"{source_id}\0{identity}".encode("utf-8", "replace")).digest()[:8], "big") >> 14
    )
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(_ID_LENGTH)))
