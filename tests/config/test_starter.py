import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import syndicate.config
from syndicate.config import init, load_site, secret_ring, shipped_site
from syndicate.errors import UsageError

UNFINISHED = [
    "feeds/site.toml: base_url",
    "feeds/site.toml: tag_domain",
    "feeds/site.toml: contact",
    "feeds/site.toml: postal_address",
    "feeds/sources.toml: url",
    "subscribers/newsletter.toml: sender.address",
    "subscribers/newsletter.toml: sender.reply_to",
]


def start(target, **options):
    return init(target, shipped=shipped_site(), random=lambda size: b"k" * size, **options)


def load(target):
    return load_site(target, shipped=shipped_site())


@pytest.fixture
def far(tmp_path):
    """A copy of what the wheel carries, and a place to start in, both away from the repository."""
    for folder in ("feeds", "subscribers", "templates"):
        shutil.copytree(shipped_site() / folder, tmp_path / "shipped" / folder)
    return tmp_path


def test_a_new_site_works_and_names_what_is_to_be_changed(tmp_path):
    target = tmp_path / "deep" / "site"
    written = start(target)
    assert sorted(written) == sorted(path for path in target.rglob("*") if path.is_file())
    site = load(target)
    assert [
        f"{place.rpartition(':')[0].rpartition(':')[0]}:{place.rpartition(':')[2]}" for place in site.unfinished
    ] == UNFINISHED
    for place in site.unfinished:
        name, line, _ = place.split(":")
        assert "# CHANGE:" in (target / name).read_text(encoding="utf-8").split("\n")[int(line) - 1]
    example = load(shipped_site())
    assert (site.partners, site.hashtags, site.feeds, site.families) == (
        example.partners, example.hashtags, example.feeds, example.families,
    )  # fmt: skip
    assert [source.id for source in site.sources] == ["isigurt"]


def test_nothing_of_ours_is_left_in_what_a_new_site_says_of_itself(tmp_path):
    start(tmp_path)
    site = load(tmp_path)
    said = [site.name, site.base_url, site.contact, site.postal_address, site.sources[0].url, site.sources[0].name]
    said += [*site.lists[0].titles.values(), site.lists[0].sender.name, site.lists[0].sender.address]
    assert not any("isigurt" in text.lower() or "ecpat" in text.lower() for text in said)


def test_it_is_made_far_from_the_repository(far, monkeypatch):
    monkeypatch.chdir(far)
    init(far / "new", shipped=far / "shipped", random=os.urandom)
    assert load_site(far / "new", shipped=far / "shipped").sources[0].id == "isigurt"


def test_an_installed_package_carries_the_worked_example(far):
    """The wheel's layout: the package beside its starter folder, and no repository round it."""
    package = far / "site-packages" / "syndicate"
    source = Path(syndicate.config.__file__).parents[1]
    shutil.copytree(source / "config", package / "config")
    shutil.copytree(source / "models", package / "models")
    for name in ("__init__", "errors", "selection"):
        shutil.copy(source / f"{name}.py", package)
    shutil.move(far / "shipped", package / "starter")
    code = """
from pathlib import Path
from syndicate.config import init, load_site, shipped_site
init(Path("new"), shipped=shipped_site())
print(shipped_site(), load_site(Path("new"), shipped=shipped_site()).sources[0].id)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=far,
        env={"PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(package / "starter"), "isigurt"]


def test_people_and_secrets_are_private_and_out_of_git(tmp_path):
    start(tmp_path)
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "var" / "secret.key").stat().st_mode) == 0o600
    assert secret_ring(load(tmp_path).places, {}) == [b"k" * 32]
    (tmp_path / "public").mkdir()
    for name in ("var/people.sqlite3", "public/x.html", "rejects.csv", "subscribers/people.csv", "mail.eml", ".env"):
        (tmp_path / name).write_text("x")
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not installed")
    subprocess.run([git, "init", "-q", str(tmp_path)], check=True)
    asked = subprocess.run(
        [git, "-C", str(tmp_path), "ls-files", "-o", "--exclude-standard"], check=True, capture_output=True, text=True
    )
    assert {name.split("/")[0] for name in asked.stdout.split()} == {".gitignore", "feeds", "subscribers", "templates"}
    assert not any(name.endswith((".csv", ".eml", ".env")) for name in asked.stdout.split())


def test_a_site_is_never_started_over(tmp_path):
    start(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="already holds a site"):
        start(tmp_path)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_what_is_there_is_kept(tmp_path):
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "partners.toml").write_text('[[partner]]\nid = "mine"\nname = "Mine"\n')
    (tmp_path / ".gitignore").write_text("mine\n/var/")
    written = start(tmp_path)
    assert tmp_path / "feeds" / "partners.toml" not in written
    assert [partner.id for partner in load(tmp_path).partners] == ["mine"]
    lines = (tmp_path / ".gitignore").read_text().split("\n")
    assert lines[:2] == ["mine", "/var/"]
    assert lines.count("/var/") == 1
    assert "/public/" in lines


def test_what_the_operator_already_knows_is_filled_in(tmp_path):
    start(
        tmp_path,
        domain="iliria.al",
        source_url="http://127.0.0.1:8080/rss",
        source_name='Lajme\n"të reja"',
        allow_private=True,
    )
    site = load(tmp_path)
    assert (site.base_url, site.tag_domain, site.contact) == (
        "https://feeds.iliria.al",
        "iliria.al",
        "contact@iliria.al",
    )
    assert site.lists[0].sender.address == "newsletter@iliria.al"
    source = site.sources[0]
    assert (source.id, source.url, source.name) == ("isigurt", "http://127.0.0.1:8080/rss", 'Lajme "të reja"')
    assert source.allow_private
    assert site.unfinished == ("feeds/site.toml:9: postal_address",)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"domain": "https://x.al"}, 'write only "x.al"'), ({"source_url": "x.al/rss"}, "no web address")],
)
def test_bad_answers_make_nothing(tmp_path, asked, said):
    with pytest.raises(UsageError, match=said):
        start(tmp_path / "new", **asked)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        start(tmp_path / "file" / "site")
