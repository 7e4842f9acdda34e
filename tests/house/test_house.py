"""The house itself: what a command may import, how long a file may be, and rules that live in two rooms."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import syndicate
from syndicate.config import values
from syndicate.enrich import hashtags

PACKAGE = Path(syndicate.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent.name != "versions")  # a migration is one long list
HEAVY = {
    "alembic", "babel", "email_validator", "feedgen", "feedparser", "itsdangerous", "jinja2", "mjml", "nh3", "numpy", "py3langid",
    "selectolax", "sqlalchemy", "trafilatura", "urllib3",
}  # fmt: skip


def imported(*arguments: str) -> set[str]:
    """The top-level modules that a command line leaves imported, in a fresh process."""
    code = (
        "import sys; from syndicate.cli.app import run; run(sys.argv[1:]); "
        "print('\\0' + ' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    return set(done.stdout.rpartition("\0")[2].split())


@pytest.mark.parametrize("line", [["--help"], ["version"], ["newsletter", "--help"], ["nonsense"]])
def test_no_command_imports_what_it_does_not_use(line):
    assert not imported(*line) & HEAVY


@cache
def tree(path):
    return ast.parse(path.read_text("utf-8"))


def test_no_file_is_longer_than_four_hundred_lines():
    long = {str(path): lines for path in FILES if (lines := len(path.read_text("utf-8").splitlines())) > 400}
    assert not long


def test_no_function_is_longer_than_sixty_lines():
    long = {
        f"{path.name}:{node.name}": node.end_lineno - node.lineno + 1
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > 60
    }
    assert not long


def test_every_module_says_what_it_is_for():
    assert not [str(path) for path in FILES if not ast.get_docstring(tree(path))]


@given(
    st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20).filter(
        lambda text: not text.isdigit()
    )
)
def test_the_two_rooms_that_fold_hashtags_fold_them_alike(text):
    try:
        folded = values.hashtag(text)
    except ValueError:
        return
    assert folded == hashtags.key(text)


def test_the_hashes_are_of_what_is_pinned():
    """`dev.py lock` writes both files; who pins by hand must not forget the second."""
    root = PACKAGE.parent
    pins = [line for line in (root / "constraints.txt").read_text().splitlines() if "==" in line]
    hashed = [line.split(" ", 1) for line in (root / "hashes.txt").read_text().splitlines() if "==" in line]
    assert [pin for pin, _ in hashed] == pins
    assert all(rest.startswith("--hash=sha256:") for _, rest in hashed)
