import os

import pytest

from syndicate.config import VARIABLES, Settings, find_site
from syndicate.errors import UsageError

SECRETS = [name for name in VARIABLES if name != "SYNDICATE_SITE"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_comes_from_its_variable_or_its_file(name, tmp_path):
    (tmp_path / "secret").write_text("from-file\n")
    assert Settings({name: "direct"}).get(name) == "direct"
    assert Settings({f"{name}_FILE": str(tmp_path / "secret")}).get(name) == "from-file"
    assert Settings({name: "", f"{name}_FILE": ""}).get(name) is None
    with pytest.raises(UsageError, match=f"{name} and {name}_FILE are both set"):
        Settings({name: "x", f"{name}_FILE": "y"}).get(name)
    with pytest.raises(UsageError, match="cannot be read"):
        Settings({f"{name}_FILE": str(tmp_path / "nowhere")}).get(name)


def test_each_has_its_property():
    settings = Settings({name: name for name in SECRETS})
    assert settings.offline
    assert not Settings({}).offline
    told = [settings.database_url, settings.secret_key, settings.sendgrid_api_key, settings.sendgrid_url]
    told += [settings.webhook_key, settings.smtp_url, settings.dkim_key]
    plain = {"SYNDICATE_LOG", "SYNDICATE_OFFLINE", "SYNDICATE_BACKUP_KEY"}  # words; and what only two commands ask for
    assert told == [name for name in SECRETS if name not in plain]


def test_no_repr_shows_a_secret(tmp_path):
    settings = Settings(dict.fromkeys(SECRETS, "hush") | {"OTHER": "hush"})
    assert "hush" not in f"{settings!r} {settings}"
    assert "SENDGRID_API_KEY=set" in repr(settings)


def test_a_missing_secret_is_an_error_only_where_it_is_needed():
    settings = Settings({})
    assert settings.sendgrid_api_key is None
    with pytest.raises(UsageError, match="`syndicate newsletter send` needs SENDGRID_API_KEY"):
        settings.need("SENDGRID_API_KEY", "newsletter send")


def test_the_site_is_the_option_then_the_variable_then_the_nearest_above(site, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    deep = site / "feeds" / "deep"
    deep.mkdir()
    assert find_site(None, {}, deep) == site.resolve()
    assert find_site(None, {"SYNDICATE_SITE": str(site)}, other) == site.resolve()
    assert find_site(os.path.relpath(site, other), {"SYNDICATE_SITE": "/nowhere"}, other) == site.resolve()


@pytest.mark.parametrize(
    ("option", "environ", "said"),
    [
        (None, {}, "Type `syndicate init DIR`"),
        ("there", {}, "--site names .*there.*type `syndicate init there`"),
        (None, {"SYNDICATE_SITE": "there"}, "SYNDICATE_SITE names .*there"),
    ],
)
def test_no_site_says_what_to_type(tmp_path, option, environ, said):
    with pytest.raises(UsageError, match=said):
        find_site(option, environ, tmp_path)
