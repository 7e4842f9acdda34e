"""The site's files and the environment, as values.

    TOML  → load_site  → Site        all complaints at once, each with file, line and key (SiteError)
    environ → Settings, find_site, secret_ring, private
    the worked example → init        a new site
    the shapes → keys                the reference of settings

pydantic is imported only when a site is loaded or the reference is written.
"""

from __future__ import annotations

from syndicate.config.load import finished, load_site
from syndicate.config.reference import KeyDoc, keys
from syndicate.config.ring import make_key, private, secret_ring
from syndicate.config.settings import VARIABLES, Settings, find_site
from syndicate.config.starter import init, shipped_site

__all__ = [
    "VARIABLES",
    "KeyDoc",
    "Settings",
    "find_site",
    "finished",
    "init",
    "keys",
    "load_site",
    "make_key",
    "private",
    "secret_ring",
    "shipped_site",
]
