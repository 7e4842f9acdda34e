import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta

import pytest

from syndicate.config import finished, keys, load_site, shipped_site
from syndicate.config.values import toml
from syndicate.errors import SiteError, UsageError
from syndicate.models import Schedule, Selection, Sender


def load(root, **places):
    return load_site(root, shipped=shipped_site(), **places)


def test_the_worked_example_is_whole_and_ready():
    site = load(shipped_site())
    assert site.unfinished == ()
    assert (site.name, site.base_url, site.tag_domain) == ("iSIGURT.al", "https://feeds.isigurt.al", "isigurt.al")
    assert [source.id for source in site.sources] == ["isigurt"]
    assert {"ecpat-international", "weprotect", "crca"} <= {partner.id for partner in site.partners}
    assert [partner.id for partner in site.partners if partner.ourselves] == ["crca"]
    assert {feed.selection.language for feed in site.feeds} == {"sq", "en", "sq+en"}
    assert not any(each.selection.sources for each in (*site.feeds, *site.families, *site.lists))
    assert site.helpline is not None
    assert set(site.helpline.name) == set(site.helpline.url) == set(site.languages)
    assert site.lists[0].schedule == Schedule()


def test_its_partners_are_told_apart_and_have_a_domain():
    site = load(shipped_site())
    assert all(partner.domains and partner.url for partner in site.partners)
    for partner in site.partners:
        host = str(partner.url).split("/")[2]
        assert any(host == domain or host.endswith("." + domain) for domain in partner.domains)


def test_a_small_site_has_the_defaults(site):
    loaded = load(site)
    assert loaded.places.state == site / "var"
    assert loaded.places.public == site / "public"
    assert loaded.politeness.every == timedelta(hours=1)
    assert loaded.politeness.delay == timedelta(seconds=2)
    assert loaded.delivery.transport == "folder"
    assert loaded.helpline is None
    assert loaded.sources[0].name == "lajme"
    assert loaded.feeds[0].titles == {"sq": "All", "en": "All"}
    assert loaded.hashtags[0].aliases == ("mbrojtjaefemijeve",)
    assert loaded.lists[0].sender == Sender("Iliria", "buletini@iliria.al", "kontakt@iliria.al")


def test_places_can_be_elsewhere(site, tmp_path):
    loaded = load(site, state=tmp_path / "s", public=tmp_path / "p")
    assert (loaded.places.state, loaded.places.public) == (tmp_path / "s", tmp_path / "p")


def test_a_selection_is_read_in_full(site):
    (site / "feeds/feeds.toml").write_text(
        """
[[feed]]
slug = "much"
titles = { sq = "Shumë", en = "Much" }
language = "en+sq"
sources = ["lajme"]
partners = ["crca"]
hashtags = ["#MbrojtjaEFëmijëve", "Tjetër", "childprotection"]
authors = ["Ana"]
exclude_partners = ["weprotect"]
exclude_hashtags = ["News"]
exclude_authors = ["Bora"]
match = "all"
since = 2026-01-31
limit = 7
""",
        encoding="utf-8",
    )
    assert load(site).feeds[0].selection == Selection(
        language="en+sq",
        sources=("lajme",),
        partners=("crca",),
        hashtags=("childprotection", "tjeter"),
        authors=("Ana",),
        exclude_partners=("weprotect",),
        exclude_hashtags=("news",),
        exclude_authors=("Bora",),
        match="all",
        since=datetime(2026, 1, 30, 23, 0, tzinfo=UTC),
        limit=7,
    )


def test_only_the_sites_own_file_must_exist(site):
    for name in ("sources", "partners", "hashtags", "feeds"):
        (site / f"feeds/{name}.toml").unlink()
    (site / "subscribers/newsletter.toml").unlink()
    loaded = load(site)
    assert (loaded.sources, loaded.partners, loaded.feeds, loaded.lists) == ((), (), (), ())
    (site / "feeds/site.toml").unlink()
    with pytest.raises(SiteError, match="syndicate init"):
        load(site)


def test_a_file_from_windows_is_read(site):
    path = site / "feeds/sources.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(site).sources[0].id == "lajme"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'\n[[source]]\nid = "\xeb"\n', "feeds/sources.toml:3: a character is not in UTF-8"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "feeds/sources.toml: is nested too deeply"),
        (None, "feeds/sources.toml: cannot be read"),
    ],
)
def test_a_file_that_is_no_toml_is_one_complaint_and_the_rest_is_still_read(site, content, said):
    path = site / "feeds/sources.toml"
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)
    (site / "feeds/partners.toml").write_text("[[partner]]\nid = 5\n")
    with pytest.raises(SiteError) as error:
        load(site)
    assert said in str(error.value)
    assert "feeds/partners.toml:2: id: must be text in quotes" in str(error.value)
    assert error.value.exit_status == 2


def test_a_reserved_name_makes_a_site_unfinished(site):
    path = site / "feeds/site.toml"
    text = path.read_text(encoding="utf-8").replace("kontakt@iliria.al", "kontakt@iliria.test")
    path.write_text(text.replace("https://feeds.iliria.al", "https://feeds.example.com/x"), encoding="utf-8")
    (site / "feeds/sources.toml").write_text('[[source]]\nid = "a"\nurl = "https://counterexample.org/"\n')
    (site / "subscribers/newsletter.toml").write_text(
        'title = "Buletini"\nsender = { name = "Iliria", address = "a@x.invalid", reply_to = "a@test.al" }\n'
    )
    assert load(site).unfinished == (
        "feeds/site.toml:2: base_url",
        "feeds/site.toml:6: contact",
        "subscribers/newsletter.toml:2: sender.address",
    )


def test_an_unfinished_site_is_refused_with_what_is_to_be_changed(site):
    finished(load(site), "run")
    (site / "feeds/sources.toml").write_text('[[source]]\nid = "a"\nurl = "https://www.example.org/rss"\n')
    with pytest.raises(UsageError, match=r"`syndicate run` waits[^\n]*\n  feeds/sources.toml:3: url\nChange"):
        finished(load(site), "run")


ODD = [
    0,
    -1,
    2.5,
    True,
    "",
    " ",
    "{",
    "ë" * 200,
    "a+b",
    [],
    [""],
    [1],
    ["{x}", None],
    {},
    {"sq": 1},
    {"de": "x"},
    {"a": {"b": 1}},
]


def complaints(root):
    """What is wrong with a site: nothing, or a list, but never another error."""
    try:
        load(root)
    except SiteError as error:
        return error.complaints
    return []


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd)[:20])
def test_no_value_of_any_key_is_more_than_a_complaint(site, odd):
    written = toml(odd).replace("null", "1979-05-27")
    for doc in keys():
        name = doc.file.replace("<list>", "newsletter")
        before = (site / name).read_text(encoding="utf-8")
        kept = [line for line in before.split("\n") if not line.startswith(f"{doc.key} =")]
        header = [] if doc.table in before else [doc.table]
        place = kept.index(doc.table) + 1 if doc.table and doc.table in kept else 0
        rows = [*kept[:place], f"{doc.key} = {written}", *kept[place:]]
        if header:
            rows = [*kept, *header, f"{doc.key} = {written}"]
        tomllib.loads("\n".join(rows))
        (site / name).write_text("\n".join(rows), encoding="utf-8")
        messages = [complaint.message for complaint in complaints(site)]
        assert all(message and "None" not in message for message in messages)
        (site / name).write_text(before, encoding="utf-8")


def test_pydantic_waits_until_a_site_is_loaded():
    code = "import sys, syndicate.config; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
