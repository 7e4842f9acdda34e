"""MJML compiled to a Jinja template, and the lint that says what MJML would pass over in silence."""

import re
from pathlib import Path

import pytest
from compose.newsroom import TEMPLATES, compiled, parts, post

from syndicate.compose import mjml
from syndicate.compose.render import render_all
from syndicate.compose.vocabulary import GIVEN
from syndicate.errors import TemplateError
from syndicate.words import filler, load

WORDS = load([TEMPLATES], ("sq", "en"), "Europe/Tirane")


def page(body: str, head: str = "") -> str:
    column = f"<mj-section><mj-column>\n{body}\n</mj-column></mj-section>"
    return f"<mjml>\n<mj-head>{head}</mj-head>\n<mj-body>\n{column}\n</mj-body>\n</mjml>\n"


def filled(body: str, **values: object) -> str:
    return filler([], WORDS).fill_text(mjml.compile(page(body), "x.mjml"), name="x.mjml", html=True, **values)


def test_the_shipped_template_is_without_complaint() -> None:
    assert mjml.lint((TEMPLATES / "newsletter.mjml").read_text("utf-8"), "newsletter.mjml") == []


def test_the_shipped_template_loads_nothing_and_hides_no_white_text() -> None:
    html = compiled()
    assert "fonts.googleapis" not in html
    assert not re.search(r"[^-]color:#ffffff", html)
    assert "<script" not in html
    assert "@import" not in html


@pytest.mark.parametrize(
    ("body", "values", "shown"),
    [
        ("<mj-text>{{ a }}</mj-text>", {"a": '<script>"&'}, "&lt;script&gt;&#34;&amp;"),
        ("<mj-text>{{ 'x' if 1 < 2 and 3 > 2 else 'y' }}</mj-text>", {}, ">x<"),
        (
            '<mj-text><a{% if a %} href="{{ a }}"{% endif %}>t</a></mj-text>',
            {"a": "https://e/?a=1&b=2"},
            'href="https://e/?a=1&amp;b=2"',
        ),
        ('<mj-image src="{{ a }}" alt="{{ \'"\' ~ a }}" />', {"a": 'x" onerror="y'}, "x&#34; onerror=&#34;y"),
        (
            "<mj-raw>{% for i in a %}</mj-raw><mj-text>n{{ i }}</mj-text><mj-raw>{% endfor %}</mj-raw>",
            {"a": [1, 2]},
            "n2",
        ),
        ("<mj-text>a {# nobody sees this #} b<br>c &nbsp; d</mj-text>", {}, "a  b<br>c &nbsp; d"),
    ],
)
def test_tags_survive_compiling(body: str, values: dict[str, object], shown: str) -> None:
    html = filled(body, **values)
    assert shown in html
    assert "jt0q" not in html
    assert 'onerror="y' not in html


def test_an_element_may_be_opened_in_one_raw_and_closed_in_another() -> None:
    source = "<mjml><mj-body><mj-raw><div lang='{{ language }}'></mj-raw><mj-section /><mj-raw></div></mj-raw></mj-body></mjml>"
    assert mjml.lint(source, "x.mjml") == []
    assert "<div lang='{#1\n#}{{ language }}'>" in mjml.compile(source, "x.mjml")


def test_an_error_while_filling_names_the_line_of_the_mjml_file() -> None:
    source = page("<mj-text>\n\n{{ fine }}\n{{ wrnog }}</mj-text>")
    line = source[: source.index("{{ wrnog")].count("\n") + 1
    with pytest.raises(TemplateError, match=rf"x\.mjml:{line}: 'wrnog' is undefined"):
        filler([], WORDS).fill_text(mjml.compile(source, "x.mjml"), name="x.mjml", html=True, fine=1)


@pytest.mark.parametrize(
    ("body", "key", "line", "said"),
    [
        ("<mj-txet>a</mj-txet>", "component", 5, "did you mean mj-text?"),
        ("<mj-text pading='1px'>a</mj-text>", "attribute", 5, "did you mean padding?"),
        ("<mj-text color='a' color='b'>a</mj-text>", "attribute", 5, "color twice"),
        ("<mj-image src='x' />", "alt", 5, "no alt text"),
        ("<mj-text>\n<img src='x'></mj-text>", "alt", 6, "no alt text"),
        ("<mj-include path='x' />", "component", 5, "write the included file out"),
        ("<mj-text>{{ a </mj-text>", "jinja", 5, "{{ is never closed"),
        ("<mj-text>\n{% if a }</mj-text>", "jinja", 6, "{% is never closed"),
        ("<mj-text><b>a</mj-text>", "nesting", 5, "<b> is not closed before </mj-text>"),
        ("<mj-text>a</b></mj-text>", "nesting", 5, "</b> closes nothing"),
        ("\n{% if a %}<mj-spacer />", "text", 6, "a tag into <mj-raw>"),
        ("lost words", "text", 5, "put it into <mj-text>"),
        ("<mj-text>jt7q</mj-text>", "jinja", 5, "write another word"),
        ("<mj-text>\n{{ subjekt }}</mj-text>", "placeholder", 6, "did you mean subject?"),
        ("<mj-text>\n\n{% if secions %}{% endif %}</mj-text>", "placeholder", 7, "did you mean sections?"),
        (
            "<mj-text>{{ say(langauge, 'mail.why', address=x.y|upper) }}</mj-text>",
            "placeholder",
            5,
            "did you mean language?",
        ),
    ],
)
def test_the_lint_tells_with_line(body: str, key: str, line: int, said: str) -> None:
    found = mjml.lint(page(body), "x.mjml")
    assert [(one.file, one.key, one.line) for one in found if said in one.message] == [("x.mjml", key, line)]


def test_the_lint_tells_of_styles_that_would_be_lost() -> None:
    source = page("<mj-text>a</mj-text>", "\n<mj-style inline='inline'>.a { color: red }</mj-style>")
    assert [(one.key, one.line) for one in mjml.lint(source, "x.mjml")] == [("style", 3)]


@pytest.mark.parametrize(
    "tag",
    [
        "{% for a, b in sections %}{{ a }}{{ b.c }}{% endfor %}", "{% set x, y = 1, 2 %}{{ x + y }}", "{# anything goes #}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1) }}",
        "{{ 'words in a string' }}", "{{ subject if number is defined else 'x' }}",
        "{{ sections|map(attribute='title')|join(', ') }}", "{% call once(language) %}{{ loop }}{% endcall %}",
    ],
)  # fmt: skip
def test_the_lint_knows_what_is_given_and_what_is_set(tag: str) -> None:
    assert mjml.lint(page(f"<mj-text>{tag}</mj-text>"), "x.mjml") == []


def test_the_lint_knows_exactly_what_a_newsletter_is_given() -> None:
    given: set[str] = set()

    def note(source: str, *, name: str, html: bool, **values: object) -> str:
        given.update(values)
        return ""

    render_all(parts([post(0)], fill_text=note), ("sq", "sq.discreet"))
    assert given == GIVEN


@pytest.mark.parametrize(
    "source",
    ["", "<mjml><mj-body>", "plain", page("<div>" * 20_000), page("<mj-text>{{ a</mj-text>"), page("<mj-tex/>")],
)
def test_what_cannot_compile_is_a_template_error(source: str) -> None:
    with pytest.raises(TemplateError, match=r"x\.mjml"):
        mjml.compile(source, "x.mjml")
    assert mjml.lint(source, "x.mjml")


def test_a_tag_that_mjml_drops_is_not_lost_in_silence() -> None:
    source = "<mjml>\n<mj-body>\n<mj-section colour='{{ a }}' />\n</mj-body></mjml>"
    with pytest.raises(TemplateError, match=r"x\.mjml:3: .*MJML drops \{\{ a \}\} here"):
        mjml.compile(source, "x.mjml")


def test_only_one_file_imports_mjml() -> None:
    folder = Path(mjml.__file__).parent
    assert [path.name for path in folder.glob("*.py") if "from mjml" in path.read_text("utf-8")] == ["mjml.py"]
