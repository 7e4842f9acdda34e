"""Every string that a reader sees, in their language; dates, lists and plurals by CLDR; templates filled with them.

    words.<language>.toml --load D--> WordBook --filler D--> Filler("page.html", …) → text

Jinja2 and Babel are imported here only, and only when something is filled or written out.
"""

from __future__ import annotations

from syndicate.words.book import WordBook
from syndicate.words.fill import Filler, fill_text, filler
from syndicate.words.load import load

__all__ = ["Filler", "WordBook", "fill_text", "filler", "load"]
