"""Writes the sample posts as a feed, with the habits of the software that real blogs run on.

- Drupal: the whole node escaped in `description`, in `field--name-…` wrappers that repeat the title; the guid is a number
  "at" the site and no link; a teaser ends in a link to the page; no updated date.
- WordPress: the guid is `?p=N`, `description` an excerpt of plain words, the body in `content:encoded` (RSS content
  module 1.0), which is missing for a teaser; the blog's tags as categories.
- Atom (RFC 4287): addresses in the content stay relative, under `xml:base`; ids are tags (RFC 4151).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import format_datetime
from html import escape, unescape
from typing import Literal

from syndicate.samples.library import BLOG_NAME, SITE, SamplePost, absolute

Kind = Literal["drupal", "wordpress", "atom"]

EXCERPT_WORDS = 55
"""How many words a WordPress excerpt has unless a theme says otherwise."""


def write_feed(posts: tuple[SamplePost, ...], base_url: str, kind: Kind) -> bytes:
    """The feed of these posts in their order, as UTF-8 XML. `base_url` has no slash at its end."""
    writers: dict[Kind, Callable[[tuple[SamplePost, ...], str], str]] = {
        "drupal": _drupal,
        "wordpress": _wordpress,
        "atom": _atom,
    }
    return f'<?xml version="1.0" encoding="utf-8"?>\n{writers[kind](posts, base_url)}'.encode()


def _element(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(text, quote=False)}</{name}>"


def _channel(posts: tuple[SamplePost, ...], base_url: str, path: str, item: Callable[[SamplePost, str], str]) -> str:
    return "\n".join(
        [
            "<channel>",
            _element("title", BLOG_NAME),
            _element("link", f"{base_url}/"),
            _element("description", "Lajme për sigurinë e fëmijëve në internet"),
            "<language>sq</language>",
            f'<atom:link href="{base_url}{path}" rel="self" type="application/rss+xml"/>',
            *(item(post, base_url) for post in posts),
            "</channel>",
            "</rss>\n",
        ]
    )


# ---------------------------------------------------------------- Drupal


def _drupal(posts: tuple[SamplePost, ...], base_url: str) -> str:
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
    head = f'<rss version="2.0" {spaces} xml:base="{base_url}/">\n'
    return head + _channel(posts, base_url, "/rss.xml", _drupal_item)


def _drupal_item(post: SamplePost, base_url: str) -> str:
    return "\n".join(
        [
            "<item>",
            _element("title", post.title),
            _element("link", base_url + post.path),
            _element("description", absolute(_node(post), base_url)),
            _element("pubDate", format_datetime(post.published)),
            _element("dc:creator", post.author),
            _element("guid", f"{post.number} at {SITE}", ' isPermaLink="false"'),
            "</item>",
        ]
    )


def _node(post: SamplePost) -> str:
    """The node as Drupal renders it into a feed: every field in its wrapper, the title once more among them."""
    return "\n\n".join(
        [
            _field("span", "title", "string", escape(post.title, quote=False)),
            _field("span", "uid", "entity-reference", f'<span lang="" xml:lang="">{post.author}</span>'),
            _field("span", "created", "created", f"{post.published:%a, %m/%d/%Y - %H:%M}"),
            *(_field("div", "field-image", "image", _image(url, alt)) for url, alt in _pictures(post)),
            _field("div", "body", "text-with-summary", post.teaser or post.html, before="clearfix text-formatted "),
            *([_read_more(post)] if post.teaser else []),
        ]
    )


def _field(tag: str, name: str, kind: str, inner: str, before: str = "") -> str:
    classes = f"{before}field field--name-{name} field--type-{kind} field--label-hidden"
    if tag == "div":
        return f'<div class="{classes} field__item">{inner}</div>'
    return f'<span class="{classes}">{inner}</span>'


def _read_more(post: SamplePost) -> str:
    about = f'<span class="visually-hidden"> rreth {escape(post.title, quote=False)}</span>'
    link = f'<a href="{post.path}" rel="tag" title="{escape(post.title)}" hreflang="sq">Lexo më shumë{about}</a>'
    return f'<div class="node__links"><ul class="links inline"><li class="node-readmore">{link}</li></ul></div>'


def _image(url: str, alt: str) -> str:
    return f'<img loading="lazy" src="{url}" width="960" height="504" alt="{escape(alt)}">'


def _pictures(post: SamplePost) -> list[tuple[str, str]]:
    return [(picture.url, picture.alt) for picture in post.images]


# ---------------------------------------------------------------- WordPress


def _wordpress(posts: tuple[SamplePost, ...], base_url: str) -> str:
    spaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom"'
    )
    return f'<rss version="2.0" {spaces}>\n' + _channel(posts, base_url, "/feed/", _wordpress_item)


def _wordpress_item(post: SamplePost, base_url: str) -> str:
    figures = "".join(f'<figure class="wp-block-image">{_image(*each)}</figure>\n' for each in _pictures(post))
    body = f"<content:encoded>{_cdata(absolute(figures + post.html, base_url))}</content:encoded>"
    return "\n".join(
        [
            "<item>",
            _element("title", post.title),
            _element("link", f"{base_url}{post.path}/"),
            f"<dc:creator>{_cdata(post.author)}</dc:creator>",
            _element("pubDate", format_datetime(post.published)),
            *(f"<category>{_cdata(tag)}</category>" for tag in post.tags),
            _element("guid", f"{SITE}/?p={post.number}", ' isPermaLink="false"'),
            f"<description>{_cdata(_excerpt(post.html))}</description>",
            *([] if post.teaser else [body]),
            "</item>",
        ]
    )


def _cdata(text: str) -> str:
    # The end mark inside the text would close the section early: cut it over two sections.
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _excerpt(html: str) -> str:
    """The first words of the body without tags, in one paragraph, with the mark that says there is more."""
    shown = re.sub(r"(?s)<!--.*?-->|<(style|script).*?</\1>|<[^>]+>", " ", html)
    words = unescape(shown).split()
    return f"<p>{escape(' '.join(words[:EXCERPT_WORDS]), quote=False)} [&#8230;]</p>"


# ---------------------------------------------------------------- Atom


def _atom(posts: tuple[SamplePost, ...], base_url: str) -> str:
    changed = max((post.changed for post in posts), default=None)
    return "\n".join(
        [
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="sq" xml:base="{base_url}/">',
            _element("title", BLOG_NAME),
            "<id>tag:blog.example,2026:blog</id>",
            _element("updated", changed.isoformat() if changed else "2026-01-01T00:00:00+01:00"),
            f'<link rel="self" type="application/atom+xml" href="{base_url}/atom.xml"/>',
            f'<link rel="alternate" type="text/html" href="{base_url}/"/>',
            *(_atom_entry(post, base_url) for post in posts),
            "</feed>\n",
        ]
    )


def _atom_entry(post: SamplePost, base_url: str) -> str:
    figures = "".join(f"<p>{_image(*each)}</p>\n" for each in _pictures(post))
    return "\n".join(
        [
            "<entry>",
            _element("title", post.title),
            _element("id", f"tag:blog.example,2026:{post.number}"),
            f'<link rel="alternate" type="text/html" href="{base_url}{post.path}"/>',
            _element("published", post.published.isoformat()),
            _element("updated", post.changed.isoformat()),
            f"<author>{_element('name', post.author)}</author>",
            *(f'<category term="{escape(tag)}"/>' for tag in post.tags),
            _element("summary", post.teaser, ' type="html"')
            if post.teaser
            else _element("content", figures + post.html, ' type="html"'),
            "</entry>",
        ]
    )
