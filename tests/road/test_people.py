"""People: who may be mailed, on whose word, in which language; and who never comes back."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from road.road_site import Home, Said

EVIDENCE = ["--evidence", "signed at the fair"]


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], str]:
    """Writes a CSV file and gives its path."""

    def write(text: str, name: str = "people.csv") -> str:
        (tmp_path / name).write_text(text, "utf-8")
        return str(tmp_path / name)

    return write


def add(home: Home, address: str, *more: str) -> Said:
    return home.run("subscribers", "add", "newsletter", address, *more)


def standings(home: Home) -> dict[str, tuple[str, str]]:
    found = home.json("subscribers", "list", "newsletter")["subscribers"]
    return {one["address"]: (one["language"], one["state"]) for one in found}


def events(home: Home, address: str) -> list[tuple[str, str, str]]:
    found = home.json("subscribers", "show", address)["history"]
    return [(one["event"], one["how"], one["evidence"]) for one in found]


def import_(home: Home, file: str, *more: str) -> dict[str, Any]:
    found: dict[str, Any] = home.json("subscribers", "import", "newsletter", file, *more)
    assert found["rows"] == sum(found[name] for name in ("added", "updated", "unchanged", "rejected", "refused"))
    return found


def counts(found: dict[str, Any]) -> tuple[int, ...]:
    return tuple(found[name] for name in ("added", "updated", "unchanged", "rejected", "refused"))


# ---------------------------------------------------------------- one by one


def test_without_evidence_somebody_is_pending(home: Home) -> None:
    said = add(home, "Arta@Example.org", "--language", "sq").fine()
    assert "pending" in said.out
    assert "No mail goes to them" in said.out
    assert standings(home) == {"Arta@example.org": ("sq", "pending")}
    add(home, "arta@example.org", "--language", "sq+en", *EVIDENCE).fine()
    assert standings(home) == {"Arta@example.org": ("sq+en", "confirmed")}
    assert events(home, "ARTA@example.ORG")[-1] == ("confirmed", "operator", "signed at the fair")
    assert "already" in add(home, "arta@example.org", "--language", "sq+en", *EVIDENCE).fine().out
    assert home.json("subscribers", "list")["lists"] == [
        {"id": "newsletter", "confirmed": 1, "pending": 0, "unsubscribed": 0}
    ]


WRONG = [
    (["newsleter", "a@example.org"], ["newsleter", "newsletter"]),
    (["newsletter", "a@example.org", "--language", "de"], ["de", "sq, en"]),
    (["newsletter", "a@example.org", "--language", "sq+sq"], ["sq+sq"]),
    (["newsletter", "nobody"], ["address"]),
    (["newsletter", "a@b@c.org"], ["address"]),
    (["newsletter", "a@example.org, b@example.org"], ["more than one"]),
    (["newsletter", "ë@example.org"], ["@"]),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_wrong_use_names_what_is_right(home: Home, arguments: list[str], said: list[str]) -> None:
    result = home.run("subscribers", "add", *arguments)
    assert (result.status, result.out) == (2, "")
    assert all(word in result.err for word in said)
    assert "should not" not in result.err
    assert home.json("subscribers", "list")["lists"][0]["pending"] == 0


def test_who_is_removed_stays_away(home: Home, table: Callable[[str], str]) -> None:
    add(home, "a@example.org", *EVIDENCE).fine()
    home.run("subscribers", "remove", "newsletter", "A@example.org").fine()
    assert standings(home)["a@example.org"][1] == "unsubscribed"
    for again in (add(home, "a@example.org"), add(home, "a@example.org", *EVIDENCE)):
        assert again.status == 2
        assert "Not added" in again.err
    found = import_(home, table("email\na@example.org\nb@example.org\n"), *EVIDENCE)
    assert counts(found) == (1, 0, 0, 0, 1)
    assert standings(home)["a@example.org"][1] == "unsubscribed"
    assert home.run("subscribers", "remove", "newsletter", "a@example.org").status == 2
    assert home.run("subscribers", "remove", "newsletter", "nobody@example.org").status == 2
    assert [event for event, _, _ in events(home, "a@example.org")][-1] in {"removed", "unsubscribed"}
    dossier = home.json("subscribers", "show", "a@example.org")
    assert [(one["kind"], one["list"]) for one in dossier["suppressions"]] == [("unsubscribe", "newsletter")]


def test_leaving_one_list_is_not_leaving_another(home: Home) -> None:
    text = (home.root / "subscribers/newsletter.toml").read_text("utf-8")
    home.write("subscribers/partners.toml", text)
    add(home, "a@example.org", *EVIDENCE).fine()
    home.run("subscribers", "add", "partners", "a@example.org", *EVIDENCE).fine()
    home.run("subscribers", "remove", "newsletter", "a@example.org").fine()
    (other,) = home.json("subscribers", "list", "partners")["subscribers"]
    assert other["state"] == "confirmed"


def test_nothing_is_known_of_a_stranger(home: Home) -> None:
    result = home.run("subscribers", "show", "stranger@example.org")
    assert (result.status, result.out) == (2, "")


def test_no_address_stands_outside_its_own_table(home: Home) -> None:
    """Every other table knows a person by an opaque id or a keyed hash."""
    add(home, "arta.address@example.org", *EVIDENCE).fine()
    home.run("subscribers", "remove", "newsletter", "arta.address@example.org").fine()
    with closing(sqlite3.connect(home.database)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = {
            name for name in tables for row in database.execute(f"SELECT * FROM {name}") if "arta.address" in str(row)
        }
    assert holding == {"subscribers"}


def test_who_is_added_without_evidence_is_invited_once(home: Home) -> None:
    assert home.json("subscribers", "add", "newsletter", "a@example.org")["invited"] is True
    assert home.json("subscribers", "add", "newsletter", "a@example.org")["invited"] is False
    assert home.json("subscribers", "add", "newsletter", "b@example.org", *EVIDENCE)["invited"] is False
    (letter,) = home.json("subscribers", "show", "a@example.org")["letters"]
    assert (letter["kind"], letter["lists"], letter["sent"]) == ("invite", "newsletter", None)


def test_forgetting_says_what_it_keeps_and_leaves_no_trace(home: Home) -> None:
    add(home, "arta.address@example.org", "--evidence", "arta.address wrote to us").fine()
    asked = home.run("subscribers", "forget", "arta.address@example.org")
    assert (asked.status, asked.out) == (2, "")
    assert "--yes" in asked.err
    said = home.run("subscribers", "forget", "Arta.Address@example.org", "--yes").fine()
    assert "keyed hash" in said.out
    assert "consent log" in said.out
    for file in (home.root / "var").rglob("*"):
        assert file.is_dir() or b"arta.address" not in file.read_bytes(), file
    again = home.json("subscribers", "forget", "arta.address@example.org", "--yes")
    assert (again["known"], again["provider"]) == (False, "")
    assert "forgotten" in add(home, "arta.address@example.org", *EVIDENCE).err
    shown = home.run("subscribers", "show", "arta.address@example.org").fine()
    assert "no mail: forgotten" in shown.out
    unknown = home.json("subscribers", "forget", "stranger@example.org", "--yes")
    assert unknown["known"] is False
    assert add(home, "stranger@example.org", *EVIDENCE).status == 2
    assert home.run("subscribers", "forget", "no address", "--yes").status == 2


def test_mails_in_the_outbox_go_with_the_person(published: Home) -> None:
    for address in ("arta.address@example.org", "besa@example.org"):
        add(published, address, *EVIDENCE).fine()
    published.run("newsletter", "draft", "newsletter").fine()
    published.run("newsletter", "approve", "newsletter").fine()
    published.run("newsletter", "send", "newsletter", "--yes").fine()
    assert len(published.mails()) == 2
    told = published.json("subscribers", "show", "arta.address@example.org")
    assert [one["edition"] for one in told["deliveries"]] == ["newsletter-1"]
    done = published.json("subscribers", "forget", "arta.address@example.org", "--yes")
    assert (done["mails"], done["deliveries"]) == (1, 1)
    (left,) = published.mails()
    assert b"besa@example.org" in left.read_bytes()
    status = published.json("newsletter", "status", "newsletter")["edition"]
    assert (status["audience"], status["balanced"]) == (2, True)


def test_the_lists_and_how_many_stand_on_each(home: Home) -> None:
    add(home, "a@example.org", *EVIDENCE).fine()
    assert home.json("subscribers", "lists") == home.json("subscribers", "list")
    assert "1 confirmed" in home.run("subscribers", "lists").fine().out


# ---------------------------------------------------------------- by file

MIXED = """Emri,E-mail,Gjuha
Arta,arta@example.org,shqip
Besa,besa@example.org,English
Cen,not an address,sq
Dita,ARTA@example.org,sq
Ema,,sq
Fatos,fatos@example.org,
Gent,gent@example.org,klingon
"""


def test_bad_rows_are_told_and_the_rest_go_in(home: Home, table: Callable[[str], str]) -> None:
    file = table(MIXED)
    dry = import_(home, file, "--dry-run", *EVIDENCE)
    assert dry["rejects_file"] is None
    assert standings(home) == {}
    assert not Path(file).with_name("rejects.csv").exists()
    real = import_(home, file, *EVIDENCE)
    assert counts(real) == counts(dry)
    assert standings(home) == {
        "arta@example.org": ("sq", "confirmed"), "besa@example.org": ("en", "confirmed"),
        "fatos@example.org": ("sq", "confirmed"),
    }  # fmt: skip
    rejects = Path(real["rejects_file"])
    assert rejects.stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(io.StringIO(rejects.read_text("utf-8-sig"))))
    assert [row["line"] for row in rows] == ["4", "5", "6", "8"]
    assert all(row["reason"] for row in rows)
    assert events(home, "arta@example.org") == [("confirmed", "import", "signed at the fair")]


def test_the_same_file_again_changes_nothing(home: Home, table: Callable[[str], str]) -> None:
    file = table("email,language\n" + "".join(f"p{n}@example.org,{('sq', 'en')[n % 2]}\n" for n in range(1200)))
    assert counts(import_(home, file, *EVIDENCE)) == (1200, 0, 0, 0, 0)
    assert counts(import_(home, file, *EVIDENCE)) == (0, 0, 1200, 0, 0)
    assert counts(import_(home, file)) == (0, 0, 1200, 0, 0), "without evidence nobody becomes less than confirmed"
    assert len(events(home, "p7@example.org")) == 1
    assert set(standings(home).values()) == {("sq", "confirmed"), ("en", "confirmed")}


def test_an_import_without_evidence_confirms_nobody(home: Home, table: Callable[[str], str]) -> None:
    said = home.run("subscribers", "import", "newsletter", table("email\na@example.org\n")).fine()
    assert "pending" in said.out
    assert standings(home) == {"a@example.org": ("sq", "pending")}
    assert counts(import_(home, table("email\na@example.org\n"), *EVIDENCE)) == (0, 1, 0, 0, 0)
    assert standings(home) == {"a@example.org": ("sq", "confirmed")}


BAD_FILES = [("Emri,Telefoni\nArta,0691\n", "address"), ("", ""), ("\n\n", "")]


@pytest.mark.parametrize(("text", "said"), BAD_FILES)
def test_a_file_without_addresses(home: Home, table: Callable[[str], str], text: str, said: str) -> None:
    result = home.run("subscribers", "import", "newsletter", table(text), *EVIDENCE)
    assert "should not have happened" not in result.err
    assert said in result.err
    assert standings(home) == {}
    assert home.run("subscribers", "import", "newsletter", "no-such.csv").status == 2


def test_what_is_exported_can_be_imported_elsewhere(
    make_home: Callable[..., Home], home: Home, tmp_path: Path, table: Callable[[str], str]
) -> None:
    import_(home, table("email,language\na@example.org,sq\nb@example.org,en\nc@example.org,en+sq\n"), *EVIDENCE)
    add(home, "=cmd@example.org", "--language", "en", *EVIDENCE)
    add(home, "p@example.org")
    home.run("subscribers", "remove", "newsletter", "b@example.org").fine()
    file = tmp_path / "export.csv"
    home.run("subscribers", "export", "newsletter", str(file)).fine()
    assert file.stat().st_mode & 0o777 == 0o600
    assert home.run("subscribers", "export", "newsletter").fine().out.encode() == file.read_bytes()
    assert not any(line.startswith(("=", "+", "-", "@")) for line in file.read_text("utf-8").splitlines())
    other = make_home(name="other")
    found = import_(other, str(file), *EVIDENCE)
    gone = {"b@example.org"}
    before = {address: reads for address, (reads, _) in standings(home).items()}
    assert {address: reads for address, (reads, _) in standings(other).items() if address not in gone} == {
        address: reads for address, reads in before.items() if address not in gone
    }
    assert standings(other).get("b@example.org", ("", "unsubscribed"))[1] == "unsubscribed", (
        "who left there is not mailed here"
    )
    assert found["rows"] == len(before)


def test_the_list_shows_who_is_not_mailed_although_confirmed(home):
    for address in ("arta@example.org", "besa@example.org"):
        home.run(
            "subscribers", "add", "newsletter", address, "--language", "sq", "--evidence", "a form on paper"
        ).fine()
    event = {"event": "bounce", "type": "bounce", "bounce_classification": "Invalid Address", "status": "5.1.1",
             "email": "besa@example.org", "timestamp": 1795824761, "sg_event_id": "e1"}  # fmt: skip
    file = home.root / "events.json"
    file.write_text(json.dumps([event]), encoding="utf-8")
    assert "1 person is not mailed any more" in home.run("events", "import", str(file)).fine().out
    found = home.json("subscribers", "list", "newsletter")["subscribers"]
    assert {one["address"]: one["suppressed"] for one in found} == {
        "arta@example.org": "",
        "besa@example.org": "bounce",
    }
    assert "no mail: bounce" in home.run("subscribers", "list", "newsletter").fine().out
