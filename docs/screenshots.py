"""The pictures of the README, taken by Chromium from a fresh demo: `python3 dev.py screenshots`.

    docs/pictures/newsletter-phone-light.png   the Albanian newsletter, as a phone shows it
    docs/pictures/newsletter-phone-dark.png    the same, at night
    docs/pictures/newsletter-both.png          both languages in one mail, on a desk
    docs/pictures/feed.png                     a feed's page
    docs/pictures/directory.png                the page that lists every feed
    docs/pictures/preview.png                  what the operator looks at before approving
    docs/pictures/report.png                   what `syndicate report` writes
    docs/pictures/try.png                      what `syndicate try` shows of a blog

The browser is SYNDICATE_CHROMIUM, else the first of the usual names on the path. Nothing leaves this machine: the demo and
its blog are on loopback.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).resolve().parent / "pictures"
LIMIT = 150_000
"""The most bytes that a picture may have: a README is read on slow lines, too."""

ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: the page, the size of the window in CSS pixels, and whether it is night. `top` scrolls down first."""

    name: str
    page: Path
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    scale: float = 1.0
    top: int = 0


def main(names: list[str]) -> int:
    """Take the pictures named, or all; returns the exit status."""
    from playwright.sync_api import sync_playwright

    from syndicate.samples.blog import serve

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="syndicate-pictures-") as scratch:
        demo = Path(scratch) / "demo"
        syndicate("demo", "--to", demo)
        period = ("--from", "2026-01-01", "--to", "2026-12-31", "--language", "en")
        syndicate("report", "--site", demo, *period, "--out", Path(scratch) / "report.html")
        pages = mails(demo, Path(scratch))
        with serve(port_in(pages["sq"])) as blog:
            syndicate("try", blog.base_url, "--no-open", "--posts", "4", "--out", Path(scratch) / "try.html")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
                chosen = [shot for shot in shots(demo, pages, Path(scratch)) if not names or shot.name in names]
                sizes = {shot.name: take(browser, shot, demo / "public") for shot in chosen}
                browser.close()
    for name, size in sizes.items():
        print(f"docs/pictures/{name}.png  {size / 1000:.0f} KB{'' if size <= LIMIT else '  TOO LARGE'}")
    return 0 if sizes and max(sizes.values()) <= LIMIT else 1


def shots(demo: Path, pages: dict[str, Path], scratch: Path) -> list[Shot]:
    """Every picture that we take."""
    feeds = demo / "public" / "feeds"
    return [
        Shot("newsletter-phone-light", pages["sq"], 390, 780),
        Shot("newsletter-phone-dark", pages["sq"], 390, 780, "dark"),
        Shot("newsletter-both", pages["sq+en"], 1000, 900),
        Shot("feed", feeds / "all-sq" / "index.html", 1000, 760),
        Shot("directory", feeds / "index.html", 1000, 760),
        Shot("preview", demo / "preview" / "newsletter-1" / "index.html", 1200, 860),
        Shot("report", scratch / "report.html", 1000, 940),
        Shot("try", scratch / "try.html", 1000, 860),
    ]


def syndicate(*arguments: str | Path) -> None:
    """Run the command; raises CalledProcessError if it fails."""
    subprocess.run(
        [sys.executable, "-m", "syndicate", "-q", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL
    )


def mails(demo: Path, scratch: Path) -> dict[str, Path]:
    """The HTML part of one mail of each variant, as a file: variant → page."""
    found = {}
    for path in sorted((demo / "outbox").glob("*.eml")):
        mail: Any = message_from_bytes(path.read_bytes(), policy=policy.default)
        variant = str(mail["Content-Language"]).replace(", ", "+").replace(",", "+")
        found[variant] = scratch / f"mail-{variant}.html"
        found[variant].write_text(mail.get_body(("html",)).get_content(), "utf-8")
    return found


def port_in(page: Path) -> int:
    """The port of the demo's blog, which the links of the page still name; 0 where it names none."""
    found = re.search(r"http://127\.0\.0\.1:(\d+)", page.read_text("utf-8"))
    return int(found[1]) if found else 0


def chromium() -> str:
    """The browser; ends with a sentence if there is none."""
    found = os.environ.get("SYNDICATE_CHROMIUM") or next(
        (path for name in BROWSERS if (path := shutil.which(name))), None
    )
    if not found:
        sys.exit("No Chromium here. Install it (`apt-get install chromium`), or name it in SYNDICATE_CHROMIUM.")
    return found


def take(browser: Browser, shot: Shot, public: Path) -> int:
    """Take one picture; returns its size in bytes. Pictures of mails, which would come from the site, come from `public`."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height}, device_scale_factor=shot.scale, color_scheme=shot.scheme
    )
    page = context.new_page()
    page.route("**/pictures/*", lambda route: route.fulfill(path=public / "pictures" / Path(route.request.url).name))
    page.goto(shot.page.as_uri(), wait_until="networkidle")
    if shot.top:
        page.evaluate("top => window.scrollTo(0, top)", shot.top)
    target = PICTURES / f"{shot.name}.png"
    page.screenshot(path=target)
    context.close()
    return target.stat().st_size


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
