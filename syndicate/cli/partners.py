"""`syndicate partners`: who is named how often."""

from __future__ import annotations

from syndicate.cli.app import app, command, group
from syndicate.cli.desk import Desk
from syndicate.cli.telling import columns, number

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
