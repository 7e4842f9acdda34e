"""About twelve sample posts of our own writing, and the small blog that serves them.

`syndicate demo` pulls from this blog over real HTTP on loopback, and tests pull from it with faults of their choice.
The posts have the shape of the real ones: Albanian text, links and hashtags, then English title, text, links and
hashtags, with the variety that real blogs have. They are samples: nothing in them happened, and nobody in them exists.

    posts/<slug>.toml      one post: its fields, its HTML, sometimes a teaser or a second wording
    posts/expected.toml    what must come out of each post
    images/                four drawn illustrations, 960 by 504 pixels, under 40 KB each
    library                reads the posts and the expectations
    wire                   writes them as a feed: Drupal's RSS, WordPress's RSS, or Atom
    page                   writes the blog's own pages
    blog                   serves all of it
"""

from __future__ import annotations

from typing import Literal

from syndicate.samples.library import Expected, ExpectedLink, SamplePost, expected, image, post, posts
from syndicate.samples.page import write_page
from syndicate.samples.wire import write_feed

__all__ = ["Expected", "ExpectedLink", "SamplePost", "expected", "feed", "image", "page", "post", "posts"]


def feed(
    base_url: str, *, kind: Literal["drupal", "wordpress", "atom"] = "drupal", only: tuple[str, ...] | None = None
) -> bytes:
    """The blog's feed as that kind of software writes it, newest first; `only` keeps the posts with these slugs."""
    return write_feed(tuple(each for each in posts() if only is None or each.slug in only), base_url, kind)


def page(slug: str, base_url: str) -> bytes:
    """The HTML page of one post, with everything round the article that a blog has. Raises KeyError for no such slug."""
    return write_page(post(slug), base_url, posts())
