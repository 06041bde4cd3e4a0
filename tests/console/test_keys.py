"""The table of actions and what is made of it: bindings, footer, help, palette, docs, keys.toml."""

from __future__ import annotations

import ast
from inspect import get_annotations, iscoroutinefunction
from pathlib import Path

import pytest

import penstock_tui.verbs
from drive.console import SIZES, driving
from penstock_tui import actions
from penstock_tui.dialogs.help import help_lines
from penstock_tui.keymap import read_keymap
from penstock_tui.keys_page import keys_page
from penstock_tui.screens.all_runs import AllRunsScreen
from penstock_tui.screens.assets import AssetsScreen
from penstock_tui.screens.backfills import BackfillPointsScreen, BackfillsScreen
from penstock_tui.screens.calendar import CalendarScreen, PointsScreen
from penstock_tui.screens.coming import ComingScreen
from penstock_tui.screens.dags import DagsScreen
from penstock_tui.screens.digest import DigestScreen
from penstock_tui.screens.errors import ErrorsScreen
from penstock_tui.screens.failures import FailureScreen, FailuresScreen
from penstock_tui.screens.graph import GraphScreen
from penstock_tui.screens.grid import GridScreen
from penstock_tui.screens.history import HistoryScreen
from penstock_tui.screens.hosts import HostsScreen
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.merged import MergedScreen
from penstock_tui.screens.now import NowScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.screens.system import SystemScreen
from penstock_tui.screens.task import TaskScreen
from penstock_tui.screens.timeline import TimelineScreen
from penstock_tui.screens.view import View
from penstock_tui.screens.what_if import WhatIfScreen
from penstock_tui.verbs import verb_of
from penstock_tui.view.spans import text_of
from penstock_tui.view.state_style import Looks
from penstock_tui.widgets.footer import lay_out

ROOT = Path(__file__).parents[2]
SCREENS: list[type[View]] = [
    DagsScreen,
    RunsScreen,
    RunScreen,
    LogScreen,
    BackfillsScreen,
    BackfillPointsScreen,
    ErrorsScreen,
    CalendarScreen,
    PointsScreen,
    AllRunsScreen,
    TaskScreen,
    HistoryScreen,
    FailuresScreen,
    FailureScreen,
    GridScreen,
    TimelineScreen,
    NowScreen,
    DigestScreen,
    GraphScreen,
    MergedScreen,
    SystemScreen,
    AssetsScreen,
    ComingScreen,
    WhatIfScreen,
    HostsScreen,
]


@pytest.mark.parametrize("view", actions.ALL)
def test_no_key_means_two_things_in_one_view(view: str) -> None:
    keys = [key for action in actions.actions_of(view) for key in action.keys.split(",")]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_every_key_of_a_screen_is_answered(screen: type[View]) -> None:
    for action in actions.actions_of(screen.view):
        assert hasattr(screen, action.method) or action.verb, f"{screen.view}: {action.id}"


def test_every_verb_of_the_table_is_a_coroutine_of_its_file_and_no_file_is_left_over() -> None:
    verbs = [verb_of(action) for action in actions.ACTIONS if action.verb]
    for verb in verbs:
        assert iscoroutinefunction(verb)
        assert [*get_annotations(verb).values()] == ["Shell", "Sequence[Target]", "None"]
    public = {
        f"{file.stem}.{node.name}"
        for file in Path(penstock_tui.verbs.__file__).parent.glob("*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
    }
    named = {f"{verb.__module__.rpartition('.')[2]}.{verb.__name__}" for verb in verbs}
    shared = {"__init__.carry_out", "at_once.commit_at_once", "dag_zone.zone_of", "production.agreed"}
    assert public - named == shared


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_no_screen_answers_an_action_that_it_does_not_have(screen: type[View]) -> None:
    own = {name for name in vars(screen) if name.startswith("do_")}
    assert own <= {action.method for action in actions.actions_of(screen.view)}


def test_no_action_has_a_verb_that_every_screen_replaces() -> None:
    for action in actions.ACTIONS:
        screens = [screen for screen in SCREENS if screen.view in action.where]
        if action.verb:
            assert not all(hasattr(screen, action.method) for screen in screens), action.id


def test_every_view_has_its_screen() -> None:
    assert {screen.view for screen in SCREENS} == set(actions.ALL)


def test_dangerous_actions_change_the_instance_and_have_a_twin() -> None:
    for action in actions.ACTIONS:
        if action.danger:
            assert action.acts, action.id
            assert action.cli.startswith("penstock "), action.id


def test_the_page_of_keys_is_current() -> None:
    assert (ROOT / "docs" / "keys.md").read_text(encoding="utf-8") == keys_page()


def test_the_footer_shows_whole_keys_and_ends_in_more() -> None:
    pairs = [("enter", "open"), ("r", "retry"), ("X", "cancel")]
    for cells in range(8, 60):
        line = text_of(lay_out(pairs, ("?", "more"), cells)).rstrip()
        assert line.endswith("? more")
        assert len(line) <= cells
        assert all(
            word in {"enter", "open", "r", "retry", "X", "cancel", "?", "more"} for word in line.split()
        )
    assert "X cancel" in text_of(lay_out(pairs, ("?", "more"), 60))


@pytest.mark.parametrize("view", actions.ALL)
@pytest.mark.parametrize("cells", [54, 98])
def test_the_help_sheet_names_every_action_within_its_width(view: str, cells: int) -> None:
    lines = [text_of(line) for line in help_lines(view, {}, Looks(), cells, read_only=False)]
    assert all(len(line.rstrip()) <= cells for line in lines)
    text = "\n".join(lines)
    assert all(action.label in text for action in actions.actions_of(view))


def test_keys_toml_is_read_and_its_mistakes_are_named(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    assert read_keymap(file) == ({}, [])
    file.write_text('retry = "ctrl+r"\nhelp = "?,f2"\n[attempt]\nnext = "}"\nfly = "x"\nclear = 3\n')
    keymap, wrong = read_keymap(file)
    assert keymap == {"retry": "ctrl+r", "help": "question_mark,f2", "attempt.next": "}"}
    assert any("'attempt.fly'" in line for line in wrong)
    assert any("attempt.clear" in line for line in wrong)
    file.write_text('retry = "c"\n')
    assert any("retry" in line and "clear" in line for line in read_keymap(file)[1])
    file.write_text("retry = [")
    assert "keys.toml" in read_keymap(file)[1][0]


async def test_the_users_key_works_and_is_shown_everywhere() -> None:
    async with driving(keymap={"retry": "ctrl+r"}) as driver:
        await driver.sees("orders_daily", "^r retry")
        await driver.press("r")
        assert driver.console.screen.id is None
        assert "plan" not in driver.engine.calls
        await driver.press("ctrl+r")
        await driver.sees("Retry 6 tasks")
        await driver.press("escape")
        await driver.press("question_mark")
        await driver.sees("^r", "Run again what failed")


async def test_the_palette_finds_actions_and_dags() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("colon")
        await driver.type("retr")
        await driver.sees("Run again what failed")
        await driver.press("enter")
        await driver.sees("Retry 6 tasks")
        await driver.press("escape")
        await driver.press("ctrl+p")
        await driver.type("flaky")
        await driver.press("enter")
        await driver.sees("flaky", "25 runs")


async def test_ctrl_c_quits_from_a_dialog() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("r")
        await driver.sees("Retry 6 tasks")
        await driver.press("ctrl+c")
        await driver.until(lambda: driver.console.return_code == 0)
        assert driver.engine.acts == []


async def test_a_key_that_other_screens_have_says_that_this_one_has_not() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("W")
        await driver.sees("W (what if): not a key of this screen; ? lists them")
        await driver.press("M")
        await driver.sees("Pause all DAGs")
        await driver.press("W")
        await driver.press("escape")
        await driver.sees_not("Pause all DAGs")


async def test_a_read_only_console_says_that_it_only_reads() -> None:
    async with driving(read_only=True) as driver:
        await driver.sees("orders_daily")
        await driver.press("J")
        await driver.sees("J (jump the queue): this console only reads")


@pytest.mark.parametrize("size", SIZES)
async def test_the_sheet_of_keys_begins_with_the_screens_and_turns_whole_pages(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.sees("prod-etl")
        await driver.press("question_mark")
        await driver.sees("Keys of this view (DAGs)", "5 failures", "6 now", "0 while away")
        before = driver.text()
        await driver.press("pagedown")
        await driver.sees_not("5 failures  6 now")
        shown = [line for line in before.splitlines() if "retry" in line]
        assert not set(shown) & set(driver.text().splitlines())
