"""Pictures of an edition, taken by the Chromium of this machine: no library, one process for each picture."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from syndicate.errors import SyndicateError, UsageError

if TYPE_CHECKING:
    from syndicate.compose.preview import Frame, Shown

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60
HEIGHT = 2400
"""CSS pixels of a mail that a picture shows, from its top."""

_ALWAYS = (
    "--headless",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--no-first-run",
    "--run-all-compositor-stages-before-draw",
    "--virtual-time-budget=3000",
)


# Instead of a sandboxed frame: that lives in a process of its own, and at times is not painted yet when the picture is taken.
_NO_SCRIPT = """<meta http-equiv="Content-Security-Policy" content="script-src 'none'">"""


def browser(environ: Mapping[str, str] = os.environ) -> str:
    """The browser's path; raises UsageError where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name, path=environ.get("PATH")))), None)
    if found is None:
        raise UsageError(
            f"No Chromium was found on the PATH (looked for {', '.join(BROWSERS)}). Install it, or leave --screenshots out: the "
            "preview page shows the same."
        )
    return found


def take(variants: Iterable[Shown], folder: Path) -> list[Path]:
    """A picture of every frame of the variants, as `<variant>-<screen>-<scheme>[-no-pictures].png`, for the operator's eyes.

    Raises UsageError without a browser, SyndicateError when it takes no picture.
    """
    program = browser()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    taken = []
    with tempfile.TemporaryDirectory(prefix="syndicate-screens-") as scratch:
        for variant in variants:
            for frame in variant.frames:
                target = (
                    folder
                    / f"{variant.name}-{frame.screen}-{frame.scheme}{'' if frame.pictures else '-no-pictures'}.png"
                )
                _shoot(program, frame, Path(scratch), target)
                taken.append(target)
    return taken


def _shoot(program: str, frame: Frame, scratch: Path, target: Path) -> None:
    page = scratch / "page.html"
    page.write_text(_narrow(frame), "utf-8")
    target.unlink(missing_ok=True)
    # A window is never narrower than 500 px: the mail stands in a frame of its own width, and the picture shows that.
    size = f"--window-size={max(frame.width, 500)},{HEIGHT}"
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    command = [
        program, *_ALWAYS, *root, f"--user-data-dir={scratch / 'profile'}", size, f"--screenshot={target.resolve()}",
        page.as_uri(),
    ]  # fmt: skip
    try:
        subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SyndicateError(f"{program} took no picture ({type(error).__name__}). Leave --screenshots out.") from error
    if not target.exists():
        raise SyndicateError(f"{program} took no picture of {target.stem}. Start it by hand to see why.")
    target.chmod(0o600)


def _narrow(frame: Frame) -> str:
    from html import escape

    paper = "#14181b" if frame.scheme == "dark" else "#fff"
    return (
        f'<!doctype html><meta charset="utf-8">{_NO_SCRIPT}<style>body{{margin:0;background:{paper}}}'
        f"iframe{{border:0;width:{frame.width}px;height:{HEIGHT}px}}</style>"
        f'<iframe srcdoc="{escape(frame.html)}"></iframe>'
    )
