"""The pages: links lead somewhere, examples load, commands exist, made pages are current."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from architecture.house import DOCS, ROOT, blocks, name, pages
from penstock.cli import reference
from penstock.cli.root import VERBS, LazyGroup, penstock
from penstock.loading.parse import parse_file_sync
from penstock.model import states_page
from penstock.settings import Settings
from penstock_tui.__main__ import _parser
from penstock_tui.keys_page import keys_page

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PYTHON = [
    pytest.param(text, id=f"{page.name}:{line}")
    for page in (ROOT / "README.md", DOCS / "authoring.md", DOCS / "coming-from.md")
    for line, text in blocks(page, "python")
]
MADE = {"cli.md": reference.render, "keys.md": keys_page, "states.md": states_page.render}
PROMPT = re.compile(r"^\$ ")
ASSIGNMENT = re.compile(r"^\w+=\S*$")


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in LINK.findall(text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = page if not path else (page.parent / path)
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """Return the anchors that a renderer makes of the headings of *page*."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", sorted(MADE))
def test_made_pages_are_current(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == MADE[page]()


def test_every_verb_is_in_the_reference() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"### `penstock {verb}`" not in text] == []


@pytest.mark.parametrize("source", PYTHON)
def test_examples_load(source: str, tmp_path: Path) -> None:
    file = tmp_path / "dags" / "example.py"
    file.parent.mkdir()
    file.write_text(source)
    parsed = parse_file_sync(file, settings=Settings(home=tmp_path, dags_folder=file.parent))
    assert parsed.errors == ()
    assert parsed.dags
    assert [warning for dag in parsed.dags for warning in dag.warnings] == []


def test_there_are_examples() -> None:
    assert len(PYTHON) >= 12


@pytest.mark.parametrize("page", pages(), ids=name)
def test_commands_exist(page: Path) -> None:
    wrong = []
    for line, command in commands(page):
        try:
            look_up(command)
        except click.ClickException as error:
            wrong.append(f"{page.name}:{line}: {shlex.join(command)}: {error.format_message()}")
    assert wrong == []


def test_commands_are_looked_for() -> None:
    found = [command for _, command in commands(DOCS / "operating.md")]
    assert len(found) > 30
    assert {"up", "down", "why", "backfill", "doctor"} <= {
        command[1] for command in found if len(command) > 1
    }


def commands(page: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, words) of every call of penstock in the shell examples of *page*."""
    for start, text in blocks(page, "sh", "console"):
        for offset, raw in enumerate(text.replace("\\\n", " \n").splitlines(), 1):
            line = PROMPT.sub("", raw)
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            for words in parts(re.split(r"\s{2,}(?=[a-z#])", line)[0]):
                yield start + offset, words


def parts(line: str) -> Iterator[list[str]]:
    """Yield the simple commands of *line* that call penstock."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("|&;<>()"):
            while words and ASSIGNMENT.match(words[0]):
                words.pop(0)
            if words and words[0] == "penstock":
                yield words
            words = []
        else:
            words.append(word)


def look_up(words: list[str]) -> None:
    """Raise `click.UsageError` where *words* name a verb or an option that does not exist."""
    context = click.Context(penstock, info_name="penstock")
    command: click.Command = penstock
    rest = words[1:]
    if rest and rest[0] == "console":
        _parser().parse_args([word for word in rest[1:] if word != "..."])
        return
    while rest:
        word = rest.pop(0)
        known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
        if word.startswith("-") and word != "-":
            option = word.partition("=")[0]
            if option not in {*known, "-h", "--help"}:
                raise click.UsageError(f"no option {option}")
            if option in {"--host", "--home", "--confirm"} and "=" not in word and rest:
                rest.pop(0)
        elif isinstance(command, click.Group):
            inner = command.get_command(context, word)
            if inner is None and not (isinstance(command, LazyGroup) and word.startswith(("/", "~", "."))):
                raise click.UsageError(f"no verb {word}")
            command = inner or command
