"""Nobody who left, was removed, complained or was forgotten is mailed again without a form of their own, confirmed from its mail.

Everything that can happen happens in any order, on a real database: forms (perhaps a stranger's), links old and new,
settings, imports and additions with evidence, removal, complaints, forgetting, moving, purging.
"""

from __future__ import annotations

import atexit
import io
import os
import shutil
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from people.people_world import RING, T0, World, links

from syndicate import audience, importing, people, retention, subscribing
from syndicate.consent import subscription
from syndicate.consent.tokens import TokenError

ADDRESSES = ("arta@example.org", "besa@example.org")
NAMES = ("lajme", "raporte")
WHO, LIST = st.sampled_from(ADDRESSES), st.sampled_from(NAMES)


MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # many small databases need not wait for a disk


@cache
def empty() -> Path:
    """A database without people, made once."""
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    atexit.register(shutil.rmtree, folder)
    World(folder / "site").store.close()
    return folder / "site" / "var" / "db.sqlite"


class Life(RuleBasedStateMachine):
    """What the world did, and beside it who said no and has not said yes since."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        (Path(self.folder.name) / "site" / "var").mkdir(parents=True)
        shutil.copy(empty(), Path(self.folder.name) / "site" / "var" / "db.sqlite")
        self.world = World(Path(self.folder.name) / "site", now=T0)
        self.confirmations: list[str] = []
        self.left: list[str] = []
        self.moves: list[str] = []
        self.no: set[tuple[str, str]] = set()
        """Addresses and lists that said no, and have not confirmed since from a mail of a form sent after it."""
        self.said_no_at: dict[tuple[str, str], datetime] = {}
        self.forgotten: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        self.world.store.close()
        self.folder.cleanup()

    # ------------------------------------------------------------ what can happen

    @rule(who=WHO, lists=st.sets(LIST, min_size=1))
    def form(self, who: str, lists: set[str]) -> None:
        self.world.ask(who, *sorted(lists))

    @rule()
    def mail(self) -> None:
        for one in self.world.mails():
            for token in links(one, "confirm"):
                self.confirmations.append(token)
            self.moves += links(one, "address")

    @precondition(lambda self: self.confirmations)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.confirmations))
        before = self.mailable()
        try:
            subscribing.confirm(self.world.reception, token)
        except TokenError:
            return
        newly = self.mailable() - before
        self.check_newer(token, newly)
        self.said_yes(newly)

    def said_yes(self, newly: set[tuple[str, str]]) -> None:
        """Who was forgotten is known by one hash for the whole site: once back on one list, any other no of then is over."""
        self.no -= newly
        back = {who for who, _ in newly}
        self.no -= {one for one in self.no if one[0] in back and one in self.forgotten}
        self.forgotten -= {one for one in self.forgotten if one[0] in back}

    def check_newer(self, token: str, newly: set[tuple[str, str]]) -> None:
        """A link brings back who said no only if its form was sent after that."""
        claim = subscribing.claimed(self.world.reception, token, "confirm")
        form = subscribing.tokens.asked(claim)
        for one in newly & self.no:
            assert form is not None, "an invitation brings nobody back"
            assert form >= self.said_no_at[one].replace(microsecond=0), one

    def say_no(self, who: str, *lists: str) -> None:
        for list in lists:
            self.no.add((who, list))
            self.said_no_at[who, list] = self.world.now
            self.forgotten.discard((who, list))

    @rule(who=WHO, list=LIST, evidence=st.sampled_from(["", "a signed paper"]))
    def add(self, who: str, list: str, evidence: str) -> None:
        self.world.add(who, list, evidence)

    @rule(list=LIST, evidence=st.sampled_from(["", "a signed paper"]))
    def import_everybody(self, list: str, evidence: str) -> None:
        bring(self.world, list, evidence)

    @rule(who=WHO, list=LIST)
    def leave(self, who: str, list: str) -> None:
        if self.known(who):
            token = self.world.leave_token(who, list)
            self.left.append(token)
            subscribing.leave(self.world.reception, token)
            self.say_no(who, list)

    @precondition(lambda self: self.left)
    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        subscribing.come_back(self.world.reception, data.draw(st.sampled_from(self.left)))

    @rule(who=WHO, list=LIST)
    def remove(self, who: str, list: str) -> None:
        chosen = people.list_called(self.world.site, list)
        if people.remove(self.world.store, RING, chosen, who, now=self.world.now) is None:
            self.say_no(who, list)

    @rule(who=WHO)
    def complain(self, who: str) -> None:
        if not self.known(who):
            return
        with self.world.store.write() as connection:
            person = people.stored.find(connection, [who])[who]
            for list in NAMES:
                people.happen(connection, RING, person, list, subscription.Event("complained"), now=self.world.now)
        self.say_no(who, *NAMES)

    @rule(who=WHO)
    def forget(self, who: str) -> None:
        people.forget(self.world.site, self.world.store, RING, who, now=self.world.now)
        fresh = [list for list in NAMES if (who, list) not in self.no]
        self.say_no(who, *fresh)
        self.forgotten |= {(who, list) for list in fresh}

    @rule(who=WHO, lists=st.sets(LIST))
    def choose_in_settings(self, who: str, lists: set[str]) -> None:
        if not self.known(who):
            return
        session = subscribing.tokens.sign(
            RING, purpose="session", subscriber=self.world.person(who), list="", now=self.world.now
        )
        card = subscribing.set_lists(self.world.reception, session, sorted(lists), "sq")
        for list in NAMES:
            if list in lists:
                self.said_yes({(who, list)})  # the session is a link mailed on request: proof like a confirmation
            elif card.lists.get(list) == "unsubscribed":
                self.say_no(who, list)

    @rule(who=WHO)
    def ask_to_move(self, who: str) -> None:
        if self.known(who):
            session = subscribing.tokens.sign(
                RING, purpose="session", subscriber=self.world.person(who), list="", now=self.world.now
            )
            other = ADDRESSES[1 - ADDRESSES.index(who)]
            subscribing.change_address(self.world.reception, session, other, "sq")

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.moves))
        try:
            claim = subscribing.claimed(self.world.reception, token, "address")
            with self.world.store.read() as connection:
                person = people.stored.by_id(connection, claim.subscriber)
            before = person.address if person else ""
            subscribing.confirm_address(self.world.reception, token)
        except TokenError:
            return
        if before and self.world.person_or_none(before) is None:
            self.say_no(before, *NAMES)  # the address that was left is not mailed again either

    @rule(hours=st.sampled_from([0, 1, 25, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.world.pass_(hours=hours, seconds=1)

    @rule()
    def purge(self) -> None:
        retention.purge(self.world.site, self.world.store, RING, self.world.now)

    # ------------------------------------------------------------ what must never be

    def known(self, who: str) -> bool:
        return self.world.person_or_none(who) is not None

    def mailable(self) -> set[tuple[str, str]]:
        """Who an edition would go to today: sending itself is asked."""
        found = set()
        for list in NAMES:
            with self.world.store.read() as connection:
                everyone = audience.mailable(connection, people.list_called(self.world.site, list), RING)
                found |= {(address, list) for _, address, _, _ in everyone}
        return found

    @invariant()
    def nobody_who_said_no_is_mailed(self) -> None:
        assert not self.mailable() & self.no


def bring(world: World, list: str, evidence: str) -> None:
    """Import both addresses, as the operator's old table has them."""
    table = io.BytesIO("\n".join(["email", *ADDRESSES]).encode())
    chosen = people.list_called(world.site, list)
    errand = importing.Errand(chosen, "sq", world.now, evidence, invite=not evidence)
    importing.load(
        world.store, RING, errand, table, spoken=("sq", "en"), reject=lambda row: None, report=lambda done: None,
        random=os.urandom,
    )  # fmt: skip


MANY = bool(os.environ.get("SYNDICATE_TEST_ALL"))
TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=200 if MANY else 8,
    stateful_step_count=40 if MANY else 25,
    deadline=None,
    suppress_health_check=[*HealthCheck],
)
