"""The command line as a process: what it imports, what it prints, and readers that go away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drive.commands import Say
from penstock.cli.root import VERBS


def _modules(*arguments: str, home: Path) -> set[str]:
    """Return the modules that a fresh process has imported when it has obeyed."""
    program = (
        "import sys, io\n"
        "from penstock.cli.main import main\n"
        f"sys.argv = ['penstock', *{list(arguments)!r}]\n"
        "main()\n"
        "print('\\n' + '\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    environment = {**os.environ, "PENSTOCK_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


HEAVY = {"asyncio", "sqlalchemy", "sqlmodel", "pydantic", "textual", "rich", "psutil", "jinja2", "sqlite3"}


def test_the_version_costs_no_more_than_python(tmp_path: Path) -> None:
    loaded = _modules("--version", home=tmp_path)
    assert not loaded & (HEAVY | {"click", "msgspec", "penstock.settings", "json"})


@pytest.mark.parametrize(
    "command", [("status",), ("down",), ("trigger", "hello"), ("pause", "hello", "--json")]
)
def test_a_verb_imports_only_what_it_needs(tmp_path: Path, command: tuple[str, ...]) -> None:
    loaded = _modules(*command, home=tmp_path)
    assert "penstock.cli.main" in loaded
    assert not loaded & HEAVY
    others = {f"penstock.cli.{name}" for name in VERBS} - {f"penstock.cli.{command[0]}"}
    assert not loaded & others


def test_the_help_imports_no_command(tmp_path: Path) -> None:
    loaded = _modules("--help", home=tmp_path)
    assert not loaded & (HEAVY | {f"penstock.cli.{name}" for name in VERBS})


def test_a_client_knows_only_the_views_that_it_asks_for(tmp_path: Path) -> None:
    loaded = {name for name in _modules("trigger", "hello", home=tmp_path) if ".model.views." in name}
    assert loaded <= {f"penstock.model.views.{name}" for name in ("view", "events", "plans")}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(say: Say, shell: str) -> None:
    answer = say("completion", shell)
    assert answer.code == 0
    assert "_PENSTOCK_COMPLETE" in answer.out


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    script = f"{sys.executable} -m penstock status --json | true"
    environment = {**os.environ, "PENSTOCK_HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_one_document_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    environment = {**os.environ, "PENSTOCK_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "status", "--json"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    assert json.loads(done.stdout)["pid"] is None
    assert done.stderr == b""
