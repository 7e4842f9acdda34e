from __future__ import annotations

import time

import pytest
from enrich_find.find_tables import rows, section
from hypothesis import given, settings
from hypothesis import strategies as st
from often import often

from syndicate.enrich import links
from syndicate.enrich.sections import Anchor, Section, sentence
from syndicate.models import Link

KINDS = """
report | https://example.org/files/anything.pdf
report | https://example.org/download.php?file=studimi-2022.PDF
report | https://example.org/raporti-vjetor/
report | https://example.org/studimi_i_plote
report | https://example.org/publications/annual-report-2022
report | https://example.org/case-studies/albania
report | https://example.org/Raporti%20vjetor.docx
page | https://example.org/report-abuse
page | https://example.org/raporto/
page | https://example.org/reporting
page | https://www.weprotect.org/survivors-perspectives/
page | https://example.org
page | https://docs.google.com/forms/d/1/viewform
document | https://example.org/ftesa.docx
document | https://example.org/report-data.xlsx
document | https://example.org/a.pptx?download=1
document | https://example.org/pako.zip
document | https://drive.google.com/file/d/1/view
document | https://docs.google.com/document/d/1/edit
document | https://example.org/posteri.png
folder | https://drive.google.com/drive/u/0/folders/1C7bcmk8Txt3NzXXL5NDk9EdCpzBd5X15
folder | https://drive.google.com/drive/folders/1?usp=sharing
folder | https://www.dropbox.com/sh/1/AAA?dl=0
folder | https://www.dropbox.com/scl/fo/1/h?rlkey=2
folder | https://1drv.ms/f/s!1
folder | https://contoso.sharepoint.com/:f:/g/1
folder | https://wetransfer.com/downloads/1
folder | https://we.tl/t-1
report | https://www.dropbox.com/s/1/studimi.pdf?dl=0
video | https://www.youtube.com/watch?v=1
video | https://youtu.be/1
video | https://player.vimeo.com/video/1
video | https://example.org/spoti.mp4
audio | https://example.org/intervista.mp3
audio | https://open.spotify.com/episode/1
social | https://www.facebook.com/crca
social | https://m.facebook.com/share/p/1a2b/
social | https://www.instagram.com/p/1/
social | https://x.com/dikush/status/1
social | https://twitter.com/dikush
social | https://al.linkedin.com/company/dikush
social | https://www.tiktok.com/@dikush
social | https://t.me/dikush
social | https://wa.me/355690000000
social | https://www.youtube.com/@dikush
social | https://www.youtube.com/channel/UC1/videos
video | https://www.youtube.com/shorts/1
video | https://www.facebook.com/crca/videos/1
video | https://www.facebook.com/watch/?v=1
video | https://www.instagram.com/reel/1/
video | https://www.tiktok.com/@dikush/video/1
folder | https://app.box.com/s/1
folder | https://www.swisstransfer.com/d/1
page | https://notfacebook.com/
page | https://x.company.org/
"""

DROPPED = """
mailto:info@example.org
tel:+355690000000
javascript:alert(1)
ftp://example.org/x
data:text/html,x
#fundi
/lajme/x
http://
http://[broken
https://www.facebook.com/sharer/sharer.php?u=https://example.org
https://www.facebook.com/share.php?u=https://example.org
https://www.facebook.com/dialog/share?app_id=1&href=x
https://twitter.com/intent/tweet?text=x
https://twitter.com/share?url=x
https://x.com/intent/post?text=x
https://www.linkedin.com/shareArticle?mini=true&url=x
https://www.linkedin.com/sharing/share-offsite/?url=x
https://pinterest.com/pin/create/button/?url=x
https://wa.me/?text=x
https://api.whatsapp.com/send?text=x
https://t.me/share/url?url=x
https://www.addtoany.com/share
https://twitter.com/hashtag/VoicesofSurvivors?src=hash
https://x.com/search?q=%23childprotection
https://www.facebook.com/hashtag/childprotection
https://www.instagram.com/explore/tags/childprotection/
https://www.linkedin.com/feed/hashtag/?keywords=%23childprotection
https://www.tiktok.com/tag/childprotection
https://www.youtube.com/hashtag/childprotection
"""

SAME = """
http://www.weprotect.org/survivors-perspectives | https://weprotect.org/survivors-perspectives/
https://example.org/a?utm_source=x&utm_medium=y | https://example.org/a
https://example.org/a?b=1&fbclid=2&c=3 | https://EXAMPLE.org:443/a?c=3&b=1
https://example.org/a#pjesa | https://example.org/a
https://example.org./a | https://example.org/a
https://example.org/%7Ea/%c3%ab | https://example.org/~a/ë
https://shqipëria.example/ | https://xn--shqipria-x1a.example/
https://youtu.be/abc?si=1 | https://www.youtube.com/watch?v=abc&feature=share
https://www.youtube.com/shorts/abc | https://youtu.be/abc?t=30
https://www.youtube.com/embed/abc | https://m.youtube.com/watch?v=abc&pp=1
https://www.facebook.com/crca/posts/1?mibextid=a&rdid=b | https://facebook.com/crca/posts/1
https://example.org/a?hsa_acc=1&gad_source=2 | https://example.org/a
https://drive.google.com/drive/u/0/folders/1 | https://drive.google.com/drive/folders/1?usp=sharing
https://twitter.com/a/status/1 | https://x.com/a/status/1
https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa&h=1 | https://example.org/a
https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa&data=1 | https://example.org/a
https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Fexample.org%252Fa | https://example.org/a
https://www.google.com/url?q=https://example.org/a&sa=D | https://example.org/a
"""

DIFFERENT = """
https://example.org/a | https://example.org/b
https://example.org/a?p=1 | https://example.org/a?p=2
https://example.org/A | https://example.org/a
https://example.org:8080/a | https://example.org/a
https://example.org/#/a | https://example.org/#/b
https://www.youtube.com/watch?v=1 | https://www.youtube.com/watch?v=2
https://sq.example.org/a | https://example.org/a
https://example.org/a?ref=1 | https://example.org/a?ref=2
https://www.google.com/search?q=a | https://www.google.com/search?q=b
mailto:a@example.org | mailto:b@example.org
"""

LABELLED = [
    ("Studimi i plotë", "Ja.", "report"),
    ("Raportin e gjeni këtu", "Ja.", "report"),
    ("Read the report", "Here.", "report"),
    ("Report abuse", "Here.", "page"),
    ("Report it now", "Here.", "page"),
    ("Raporto një rast", "Ja.", "page"),
    ("këtu", "Raportin e plotë e gjeni këtu.", "report"),
    ("here", "The full report is available here.", "report"),
    ("here", "Sign up here for the workshop.", "page"),
    ("këtu", "Regjistrohuni këtu. Raporti i plotë gjendet te ne.", "page"),
    ("faqja jonë", "Raporti u prezantua sot, shihni faqja jonë.", "page"),
    ("Save the Children", "The report is available from Save the Children.", "page"),
]


def found(url, label=None, text=None, language="sq"):
    anchor = Anchor(url, url if label is None else label)
    return links.find([Section(language, "", f"Ja: {anchor.label}" if text is None else text, (anchor,))])


@pytest.mark.parametrize(("kind", "url"), rows(KINDS))
def test_kind(kind, url):
    assert found(url) == (Link(url, kind, "sq"),)


@pytest.mark.parametrize("url", DROPPED.strip().splitlines())
def test_dropped(url):
    assert found(url) == ()
    assert found(url, "Një etiketë") == ()


@pytest.mark.parametrize(("one", "other"), rows(SAME))
def test_same(one, other):
    assert links.identity(one) == links.identity(other)


@pytest.mark.parametrize(("one", "other"), rows(DIFFERENT))
def test_different(one, other):
    assert links.identity(one) != links.identity(other)


@pytest.mark.parametrize(("label", "text", "kind"), LABELLED)
def test_what_label_and_sentence_say(label, text, kind):
    assert [link.kind for link in found("https://example.org/x", label, text)] == [kind]


def test_each_version_has_its_link():
    url = "https://www.weprotect.org/survivors-perspectives/"
    sections = [
        section(f"Studimin, mund ta gjeni të plotë në linkun bashkangjitur: {url}", urls=(url, url)),
        section(f"The report you can find at the link below: {url}", "en", urls=(url,)),
        section(f"More about them: {url}", "*", urls=(url,)),
    ]
    assert links.find(sections) == (
        Link(url, "report", "sq"),
        Link(url, "report", "en"),
        Link(url, "report", "*"),
    )


def test_the_first_address_stands_and_the_second_adds_what_it_says():
    anchors = (Anchor("https://example.org/x?utm_source=a", ""), Anchor("https://example.org/x", "Raporti"))
    assert links.find([Section("sq", "", "Raporti", anchors)]) == (
        Link("https://example.org/x?utm_source=a", "report", "sq", "Raporti"),
    )


@pytest.mark.parametrize(
    ("url", "label", "expected"),
    [
        ("https://example.org/x", "https://example.org/x", ("https://example.org/x", "")),
        ("https://example.org/x/", "example.org/x", ("https://example.org/x/", "")),
        ("https://example.org/x.", "https://example.org/x.", ("https://example.org/x", "")),
        ("https://example.org/x", " Faqja \n jonë ", ("https://example.org/x", "Faqja jonë")),
        (" https://example.org/x ", "x", ("https://example.org/x", "x")),
    ],
)
def test_label(url, label, expected):
    assert [(link.url, link.label) for link in found(url, label)] == [expected]


def test_a_picture_without_words_is_no_resource():
    assert found("https://example.org/foto.jpg", "") == ()
    assert [link.kind for link in found("https://example.org/foto.jpg", "Posteri")] == ["document"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Shih https://example.org/x tani", "Shih tani"),
        ("Shih HTTP://example.org tani", "Shih tani"),
        ("Shkruani te info@example.org tani", "Shkruani te tani"),
        ("Te www.example.org/x dhe example.al sot", "Te dhe sot"),
        ("“https://example.org/x” tha", "“ ” tha"),
        ("Mbaroi dje.ECPAT nisi sot", "Mbaroi dje.ECPAT nisi sot"),
        ("Ora 10:30, 3.5 milionë, p.sh. kështu", "Ora 10:30, 3.5 milionë, p.sh. kështu"),
        ("http://localhost:80/#x fund", "fund"),
    ],
)
def test_blanked(text, kept):
    hidden = links.blanked(text)
    assert len(hidden) == len(text)
    assert hidden.split() == kept.split()


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("Një. Dy tri! Katër?", "tri", "Dy tri!"),
        ("Një\nDy tri\n\nKatër", "tri", "Dy tri"),
        ("Foli z. A. Hoxha dhe Dr. Beqiri sot. Fund.", "Beqiri", "Foli z. A. Hoxha dhe Dr. Beqiri sot."),
        ("Më 3 maj 2022. 5 vetë erdhën.", "vetë", "5 vetë erdhën."),
        ("Tha: “Mjaft!” Dhe iku. Fund.", "iku", "Dhe iku."),
        ("Shih www.example.org/a.b tani. Fund.", "tani", "Shih www.example.org/a.b tani."),
        ("fjalë " * 40 + "VENDI" + " fjalë" * 40, "VENDI", None),
        ("VENDI" + " fjalë" * 60, "VENDI", None),
        ("x" * 500 + "VENDI" + "y" * 500, "VENDI", None),
    ],
)
def test_sentence(text, place, expected):
    start = text.index(place)
    said = sentence(text, start, start + len(place))
    assert len(said) <= 200
    assert place in said
    assert expected is None or said == expected
    assert expected is not None or said.strip("… ").replace("fjalë", "").split() == [place]


@settings(max_examples=often(200), deadline=None)
@given(st.text(max_size=300), st.integers(0, 300), st.integers(0, 50), st.integers(10, 80))
def test_a_sentence_is_never_too_long(text, start, length, at_most):
    start = min(start, len(text))
    assert len(sentence(text, start, min(start + length, len(text)), at_most=at_most)) <= at_most


PIECES = ["https://", "www.", "example.org", ":80", ":x", "/", "?", "u=", "&", "#", "%", "%C3%AB", "ë", "[", "@", " "]
PIECES += ["https://l.facebook.com/l.php?u=", "https%3A%2F%2Fexample.org"]
URLS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


@settings(max_examples=often(300), deadline=None)
@given(URLS, st.text(max_size=30))
def test_whatever_comes_only_http_comes_out(url, label):
    for link in found(url, label):
        assert link.url.lower().startswith(("http://", "https://"))
    identity = links.identity(url)
    assert links.identity(identity) == identity
    assert links.host(url) == links.host(url).lower()


def test_order_is_that_of_the_post():
    urls = tuple(f"https://example.org/{number}" for number in (3, 1, 2))
    assert [link.url for link in links.find([section(" ".join(urls), urls=urls)])] == list(urls)


def test_hostile_texts_take_no_longer_than_long_ones():
    for junk in ("a." * 50_000, "a-" * 50_000, "@" * 100_000, "www." * 25_000, "https://" * 12_000, "a@b." * 25_000):
        started = time.process_time()
        links.blanked(junk)
        sentence(junk, 50_000, 50_001)
        links.find([section(junk, urls=(junk,) * 3)])
        assert time.process_time() - started < 2
