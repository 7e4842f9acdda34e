"""Partners found anew in every post: some at a time, going on where a stopped run was, and never over somebody else's change."""

import databases
import pytest
from growth.grown import record

from syndicate import finding
from syndicate.config import load_site, shipped_site
from syndicate.models import Partner
from syndicate.store import Store, posts, published


class Stopped(Exception):
    """Ctrl-C."""


@pytest.fixture
def grown(tmp_path, monkeypatch):
    monkeypatch.setattr(finding, "CHUNK", 10)
    store = Store(databases.url(tmp_path / "site.sqlite"))
    with store.write() as connection:
        posts.save(connection, [record(number, languages=["en"]) for number in range(35)])
    yield store
    store.close()


def site(*names):
    from dataclasses import replace

    shipped = load_site(shipped_site(), shipped=shipped_site())
    return replace(shipped, partners=tuple(Partner(name.casefold(), name) for name in names))


def naming(store):
    with store.read() as connection:
        return posts.partner_counts(connection)


def test_a_stopped_look_goes_on_where_it_was(grown, monkeypatch):
    assert finding.keep_found(site("Nobody"), grown) == 0
    looked: list[str] = []
    real = finding.found_again
    monkeypatch.setattr(finding, "found_again", lambda post, *rest: (looked.append(post.id), real(post, *rest))[1])

    def stop(done, _total, _what):
        if done == 20:
            raise Stopped

    wanted = site("Title")
    with pytest.raises(Stopped):
        finding.keep_found(wanted, grown, stop)
    assert naming(grown) == {"title": 20}
    assert finding.keep_found(wanted, grown) == 15
    assert naming(grown) == {"title": 35}
    assert len(looked) == len(set(looked)) == 35
    assert finding.keep_found(wanted, grown) == 0
    assert len(looked) == 35


def test_what_changed_meanwhile_is_left_alone(grown, monkeypatch):
    finding.keep_found(site("Nobody"), grown)
    real = finding.found_again

    def slow(post, *rest):
        if post.id == "post000003":  # a pull stores another text of it just now
            with grown.write() as connection:
                other = record(3, languages=["en"], partners=["pulled"])
                from dataclasses import replace

                posts.save(connection, [replace(other, digest="another")])
        return real(post, *rest)

    monkeypatch.setattr(finding, "found_again", slow)
    assert finding.keep_found(site("Title"), grown) == 34
    assert naming(grown) == {"title": 34, "pulled": 1}


def test_other_settings_begin_anew(grown):
    finding.keep_found(site("Nobody"), grown)
    with grown.write() as connection:
        published.set_note(connection, finding.GOING, "other post000020")
    assert finding.keep_found(site("Title"), grown) == 35
