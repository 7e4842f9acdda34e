"""Writes the sample blog's own HTML pages: one for each post, the home page, and a plain one for what posts link to.

Round the article stands what stands round articles everywhere: navigation, a sidebar with other titles and hashtags,
share buttons, a footer, a cookie banner. None of it belongs to the post.
"""

from __future__ import annotations

from html import escape

from syndicate.samples.library import BLOG_NAME, SamplePost


def write_page(post: SamplePost, base_url: str, others: tuple[SamplePost, ...]) -> bytes:
    """The page of one post as UTF-8; the titles of `others` stand in the sidebar. The article holds the whole body."""
    pictures = "".join(f'<img src="{each.url}" alt="{escape(each.alt)}">\n' for each in post.images)
    article = (
        f'<article class="node__content">\n{pictures}<div class="field field--name-body field__item">{post.html}</div>\n'
        "</article>"
    )
    main = f"<h1>{_text(post.title)}</h1>\n{_byline(post)}\n{article}\n{_share(base_url + post.path)}"
    extra = f'<link rel="canonical" href="{base_url}{post.path}">'
    return _document(post.title, base_url, main, _sidebar(others, post.slug), extra)


def write_home(posts: tuple[SamplePost, ...], base_url: str) -> bytes:
    """The home page as UTF-8: it lists the posts and advertises the feed (RSS autodiscovery, `rel="alternate"`)."""
    listed = "".join(f'<li><a href="{post.path}">{_text(post.title)}</a></li>\n' for post in posts)
    main = f"<h1>Lajme</h1>\n<p>Postime shembull, të shkruara për provë.</p>\n<ul>\n{listed}</ul>"
    return _document("Lajme", base_url, main, "", "")


def write_plain(title: str, base_url: str) -> bytes:
    """A page with nothing but a title as UTF-8, for the addresses on the blog that posts point to."""
    return _document(title, base_url, f"<h1>{_text(title)}</h1>\n<p>Kjo është një faqe shembull.</p>", "", "")


def _text(text: str) -> str:
    return escape(text, quote=False)


def _byline(post: SamplePost) -> str:
    return f'<ul class="meta"><li>{post.published:%d.%m.%Y}</li><li>{_text(post.author)}</li></ul>'


def _share(url: str) -> str:
    return (
        '<div class="social-sharing-buttons" aria-label="Shpërndaje">\n'
        f'<a href="https://www.facebook.com/sharer/sharer.php?u={escape(url)}">Facebook</a>\n'
        f'<a href="https://wa.me/?text={escape(url)}">WhatsApp</a>\n</div>'
    )


def _sidebar(others: tuple[SamplePost, ...], slug: str) -> str:
    listed = "".join(
        f'<li><a href="{post.path}">{_text(post.title)}</a></li>\n' for post in others[:4] if post.slug != slug
    )
    return (
        f'<aside class="sidebar" role="complementary">\n<h2>Postimet e fundit</h2>\n<ul>\n{listed}</ul>\n'
        '<p class="tag-cloud"><a href="/etiketa/arkivi">#arkivi</a> <a href="/etiketa/temat">#temat</a></p>\n</aside>'
    )


def _document(title: str, base_url: str, main: str, sidebar: str, head: str) -> bytes:
    return f"""<!DOCTYPE html>
<html lang="sq" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)} | {_text(BLOG_NAME)}</title>
<link rel="alternate" type="application/rss+xml" title="{escape(BLOG_NAME)}" href="{base_url}/rss.xml">
{head}
</head>
<body class="path-lajme">
<a href="#main" class="visually-hidden">Kalo te përmbajtja</a>
<header role="banner"><a href="/" rel="home">{_text(BLOG_NAME)}</a></header>
<nav role="navigation"><ul><li><a href="/">Kreu</a></li><li><a href="/raporto">Raporto</a></li></ul></nav>
<main id="main" role="main">
{main}
</main>
{sidebar}
<footer role="contentinfo"><p>Na ndiqni: <a href="/kontakt">kontakti</a>. Të gjitha tekstet janë shembuj.</p></footer>
<div id="cookie-banner" class="cookie-banner" role="dialog" aria-label="Cookies">
<p>Kjo faqe përdor cookies për statistika. <button type="button">Pranoj</button> <button type="button">Refuzoj</button></p>
</div>
</body>
</html>
""".encode()
