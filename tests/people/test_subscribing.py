"""What readers do by form, link and settings, on a real database, with the mails that really leave."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from people.people_world import RING, World, links

from syndicate import dossiers, people, subscribing
from syndicate.consent import tokens
from syndicate.consent.tokens import TokenError
from syndicate.errors import UsageError

A = "arta@example.org"


@pytest.mark.both_engines
def test_from_the_form_to_confirmed(world: World) -> None:
    world.ask(A, "lajme", "raporte", languages="en+sq", form_language="en")
    assert world.states() == {"lajme": "pending", "raporte": "pending"}
    (mail,) = world.mails()
    (token,) = links(mail, "confirm")
    card = subscribing.look(world.reception, token, "confirm")
    assert (card.masked, card.languages, set(card.lists.values())) == ("a***@e***.org", "en+sq", {"pending"})
    assert world.states()["lajme"] == "pending", "looking is not acting"
    for _ in range(2):  # two tabs
        card = subscribing.confirm(world.reception, token)
        assert dict(card.lists) == {"lajme": "confirmed", "raporte": "confirmed"}
        assert subscribing.look(world.reception, token, "confirm") == card
    assert world.events() == [
        ("lajme", "asked", "form"), ("raporte", "asked", "form"), ("lajme", "confirmed", "link"),
        ("raporte", "confirmed", "link"),
    ]  # fmt: skip
    text, version = subscribing.wording(world.reception, "en", ["lajme", "raporte"])
    history = dossiers.dossier(world.store, RING, A).history
    assert {(one.evidence, one.wording_version, one.language) for one in history} == {(text, version, "en")}
    assert "Shoqata" in text
    assert version != subscribing.wording(world.reception, "sq", ["lajme"])[1]


WRONG = [
    ({"address": "nobody"}, "address"),
    ({"lists": ()}, "at least one"),
    ({"lists": ("anetare",)}, "at least one"),
    ({"lists": ("lajme", "no-such")}, "no-such"),
    ({"languages": "de"}, "de"),
]


@pytest.mark.parametrize(("values", "said"), WRONG)
def test_what_is_typed_wrong_is_refused_and_nothing_kept(world: World, values, said) -> None:
    form = {"address": A, "lists": ("lajme",), "languages": "sq", "mail": "full", "form_language": "sq"} | values
    with pytest.raises(UsageError, match=said):
        subscribing.ask(world.reception, **form)
    assert world.holding("example.org") == set()


@pytest.mark.both_engines
def test_one_opt_in_mail_a_day_for_each_address_and_list(world: World) -> None:
    for _ in range(5):
        world.ask(A)
        world.pass_(hours=1)
    assert len(world.mails()) == 1
    world.ask(A, "lajme", "raporte")
    (mail,) = world.mails()
    assert "Raportet" in str(mail)
    assert "Lajmet" not in mail.get_body(("plain",)).get_content(), "for that one a mail is on its way"
    world.pass_(hours=23)
    world.ask(A)
    assert world.mails() == []
    world.pass_(hours=2)
    world.ask(A)
    assert len(world.mails()) == 1
    assert len(world.events()) == 3, "asking again while a mail is on its way leaves no line"


def test_a_stranger_changes_nothing_for_who_is_confirmed(world: World) -> None:
    world.join(A, languages="sq")
    world.pass_(days=2)
    world.ask(A.upper().replace("EXAMPLE.ORG", "example.org"), languages="en", mail="discreet")
    assert world.mails() == []
    person = dossiers.dossier(world.store, RING, A).subscriber
    assert person is not None
    assert (person.languages, person.mail, world.states()) == ("sq", "full", {"lajme": "confirmed"})


def test_a_stranger_cannot_open_up_discreet_mail(world: World) -> None:
    world.ask(A, mail="discreet-text")
    world.pass_(days=2)
    world.ask(A, mail="full")
    assert all(mail.get_body(("html",)) is None for mail in world.mails())


def test_the_link_grows_old_with_the_form_and_not_with_the_mail(world: World) -> None:
    world.ask(A)
    world.pass_(days=10)
    token = world.link("confirm")
    world.pass_(days=20, seconds=1)
    with pytest.raises(TokenError, match="too old"):
        subscribing.confirm(world.reception, token)
    assert world.states() == {"lajme": "pending"}


def test_leaving_is_at_once_for_good_and_any_number_of_times(world: World) -> None:
    world.join(A, "lajme", "raporte")
    token = world.leave_token(A)
    assert dict(subscribing.look(world.reception, token, "leave").lists) == {"lajme": "confirmed"}
    for _ in range(3):
        assert dict(subscribing.leave(world.reception, token).lists) == {"lajme": "unsubscribed"}
    assert world.states() == {"lajme": "unsubscribed", "raporte": "confirmed"}
    assert world.against() == {("unsubscribe", "lajme")}
    assert world.add(A, evidence="a signed paper").refused
    people.forget(world.site, world.store, RING, A, now=world.now)
    world.pass_(days=9000)
    gone = subscribing.leave(world.reception, token)
    assert (gone.masked, dict(gone.lists), gone.list) == ("", {}, "lajme")
    assert subscribing.look(world.reception, token, "leave") == gone
    with pytest.raises(TokenError):
        subscribing.leave(world.reception, token[:-1])


def test_a_wish_to_leave_counts_also_for_a_list_that_one_is_not_on(world: World) -> None:
    world.join(A)
    subscribing.leave(world.reception, world.leave_token(A, "raporte"))
    assert world.add(A, "raporte", evidence="a signed paper").refused


def test_an_old_confirmation_link_does_not_undo_leaving(world: World) -> None:
    world.ask(A)
    token = world.link("confirm")
    subscribing.confirm(world.reception, token)
    world.pass_(minutes=1)
    subscribing.leave(world.reception, world.leave_token(A))
    for wait in (0, 1):
        world.pass_(seconds=wait)
        with pytest.raises(TokenError, match="older than the wish"):
            subscribing.confirm(world.reception, token)
        with pytest.raises(TokenError, match="older than the wish"):
            subscribing.look(world.reception, token, "confirm")
    world.ask(A)  # as a stranger could; the old link stays void, until the new one is mailed
    with pytest.raises(TokenError, match="older than the wish"):
        subscribing.confirm(world.reception, token)
    assert world.states() == {"lajme": "pending"}


def test_coming_back_needs_a_new_confirmation(world: World) -> None:
    world.join(A)
    world.pass_(days=2)
    token = world.leave_token(A)
    subscribing.leave(world.reception, token)
    subscribing.come_back(world.reception, token)
    assert world.states() == {"lajme": "pending"}
    subscribing.confirm(world.reception, world.link("confirm"))
    assert (world.states(), world.against()) == ({"lajme": "confirmed"}, set())


def test_who_comes_back_within_a_day_is_mailed_when_the_day_is_over(world: World) -> None:
    world.join(A)
    world.pass_(hours=1)
    token = world.leave_token(A)
    for _ in range(3):
        subscribing.leave(world.reception, token)
        subscribing.come_back(world.reception, token)
        world.pass_(minutes=5)
    assert world.mails() == []
    world.pass_(hours=24)
    assert len([world.link("confirm")]) == 1
    assert world.mails() == []


def test_an_invitation_confirms_and_lifts_nothing(world: World) -> None:
    assert world.add(A).invite
    assert not world.add(A).invite
    token = world.link("confirm")
    with world.store.write() as connection:
        one = people.stored.Suppressed(people.addresses.keyed_hash(A, RING[1]), "bounce", "", world.now, "")
        people.stored.suppress(connection, [one])
    with pytest.raises(TokenError):
        subscribing.confirm(world.reception, token)
    world.add("besa@example.org")
    subscribing.confirm(world.reception, world.link("confirm"))
    assert world.states("besa@example.org") == {"lajme": "confirmed"}


def test_a_confirmed_form_lifts_what_forbade(world: World) -> None:
    person = world.join(A, "lajme", "raporte")
    world.pass_(days=2)
    with world.store.write() as connection:
        for list in ("lajme", "raporte"):
            subscriber = people.stored.by_id(connection, person)
            assert subscriber is not None
            people.happen(connection, RING, subscriber, list, people.subscription.Event("complained"), now=world.now)
    assert world.against() == {("complaint", ""), ("unsubscribe", "lajme"), ("unsubscribe", "raporte")}
    world.pass_(days=1)
    world.ask(A)
    subscribing.confirm(world.reception, world.link("confirm"))
    assert world.states() == {"lajme": "confirmed", "raporte": "unsubscribed"}
    assert world.against() == {("unsubscribe", "raporte")}


def test_a_mailed_link_changes_the_language_and_shows_nothing_else(world: World) -> None:
    person = world.join(A, "lajme", "raporte")
    token = tokens.sign(RING, purpose="preferences", subscriber=person, list="lajme")
    for one in (token, world.leave_token(A)):
        card = subscribing.set_languages(world.reception, one, "en")
        assert (card.languages, dict(card.lists), card.list) == ("en", {"lajme": "confirmed"}, "lajme")
        assert A not in repr(card)
    with pytest.raises(UsageError):
        subscribing.set_languages(world.reception, token, "klingon")
    for act in (subscribing.download, subscribing.forget, subscribing.account):
        with pytest.raises(TokenError):
            act(world.reception, token)


# ---------------------------------------------------------------- the settings


def test_the_link_to_the_settings_works_once_for_half_an_hour(world: World) -> None:
    world.join(A)
    subscribing.send_account_link(world.reception, token=world.leave_token(A), form_language="en")
    token = world.link("account")
    assert subscribing.look(world.reception, token, "account").masked
    card, session = subscribing.open_account(world.reception, token)
    assert dict(card.lists) == {"lajme": "confirmed"}
    for act in (subscribing.open_account, lambda here, one: subscribing.look(here, one, "account")):
        with pytest.raises(TokenError, match="used"):
            act(world.reception, token)
    world.pass_(minutes=30)
    assert subscribing.account(world.reception, session) == card
    world.pass_(seconds=1)
    with pytest.raises(TokenError, match="too old"):
        subscribing.account(world.reception, session)


def test_links_to_the_settings_are_few_and_tell_nothing(world: World) -> None:
    world.join(A)
    for address in (A, "stranger@example.org"):
        for _ in range(3):
            assert subscribing.send_account_link(world.reception, address=address, form_language="sq") is None
    assert len(world.mails()) == 1
    for _ in range(60):
        world.pass_(minutes=20)
        subscribing.send_account_link(world.reception, address=A, form_language="sq")
        world.mails()
    assert len(dossiers.dossier(world.store, RING, A).letters) == 1 + subscribing.LINKS_A_DAY
    assert world.holding("stranger") == set()


def test_lists_chosen_in_the_settings_count_at_once(world: World) -> None:
    world.join(A)
    session = world.settings()
    card = subscribing.set_lists(world.reception, session, ["raporte", "anetare"], "sq")
    assert dict(card.lists) == {"lajme": "unsubscribed", "raporte": "confirmed"}, (
        "a list that is not offered is not joined"
    )
    assert world.mails() == []
    card = subscribing.set_lists(world.reception, session, ["lajme", "raporte"], "en")
    assert dict(card.lists) == {"lajme": "confirmed", "raporte": "confirmed"}
    assert world.against() == set()
    last = dossiers.dossier(world.store, RING, A).history[-1]
    assert (last.event, last.how, last.language) == ("confirmed", "link", "en")
    assert last.wording_version == subscribing.wording(world.reception, "en", ["lajme"])[1]
    assert subscribing.set_mail(world.reception, session, "discreet").mail == "discreet"
    with pytest.raises(UsageError):
        subscribing.set_mail(world.reception, session, "loud")  # type: ignore[arg-type]


def test_everything_about_a_person_can_be_taken_home(world: World) -> None:
    world.join(A)
    found = subscribing.download(world.reception, world.settings())
    assert found["subscriber"]["address"] == A  # type: ignore[index]
    assert [one["event"] for one in found["history"]] == ["asked", "confirmed"]  # type: ignore[union-attr]
    assert all(one["wording_version"] for one in found["history"])  # type: ignore[union-attr]
    assert {one["kind"] for one in found["letters"]} == {"confirm", "account"}  # type: ignore[union-attr]


def test_forgetting_erases_the_person_everywhere_at_once(world: World) -> None:
    world.add("besa@example.org", evidence="besa@example.org wrote to us")
    world.join(A)
    session = world.settings()
    world.ask(A, "raporte")  # a letter that waits
    leave = world.leave_token(A)
    subscribing.forget(world.reception, session)
    assert world.holding("arta") == set()
    assert world.mails() == []
    assert world.against() == {("forgotten", "")}
    assert world.add(A, evidence="a signed paper").refused
    for act in (subscribing.account, subscribing.forget, subscribing.download):
        with pytest.raises(TokenError):
            act(world.reception, session)
    subscribing.come_back(world.reception, leave)
    assert world.holding("arta") == set()
    people.forget(world.site, world.store, RING, "besa@example.org", now=world.now)
    assert world.holding("besa") == set(), "what the operator typed may name the person"


def test_who_was_forgotten_comes_back_by_their_own_form(world: World) -> None:
    world.join(A)
    people.forget(world.site, world.store, RING, A, now=world.now)
    world.join(A)
    assert (world.states(), world.against()) == ({"lajme": "confirmed"}, set())


# ---------------------------------------------------------------- another address

B = "arta.tjeter@example.net"


def ask_to_move(world: World, session: str, to: str = B) -> dict[str, object]:
    subscribing.change_address(world.reception, session, to, "sq")
    return {str(mail["To"]): mail for mail in world.mails()}


def test_a_new_address_counts_when_its_own_link_is_pressed(world: World) -> None:
    world.join(A, "lajme", "raporte")
    subscribing.leave(world.reception, world.leave_token(A, "raporte"))
    old_link = world.leave_token(A)
    mails = ask_to_move(world, world.settings())
    assert set(mails) == {A, B}
    assert B not in str(mails[A]), "the old mailbox may be one that somebody else reads"
    (token,) = links(mails[B], "address")  # type: ignore[arg-type]
    assert A not in str(mails[B])
    assert subscribing.look(world.reception, token, "address").masked
    assert world.states(B) == {}
    for _ in range(2):
        subscribing.confirm_address(world.reception, token)
    assert world.states(B) == {"lajme": "confirmed", "raporte": "unsubscribed"}
    assert world.states(A) == {}
    assert ("unsubscribe", "raporte") in world.against(B)
    assert [event for _, event, _ in world.events(B)][-2:] == ["moved", "moved"]
    assert world.events(A) == []
    assert world.holding(A) == set()
    assert world.add(A, evidence="an old table").refused, "the address they left is not brought back"
    subscribing.leave(world.reception, old_link)
    assert world.states(B)["lajme"] == "unsubscribed", "links in old mails are still theirs"


def test_moving_to_a_subscriber_makes_one_of_two_and_keeps_every_no(world: World) -> None:
    world.join(B, "lajme", "raporte", mail="discreet")
    theirs = world.leave_token(B, "raporte")
    subscribing.leave(world.reception, world.leave_token(B, "lajme"))
    world.pass_(days=2)
    world.join(A, "lajme", "raporte")
    with world.store.write() as connection:
        mine, other = world.person(A), world.person(B)
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        rows = [("d1", "lajme-1", mine), ("d2", "lajme-1", other), ("d3", "lajme-2", other)]
        for row in rows:
            edition = row[1]
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO editions (id, list, number, state, created, digest, notes) "
                f"VALUES ('{edition}', 'lajme', {edition[-1]}, 'sent', 0, '', '[]')"
            )
            connection.exec_driver_sql(
                "INSERT INTO deliveries (id, edition, subscriber, variant, state, changed, reason) "
                "VALUES (?, ?, ?, 'sq', 'accepted', 0, '')", row
            )  # fmt: skip
    (token,) = links(ask_to_move(world, world.settings())[B], "address")  # type: ignore[arg-type]
    card = subscribing.confirm_address(world.reception, token)
    assert (card.mail, dict(card.lists)) == ("discreet", {"lajme": "unsubscribed", "raporte": "confirmed"})
    assert world.states(B) == dict(card.lists)
    got = dossiers.dossier(world.store, RING, B).deliveries
    assert {one.id for one in got} == {"d1", "d3"}, "one row for an edition and a person; the other is nobody's"
    subscribing.leave(world.reception, theirs)
    assert world.states(B)["raporte"] == "unsubscribed", "links that were the other's are theirs"
    people.forget(world.site, world.store, RING, B, now=world.now)
    assert (world.holding("arta"), world.holding(world.site.name)) == (set(), {"consent_log"})


def test_suppressions_of_the_new_address_win(world: World) -> None:
    world.join(A)
    session = world.settings()
    people.forget(world.site, world.store, RING, B, now=world.now)
    assert ask_to_move(world, session) == {}


def test_suppressed_between_asking_and_pressing(world: World) -> None:
    world.join(A)
    (token,) = links(ask_to_move(world, world.settings())[B], "address")  # type: ignore[arg-type]
    people.forget(world.site, world.store, RING, B, now=world.now)
    card = subscribing.confirm_address(world.reception, token)
    assert dict(card.lists) == {"lajme": "unsubscribed"}, "shown as what they get: nothing"
    assert ("forgotten", "") in world.against(B)


def test_only_the_newest_new_address_counts(world: World) -> None:
    world.join(A)
    session = world.settings()
    (first,) = links(ask_to_move(world, session, "typo@example.net")["typo@example.net"], "address")  # type: ignore[arg-type]
    (second,) = links(ask_to_move(world, session)[B], "address")  # type: ignore[arg-type]
    for act in (subscribing.confirm_address, lambda here, one: subscribing.look(here, one, "address")):
        with pytest.raises(TokenError):
            act(world.reception, first)
    assert world.holding("typo") == set()
    subscribing.confirm_address(world.reception, second)
    world.pass_(days=1, seconds=1)
    with pytest.raises(TokenError, match="too old"):
        subscribing.confirm_address(world.reception, second)
    for n in range(9):
        world.pass_(minutes=1)
        subscribing.change_address(world.reception, world_session(world), f"p{n}@example.net", "sq")
    assert sum(mail["To"].startswith("p") for mail in world.mails()) <= 3


def world_session(world: World) -> str:
    return tokens.sign(RING, purpose="session", subscriber=world.person(B), list="", now=world.now)


def test_the_same_address_spelled_otherwise_needs_no_mail(world: World) -> None:
    world.join(A)
    assert ask_to_move(world, world.settings(), "Arta@Example.org") == {}
    person = dossiers.dossier(world.store, RING, A).subscriber
    assert person is not None
    assert person.address == "Arta@example.org"


def test_tokens_and_hashes_leak_into_no_error(world: World) -> None:
    world.join(A)
    for text in ("x" * 50, world.leave_token(A)):
        with pytest.raises(TokenError) as caught:
            subscribing.confirm(world.reception, text)
        assert not re.search(r"[A-Za-z0-9_-]{20,}|@", str(caught.value))


def test_a_key_that_was_turned_still_knows_who_left(world: World) -> None:
    world.join(A)
    subscribing.leave(world.reception, world.leave_token(A))
    ring = (b"newest of all", *RING)
    chosen = people.list_called(world.site, "lajme")
    added = people.add(
        world.site, world.store, ring, chosen, A, languages="sq", evidence="paper", now=world.now + timedelta(days=1)
    )
    assert added.refused
