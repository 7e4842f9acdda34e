import tomllib
from pathlib import Path

import pytest

from syndicate.config import shipped_site
from syndicate.config.lines import line_of, lines

SHIPPED = sorted(path for folder in ("feeds", "subscribers") for path in (shipped_site() / folder).glob("*.toml"))

ODD = '''\
# [not.a.table] = 1
top = 1
"quoted \\u00eb" = 'x = 1'

[a]
b.c = """
[a.fake]
fake = 1 \\""" still
""" # remark
"d.e" = 2026-01-01 09:00:00+01:00
f = { g = 1.5, h.i = [1, { j = 2 }], k = "}" }
[a.l]
m = [
    "x",  # ]
    [ "y" ],

    """z
    ]""",
]

[[n]]
o = 1
[n.p]
q = 1
[[n]]
[[n.r]]
s = 1
[[n.r]]
s = \'\'\'
two\'\'\'
[n.p]
q = 2
[t.u.v]
w = -inf
'''

EXPECTED = {
    ("top",): 2, ("quoted ë",): 3, ("a",): 5, ("a", "b"): 6, ("a", "b", "c"): 6, ("a", "d.e"): 10, ("a", "f"): 11,
    ("a", "f", "g"): 11, ("a", "f", "h"): 11, ("a", "f", "h", "i"): 11, ("a", "f", "h", "i", 0): 11,
    ("a", "f", "h", "i", 1): 11, ("a", "f", "h", "i", 1, "j"): 11, ("a", "f", "k"): 11, ("a", "l"): 12, ("a", "l", "m"): 13,
    ("a", "l", "m", 0): 14, ("a", "l", "m", 1): 15, ("a", "l", "m", 1, 0): 15, ("a", "l", "m", 2): 17,
    ("n",): 21, ("n", 0): 21, ("n", 0, "o"): 22, ("n", 0, "p"): 23, ("n", 0, "p", "q"): 24, ("n", 1): 25,
    ("n", 1, "r"): 26, ("n", 1, "r", 0): 26, ("n", 1, "r", 0, "s"): 27, ("n", 1, "r", 1): 28, ("n", 1, "r", 1, "s"): 29,
    ("n", 1, "p"): 31, ("n", 1, "p", "q"): 32, ("t",): 33, ("t", "u"): 33, ("t", "u", "v"): 33, ("t", "u", "v", "w"): 34,
}  # fmt: skip


def paths(value, path=()):
    """Every path that tomllib's values have."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from paths(each, (*path, key))


def test_every_kind_of_key_has_its_line():
    assert lines(ODD) == EXPECTED
    assert set(paths(tomllib.loads(ODD))) == set(EXPECTED)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_every_key_of_the_worked_example_has_a_line_that_shows_it(file: Path):
    text = file.read_text(encoding="utf-8")
    known, rows = lines(text), text.split("\n")
    for path in paths(tomllib.loads(text)):
        shown = next(part for part in reversed(path) if isinstance(part, str))
        assert isinstance(path[-1], int) or shown in rows[known[path] - 1]


def test_an_unknown_path_has_the_line_of_what_is_around_it():
    assert line_of({("a",): 3}, ("a", "b", 0)) == 3
    assert line_of({("a",): 3}, ("b",)) == 0
