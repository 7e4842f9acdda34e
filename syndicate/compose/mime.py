"""A copy of a letter as the bytes that go over the wire.

Whatever the copies share is encoded once. A token in an encoded body could be cut by a soft line break, so each body is cut
at its tokens *before* it is encoded: a token's value always begins a line of its own and is followed by a soft break
(RFC 2045 §6.7 (5)), which no reader sees and no line's length hangs on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP

from syndicate.compose.message import TOKEN
from syndicate.compose.plain import header
from syndicate.models import Copy, Letter

LONGEST = 998
"""The most octets in a line of a mail (RFC 5322 §2.1.1)."""

WORDED = frozenset({"subject", "from", "to", "reply-to"})
"""Headers that may hold words in any language, and so may be folded and encoded (RFC 2047)."""

# "=_" cannot stand in quoted-printable text, so no body can hold it (RFC 2045 §6.7).
_BOUNDARY = "=_alternative_="
_PART = 'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
_ALTERNATIVE = f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"\r\n\r\n'

_LONG = SMTP.clone(max_line_length=LONGEST)
_PLAIN_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)
_PLAIN_VALUE = re.compile(r"[!-<>-~]{1,75}", re.ASCII)
_BEYOND = re.compile(rb"[^ !-<>-~]|[ ]$")
# A line that would begin with a dot has two columns less, for its dot is encoded.
_LINE = re.compile(rb"\..{0,72}(?<!=)(?<!=.)|.{1,75}(?<!=)(?<!=.)", re.DOTALL)

Pieces = list[bytes | str]
"""An encoded body: bytes, and the names of the tokens between them."""


def writer(letter: Letter) -> Callable[[Copy], bytes]:
    """What makes a letter's copies into bytes: multipart/alternative, text before html, quoted-printable in lines of at most
    76 columns, CRLF throughout. A letter without html is text/plain.

    What it returns raises ValueError for a copy with a header that no line can hold.
    """
    head = _head(letter)
    body = _join(_body(letter))
    names = {piece for piece in body if isinstance(piece, str)}

    def write(copy: Copy) -> bytes:
        its = copy.values
        values = {name: _value(name, its) for name in names}
        own = [_to(copy.address), *(field(name, value) for name, value in copy.headers)]
        return b"".join([head, *own, *[values[piece] if isinstance(piece, str) else piece for piece in body]])

    return write


def field(name: str, value: str) -> bytes:
    """One header, ended by CRLF. Headers of addresses for machines stay on one line: folding would encode a long
    List-Unsubscribe, and no mailbox finds the link in an encoded word.

    Raises ValueError for a header that is neither words nor fits a line.
    """
    value = header(value)
    if name.lower() in WORDED or not value.isascii():
        policy = SMTP if name.lower() in WORDED else _LONG
        mail = EmailMessage(policy=policy)
        mail[name] = value
        return policy.fold_binary(name, mail[name])
    line = f"{name}: {value}\r\n".encode("ascii")
    if len(line) > LONGEST + 2:
        raise ValueError(f"the header {name} would have {len(line) - 2} characters; {LONGEST} fit")
    return line


def _head(letter: Letter) -> bytes:
    given = [("From", letter.sender), ("Subject", letter.subject), ("Reply-To", letter.reply_to), *letter.headers]
    return b"".join(field(name, value) for name, value in [*given, ("MIME-Version", "1.0")])


def _to(address: str) -> bytes:
    # Nearly every address is plain, and reading one as RFC 5322 has it takes longer than all the rest of a copy.
    return f"To: {address}\r\n".encode() if _PLAIN_ADDRESS.fullmatch(address) else field("To", address)


def _body(letter: Letter) -> Pieces:
    text = [_PART.format(kind="plain").encode(), *_encoded(letter.text)]
    if not letter.html:
        return text
    # The line break before a boundary is the boundary's own (RFC 2046 §5.1.1).
    edge = f"\r\n--{_BOUNDARY}".encode()
    html = [_PART.format(kind="html").encode(), *_encoded(letter.html)]
    return [_ALTERNATIVE.encode() + edge[2:] + b"\r\n", *text, edge + b"\r\n", *html, edge + b"--\r\n"]


def _encoded(text: str) -> Pieces:
    """`text` in quoted-printable, ended by a line break, with its tokens named."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    pieces: Pieces = []
    for number, piece in enumerate(TOKEN.split(text)):
        if number % 2:
            pieces += [piece, _SOFT]
        else:
            *whole, rest = map(_quoted, piece.split("\n"))
            # The token that follows begins a line.
            pieces.append(b"".join(line + b"\r\n" for line in whole) + (rest + _SOFT if rest else b""))
    return pieces


_SOFT = b"=\r\n"


def _quoted(text: str) -> bytes:
    """One line of text in quoted-printable, cut by soft breaks into pieces of at most 75 columns (RFC 2045 §6.7).

    None begins with a dot, which SMTP would have to double anew in each copy (RFC 5321 §4.5.2).
    """
    quoted = _BEYOND.sub(lambda sign: b"=%02X" % ord(sign.group()), text.encode("utf-8", "replace"))
    return _SOFT.join(b"=2E" + line[1:] if line.startswith(b".") else line for line in _LINE.findall(quoted))


def _join(pieces: Pieces) -> Pieces:
    """The same with neighbouring bytes made one."""
    joined: Pieces = []
    for piece in pieces:
        if joined and isinstance(piece, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _value(name: str, values: Mapping[str, str]) -> bytes:
    """A token's value in quoted-printable, in lines of at most 75 columns; a token without a value stays as it is."""
    value = values.get(name)
    if value is None:
        value = f"%%{name}%%"
    if _PLAIN_VALUE.fullmatch(value):
        return value.encode("ascii")
    return _quoted(value)
