"""How the newsletter looks in a real browser: contrast, narrow screens, and that the dark copy is dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from compose.newsroom import ADDRESSES, parts, post, posts

from syndicate.compose.render import render_all

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := Path("/usr/bin") / name).exists()),
    None,
)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]

CONTRASTS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => { for (let e = element; e; e = e.parentElement) {
    const colour = numbers(getComputedStyle(e).backgroundColor); if (colour.length === 3 || colour[3] > 0) return colour; }
    return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) { const text = walker.currentNode, element = text.parentElement;
    if (!text.data.trim() || !element.getClientRects().length || element.closest('[style*="display:none"]')) continue;
    const a = light(numbers(getComputedStyle(element).color)), b = light(behind(element));
    found.push([text.data.trim().slice(0, 40), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]); }
  return found; }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def html() -> str:
    (variant,) = render_all(parts([*posts(3), post(3, languages=("en",))], addresses=ADDRESSES), ("sq+en",))
    return variant.html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 720])
def test_every_text_is_readable_and_nothing_is_wider_than_the_screen(
    browser, html: str, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_content(html)
    contrasts = page.evaluate(CONTRASTS)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert len(contrasts) > 40
    assert [(text, round(ratio, 1)) for text, ratio in contrasts if ratio < 4.5] == []
    assert wide <= width


def test_the_dark_mail_is_dark(browser, html: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.set_content(html)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"
    page.close()
