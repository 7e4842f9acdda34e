"""The door of the site's files: a folder of TOML in, a `Site` out, or everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from syndicate.config.parsed import SITE, Parsed, parse
from syndicate.errors import Complaint, SiteError, UsageError
from syndicate.models import Places, Site


def load_site(root: Path, *, state: Path | None = None, public: Path | None = None, shipped: Path) -> Site:
    """Read the site in `root`; `state` and `public` are `var/` and `public/` in it, unless said.

    `shipped` is the folder of the worked example (`starter.shipped_site`), whose templates serve where the site has
    none. Raises SiteError with every complaint about every file.
    """
    from syndicate.config.checks import check

    if not (root / SITE).exists():
        raise SiteError([Complaint(SITE, 0, "", f"is missing in {root}; type `syndicate init {root}`")])
    parsed = parse(root)
    complaints = [*parsed.complaints, *check(parsed), *_templates(parsed, shipped)]
    if complaints:
        raise SiteError(list(dict.fromkeys(complaints)))
    from syndicate.config.convert import site_of

    return site_of(parsed, Places(root, state or root / "var", public or root / "public"))


def finished(site: Site, command: str) -> None:
    """Raise UsageError where settings still hold a new site's placeholder: `command` would show them to readers."""
    if site.unfinished:
        waiting = "\n".join(f"  {setting}" for setting in site.unfinished)
        raise UsageError(
            f"`syndicate {command}` waits until these settings are your own:\n{waiting}\n"
            f"Change them in {site.places.root} (they are marked # CHANGE), then type the same again."
        )


def _templates(parsed: Parsed, shipped: Path) -> list[Complaint]:
    """The lists whose template nobody has written."""
    return [
        block.complaint(("template",), f'there is no templates/{name}.mjml; write it, or template = "newsletter"')
        for block in parsed.lists
        if (name := block.text("template")) not in {"", "newsletter"}
        and not any((place / "templates" / f"{name}.mjml").is_file() for place in (parsed.root, shipped))
    ]
