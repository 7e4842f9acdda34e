"""What readers see: axe-core over every variant, in light and dark, on a phone and a desk; and a small picture of each to
compare with the one that was looked at. In those pictures each word is a bar as long as its letters are many, so that they do not
hang on the fonts of a machine: they show colours, sizes, distances and what stands where.

After a wanted change of how mails look: `SYNDICATE_TEST_GOLDEN=write pytest tests/conformance` writes the pictures anew.
Look at them before they are kept.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from conformance.conftest import CHROMIUM, NAMES
from PIL import Image, ImageChops, ImageStat

from syndicate.models import EditionVariant

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH")]

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = {"phone": 390, "desktop": 720}
TALL = 1600
SMALL = 4
"""The pictures are kept at a quarter."""

TOLERANCE = 6.0
"""The most that a band of the picture may differ from the golden one on average, of 255."""

BARS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
  for (const text of texts) {
    const words = text.data.trim().split(/\\s+/).map(word => {
      const bar = document.createElement('span');
      bar.style.cssText = `display:inline-block;width:${Math.min(word.length, 24) * .5}em;height:.6em;`
        + 'margin-right:.3em;background:currentColor';
      return bar; });
    text.replaceWith(...words); }
  document.querySelectorAll('*').forEach(one => { one.style.fontFamily = 'monospace'; }); }"""

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def opened(browser: Any, html: str, width: int, scheme: str) -> Any:
    page = browser.new_page(viewport={"width": width, "height": TALL}, color_scheme=scheme)
    page.route("**/*", lambda route: route.abort())  # nothing leaves this machine: pictures are off
    page.set_content(html)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_no_barrier(browser: Any, variants: dict[str, EditionVariant], name: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for width in WIDTHS.values():
        page = opened(browser, variants[name].html, width, scheme)
        found = Axe().run(
            page, options={"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]}
        )
        page.close()
        told = [(one["id"], one["nodes"][0]["html"][:120]) for one in found.response["violations"]]
        assert told == []
        assert len(found.response["passes"]) > 10, "it looked at nothing"


def test_axe_finds_a_barrier_where_there_is_one(browser: Any, variants: dict[str, EditionVariant]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, variants["sq"].html.replace("</body>", '<img src="x"></body>'), 390, "light")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]})
    page.close()
    assert "image-alt" in {one["id"] for one in found.response["violations"]}


@pytest.mark.parametrize("screen", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*NAMES, "sq.discreet"])
def test_it_looks_as_it_did(
    browser: Any,
    variants: dict[str, EditionVariant],
    discreet: dict[str, EditionVariant],
    name: str,
    scheme: str,
    screen: str,
) -> None:
    mail = variants[name] if name in variants else discreet[name]
    page = opened(browser, mail.html, WIDTHS[screen], scheme)
    page.evaluate(BARS)
    taken = shrunk(page.screenshot())
    page.close()
    path = GOLDEN / f"{name}-{screen}-{scheme}.png"
    if os.environ.get("SYNDICATE_TEST_GOLDEN") == "write":
        taken.save(path, optimize=True)
    with Image.open(path) as picture:
        golden = picture.convert("RGB")
    assert path.stat().st_size < 60_000
    assert golden.size == taken.size
    assert distance(golden, taken) < TOLERANCE


def test_a_lost_block_shows(browser: Any, variants: dict[str, EditionVariant]) -> None:
    page = opened(browser, variants["sq"].html, 390, "light")
    page.evaluate(BARS)
    whole = shrunk(page.screenshot())
    page.evaluate("document.querySelector('h2').closest('td').remove()")
    broken = shrunk(page.screenshot())
    page.close()
    assert distance(whole, whole) == 0
    assert distance(whole, broken) > TOLERANCE


def shrunk(png: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    return picture.resize((picture.width // SMALL, picture.height // SMALL), Image.Resampling.BOX)


def distance(one: Image.Image, other: Image.Image) -> float:
    """How far the most different quarter of two pictures (of four bands from top to bottom) is apart on average."""
    apart = ImageChops.difference(one, other).convert("L")
    band = apart.height // 4
    return max(
        ImageStat.Stat(apart.crop((0, top, apart.width, top + band))).mean[0] for top in range(0, band * 4, band)
    )
