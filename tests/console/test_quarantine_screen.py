"""Quarantine: with one key back in, or dropped for good; where it is shown, and nowhere else."""

from __future__ import annotations

import pytest
from msgspec import structs

from drive.console import SIZES, Driver, driving
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.model import acts
from penstock.model.subject import SubjectKind
from penstock.model.views.quarantine import QuarantineRow
from penstock_tui.dialogs.quarantine import QuarantineDialog
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.screens.system import SystemScreen
from penstock_tui.widgets.line_table import LineTable

DAG, WHY = "hello", "KeyError: 'x' (scheduling/steps/reap.py:13)"


def engine_with(*, dag: bool = False, run: bool = False) -> tuple[FakeEngine, str]:
    """Return an engine with a DAG or its newest run in quarantine, and the id of that run."""
    engine = FakeEngine()
    world = engine.world
    newest = world.runs_of(DAG)[0]
    detail = world.dags[DAG]
    if run:
        newest = structs.replace(newest, quarantined=WHY)
        world.runs[DAG, newest.run_id] = structs.replace(world.runs[DAG, newest.run_id], run=newest)
    row = structs.replace(detail.dag, quarantined=WHY if dag else None, last_run=newest)
    world.dags[DAG] = structs.replace(detail, dag=row)
    world.quarantine.append(
        QuarantineRow(
            kind=SubjectKind.DAG if dag else SubjectKind.RUN,
            id=DAG if dag else f"{DAG}/{newest.run_id}",
            dag_id=DAG,
            reason=WHY,
            since=NOW,
        )
    )
    return engine, newest.run_id


async def asked(driver: Driver, name: str = DAG) -> None:
    """Press the key and wait for the question."""
    await driver.press("Q")
    await driver.until(lambda: isinstance(driver.console.screen, QuarantineDialog))
    await driver.sees("Take back 1", WHY[:20], f"In quarantine: {name}")


@pytest.mark.parametrize("size", SIZES)
async def test_a_dag_is_dropped_or_taken_back_in(size: tuple[int, int]) -> None:
    engine, _ = engine_with(dag=True)
    async with driving(engine, size=size) as driver:
        await driver.sees("prod-etl")
        assert driver.console.screen.query_one(LineTable).move_to_key(DAG)
        await asked(driver)
        await driver.press("escape")
        assert not engine.acts
        await asked(driver)
        await driver.press("d")
        await driver.sees("Drop 1")
        await driver.press("y")
        await driver.until(lambda: engine.acts)
        assert engine.acts == [acts.QuarantineDrop(subject=DAG)]


async def test_a_run_is_taken_back_in_from_the_lists_and_from_its_screen() -> None:
    for opens, screen in ((None, None), ("R", RunsScreen), ("enter", RunScreen)):
        engine, run_id = engine_with(run=True)
        async with driving(engine) as driver:
            await driver.sees("prod-etl")
            assert driver.console.screen.query_one(LineTable).move_to_key(DAG)
            if opens is not None and screen is not None:
                await driver.press(opens)
                await driver.until(lambda: isinstance(driver.console.screen, screen))  # noqa: B023
            await asked(driver)
            await driver.press("y")
            await driver.until(lambda: engine.acts)  # noqa: B023
            assert engine.acts == [acts.QuarantineRetry(subject=f"{DAG}/{run_id}")]


async def test_from_the_system_screen_anything_that_is_there() -> None:
    engine, _ = engine_with(dag=True)
    engine.world.quarantine.append(
        QuarantineRow(kind=SubjectKind.ROW, id="callback:12", dag_id=None, reason=WHY, since=NOW)
    )
    async with driving(engine) as driver:
        await driver.sees("prod-etl")
        await driver.press("8")
        await driver.until(lambda: isinstance(driver.console.screen, SystemScreen))
        table = driver.console.screen.query_one(LineTable)
        await driver.until(lambda: any("callback:12" in row.key for row in table.rows))
        assert table.move_to_key(next(row.key for row in table.rows if "callback:12" in row.key))
        await asked(driver, "callback:12")
        await driver.press("y")
        await driver.until(lambda: engine.acts)
        assert engine.acts == [acts.QuarantineRetry(subject="callback:12")]


async def test_why_names_the_key() -> None:
    engine, _ = engine_with(dag=True)
    async with driving(engine) as driver:
        await driver.sees("prod-etl")
        assert driver.console.screen.query_one(LineTable).move_to_key(DAG)
        await driver.press("w")
        await driver.sees("Why: hello", "Q takes it back in, or drops it")
        await driver.press("escape")
        assert driver.console.screen.query_one(LineTable).move_to_key("orders_daily")
        await driver.press("w")
        await driver.sees("Why: orders_daily")
        assert "takes it back in" not in driver.text()


async def test_what_is_not_in_quarantine_says_so() -> None:
    async with driving() as driver:
        await driver.sees("orders_daily")
        await driver.press("Q")
        await driver.sees("quarantine: it is not in quarantine")
