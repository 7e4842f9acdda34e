"""SpamAssassin, where it is installed: no variant scores above zero."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from compose.newsroom import BEGIN, newsletter, site
from conformance.conftest import DISCREET, NAMES
from people.people_world import World

from syndicate import letters
from syndicate.compose import copy, letter, writer
from syndicate.models import Edition, EditionVariant

ASSASSIN = shutil.which("spamassassin")
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""A line that every spam filter takes for spam, so that one can see it work."""


def mail(variants: dict[str, EditionVariant], name: str) -> bytes:
    issue = Edition("monthly-7", "monthly", 7, "approved", BEGIN, (), tuple(variants.values()), "d", BEGIN)
    shared = letter(issue, variants[name], list=newsletter(), site=site())
    mine = copy(
        "0123456789abcdef", "reader@example.net", list=newsletter(), leave_url="https://lajme.example.org/leave/abc.def",
        leave_mailto="zyra@example.org", preferences_url=None,
    )  # fmt: skip
    return writer(shared)(mine)


def opt_in_mails(folder: Path) -> dict[str, bytes]:
    """The mails that ask people to confirm, in each language."""
    world = World(folder)
    found = {}
    for language in ("sq", "en"):
        world.ask(f"{language}@example.net", languages=language, form_language=language)
        letters.send_due(world.desk)
        (path,) = world.outbox.glob("*.eml")
        found[f"please confirm, {language}"] = path.read_bytes()
        path.unlink()
    return found


def scored(mails: dict[str, bytes]) -> dict[str, tuple[float, set[str]]]:
    """What each mail scores, and the rules that it hits. The program takes seconds to start, so it starts once for all."""
    box = b""
    for name, one in mails.items():
        box += b"From nobody Thu Nov 19 09:30:00 2026\nX-Which: " + name.encode() + b"\n"
        box += one.replace(b"\r\n", b"\n") + b"\n"
    command = [str(ASSASSIN), "--local", "--mbox", "--test-mode"]
    done = subprocess.run(command, input=box, capture_output=True, timeout=240, check=True)
    found = {}
    for told in done.stdout.decode("utf-8", "replace").split("\nFrom nobody "):  # in an order of its own
        which = re.search(r"^X-Which: (.*)$", told, re.MULTILINE)
        status = re.search(
            r"^X-Spam-Status:.*?score=(-?[\d.]+).*?tests=(.*?)autolearn=", told, re.MULTILINE | re.DOTALL
        )
        assert which is not None
        assert status is not None
        found[which[1]] = (float(status[1]), set(re.findall(r"\w+", status[2])))
    assert found.keys() == mails.keys()
    return found


@pytest.mark.skipif(ASSASSIN is None, reason="spamassassin is not installed")
def test_no_mail_is_taken_for_spam(
    variants: dict[str, EditionVariant], discreet: dict[str, EditionVariant], tmp_path: Path
) -> None:
    mails = {name: mail(variants, name) for name in NAMES} | {name: mail(discreet, name) for name in DISCREET}
    mails |= opt_in_mails(tmp_path / "site")
    mails["spam"] = b"From: a@example.net\nSubject: -\n\n" + GTUBE
    found = scored(mails)
    assert found.pop("spam")[0] > 0, "it lets everything pass"
    # One rule takes Albanian for a disguise: it counts how often e stands with dots. Newsletters make up for it as lists.
    score, rules = found.pop("please confirm, sq")
    assert score <= 1.0
    assert "MIXED_ES" in rules or score <= 0
    assert {name: hit for name, hit in found.items() if hit[0] > 0} == {}


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
