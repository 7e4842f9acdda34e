"""HTML in, harmless text, HTML and blocks out."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from often import often

from syndicate import markup

BASE = "https://blog.example.org/lajme/post"


def texts(html):
    return [block.text for block in markup.blocks(html, BASE)]


def kinds(html):
    return [(block.kind, block.text) for block in markup.blocks(html, BASE)]


# ---------------------------------------------------------------- plain


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("Fëmijët &amp; interneti", "Fëmijët & interneti"),
        ("Fe\u0308mije\u0308t", "Fëmijët"),
        ("<b>Njoftim</b> për <i>shtyp</i>", "Njoftim për shtyp"),
        ("&lt;b&gt;Njoftim&lt;/b&gt;", "Njoftim"),
        ("5 &amp;#8217; e &amp;amp; b", "5 ’ e & b"),
        ("a < b > c", "a < b > c"),
        ("një\r\n  dy\ttre\x00\x07", "një dy tre"),
        ("abc\u202edef\u2066g\u200fh\u200bi\ufeff", "abcdefghi"),
        ("<script>alert(1)</script>Titulli", "Titulli"),
        ("AT&T", "AT&T"),
        ("", ""),
    ],
)
def test_a_title_is_one_line_of_text(given_text, expected):
    assert markup.plain(given_text) == expected


# ---------------------------------------------------------------- safe

HOSTILE = [
    "<script>x()</script>",
    "<p onclick='x()'>a</p>",
    "<a href='javascript:x()'>a</a>",
    "<a href='JaVa&#x0A;Script:x()'>a</a>",
    "<a href='data:text/html,x'>a</a>",
    "<a href='vbscript:x'>a</a>",
    "<img src='data:image/png;base64,AA=='>",
    "<img src=x onerror=x()>",
    "<svg><script>x()</script></svg>",
    "<svg onload=x()>",
    "<math><mtext><table><mglyph><style><img src=x onerror=x()>",
    "<p style='position:fixed'>a</p>",
    "<style>p{}</style><p>a</p>",
    "<iframe srcdoc='<script>x()</script>'></iframe>",
    "<iframe src='javascript:x()'></iframe>",
    "<iframe><img src=x onerror=x()></iframe>",
    "<iframe src='https://e.org/a\"onload=\"x()' title='\"><script>x()</script>'></iframe>",
    "<noscript><p title='</noscript><img src=x onerror=x()>'>",
    "<xmp><img src=x onerror=x()></xmp>",
    "<plaintext><script>x()</script>",
    "<form action='https://evil.example'><input name=a><button>b</button></form>",
    "<base href='https://evil.example'><a href='/x'>a</a>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data='https://evil.example/x.swf'></object>",
    "<p lang='sq' dir='rtl' class='x' id='y'>a</p>",
    "<img alt='\"><script>x()</script>' src='/a.png'>",
    "a\u0338<b>\u0338c</b>",
    "<!--><img src=x onerror=x()>-->",
]


class Judge(HTMLParser):
    """Collects what must not be there, with a parser that is not the one under test."""

    def __init__(self):
        super().__init__()
        self.bad = []

    def handle_starttag(self, tag, attrs):
        if tag in (
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "form",
            "input",
            "button",
            "svg",
            "math",
            "base",
            "meta",
        ):
            self.bad.append(tag)
        for name, value in attrs:
            if name not in ("href", "src", "alt", "colspan", "rowspan", "start"):
                self.bad.append(name)
            if name in ("href", "src") and not re.match(r"https?://|mailto:|tel:", value or ""):
                self.bad.append(value)

    handle_startendtag = handle_starttag


def judged(html):
    judge = Judge()
    judge.feed(html)
    judge.close()
    return judge.bad


@pytest.mark.parametrize("html", HOSTILE)
@pytest.mark.parametrize("base", [BASE, "", "junk", "javascript:x()"])
def test_nothing_harmful_survives(html, base):
    assert judged(markup.safe(html, base)) == []
    assert judged(markup.join(markup.blocks(html, base))) == []


def test_what_readers_need_is_kept_with_absolute_addresses():
    html = (
        '<h2>Titulli</h2><p>a <em>b</em> <a href="/c">c</a> <a href="mailto:info@example.org">m</a> '
        '<a href="tel:116111">t</a><br>d</p><ul><li>e</li></ul><ol start="3"><li>f</li></ol><blockquote><p>g</p></blockquote>'
        '<table><tr><td colspan="2">h</td></tr></table><figure><img src="i.png" alt="j"><figcaption>k</figcaption></figure><hr>'
    )
    kept = markup.safe(html, BASE)
    assert kept == html.replace("/c", "https://blog.example.org/c").replace(
        "i.png", "https://blog.example.org/lajme/i.png"
    ).replace("<tr>", "<tbody><tr>").replace("</tr>", "</tr></tbody>")


@pytest.mark.parametrize(
    "pixel",
    [
        '<img src="https://t.example/p.gif" width="1" height="1">',
        '<img src="https://t.example/p.gif" height="0">',
        '<img src="https://t.example/p.gif" style="display: none">',
        '<img src="https://t.example/p.gif" style="width:1px;height:1px">',
        '<img src="https://pixel.wp.com/b.gif?x=1">',
    ],
)
def test_tracking_pictures_go(pixel):
    assert "<img" not in markup.safe(f"<p>a{pixel}</p>", BASE)
    assert kinds(f"<p>a{pixel}</p>") == [("paragraph", "a")]


@settings(max_examples=often(200), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)), max_size=6).map("".join))
def test_joined_blocks_are_as_safe_as_the_allow_list_can_make_them(html):
    joined = markup.join(markup.blocks(html, BASE))
    assert judged(joined) == []
    assert markup.visible(joined, BASE) == markup.visible(markup.join(markup.blocks(joined, BASE)), BASE)
    assert re.sub(r"\s", "", nh3.clean_text(joined)) != "" or not joined


# ---------------------------------------------------------------- blocks


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a</p><p>b</p>", ["a", "b"]),
        ("a<br>b<br/>c", ["a", "b", "c"]),
        ("<p>a  b\n c&nbsp;d</p>", ["a b c d"]),
        ("<div>a<p>b</p>c</div>", ["a", "b", "c"]),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", ["a", "b", "c"]),
        ("<table><tr><td>a<td>b<tr><td>c</table>", ["a", "b", "c"]),
        ("<p>#një<b>Dy</b> <a href='/x'>lidhje</a>.</p>", ["#njëDy lidhje."]),
        ("njëra\n\ntjetra\nrresht", ["njëra", "tjetra", "rresht"]),
        ("a &amp; b\n\nc < d", ["a & b", "c < d"]),
        ("<pre>a\n  b</pre>", ["a", "b"]),
        ("<p>e\u0308</p>", ["ë"]),
        ("", []),
        ("<p>&nbsp;</p><div></div>", []),
        ("<p>a</p><!-- b --><script>c</script>", ["a"]),
    ],
)
def test_blocks_in_reading_order(html, expected):
    assert texts(html) == expected


def test_a_block_knows_where_it_stood():
    html = (
        "<h3>A</h3><p><strong>B</strong></p><p><br></p><ul><li>C</li></ul><blockquote>D</blockquote>"
        "<table><tr><td>E</td><td lang='en'>F</td></tr><tr><td>G</td></tr></table><div class='field--name-body'>H<b>x</b></div>"
    )
    a, b, c, d, e, f, g, h = markup.blocks(html, BASE)
    assert (a.kind, a.level) == ("heading", 3)
    assert (b.kind, b.bold, b.gap) == ("paragraph", True, 0)
    assert (c.kind, c.listed, c.gap) == ("item", True, 1)
    assert d.quoted
    assert [(x.table, x.row, x.column) for x in (e, f, g)] == [(1, 1, 1), (1, 1, 2), (1, 2, 1)]
    assert (f.lang, e.lang) == ("en", "")
    assert h.classes == ("field--name-body",)
    assert not h.bold


def test_gaps_and_rules():
    html = "<p>a</p><p></p><p>&nbsp;</p><p>b</p><hr><p>c</p><p>***</p><p>d<br><br>e</p>"
    assert [(block.text, block.kind, block.gap) for block in markup.blocks(html)] == [
        ("a", "paragraph", 0),
        ("b", "paragraph", 2),
        ("", "rule", 0),
        ("c", "paragraph", 0),
        ("***", "rule", 0),
        ("d", "paragraph", 0),
        ("e", "paragraph", 1),
    ]


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ("<p><a href='/x'>a <b>b</b></a></p>", [("https://blog.example.org/x", "a b")]),
        ("<p>shih https://e.org/a_(b), ja.</p>", [("https://e.org/a_(b)", "https://e.org/a_(b)")]),
        ("<p>(www.isigurt.al)</p>", [("http://www.isigurt.al", "www.isigurt.al")]),
        ("<p>info@example.org.</p>", [("mailto:info@example.org", "info@example.org")]),
        ("<p><a href='https://e.org'>https://e.org</a></p>", [("https://e.org", "https://e.org")]),
        ("https://e.org/?a=1&b=2", [("https://e.org/?a=1&b=2", "https://e.org/?a=1&b=2")]),
        ("<p>http:// dhe www.</p>", []),
    ],
)
def test_links_and_bare_addresses(html, links):
    assert [tuple(link) for block in markup.blocks(html, BASE) for link in block.links] == links


def test_pictures_are_blocks_of_their_own():
    html = '<p>a <a href="/big"><img src="s.png" alt="Foto"></a> b</p><p><img class="wp-smiley" alt="🙂" src="/e.png">!</p>'
    first, picture, second, smiley = markup.blocks(html, BASE)
    assert [first.text, picture.text, second.text, smiley.text] == ["a", "", "b", "🙂!"]
    assert picture.picture == ("https://blog.example.org/lajme/s.png", "Foto")
    assert picture.links == (("https://blog.example.org/big", "Foto"),)


@pytest.mark.parametrize(
    ("player", "url"),
    [
        ('<iframe src="https://www.youtube.com/embed/abc?rel=0"></iframe>', "https://www.youtube.com/watch?v=abc"),
        ('<iframe src="//player.vimeo.com/video/42"></iframe>', "https://vimeo.com/42"),
        ('<iframe data-src="https://example.org/map" src=""></iframe>', "https://example.org/map"),
        ('<video src="https://example.org/v.mp4" controls></video>', "https://example.org/v.mp4"),
    ],
)
def test_an_embedded_player_becomes_a_link(player, url):
    _, embed, _ = markup.blocks(f"<p>a</p>{player}<p>b</p>", BASE)
    assert (embed.kind, embed.text) == ("embed", "")
    assert [link.url for link in embed.links] == [url]
    assert f'href="{url}"' in markup.safe(player, BASE)


# ---------------------------------------------------------------- join and cut


@pytest.mark.parametrize(
    "html",
    [
        "<h2>a</h2><p>b<br>c</p><ul><li>d</li><li>e</li></ul><p>f</p>",
        "<blockquote><p>a</p><p>b</p></blockquote>",
        "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>",
        '<ol start="2"><li>a<ul><li>b</li></ul></li></ol>'.replace("a<ul>", "<p>a</p><ul>"),
        '<figure><img src="https://e.org/a.png" alt="b"><figcaption>c</figcaption></figure>',
        '<p>a <em>b <strong>c</strong></em> <a href="https://e.org/">d</a></p>',
        "<p>a</p><hr><p>b</p>",
    ],
)
def test_joining_all_blocks_gives_the_body_again(html):
    assert markup.join(markup.blocks(html, BASE)) == html


def test_a_table_that_is_not_whole_becomes_paragraphs():
    blocks = markup.blocks("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", BASE)
    assert markup.join([block for block in blocks if block.column == 1]) == "<p>a</p><p>c</p>"


def test_some_items_of_a_list_are_a_list():
    blocks = markup.blocks("<ul><li>a</li><li>b</li><li>c</li></ul>", BASE)
    assert markup.join([blocks[0], blocks[2]]) == "<ul><li>a</li><li>c</li></ul>"


def test_a_block_is_cut_with_its_markup_and_links():
    (block,) = markup.blocks('<p>Një <b>titull / <a href="/t">a title</a></b> &amp; b</p>', BASE)
    left, mark, right = markup.cut(block, [11, 12])
    assert (left.text, mark.text, right.text) == ("Një titull", "/", "a title & b")
    assert left.html == "Një <b>titull </b>"
    assert right.html == '<b> <a href="https://blog.example.org/t">a title</a></b> &amp; b'
    assert (left.links, [link.label for link in right.links]) == ((), ["a title"])


@given(st.text(min_size=1, max_size=60), st.lists(st.integers(0, 60), max_size=3))
def test_cutting_loses_nothing(text, places):
    for block in markup.blocks(f"<p><i>{nh3.clean_text(text)}</i></p>", BASE):
        parts = markup.cut(block, sorted(place for place in places if place <= len(block.text)))
        assert "".join(part.text for part in parts).replace(" ", "") == block.text.replace(" ", "")
        again = "".join(markup.visible(part.html) for part in parts)
        assert re.sub(r"\s", "", again) == re.sub(r"\s", "", block.text)


# ---------------------------------------------------------------- size


@pytest.mark.parametrize(
    "tag",
    [
        "div",
        "b",
        "blockquote",
        "ul><li",
        "table><tr><td",
        "span",
        "a href='/x'",
        "section",
        "q",
        "x-y",
        "h2",
        "dl><dd",
        "figure",
    ],
)
def test_fifty_thousand_nested_elements_cost_seconds_at_most(tag):
    html = f"<p>para</p>{f'<{tag}>' * 50_000}brenda"
    before = time.process_time()
    assert "brenda" in markup.visible(html, BASE)
    assert "brenda" in markup.safe(html, BASE)
    assert time.process_time() - before < 4


def test_a_long_post_is_read_whole():
    html = "".join(f"<p>Paragrafi {number} me <b>tekst</b> dhe https://e.org/{number}.</p>" for number in range(3000))
    before = time.process_time()
    blocks = markup.blocks(html, BASE)
    assert len(blocks) == 3000
    assert len(markup.join(blocks)) > len(html)
    assert time.process_time() - before < 3


@pytest.mark.parametrize(
    "base", ["https://x>/", "https://a b/", "https://x:99999/", "https://xn--a/", "http://256.1.1.1/", "https://a%zz/"]
)
def test_an_address_that_is_none_is_no_base(base):
    """Found by fuzzing: Python takes these for addresses, and the cleaner's own parser does not."""
    assert markup.safe('<p><a href="/b">x</a> <a href="https://example.org/">y</a></p>', base) == (
        '<p><a>x</a> <a href="https://example.org/">y</a></p>'
    )
