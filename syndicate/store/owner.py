"""Whose database this is: it remembers its site, so that two sites never share one by mistake."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

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


def keep_keys(store: Store, ring: Sequence[bytes]) -> None:
    """Have the database remember fingerprints of the site's secret keys; raises ForeignDatabase when it knows none of these.

    With other keys, links would not work that were mailed by another machine, and who left would not be recognised.
    """
    ours = [hmac.digest(key, b"whose database this is", hashlib.sha256).hex()[:16] for key in ring]
    with store.write() as connection:
        found = published.note(connection, KEYS)
        if found is None or set(ours).intersection(found.split()):
            published.set_note(connection, KEYS, " ".join(ours))
            return
    raise ForeignDatabase(
        f"{store.name} was used with other secret keys than this machine has. Nothing was done. Copy var/secret.key from the "
        "machine that the site was made on, or set SYNDICATE_SECRET_KEY to the same keys everywhere."
    )
