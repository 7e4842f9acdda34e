"""The HTML of every variant: well nested, no id twice, every jump has its end, and only what mailboxes know."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from conformance.conftest import DISCREET, NAMES, TOOLS, edition
from conformance.mail_support import AT_RULES, ATTRIBUTES, CSS, ELEMENTS, ESSENTIAL

from syndicate.models import EditionVariant

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
NOT_IN_P = {"div", "p", "table", "ul", "ol", "h1", "h2", "h3", "blockquote", "hr"}


class Reading(HTMLParser):
    """Walks a mail, conditional comments left out, and notes everything that is wrong with its nesting."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.jumps: set[str] = set()
        self.used: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: list[str] = []
        self.tables: list[dict[str, str]] = []
        self.headings: list[int] = []
        self.feed(html)
        self.close()
        self.wrong += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if len(values) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if "p" in self.open and tag in NOT_IN_P:
            self.wrong.append(f"<{tag}> in <p>")
        if tag == "a" and "a" in self.open:
            self.wrong.append("a link in a link")
        if tag == "tr" and self.open[-1:] not in (["tbody"], ["thead"], ["table"]):
            self.wrong.append(f"<tr> in <{self.open[-1]}>")
        if tag in ("td", "th") and self.open[-1:] != ["tr"]:
            self.wrong.append(f"<{tag}> in <{self.open[-1]}>")
        self.used.add(tag)
        self.attributes |= values.keys()
        if "id" in values:
            self.ids.append(values["id"])
        if values.get("href", "").startswith("#"):
            self.jumps.add(values["href"][1:])
        if "style" in values:
            self.styles.append(values["style"])
        if tag == "table":
            self.tables.append(values)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open[-1:] == [tag]:
            self.open.pop()
        else:
            self.wrong.append(f"</{tag}> closes <{self.open[-1] if self.open else ''}>")


@pytest.fixture(scope="session")
def read(variants: dict[str, EditionVariant]) -> dict[str, Reading]:
    return {name: Reading(one.html) for name, one in variants.items()}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_well_formed(name: str, read: dict[str, Reading]) -> None:
    page = read[name]
    assert page.wrong == []
    assert len(page.ids) == len(set(page.ids))
    assert page.jumps <= set(page.ids)
    assert page.headings[0] == 1
    assert all(deeper - above <= 1 for above, deeper in zip(page.headings, page.headings[1:], strict=False))


@pytest.mark.parametrize("name", NAMES)
def test_tables_of_layout_say_so(name: str, read: dict[str, Reading]) -> None:
    assert {table.get("role") for table in read[name].tables} == {"presentation"}


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_only_what_mailboxes_know(name: str, read: dict[str, Reading]) -> None:
    assert read[name].used <= ELEMENTS
    assert read[name].attributes <= ATTRIBUTES


@pytest.mark.parametrize("name", NAMES)
def test_every_css_property_was_looked_up(
    name: str, read: dict[str, Reading], variants: dict[str, EditionVariant]
) -> None:
    used = {name for style in read[name].styles for name in properties(style)}
    sheets = re.findall(r"<style[^>]*>(.*?)</style>", variants[name].html, re.DOTALL)
    used |= {name for sheet in sheets for body in re.findall(r"\{([^{}]*)\}", sheet) for name in properties(body)}
    assert len(used) > 20
    assert used - CSS.keys() == set(), "look these up at caniemail.com, and add a row to mail_support.py"
    asked = {
        word
        for sheet in sheets
        for rule in re.findall(r"@media([^{]*)", sheet)
        for word in re.findall(r"[a-z][a-z -]+", rule)
    }
    known = {*AT_RULES, "dark", "and", "px", "screen", "only"}
    assert {word.strip() for word in asked if not any(part in word for part in known)} == set()


def test_what_a_mail_cannot_do_without_works_everywhere() -> None:
    assert all(not CSS[name].without for name in ESSENTIAL)
    assert all(one.fallback for one in (*CSS.values(), *AT_RULES.values()) if one.without)


def properties(style: str) -> Iterator[str]:
    for declaration in style.split(";"):
        name, colon, _ = declaration.partition(":")
        if colon:
            yield name.strip().lower()


# ---------------------------------------------------------------- html-validate, where it is installed

RULES = {"extends": ["html-validate:standard"], "rules": {
    # A mail is no page: layout is tables, styles are inline, Word needs its attributes.
    "no-inline-style": "off", "no-deprecated-attr": "off", "attribute-allowed-values": "off", "no-conditional-comment": "off",
    "prefer-native-element": "off", "prefer-tbody": "off", "require-sri": "off", "void-style": "off", "long-title": "off",
    "no-implicit-close": "error", "doctype-style": "off", "no-trailing-whitespace": "off", "attr-quotes": "off",
    "tel-non-breaking": "off", "no-unknown-elements": "error", "no-redundant-role": "off", "aria-label-misuse": "off",
}}  # fmt: skip


def html_validate() -> list[str] | None:
    """The command, where npm has brought it already; nothing is fetched."""
    if found := shutil.which("html-validate"):
        return [found]
    script = TOOLS / "html-validate" / "bin" / "html-validate.mjs"
    node = shutil.which("node")
    return [node, str(script)] if node and script.exists() else None


def test_html_validate_finds_no_error(variants: dict[str, EditionVariant], tmp_path: Path) -> None:
    command = html_validate()
    if command is None:
        pytest.skip("html-validate is not installed (npm ci in tests/conformance/tools)")
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps({"root": True, **RULES}))
    mails = {name: one.html for name, one in (variants | edition(DISCREET[:3])).items()}
    mails["broken"] = variants["sq"].html.replace("</body>", '<p id="a"><div id="a"></p></body>')
    for name, html in mails.items():
        (tmp_path / f"{name}.html").write_text(html, "utf-8")
    done = subprocess.run(
        [*command, "--formatter", "json", *map(str, sorted(tmp_path.glob("*.html")))],
        capture_output=True, text=True, timeout=240, check=False, cwd=tmp_path,
    )  # fmt: skip
    found = {
        Path(file["filePath"]).stem: {one["ruleId"] for one in file["messages"]} for file in json.loads(done.stdout)
    }
    assert "no-dup-id" in found.pop("broken"), "it finds nothing"
    assert {name: rules for name, rules in found.items() if rules} == {}


# ---------------------------------------------------------------- the data of caniemail.com, where it is installed

MAILBOXES = {
    "gmail": ("gmail/desktop-webmail", "gmail/ios", "gmail/android"),
    "outlook": ("outlook/windows", "outlook/windows-mail"),
    "webmail": tuple(f"{one}/desktop-webmail" for one in ("yahoo", "aol", "gmx", "web-de", "orange")),
    "apple": ("apple-mail/macos", "apple-mail/ios"),
}
FAMILIES = ("padding", "margin", "border", "background")
"""Properties that caniemail looks at together."""


def caniemail() -> dict[str, Any]:
    path = TOOLS / "caniemail" / "data" / "caniemail.json"
    if not path.exists():
        pytest.skip("the data of caniemail.com is not installed (npm ci in tests/conformance/tools)")
    return {one["slug"]: one["stats"] for one in json.loads(path.read_text("utf-8"))["data"]}


def answers(stats: dict[str, Any], group: str) -> set[str]:
    """What the newest versions of a group's mailboxes do with a feature: y(es), a(lmost), n(o), u(nknown)."""
    places = [place.split("/") for place in MAILBOXES[group]]
    newest = [[*stats.get(family, {}).get(platform, {"": "u"}).values()][-1] for family, platform in places]
    return {answer[0] for answer in newest}


def slug_of(name: str, known: dict[str, Any]) -> str | None:
    """Where the data tells of a property."""
    family = next((one for one in FAMILIES if name.startswith(one)), "")
    return next((slug for slug in (f"css-{name}", f"css-{family}") if slug in known), None)


def test_our_table_says_what_caniemail_says() -> None:
    data = caniemail()
    checked = {name: slug for name in CSS if (slug := slug_of(name, data))}
    assert len(checked) > 40
    for name, slug in checked.items():
        lacking = {group for group in MAILBOXES if "n" in answers(data[slug], group)}
        partly = {group for group in MAILBOXES if "a" in answers(data[slug], group)}
        assert lacking <= set(CSS[name].without) <= lacking | partly, name
    assert all(answers(data[slug_of(name, data) or ""], "gmail") <= {"y", "a"} for name in ESSENTIAL & checked.keys())


def test_every_element_shows_in_the_large_mailboxes() -> None:
    data = caniemail()
    elements = {name: stats for name in ELEMENTS if (stats := data.get(f"html-{name}"))}
    assert len(elements) >= 10
    for name, stats in elements.items():
        lacking = {group for group in MAILBOXES if "n" in answers(stats, group)}
        # GMX and WEB.DE drop style sheets: what cannot be done without stands at the elements themselves.
        assert lacking <= ({"webmail"} if name == "style" else set()), name
