"""Facts for the checks of the site's own files: TOML, words, templates, and what git keeps of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from syndicate.doctor.case import Case
from syndicate.errors import UsageError
from syndicate.models import Site
from syndicate.operate import looking, tracked, working
from syndicate.operate.verdict import Verdict, count, note, ok, warning

FOLDERS = ("feeds", "subscribers", "templates")
"""The site's own folders, which are kept in git."""

MAIL_TEMPLATES = ("note",)
"""The templates in MJML beside those that lists name."""


def files(case: Case) -> Iterator[Verdict]:
    """The TOML files: all that is wrong in them is raised as complaints."""
    site = case.load()
    parts = (
        count(len(site.sources), "source"),
        count(len(site.feeds) + len(site.families), "rule for feeds", "rules for feeds"),
    )
    yield ok(f"The site's files are right: {', '.join(parts)}, {count(len(site.lists), 'list')}.")


def marks(case: Case) -> Iterator[Verdict]:
    """Settings that are still the starter's."""
    yield from working.marks(case.site.unfinished, [*_unchecked(case.root)])


def _unchecked(root: Path) -> Iterator[str]:
    for name, text in _texts(root, (".toml",)):
        for number, line in enumerate(text.splitlines(), 1):
            if "# CHECK:" in line:
                yield f"{name}:{number}"


def words(case: Case) -> Iterator[Verdict]:
    """Whether each language has all its texts."""
    yield from working.lacking(case.words().lacking())


def templates(case: Case) -> Iterator[Verdict]:
    """What our lint says of the mail templates, and whether each template can be read at all."""
    found = [*_linted(case), *_unreadable(case)]
    yield from found or [ok("Nothing is wrong with the templates.")]


def _linted(case: Case) -> Iterator[Verdict]:
    from syndicate import compose

    for name in sorted({one.template for one in case.site.lists} | {*MAIL_TEMPLATES}):
        path = _template(case, f"{name}.mjml")
        for one in compose.lint(path.read_text("utf-8"), f"templates/{path.name}") if path else ():
            if (
                name not in MAIL_TEMPLATES or one.key != "placeholder"
            ):  # the lint knows what a newsletter is given, no other mail
                said = working.sentence(f"templates/{path.name}:{one.line}: {one.message}" if path else "")
                yield warning(said, f"Look at line {one.line} of {path}")


def _unreadable(case: Case) -> Iterator[Verdict]:
    from syndicate.words import filler

    fill = filler(case.templates, case.words())
    for path in sorted((case.root / "templates").glob("*.html")):
        if said := fill.broken(path.name):
            yield warning(
                working.sentence(f"templates/{said.partition(': ')[0].rpartition('/')[2]}: {said.partition(': ')[2]}"),
                "Put that line right, or delete the file: the shipped one takes its place",
            )


def _template(case: Case, name: str) -> Path | None:
    """The template that counts: the site's own, else the shipped one."""
    return next((path for folder in reversed(case.templates) if (path := folder / name).is_file()), None)


def secrets(case: Case) -> Iterator[Verdict]:
    """Keys and passwords that stand where they do not belong."""
    names = ("SENDGRID_API_KEY", "SYNDICATE_SMTP_URL", "SYNDICATE_DATABASE_URL", "SYNDICATE_SECRET_KEY")
    values = {name: value for name in names if (value := _value(case, name))}
    yield from tracked.secrets(dict(_texts(case.root, (".toml", ".mjml", ".html", ".txt", ".env", ".md"))), values)


def _value(case: Case, name: str) -> str:
    try:
        return case.settings.get(name) or ""
    except UsageError:
        return ""  # the check of the secrets tells it


def _texts(root: Path, ends: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The site's own text files, by their names from its folder."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.name.endswith(ends) and path.stat().st_size < looking.LARGEST:
                yield path.relative_to(root).as_posix(), path.read_text("utf-8", "replace")


def git(case: Case) -> Iterator[Verdict]:
    """People and keys in what git keeps."""
    try:
        top = looking.repository(case.root)
        if case.root != top and not looking.not_ignored(top, [str(case.root)]):
            yield ok("Git keeps nothing of this site: its folder is ignored.")
            return
        yield from tracked.tracked(looking.kept(top), _own(case))
    except looking.NoGit as why:
        if str(why):
            yield note(f"Whether git keeps files that hold people is not known: {why}.")


def ignored(case: Case) -> Iterator[Verdict]:
    """Whether git is told to leave var/ alone."""
    try:
        looking.repository(case.root)
        yield from tracked.ignored(looking.not_ignored(case.root, ["var/"] if case.state != case.root else []))
    except looking.NoGit:
        return


def _own(case: Case) -> set[str]:
    """The addresses that the site itself shows or names: none is a reader's."""
    if case.lacking({"site"}):
        return set()
    site: Site = case.site
    senders = {address for one in site.lists for address in (one.sender.address, one.sender.reply_to)}
    return senders | {site.contact, site.tag_domain, *site.notices.to} | {site.delivery.bounces or site.contact}
