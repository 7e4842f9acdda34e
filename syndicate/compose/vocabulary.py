"""What MJML 4 knows: components, the attributes of each, and the HTML elements that close themselves.

Its compiler passes over unknown ones in silence, so that a misspelt attribute would simply do nothing.
"""

from __future__ import annotations

_EDGES = "padding padding-top padding-right padding-bottom padding-left"
_BORDERS = "border border-top border-right border-bottom border-left border-radius"
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-align text-decoration text-transform"
_BOX = f"{_EDGES} {_BORDERS} inner-border inner-border-radius background-color direction width vertical-align"
_BACK = (
    "background-color background-url background-repeat background-size background-position background-position-x "
    "background-position-y"
)
_LINK = "href rel target title name"

_BY_COMPONENT: dict[str, str] = {
    "mjml": "lang dir owa",
    "mj-head": "",
    "mj-body": "width background-color",
    "mj-title": "",
    "mj-preview": "",
    "mj-raw": "position",
    "mj-style": "inline",
    "mj-font": "name href",
    "mj-breakpoint": "width",
    "mj-attributes": "",
    "mj-html-attributes": "",
    "mj-selector": "path",
    "mj-html-attribute": "name",
    "mj-section": f"{_EDGES} {_BORDERS} {_BACK} direction full-width text-align text-padding",
    "mj-wrapper": f"{_EDGES} {_BORDERS} {_BACK} direction full-width text-align text-padding gap",
    "mj-column": f"{_BOX} inner-background-color",
    "mj-group": "background-color direction vertical-align width",
    "mj-text": f"{_EDGES} {_FONT} align height container-background-color vertical-align",
    "mj-image": f"{_EDGES} {_BORDERS} {_LINK} align alt src srcset sizes usemap width height max-height fluid-on-mobile "
    "container-background-color font-size",
    "mj-button": f"{_EDGES} {_BORDERS} {_FONT} {_LINK} align background-color container-background-color height "
    "inner-padding vertical-align width",
    "mj-divider": f"{_EDGES} align border-color border-style border-width container-background-color width",
    "mj-spacer": f"{_EDGES} container-background-color height vertical-align width",
    "mj-table": f"{_EDGES} {_FONT} align border cellpadding cellspacing container-background-color role table-layout "
    "vertical-align width",
    "mj-hero": f"{_EDGES} {_BACK} background-height background-width border-radius container-background-color height "
    "inner-background-color inner-padding mode vertical-align width align",
    "mj-navbar": f"{_EDGES} align base-url hamburger ico-align ico-open ico-close ico-color ico-font-family ico-font-size "
    "ico-line-height ico-padding ico-text-decoration ico-text-transform",
    "mj-navbar-link": f"{_EDGES} {_FONT} {_LINK}",
    "mj-social": f"{_EDGES} {_FONT} align border-radius container-background-color icon-height icon-padding icon-size "
    "inner-padding mode table-layout text-padding vertical-align",
    "mj-social-element": f"{_EDGES} {_FONT} {_LINK} align alt background-color border-radius icon-height icon-padding "
    "icon-position icon-size sizes src srcset text-padding vertical-align",
    "mj-accordion": f"{_EDGES} border container-background-color font-family icon-align icon-height icon-position "
    "icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url",
    "mj-accordion-element": "background-color border font-family icon-align icon-height icon-position icon-unwrapped-alt "
    "icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url",
    "mj-accordion-title": f"{_EDGES} background-color color font-family font-size font-weight",
    "mj-accordion-text": f"{_EDGES} background-color color font-family font-size font-weight letter-spacing line-height",
}

COMPONENTS: dict[str, frozenset[str]] = {
    name: frozenset(attributes.split()) | {"css-class", "mj-class"} for name, attributes in _BY_COMPONENT.items()
}
"""Each component with the attributes that it knows."""

ANY_ATTRIBUTE = frozenset({"mj-all", "mj-class"})
"""Inside <mj-attributes>: elements that set defaults for every component."""

EVERY_ATTRIBUTE: frozenset[str] = frozenset().union(*COMPONENTS.values()) | {"name"}
"""What those defaults may set."""

MARKUP = frozenset({"mj-text", "mj-raw", "mj-button", "mj-table", "mj-navbar-link", "mj-accordion-title",
                    "mj-accordion-text", "mj-social-element", "mj-title", "mj-preview", "mj-style"})  # fmt: skip
"""Components that hold text or HTML: elsewhere text would stand between table cells, or be lost."""

_GIVEN = """blank date discreet empty_lines footer footnotes go_on join language leave_url list_title logo logo_alt look
masked_address number once opening organisation postal_address preferences_url preheader say sections subject web_url wrap"""

GIVEN = frozenset(_GIVEN.split())
"""What `syndicate.compose.render` gives a newsletter's template, by name."""

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
"""The HTML elements that have no end (HTML Standard §13.1.2)."""

REFUSED: dict[str, str] = {
    "mj-include": "write the included file out here",
    "mj-carousel": "its parts get the same ids in every mail; use <mj-image>",
}
"""Components that MJML knows and that do not work here, with what to do instead."""
