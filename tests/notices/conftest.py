"""The road's sites, for what the operator is told of them."""

from __future__ import annotations

from road.conftest import (
    _no_site_from_outside,
    begin_with,
    blog,
    home,
    make_home,
    published,
    served,
    shelf,
)

__all__ = ["_no_site_from_outside", "begin_with", "blog", "home", "make_home", "published", "served", "shelf"]
