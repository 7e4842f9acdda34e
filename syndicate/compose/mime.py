"""A Message as the bytes that go over the wire."""

from __future__ import annotations

from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from io import BytesIO
from typing import Any

from syndicate.compose.plain import header
from syndicate.models import Message

LONGEST = 998
"""The most octets in a line of a mail (RFC 5322 §2.1.1)."""

WORDED = frozenset({"subject", "from", "to", "reply-to"})
"""Headers that may hold words in any language, and so may be folded and encoded (RFC 2047)."""


class _Unfolded(EmailPolicy):
    """SMTP's policy, with headers of addresses left on one line: folding would encode a long List-Unsubscribe, and no
    mailbox finds the link in an encoded word.
    """

    def fold(self, name: str, value: Any) -> str:
        """The header as text, ended by CRLF."""
        return str((SMTP if name.lower() in WORDED else _LONG).fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header as bytes, ended by CRLF."""
        return self.fold(name, value).encode("ascii", "surrogateescape")


_BODY = SMTP.clone(max_line_length=76)
_LONG = SMTP.clone(max_line_length=LONGEST)
_WIRE = _Unfolded(linesep="\r\n", max_line_length=LONGEST)


def serialise(message: Message) -> bytes:
    """multipart/alternative, text before html, quoted-printable in lines of at most 76 columns, CRLF throughout."""
    mail = EmailMessage(policy=_BODY)
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    # After the content: making it multipart would move a Content-Language into the text part.
    mail["From"] = header(message.sender)
    mail["To"] = header(message.recipient)
    mail["Subject"] = header(message.subject)
    for name, value in message.headers:
        mail[name] = header(value)
    # A boundary that hangs on nothing but the delivery makes the same mail the same bytes, copy after copy.
    mail.set_boundary(f"=_{''.join(sign if sign.isalnum() else '-' for sign in message.id)[:60]}_=")
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, policy=_WIRE).flatten(mail)
    return out.getvalue()
