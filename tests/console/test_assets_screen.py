"""Assets: last change, who waits for what, lineage, filter; its run is opened, a change recorded by hand."""

from __future__ import annotations

import pytest
from msgspec import structs

from drive.console import SIZES, Driver, driving
from drive.sent_bytes import count, reset, wired
from fakes.engine import FakeEngine
from penstock.model import acts
from penstock.model.views.assets import AssetRow, AssetTask
from penstock_tui.dialogs.emit_asset import EmitAssetDialog
from penstock_tui.screens.assets import AssetsScreen
from penstock_tui.screens.run import RunScreen


async def at_assets(driver: Driver) -> AssetsScreen:
    """Open the assets and wait until they are there."""
    await driver.sees("prod-etl")
    await driver.press("9")
    await driver.until(lambda: isinstance(driver.console.screen, AssetsScreen))
    screen = driver.console.screen
    assert isinstance(screen, AssetsScreen)
    await driver.until(lambda: screen.table.rows)
    return screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_list_with_one_asset_described_at_each_size(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await at_assets(driver)
        await driver.sees("assets  4", "orders", "s3://lake/orders", "hello waits for orders", "comes from")
        assert all(len(line) <= size[0] for line in driver.text().splitlines())
        if size[0] >= 100:
            await driver.sees("made by orders_daily.join", "raw", "goes to", "runs hello", "last changes")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_lineage_longer_than_the_screen_says_how_much_more_and_scrolls(size: tuple[int, int]) -> None:
    engine = FakeEngine()
    orders = engine.world.assets[0]
    many = tuple(AssetTask(dag_id=f"maker_{number:02d}", task_id="make") for number in range(60))
    engine.world.assets[0] = structs.replace(orders, producers=many)
    async with driving(engine, size=size) as driver:
        screen = await at_assets(driver)
        await driver.sees("more below: [ ]")
        assert "maker_59" not in driver.text()
        for _ in range(60):
            if "maker_59" in driver.text():
                break
            await driver.press("right_square_bracket")
            await driver.pilot.pause()
        await driver.sees("maker_59.make", "more above")
        pane = screen.query_one("#asset")
        assert pane.region.bottom <= size[1] - 2, "the line that says so is on the screen"
        await driver.press("down", "up")
        await driver.sees("more below: [ ]")
        assert "more above" not in driver.text()
        await driver.press("left_square_bracket")
        await driver.sees("that is the beginning of it")


async def test_enter_opens_the_run_that_changed_it_last() -> None:
    async with driving() as driver:
        await at_assets(driver)
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))
        await driver.press("escape", "down", "enter")
        await driver.sees("ada recorded the last change by hand")
        await driver.press("down", "enter")
        await driver.sees("this asset has never changed")


async def test_a_change_is_recorded_by_hand() -> None:
    async with driving() as driver:
        await at_assets(driver)
        await driver.press("t")
        await driver.until(lambda: isinstance(driver.console.screen, EmitAssetDialog))
        await driver.sees("penstock assets emit s3://lake/orders")
        driver.console.screen.query_one("#extra").focus()
        await driver.type("[1]")
        await driver.sees("extra must be a JSON object")
        await driver.press("ctrl+u")
        await driver.type('{"rows": 3}')
        await driver.sees("penstock assets emit s3://lake/orders")
        await driver.press("ctrl+s")
        await driver.until(lambda: driver.engine.acts)
        assert driver.engine.acts == [acts.EmitAsset(name="s3://lake/orders", extra={"rows": 3})]


async def test_sorted_and_filtered() -> None:
    async with driving() as driver:
        screen = await at_assets(driver)
        await driver.press("s")
        await driver.until(lambda: screen.table.rows[0].key == "rates\n")
        await driver.press("slash")
        await driver.type("waits:hello orders")
        await driver.until(lambda: [row.key for row in screen.table.rows] == ["orders\ns3://lake/orders"])


async def test_a_move_among_a_thousand_sends_little() -> None:
    engine = FakeEngine()
    engine.world.assets[:] = [AssetRow(name=f"a{number:04}", uri="") for number in range(1000)]
    async with wired(engine) as driver:
        await at_assets(driver)
        await driver.pilot.pause(0.3)
        reset()
        await driver.press("down")
        await driver.pilot.pause(0.3)
        assert 0 < count() < 900
