"""Repetitions in a table: found like a set finds them, in a tenth of the room."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from syndicate.consent.seen import Seen


@given(st.lists(st.text(max_size=3), max_size=200))
def test_it_answers_as_a_set_does(texts):
    seen, known = Seen(), set()
    for text in texts:
        assert seen.add(text) == (text not in known)
        known.add(text)
    assert seen.count == len(known)


def test_it_grows_and_forgets_nothing():
    tracemalloc.start()
    seen = Seen()
    texts = [f"person{number}@example.org" for number in range(20_000)]
    before = tracemalloc.get_traced_memory()[0]
    assert all(seen.add(text) for text in texts)
    assert tracemalloc.get_traced_memory()[0] - before < 40 * len(texts)
    tracemalloc.stop()
    assert not any(seen.add(text) for text in texts)
    assert seen.count == len(texts)
