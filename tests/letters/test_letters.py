"""Mails about consent: each leaves once, whatever is killed, and says what it must and no more."""

from __future__ import annotations

import email.message
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from people.people_world import RING, World

from syndicate import dossiers, letters, people, subscribing
from syndicate.compose.discreet import FOLD
from syndicate.deliver import Attempt, Batch
from syndicate.errors import BatchRefused, Busy, DeliveryError, TemplateError
from syndicate.models import Receipt
from syndicate.store import allowances
from syndicate.store import letters as stored

A = "arta@example.org"
CHILD = Path(__file__).with_name("letters_child.py")


def start(what: str, world: World) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, CHILD, what, world.folder], stdin=pipe, stdout=pipe, text=True)


def test_two_processes_send_each_letter_once(world: World) -> None:
    for n in range(60):
        world.ask(f"p{n}@example.org")
    processes = [start("send", world) for _ in range(2)]
    for one in processes:
        assert one.stdout.readline().startswith("ready")
    for one in processes:
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate(timeout=30)[0].split() for one in processes]
    assert all(told), "both had work"
    assert len(told[0] + told[1]) == len({*told[0], *told[1]}) == 60
    assert len([*world.outbox.glob("*.eml")]) == 60


def test_killed_between_the_intent_and_the_post(world: World) -> None:
    world.ask(A)
    process = start("stop", world)
    assert process.stdout.readline().startswith("ready")
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert world.mails() == [], "it may have left: nobody gets it twice"
    world.ask(A)
    assert world.mails() == []
    world.pass_(hours=24)
    world.ask(A)
    assert len(world.mails()) == 1, "whoever misses it asks again"


class Scripted:
    """A transport that answers as it is told to, and counts what it is handed."""

    name, batch_size, single, undoable = "folder", 1, False, False

    def __init__(self, *answers: Receipt | Exception | None, proof: Sequence[Receipt] | None = None) -> None:
        self.answers, self.proof, self.posted = list(answers), proof, 0

    def post(self, batch: Batch) -> Iterator[Receipt]:
        self.posted += 1
        answer = self.answers.pop(0) if self.answers else Receipt("", "accepted")
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            yield answer._replace(delivery=batch.copies[0].id)

    def settle(self, attempt: Attempt, now: object) -> Sequence[Receipt] | None:
        return self.proof


def send(world: World, transport: Scripted) -> int:
    return letters.send_due(replace(world.desk, transport=transport))


def test_a_letter_counts_against_the_limits_and_waits_for_none(world: World) -> None:
    world.site = replace(world.site, delivery=replace(world.site.delivery, per_minute=1))
    for n in range(3):
        world.ask(f"p{n}@example.org")
    transport = Scripted(None, Receipt("", "requeue", "421 later"))
    assert send(world, transport) == 2
    with world.store.read() as connection:
        assert allowances.read(connection, "folder")["minute"][1] == 2, "who did not leave counts no more"


def reason(world: World) -> str:
    with world.store.read() as connection:
        return str(connection.exec_driver_sql("SELECT reason FROM letters").scalar())


def test_what_certainly_did_not_leave_is_due_again_later_each_time(world: World) -> None:
    world.ask(A)
    transport = Scripted(*[Receipt("", "requeue", f"421 try later, {A}")] * 3)
    waited = []
    while transport.posted < 4:
        before = world.now
        while not send(world, transport) and transport.posted == len(waited):
            world.pass_(minutes=1)
        waited.append((world.now - before) // timedelta(minutes=1))
        if transport.posted < 4:
            assert reason(world) == "421 try later, …", "no address stands in a reason"
    assert waited[1:] == sorted(waited[1:])
    assert waited[1] >= 2
    assert send(world, transport) == 0
    assert world.mails() == []


ENDS = [
    (Receipt("", "failed", "550 no such user"), "failed: 550 no such user"),
    (Receipt("", "in_doubt", "reset"), "in doubt: reset"),
    (None, "in doubt: no answer"),
    (BatchRefused("the provider refuses it"), "failed: the provider refuses it"),
]


@pytest.mark.parametrize(("answer", "noted"), ENDS)
def test_what_failed_or_may_have_left_is_not_sent_again(world: World, answer, noted) -> None:
    world.ask(A)
    transport = Scripted(answer)
    send(world, transport)
    world.pass_(days=20)
    assert (send(world, transport), transport.posted, reason(world)) == (0, 1, noted)


def test_a_busy_provider_is_asked_when_it_says(world: World) -> None:
    world.ask(A)
    world.ask("besa@example.org")
    transport = Scripted(Busy("429", retry_after=1800), proof=[Receipt("", "requeue", "never taken")])
    assert (send(world, transport), transport.posted) == (0, 1), "the other letter was not even tried"
    assert send(world, transport) == 1
    world.pass_(minutes=29)
    assert send(world, transport) == 0
    world.pass_(minutes=1)
    assert send(world, transport) == 1


def test_no_sense_in_going_on_is_told_and_without_proof_it_counts_as_sent(world: World) -> None:
    world.ask(A)
    transport = Scripted(DeliveryError("the key is refused"))
    with pytest.raises(DeliveryError, match="key"):
        send(world, transport)
    assert (send(world, transport), transport.posted) == (0, 1)


def test_a_letter_is_given_up_in_the_end(world: World) -> None:
    world.ask(A)
    transport = Scripted(*[Receipt("", "requeue", "421")] * 50)
    for _ in range(400):
        send(world, transport)
        world.pass_(hours=1)
    assert transport.posted == letters.TRIES
    assert reason(world) == "requeue: 421"


def test_a_broken_template_loses_no_letter(world: World, tmp_path: Path) -> None:
    (tmp_path / "note.mjml").write_text("<mjml><mj-body>{{ nothing_like_it }}</mj-body></mjml>", "utf-8")
    world.ask(A)
    with pytest.raises(TemplateError):
        letters.send_due(replace(world.desk, templates=[*world.desk.templates, tmp_path]))
    assert len(world.mails()) == 1


def test_what_is_no_longer_wanted_does_not_leave(world: World) -> None:
    world.join(A)
    world.pass_(days=2)
    token = world.leave_token(A)
    subscribing.leave(world.reception, token)
    subscribing.come_back(world.reception, token)
    world.pass_(seconds=1)
    subscribing.leave(world.reception, token)
    assert world.mails() == []
    people.forget(world.site, world.store, RING, A, now=world.now)
    with world.store.read() as connection:
        assert stored.waiting(connection) == 0


# ---------------------------------------------------------------- what they say


def account(world: World) -> None:
    world.join(A)
    subscribing.send_account_link(world.reception, address=A, form_language="sq")


def move(world: World) -> None:
    world.join(A)
    subscribing.change_address(world.reception, world.settings(A), "besa@example.net", "sq")


KINDS: dict[str, tuple[Callable[[World], object], int]] = {
    "confirm": (lambda world: world.ask(A, "lajme", "raporte"), 1),
    "invite": (lambda world: world.add(A), 1),
    "account": (account, 1),
    "address and notice": (move, 2),
}


def body(mail: email.message.EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return "" if part is None else part.get_content().replace("\r\n", "\n")


def readable(html: str) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"<style.*?</style>|<title.*?</title>", "", html, flags=re.S))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter(world: World, kind: str) -> None:
    act, count = KINDS[kind]
    act(world)
    mails = world.mails()
    assert len(mails) == count
    for mail in mails:
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Content-Language"] == "sq"
        assert mail["Reply-To"] == "njeriu@lajme.example"
        assert mail["Date"]
        assert mail["Message-ID"].endswith("@ngo.example>")
        assert not {"List-Unsubscribe", "List-Id", "Precedence", "List-Unsubscribe-Post"} & set(mail.keys())
        assert "Lajmet" not in mail["Subject"]
        assert "Shoqata" not in mail["Subject"]
        html, text = body(mail, "html"), body(mail, "plain")
        assert '<html lang="sq"' in html
        for part in (readable(html), text):
            assert "116 111" in part
            assert "përgjigjet i lexon një njeri" in re.sub(r"\s+", " ", part)
            assert "mos bëni asgjë" in re.sub(r"\s+", " ", part)
            assert re.search(r"\S+…\S*@example", part), "why this came, with the address masked"
            assert A not in part
        urls = set(re.findall(r"https://ngo\.example/\w+/[^\s\"<]+", html))
        assert urls == set(re.findall(r"https://ngo\.example/\S+", text))
        assert len(urls) <= 1
        for url in urls:
            assert html.count(url) == 2, "as a button, and in clear"
        assert max(map(len, text.replace(next(iter(urls), "\0"), "").splitlines())) <= 76
        assert len(text) > 300


def test_the_lists_are_named_in_the_language_of_the_form(world: World) -> None:
    world.ask(A, "lajme", "raporte", form_language="en")
    (mail,) = world.mails()
    assert mail["Subject"] == "Please confirm"
    for part in (readable(body(mail, "html")), body(mail, "plain")):
        assert "News on children" in part
        assert "Our reports" in part
        assert "Lajmet" not in part


@pytest.mark.parametrize("style", ["discreet", "discreet-text"])
def test_a_discreet_letter_tells_nothing_above_the_fold(world: World, style: str) -> None:
    world.ask(A, mail=style)
    (mail,) = world.mails()
    html, text = body(mail, "html"), body(mail, "plain")
    assert bool(html) is (style == "discreet")
    above = [
        text.partition("\n" * 20)[0],
        readable(html.partition(f'class="{FOLD}"')[0]),
        mail["From"].addresses[0].display_name,
    ]
    for part in [*above, mail["Subject"]]:
        assert not re.search("fëmijë|Lajmet|Shoqata|ndihm|116", part)
    assert "konfirmo" in above[0]
    assert "/confirm/" in above[0]
    for part in [text, *([html] if html else [])]:
        assert "Lajmet për fëmijët" in part
        assert "116 111" in part


def test_nothing_that_was_typed_stands_in_a_letter(world: World) -> None:
    world.ask("buy-pills-now+free-money@example.org")
    (mail,) = world.mails()
    for part in (mail["Subject"], body(mail, "html"), body(mail, "plain")):
        assert not re.search("pills|money", part)


def test_no_link_is_kept(world: World) -> None:
    world.ask(A)
    token = world.link("confirm")
    assert world.holding(token) == world.holding(token.partition(".")[2]) == set()
    assert dossiers.dossier(world.store, RING, A).letters[0].sent == world.now
