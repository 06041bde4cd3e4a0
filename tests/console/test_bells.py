"""What callbacks have every open console ring for."""

from __future__ import annotations

import pytest

from drive.console import driving


async def test_the_console_rings_and_shows_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async with driving() as driver:
        rung: list[bool] = []
        monkeypatch.setattr(driver.console, "bell", lambda: rung.append(True))
        await driver.sees("orders_daily")
        driver.engine.ring("etl failed\x1b]0;owned\x07 [/x]", "and again")
        await driver.until(lambda: len(rung) == 2, "two bells")
        await driver.sees("and again")
        assert "\x1b" not in driver.raw()
        assert "\x07" not in driver.raw()
        driver.engine.notify(dags=("orders_daily",))
        await driver.pilot.pause()
        assert len(rung) == 2
