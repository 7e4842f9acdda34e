"""A new site, made from the worked example: its partners, hashtags and feeds, with what is ours marked to change.

What must be changed holds a name that nobody can own (RFC 2606) and a remark `# CHANGE: …`, so that `Site.unfinished`
finds it until somebody has. What was worked out from the operator's own domain is marked `# CHECK: …` instead.
"""

from __future__ import annotations

import os
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from syndicate.config import values
from syndicate.config.lines import KeyPath, lines
from syndicate.config.parsed import SITE
from syndicate.config.ring import make_key, private
from syndicate.errors import UsageError
from syndicate.models import Places

PLACEHOLDER = "example.org"
"""The domain of a site whose own is not known yet."""

_COPIED = (
    "feeds/*.toml",
    "subscribers/*.toml",
    "templates/newsletter.mjml",
    "templates/newsletter.txt",
    "templates/words.*.toml",
)

_IGNORED = """\
# People and secrets never enter git.
/var/
/public/
*.csv
*.eml
*.key
*.sqlite*
*.backup
.env
"""

_REMARK_COLUMN = 49


def shipped_site() -> Path:
    """The folder of the worked example: in the installed package, or the repository's root where that is run from."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "starter", package.parent):
        if (folder / SITE).is_file():
            return folder
    raise UsageError(f"{package} holds no worked example; install syndicate again.")


def init(
    target: Path,
    *,
    shipped: Path,
    domain: str | None = None,
    source_url: str | None = None,
    source_name: str | None = None,
    allow_private: bool = False,
    random: Callable[[int], bytes] = os.urandom,
) -> list[Path]:
    """Make a site in the folder `target` and return the files written, in the order of writing.

    `domain` is the operator's own, `source_url` and `source_name` the blog to pull, on a private address if
    `allow_private`. No file that is there is overwritten; raises UsageError where there is a site already, or where
    the folder cannot be written.
    """
    marks = _marks(
        _asked(values.tag_domain, "domain", domain), _asked(values.url, "source address", source_url), source_name
    )
    if (target / SITE).exists():
        raise UsageError(f"{target} already holds a site ({SITE}); nothing was changed. Choose another folder.")
    try:
        return _written(target, shipped, marks, allow_private, random)
    except OSError as error:
        where = error.filename or target
        raise UsageError(
            f"{where} cannot be written ({error.strerror}); free the place, or choose another folder."
        ) from error


def _asked(check: Callable[[str], str], what: str, text: str | None) -> str | None:
    try:
        return check(text) if text else None
    except ValueError as error:
        raise UsageError(f"The {what} {error}.") from error


def _written(
    target: Path, shipped: Path, marks: Mapping[str, list[_Mark]], allow_private: bool, random: Callable[[int], bytes]
) -> list[Path]:
    """Write the site; its own file last, so that a folder half made can be begun again."""
    target.mkdir(parents=True, exist_ok=True)
    names = sorted({path.relative_to(shipped).as_posix() for glob in _COPIED for path in shipped.glob(glob)} - {SITE})
    done = [_ignore(target)]
    state = private(Places(target, target / "var", target / "public"))
    if not (state / "secret.key").exists() and make_key(state / "secret.key", random):
        done.append(state / "secret.key")
    for name in [*names, SITE]:
        text = (shipped / name).read_text(encoding="utf-8")
        if name == "feeds/sources.toml" and allow_private:
            text = text.replace("# allow_private = true", "allow_private = true  ")
        done.append(_new(target / name, marked(text, marks[name]) if name in marks else text))
    return [path for path in done if path is not None]


def _new(path: Path, text: str) -> Path | None:
    """Write a file that is not there yet; None when it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return None
    return path


def _ignore(target: Path) -> Path | None:
    """Keep people and secrets out of git; lines are added to a .gitignore that is there, and none is taken away."""
    path = target / ".gitignore"
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in _IGNORED.splitlines() if line not in there.splitlines()]
    if not missing:
        return None
    gap = "\n" if there and not there.endswith("\n") else ""
    path.write_text(there + gap + "\n".join(missing) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class _Mark:
    """One setting of the worked example to write anew: its value (None: as it is) and the remark behind it."""

    path: KeyPath
    value: str | None
    remark: str


def _marks(domain: str | None, source_url: str | None, source_name: str | None) -> dict[str, list[_Mark]]:
    """What is not the operator's in each file."""
    host = domain or PLACEHOLDER
    sign = "CHECK" if domain else "CHANGE"
    name = _tidy(source_name) or domain
    blog = source_url or f"https://www.{PLACEHOLDER}/rss.xml"
    blog_sign = "CHECK" if source_url else "CHANGE"
    return {
        SITE: [
            _Mark(("name",), name or "Our organisation", "CHANGE: what the site is called in feeds and pages"),
            _Mark(("base_url",), f"https://feeds.{host}", f"{sign}: where the folder public/ is served, no slash at its end"),
            _Mark(("tag_domain",), host, f"{sign}: a domain of yours, part of every item's identity; never change it later"),
            _Mark(("contact",), f"contact@{host}", f"{sign}: a person's address, for readers"),
            _Mark(("postal_address",), f"Street 1, 1000 City ({PLACEHOLDER})", "CHANGE: your own, at the foot of every mail"),
        ],
        "feeds/sources.toml": [
            _Mark(("source", 0, "name"), name or "Our blog", f"{blog_sign}: the blog's name for readers"),
            _Mark(("source", 0, "url"), blog, f"{blog_sign}: the address of its RSS, Atom or JSON feed"),
        ],
        "feeds/partners.toml": [
            _Mark(("partner", 0, "ourselves"), None, "CHANGE: true belongs to the partner that is your own organisation"),
        ],
        "subscribers/newsletter.toml": [
            _Mark(("titles", "sq"), "Buletini ynë", "CHANGE: what readers know the newsletter as"),
            _Mark(("titles", "en"), "Our newsletter", "CHANGE"),
            _Mark(("sender", "name"), name or "Our newsletter", "CHANGE: who the mail is from"),
            _Mark(("sender", "address"), f"newsletter@{host}", f"{sign}: the address it is from, on a domain of yours"),
            _Mark(("sender", "reply_to"), f"contact@{host}", f"{sign}: where answers go: a person reads them"),
        ],
    }  # fmt: skip


def _tidy(name: str | None) -> str:
    """A name that came with a fetched feed, without what no name holds; at most 100 characters."""
    plain = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in name or "")
    return " ".join(plain.split())[:100].strip()


def marked(text: str, marks: list[_Mark]) -> str:
    """The TOML text with its marked settings written anew, each on its own line as before."""
    known, data, rows = lines(text), tomllib.loads(text), text.split("\n")
    for mark in marks:
        if (number := known.get(mark.path)) is None:
            continue
        value = mark.value if mark.value is not None else _inside(data, mark.path)
        key = rows[number - 1].partition("=")[0].rstrip()
        rows[number - 1] = f"{f'{key} = {values.toml(value)}':<{_REMARK_COLUMN - 1}} # {mark.remark}"
    return "\n".join(rows)


def _inside(data: object, path: KeyPath) -> object:
    for part in path:
        data = data[part]  # type: ignore[index]
    return data
