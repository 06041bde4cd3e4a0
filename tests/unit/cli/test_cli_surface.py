"""The surface as a whole: every verb helps, the page is current, start-up is light, shells complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from drive.commands import Say
from fakes.engine import FakeEngine
from penstock import __version__
from penstock.cli import reference
from penstock.cli.root import SECTIONS, VERBS, penstock
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


@pytest.mark.parametrize(
    ("name", "says"), [(name, says) for verbs in SECTIONS.values() for name, (_, says) in verbs.items()]
)
def test_the_line_of_the_help_is_the_commands_own(name: str, says: str) -> None:
    assert says == ALL[f"penstock {name}"].get_short_help_str(1000)


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
