"""When a source is asked again: facts in, decisions out, no clock."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from syndicate.errors import FeedError, FetchError, Gone
from syndicate.models import Politeness, Source
from syndicate.pull import Retrieved, SourceState, after, ask, from_json, next_due

URL = "https://blog.example/feed/"
NEW = "https://new.example/feed/"
SOURCE = Source("blog", URL)
HOUR = Politeness()


def ok(**more):
    return Retrieved(**{"status": 200, "url": URL, "final_url": URL, **more})


@pytest.mark.parametrize(
    ("facts", "minutes"),
    [
        ({}, 59),
        ({"ttl": 60.0}, 59),
        ({"ttl": 7200.0}, 120),
        ({"max_age": 5400.0}, 90),
        ({"max_age": 1e9}, 1440),
        ({"ttl": 1e300}, 1440),
        ({"retry_after": 7200.0}, 120),
        ({"retry_after": 3 * 86400.0}, 4320),
        ({"retry_after": 1e12}, 7 * 1440),
        ({"failures": 1}, 60),
        ({"failures": 2}, 120),
        ({"failures": 4}, 480),
        ({"failures": 6}, 1440),
        ({"failures": 100_000}, 1440),
        ({"failures": 1, "retry_after": 5.0}, 60),
    ],
)
def test_the_next_time(facts, minutes, now):
    assert next_due(now=now, every=timedelta(hours=1), **facts) - now == timedelta(minutes=minutes)


def test_a_rhythm_longer_than_a_day_is_kept(now):
    assert next_due(now=now, every=timedelta(days=3), failures=1) - now > timedelta(days=2, hours=23)


def test_a_new_source_is_asked_at_once_and_whole(now):
    for state in (None, SourceState(URL), SourceState("https://old.example/", etag='"1"', gone=True, due=9e9)):
        assert ask(state, SOURCE, now, only_due=True) == ask(None, SOURCE, now)
        assert not ask(state, SOURCE, now).wait


def test_validators_go_back_and_forth(now):
    state = after(SourceState(URL), ok(etag='"1"', last_modified="then"), now, HOUR)
    later = now + timedelta(hours=1)
    question = ask(state, SOURCE, later, only_due=True)
    assert (question.url, question.etag, question.last_modified, question.wait) == (URL, '"1"', "then", None)
    state = after(state, ok(status=304), later, HOUR)
    assert (state.etag, state.last_modified, state.asked) == ('"1"', "then", 2)
    assert after(state, ok(), later, HOUR).etag is None


def test_run_waits_where_a_person_need_not(now):
    state = after(SourceState(URL), ok(), now, HOUR)
    soon = now + timedelta(minutes=10)
    assert "due at" in ask(state, SOURCE, soon, only_due=True).wait
    assert ask(state, SOURCE, soon).wait is None


def test_retry_after_binds_both(now):
    state = after(SourceState(URL), FetchError("429", status=429, retry_after=7200), now, HOUR)
    for only_due in (True, False):
        assert "left alone" in ask(state, SOURCE, now + timedelta(minutes=119), only_due=only_due).wait
        assert ask(state, SOURCE, now + timedelta(minutes=120), only_due=only_due).wait is None


def test_gone_is_for_good_until_the_operator_writes_another_address(now):
    state = after(SourceState(URL), Gone("410", status=410), now, HOUR)
    assert "410" in ask(state, SOURCE, now + timedelta(days=900)).wait
    assert ask(state, replace(SOURCE, url=NEW), now).wait is None


def test_failures_add_up_and_are_forgotten(now):
    state = SourceState(URL, etag='"1"')
    waits = []
    for _ in range(8):
        state = after(state, FetchError("x", connected=False), now, HOUR)
        waits.append(round((state.due - now.timestamp()) / 3600))
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert state.etag == '"1"'
    assert after(state, ok(), now, HOUR).failures == 0


def test_an_answer_that_was_no_feed_takes_its_validators_with_it(now):
    state = after(SourceState(URL, etag='"1"', last_modified="then"), FeedError("no feed"), now, HOUR)
    assert (state.etag, state.last_modified, state.failures) == (None, None, 1)


def test_every_twentieth_request_is_unconditional(now):
    state, whole = SourceState(URL), []
    for number in range(60):
        if ask(state, SOURCE, now).etag is None:
            whole.append(number)
        state = after(state, ok(etag='"1"'), now, HOUR)
    assert whole == [0, 19, 39, 59]


def test_a_move_is_believed_when_it_persists(now):
    state = SourceState(URL)
    for _ in range(2):
        state = after(state, ok(final_url=NEW, moved_to=NEW), now, HOUR)
        assert ask(state, SOURCE, now).url == URL
    state = after(state, ok(final_url=NEW, moved_to=NEW), now, HOUR)
    assert ask(state, SOURCE, now).url == NEW
    state = after(state, ok(url=NEW, final_url=NEW), now, HOUR)
    assert ask(state, SOURCE, now).url == NEW


@pytest.mark.parametrize("between", [ok(), ok(final_url="https://x.example/", moved_to="https://x.example/")])
def test_a_move_that_wavers_starts_again(between, now):
    state = SourceState(URL, moved_to=NEW, moved_times=2)
    state = after(state, between, now, HOUR)
    assert ask(after(state, ok(moved_to=NEW), now, HOUR), SOURCE, now).url == URL


def test_a_moved_source_that_fails_goes_back(now):
    state = SourceState(URL, moved_to=NEW, moved_times=3)
    for _ in range(3):
        assert ask(state, SOURCE, now).url == NEW
        state = after(state, FetchError("404", status=404), now, HOUR)
    assert ask(state, SOURCE, now).url == URL


def test_a_moved_source_that_moves_again_is_followed_from_its_first_address(now):
    state = SourceState(URL, moved_to=NEW, moved_times=3)
    state = after(state, ok(url=NEW, final_url="https://x.example/", moved_to="https://x.example/"), now, HOUR)
    assert ask(state, SOURCE, now).url == URL


def test_the_state_is_json(now):
    state = after(SourceState(URL), ok(etag='"1"', retry_after=5.0, moved_to=NEW), now, HOUR, ttl=9.0)
    stored = json.loads(json.dumps(asdict(state)))
    assert SourceState(**stored) == state
    assert from_json({**stored, "later": 1}) == state
