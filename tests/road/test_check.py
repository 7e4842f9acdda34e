"""`newsletter check`, `preview` and `approve`: the gate with its names, real links on loopback, overriding, pictures."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from checks.checks_world import Names, Web
from road.road_site import Home

from syndicate import checking, config, dossiers
from syndicate.consent import tokens
from syndicate.models import Site
from syndicate.samples.blog import Blog
from syndicate.store import Store

needs_chromium = pytest.mark.skipif(
    not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), reason="no Chromium on the PATH"
)


@pytest.fixture
def drafted(published: Home) -> Home:
    published.run("newsletter", "draft", "newsletter").fine()
    return published


@pytest.fixture
def web() -> Iterator[Web]:
    served = Web({"/there": 200, "/odd": (405, 206), "/gone": 404})
    yield served
    served.close()


@pytest.fixture
def online(drafted: Home, web: Web, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The edition's links are these three, and nothing else is asked."""
    monkeypatch.delenv("SYNDICATE_OFFLINE")
    drafted.add(
        "feeds/sources.toml", f'[[source]]\nid = "other"\nurl = "{web.url("/rss.xml")}"\nallow_private = true\n'
    )
    with_links(drafted, web.url("/there"), web.url("/odd"), web.url("/gone"))
    return drafted


def with_links(home: Home, *links: str) -> None:
    """Exchange every link of the drafted edition, but for those of ours, for these."""
    with home.store() as store, store.write() as connection:
        rows = connection.exec_driver_sql("select name, html, text from edition_variants").all()
        for name, html, text in rows:
            html = re.sub(r'href="https?://(?!feeds\.isigurt)[^"]*"', f'href="{links[0]}"', html)
            html = html.replace("</body>", "".join(f'<a href="{link}">x</a>' for link in links) + "</body>")
            text += "".join(f"\n{link}" for link in links)
            values = (html, text, name)
            connection.exec_driver_sql("update edition_variants set html = ?, text = ? where name = ?", values)


def findings(home: Home, *options: str) -> set[tuple[str, str]]:
    said = home.run("newsletter", "check", "newsletter", "--json", *options)
    found = said.json
    levels = [one["level"] for one in found["findings"]]
    assert said.status == (1 if found["stops"] else 0)
    assert [found["stops"], found["warnings"], found["notes"]] == [levels.count(k) for k in ("stop", "warning", "note")]
    return {(one["level"], one["name"]) for one in found["findings"]}


# ---------------------------------------------------------------- what is found


def test_a_sound_edition_has_no_stop_and_says_what_was_not_asked(drafted: Home) -> None:
    assert findings(drafted) == {("note", "links")}
    said = drafted.run("newsletter", "check", "newsletter").fine()
    assert "newsletter-1: 1 note." in said.out
    assert "links were not asked" in said.out


def test_dead_links_stop_and_answers_are_kept(online: Home, web: Web) -> None:
    assert findings(online) == {("stop", "dead-links"), ("note", "dns")}
    assert {path: [m for m, p in web.seen if p == path] for path in ("/there", "/odd", "/gone")} == {
        "/there": ["HEAD"], "/odd": ["HEAD", "GET"], "/gone": ["HEAD", "GET"],
    }  # fmt: skip
    web.seen.clear()
    assert ("stop", "dead-links") in findings(online)
    assert [path for _, path in web.seen] == ["/gone", "/gone"]  # perhaps it was mended; the others answered today
    web.pages["/gone"] = 200
    assert findings(online) == {("note", "dns")}
    web.seen.clear()
    online.ahead = checking.KEPT * 1.1
    assert findings(online) == {("note", "dns")}
    assert {path for _, path in web.seen} == {"/there", "/odd", "/gone"}


def test_no_links_and_no_network_ask_nobody_but_remember(online: Home, web: Web) -> None:
    assert findings(online, "--no-network") == {("note", "links")}
    assert findings(online, "--no-links") == {("note", "links"), ("note", "dns")}
    assert web.seen == []
    findings(online)
    assert findings(online, "--no-network") == {("stop", "dead-links")}


def test_the_sender_s_dns_is_asked_where_mail_leaves(online: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names({"isigurt.al": ["v=spf1 mx -all"], "_dmarc.isigurt.al": ["v=DMARC1; p=none"]})
    monkeypatch.setattr(checking, "Outside", lambda fetcher: REAL(fetcher, nameserver=names.address))
    text = (online.root / "feeds/site.toml").read_text("utf-8")
    online.write("feeds/site.toml", re.sub(r'transport = "folder"', 'transport = "sendgrid"', text))
    assert 'transport = "sendgrid"' in (online.root / "feeds/site.toml").read_text("utf-8")
    assert ("warning", "dns") in findings(online)  # no key of the provider's
    assert "s1._domainkey.isigurt.al" in names.asked
    names.texts["s1._domainkey.isigurt.al"] = ["v=DKIM1; p=MIGf"]
    assert not [one for one in findings(online) if one[1] == "dns"]
    names.close()


REAL = checking.Outside


def test_a_sender_nobody_reads_a_missing_helpline_and_a_changed_post(drafted: Home, blog: Blog) -> None:
    drafted.edit("subscribers/newsletter.toml", 'reply_to = "kontakt@isigurt.al"', 'reply_to = "noreply@isigurt.al"')
    text = (drafted.root / "feeds/site.toml").read_text("utf-8")
    drafted.write("feeds/site.toml", text.replace("ALO 116 111", "ALO 116 112").replace('"116 111"', '"116 112"'))
    first = blog.posts[3]
    blog.posts = (*blog.posts[:3], replace(first, title=f"{first.title}, e ndryshuar"), *blog.posts[4:])
    drafted.ahead = checking.KEPT
    drafted.pulled()
    found = findings(drafted)
    assert {("stop", "reply-to"), ("stop", "helpline"), ("warning", "changed")} <= found


def test_a_post_that_the_list_had_is_told(drafted: Home) -> None:
    with drafted.store() as store, store.write() as connection:
        connection.exec_driver_sql("update editions set state = 'sent'")
    post = drafted.json("posts", "list", "--limit", "1")["posts"][0]["id"]
    drafted.run("newsletter", "draft", "newsletter", "--post", post).fine()
    assert ("warning", "doubled-posts") in findings(drafted)


# ---------------------------------------------------------------- approving


def test_a_stop_gives_way_to_its_name_alone_and_the_edition_remembers(online: Home) -> None:
    refused = online.run("newsletter", "approve", "newsletter")
    assert (refused.status, refused.out) == (2, "")
    assert "/gone is not there (404)" in refused.err
    assert "--override dead-links" in refused.err
    assert online.run("newsletter", "approve", "newsletter", "--override", "size").status == 2
    assert online.run("newsletter", "approve", "newsletter", "--override", "everything").status == 2
    assert online.json("newsletter", "list")["editions"][0]["state"] == "draft"
    online.run("newsletter", "approve", "newsletter", "--override", "dead-links").fine()
    (edition,) = online.json("newsletter", "list")["editions"]
    assert (edition["state"], edition["notes"]) == ("approved", ["approved in spite of: dead-links"])


# ---------------------------------------------------------------- looking


def test_the_preview_shows_checks_and_headers_and_asks_nobody(online: Home, web: Web) -> None:
    said = online.json("newsletter", "preview", "newsletter")
    page = (online.root / "var/preview/newsletter-1/index.html").read_text("utf-8")
    assert web.seen == []
    assert "<dt>List-Unsubscribe-Post</dt><dd>List-Unsubscribe=One-Click</dd>" in page
    assert '<span class="name">links</span> note:' in page
    assert {one["name"] for one in said["findings"]} == {"links"}


def test_the_preview_is_whole_without_the_web(drafted: Home) -> None:
    picture = drafted.root / "public" / "pictures" / "a.png"
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(b"\x89PNG picture")
    with drafted.store() as store, store.write() as connection:
        img = '<img src="https://feeds.isigurt.al/pictures/a.png" alt="x">'
        connection.exec_driver_sql("update edition_variants set html = replace(html, '</body>', ?)", (f"{img}</body>",))
    drafted.run("newsletter", "preview", "newsletter").fine()
    page = (drafted.root / "var/preview/newsletter-1/index.html").read_text("utf-8")
    assert "data:image/png;base64,iVBORyBwaWN0dXJl" in page
    assert "pictures/a.png" not in page
    picture.unlink()
    assert ("warning", "links") in findings(drafted)


@pytest.mark.slow
@needs_chromium
@pytest.mark.browser
def test_screenshots_are_taken_and_show_the_mail(drafted: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    with drafted.store() as store, store.write() as connection:
        connection.exec_driver_sql("delete from edition_variants where name != 'sq'")
    folder = drafted.root / "shots"
    said = drafted.json("newsletter", "preview", "newsletter", "--screenshots", str(folder))
    assert {"sq-phone-light.png", "sq-desktop-dark.png"} <= {path.name for path in folder.iterdir()}
    assert len(said["screenshots"]) >= 4
    with Image.open(folder / "sq-phone-dark.png") as picture:
        assert len(picture.convert("L").getcolors() or range(999)) > 20, "the picture is empty"
    monkeypatch.setenv("PATH", str(drafted.root))
    none = drafted.run("newsletter", "preview", "newsletter", "--screenshots", str(folder))
    assert (none.status, "No Chromium" in none.err) == (2, True)


# ---------------------------------------------------------------- trying it out

READERS = {"a@example.org": "sq", "b@example.org": "en", "c@example.org": "sq+en", "d@example.org": "en+sq"}


def read(path: Path) -> EmailMessage:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.fixture
def peopled(drafted: Home) -> Home:
    for address, language in READERS.items():
        drafted.run("subscribers", "add", "newsletter", address, "--language", language, "--evidence", "letter").fine()
    drafted.run("subscribers", "add", "newsletter", "pending@example.org").fine()
    return drafted


def test_one_test_mail_is_marked_counted_nowhere_and_nobody_s(peopled: Home) -> None:
    said = peopled.json("newsletter", "send", "newsletter", "--to", "office@example.org", "--variant", "en")
    assert said["test"] == {"edition": "newsletter-1", "variant": "en", "outcome": "accepted", "reason": ""}
    (path,) = peopled.mails()
    mail = read(path)
    assert (mail["To"], mail["Content-Language"]) == ("office@example.org", "en")
    assert mail["Subject"].startswith("[test] ")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (token,) = re.findall(r"/leave/([\w.-]+)>", mail["List-Unsubscribe"])
    claim = tokens.read(secret_ring(peopled), token, purpose="leave", now=datetime.now(UTC))
    assert claim.subscriber == tokens.NOBODY
    assert peopled.json("newsletter", "list")["editions"][0]["state"] == "draft"
    assert peopled.json("newsletter", "status", "newsletter")["edition"]["audience"] == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--to", "office@example.org", "--variant", "de"], "no variant de"),
        (["--to", "nobody"], "address"),
        (["--to", "office@example.org", "--dry-run"], "each stand alone"),
        (["--variant", "sq"], "goes with --to"),
        (["--dry-run", "--at", "2026-12-01 09:00"], "each stand alone"),
    ],
)
def test_wrong_use_sends_nothing(peopled: Home, options: list[str], why: str) -> None:
    said = peopled.run("newsletter", "send", "newsletter", *options)
    assert (said.status, said.out, peopled.mails()) == (2, "", [])
    assert why in said.err


def test_who_left_gets_no_test_mail_either(peopled: Home) -> None:
    peopled.run("subscribers", "remove", "newsletter", "a@example.org").fine()
    said = peopled.run("newsletter", "send", "newsletter", "--to", "A@example.org")
    assert (said.status, peopled.mails()) == (2, [])
    assert "a@example.org" not in said.err.lower()


def test_a_dry_run_writes_what_each_reader_would_get_and_changes_nothing(peopled: Home) -> None:
    with peopled.store() as store:
        before = rows(store)
    said = peopled.json("newsletter", "send", "newsletter", "--dry-run")["dry_run"]
    folder = Path(said["folder"])
    assert (folder, said["mails"], said["failed"]) == (peopled.root / "var" / "dry-run" / "newsletter-1", 4, 0)
    assert said["variants"] == dict.fromkeys(("sq", "en", "sq+en", "en+sq"), 1)
    mails = {str(mail["To"]): mail for mail in map(read, folder.iterdir())}
    assert {to: mail["Content-Language"].replace(", ", "+") for to, mail in mails.items()} == READERS
    assert peopled.mails() == []
    with peopled.store() as store:
        assert rows(store) == before
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent)} == {0o700}
    peopled.run("subscribers", "remove", "newsletter", "a@example.org").fine()
    told = peopled.run("newsletter", "send", "newsletter", "--dry-run").fine()
    assert {str(read(path)["To"]) for path in folder.iterdir()} == READERS.keys() - {"a@example.org"}
    assert f"rm -r {folder}" in told.out


def test_a_dry_run_keeps_nobody_and_nothing_that_was_taken_back(peopled: Home) -> None:
    folder = peopled.root / "var" / "dry-run"
    peopled.run("newsletter", "send", "newsletter", "--dry-run").fine()
    post = peopled.json("posts", "list", "--limit", "1")["posts"][0]["id"]
    peopled.run("posts", "withdraw", post, "--yes")
    assert not (folder / "newsletter-1").exists()
    peopled.run("newsletter", "send", "newsletter", "--dry-run").fine()
    with peopled.store() as store:
        site = site_of(peopled)
        dossiers.forget(site, store, secret_ring(peopled), "a@example.org", now=datetime.now(UTC))
    assert not folder.exists()


def rows(store: Store) -> list[tuple[object, ...]]:
    """All that sending could have changed."""
    with store.read() as connection:
        found = [
            connection.exec_driver_sql(f"select * from {name}").all() for name in ("editions", "deliveries", "batches")
        ]
    return [tuple(row) for table in found for row in table]


def site_of(home: Home) -> Site:
    return config.load_site(home.root, shipped=config.shipped_site())


def secret_ring(home: Home) -> list[bytes]:
    return config.secret_ring(site_of(home).places, {})


# ---------------------------------------------------------------- sending


def test_an_approved_edition_is_not_sent_when_the_site_has_changed_for_the_worse(peopled: Home) -> None:
    peopled.run("newsletter", "approve", "newsletter").fine()
    peopled.edit("subscribers/newsletter.toml", 'reply_to = "kontakt@isigurt.al"', 'reply_to = "noreply@isigurt.al"')
    said = peopled.run("newsletter", "send", "newsletter", "--yes")
    assert (said.status, peopled.mails()) == (2, [])
    assert "stop [reply-to]" in said.err
    peopled.edit("subscribers/newsletter.toml", "noreply@", "kontakt@")
    peopled.run("newsletter", "send", "newsletter", "--yes").fine()
    assert len(peopled.mails()) == 4


def test_what_was_overridden_is_sent(peopled: Home) -> None:
    peopled.edit("subscribers/newsletter.toml", 'reply_to = "kontakt@isigurt.al"', 'reply_to = "noreply@isigurt.al"')
    peopled.run("newsletter", "approve", "newsletter", "--override", "reply-to").fine()
    peopled.run("newsletter", "send", "newsletter", "--yes").fine()
    assert len(peopled.mails()) == 4


def test_a_list_without_approval_stops_at_its_stops(peopled: Home) -> None:
    peopled.edit("subscribers/newsletter.toml", "approval = true", "approval = false")
    peopled.edit("subscribers/newsletter.toml", 'reply_to = "kontakt@isigurt.al"', 'reply_to = "noreply@isigurt.al"')
    said = peopled.run("newsletter", "send", "newsletter", "--yes")
    assert (said.status, peopled.mails()) == (2, [])
    assert "newsletter-1 is not sent" in said.err
    assert peopled.json("newsletter", "list")["editions"][0]["state"] == "draft"
