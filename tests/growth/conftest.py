"""The sites and blogs of tests/road, for a grown site."""

from road.conftest import _no_site_from_outside, begin_with, blog, home, make_home, served

__all__ = ["_no_site_from_outside", "begin_with", "blog", "home", "make_home", "served"]
