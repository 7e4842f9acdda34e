"""From the bytes of a feed to its text. Pure. The bytes themselves are believed before what is said about them.

byte order mark → valid UTF-8 → the declared encoding → UTF-8 mixed with windows-1252
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9_.:-]{1,40})""")
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.I)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings that a page is really written in; codecs such as unicode_escape or punycode are not among them.
_KNOWN = re.compile(
    r"(utf-(8|16|32)|iso8859-|cp125|cp8\d\d|koi8-|gb|big5|euc_|shift_jis|iso2022_|mac-|hz|johab|tis-620|ptcp154)"
)
# What XML 1.0 §2.2 forbids.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Text:
    """The decoded text, and a sentence for each thing that was not as declared."""

    text: str
    notes: tuple[str, ...] = ()


def decode(body: bytes, content_type: str = "") -> Text:
    """Decode a feed or page; never fails. Control characters that XML forbids are taken out."""
    text, note = _decoded(body, content_type)
    clean = _FORBIDDEN.sub("", text)
    notes = [note] if note else []
    if len(clean) != len(text):
        notes.append(f"{len(text) - len(clean)} control characters were taken out of the feed.")
    return Text(clean.removeprefix("\ufeff"), tuple(notes))


def _decoded(body: bytes, content_type: str) -> tuple[str, str]:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), ""
    wide = _wide(body)
    if wide:
        return body.decode(wide, "replace"), ""
    declared = _declared(body, content_type)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(body, declared)
    if declared in ("utf-8", "") or (body.isascii() and not declared.startswith(("iso2022", "hz", "utf-"))):
        return text, ""
    if declared.startswith(("iso2022", "hz")):
        return body.decode(declared, "replace"), ""
    return text, f"The feed says that it is {declared}; it is UTF-8, and was read so."


def _not_utf8(body: bytes, declared: str) -> tuple[str, str]:
    if declared and not declared.startswith("utf-"):
        try:
            return body.decode(declared), ""
        except UnicodeDecodeError:
            said = f"The feed says that it is {declared}; it is not all so"
    else:
        said = "The feed is not all UTF-8"
    return _mixed(body), f"{said}: the rest was read as windows-1252. Look at its letters ë and ç."


def _wide(body: bytes) -> str:
    """UTF-16 without a mark shows as a zero beside the first `<` or `{`."""
    head = body[:2]
    if len(head) == 2 and b"\0" in head and (head.strip(b"\0") in (b"<", b"{")):
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    return ""


def _declared(body: bytes, content_type: str) -> str:
    """The encoding that header, XML declaration or page name, as Python calls it; "" where none is known.

    The document's own word goes before the server's: servers add a default charset to what they never read.
    """
    inside = _DECLARED.search(body[:1024]) or _META.search(body[:4096])
    header = _HEADER.search(content_type)
    for name in ([inside[1].decode("ascii")] if inside else []) + ([header[1]] if header else []):
        try:
            known = codecs.lookup(name).name
        except LookupError:
            continue
        # The web reads Latin-1 and ASCII as windows-1252 (WHATWG Encoding §4.2).
        known = "cp1252" if known in ("iso8859-1", "ascii") else known
        if _KNOWN.match(known):
            return known
    return ""


def _mixed(body: bytes) -> str:
    """UTF-8 where it is valid, windows-1252 (undefined bytes: Latin-1) where it is not."""
    pieces: list[str] = []
    while body:
        try:
            pieces.append(body.decode("utf-8"))
            break
        except UnicodeDecodeError as error:
            pieces.append(body[: error.start].decode("utf-8"))
            if len(pieces) > 20_000:
                # A body of noise: one more pass over the rest for each byte would never end.
                pieces.append(body[error.start :].decode("cp1252", "replace"))
                break
            pieces.append(_legacy(body[error.start : error.end]))
            body = body[error.end :]
    return "".join(pieces)


def _legacy(piece: bytes) -> str:
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in piece)
