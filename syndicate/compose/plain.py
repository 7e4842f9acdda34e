"""Plain text for mails: cleaned of what could break a header or a token, shortened at a word, wrapped for reading."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

WIDTH = 72
"""Columns of the text part, so that a quoted reply still fits in 80."""

LONG = 100
"""An address with more characters is a footnote: a post's own seldom is, one with a search or a signature in it is."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_TWO = re.compile(r"%(?=%)")
_UNSAFE_IN_URL = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]")


@lru_cache(maxsize=2048)
def clean(text: str) -> str:
    """One line of `text`: no controls or direction marks, single spaces, and no %% that could be taken for a token."""
    return apart(_SPACES.sub(" ", _UNSEEN.sub(" ", text)).strip())


def apart(text: str) -> str:
    """`text` with a space between two signs for per cent, so that nothing in it is taken for a token."""
    return _TWO.sub("% ", text) if "%%" in text else text


def header(text: str) -> str:
    """`clean` text that mail programs take as it stands: nothing that reads as an encoded word (RFC 2047 §2)."""
    return clean(text).replace("=?", "= ?")


@lru_cache(maxsize=4096)
def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, cut after a word and marked with an ellipsis; "" when nothing fits."""
    if len(text) <= limit:
        return text
    if limit < 2:
        return ""
    head = text[: limit - 1]
    # A very long word is cut inside rather than lost with everything before it.
    whole = head if text[limit - 1].isspace() or " " not in head else head[: head.rindex(" ")]
    return whole.rstrip(" ,;:.–—-([“\"'") + "…"


@lru_cache(maxsize=4096)
def wrap(text: str, prefix: str = "", width: int = WIDTH) -> str:
    """`text` in lines of at most `width` characters, each begun with `prefix`; a longer word keeps a line of its own.

    Lines never begin with what would be read as a signature's mark or an mbox "From " line.
    """
    lines: list[str] = []
    line, length = "", 0
    room = width - len(prefix)
    for word in text.split():
        if length and length + 1 + len(word) > room:
            lines.append(line)
            line, length = word, len(word)
        else:
            line = f"{line} {word}" if length else word
            length = len(line)
    lines.append(line)
    return "\n".join(prefix + line for line in lines)


class Footnotes:
    """Long addresses of one part of a text, told at its end: `link` leaves a number in their places, `lines` tells them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def link(self, label: str, url: str) -> str:
        """`label` with the address below it; a very long one is told at the end, each once."""
        if len(url) <= LONG:
            return f"{wrap(f'{label}:')}\n{url}"
        return wrap(f"{label} [{self._numbers.setdefault(url, len(self._numbers) + 1)}]")

    @property
    def lines(self) -> list[str]:
        """The addresses behind their numbers."""
        return [f"[{number}] {url}" for url, number in self._numbers.items()]


@lru_cache(maxsize=4096)
def web(url: str | None) -> str | None:
    """`url` if it is a web address, with what a mail could not carry percent-encoded; None for anything else."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return None
    return address(url.strip())


def address(url: str) -> str:
    """`url` with everything percent-encoded that RFC 3986 does not allow, and no %% left that looks like a token."""
    return _UNSAFE_IN_URL.sub(lambda found: quote(found.group(), safe="", errors="replace"), url).replace(
        "%%", "%25%25"
    )
