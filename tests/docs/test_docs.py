"""The docs say what is: every command and setting is there, the outputs are real, and every link leads somewhere."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
PICTURES = sorted((ROOT / "docs/pictures").glob("*.png"))
NOT_YET = {
    "forget",
    "fix",
    "case",
    "why",
    "suggest",
    "serve",
    "doctor",
    "report",
    "check",
}
"""Commands of the design that are not built: a page that tells the reader to type one is wrong."""


def load(name):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


console, commands = load("console"), load("commands")
REAL = [name for page, name in zip(PAGES, NAMES, strict=True) if console.begins_in(page.read_text("utf-8"))]


def typed():
    """Every line that a page gives the reader to type, with the page."""
    for page, name in zip(PAGES, NAMES, strict=True):
        text = page.read_text("utf-8")
        for line in re.findall(r"^\$ (syndicate .*)$", text, re.MULTILINE):
            yield name, line
        for line in re.findall(r"`(syndicate [a-z][^`]*)`", text):
            yield name, line


def called(line):
    """The words of a line that name a command, and its options."""
    words = [word for word in line.split()[1:] if word != "--site" and not word.startswith("mysite")]
    name = " ".join(words[:2]) if " ".join(words[:2]) in commands.commands() else words[0]
    return name, {word for word in words if word.startswith("--")}


# ---------------------------------------------------------------- what is told is there, and what is there is told


def test_the_page_of_commands_is_made_from_the_commands():
    page = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    assert page == commands.markdown(), "write it with `python docs/commands.py`"


def test_every_command_and_option_is_documented():
    page = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    found = commands.commands()
    assert len(found) > 20
    for name, (command, _) in found.items():
        section = page.partition(f"### `syndicate {name}")[2].partition("\n##")[0]
        assert command.help, name
        for parameter in command.params:
            for option in parameter.opts if parameter.param_type_name == "option" else []:
                assert f"`{option}`" in section or f"`{option}`" in page.partition("## Exit status")[0], (name, option)


def test_a_remark_on_an_exit_status_belongs_to_a_command():
    assert set(commands.STATUSES) <= set(commands.commands())


def test_every_command_prints_a_documented_shape():
    page = (ROOT / "docs/reference/json.md").read_text("utf-8")
    for name in commands.commands():
        assert re.search(rf"`{name}\b", page), name


def test_every_setting_is_documented():
    from syndicate.config import VARIABLES, keys

    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    assert all(f"`{doc.key}`" in page for doc in keys())
    assert all(f"`{name}`" in page for name in VARIABLES)


@pytest.mark.parametrize(("page", "line"), sorted(set(typed())))
def test_what_a_page_gives_to_type_exists(page, line):
    found = commands.commands()
    name, options = called(line)
    groups = {one.split()[0] for one in found if " " in one}
    assert name in found or line.split()[1] in groups | {"COMMAND"}, f"{page} names a command that is not there"
    if name in found:
        own = {option for parameter in found[name][0].params for option in parameter.opts}
        assert options <= own | {"--help"}, f"{page} names an option that is not there"


@pytest.mark.parametrize("name", NAMES)
def test_no_page_promises_a_command_that_is_not_built(name):
    text = (ROOT / name).read_text("utf-8")
    told = set(re.findall(r"`syndicate (?:\w+ )?(\w+)", text)) | set(
        re.findall(r"^\$ syndicate (\w+)", text, re.MULTILINE)
    )
    assert not told & (NOT_YET - {word for one in commands.commands() for word in one.split()})


# ---------------------------------------------------------------- outputs are real


@pytest.fixture(scope="module")
def stage():
    with console.stage() as here:
        yield here


@pytest.mark.parametrize("name", REAL)
def test_the_output_in_a_page_is_what_the_program_prints(stage, name):
    page = ROOT / name
    assert stage.told_today(page) == page.read_text("utf-8"), f"write it with `python docs/console.py {name}`"


def test_an_output_that_is_not_real_is_seen():
    assert console.agrees("12 posts, asked 2 seconds ago", "12  posts, asked 3 minutes ago")
    assert console.agrees("first\n…\nlast", "first\nmany\nmore\nlast")
    assert not console.agrees("12 posts", "13 posts")
    assert not console.agrees("12 posts", "12 posts, 1 lost")
    assert console.keys({"a": [{"b": 1}, {"c": None}]}) == {"", ".a", ".a[]", ".a[].b", ".a[].c"}
    assert console.shape_of('{"a": [1]}\n', 'a note\n{"a": [2, 3]}') == '{"a": [1]}\n'
    assert '"b"' in console.shape_of('{"a": [1]}\n', '{"a": [2, 3], "b": null}')


def test_a_page_is_written_anew_where_it_is_wrong():
    def answer(line):
        return f"{line} said 2\n"

    assert console.typed("$ one\nwrong\n$ two\ntwo said 2\n", answer) == "$ one\none said 2\n$ two\ntwo said 2\n"


# ---------------------------------------------------------------- links and pictures


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_somewhere(name):
    page = ROOT / name
    links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL))
    for link in links:
        target, _, heading = link.partition("#")
        if not link.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{name} links to {link}"
            assert not heading or heading in anchors(page.parent / target if target else page), (
                f"{name} links to {link}"
            )


def anchors(page):
    """The anchors that headings get, as code forges make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_readme():
    reached, todo = set(), {ROOT / "README.md"}
    while todo:
        page = todo.pop()
        reached.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text("utf-8"))
        todo |= {(page.parent / link).resolve() for link in links if "://" not in link} - reached
    assert set(PAGES) <= reached


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_shown_and_light_enough(picture):
    assert picture.stat().st_size < 150_000
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert f"docs/pictures/{picture.name}" in (ROOT / "README.md").read_text("utf-8")


def test_every_picture_has_words_for_who_does_not_see_it():
    for page in PAGES:
        assert all(alt.strip() for alt in re.findall(r"!\[([^\]]*)\]", page.read_text("utf-8"))), page.name


def test_the_pictures_are_those_that_the_script_takes():
    shots = re.findall(r'Shot\("([\w-]+)"', (ROOT / "docs/screenshots.py").read_text("utf-8"))
    assert sorted(shots) == [picture.stem for picture in PICTURES]


# ---------------------------------------------------------------- words that do not belong


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_folder_but_the_readers(name):
    folders = re.findall(r"(?<![\w.:/…-])/([a-z]+)/[\w-]", (ROOT / name).read_text("utf-8"))
    assert set(folders) <= {"home", "etc", "var", "public", "subscribers", "srv", "dev", "bin", "run"}
