"""Tables of people: every spreadsheet's way of writing them, every way of breaking them, and back out again."""

import codecs
import csv
import io
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndicate.consent.addresses import AddressError, clean
from syndicate.consent.table import Note, Reject, Row, TableError, Writer, read, safe_cell, write


def people(content, **options):
    data = content if isinstance(content, bytes) else content.encode()
    return list(read(io.BytesIO(data), **options))


def rows(content):
    return [(item.line, item.address.key, item.languages) for item in people(content) if isinstance(item, Row)]


def rejects(content):
    return [(item.line, item.raw, item.reason) for item in people(content) if isinstance(item, Reject)]


def notes(content):
    return " ".join(item.text for item in people(content) if isinstance(item, Note))


TWO = [(2, "a@example.org", "sq"), (3, "b@example.org", "sq+en")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1250", "windows-1252"]
)
def test_dialects_and_encodings(delimiter, ending, encoding):
    text = ending.join(["Adresë;Gjuhë;Qyteti", "a@example.org;shqip;Durrës", "B@example.org;sq+en;Çorovodë"])
    data = text.replace(";", delimiter).encode(encoding)
    found = people(data)
    assert rows(data) == TWO
    assert [item.extra["Qyteti"] for item in found if isinstance(item, Row)] == ["Durrës", "Çorovodë"]


def test_utf_16_with_the_other_mark():
    assert rows(codecs.BOM_UTF16_BE + "email,lang\na@example.org,sq\nb@example.org,sq+en".encode("utf-16-be")) == TWO


@pytest.mark.parametrize(
    ("name", "encoding"), [("Đorđević,Čabej,Čelić", "windows-1250"), ("Irène,Nicolò,Città", "windows-1252")]
)
def test_which_windows_encoding(name, encoding):
    data = f"email,a,b,c\na@example.org,{name}\n".encode(encoding)
    (row,) = [item for item in people(data) if isinstance(item, Row)]
    assert ",".join(row.extra.values()) == name
    assert encoding in notes(data)


def test_two_encodings_in_one_file():
    data = "email,qyteti\na@example.org,Durrës\n".encode() + "b@example.org,Vlorë\n".encode("windows-1252")
    assert [item.extra["qyteti"] for item in people(data) if isinstance(item, Row)] == ["Durrës", "Vlorë"]
    assert "Lines that are not in UTF-8" in notes(data)


@pytest.mark.parametrize(
    "header",
    [
        "email,language", "E-mail,Gjuha", "EMAIL ADDRESS,Lang", "Adresa,gjuhët", "adresa e e-mailit,GJUHË", "address,languages",
        "Posta elektronike,language", '"e-mail","language"', " email , language ",
    ],
)  # fmt: skip
def test_headers(header):
    assert rows(f"{header}\na@example.org,sq\nb@example.org,sq+en\n") == TWO


HEADLESS = [
    ("a@example.org\nb@example.org", [(1, "a@example.org", ""), (2, "b@example.org", "")]),
    ("a@example.org;sq\nb@example.org;en", [(1, "a@example.org", "sq"), (2, "b@example.org", "en")]),
    ("Arta,a@example.org,sq\nBesa,b@example.org,en", [(1, "a@example.org", "sq"), (2, "b@example.org", "en")]),
    ("a@example.org;sq,en\nb@example.org;sq,en", [(1, "a@example.org", "sq+en"), (2, "b@example.org", "sq+en")]),
    ("sep=;\na@example.org;sq", [(2, "a@example.org", "sq")]),
    ("sep=;\nemail;gjuha\na@example.org;sq", [(3, "a@example.org", "sq")]),
    ("\n\nemail;gjuha\n\na@example.org;sq\n;\n  ;  \n", [(5, "a@example.org", "sq")]),
    ("Lista jonë\n2026\nemail;gjuha\na@example.org;sq", [(4, "a@example.org", "sq")]),
    ("Kontakti;Gjuha\na@example.org;sq", [(2, "a@example.org", "sq")]),
    ("adresa;email\nRruga e Kavajës;a@example.org", [(2, "a@example.org", "")]),
    ("email;adresa\na@example.org;Rruga e Kavajës", [(2, "a@example.org", "")]),
    ("email", []),
    ("Arta Hoxha <a@example.org>\nb@example.org", [(1, "a@example.org", ""), (2, "b@example.org", "")]),
]


@pytest.mark.parametrize(("content", "expected"), HEADLESS)
def test_header_or_none(content, expected):
    assert rows(content) == expected
    assert rejects(content) == []


def test_a_bad_first_row_is_no_header():
    content = "Abonentët\nnobody,sq\na@example.org,sq\n"
    assert rows(content) == [(3, "a@example.org", "sq")]
    assert [line for line, _, _ in rejects(content)] == [2]
    assert "1 line above" in notes(content)


@pytest.mark.parametrize("content", ["emri,mosha\nArta,30\n", "x\n", "%PDF-1.7\n\x00\x01\x02", "a" * 200_000])
def test_no_addresses_at_all(content):
    with pytest.raises(TableError, match="address"):
        people(content)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "  \n \r\n"])
def test_empty(content):
    (note,) = people(content)
    assert "empty" in note.text


def test_names_are_ignored_with_a_note():
    content = "emri,mbiemri,email,mosha\nArta,Hoxha,a@example.org,30\n"
    (row,) = [item for item in people(content) if isinstance(item, Row)]
    assert dict(row.extra) == {"mosha": "30"}
    assert "Names are not kept: emri, mbiemri" in notes(content)
    assert "mosha" in notes(content)


def test_lists():
    (row,) = [item for item in people("email,lista\na@example.org,lajme; raporte\n") if isinstance(item, Row)]
    assert row.lists == ("lajme", "raporte")


LANGUAGES = [
    ("", ""), ("sq", "sq"), ("SQ", "sq"), ("Shqip", "sq"), ("albanian", "sq"), ("sq-AL", "sq"), ("sq_AL", "sq"),
    ("anglisht", "en"), ("English", "en"), ("en-GB", "en"), ("eng", "en"), ("sq+en", "sq+en"), ("en+sq", "en+sq"),
    ("shqip dhe anglisht", "sq+en"), ("English and Albanian", "en+sq"), ("en / sq", "en+sq"), ("sq en", "sq+en"),
    ("të dyja", "sq+en"), ("both", "sq+en"), ("sq+sq", "sq"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "languages"), LANGUAGES)
def test_languages(cell, languages):
    assert rows(f"email;gjuha\na@example.org;{cell}\n") == [(2, "a@example.org", languages)]


@pytest.mark.parametrize("cell", ["fr", "sq+fr", "1", "klingon", "+", "sqq", "english language"])
def test_unknown_languages(cell):
    ((line, raw, reason),) = rejects(f"email;gjuha\na@example.org;{cell}\n")
    assert (line, raw) == (2, f"a@example.org;{cell}")
    assert "sq, en, sq+en" in reason
    assert cell in reason


def test_only_the_sites_languages():
    found = people("email;gjuha\na@example.org;en\nb@example.org;mk\n", languages=["sq", "mk"])
    assert [type(item) for item in found] == [Reject, Row]


BROKEN = [
    ("a@example.org", "artë@example.org", "letters beyond"),
    ("a@example.org", "nobody", "no mail address"),
    ("a@example.org", "a\0@example.org,sq", "NUL"),
    ("a@example.org", "Hoxha, Arta,c@example.org", "3 cells"),
    ("a@example.org", "c@example.org,sq,x", "3 cells where the table has 2"),
    ("a@example.org", '"c@example.org,sq', "never closed"),
    ("a@example.org", 'c@example.org,"sq', "never closed"),
    ("a@example.org", "c@example.org " + "x" * 20_000, "longer than"),
    ("a@example.org", "c@example.org " + "x" * 300_000, "longer than"),
    ("a@example.org", ",sq", "no address here"),
    ("a@example.org", "c@example.org;d@example.org,sq", "more than one"),
]


@pytest.mark.parametrize(("before", "bad", "reason"), BROKEN)
@pytest.mark.parametrize("quoted", [False, True])
def test_a_bad_row_is_told_and_the_next_one_read(before, bad, reason, quoted):
    first, last = (f'"{before}","sq"', '"z@example.org","en"') if quoted else (f"{before},sq", "z@example.org,en")
    content = f"email,gjuha\n{first}\n{bad}\n{last}\n"
    assert rows(content) == [(2, "a@example.org", "sq"), (4, "z@example.org", "en")]
    ((line, raw, said),) = rejects(content)
    assert line == 3
    assert raw == bad[: len(raw)]
    assert len(raw) >= min(len(bad), 60_000)
    assert reason in said


def test_short_rows_do():
    assert rows("email,gjuha,lista\na@example.org\n") == [(2, "a@example.org", "")]
    ((_, _, reason),) = rejects("gjuha,email\nsq\n\nen,a@example.org")
    assert "1 cells" in reason


def test_cells_over_several_lines_and_unclosed_ones():
    content = (
        'email,shënim,gjuha\na@example.org,"dy\nrreshta, ""po""",sq\nb@example.org,"hapur,en\nc@example.org,x,en\n'
    )
    content += 'd@example.org,"y",sq\n' + "e@example.org,x,en\n" * 40 + 'f@example.org,"z\n'
    found = rows(content)
    assert found[0] == (2, "a@example.org", "sq")
    assert [key for _, key, _ in found[1:]] == ["c@example.org", "d@example.org", *["e@example.org"] * 40]
    assert found[1][0] == 5
    assert [line for line, _, _ in rejects(content)] == [4, 47]
    assert next(item.extra["shënim"] for item in people(content) if isinstance(item, Row)) == 'dy\nrreshta, "po"'


@pytest.mark.parametrize("state", ["unsubscribed", "Çregjistruar", "cleaned", "Bounced", "complaint"])
def test_who_the_table_says_left_is_not_brought_back(state):
    content = f"email,statusi\na@example.org,{state}\nb@example.org,confirmed\n"
    assert rows(content) == [(3, "b@example.org", "")]
    assert "not brought back" in rejects(content)[0][2]


@pytest.mark.parametrize("state", ["pending", "Unconfirmed", "Në pritje", "i pakonfirmuar"])
def test_who_the_table_says_waits_is_marked(state):
    content = f"email,statusi\na@example.org,{state}\nb@example.org,confirmed\nc@example.org,\n"
    assert [item.pending for item in people(content) if isinstance(item, Row)] == [True, False, False]


def test_columns_that_nobody_needs_can_be_dropped():
    content = "email,mosha,gjuha\na@example.org,30,sq\n"
    found = people(content, extra=False)
    (row,) = [item for item in found if isinstance(item, Row)]
    assert (row.extra, row.languages) == ({}, "sq")
    assert "mosha" in " ".join(item.text for item in found if isinstance(item, Note)), "but it is told"


def test_rows_can_be_written_one_by_one():
    out, whole = io.BytesIO(), io.BytesIO()
    table = Writer(out, ("line", "raw"), bom=True)
    table.row(("1", '=x,"y"'))
    assert write(whole, ("line", "raw"), [("1", '=x,"y"')], bom=True) == table.count == 1
    assert out.getvalue() == whole.getvalue() == b'\xef\xbb\xbfline,raw\r\n1,"\'=x,""y"""\r\n'


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "'=1",
    "''=1",
    "  =1",
    "' =1",
    "''x",
    "=cmd|'/C calc'!A0",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_computes(text):
    assert safe_cell(text).startswith(f"'{text[:1]}")
    assert safe_cell(f"a;{text}").split(";", 1)[1].lstrip()[0] == "'"


@pytest.mark.parametrize("text", ["", "a", "O'Neil", "'quoted'", "a=b", "a-b", "1,5", "ç'kemi", "sq+en"])
def test_harmless_cells_stay(text):
    assert safe_cell(text) == text


ATEXT = st.text("abzAZ019!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=20)


@given(st.lists(st.builds("{}@Mail.example.org".format, ATEXT), min_size=1, max_size=20), st.booleans())
@example(["=cmd|'/C@example.org", "'+x@example.org", "''@example.org", "-@example.org", "'a@example.org"], True)
def test_export_and_import_give_the_same_addresses(texts, bom):
    before = []
    for text in texts:
        try:
            before.append(clean(text))
        except AddressError:
            continue
    out = io.BytesIO()
    count = write(out, ["address", "languages"], ([address.display, "sq+en"] for address in before), bom=bom)
    assert count == len(before)
    found = [item for item in people(out.getvalue()) if not isinstance(item, Note)]
    assert [(item.address, item.languages) for item in found] == [(address, "sq+en") for address in before]


@given(st.lists(st.lists(st.text(max_size=30), min_size=2, max_size=2), max_size=5))
def test_whatever_is_written_is_one_table_and_computes_nothing(cells):
    cells = [[text.replace("\0", "") for text in row] for row in cells]
    out = io.BytesIO()
    write(out, ["line", "raw"], cells, bom=True)
    text = out.getvalue().decode("utf-8-sig")
    back = list(csv.reader(io.StringIO(text, newline="")))
    assert len(back) == len(cells) + 1
    for row in back:
        for cell in row:
            assert cell.lstrip(" ")[:1] not in set("=+-@\t\r\n＝＋－＠")


@given(st.binary(max_size=300))
@example(b'a@b.al,\x0c\x00\n"""')
def test_junk_never_breaks_it(junk):
    for data in (junk, b"email,gjuha\na@example.org,sq\n" + junk, b"\xff\xfe" + junk):
        try:
            found = people(data)
        except TableError:
            continue
        assert all(isinstance(item, Row | Reject | Note) for item in found)


@given(st.lists(st.sampled_from(['"', ",", "\n", "a@example.org", "sq", "x", "\r\n", ";"]), max_size=60))
def test_every_line_is_a_row_or_a_reject_or_blank(parts):
    content = "email,gjuha\n" + "".join(parts)
    accounted = {}
    for item in people(content):
        if isinstance(item, Row | Reject):
            assert item.line not in accounted
            accounted[item.line] = item
    for number, line in enumerate(content.splitlines()[1:], 2):
        if line == "a@example.org,sq":
            assert number in accounted or any('"' in above for above in content.splitlines()[1 : number - 1])


class Endless(io.RawIOBase):
    """A table of `count` rows, made as it is read, in pieces of odd sizes."""

    def __init__(self, count):
        self.rows = (f"person{at}@mail{at % 50}.org,sq,note {at}\n".encode() for at in range(count))
        self.rest = b"email,language,other\n"

    def readable(self):
        return True

    def read(self, size=-1):
        while len(self.rest) < 40_001 and (row := next(self.rows, None)):
            self.rest += row
        piece, self.rest = self.rest[: min(size, 40_001)], self.rest[min(size, 40_001) :]
        return piece


def test_memory_is_bounded():
    def peak(count):
        tracemalloc.start()
        found = sum(isinstance(item, Row) for item in read(Endless(count)))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found == count
        return top

    peak(10)
    assert peak(12_000) < 1.5 * peak(3_000) + 50_000
