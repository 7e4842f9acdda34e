"""Where on a page the article is, and its HTML. Pure; the only file that imports selectolax and trafilatura, both late.

    the configured selector → what blog software calls a post's body → the element around what trafilatura found
    → <article> or <main> → the whole page

The element is taken as it stands on the page, less furniture, because trafilatura's own output drops parts of a bilingual post:
on the sample pages of our tests a line of linked hashtags, and the heading that is the second version's title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from syndicate.errors import FeedError
from syndicate.models import Picture
from syndicate.pull.addresses import absolute, shown
from syndicate.pull.charset import decode
from syndicate.pull.page import Article
from syndicate.pull.parsing import absolute_inside, line
from syndicate.pull.raw import iso_moment

_BODIES = (
    '[itemprop="articleBody"]',
    ".entry-content",
    ".post-body",
    ".field--name-body",
    ".field-name-body",
    ".post-content",
    ".article-content",
    ".article-body",
    ".single-content",
    ".td-post-content",
    ".elementor-widget-theme-post-content",
    '[data-hook="post-description"]',
    ".blog-item-content",
    ".e-content",
)
_FURNITURE = (
    "script,style,noscript,template,nav,aside,form,button,dialog,select,textarea,input,[hidden],[aria-hidden=true] svg,"
    "[role=navigation],[role=complementary],[role=search],[role=dialog]"
)
_FURNITURE_NAME = re.compile(
    r"(?:^|[-_\s])(?:sharedaddy|share|sharing|social|related|recommended|jp-relatedposts|comments?|respond|breadcrumbs?|pagination|pager"
    r"|post-navigation|nav-links|author-(?:box|bio)|cookie|sidebar|widget-area|newsletter|subscribe|skip-link|screen-reader-text"
    r"|visually-hidden|sr-only|addtoany(?:_\w+)*|heateor(?:_\w+)*|entry-meta|post-meta|posted-on|print-link|toolbar)(?:$|[-_\s])",
    re.I,
)
_HASHTAG = re.compile(r"(?:^|\s)[#\ufe5f\uff03]\w")
_NESTING = re.compile(
    r"<(/?)(div|span|section|article|main|b|i|em|strong|u|font|center|blockquote|ul|ol|table|tbody|a|small|big|s|code|details|svg|g)"
    r"(?=[\s>/])[^<>]*?(/?)>",
    re.I,
)
_DEEPEST = 256
_LARGEST = 2_000_000
_SAMPLE = 60


def article(body: bytes, *, content_type: str, url: str, selector: str | None) -> Article:
    """Find the article on a page that came from `url`; every address in it is absolute.

    A selector that finds nothing, or is none, is told in the note, and the rest of the road taken. Raises FeedError for what
    is no page: another media type, nothing at all, elements nested absurdly deep.
    """
    text = decode(body, content_type).text
    _check(text, content_type, url)
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    about = _about(tree, url)
    note = None
    nodes: list[Any] = []
    if selector:
        nodes, note = _selected(tree, selector, url)
    chosen = nodes or _found(tree, text)
    markup = "\n".join(_cleaned(node, about.title, furniture=not nodes) for node in chosen)
    return Article(
        html=absolute_inside(markup, _base(tree, url)),
        title=about.title,
        language=about.language,
        picture=about.picture,
        note=note,
        author=about.author,
        published=about.published,
    )


def _check(text: str, content_type: str, url: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind and "html" not in kind and "xml" not in kind and kind != "text/plain":
        raise FeedError(f"{shown(url)} is no web page but {kind}; the feed's own text was kept.")
    if not text.strip():
        raise FeedError(f"{shown(url)} is an empty page; the feed's own text was kept.")
    if len(text) > _LARGEST:
        raise FeedError(f"{shown(url)} is too large a page ({len(text) / 1e6:.0f} MB); the feed's own text was kept.")
    depth = 0
    for tag in _NESTING.finditer(text):
        if not tag[3]:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > _DEEPEST:
                raise FeedError(f"{shown(url)} nests its elements absurdly deep; the feed's own text was kept.")


# ---------------------------------------------------------------- which element


def _selected(tree: Any, selector: str, url: str) -> tuple[list[Any], str | None]:
    try:
        nodes = [node for node in _outermost(tree.css(selector)) if _text(node)]
    except Exception:
        return [], f"The selector “{selector}” is not valid CSS; correct it in feeds/sources.toml."
    if nodes:
        return nodes, None
    return [], f"The selector “{selector}” found nothing on {shown(url)}; the article was looked for without it."


def _outermost(nodes: Iterable[Any]) -> list[Any]:
    """The nodes that lie in no other of them, in the order of the page."""
    every = list(nodes)
    ids = {node.mem_id for node in every}
    return [node for node in every if not any(above.mem_id in ids for above in _ancestors(node))]


def _ancestors(node: Any) -> Iterable[Any]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def _found(tree: Any, text: str) -> list[Any]:
    """The article's element or elements, without a selector."""
    for name in _BODIES:
        nodes = [node for node in _outermost(tree.css(name)) if _text(node)]
        # Several in different places are a list of posts, or a related post's teaser.
        if nodes and len({node.parent.mem_id for node in nodes}) == 1 and not _inside_furniture(nodes[0]):
            return nodes
    articles = _outermost(tree.css("article"))
    if len(articles) == 1 and _text(articles[0]):
        return articles
    around = _around(tree, _extracted(text))
    if around is not None:
        return [around]
    mains = _outermost(tree.css("main,[role=main]"))
    return mains[:1] or ([tree.body] if tree.body is not None else [])


def _inside_furniture(node: Any) -> bool:
    return any(above.tag in ("aside", "nav", "footer") for above in _ancestors(node))


def _extracted(text: str) -> list[str]:
    """The paragraphs that trafilatura holds for the article; none where the library cannot be loaded."""
    try:
        import trafilatura
    except ImportError:
        return []
    found = trafilatura.extract(text, include_comments=False, deduplicate=False)
    return [line for line in map(_squeezed, (found or "").splitlines()) if len(line) > 20]


def _squeezed(text: str) -> str:
    """A text without white space and marks: libraries write lists, links and headings in their own ways."""
    return re.sub(r"[\W_]+", "", text)


def _around(tree: Any, paragraphs: list[str]) -> Any | None:
    """The smallest element that holds nine tenths of the paragraphs, by length, grown to neighbours that are text as well."""
    if not paragraphs or tree.body is None:
        return None
    here, needed = tree.body, 0.9 * sum(map(len, paragraphs))
    while True:
        inside = next((child for child in _children(here) if _held(child, paragraphs) >= needed), None)
        if inside is None:
            return _grown(here)
        here = inside


def _held(node: Any, paragraphs: list[str]) -> int:
    text = _squeezed(_text(node))
    return sum(len(paragraph) for paragraph in paragraphs if paragraph[:_SAMPLE] in text)


def _children(node: Any) -> Iterable[Any]:
    child = node.child
    while child is not None:
        if not child.tag.startswith("-"):
            yield child
        child = child.next


def _grown(node: Any) -> Any:
    """One step up at a time, while what is added reads like text and not like navigation, as far as <article> or <main>."""
    while node.tag not in ("article", "main", "body") and node.parent is not None:
        above = node.parent
        if above.tag in ("body", "html") or not _reads_on(node, above):
            break
        node = above
    return node


def _reads_on(node: Any, above: Any) -> bool:
    """Whether what stands beside `node` belongs to it: hashtags, or as much text as another version would have, and no menu."""
    own = node.mem_id
    beside = [child for child in _children(above) if child.mem_id != own and not _is_furniture(child)]
    texts = [_text(child) for child in beside]
    if not any(texts) or any(map(_HASHTAG.search, texts)):
        return True
    menu = any(2 * sum(len(_text(link)) for link in child.css("a")) > len(_text(child)) > 0 for child in beside)
    size = len(_text(node))
    return not menu and size / 5 <= sum(map(len, texts)) <= 2 * size


# ---------------------------------------------------------------- its HTML


def _cleaned(node: Any, title: str | None, *, furniture: bool) -> str:
    """The element's HTML, less what is not the post's: menus, share buttons, comments, and the title where it is repeated."""
    _remove(node.css(_FURNITURE))
    if furniture:
        _remove(one for one in node.css("footer,[class],[id]") if one.mem_id != node.mem_id and _is_furniture(one))
    for image in node.css("img"):
        _load(image)
    for heading in node.css("h1"):
        if title and _squeezed(_text(heading)) in (_squeezed(title), ""):
            heading.decompose()
            break
    return str(node.html or "")


def _remove(nodes: Iterable[Any]) -> None:
    # Only the outermost: what lies inside goes with it, and must not be touched any more.
    for junk in _outermost(nodes):
        junk.decompose()


def _load(image: Any) -> None:
    """Give a picture that a script would load later its real address."""
    source = image.attributes.get("src") or ""
    if not source or source.startswith("data:"):
        later = (image.attributes.get(name) for name in ("data-src", "data-lazy-src", "data-original"))
        if real := next(filter(None, later), None):
            image.attrs["src"] = real


def _is_furniture(node: Any) -> bool:
    """Whether an element's own name says that it is not the text; never one that ends in hashtags only."""
    if node.tag in ("nav", "aside", "form", "script", "style", "footer"):
        return not _HASHTAG.search(_text(node))
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return bool(_FURNITURE_NAME.search(names)) and not _only_hashtags(_text(node))


def _only_hashtags(text: str) -> bool:
    words = text.split()
    return bool(words) and sum(word[0] in "#\ufe5f\uff03" for word in words) * 2 > len(words)


def _text(node: Any) -> str:
    return " ".join(node.text(separator=" ").split())


# ---------------------------------------------------------------- what else the page says


def _about(tree: Any, url: str) -> Article:
    """What the page's head and bylines say, as an Article without a body."""
    base = _base(tree, url)
    picture = absolute(_meta(tree, "og:image") or _meta(tree, "twitter:image"), base)
    html = tree.root
    language = (html.attributes.get("lang") or "") if html is not None else ""
    heading = tree.css_first("h1")
    title = _meta(tree, "og:title") or (_text(heading) if heading is not None else "")
    return Article(
        html="",
        title=line(title.replace("<", "&lt;")) or None,
        language=language.strip().replace("_", "-") or None,
        picture=Picture(picture, alt=line(_meta(tree, "og:image:alt").replace("<", "&lt;"))) if picture else None,
        author=_byline(tree),
        published=_date(tree),
    )


def _base(tree: Any, url: str) -> str:
    node = tree.css_first("base[href]")
    return (absolute(node.attributes.get("href"), url) if node is not None else None) or url


def _meta(tree: Any, name: str) -> str:
    for key in ("property", "name", "itemprop"):
        node = tree.css_first(f'meta[{key}="{name}"]')
        if node is not None and (content := (node.attributes.get("content") or "").strip()):
            return content
    return ""


def _byline(tree: Any) -> str | None:
    name = _meta(tree, "author")
    for selector in ('[rel~="author"]', '[itemprop="author"] [itemprop="name"]', '[itemprop="author"]'):
        node = None if name else tree.css_first(selector)
        if node is not None:
            name = _text(node)
    name = line(name.replace("<", "&lt;"))
    # An address is no name, and a sentence is no byline.
    return name if name and len(name) <= 80 and "@" not in name and "://" not in name else None


def _date(tree: Any) -> datetime | None:
    for name in ("article:published_time", "datePublished", "date", "dcterms.date", "DC.date.issued"):
        if found := iso_moment(_meta(tree, name)):
            return found
    node = tree.css_first('[itemprop="datePublished"][datetime],article time[datetime],main time[datetime]')
    return iso_moment(node.attributes.get("datetime") or "") if node is not None else None
