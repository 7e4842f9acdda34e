"""How often a test draws: often enough to find what is wrong, and many times more with `dev.py test-all`."""

from __future__ import annotations

import os

ALL = os.environ.get("SYNDICATE_TEST_ALL") == "1"


def often(number: int) -> int:
    """So many examples of a property when all is tested, else a quarter."""
    return number if ALL else max(number // 4, 10)
