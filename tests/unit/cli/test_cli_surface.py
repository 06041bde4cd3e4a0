"""The surface as a whole: every verb helps, the page is current, start-up is light, shells complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock import __version__
from penstock.cli import reference
from penstock.cli.root import VERBS, penstock
from penstock.cli.session import Session

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(penstock, info_name="penstock")
    for name in VERBS:
        verb = penstock.get_command(context, name)
        assert verb is not None
        yield f"penstock {name}", verb
        if isinstance(verb, click.Group):
            for inner, command in verb.commands.items():
                yield f"penstock {name} {inner}", command


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL)
def test_every_command_helps_with_examples_of_itself(path: str) -> None:
    command = ALL[path]
    assert command.help
    first = command.help.splitlines()[0]
    assert len(first) <= 72
    assert command.help.count(path) >= 1, "no example of the command itself"
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help or option.name in {"count", "limit", "max_active_runs"}, option.name


def test_the_page_is_made_from_the_commands() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.render(), (
        "docs/cli.md is stale: python -m penstock.cli.reference > docs/cli.md"
    )


def test_help_lists_every_verb(say: Say) -> None:
    answer = say("--help")
    assert answer.code == 0
    for name in VERBS:
        assert f"\n  {name} " in answer.out


def test_version(say: Say) -> None:
    assert say("--version").out == f"penstock {__version__}\n"


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


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(say: Say, shell: str) -> None:
    answer = say("completion", shell)
    assert answer.code == 0
    assert "_PENSTOCK_COMPLETE" in answer.out


def _completed(engine: FakeEngine | None, *words: str) -> list[str]:
    from click.shell_completion import ShellComplete

    completer = ShellComplete(penstock, {"obj": Session(engine=engine)}, "penstock", "_PENSTOCK_COMPLETE")
    return [item.value for item in completer.get_completions(list(words[:-1]), words[-1])]


def test_shells_complete_verbs_dags_runs_and_tasks(engine: FakeEngine) -> None:
    assert _completed(engine, "tr") == ["trigger"]
    assert _completed(engine, "dags", "show", "or") == ["orders_daily"]
    runs = _completed(engine, "tasks", "list", "orders_daily", "")
    assert runs[0] == "latest"
    assert len(runs) > 10
    assert _completed(engine, "logs", "orders_daily", "latest", "extract") == [
        "extract_orders",
        "extract_users",
        "extract_fx",
    ]
    assert _completed(engine, "backfill", "create", "nyc") == ["nyc_flights"]


def test_without_an_engine_completion_is_silent() -> None:
    assert _completed(None, "trigger", "") == []


def test_an_interrupt_ends_with_130(say: Say, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "status", interrupted)
    assert say("status").code == 130


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
