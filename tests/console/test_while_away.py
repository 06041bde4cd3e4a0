"""While you were away, and failures that are announced, at every size."""

from __future__ import annotations

from datetime import timedelta

import pytest

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.model.views.digest import LateKind, LateRun, Recovered, SkippedPoints
from penstock.model.views.events import EventRow
from penstock.model.views.failures import FailedTask
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.dags import DagsScreen
from penstock_tui.screens.digest import DigestScreen
from penstock_tui.screens.failures import FailureScreen, FailuresScreen
from penstock_tui.screens.history import HistoryScreen
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.screens.task import TaskScreen
from penstock_tui.screens.view import View

HOUR = timedelta(hours=1)


def away(*, happened: bool = True) -> FakeEngine:
    """Return an engine at which ada looked twelve hours ago."""
    engine = FakeEngine()
    engine.world.away["ada"] = (NOW - 12 * HOUR if happened else NOW + HOUR, 1)
    if not happened:
        return engine
    run = next(detail.run for detail in engine.world.runs.values() if detail.run.dag_id == "nyc_flights")
    engine.world.away_parts = {
        "recovered": (
            Recovered(
                dag_id="nyc_flights", task_id="mart", failed_run_id=run.run_id, failed=NOW - HOUR,
                line="ERROR gone", run_id=run.run_id, at=NOW,
            ),
        ),
        "late": (
            LateRun(
                kind=LateKind.END, dag_id="nyc_flights", run_id=run.run_id, at=NOW, seconds=754.0, usual=60.0
            ),
        ),
        "skipped": (
            SkippedPoints(dag_id="hello", first=NOW - HOUR, last=NOW, count=3, reason="paused", at=NOW),
        ),
    }  # fmt: skip
    engine.world.events.append(
        EventRow(
            seq=9, at=NOW, actor="bob@pts/1", kind="act_retry", dag_id="orders_daily", reason="Retry 6 tasks"
        )
    )
    return engine


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_it_is_shown_at_attach_and_esc_goes_on(size: tuple[int, int]) -> None:
    engine = away()
    async with driving(engine, size=size) as driver:
        await driver.sees("while you were away", "failed", "recovered")
        assert isinstance(driver.console.screen, DigestScreen)
        await driver.until(lambda: engine.world.away["ada"][0] == NOW, "the mark")
        await driver.press("escape")
        await driver.until(lambda: isinstance(driver.console.screen, DagsScreen))
        await driver.press("0")
        await driver.sees("while you were away", "recovered")
    engine.world.away_parts = {}
    async with driving(engine, size=size) as driver:
        await driver.sees("orders_daily")
        await driver.until(lambda: driver.console.attendance.away)
        assert isinstance(driver.console.screen, DagsScreen), "a second console has nothing to tell"


async def at_row(driver: Driver, begins: str) -> DigestScreen:
    """Put the cursor on a row."""
    await driver.until(lambda: isinstance(driver.console.screen, DigestScreen))
    screen = driver.console.screen
    assert isinstance(screen, DigestScreen)
    await driver.until(lambda: screen.table.rows)
    assert screen.table.move_to_key(next(key for key in screen.happened if key.startswith(begins)))
    return screen


@pytest.mark.parametrize(
    ("begins", "key", "opens"),
    [
        *[(row, "C", CalendarScreen) for row in ("failed/", "recovered/", "late/", "acted/")],
        *[(row, "R", RunsScreen) for row in ("failed/", "skipped/")],
        *[(row, "l", LogScreen) for row in ("failed/", "recovered/", "late/")],
        *[(row, "i", TaskScreen) for row in ("failed/", "recovered/")],
        *[(row, "H", HistoryScreen) for row in ("failed/", "recovered/")],
    ],
)
async def test_keys_lead_to_what_a_row_is_about(begins: str, key: str, opens: type[View]) -> None:
    async with driving(away()) as driver:
        screen = await at_row(driver, begins)
        row = screen.happened[screen.table.cursor_key or ""]
        await driver.press(key)
        await driver.until(lambda: isinstance(driver.console.screen, opens))
        assert getattr(driver.console.screen, "dag_id", None) in row.dag_id.split(", ")


async def test_a_row_without_a_task_or_a_run_says_so() -> None:
    async with driving(away()) as driver:
        await at_row(driver, "late/")
        await driver.press("H")
        await driver.sees("history: no task is chosen")
        await at_row(driver, "skipped/")
        await driver.press("C")
        await driver.sees("calendar: this DAG has no schedule, so it has no points")
        driver.engine.world.runs.clear()
        driver.engine.world.dags.pop("hello")
        await driver.press("l")
        await driver.sees("DAG 'hello' does not exist")


async def test_never_when_there_is_nothing_or_nobody_looked_before() -> None:
    for engine in (away(happened=False), FakeEngine()):
        async with driving(engine) as driver:
            await driver.until(lambda: driver.console.attendance.away)
            assert isinstance(driver.console.screen, DagsScreen)
            await driver.until(lambda: "ada" in engine.world.away)  # noqa: B023


async def test_who_types_at_once_is_not_held_up() -> None:
    engine = away()
    async with driving(engine) as driver:
        driver.type_ahead("j")
        await driver.sees("while you were away: 0 shows it")
        assert isinstance(driver.console.screen, DagsScreen)


async def test_a_read_only_console_leaves_no_mark() -> None:
    engine = away()
    async with driving(engine, read_only=True) as driver:
        await driver.sees("while you were away")
    assert engine.world.away["ada"][0] == NOW - 12 * HOUR


@pytest.mark.parametrize(
    ("what", "screen"),
    [
        ("failed", FailureScreen),
        ("recovered", RunScreen),
        ("late", RunScreen),
        ("skipped", None),
        ("acted", None),
    ],
)
async def test_each_row_leads_to_what_it_is_about(what: str, screen: type | None) -> None:
    async with driving(away()) as driver:
        await driver.sees("while you were away", "recovered")
        view = driver.console.screen
        assert isinstance(view, DigestScreen)
        places = [place for place, row in enumerate(view.table.rows) if row.key.startswith(what)]
        view.table.move_to(places[0])
        await driver.press("enter")
        await driver.until(lambda: driver.console.screen is not view)
        assert screen is None or isinstance(driver.console.screen, screen)


async def test_its_rows_can_be_filtered_and_its_failures_jumped_to() -> None:
    async with driving(away()) as driver:
        await driver.sees("recovered")
        await driver.press("slash")
        await driver.type("what:late")
        await driver.press("enter")
        await driver.sees_not("recovered")
        await driver.sees("later than usual")


async def test_triage_marks_as_new_what_came_since_the_last_look() -> None:
    engine = away()
    async with driving(engine) as driver:
        await driver.sees("while you were away")
        await driver.until(lambda: engine.world.away["ada"][0] == NOW)
        await driver.press("5")
        await driver.sees("error line", "new")
        view = driver.console.screen
        assert isinstance(view, FailuresScreen)
        assert any(group.new for group in view.groups.values()), "although the mark has moved on"


# -- failures elsewhere ------------------------------------------------------------------------------


async def announced(driver: Driver, number: int = 1) -> list[FailedTask]:
    """Let the newest failures be news to the console."""
    console = driver.console
    await driver.until(lambda: console.attendance._known is not None)
    console.attendance._known = len(driver.engine._failed(None)) - number
    console.attendance._counted = -1
    console.notes.settle()
    driver.engine.notify(dags=("hello",))
    await driver.until(lambda: console.attendance.unseen() or console.attendance._counted >= 0)
    return list(console.attendance.unseen())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_failure_elsewhere_is_announced_and_a_key_leads_there(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.sees("orders_daily")
        [task] = await announced(driver)
        await driver.sees(f"failed: {task.dag_id} {task.task_id}")
        await driver.press("apostrophe")
        await driver.until(lambda: isinstance(driver.console.screen, LogScreen))
        await driver.sees_not("' shows it")
        assert driver.console.attendance.unseen() == []


async def test_several_are_counted_and_lead_to_triage() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        found = await announced(driver, 3)
        assert len(found) == 2, "one of the three is dealt with"
        await driver.sees("and 1 more", "' shows it")
        await driver.press("apostrophe")
        await driver.until(lambda: isinstance(driver.console.screen, FailuresScreen))
        await driver.press("escape")
        await driver.sees("orders_daily")
        await driver.sees_not("and 1 more")


async def test_what_is_on_the_screen_is_not_announced() -> None:
    async with driving() as driver:
        await driver.until(lambda: driver.console.attendance._known is not None)
        newest = driver.engine._failed(None)[0]
        driver.console.open_run(newest.dag_id, newest.run_id)
        await driver.until(lambda: driver.console.screen.around() is not None)  # type: ignore[attr-defined]
        assert await announced(driver) == []


@pytest.mark.parametrize("rings", [True, False])
async def test_it_rings_if_asked(monkeypatch: pytest.MonkeyPatch, rings: bool) -> None:
    async with driving() as driver:
        rung: list[bool] = []
        monkeypatch.setattr(driver.console, "bell", lambda: rung.append(True))
        driver.console.attendance.rings = rings
        await driver.sees("orders_daily")
        await announced(driver, 3)
        assert rung == ([True] if rings else []), "once for all that came together"


async def test_nothing_to_go_to_is_said() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("apostrophe")
        await driver.sees("nothing has failed elsewhere")
