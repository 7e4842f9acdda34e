"""What must not stand in files that others see: people's addresses in git, secrets in the site's own files. Pure.

No sentence repeats an address or a secret: it names the file and the line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatch

from syndicate.operate.verdict import Verdict, count, few, ok, problem, warning

NEVER = ("*.sqlite", "*.sqlite-*", "*.sqlite3", "*.key", "*.pem", "*.backup", ".env", "*/.env", "*.mbox", "*.kdbx")
"""Names of files that hold people or keys whatever is in them."""

TABLES = (
    "*.csv",
    "*.tsv",
    "*.xlsx",
    "*.xls",
    "*.ods",
    "*.vcf",
    "*.eml",
    "*.sql",
    "*.log",
    "*.jsonl",
    "*.txt",
    "*.json",
    "*.bak",
)
"""Names of files in which one address is one too many."""

MANY = 3
"""So many addresses of others in any file are a list of people."""

_ADDRESS = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._%+-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24})\b")
_NOBODYS = re.compile(r"(?:^|\.)(?:example|test|invalid|localhost|example\.(?:org|com|net))$")

_ROBOTS = (b"git@", b"noreply@", b"no-reply@")
"""How addresses of no person begin."""

_SECRETS = (
    (re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}"), "a key of SendGrid's"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\b(?:smtps?|postgres(?:ql)?(?:\+\w+)?)://[^\s:/@]+:[^\s/@]+@"), "a password in an address"),
)


def tracked(files: Iterable[tuple[str, bytes]], own: Collection[str]) -> Iterator[Verdict]:
    """Files that git keeps, as (name, content), judged; `own` are the addresses that the site itself shows."""
    people: list[str] = []
    kept: list[str] = []
    doubtful: list[str] = []
    for name, content in files:
        if _fits(name, NEVER):
            kept.append(name)
        elif found := strangers(content, own):
            (people if found >= MANY or _fits(name, TABLES) else doubtful).append(name)
    for names, what in ((kept, "hold people or keys"), (people, "hold people's addresses")):
        if names:
            yield problem(
                f"Git keeps {count(len(names), 'file')} that {what if len(names) > 1 else what.replace('hold', 'holds', 1)}: "
                f"{few(names)}. Whoever gets a copy of the repository has them.",
                f"git rm --cached {' '.join(map(_quoted, names[:3]))}, and commit. Old commits still hold what was in them: if "
                "the repository was ever pushed, treat it as known to others",
            )
    if doubtful:
        yield warning(
            f"There is an address in {few(doubtful)}, which git keeps; it is none that the site's files name.",
            "Look whether it is a reader's; if so, take it out and commit",
        )
    if not (people or kept or doubtful):
        yield ok("No file that git keeps holds a reader's address or a key.")


def strangers(content: bytes, own: Collection[str]) -> int:
    """How many different addresses of others are in it: not `own` ones or any at the domains of those, nor what is nobody's."""
    mine = {one.rpartition("@")[2].lower() for one in own}
    return len(
        {
            match.group().lower()
            for match in _ADDRESS.finditer(content)
            if not _nobodys(match.group(1).decode("ascii").lower(), mine) and not match.group().startswith(_ROBOTS)
        }
    )


def _nobodys(domain: str, mine: Collection[str]) -> bool:
    return bool(_NOBODYS.search(domain)) or any(domain == one or domain.endswith(f".{one}") for one in mine)


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name.lower(), one) for one in patterns)


def _quoted(name: str) -> str:
    return f"'{name}'" if re.search(r"[^\w./-]", name) else name


def ignored(missing: Collection[str]) -> Iterator[Verdict]:
    """Folders of the site that git would take with `git add .`."""
    if missing:
        names = sorted(missing)
        yield problem(
            f"Git does not ignore {few(names)}: the next `git add .` takes people and secrets with it.",
            f"Add to .gitignore, a line each: {' '.join(names)}",
        )


def secrets(texts: Mapping[str, str], values: Mapping[str, str]) -> Iterator[Verdict]:
    """Secrets that stand in the site's files, name → text, by their look, or because they are one of `values` (name → value)."""
    clean = True
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            what = next((said for pattern, said in _SECRETS if pattern.search(line)), "") or next(
                (
                    f"what {variable} is set to"
                    for variable, value in values.items()
                    if len(value) > 7 and value in line
                ),
                "",
            )
            if what:
                clean = False
                yield problem(
                    f"{name}:{number} holds {what}. The site's files are kept in git and copied.",
                    "Take the line out, make a new key or password where it comes from, and put that into the environment "
                    "(docs/reference/settings.md)",
                )
    if clean:
        yield ok("No key or password stands in the site's files.")
