"""How the newsletter looks in a real browser: contrast, narrow screens, and that the dark copy is dark."""

from dataclasses import replace
from pathlib import Path

import pytest
from compose.newsroom import ADDRESSES, parts, post, posts, site

from syndicate.compose.edits import Edits
from syndicate.compose.items import Image
from syndicate.compose.render import render_all
from syndicate.models import Look

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


LOOKS = {
    "ours": Look(footer={"sq": "Me mbështetjen e lexuesve."}),
    "pale": Look(accent="#ffe27a", link="#9fd3ff", paper="#ffffff"),
    "dark": Look(accent="#101010", link="#1a0033", paper="#202428"),
}
LONG = "https://www.example.org/" + "shume-gjate-dhe-pa-asnje-hapesire" * 6


def made(look: str) -> str:
    long = post(4, title="x", links=(), partners=())
    long = replace(long, versions=tuple(replace(v, title="Fjalëshumëegjatë" * 9, summary=LONG) for v in long.versions))
    chosen = [*posts(3), post(3, languages=("en",)), long]
    pictures = {"p0": Image("https://lajme.example.org/pictures/a.jpg", 1200, 750)}
    given = parts(
        chosen, addresses=replace(ADDRESSES, pictures=pictures), site=site(look=LOOKS[look]),
        logo=Image("https://lajme.example.org/pictures/l.png", 220, 50),
        edits=Edits(intro={"sq": f"Të dashur **lexues**, [këtu]({LONG}):\n\n- një\n- dy", "en": "Dear [readers](https://e.example)."}),
    )  # fmt: skip
    (variant,) = render_all(given, ("sq+en",))
    return variant.html


@pytest.fixture(scope="module")
def htmls() -> dict[str, str]:
    return {look: made(look) for look in LOOKS}


@pytest.fixture
def html(htmls: dict[str, str]) -> str:
    return htmls["ours"]


PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="750"><rect width="1200" height="750" fill="teal"/></svg>'


def show(browser, html: str, width: int, scheme: str, *, pictures: bool = True):
    """The mail in a window; nothing is asked of the network."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    if pictures:
        page.route("**/*", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))
    else:
        page.route("**/*", lambda route: route.abort())
    page.set_content(html)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "look"), [(320, "ours"), (390, "pale"), (390, "dark"), (700, "ours"), (700, "pale")])
def test_every_text_is_readable_and_nothing_is_wider_than_the_screen(
    browser, htmls, width: int, look: str, scheme: str
) -> None:
    page = show(browser, htmls[look], width, scheme, pictures=width != 390)
    contrasts = page.evaluate(CONTRASTS)
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert len(contrasts) > 40
    assert [(text, round(ratio, 1)) for text, ratio in contrasts if ratio < 4.5] == []
    assert wide <= width


@pytest.mark.parametrize("width", [320, 700])
def test_text_at_twice_its_size_still_fits(browser, html: str, width: int) -> None:
    page = show(browser, html, width, "light")
    page.evaluate("""() => [...document.querySelectorAll('body *')].map(e => [e, parseFloat(getComputedStyle(e).fontSize)])
      .forEach(([e, size]) => e.style.setProperty('font-size', size * 2 + 'px', 'important'))""")
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    assert wide <= width


@pytest.mark.parametrize(("width", "shown"), [(320, 272), (700, 552)])
def test_the_picture_fills_the_column_and_keeps_its_shape(browser, html: str, width: int, shown: int) -> None:
    page = show(browser, html, width, "light")
    box = page.locator("img.shot").bounding_box()
    page.close()
    assert round(box["width"]) == shown
    assert box["height"] == pytest.approx(shown * 750 / 1200, abs=1)


def test_without_pictures_their_words_are_there(browser, html: str) -> None:
    page = show(browser, html, 390, "light", pictures=False)
    logo, shot = page.locator("img.logo").bounding_box(), page.locator("img.shot").bounding_box()
    page.close()
    assert logo["height"] > 10
    assert shot["height"] > 20


def test_a_screen_reader_finds_nothing_amiss(browser, html: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = show(browser, html, 700, "light")
    found = Axe().run(page).response["violations"]
    page.close()
    # A mail is shown inside the mailbox's own page, which has the landmarks.
    assert {one["id"] for one in found} <= {"region", "landmark-one-main", "page-has-heading-one"}


def test_the_dark_mail_is_dark(browser, html: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.set_content(html)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"
    page.close()
