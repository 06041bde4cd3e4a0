"""Which commands are plain words: everything else is bash's."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.supervisor.plain_command import without_shell, words

PLAIN = {
    "load.py": ["load.py"],
    "load.py --day 2026-01-15": ["load.py", "--day", "2026-01-15"],
    "  ./load.py\t-x \n": ["./load.py", "-x"],
    "psql -c 'select count(*) from flights'": ["psql", "-c", "select count(*) from flights"],
    'psql -c "select 1"': ["psql", "-c", "select 1"],
    "cp --to='a b'c": ["cp", "--to=a bc"],
    "cp '' \"\"": ["cp", "", ""],
    "cp 'two\nlines'": ["cp", "two\nlines"],
    "cp 'é'": ["cp", "é"],
    "cp if true": ["cp", "if", "true"],
    "cp a=b -+%@:,./_": ["cp", "a=b", "-+%@:,./_"],
    "true": ["true"],
    " false ": ["false"],
    "\n  cp a\n": ["cp", "a"],
}
NOT_PLAIN = [
    "",
    "  \n",
    "a | b",
    "a; b",
    "a && b",
    "a &",
    "a > b",
    "a < b",
    "a $HOME",
    'a "$HOME"',
    "a `b`",
    'a "`b`"',
    "a \\b",
    'a "\\b"',
    'a "b!"',
    "a *",
    "a [b]",
    "a ?",
    "a ~",
    "a {b,c}",
    "a #b",
    "a !b",
    "a ^b",
    "a 'b",
    'a "b',
    "a\nb",
    "a\n\n",
    "a\n  ",
    "a\r",
    "a\x0bb",
    "a\u00a0b",
    "é",
    "A=b c",
    "A+=b",
    "%1",
    "'cp' a",
    "c'p' a",
    '"" a',
    "echo a",
    "cd /tmp",
    "exec cp",
    "if a",
    "time a",
    "[ a",
    "true x",
    "false --help",
]


@pytest.mark.parametrize("command", PLAIN)
def test_words_that_mean_themselves(command: str) -> None:
    assert words(command) == PLAIN[command]


@pytest.mark.parametrize("command", NOT_PLAIN)
def test_what_bash_is_needed_for(command: str) -> None:
    assert words(command) is None


ENV = {"PATH": "/usr/bin:/bin"}


def test_bash_passes_on_its_own_three_variables() -> None:
    found = without_shell(["bash", "-c", "env"], {**ENV, "A": "1"})
    assert found is not None
    program, argv, env = found
    assert (program, argv) == ("/usr/bin/env", ["env"])
    assert env == {**ENV, "A": "1", "PWD": str(Path.cwd()), "SHLVL": "0", "_": "/usr/bin/env"}


@pytest.mark.parametrize(
    "more",
    [
        {"BASH_ENV": "/etc/profile"},
        {"BASH_FUNC_env%%": "() { echo mine; }"},
        {"BASHOPTS": "extglob"},
        {"SHELLOPTS": "xtrace"},
        {"POSIXLY_CORRECT": "1"},
        {"LC_ALL": "nowhere"},
        {"SHLVL": "x"},
        {"SHLVL": "999"},
        {"SHLVL": "-1"},
        {"PATH": "~/bin:/usr/bin"},
        {"PATH": "/nowhere"},
        {"PS4": "+"},
    ],
)
def test_an_environment_that_bash_heeds_is_bashs(more: dict[str, str]) -> None:
    assert without_shell(["bash", "-c", "env"], {**ENV, **more}) is None


@pytest.mark.parametrize(
    "argv",
    [["/bin/bash", "-c", "env"], ["sh", "-c", "env"], ["bash", "env"], ["bash", "-c", "env", "x"], ["env"]],
)
def test_a_shell_that_is_named_in_another_way_is_used(argv: list[str]) -> None:
    assert without_shell(argv, ENV) is None


def test_no_path_is_bashs_own_path() -> None:
    assert without_shell(["bash", "-c", "env"], {}) is None
