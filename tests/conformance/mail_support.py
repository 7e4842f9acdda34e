"""What mailboxes make of the CSS and HTML that our mails use: our own table, read off caniemail.com in November 2026.

Each row: the property, in which of the large mailboxes it does nothing (or nothing of what we want of it), and what readers then
get. A property without a row is not used: who wants a new one looks it up first.

    gmail     web and apps        outlook   Outlook 2007-2019 and Mail on Windows (both draw with Word)
    webmail   Yahoo, AOL, GMX, WEB.DE, Orange: one or more of them                apple     Apple Mail
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Support:
    """`without`: who ignores it; `fallback`: what is seen there. An essential one must work everywhere."""

    without: tuple[str, ...] = ()
    fallback: str = ""


EVERYWHERE = Support()


def lacking(*who: str, fallback: str) -> Support:
    """A property that some mailboxes ignore."""
    return Support(who, fallback)


CSS: dict[str, Support] = {
    # everywhere, at least as we use them: longhand or one value, on table cells and text
    **dict.fromkeys(
        (
            "background-color", "border", "border-top", "border-bottom", "border-left", "border-right", "border-collapse",
            "border-color", "color", "direction", "font", "font-family", "font-size", "font-style", "font-weight",
            "letter-spacing", "line-height", "padding", "padding-top", "padding-bottom", "padding-left", "padding-right",
            "text-align", "text-decoration", "text-transform", "vertical-align", "width",
        ),
        EVERYWHERE,
    ),
    "background": lacking("outlook", fallback="only a colour is given, which Word takes, too"),
    "border-radius": lacking("outlook", "webmail", fallback="square corners"),
    "display": lacking("outlook", fallback="inline-block becomes inline: links stand side by side"),
    "margin": lacking("outlook", fallback="negative and auto margins are lost; cells carry the distances"),
    **dict.fromkeys(
        ("margin-top", "margin-bottom", "margin-left", "margin-right"),
        lacking("outlook", fallback="cells carry the distances"),
    ),
    "max-width": lacking("outlook", fallback="the table inside a conditional comment has the width"),
    "max-height": lacking("outlook", fallback="only on the hidden preheader, which mso-hide hides there"),
    "height": lacking("webmail", fallback="min-height in Yahoo; the picture's attribute has it, too"),
    "min-height": lacking("outlook", fallback="the text's own height"),
    "opacity": lacking("outlook", "webmail", fallback="only on the hidden preheader, hidden by display as well"),
    "overflow": lacking("outlook", fallback="only on the hidden preheader"),
    "overflow-wrap": lacking("gmail", "outlook", "webmail", fallback="word-break does the same there, or the mail scrolls"),
    "word-break": lacking("outlook", "webmail", fallback="a word longer than the screen makes it scroll"),
    "word-spacing": lacking("outlook", fallback="ordinary spaces"),
    "white-space": lacking("outlook", fallback="a line more"),
    "outline": lacking("outlook", "webmail", fallback="no frame round a picture that is not loaded"),
    "text-decoration-color": lacking("outlook", "webmail", fallback="a line in the colour of the text"),
    "color-scheme": lacking("gmail", "outlook", "webmail", fallback="the mailbox's own dark mode, or a light mail"),
    "supported-color-schemes": lacking("gmail", "outlook", "webmail", fallback="as color-scheme, of which it is the old name"),
    # of one maker each, for faults of that one
    **dict.fromkeys(
        (
            "-ms-interpolation-mode", "-ms-text-size-adjust", "-webkit-text-size-adjust", "mso-table-lspace",
            "mso-table-rspace", "mso-hide", "mso-padding-alt", "mso-line-height-rule", "mso-text-raise",
            "mso-font-width", "mso-border-alt",
        ),
        lacking("gmail", "webmail", "apple", fallback="nothing is lost: it mends another mailbox"),
    ),
    "text-size-adjust": lacking("outlook", fallback="text as large as the reader has it"),
}  # fmt: skip

ESSENTIAL = {
    "background-color", "color", "font-family", "font-size", "font-weight", "line-height", "padding", "text-align", "width",
}  # fmt: skip
"""Without these a mail could not be read."""

AT_RULES: dict[str, Support] = {
    "max-width": lacking("outlook", "webmail", fallback="the wide mail, which is one column, too"),
    "min-width": lacking("outlook", "webmail", fallback="the narrow mail, which is one column, too"),
    "prefers-color-scheme": lacking(
        "gmail", "outlook", "webmail", fallback="the mailbox's own dark mode, or a light mail"
    ),
    "only screen": EVERYWHERE,
}

ELEMENTS = {
    "a", "blockquote", "body", "br", "div", "em", "h1", "h2", "h3", "head", "hr", "html", "img", "li", "meta", "ol", "p",
    "span", "strong", "style", "table", "tbody", "td", "th", "title", "tr", "ul",
}  # fmt: skip
"""Every element that a mail of ours may hold: none that mailboxes drop (form, script, video, svg, section, button)."""

ATTRIBUTES = {
    "align", "alt", "aria-hidden", "aria-label", "aria-labelledby", "aria-roledescription", "bgcolor", "border", "cellpadding",
    "cellspacing", "class", "content", "dir", "height", "href", "http-equiv", "id", "lang", "media", "name", "rel", "role",
    "src", "style", "title", "type", "valign", "width", "xmlns", "xmlns:o", "xmlns:v", "charset",
}  # fmt: skip
