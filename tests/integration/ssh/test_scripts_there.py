"""The script that the shell on the other side gets, in a real shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from penstock.ssh import command
from penstock.ssh.faults import not_penstock
from penstock.ssh.hosts import Host

FAR = Host(name="far", ssh="user@far")


def run_script(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script],
        env={"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that prints its words one a line, and dies of a signal if it is told so."""
    file = tmp_path / "penstock"
    file.write_text(
        '#!/bin/sh\nfor w in "$@"; do echo "<$w>"; done\n[ "$1" = die ] && kill -9 $$\nexit "${2:-0}"\n'
    )
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    "words",
    [["runs", "list"], ["a b", "it's", '"x"', "$HOME", "`id`", "*", "", "über"], ["--conf", '{"a": [1, 2]}']],
)
def test_the_words_arrive_as_they_are(program: Path, words: list[str]) -> None:
    done = run_script(command.script_of(FAR, words), program.parent)
    assert done.stdout.splitlines() == [f"<{word}>" for word in words]


@pytest.mark.parametrize(("words", "code"), [(["x", "7"], 7), (["x", "255"], 255), (["die"], 137)])
def test_the_exit_code_is_the_programs_also_when_it_dies(program: Path, words: list[str], code: int) -> None:
    assert run_script(command.script_of(FAR, words), program.parent).returncode == code


def test_home_and_program_may_begin_with_a_tilde(program: Path) -> None:
    host = Host(name="far", ssh="far", home="~/pipe lines", program="~/penstock")
    done = run_script(command.script_of(host, ["status"]), program.parent)
    assert done.stdout.splitlines() == ["<--home>", f"<{program.parent}/pipe lines>", "<status>"]


def test_a_program_in_local_bin_is_found(tmp_path: Path, program: Path) -> None:
    folder = tmp_path / "user" / ".local" / "bin"
    folder.mkdir(parents=True)
    program.rename(folder / "penstock")
    done = run_script(command.script_of(FAR, ["status"]), tmp_path / "user")
    assert done.stdout == "<status>\n"


def test_a_host_without_it_says_where_it_looked(tmp_path: Path) -> None:
    done = run_script(command.script_of(FAR, ["status"]), tmp_path)
    assert done.returncode == 127
    said = not_penstock(done.stderr, 127, "far", "penstock")
    assert f"{tmp_path}:/usr/bin" in said
    assert "pipx install penstock" in said
    assert "hosts.toml" in said
