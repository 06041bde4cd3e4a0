"""Maintenance: all DAGs paused with one reason, and resumed exactly as they were, by the same key."""

from __future__ import annotations

import pytest

from drive.console import SIZES, driving
from penstock.model import acts


@pytest.mark.parametrize("size", SIZES)
async def test_all_are_paused_and_resumed_as_they_were(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.sees("prod-etl")
        paused = {name for name, detail in driver.engine.world.dags.items() if detail.dag.paused}
        await driver.press("M")
        await driver.sees("Pause all DAGs")
        while driver.console.screen.focused is None or driver.console.screen.focused.id != "why":
            await driver.press("tab")
        await driver.type("move")
        await driver.sees("Pause 8 DAGs")
        await driver.until(lambda: driver.engine.calls.count("plan") >= 3)
        await driver.pilot.pause(0.3)
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.PauseAll(why="move")]
        assert all(detail.dag.paused for detail in driver.engine.world.dags.values())
        await driver.press("M")
        await driver.sees("Resume what the pause of all stopped", "Resume 8 DAGs")
        await driver.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        now = {name for name, detail in driver.engine.world.dags.items() if detail.dag.paused}
        assert now == paused
