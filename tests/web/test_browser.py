"""The pages in a real browser: no barrier by axe-core, journeys by keyboard without JavaScript, nothing asked of others."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from web.web_site import Served, make_site, serving

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := Path("/usr/bin") / name).exists()),
    None,
)
LOOKS = [(320, "light", "sq"), (1280, "dark", "en"), (320, "dark", "en"), (1280, "light", "sq")]
EVERY = bool(os.environ.get("SYNDICATE_TEST_ALL"))
DISTINCT = {"home", "wrong form", "left", "saved", "wrong ask", "wrong settings"}
"""One page of each kind: what a second look is taken at, unless all is asked for."""
SHOWN = LOOKS if EVERY else LOOKS[:2]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]

TARGETS = """() => [...document.querySelectorAll('a, button, label.choice, input:not([type=hidden])')]
  .filter(e => !e.closest('.trap') && !e.closest('p') && !e.matches('.skip') && !e.closest('label.choice input'))
  .map(e => [e.textContent.trim() || e.name, e.matches('.choice input') ? 44 : e.getBoundingClientRect().height])
  .filter(([, height]) => height < 43.5)"""


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served site, with somebody on a list."""
    with serving(make_site(tmp_path_factory.mktemp("browser") / "site")) as served:
        yield served


def pages(served: Served) -> dict[str, tuple[str, dict[str, str] | None]]:
    """Every page there is: name → path, and what is posted to it (None: it is only opened)."""
    tag = os.urandom(4).hex()
    served.mails()  # whatever another test left
    person = served.join(f"p{tag}@example.org", languages="en")
    served.sign_up(f"n{tag}@example.org", languages="en")
    confirm = served.mailed_link("confirm")
    served.post(f"{served.link('preferences', person)}/link")
    opened = served.mailed_link("account")
    served.clock.pass_(minutes=6)  # between two links there is a pause
    served.post(f"{served.link('preferences', person)}/link")
    session = served.post(served.mailed_link("account")).hidden("session")
    served.post("/account/address", session=session, address=f"o{tag}@example.org")
    moved = served.mailed_link("address")
    gone = served.link("leave", served.join(f"l{tag}@example.org", languages="en"))
    served.post(gone)
    return {
        "home": ("/", None),
        "form": ("/subscribe", None),
        "form of one list": ("/subscribe/newsletter", None),
        "wrong form": ("/subscribe", {"address": "arta at example", "languages": "xx"}),
        "asked": ("/asked", None),
        "confirm": (confirm, None),
        "leave": (served.link("leave", person), None),
        "left": (gone, None),
        "preferences": (served.link("preferences", person), None),
        "saved": (served.link("preferences", person), {"languages": "en"}),
        "ask": ("/account", None),
        "wrong ask": ("/account", {"address": "x"}),
        "link asked": ("/asked/link", None),
        "open": (opened, None),
        "settings": ("/account/open", {"session": session}),
        "wrong settings": ("/account/forget", {"session": session}),
        "settings, address asked": ("/account/address", {"session": session, "address": f"q{tag}@example.org"}),
        "new address": (moved, None),
        "broken link": ("/leave/x.y", None),
        "nothing": ("/nothing", None),
    }


def go(page, served: Served, path: str, sent: dict[str, str] | None, language: str) -> None:
    """Open a page; what is posted is posted by a form, as a browser does."""
    base = f"http://127.0.0.1:{served.port}"
    if sent is None:
        page.goto(f"{base}{path}?lang={language}")
        return
    page.goto(f"{base}/robots.txt")
    page.evaluate(
        """([path, fields]) => { const form = document.createElement('form'); form.method = 'post'; form.action = path;
        for (const [name, value] of Object.entries(fields)) { const input = document.createElement('input');
          input.name = name; input.value = value; form.append(input); } document.body.append(form); form.submit(); }""",
        [path, sent | {"lang": language}],
    )
    page.wait_for_url(f"**{path}")
    page.wait_for_load_state()


@pytest.mark.parametrize(("width", "scheme", "language"), SHOWN)
def test_no_page_has_a_barrier_and_none_asks_another_host(browser, lived_in, width, scheme, language):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, hosts, faults, limited = context.new_page(), set(), [], lived_in.parts.site.safeguarding.exit_url
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
    lived_in.clock.pass_(minutes=11)  # the limit on forms begins anew
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    for name, (path, sent) in pages(lived_in).items():
        if not EVERY and width == 1280 and name not in DISTINCT:
            continue
        go(page, lived_in, path, sent, language)
        assert page.get_attribute("html", "lang") == language, name
        found = Axe().run(page, options={"runOnly": tags, "resultTypes": ["violations"]})
        wrong = [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]]
        assert wrong == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(TARGETS) == [], name
        assert page.get_attribute(".exit", "href") == limited
    assert hosts == {f"127.0.0.1:{lived_in.port}"}
    assert context.cookies() == []
    assert faults == []
    context.close()


def press_to(page, selector: str) -> None:
    """Press Tab until that element has the focus: what cannot be reached so cannot be reached by many readers."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"{selector} cannot be reached by the keyboard")


def test_signing_up_confirming_and_leaving_by_keyboard_without_javascript(browser, lived_in):
    lived_in.mails()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page, base = context.new_page(), f"http://127.0.0.1:{lived_in.port}"
    page.goto(f"{base}/?lang=en")
    page.keyboard.press("Tab")
    assert page.locator(".exit:focus").count() == 1, "the quick exit comes first"
    press_to(page, "a[href^='/subscribe/newsletter']")
    page.keyboard.press("Enter")
    press_to(page, "#address")
    page.keyboard.type("keys@example.org")
    press_to(page, "input[value='en']")
    page.keyboard.press("ArrowDown")  # both, Albanian first
    lived_in.clock.pass_(minutes=11)
    press_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_url("**/asked?lang=en")
    page.goto(f"{base}{lived_in.mailed_link('confirm')}?lang=en")
    press_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('You are subscribed')")
    assert lived_in.standing("keys@example.org") == {"newsletter": "confirmed"}
    person = lived_in.join("keys@example.org")
    page.goto(f"{base}{lived_in.link('leave', person)}")
    press_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("section.aside")
    assert lived_in.standing("keys@example.org") == {"newsletter": "unsubscribed"}
    press_to(page, "button.quiet")
    assert context.cookies() == []
    context.close()


def test_settings_by_keyboard_without_javascript(browser, lived_in):
    lived_in.clock.pass_(minutes=11)
    person = lived_in.join("own@example.org", languages="en")
    lived_in.mails()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page, base = context.new_page(), f"http://127.0.0.1:{lived_in.port}"
    page.goto(f"{base}{lived_in.link('preferences', person)}")
    press_to(page, "button.quiet")
    page.keyboard.press("Enter")
    page.wait_for_url("**/asked/link?lang=en")
    page.goto(f"{base}{lived_in.mailed_link('account')}")
    press_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("form.grave")
    press_to(page, "nav button[value='sq']")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Cilësimet e mia')")
    press_to(page, "input[name='sure']")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Të dhënat tuaja u fshinë')")
    assert lived_in.standing("own@example.org") == {}
    context.close()


def test_large_text_and_print_lose_nothing(browser, lived_in):
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{lived_in.port}/subscribe?lang=sq")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.emulate_media(media="print")
    assert page.locator(".helpline").is_visible()
    assert not page.locator(".exit").is_visible()
    context.close()
