"""The mails that conformance is measured on: a fixed edition in every variant, and a browser to look at them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from compose.newsroom import ADDRESSES, parts, post, posts

from syndicate.compose import render_all
from syndicate.compose.items import Image
from syndicate.models import EditionVariant

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NAMES = ("sq", "en", "sq+en", "en+sq")
DISCREET = ("sq.discreet", "en.discreet", "sq+en.discreet", "sq.discreet-text")
TOOLS = Path(__file__).parent / "tools" / "node_modules"
"""What `npm ci` brings into tests/conformance/tools; `.ci/run` does so. Nothing is fetched by a test."""


@pytest.fixture(scope="session")
def variants() -> dict[str, EditionVariant]:
    """The edition: three posts in both languages, the first with its picture, and one in English alone."""
    return edition(NAMES)


@pytest.fixture(scope="session")
def discreet() -> dict[str, EditionVariant]:
    """The same edition for readers who chose discreet mail."""
    return edition(DISCREET)


def edition(names: tuple[str, ...]) -> dict[str, EditionVariant]:
    """The edition in these variants."""
    picture = Image("https://lajme.example.org/pictures/0.jpg", 1200, 675)
    given = parts(
        [*posts(3), post(3, languages=("en",))],
        addresses=replace(ADDRESSES, pictures={"p0": picture}),
        preferences=True,
    )
    return {variant.name: variant for variant in render_all(given, names)}
