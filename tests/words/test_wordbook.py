"""What is said in which language: placeholders, plurals, dates, lists, overrides, and what is told when a file is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from syndicate.config import shipped_site
from syndicate.errors import SiteError, TemplateError
from syndicate.words import WordBook, load

SHIPPED = Path(__file__).resolve().parents[2] / "templates"
LATE = datetime(2022, 1, 26, 23, 30, tzinfo=UTC)


def book(*folders: Path, languages: tuple[str, ...] = ("sq", "en")) -> WordBook:
    return load([SHIPPED, *folders], languages, "Europe/Tirane")


def own(folder: Path, **files: str) -> Path:
    for language, text in files.items():
        (folder / f"words.{language}.toml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("language", "long"), [("sq", "27 janar 2022"), ("en", "27 January 2022"), ("de", "27. Januar 2022")]
)
def test_the_day_is_that_of_the_sites_zone_written_as_the_language_does(language: str, long: str) -> None:
    assert book().date(language, LATE) == long


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        book().date("en", datetime(2022, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("language", "items", "said"),
    [("sq", ["a", "b", "c"], "a, b dhe c"), ("en", ["a", "b", "c"], "a, b and c"), ("sq", ["a"], "a"), ("en", [], "")],
)
def test_lists(language: str, items: list[str], said: str) -> None:
    assert book().join(language, items) == said


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [("en", "sq", "anglisht"), ("sq", "en", "Albanian"), ("zz-ZZ", "en", "zz-ZZ"), ("und", "en", "Unknown language")],
)
def test_language_names(code: str, language: str, name: str) -> None:
    assert book().language_name(code, language) == name


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("sq", 1, "L: 1 shkrim i ri"),
        ("sq", 3, "L: 3 shkrime të reja"),
        ("en", 1, "L: 1 new post"),
        ("en", 0, "L: 0 new posts"),
        ("en", 1200, "L: 1,200 new posts"),
    ],
)
def test_count_chooses_the_plural(language: str, count: int, said: str) -> None:
    assert book().say(language, "mail.subject_count", list="L", count=count) == said


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is() -> None:
    assert book().say("en", "mail.subject", list="{title}", title="{0.__class__}") == "{title}: {0.__class__}"


def test_missing_values_and_keys_are_told() -> None:
    with pytest.raises(TemplateError, match=r"words\.en\.toml: mail\.subject: no value .* \{title\}"):
        book().say("en", "mail.subject", list="L")
    with pytest.raises(TemplateError, match=r"mail\.nothing"):
        book().say("en", "mail.nothing")
    with pytest.raises(TemplateError, match="no count"):
        book().say("en", "mail.subject_count", list="L")


def test_the_shipped_languages_say_the_same_things() -> None:
    words = book()
    assert words.gaps("sq") == [] == words.gaps("en")
    assert len(words.tables["sq"]) > 20


def test_every_shipped_string_is_used_by_a_template_or_the_code() -> None:
    root = SHIPPED.parent
    texts = [
        path
        for folder in ("templates", "syndicate")
        for path in (root / folder).rglob("*")
        if path.suffix in (".py", ".html", ".mjml", ".txt")
    ]
    used = "".join(path.read_text("utf-8") for path in texts)
    keys = [key for key in book().tables["en"] if key.split(".")[0] in ("mail", "helpline", "language")]
    assert [key for key in keys if f"'{key}'" not in used and f'"{key}"' not in used] == []


def test_a_sites_words_stand_over_the_shipped_ones_key_by_key(tmp_path: Path) -> None:
    words = book(own(tmp_path, sq='[mail]\nread_on = "Më shumë"\n[own]\nhello = "Tungjatjeta, {name}"\n'))
    assert words.say("sq", "mail.read_on") == "Më shumë"
    assert words.say("sq", "mail.leave") == book().say("sq", "mail.leave")
    assert words.say("sq", "own.hello", name="A") == "Tungjatjeta, A"
    assert words.gaps("en") == ["own.hello"]


def test_a_language_without_words_speaks_the_sites_first(tmp_path: Path) -> None:
    words = book(own(tmp_path, mk='[language]\nname = "Македонски"\n'), languages=("sq", "en", "mk"))
    assert words.say("mk", "language.name") == "Македонски"
    assert words.say("mk", "mail.read_on") == words.say("sq", "mail.read_on")
    assert "mail.read_on" in words.gaps("mk")
    assert "language.name" not in words.gaps("mk")


def test_a_regions_language_reads_the_base_languages_file() -> None:
    assert book(languages=("sq-AL",)).say("sq-AL", "mail.partners") == "Partnerë"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[mail]\nread_on = "x\n', 2, ""),
        ('[mail]\n\nraed_on = "x"\n', 3, "did you mean mail.read_on?"),
        ('[mail]\nsubject = "{lst}: {title}"\n', 2, "unknown placeholder {lst}; this string can use: {list}, {title}"),
        ('[mail]\nsubject = "{list.x}"\n', 2, "plain name"),
        ('[mail]\nsubject = "{list"\n', 2, "expected"),
        ("[mail]\nread_on = 3\n", 2, "quotation marks"),
        ('[own]\nmany = { one = "x" }\n', 2, '"other"'),
        ('[own.many]\none = "x"\n', 1, '"other"'),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(SiteError) as caught:
        book(own(tmp_path, en=text))
    (complaint,) = caught.value.complaints
    assert (complaint.file, complaint.line) == (str(tmp_path / "words.en.toml"), line)
    assert said in complaint.message


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    own(tmp_path, en='[mail]\nraed_on = "x"\nread_on = 1\n', sq="[mail\n")
    (tmp_path / "words.mk.toml").write_bytes(b'[mail]\nread_on = "\xff"\n')
    with pytest.raises(SiteError) as caught:
        load([SHIPPED, tmp_path], ("sq", "en", "mk"), "Europe/Nowhere")
    assert len(caught.value.complaints) == 5
    assert {"UTF-8" in one.message for one in caught.value.complaints if one.file.endswith("mk.toml")} == {True}


def test_what_a_language_lacks_is_named(tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "words.it.toml").write_text('[mail]\nread_on = "Continua a leggere"\n', "utf-8")
    book = load([shipped_site() / "templates", folder], ("sq", "en", "it"), "Europe/Tirane")
    lacking = book.lacking()
    assert list(lacking) == ["it"], "ours are whole"
    assert "mail.leave" in lacking["it"]
    assert "mail.read_on" not in lacking["it"]
