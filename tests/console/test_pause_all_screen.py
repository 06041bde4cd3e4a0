"""Maintenance: all DAGs paused with one reason, and resumed exactly as they were, by the same key."""

from __future__ import annotations

import pytest
from textual.css.query import NoMatches

from drive.console import SIZES, driving
from penstock.model import acts
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.while_shown import while_shown


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


async def test_what_a_closed_dialog_put_off_is_not_done() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        await driver.press("M")
        await driver.sees("Pause all DAGs")
        dialog = driver.console.screen
        assert isinstance(dialog, PlanDialog)
        put_off = while_shown(dialog, dialog.say_if_more)
        put_off()
        await driver.press("escape")
        await driver.until(lambda: not dialog.query("#form"))
        with pytest.raises(NoMatches):
            dialog.say_if_more()
        put_off()
