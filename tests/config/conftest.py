import pytest

SITE = {
    "feeds/site.toml": """\
name = "Iliria"
base_url = "https://feeds.iliria.al"
tag_domain = "iliria.al"
timezone = "Europe/Tirane"
languages = ["sq", "en"]
contact = "kontakt@iliria.al"
postal_address = "Rruga e Dibrës, Tiranë"
""",
    "feeds/sources.toml": '[[source]]\nid = "lajme"\nurl = "https://www.iliria.al/rss.xml"\n',
    "feeds/partners.toml": '[[partner]]\nid = "crca"\nname = "CRCA"\n\n[[partner]]\nid = "weprotect"\nname = "WeProtect"\n',
    "feeds/hashtags.toml": '[[hashtag]]\nkey = "childprotection"\naliases = ["#MbrojtjaEFëmijëve"]\n',
    "feeds/feeds.toml": '[[feed]]\nslug = "all"\ntitle = "All"\n',
    "subscribers/newsletter.toml": ('title = "Buletini"\n[sender]\nname = "Iliria"\naddress = "buletini@iliria.al"\n'),
}


@pytest.fixture
def site(tmp_path):
    """A small site in which nothing is wrong."""
    for name, text in SITE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path
