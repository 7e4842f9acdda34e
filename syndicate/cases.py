"""A post and what must come out of it, as one TOML file: the format of tests/enrich_languages/cases. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from syndicate.models import Entry, LabelledBlock, Version

_NOT_LITERAL = re.compile(r"'''|[\x00-\x08\x0b-\x1f\x7f]")


def expected(versions: Sequence[Version], blocks: Sequence[LabelledBlock]) -> dict[str, Any]:
    """What of a post a case holds fast: each version's title and blocks, and the blocks in no version."""
    return {
        "outside": [block.text for block in blocks if block.language is None],
        "versions": [
            {"language": version.language, "title": version.title, "blocks": version.text.split("\n\n")}
            for version in versions
        ],
    }


def written(entry: Entry, languages: Sequence[str], wanted: dict[str, Any]) -> str:
    """The case as TOML."""
    lines = [
        'about = "A post that was read wrongly once."', f"languages = {_list(languages)}", f"title = {_text(entry.title)}",
        f"url = {_text(entry.url or '')}", f"html = {_body(entry.html)}",
    ]  # fmt: skip
    if wanted["outside"]:
        lines.append(f"outside = {_list(wanted['outside'])}")
    for version in wanted["versions"]:
        lines += [
            "", "[[versions]]", f"language = {_text(version['language'])}", f"title = {_text(version['title'])}", "blocks = [",
            *(f"    {_text(block)}," for block in version["blocks"]), "]",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own; DEL it wants escaped, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _body(html: str) -> str:
    """A literal string over several lines where the text allows it, so that the markup reads as it is."""
    html = html.replace("\r\n", "\n")
    return _text(html) if _NOT_LITERAL.search(html) else f"'''\n{html}\n'''"
