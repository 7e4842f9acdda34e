"""`newsletter edit`: a person's words, choice and order over a draft, and that they outlive every new draft."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from road.road_site import Home

from syndicate import editions, pictures
from syndicate.cli import app
from syndicate.cli.desk import Desk
from syndicate.cli.road import press
from syndicate.models import Edition
from syndicate.samples.blog import Blog
from syndicate.store import editions as stored


@pytest.fixture(autouse=True)
def _with_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    if "editing" not in app.PARTS:
        monkeypatch.setattr(app, "PARTS", (*app.PARTS, "editing"))


@pytest.fixture
def drafted(published: Home, begin_with: Callable[..., Home]) -> Home:
    def make() -> Home:
        published.run("newsletter", "draft", "newsletter").fine()
        return published

    return begin_with("drafted", make)


def frozen(home: Home, id: str = "newsletter-1") -> Edition:
    with home.store() as store, store.read() as connection:
        found = stored.load(connection, id)
    assert found is not None
    return found


def variant(home: Home, name: str) -> Any:
    found = frozen(home).variant(name)
    assert found is not None
    return found


def again(home: Home) -> tuple[Edition | None, str]:
    """Draft the open edition anew, as `newsletter draft newsletter --again` does."""
    desk = Desk(site_option=str(home.root))
    try:
        return editions.draft_again(press(desk), desk.store, desk.site.lists[0], desk.now())
    finally:
        desk.close()


def edit(home: Home, *said: str) -> Any:
    return home.json("newsletter", "edit", "newsletter", *said)


# ---------------------------------------------------------------- words


def test_without_options_it_says_how_the_edition_stands_and_changes_nothing(drafted: Home) -> None:
    before = frozen(drafted)
    said = drafted.run("newsletter", "edit", "newsletter").fine()
    assert "newsletter-1 is draft: 12 posts." in said.out
    assert "as drafted" in said.out
    assert frozen(drafted) == before


def test_subject_preheader_and_introduction_per_language(drafted: Home, tmp_path: Path) -> None:
    text = tmp_path / "hyrje.md"
    text.write_text("Të dashur lexues,\n\nkjo është **java** e [fëmijëve](https://example.org/java).\n", "utf-8")
    told = edit(
        drafted, "--subject", "sq=Java e fëmijëve", "--subject", "en=Children’s week", "--preheader", "en=Read this first",
        "--intro", f"sq={text}", "--intro-text", "en=Dear readers, **hello**.",
    )  # fmt: skip
    assert told["edits"]["subject"] == {"sq": "Java e fëmijëve", "en": "Children’s week"}
    for name, subject in {"sq": "Java e fëmijëve", "en": "Children’s week", "sq+en": "Java e fëmijëve"}.items():
        assert variant(drafted, name).subject == subject
        assert f"<title>{subject}</title>" in variant(drafted, name).html
    assert variant(drafted, "en+sq").preheader == "Read this first"
    sq, both = variant(drafted, "sq"), variant(drafted, "en+sq")
    assert "<strong>java</strong>" in sq.html
    assert 'href="https://example.org/java"' in sq.html
    assert "kjo është java e fëmijëve (https://example.org/java)." in sq.text
    assert "Dear readers" not in sq.html + sq.text
    html = both.html
    assert html.index("<strong>hello</strong>") < html.index('<div lang="sq"') < html.index("<strong>java</strong>")


def test_an_introduction_from_standard_input(drafted: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("Nga *tastiera*."))
    edit(drafted, "--intro", "sq=-")
    assert "Nga <em>tastiera</em>." in variant(drafted, "sq").html


def test_nothing_in_an_introduction_does_harm(drafted: Home) -> None:
    edit(
        drafted,
        "--intro-text",
        "en=<script>x</script> [a](javascript:alert(1)) %%leave_url%% {{ 7*7 }} <b onclick=x>y</b>",
    )
    html = variant(drafted, "en").html
    assert "<script" not in html
    assert "javascript:alert(1)</a>" not in html
    assert 'href="javascript' not in html
    assert "<b " not in html
    assert html.count("%%leave_url%%") == 1
    assert "{{ 7*7 }}" in unescape(html)


def test_an_empty_text_takes_back_what_was_said(drafted: Home) -> None:
    subject = variant(drafted, "en").subject
    edit(drafted, "--subject", "en=Mine", "--intro-text", "en=Hello")
    told = edit(drafted, "--subject", "en=")
    assert (told["edits"]["subject"], told["edits"]["intro"]) == ({}, {"en": "Hello"})
    assert variant(drafted, "en").subject == subject


# ---------------------------------------------------------------- posts


def test_order_choice_and_the_featured_post(drafted: Home) -> None:
    ids = list(frozen(drafted).posts)
    told = edit(drafted, "--order", f"{ids[5]},{ids[2]}", "--drop", ids[0], "--feature", ids[7])
    assert told["edition"]["posts"] == [ids[7], ids[5], ids[2], ids[1], ids[3], ids[4], ids[6], *ids[8:]]
    shown = drafted.run("newsletter", "edit", "newsletter").fine().out
    assert "left out" in shown
    assert "featured" in shown
    back = edit(drafted, "--add", ids[0], "--feature", "", "--order", "")
    assert back["edition"]["posts"] == ids
    assert back["edits"] == {
        "subject": {},
        "preheader": {},
        "intro": {},
        "order": [],
        "drop": [],
        "add": [],
        "featured": None,
    }


def test_a_dropped_post_is_not_new_to_the_list_until_the_edition_is_given_up(drafted: Home) -> None:
    first = frozen(drafted).posts[0]
    edit(drafted, "--drop", first)
    why = drafted.run("why", first, "newsletter").out
    assert "left out of newsletter-1 by hand" in why
    drafted.run("newsletter", "cancel", "newsletter").fine()
    drafted.run("newsletter", "draft", "newsletter").fine()
    assert first in frozen(drafted, "newsletter-2").posts


def test_reset_forgets_all(drafted: Home) -> None:
    before = frozen(drafted)
    edit(drafted, "--drop", before.posts[3], "--subject", "sq=Tjetër", "--feature", before.posts[4])
    edit(drafted, "--reset")
    now = frozen(drafted)
    assert (now.posts, now.digest) == (before.posts, before.digest)


# ---------------------------------------------------------------- what it means for the rest


def test_an_edit_voids_the_approval(drafted: Home) -> None:
    drafted.run("newsletter", "approve", "newsletter").fine()
    digest = frozen(drafted).digest
    edit(drafted, "--subject", "en=Otherwise")
    assert (frozen(drafted).state, frozen(drafted).approved) == ("draft", None)
    assert frozen(drafted).digest != digest


def test_what_was_said_survives_a_new_draft_with_todays_posts(drafted: Home, blog: Blog) -> None:
    ids = list(frozen(drafted).posts)
    edit(drafted, "--drop", ids[1], "--feature", ids[4], "--subject", "sq=E imja", "--intro-text", "sq=Tungjatjeta!")
    drafted.run("newsletter", "approve", "newsletter").fine()
    edition, reason = again(drafted)
    assert edition is not None, reason
    assert (edition.state, edition.posts[0]) == ("draft", ids[4])
    assert ids[1] not in edition.posts
    assert variant(drafted, "sq").subject == "E imja"
    assert "Tungjatjeta!" in variant(drafted, "sq").html


def test_what_was_said_survives_a_withdrawal(drafted: Home) -> None:
    ids = list(frozen(drafted).posts)
    edit(drafted, "--feature", ids[4], "--subject", "en=Mine", "--order", f"{ids[9]},{ids[8]}")
    drafted.run("posts", "withdraw", ids[2], "--yes").fine()
    found = frozen(drafted)
    assert found.posts[:3] == (ids[4], ids[9], ids[8])
    assert ids[2] not in found.posts
    assert variant(drafted, "en").subject == "Mine"


def test_nothing_is_drafted_anew_where_nothing_is_open(published: Home) -> None:
    edition, reason = again(published)
    assert edition is None
    assert "no open edition" in reason


WRONG = {
    "language": (["--subject", "de=Neu"], "is not written in 'de'"),
    "no language": (["--subject", "Neu"], "wants a language and a text"),
    "twice": (["--subject", "en=a", "--subject", "en=b"], "given twice"),
    "stranger": (["--feature", "zzzz"], "no post zzzz"),
    "no file": (["--intro", "en=/nowhere/x.md"], "cannot be read"),
    "picture": (["--intro-text", "en=![x](https://e.example/x.png)"], "pictures stand in posts"),
    "too long": (["--intro-text", "en=" + "a" * 3001], "3,000 fit"),
    "long subject": (["--subject", "en=" + "a" * 151], "150 are the most"),
    "two lines": (["--subject", "en=a\nb"], "line break"),
    "editor and more": (["--editor", "--reset"], "goes alone"),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_cannot_be_is_refused_in_a_sentence_and_changes_nothing(drafted: Home, said: str) -> None:
    before = frozen(drafted)
    arguments, message = WRONG[said]
    refused = drafted.run("newsletter", "edit", "newsletter", *arguments)
    assert refused.status == 2
    assert message in refused.err
    assert frozen(drafted) == before


def test_posts_cannot_be_wanted_and_not_wanted_and_one_has_to_stay(drafted: Home) -> None:
    ids = frozen(drafted).posts
    both = drafted.run("newsletter", "edit", "newsletter", "--drop", ids[0], "--feature", ids[0])
    assert (both.status, "at once" in both.err) == (2, True)
    none = drafted.run("newsletter", "edit", "newsletter", *(part for id in ids for part in ("--drop", id)))
    assert (none.status, "would hold no post" in none.err) == (2, True)


def test_a_sent_edition_is_not_edited(drafted: Home) -> None:
    drafted.run("subscribers", "add", "newsletter", "a@example.org", "--evidence", "letter").fine()
    drafted.run("newsletter", "approve", "newsletter").fine()
    drafted.run("newsletter", "send", "newsletter", "--yes").fine()
    refused = drafted.run("newsletter", "edit", "newsletter", "--subject", "en=Late")
    assert refused.status == 2
    assert "only a draft" in refused.err


def test_a_template_that_fails_half_way_leaves_the_edition_as_it_was(drafted: Home) -> None:
    before = frozen(drafted)
    drafted.write("templates/newsletter.txt", "fine\n{{ titel }}\n")
    refused = drafted.run("newsletter", "edit", "newsletter", "--subject", "en=Mine")
    assert refused.status == 1
    assert "newsletter.txt:2" in refused.err
    assert frozen(drafted) == before
    assert edit_rows(drafted) == {}


def test_what_is_doubtful_in_a_template_is_noted_with_its_line(drafted: Home) -> None:
    drafted.edit("templates/newsletter.mjml", '<mj-text css-class="ink">', '<mj-text css-class="ink" colour="red">')
    found = edit(drafted, "--subject", "en=Mine")["edition"]["notes"]
    assert len(found) >= 1
    assert re.fullmatch(
        r"templates/newsletter\.mjml:\d+: attribute: <mj-text> knows no colour; did you mean color\?", found[0]
    )


def edit_rows(home: Home) -> dict[Any, str]:
    from syndicate.store import edits

    with home.store() as store, store.read() as connection:
        return edits.load(connection, "newsletter-1")


# ---------------------------------------------------------------- in an editor


def script(path: Path, body: str) -> str:
    path.write_text("#!/bin/sh\n" + body, "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_all_of_it_in_an_editor(drafted: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = frozen(drafted).posts
    edit(drafted, "--intro-text", 'sq=Rreshti "një"\n\nRreshti dy \\ ënjë', "--drop", ids[1])
    kept = tmp_path / "sheet.toml"
    monkeypatch.setenv("EDITOR", script(tmp_path / "editor", f'cp "$1" {kept}\necho "" >> "$1"\n'))
    monkeypatch.delenv("VISUAL", raising=False)
    before = frozen(drafted)
    drafted.run("newsletter", "edit", "newsletter", "--editor").fine()
    assert frozen(drafted).digest == before.digest, "saved as it was, nothing changes"
    sheet = kept.read_text("utf-8")
    assert "left out" in sheet
    said = [
        's/^subject = ""/subject = "Nga redaktori"/',
        f's/^featured = .*/featured = "{ids[6]}"/',
        f'/^  "{ids[3]}"/d',
    ]
    expressions = " ".join(f"-e '{one}'" for one in said)
    changes = f'sed -i {expressions} "$1"\n'
    monkeypatch.setenv("EDITOR", script(tmp_path / "editor", changes))
    told = edit(drafted, "--editor")
    assert told["edits"]["subject"] == {"sq": "Nga redaktori", "en": "Nga redaktori"}
    assert told["edits"]["intro"] == {"sq": 'Rreshti "një"\n\nRreshti dy \\ ënjë'}
    assert told["edition"]["posts"][0] == ids[6]
    assert set(told["edits"]["drop"]) == {ids[1], ids[3]}
    monkeypatch.setenv("EDITOR", script(tmp_path / "editor", "echo '[' >> \"$1\"\n"))
    refused = drafted.run("newsletter", "edit", "newsletter", "--editor")
    assert refused.status == 2
    assert "not understood" in refused.err
    monkeypatch.setenv("EDITOR", str(tmp_path / "nothing"))
    refused = drafted.run("newsletter", "edit", "newsletter", "--editor")
    assert (refused.status, "Set EDITOR" in refused.err) == (2, True)


# ---------------------------------------------------------------- the picture of the featured post


def test_the_post_that_stands_first_brings_its_picture(drafted: Home, blog: Blog) -> None:
    pictured = {}
    with drafted.store() as store, store.read() as connection:
        from syndicate.store import posts

        pictured = {post.id: post for post in posts.load(connection, frozen(drafted).posts) if post.picture}
    assert len(pictured) >= 2
    for id in list(pictured)[:2]:
        edit(drafted, "--feature", id)
        html = variant(drafted, "sq").html
        found = html.partition('<img class="shot" src="https://feeds.isigurt.al/')[2].partition('"')[0]
        assert (drafted.root / "public" / found).stat().st_size > 500
        assert f"{blog}" not in "".join(part for part in html.split('"') if part.endswith((".png", ".jpg")))
    assert found.partition("/")[0] == pictures.FOLDER
