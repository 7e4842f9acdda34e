"""Templates filled: escaping by name, the sandbox, folders over folders, and the file and line of what goes wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from syndicate.errors import TemplateError
from syndicate.models import Fill
from syndicate.words import Filler, filler, load

SHIPPED = Path(__file__).resolve().parents[2] / "templates"
WORDS = load([SHIPPED], ("sq", "en"), "Europe/Tirane")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.html").write_text("<p>{{ name }}</p>\n{{ say('sq', 'language.name') }}\n", "utf-8")
    (tmp_path / "mail.txt").write_text("{% if name %}\n{{ name }}\n{% endif %}\nend\n", "utf-8")
    (tmp_path / "wrong.html").write_text("one\n{% for x in name %}\n", "utf-8")
    (tmp_path / "undefined.html").write_text("one\n\n{{ nmae }}\n", "utf-8")
    (tmp_path / "words.html").write_text("one\n{{ say('en', 'no.such') }}\n", "utf-8")
    return tmp_path


def test_html_is_escaped_and_text_is_not(folder: Path) -> None:
    fill: Fill = filler([folder], WORDS)
    assert fill("page.html", name='<b> & "x"') == "<p>&lt;b&gt; &amp; &#34;x&#34;</p>\nShqip\n"
    assert fill("mail.txt", name="<b> & ë") == "<b> & ë\nend\n"


def test_text_given_is_escaped_when_told() -> None:
    fill = filler([], WORDS)
    assert fill.fill_text("{{ a }}", name="x.mjml", html=True, a="<") == "&lt;"
    assert fill.fill_text("{{ a }}", name="x.mjml", html=False, a="<") == "<"


def test_a_later_folder_stands_for_an_earlier_one(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    site = tmp_path_factory.mktemp("site")
    (site / "page.html").write_text("mine {{ name }}", "utf-8")
    fill = filler([folder, site], WORDS)
    assert fill("page.html", name="x") == "mine x"
    assert fill("mail.txt", name="x") == "x\nend\n"


@pytest.mark.parametrize(
    ("template", "where", "said"),
    [
        ("wrong.html", "wrong.html:2", "endfor"),
        ("undefined.html", "undefined.html:3", "'nmae' is undefined"),
        ("words.html", "words.html:2", "no.such"),
        ("absent.html", "there is no template", "absent.html"),
    ],
)
def test_what_goes_wrong_is_told_with_file_and_line(folder: Path, template: str, where: str, said: str) -> None:
    with pytest.raises(TemplateError) as caught:
        filler([folder], WORDS)(template, name="x")
    assert where in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ say.__globals__ }}",
        "{{ say.__self__.tables }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_templates_cannot_reach_into_python(source: str) -> None:
    with pytest.raises(TemplateError):
        filler([], WORDS).fill_text(source, name="x.txt", html=False)


@pytest.mark.parametrize("source", ["{{ 1 // 0 }}", "{{ 1 + 'a' }}", "{{ 'a'.b }}", "{{ {'a': 1}['b'] }}"])
def test_a_failing_expression_is_a_template_error(source: str) -> None:
    with pytest.raises(TemplateError, match=r"x\.txt:2"):
        filler([], WORDS).fill_text("one\n" + source, name="x.txt", html=False)


def test_a_line_before_compiling_is_told() -> None:
    with pytest.raises(TemplateError, match=r"mail\.mjml:40: 'nothing' is undefined"):
        filler([], WORDS).fill_text("<b>{#7\n#}{{ 1 }}</b>{#40\n#}{{ nothing }}", name="mail.mjml", html=True)


def test_a_template_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fill = filler([], WORDS)
    fill.fill_text("{{ a }}", name="x.txt", html=False, a=1)
    environment = fill._jinja
    monkeypatch.setattr(environment, "compile", lambda *_, **__: pytest.fail("compiled again"))
    assert fill.fill_text("{{ a }}", name="x.txt", html=False, a=2) == "2"


def test_loading_words_needs_neither_jinja_nor_babel() -> None:
    code = (
        "import sys; from pathlib import Path; from syndicate.words import load, filler\n"
        f"words = load([Path({str(SHIPPED)!r})], ('sq', 'en'), 'Europe/Tirane'); filler([], words)\n"
        "words.say('sq', 'mail.leave'); sys.exit(bool({'jinja2', 'babel'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_filler_is_what_the_rooms_are_promised() -> None:
    assert isinstance(filler([SHIPPED], WORDS), Filler)
