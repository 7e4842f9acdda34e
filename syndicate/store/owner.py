"""Whose database this is: it remembers its site, so that two sites never share one by mistake."""

from __future__ import annotations

from syndicate.errors import ForeignDatabase
from syndicate.store import published
from syndicate.store.engine import Store

SITE, KEYS = "site", "keys"
"""Under these names stand the site's tag_domain, and fingerprints of its secret keys."""


def keep(store: Store, tag_domain: str) -> None:
    """Have the database remember its site; raises ForeignDatabase when it is another's."""
    with store.read() as connection:
        found = published.note(connection, SITE)
    if found is None:
        with store.write() as connection:
            found = published.note(connection, SITE)
            if found is None:
                published.set_note(connection, SITE, tag_domain)
    if found not in (None, tag_domain):
        raise ForeignDatabase(
            f"{store.name} is that of the site {found}, and this is the site {tag_domain} (tag_domain in feeds/site.toml). "
            "Nothing was changed. Give this site a database of its own; or, if tag_domain was changed, write the old one again."
        )
