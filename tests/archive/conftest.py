"""Real editions in the archive: the road's sites and sample blog."""

from road.conftest import _no_site_from_outside, begin_with, blog, home, make_home, published, served, shelf

__all__ = ["_no_site_from_outside", "begin_with", "blog", "home", "make_home", "published", "served", "shelf"]
