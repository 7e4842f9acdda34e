"""The subscription's states: every cell of the table, and no way back to somebody who said no, whatever happens."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from often import often

from syndicate.consent.subscription import Event, decide, may_invite

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PAST, RECENT = T0 - DAY, T0 + DAY

# current, event, suppressions → state, what is logged, refused?, invite?
TABLE = [
    (None, Event("added"), {}, "pending", "invited", False, True),
    (None, Event("added", evidence="  "), {}, "pending", "invited", False, True),
    (None, Event("added", evidence="paper form"), {}, "confirmed", "confirmed", False, False),
    (None, Event("imported"), {}, "pending", "invited", False, True),
    (None, Event("imported", evidence="paper form"), {}, "confirmed", "confirmed", False, False),
    ("pending", Event("imported"), {}, "pending", None, False, False),
    ("pending", Event("imported", evidence="paper form"), {}, "confirmed", "confirmed", False, False),
    ("confirmed", Event("imported"), {}, "confirmed", None, False, False),
    ("confirmed", Event("imported", evidence="again"), {}, "confirmed", None, False, False),
    ("unsubscribed", Event("imported", evidence="paper form"), {}, "unsubscribed", None, True, False),
    ("unsubscribed", Event("added", evidence="paper form"), {}, "unsubscribed", None, True, False),
    (None, Event("asked"), {}, "pending", "asked", False, True),
    ("pending", Event("asked"), {}, "pending", "asked", False, True),
    ("confirmed", Event("asked"), {}, "confirmed", None, False, False),
    ("confirmed", Event("asked"), {"bounce": T0}, "pending", "asked", False, True),
    ("unsubscribed", Event("asked"), {"unsubscribe": T0}, "pending", "asked", False, True),
    (None, Event("confirmed"), {}, None, None, True, False),
    ("pending", Event("confirmed"), {}, "confirmed", "confirmed", False, False),
    ("pending", Event("confirmed", asked=PAST), {}, "confirmed", "confirmed", False, False),
    ("confirmed", Event("confirmed"), {}, "confirmed", None, False, False),
    ("unsubscribed", Event("confirmed", asked=RECENT), {"unsubscribe": T0}, "unsubscribed", None, True, False),
    ("pending", Event("confirmed", asked=RECENT), {"unsubscribe": T0}, "confirmed", "confirmed", False, False),
    ("pending", Event("confirmed", asked=PAST), {"unsubscribe": T0}, "pending", None, True, False),
    ("pending", Event("confirmed"), {"complaint": T0}, "pending", None, True, False),
    ("pending", Event("left"), {}, "unsubscribed", "left", False, False),
    ("confirmed", Event("left"), {}, "unsubscribed", "left", False, False),
    ("unsubscribed", Event("left"), {"unsubscribe": T0}, "unsubscribed", None, False, False),
    (None, Event("left"), {}, None, None, True, False),
    ("confirmed", Event("removed"), {}, "unsubscribed", "removed", False, False),
    (None, Event("removed"), {}, None, None, True, False),
    ("confirmed", Event("bounced"), {}, "confirmed", None, False, False),
    ("confirmed", Event("complained"), {}, "unsubscribed", "complained", False, False),
    (None, Event("complained"), {}, None, None, False, False),
    ("confirmed", Event("forgotten"), {}, None, "forgotten", False, False),
]


@pytest.mark.parametrize(("current", "event", "suppressions", "state", "logged", "refused", "invite"), TABLE)
def test_table(current, event, suppressions, state, logged, refused, invite):
    decision = decide(current, event, suppressions)
    assert decision.state == state
    assert (decision.log.what if decision.log else None) == logged
    assert bool(decision.refused) is refused
    assert decision.invite is invite


@pytest.mark.parametrize("kind", ["unsubscribe", "bounce", "complaint", "forgotten"])
@pytest.mark.parametrize("current", [None, "pending", "confirmed", "unsubscribed"])
@pytest.mark.parametrize("event", ["added", "imported"])
def test_neither_import_nor_operator_passes_a_suppression(kind, current, event):
    decision = decide(current, Event(event, evidence="a paper form"), {kind: T0})
    assert decision.state == current
    assert decision.log is None
    assert not decision.lifts
    assert "only they can come back" in decision.refused


def test_confirming_the_own_new_form_lifts_everything():
    since = {"complaint": T0, "unsubscribe": T0, "bounce": T0}
    decision = decide("pending", Event("confirmed", asked=RECENT), since)
    assert decision.lifts == ("bounce", "complaint", "unsubscribe")
    assert decide("pending", Event("confirmed", asked=T0), since).refused, "a form of the same moment is not newer"


@pytest.mark.parametrize(
    ("event", "imposed"),
    [
        ("left", ("unsubscribe",)),
        ("removed", ("unsubscribe",)),
        ("complained", ("complaint", "unsubscribe")),
        ("bounced", ("bounce",)),
        ("forgotten", ("forgotten",)),
    ],
)
def test_what_is_imposed(event, imposed):
    assert decide("confirmed", Event(event), {}).imposes == imposed


def test_the_gravest_reason_is_told():
    assert "forgotten" in decide(None, Event("added"), {"bounce": T0, "forgotten": T0}).refused


def test_times():
    assert may_invite(None, T0)
    assert not may_invite(T0, T0 + DAY - timedelta(seconds=1))
    assert may_invite(T0, T0 + DAY)


LISTS = ("lajme", "raporte")


class World(RuleBasedStateMachine):
    """A person, two lists, and an operator, strangers and old links that try everything."""

    def __init__(self):
        super().__init__()
        self.now = T0
        self.states = dict.fromkeys(LISTS)
        self.site = {}
        self.left = {name: {} for name in LISTS}
        self.links = []
        self.said_no = dict.fromkeys(LISTS)
        self.came_back = dict.fromkeys(LISTS)

    def put(self, name, event):
        self.now += timedelta(hours=1)
        decision = decide(self.states[name], event, {**self.site, **self.left[name]})
        self.states[name] = decision.state
        for kind in decision.lifts:
            (self.left[name] if kind == "unsubscribe" else self.site).pop(kind)
        for kind in decision.imposes:
            (self.left[name] if kind == "unsubscribe" else self.site)[kind] = self.now
        return decision

    @rule(
        name=st.sampled_from(LISTS),
        kind=st.sampled_from(["added", "imported"]),
        evidence=st.sampled_from(["", "paper"]),
    )
    def operator(self, name, kind, evidence):
        if self.put(name, Event(kind, evidence=evidence)).invite:
            self.links.append((name, None))

    @rule(name=st.sampled_from(LISTS))
    def form(self, name):
        if self.put(name, Event("asked")).invite:
            self.links.append((name, self.now))

    @precondition(lambda self: self.links)
    @rule(data=st.data())
    def link(self, data):
        name, asked = data.draw(st.sampled_from(self.links))
        decision = self.put(name, Event("confirmed", asked=asked))
        if decision.log and asked:
            self.came_back[name] = asked

    @rule(name=st.sampled_from(LISTS), kind=st.sampled_from(["left", "removed"]))
    def goes(self, name, kind):
        if not self.put(name, Event(kind)).refused:
            self.said_no[name] = (self.now, kind)

    @rule(kind=st.sampled_from(["complained", "forgotten"]))
    def site_wide(self, kind):
        for name in LISTS:
            self.put(name, Event(kind))
            if self.states[name] or kind == "forgotten":
                self.said_no[name] = (self.now, kind)

    @rule()
    def bounces(self):
        for name in LISTS:
            self.put(name, Event("bounced"))

    @invariant()
    def nobody_who_said_no_is_mailed(self):
        for name in LISTS:
            if self.said_no[name] and self.states[name] == "confirmed" and not {**self.site, **self.left[name]}:
                when, kind = self.said_no[name]
                # Who was forgotten is known by one hash for the whole site. Once they came back to one list, the
                # operator may bring evidence for another; after any other no, each list needs its own form.
                came_back = self.came_back.values() if kind == "forgotten" else [self.came_back[name]]
                assert any(asked and asked > when for asked in came_back), (name, kind)


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=often(200), stateful_step_count=30, deadline=None)
