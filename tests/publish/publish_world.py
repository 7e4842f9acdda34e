"""A small site and its posts, for the tests of publishing; the words and templates are the shipped ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syndicate.models import (
    Evidence,
    Feed,
    HashtagRule,
    HashtagUse,
    Helpline,
    Partner,
    PartnerMention,
    Picture,
    Places,
    Post,
    Selection,
    Site,
    Source,
    Version,
    Withdrawn,
)
from syndicate.words import filler, load

TEMPLATES = Path(__file__).parents[2] / "templates"
WORDS = load([TEMPLATES], ("sq", "en"), "Europe/Tirane")
FILL = filler([TEMPLATES], WORDS)
START = datetime(2022, 1, 27, 9, 30, tzinfo=UTC)

SITE = Site(
    name="CRCA/ECPAT Shqipëri",
    base_url="https://news.example.al/",
    tag_domain="example.al",
    timezone="Europe/Tirane",
    languages=("sq", "en"),
    contact="mailto:office@example.al",
    hub="https://hub.example.al/",
    postal_address="Tiranë, Shqipëri",
    places=Places(Path("/site"), Path("/site/var"), Path("/site/public")),
    helpline=Helpline(
        name={"sq": "Linja e fëmijëve ALO 116 111", "en": "Children’s helpline ALO 116 111"},
        number="116 111",
        hours={"sq": "falas, 24 orë në ditë", "en": "free, 24 hours a day"},
        url={"sq": "https://alo116.example.al/", "en": "https://alo116.example.al/en"},
    ),
    sources=(Source(id="isigurt", url="https://www.example.al/rss.xml", name="iSigurt & lajme"),),
    partners=(
        Partner(id="ecpat-international", name="ECPAT International", url="https://ecpat.example/"),
        Partner(id="weprotect", name="WeProtect Global Alliance", names={"sq": "Aleanca Globale WeProtect"}),
        Partner(id="crca", name="CRCA/ECPAT Shqipëri", names={"en": "CRCA/ECPAT Albania"}, ourselves=True),
    ),
    hashtags=(
        HashtagRule(
            key="childprotection",
            display={"sq": "MbrojtjaEFëmijëve", "en": "ChildProtection"},
            notice={
                "sq": "Ky shkrim flet për dhunën ndaj fëmijëve. Për ndihmë telefononi 116 111.",
                "en": "This post speaks of violence against children. For help call 116 111.",
            },
        ),
        HashtagRule(key="spam", ignore=True),
    ),
)

SQ = Version(
    language="sq",
    title="Perspektivat e të mbijetuarve të dhunës seksuale",
    summary="ECPAT International dhe WeProtect Global Alliance publikuan për herë të parë raportin mbi "
    "perspektivat e fëmijëve që i kanë mbijetuar dhunës seksuale, përfshi edhe fëmijët nga Shqipëria.",
    html='<p>Studimi bazohet në <a href="https://www.weprotect.org/survivors-perspectives/">bisedat</a> me të mbijetuarit.</p>'
    '\n<ul><li>Shqipëri</li><li>Peru</li></ul><figure><img src="https://www.example.al/a.jpg" alt="Raporti" />'
    "<figcaption>Raporti</figcaption></figure><blockquote><p>“Zëri ynë”</p></blockquote>",
    text="Studimi bazohet në bisedat me të mbijetuarit.",
)
EN = Version(
    language="en",
    title="Child sexual exploitation and abuse online: Survivors’ Perspectives",
    summary="It is crucial for survivors to contribute to shaping the response to child sexual exploitation and abuse.",
    html='<p>The study is based on <a href="https://www.weprotect.org/survivors-perspectives/">conversations</a>.</p>',
    text="The study is based on conversations.",
)
POST = Post(
    id="p7k2m4",
    source="isigurt",
    guid="102 at https://www.example.al",
    url="https://www.example.al/lajme/perspektivat-e-të-mbijetuarve?a=1&b=ë",
    title=SQ.title,
    author="crca-author",
    published=START,
    updated=START + timedelta(hours=2),
    year=2022,
    versions=(SQ, EN),
    partners=(
        PartnerMention(
            "ecpat-international",
            (
                Evidence("domain", "ecpat.org", "sq"),
                Evidence(
                    "name",
                    "ECPAT International",
                    "sq",
                    "Studimi u bë i mundur falë bashkëpunimit me ECPAT International.",
                ),
                Evidence(
                    "name", "ECPAT International", "en", "The project was a partnership with ECPAT International."
                ),
            ),
        ),
        PartnerMention(
            "weprotect", (Evidence("name", "WeProtect", "sq", "Raportin e publikoi Aleanca Globale WeProtect."),)
        ),
        PartnerMention("taken-out", (Evidence("name", "Gone", "sq", "Gone."),)),
    ),
    hashtags=(
        HashtagUse("voicesofsurvivors", "VoicesofSurvivors"),
        HashtagUse("childprotection", "childprotection"),
        HashtagUse("spam", "spam"),
    ),
    picture=Picture("https://www.example.al/raporti.jpg", "Kopertina e raportit", "image/jpeg", 48213),
)


def post(n: int, **changes: object) -> Post:
    """The `n`-th post: like POST, `n` days later, with an id of its own."""
    moved: dict[str, object] = {"published": START + timedelta(days=n), "updated": START + timedelta(days=n, hours=1)}
    moved["versions"] = tuple(replace(version, title=f"{version.title} ({n})") for version in POST.versions)
    return replace(POST, id=f"p{n:04d}", **(moved | changes))  # type: ignore[arg-type]


def feed(slug: str = "lajme-sq", language: str = "sq", **more: object) -> Feed:
    """A feed of everything in a language."""
    titles = {"sq": "Lajme në shqip", "en": "News in English"}
    return Feed(slug=slug, titles=titles, selection=Selection(language=language), **more)  # type: ignore[arg-type]


SQ_FEED = feed()
EN_FEED = feed("news-en", "en")
BOTH = feed("te-dyja", "sq+en")
PARTNER_FEED = Feed(
    slug="ecpat-international-sq",
    titles={"sq": "ECPAT International te CRCA"},
    selection=Selection(language="sq", partners=("ecpat-international",)),
    family="partner",
    partner="ecpat-international",
)
GONE = Withdrawn(id="pgone1", year=2021, languages=("sq", "en"), at=datetime(2022, 3, 1, 12, tzinfo=UTC))
