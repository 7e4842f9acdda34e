"""`syndicate partners`: who is named how often."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number, shortened

if TYPE_CHECKING:
    from syndicate.enrich.suggest import Suggestion

partners = group("The organisations that the posts name.", app, "partners", "Posts")


@command(partners, "list")
def list_(desk: Desk) -> None:
    """Every partner of feeds/partners.toml, with the number of posts that name it."""
    from syndicate.store import posts as stored

    with desk.store.read() as connection:
        counts = stored.partner_counts(connection)
    rows = sorted(desk.site.partners, key=lambda one: (-counts.get(one.id, 0), one.id))
    value = [
        {"id": one.id, "name": one.name, "posts": counts.get(one.id, 0), "ourselves": one.ourselves} for one in rows
    ]
    text = columns(
        (one.id, number(counts.get(one.id, 0), "post"), one.name + (" (ourselves)" if one.ourselves else ""))
        for one in rows
    )
    desk.result({"partners": value}, text or "There is no partner in feeds/partners.toml yet.")


@command(partners)
def suggest(
    desk: Desk,
    at_least: Annotated[int, typer.Option(min=2, help="Named by at least so many posts.")] = 2,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    newest: Annotated[int, typer.Option(min=1, help="Look through the newest so many posts.")] = 2000,
) -> None:
    """Organisations and link domains that recur and are not listed, ready to paste into feeds/partners.toml."""
    from syndicate.enrich.suggest import suggest as look
    from syndicate.store import posts as stored

    with desk.store.read() as connection:
        ids = stored.newest(connection, stored.Filter(), newest)
        found = look(stored.each(connection, ids), desk.site.partners, at_least=at_least)[:limit]
    value = [
        {"name": one.name, "domain": one.domain, "posts": one.posts, "examples": list(one.examples)} for one in found
    ]
    desk.result(
        {"suggestions": value}, "\n\n".join(_pasted(one) for one in found) or "Nothing recurs that is not listed."
    )


def _pasted(one: Suggestion) -> str:
    """A suggestion as TOML, with where it was seen."""
    seen = "; ".join(shortened(" ".join(example.split()), 90) for example in one.examples[:2])
    lines = [f"# in {number(one.posts, 'post')}: {seen}", "[[partner]]", f'id = "{slug(one.name or one.domain or "")}"']
    lines.append(f"name = {json.dumps(one.name or one.domain, ensure_ascii=False)}")
    if one.domain:
        lines.append(f'domains = ["{one.domain}"]')
    return "\n".join(lines)


def slug(name: str) -> str:
    """A name as an id: lower-case letters and digits, joined by hyphens."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "-".join(re.findall(r"[a-z0-9]+", "".join(mark for mark in folded if not unicodedata.combining(mark))))
