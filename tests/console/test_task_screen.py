"""Inside one task: every tab at three sizes, turning, opening, acts, secrets."""

from __future__ import annotations

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import NOW, replace
from penstock.model import acts
from penstock.model.states import TaskState
from penstock.model.views.events import EventRow
from penstock.model.views.one_task import SourceText, TaskDetail
from penstock.model.views.xcoms import XComRow
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.task import TaskScreen
from penstock_tui.view import inside
from penstock_tui.view.spans import text_of
from penstock_tui.view.state_style import Looks


def newest(engine: FakeEngine, dag_id: str = "orders_daily") -> str:
    return engine.world.runs_of(dag_id)[0].run_id


async def at_task(driver: Driver, task_id: str, dag_id: str = "orders_daily", tab: str = "why") -> TaskScreen:
    """Open a task of a DAG's newest run at one tab and wait for its line."""
    TaskScreen.last_tab = tab
    driver.console.push_screen(TaskScreen(dag_id, newest(driver.engine, dag_id), task_id))
    await driver.until(lambda: isinstance(driver.console.screen, TaskScreen))
    screen = driver.console.screen
    assert isinstance(screen, TaskScreen)
    await driver.until(lambda: screen.lines.rows, "lines")
    return screen


SEEN = {
    "why": ("exit 1", "operator", "BashOperator", "dags/orders_daily.py"),
    "fields": ("bash_command", "python -m shop.join", "DB_PASSWORD", "***", "attempt 3 of 3"),
    "xcoms": ("return_value", "eur"),
    "params": ("logical date", "2026-08-21T06:00:00Z", "scheduled"),
    "attempts": ("try 3", "try 1", "exit 1", "queued 1.0s"),
    "events": ("engine", "fail", "running > failed"),
    "source": ("line_1 = 1",),
    "docs": ("no documentation",),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("tab", inside.TABS)
async def test_each_tab_at_each_size(tab: str, size: tuple[int, int]) -> None:
    engine = FakeEngine()
    event = replace(engine.world.events[0], run_id=newest(engine))
    engine.world.events[0] = event
    async with driving(engine, size=size) as driver:
        await at_task(driver, "join", tab=tab)
        await driver.sees("join", "failed", f" {tab}", *SEEN[tab])
        lines = driver.text().splitlines()
        assert all(len(line) <= size[0] for line in lines)
        assert "? more" in lines[-1]


async def test_tabs_turn_both_ways_and_the_next_task_opens_at_the_same() -> None:
    async with driving() as driver:
        screen = await at_task(driver, "join")
        await driver.press("tab")
        await driver.sees("rendered fields")
        await driver.press("right", "right")
        await driver.until(lambda: screen.tab == "params")
        await driver.press("left", "left", "left", "left")
        await driver.until(lambda: screen.tab == "docs")
        await driver.press("shift+tab")
        await driver.sees("line_1 = 1")
        await driver.press("escape")
        again = await at_task(driver, "dedupe", tab=TaskScreen.last_tab)
        assert again.tab == "source"


async def test_i_opens_it_from_the_run_and_from_the_log() -> None:
    async with driving() as driver:
        TaskScreen.last_tab = "why"
        driver.console.open_run("orders_daily", newest(driver.engine))
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        await driver.sees("KeyError")
        await driver.press("i")
        await driver.sees("BashOperator", "operator")
        assert isinstance(driver.console.screen, TaskScreen)
        await driver.press("l")
        await driver.until(lambda: isinstance(driver.console.screen, LogScreen))
        await driver.sees("KeyError")
        await driver.press("i")
        await driver.until(lambda: isinstance(driver.console.screen, TaskScreen))


async def test_a_group_has_no_inside() -> None:
    async with driving() as driver:
        driver.console.open_run("nyc_flights", newest(driver.engine, "nyc_flights"))
        await driver.sees("ingest 0/5")
        screen = driver.console.screen
        assert isinstance(screen, RunScreen)
        await driver.until(lambda: screen.tasks.cursor_key is not None)
        while screen.tasks.cursor_group is None:
            await driver.press("j")
        await driver.press("i")
        await driver.sees("several tasks in one row")


async def test_a_waiting_task_says_why_and_follows_what_changes() -> None:
    async with driving() as driver:
        await at_task(driver, "mart", "nyc_flights")
        await driver.sees("pending", "all_success waits for choose")
        driver.engine.set_task(
            "nyc_flights", newest(driver.engine, "nyc_flights"), "mart", state=TaskState.RUNNING, start=NOW
        )
        await driver.sees("running")


async def test_enter_shows_the_whole_value() -> None:
    engine = FakeEngine()
    task = next(t for t in engine.world.runs["orders_daily", newest(engine)].tasks if t.task_id == "join")
    engine.world.xcoms[task.attempt_id or ""] = {"rows": [f"row {number}" for number in range(30)]}
    async with driving(engine) as driver:
        await at_task(driver, "join", tab="xcoms")
        await driver.sees("row 4", "and 26 more lines: enter")
        await driver.sees_not("row 29")
        await driver.press("enter", "G")
        await driver.sees("row 29")


async def test_attempts_turn_in_the_fields() -> None:
    engine = FakeEngine()
    first = engine.world.attempt_of("orders_daily", newest(engine), "join", 1)
    engine.world.rendered[first] = {"bash_command": "the first one"}
    async with driving(engine) as driver:
        await at_task(driver, "join", tab="fields")
        await driver.sees("attempt 3 of 3")
        await driver.press("right_square_bracket")
        await driver.sees("this is the newest attempt")
        await driver.press("left_square_bracket")
        await driver.sees("attempt 2 of 3", "started unchanged")
        await driver.press("left_square_bracket")
        await driver.sees("attempt 1 of 3", "the first one")


async def test_acts_are_done_to_the_task() -> None:
    async with driving() as driver:
        await at_task(driver, "join")
        await driver.press("r")
        await driver.sees("Retry")
        await driver.press("y")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [
            acts.Retry(dag_id="orders_daily", run_id=newest(driver.engine), tasks=("join",))
        ]


async def test_a_task_that_has_gone_says_so() -> None:
    async with driving() as driver:
        driver.console.push_screen(TaskScreen("orders_daily", newest(driver.engine), "nope"))
        await driver.sees("this task is not in this run")
        await driver.press("l")
        await driver.sees("nothing is under the cursor")


# -- the lines themselves --------------------------------------------------------------------------


def detail_of(task_id: str = "join", **changes: object) -> TaskDetail:
    engine = FakeEngine()
    found: TaskDetail = replace(engine.task("orders_daily", newest(engine), task_id), **changes)
    return found


def said(rows: list[inside.Shown]) -> str:
    return "\n".join(text_of(row.line) for row in rows)


@pytest.mark.parametrize("cells", [20, 40, 116])
@pytest.mark.parametrize("present", inside.TABS)
def test_the_tabs_fit_and_the_present_one_is_among_them(present: str, cells: int) -> None:
    text = text_of(inside.tab_bar(present, cells))
    assert f" {present} " in text
    assert len(text.rstrip()) <= cells


@pytest.mark.parametrize("cells", [20, 57, 117])
def test_no_line_is_wider_than_its_place(cells: int) -> None:
    long = "x" * 300
    detail = detail_of(
        cwd="/a/" + long,
        env={"A": long},
        doc=f"# title\n{long} {long}",
        params={"a": long, "b": {"c": [1, 2]}},
        description="short",
        rendered={"f": {"deep": long}},
        secrets={"TOKEN": "env:TOKEN"},
    )
    rows = [
        *inside.why_tab(detail, None, NOW, NOW.tzinfo, Looks(), cells),  # type: ignore[arg-type]
        *inside.fields_tab(detail, (1, 3), cells),
        *inside.params_tab(detail, cells),
        *inside.docs_tab(detail, cells),
    ]
    wrapped = [row for row in rows if "x" * 12 in text_of(row.line)]
    assert wrapped
    assert all(len(text_of(row.line)) <= max(cells, 24) for row in wrapped)


def test_hostile_text_is_cleaned_everywhere() -> None:
    evil = "\x1b[2Jred\x07\n\x9b31m"
    detail = detail_of(
        command=("bash", "-c", evil),
        rendered={evil: evil},
        params={evil: evil},
        doc=evil,
        owner=evil,
    )
    row = XComRow(task_id="a", map_index=-1, key=evil, value={evil: evil}, bytes=3)
    event = EventRow(seq=1, at=NOW, actor=evil, kind=evil, before=evil, after=evil, reason=evil)
    source = SourceText(file=evil, version="v", text=evil)
    rows = [
        *inside.why_tab(detail, None, NOW, NOW.tzinfo, Looks(), 60),  # type: ignore[arg-type]
        *inside.fields_tab(detail, (1, 1), 60),
        *inside.params_tab(detail, 60),
        *inside.docs_tab(detail, 60),
        *inside.xcoms_tab([row], 60),
        *inside.events_tab([event], NOW, NOW.tzinfo, Looks()),  # type: ignore[arg-type]
        *inside.source_tab(source, 1),
    ]
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in said(rows) if char != "\n")


def test_the_source_marks_the_line_of_the_task_and_says_when_it_is_gone() -> None:
    rows = inside.source_tab(SourceText(file="a.py", version="v", text="one\ntwo\n"), 2)
    assert [row.line[0][1] for row in rows] == ["dim", "bold yellow"]
    assert "no longer kept" in said(inside.source_tab(SourceText(file="a.py", version="v"), 2))
    long = inside.source_tab(SourceText(file="a.py", version="v", text="  x = 1, 2, 3, 4, 5, 6\n"), 1, 20)
    assert [(text_of(row.line), row.of) for row in long] == [
        ("1   x = 1, 2, 3,", "1"),
        ("      4, 5, 6", "1"),
    ]


def test_params_say_where_they_are_from() -> None:
    text = said(inside.params_tab(detail_of(params={"a": 1, "b": "x"}, conf={"b": "x"}), 60))
    assert "a  from default" in text
    assert "b  from conf" in text
