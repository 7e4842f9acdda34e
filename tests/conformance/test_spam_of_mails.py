"""SpamAssassin, where it is installed: no variant scores above zero."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from compose.newsroom import BEGIN, newsletter, site
from conformance.conftest import NAMES

from syndicate.compose import copy, letter, writer
from syndicate.models import Edition, EditionVariant

ASSASSIN = shutil.which("spamassassin")


def mail(variants: dict[str, EditionVariant], name: str) -> bytes:
    edition = Edition("monthly-7", "monthly", 7, "approved", BEGIN, (), tuple(variants.values()), "d", BEGIN)
    shared = letter(edition, variants[name], list=newsletter(), site=site())
    mine = copy(
        "0123456789abcdef", "reader@example.net", list=newsletter(), leave_url="https://lajme.example.org/leave/abc.def",
        leave_mailto="zyra@example.org", preferences_url=None,
    )  # fmt: skip
    return writer(shared)(mine)


@pytest.mark.skipif(ASSASSIN is None, reason="spamassassin is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_no_mail_is_taken_for_spam(variants: dict[str, EditionVariant], name: str) -> None:
    done = subprocess.run(
        [str(ASSASSIN), "--local", "--test-mode"],
        input=mail(variants, name),
        capture_output=True,
        timeout=120,
        check=True,
    )
    told = done.stdout.decode("utf-8", "replace")
    score = re.search(r"^X-Spam-Status:.*?score=(-?[\d.]+)", told, re.MULTILINE | re.DOTALL)
    assert score is not None
    assert float(score[1]) <= 0, told


@pytest.mark.parametrize("name", NAMES)
def test_what_costs_points_is_avoided(variants: dict[str, EditionVariant], name: str) -> None:
    """The rules that newsletters break most: they hold with or without the program."""
    source = mail(variants, name).decode("ascii")
    head, _, body = source.partition("\r\n\r\n")
    assert all(
        re.search(rf"^{header}:", head, re.MULTILINE) for header in ("Date", "Message-ID", "From", "To", "Subject")
    )
    assert max(map(len, body.split("\r\n"))) <= 76
    one = variants[name]
    assert len(one.text) > len(re.sub(r"<[^>]*>", "", one.html)) / 10
    assert f"<title>{one.subject}</title>" in one.html
    assert "color:#ffffff;max-height" not in one.html.replace(" ", "")
