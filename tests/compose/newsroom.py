"""Plausible posts, a site and a list of our own, for the tests of the newsletter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syndicate.compose import mjml
from syndicate.compose.items import Addresses
from syndicate.compose.render import Parts
from syndicate.models import (
    HashtagRule,
    HashtagUse,
    Helpline,
    Link,
    MailingList,
    Partner,
    PartnerMention,
    Picture,
    Places,
    Post,
    Sender,
    Site,
    Version,
)
from syndicate.words import Filler, WordBook, fill_text, filler, load

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
BEGIN = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)

TEXTS = [
    (
        "Raport i ri: si i përjetojnë fëmijët rreziqet në internet",
        "Për herë të parë, 1.200 fëmijë nga pesë qarqe tregojnë vetë se çfarë u ndodh në internet dhe kujt i drejtohen. "
        "Gjysma e tyre nuk i kanë treguar askujt. Raporti sjell edhe rekomandimet që fëmijët u bëjnë shkollave, "
        "prindërve dhe institucioneve.",
        "New report: how children experience risk online",
        "For the first time, 1,200 children from five counties tell in their own words what happens to them online and "
        "whom they turn to. Half of them told nobody. The report also brings the recommendations that children make to "
        "schools, parents and institutions.",
    ),
    (
        "Trajnim për punonjësit socialë në Shkodër",
        "Njëzet e katër punonjës të mbrojtjes së fëmijëve nga qarku i Shkodrës u trajnuan për mënyrën si dëgjohet një "
        "fëmijë pa e lënduar sërish. Trajnimi vazhdon në pranverë në Kukës dhe Lezhë.",
        "Training for social workers in Shkodër",
        "Twenty-four child protection workers from Shkodër county were trained in how to listen to a child without "
        "hurting them again. The training goes on in Kukës and Lezhë in spring.",
    ),
    (
        "Ftesë: takim i hapur me prindërit, më 28 nëntor",
        "Të shtunën, në orën 10:00, në Bibliotekën Kombëtare: si të flasim me fëmijët për fotografitë, lojërat dhe "
        "miqtë e panjohur në internet. Hyrja është e lirë.",
        "Invitation: open meeting with parents, 28 November",
        "On Saturday at 10:00 in the National Library: how to talk with children about pictures, games and unknown "
        "friends online. Entrance is free.",
    ),
]


def site(**changes: object) -> Site:
    """An organisation's site with a helpline, partners and one hashtag with a notice."""
    made = Site(
        name="Qendra për të Drejtat e Fëmijëve",
        base_url="https://lajme.example.org",
        tag_domain="example.org",
        timezone="Europe/Tirane",
        languages=("sq", "en"),
        contact="zyra@example.org",
        postal_address="Rruga e Shkollës 7, Tiranë 1001, Shqipëri",
        places=Places(Path("/s"), Path("/s/var"), Path("/s/public")),
        helpline=Helpline(
            name={"sq": "Linja e ndihmës për fëmijët", "en": "Child helpline"},
            number="116 111",
            hours={"sq": "Falas, 24 orë në ditë", "en": "Free, 24 hours a day"},
            url={"sq": "https://ndihme.example.org/", "en": "https://ndihme.example.org/en"},
        ),
        partners=(
            Partner("ecpat", "ECPAT International", url="https://partner.example.org/"),
            Partner("alliance", "Children’s Alliance", names={"sq": "Aleanca e Fëmijëve"}),
            Partner("us", "Qendra", ourselves=True),
        ),
        hashtags=(
            HashtagRule(
                "childprotection",
                display={"sq": "MbrojtjaEFëmijëve", "en": "ChildProtection"},
                notice={
                    "sq": "Ky shkrim flet për dhunën ndaj fëmijëve.",
                    "en": "This post is about violence against children.",
                },
            ),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def newsletter(**changes: object) -> MailingList:
    """A list in both languages."""
    made = MailingList(
        id="monthly",
        titles={"sq": "Lajme për fëmijët", "en": "News for children"},
        sender=Sender("Qendra për Fëmijët", "lajme@post.example.org", "zyra@example.org"),
        bilingual=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def post(number: int, *, languages: tuple[str, ...] = ("sq", "en"), **changes: object) -> Post:
    """The post of that number, newest first, in the given languages."""
    sq_title, sq_text, en_title, en_text = TEXTS[number % len(TEXTS)]
    texts = {"sq": (sq_title, sq_text), "en": (en_title, en_text)}
    made = Post(
        id=f"p{number}",
        source="blog",
        guid=None,
        url=f"https://www.example.org/lajme/{number}/{sq_title.split(':')[0].lower().replace(' ', '-').replace('ë', 'e')}",
        title=sq_title,
        author="Zyra",
        published=BEGIN - timedelta(days=number),
        updated=BEGIN - timedelta(days=number),
        year=2026,
        versions=tuple(
            Version(code, texts[code][0], texts[code][1], f"<p>{texts[code][1]}</p>", texts[code][1])
            for code in languages
        ),
        partners=(PartnerMention("ecpat", ()), PartnerMention("alliance", ()), PartnerMention("us", ())),
        hashtags=(
            HashtagUse("childprotection", "childprotection"),
            HashtagUse("fëmijët", "Fëmijët"),
            HashtagUse("school", "School"),
        )[: 1 + number % 3],
        links=(
            Link(f"https://files.example.org/{number}/raporti.pdf", "report", "sq", "Raporti i plotë (PDF)"),
            Link(
                f"https://files.example.org/{number}/report.pdf",
                "report",
                "en",
                f"https://files.example.org/{number}/report.pdf",
            ),
            Link(f"https://video.example.org/{number}", "video", "*", ""),
        )[: 3 if number % 2 == 0 else 0],
        picture=Picture("https://blog.example.org/a.jpg", "Fëmijë duke lexuar në bibliotekë"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def posts(count: int) -> list[Post]:
    """That many posts, newest first."""
    return [post(number) for number in range(count)]


ADDRESSES = Addresses(
    hashtags={"childprotection": {"sq": "https://lajme.example.org/feeds/tag-childprotection-sq/"}},
    partners={"alliance": {"en": "https://lajme.example.org/feeds/alliance/"}},
)

_made: dict[str, object] = {}


def book() -> WordBook:
    """The shipped words."""
    if "book" not in _made:
        _made["book"] = load([TEMPLATES], ("sq", "en"), "Europe/Tirane")
    made = _made["book"]
    assert isinstance(made, WordBook)
    return made


def fill() -> Filler:
    """The filler of the shipped templates."""
    if "fill" not in _made:
        _made["fill"] = filler([TEMPLATES], book())
    made = _made["fill"]
    assert isinstance(made, Filler)
    return made


def compiled() -> str:
    """The shipped newsletter, compiled once."""
    if "compiled" not in _made:
        _made["compiled"] = mjml.compile((TEMPLATES / "newsletter.mjml").read_text("utf-8"), "newsletter.mjml")
    return str(_made["compiled"])


def parts(chosen: list[Post], **changes: object) -> Parts:
    """Everything that the variants of an edition need."""
    made = Parts(
        site=site(),
        list=newsletter(),
        posts=chosen,
        template=compiled(),
        text_template=(TEMPLATES / "newsletter.txt").read_text("utf-8"),
        words=book(),
        fill_text=fill_text,
        number=7,
        date=datetime(2026, 11, 23, 8, tzinfo=UTC),
        web_url="https://lajme.example.org/newsletters/monthly/7",
        addresses=ADDRESSES,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
