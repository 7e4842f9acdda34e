"""The provider's lists taken over, again and again the same; and how mail fares, by list and domain."""

from datetime import timedelta

import pytest
from happenings.happened import DAY, NOW, RING, World
from sendgrid_standin import KEY, Standin

from syndicate import happenings, rates
from syndicate.deliver.sendgrid import SendGridTransport
from syndicate.errors import DeliveryError
from syndicate.happenings import Pulled

AGO = int((NOW - 5 * DAY).timestamp())


@pytest.fixture
def standin(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Standin(tmp_path / "standin.sqlite") as found:
        yield found


def pull(world, standin, now=NOW):
    transport = SendGridTransport(KEY, url=standin.url, rules=world.site.delivery)
    return happenings.pull(world.store, world.site, RING, transport.page, now)


def test_every_list_is_taken_over_once(tmp_path, standin):
    world = World(tmp_path, leaving="provider", group=7)
    for name in ("bounced", "invalid", "spam", "left", "group", "fine"):
        world.person(f"{name}@example.org", "lajme", "arkiv")
    standin.ask("lists", {
        "bounces": [{"email": "Bounced@example.org", "created": AGO, "reason": "550 <bounced@example.org> no"}],
        "invalid_emails": [{"email": "invalid@example.org", "created": AGO}],
        "spam_reports": [{"email": "spam@example.org", "created": AGO}, {"email": "stranger@example.org", "created": AGO}],
        "unsubscribes": [{"email": "left@example.org", "created": AGO}, {"email": "nobody@example.org", "created": AGO}],
        "group": ["group@example.org"],
    })  # fmt: skip
    assert pull(world, standin) == Pulled(seen=7, applied=6)
    forbidden = world.forbidden()
    assert {(who, kind) for who, kind, _ in forbidden} == {
        ("bounced", "bounce"), ("invalid", "bounce"), ("spam", "complaint"), ("spam", "unsubscribe"), ("?", "complaint"),
        ("left", "unsubscribe"), ("group", "unsubscribe"),
    }  # fmt: skip
    standings = world.standing()
    assert standings["left", "arkiv"] == standings["group", "lajme"] == standings["spam", "lajme"] == "unsubscribed"
    assert standings["bounced", "lajme"] == standings["fine", "lajme"] == "confirmed"
    log = world.log()
    assert {how for _, _, how in log} == {"provider"}
    assert pull(world, standin).applied == 0
    assert (world.forbidden(), world.standing(), world.log()) == (forbidden, standings, log)
    world.store.close()


def test_it_remembers_since_when(tmp_path, standin):
    world = World(tmp_path)
    standin.ask("lists", {"spam_reports": [{"email": f"p{n}@example.org", "created": AGO} for n in range(3)]})
    assert pull(world, standin).seen == 3
    standin.ask("lists", {"spam_reports": [{"email": "new@example.org", "created": AGO + 5 * 86_400}]})
    assert pull(world, standin, NOW + timedelta(hours=1)) == Pulled(seen=1, applied=1)
    world.store.close()


def test_many_pages(tmp_path, standin):
    world = World(tmp_path)
    standin.ask("lists", {"bounces": [{"email": f"p{n}@example.org", "created": AGO + n} for n in range(603)]})
    assert pull(world, standin) == Pulled(seen=603, applied=603)
    world.store.close()


def test_who_came_back_here_is_not_thrown_out_again(tmp_path, standin):
    world = World(tmp_path, leaving="provider", group=7)
    world.person("arta@example.org")
    world.person("besa@example.org")
    standin.ask(
        "lists", {"group": ["arta@example.org"], "unsubscribes": [{"email": "besa@example.org", "created": AGO}]}
    )
    assert pull(world, standin).applied == 2
    world.confirm_again("arta", "arta@example.org", NOW + DAY)
    world.confirm_again("besa", "besa@example.org", NOW + DAY)
    assert pull(world, standin, NOW + 2 * DAY).returned == 1
    assert set(world.standing().values()) == {"confirmed"}
    world.store.close()


def test_a_list_that_breaks_off_is_read_anew(tmp_path, standin):
    world = World(tmp_path)
    world.person("arta@example.org")
    standin.ask("lists", {"spam_reports": [{"email": "arta@example.org", "created": AGO}]})
    standin.faults({"route": "lists", "what": "html", "call": 3})
    with pytest.raises(DeliveryError):
        pull(world, standin)
    standin.faults()
    assert pull(world, standin).applied == 1
    world.store.close()


@pytest.mark.both_engines
def test_rates_by_list_and_domain_and_nobody_alone(world):
    assert rates.rates(world.store, NOW) == []
    many = [f"m{n}" for n in range(40)]
    few = [f"f{n}" for n in range(4)]
    for name in many:
        world.person(f"{name}@big.example")
    for name in few:
        world.person(f"{name}@small{name}.example")
    ids = world.mail("lajme-1", "accepted", *many, *few)
    told = [world.event("bounce", ids[n], type="blocked") for n in (0, 1)]
    told += [world.event("bounce", ids[n], status="5.1.1") for n in (2, 3)] + [world.event("spamreport", ids[41])]
    world.apply(*told)
    found = {(one.list, one.domain): one for one in rates.rates(world.store, NOW)}
    assert set(found) == {("lajme", ""), ("lajme", "big.example"), ("lajme", "others")}
    whole, big, others = found["lajme", ""], found["lajme", "big.example"], found["lajme", "others"]
    assert (whole.people, whole.sent, whole.bounced, whole.blocked, whole.complained) == (44, 44, 2, 2, 1)
    assert (big.people, big.sent, big.bounced, big.blocked, big.complained) == (40, 40, 2, 2, 0)
    assert (others.people, others.complained) == (4, 1)
    assert ["blocked 2 of 40" in one for one in big.warnings] == [True]
    assert ["0.1 %" in one for one in whole.warnings] == [True]
    assert others.warnings == ()
    assert rates.rates(world.store, NOW + 40 * DAY) == []
