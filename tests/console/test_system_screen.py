"""The system: each section a line that opens, enter goes to what a row is about; pools."""

from __future__ import annotations

import pytest

from drive.console import SIZES, Driver, driving
from drive.sent_bytes import count, reset, wired
from fakes.engine import FakeEngine
from penstock.model import acts
from penstock.model.callbacks import CallbackState
from penstock.model.system.sections import SECTIONS
from penstock.model.views.callbacks import CallbackRow
from penstock.model.views.pools import SlotUse
from penstock.model.views.system import WorkerRow
from penstock_tui.dialogs.resize_pool import ResizePoolDialog
from penstock_tui.dialogs.sheet import Sheet
from penstock_tui.dialogs.undo import UndoDialog
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.errors import ErrorsScreen
from penstock_tui.screens.now import NowScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.screens.system import SystemScreen


async def at_system(driver: Driver) -> SystemScreen:
    """Open the system and wait until it is filled."""
    await driver.sees("prod-etl")
    await driver.press("8")
    await driver.until(lambda: isinstance(driver.console.screen, SystemScreen))
    screen = driver.console.screen
    assert isinstance(screen, SystemScreen)
    await driver.until(lambda: screen.table.rows)
    return screen


def keys(screen: SystemScreen) -> list[str]:
    return [row.key for row in screen.table.rows]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_what_needs_a_hand_is_open_at_every_size(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        screen = await at_system(driver)
        await driver.sees("system  3 need a look", "✓ ok", "! look", "broken.py:14")
        assert [key for key in keys(screen) if key in SECTIONS] == list(SECTIONS)
        assert screen.opened == {"pools", "import_errors", "missed"}
        assert all(len(line) <= size[0] for line in driver.text().splitlines())


async def test_sections_open_and_shut_by_enter_and_by_z_from_within() -> None:
    async with driving() as driver:
        screen = await at_system(driver)
        await driver.press("enter")
        await driver.sees("PSS 48M, RSS 61M", "12,345; p50 2.0ms, p99 9.4ms of the last 1,000")
        await driver.press("down", "down", "z")
        await driver.until(lambda: "engine/memory" not in keys(screen))
        assert screen.table.cursor_key == "engine"
        screen.table.move_to_key("pools/default_pool")
        await driver.press("enter")
        await driver.sees("holds")
        uses = [key for key in keys(screen) if key.startswith("pools/default_pool/holds/")]
        assert len(uses) == 4
        await driver.press("down", "z")
        await driver.until(lambda: not set(uses) & set(keys(screen)))
        assert screen.table.cursor_key == "pools/default_pool"


async def test_enter_goes_to_what_a_row_is_about() -> None:
    engine = FakeEngine()
    run = engine.world.runs_of("orders_daily")[0].run_id
    engine.told.append(
        CallbackRow(
            id=1,
            dag_id="orders_daily",
            run_id=run,
            task_id="join",
            map_index=-1,
            kind="task_failure",
            state=CallbackState.FAILED,
            created=engine.now,
            reason="exit 1",
        )
    )
    async with driving(engine) as driver:
        screen = await at_system(driver)

        async def goes(key: str, kind: type[object]) -> object:
            assert screen.table.move_to_key(key), key
            await driver.press("enter")
            await driver.until(lambda: isinstance(driver.console.screen, kind), key)
            found = driver.console.screen
            await driver.press("escape")
            await driver.until(lambda: driver.console.screen is screen)
            return found

        await goes("parallelism", NowScreen)
        await goes("import_errors/dags/broken.py", ErrorsScreen)
        await goes("missed/orders_daily/False/downtime", CalendarScreen)
        found = await goes("callbacks/1", RunScreen)
        assert isinstance(found, RunScreen)
        assert (found.dag_id, found.run_id) == ("orders_daily", run)
        screen.opened |= {"retention", "disk"}
        screen.show()
        await goes("retention/hello", RunsScreen)
        await goes("disk/free", Sheet)


async def test_the_run_of_who_holds_a_slot_opens_at_its_task() -> None:
    async with driving() as driver:
        screen = await at_system(driver)
        screen.opened.add("pools/default_pool")
        screen.show()
        key = next(key for key in keys(screen) if key.startswith("pools/default_pool/holds/"))
        screen.table.move_to_key(key)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        run = driver.console.screen
        assert isinstance(run, RunScreen)
        await driver.until(lambda: run.detail is not None and run.tasks.cursor_task is not None)
        assert run.tasks.cursor_task is not None
        assert key.endswith(f"/{run.tasks.cursor_task.task_id}")


async def test_a_pool_is_resized_and_that_is_taken_back() -> None:
    async with driving() as driver:
        screen = await at_system(driver)
        screen.table.move_to_key("pools/warehouse")
        await driver.press("s")
        await driver.until(lambda: isinstance(driver.console.screen, ResizePoolDialog))
        await driver.sees("Resize pool warehouse", "1 of 1 slots are taken and 4 wait")
        await driver.press("ctrl+u")
        await driver.type("x")
        await driver.sees("slots must be a whole number")
        await driver.press("backspace")
        await driver.type("3")
        await driver.sees("penstock pools set warehouse 3")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.SetPool(name="warehouse", slots=3)]
        await driver.sees("0 of 3 slots taken")
        await driver.press("u")
        await driver.until(lambda: isinstance(driver.console.screen, UndoDialog))
        await driver.sees("Undo on a pool")


async def test_a_worker_is_drained_and_used_again_by_the_same_key() -> None:
    async with driving() as driver:
        driver.engine.world.workers = [
            WorkerRow(
                name="web3-1", executor="grid", host="web3", slots=2, used=1, queues=("default",),
                state="ready", since=driver.engine.now,
                runs=(SlotUse(dag_id="etl", run_id="r", task_id="load"),),
            )
        ]  # fmt: skip
        screen = await at_system(driver)
        await driver.press("d")
        await driver.sees("drain: no worker of another host is chosen")
        screen.opened.add("executors")
        screen.show()
        screen.table.move_to_key("executors/grid/web3-1")
        await driver.press("d")
        await driver.until(lambda: driver.engine.acts == [acts.DrainWorker(name="web3-1")])
        await driver.sees("draining since")
        await driver.press("d")
        await driver.until(lambda: driver.engine.acts[1:] == [acts.UndrainWorker(name="web3-1")])


async def test_what_is_not_a_pool_cannot_be_resized() -> None:
    async with driving() as driver:
        screen = await at_system(driver)
        await driver.press("s")
        await driver.sees("resize: no pool is chosen")
        screen.opened.add("executors")
        screen.show()
        screen.table.move_to_key("executors/local/4712")
        await driver.press("s")
        await driver.sees("resize: no pool is chosen")
    async with driving(read_only=True) as driver:
        await at_system(driver)
        assert "s resize" not in driver.text()


async def test_a_filter_opens_what_it_finds_and_e_goes_to_the_next_trouble() -> None:
    async with driving() as driver:
        screen = await at_system(driver)
        await driver.press("e")
        assert screen.table.cursor_key == "pools"
        await driver.press("e")
        assert screen.table.cursor_key == "import_errors"
        await driver.press("slash")
        await driver.type("4713")
        await driver.sees("local 4713", "idle")
        assert keys(screen) == ["executors", "executors/local/4713"]
        await driver.press("enter", "escape")
        await driver.until(lambda: len(keys(screen)) > len(SECTIONS))


async def test_a_move_of_the_cursor_sends_two_lines_at_most_and_a_look_with_nothing_new_none() -> None:
    async with wired() as driver:
        screen = await at_system(driver)
        await driver.pilot.pause(0.3)
        reset()
        await driver.press("down")
        await driver.pilot.pause(0.2)
        assert 0 < count() < 700
        reset()
        screen.reload()
        await driver.pilot.pause(0.3)
        assert count() < 60


async def test_without_an_engine_it_shows_what_is_stored() -> None:
    engine = FakeEngine()
    engine.read_only = True
    async with driving(engine) as driver:
        await at_system(driver)
        await driver.sees("✗ fail does not run: penstock up -d", "none: no engine runs")
