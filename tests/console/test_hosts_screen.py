"""A console over several hosts, and over one of production: columns, list of hosts, the name asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

import pytest

from drive.console import SIZES, Driver, driving
from drive.several import Hosts, hosts
from fakes.clock import FakeClock
from penstock.model import acts
from penstock.model.places import Place
from penstock_tui.app import Console
from penstock_tui.feed import Feed
from penstock_tui.screens.hosts import HostsScreen

PROD = Place("prod", production=True, colour="red", word="LIVE")
PLACES = (PROD, Place("lab"))


@asynccontextmanager
async def over_both(size: tuple[int, int] = (120, 36)) -> AsyncIterator[tuple[Driver, Hosts]]:
    with hosts(PLACES) as both:
        clock = FakeClock(both.fake("lab").now)

        def show(name: str | None) -> None:
            both.several.focus = name

        console = Console(
            lambda post: Feed(lambda: both.engine, post, clock=clock, actor="ada"),
            zone=UTC,
            places=PLACES,
            show_host=show,
        )
        async with console.run_test(size=size) as pilot:
            driver = Driver(console, pilot, both.fake("lab"))
            await driver.sees("prod", "lab", "orders_daily")
            yield driver, both
            own = [note.text for note in console.notes.history if "the console failed" in note.text]
            assert not own, own


@pytest.mark.parametrize("size", SIZES[:2])
async def test_lists_over_several_hosts_have_a_column_with_the_host(size: tuple[int, int]) -> None:
    async with over_both(size) as (driver, _):
        for key, title in (("1", "DAG"), ("4", "DAG"), ("5", "error line")):
            await driver.press(key)
            await driver.sees(title, "host", "prod", "lab")
        await driver.press("1", "slash")
        await driver.type("host:lab")
        await driver.until(lambda: "prod " not in driver.text().partition("filter")[0][120:])
        await driver.sees("lab")


async def test_an_act_goes_to_the_host_of_its_row_and_asks_for_the_name_of_production() -> None:
    async with over_both() as (driver, both):
        await driver.press("slash")
        await driver.type("host:prod orders")
        await driver.press("enter", "p")
        await driver.sees("prod is production", "its name")
        await driver.type("lab")
        await driver.press("enter")
        await driver.sees("that is not prod")
        await driver.press("escape")
        await driver.sees("nothing was done")
        assert both.fake("prod").acts == []
        await driver.press("p")
        await driver.sees("prod is production")
        await driver.type("prod")
        await driver.press("enter")
        await driver.until(lambda: both.fake("prod").acts)
        assert isinstance(both.fake("prod").acts[0], acts.PauseSchedule | acts.UnpauseSchedule)
        assert both.fake("lab").acts == []


async def test_a_host_without_production_asks_for_nothing() -> None:
    async with over_both() as (driver, both):
        await driver.press("slash")
        await driver.type("host:lab orders")
        await driver.press("enter", "p")
        await driver.until(lambda: both.fake("lab").acts)
        assert both.fake("prod").acts == []


async def test_the_list_of_hosts_shows_one_alone_and_all_again() -> None:
    async with over_both() as (driver, _):
        await driver.press("K")
        await driver.sees("> hosts", "prod LIVE", "live")
        screen = driver.console.screen
        assert isinstance(screen, HostsScreen)
        await driver.until(lambda: screen.table.count == 2)
        screen.table.move_to_key("lab")
        await driver.press("enter")
        await driver.sees("only lab")
        await driver.until(lambda: " prod " not in driver.text())
        await driver.press("8")
        await driver.sees("> system", "engine")
        await driver.press("K", "a")
        await driver.sees("2 hosts", " prod ", " lab ")


async def test_a_lost_host_is_said_and_keeps_its_rows() -> None:
    async with over_both() as (driver, both):
        both.lines["prod"].cut()
        await driver.sees("2 hosts, 1 lost", " prod ")
        await driver.press("K")
        await driver.sees("lost", "the host cannot be reached")
        await driver.press("enter")
        await driver.sees("prod cannot be reached", "there is no cable")


async def test_one_host_is_named_in_its_colour_on_every_screen() -> None:
    async with driving(places=[PROD]) as driver:
        await driver.sees(" LIVE prod ")
        await driver.press("4")
        await driver.sees(" LIVE prod ", "> runs")
        await driver.press("1", "t")
        await driver.sees("prod is production")
        assert driver.engine.acts == []


async def test_one_instance_at_home_names_no_host_and_asks_for_nothing() -> None:
    async with driving() as driver:
        await driver.press("K")
        await driver.sees("this console shows one instance")
        await driver.press("escape")
        assert " host " not in driver.text()


@pytest.mark.parametrize("size", SIZES)
async def test_what_an_empty_list_says_is_never_cut(size: tuple[int, int]) -> None:
    async with driving(size=size) as driver:
        await driver.sees("prod-etl")
        await driver.press("K")
        await driver.until(
            lambda: "penstock console --host A --host B shows several" in " ".join(driver.text().split())
        )
