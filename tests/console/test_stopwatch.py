"""What an operator does most often: each story counts the keys that it takes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec import structs

from drive.console import SIZES, Driver, driving
from fakes.believable import believable
from fakes.engine import FakeEngine
from fakes.world import NOW
from penstock.model import acts
from penstock.model.states import RunState, TaskState
from penstock.model.views.digest import SlowTask
from penstock.model.views.now import LiveAttempt, NowPage
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.digest import DigestScreen
from penstock_tui.screens.failures import FailuresScreen
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.now import NowScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.widgets.line_table import LineTable
from penstock_tui.widgets.month_grid import MonthGrid


class Hogged(FakeEngine):
    """An engine whose last live attempt uses much more than the others: of the CPU, or of the memory."""

    def __init__(self, greedy: str) -> None:
        super().__init__()
        self.greedy = greedy

    @property
    def hog(self) -> LiveAttempt:
        """The attempt."""
        return super().live().attempts[-1]

    def live(self, *, waiting: int = 50) -> NowPage:
        """Answer `Engine.live`."""
        page = super().live(waiting=waiting)
        more = {"cpu": 380.0} if self.greedy == "cpu" else {"rss": 12 << 30}
        return structs.replace(
            page, attempts=(*page.attempts[:-1], structs.replace(page.attempts[-1], **more))
        )


_LINES = (
    "psycopg2.OperationalError: no connection to 10.0.0.17",
    "ValueError: 12 rows have no key",
    "OSError: [Errno 28] No space left on device: /data/part-0001",
    "KeyError: 'fx'",
)


class Hand:
    """Presses keys, and not one more than the story may need."""

    def __init__(self, driver: Driver, most: int) -> None:
        self.driver = driver
        self.most = most
        self.keys = 0

    async def press(self, *keys: str) -> None:
        """Press *keys*."""
        for key in keys:
            self.keys += 1
            assert self.keys <= self.most, f"{key} is a key too many\n{self.driver.text()}"
            await self.driver.press(key)

    async def reads(self, text: str, *, turning: str) -> None:
        """Wait until *text* stands on the screen, pressing *turning* until it does."""
        while text not in self.driver.text():
            await self.press(turning)
            await self.driver.pilot.pause()


def failing() -> FakeEngine:
    """Return an engine with 150 DAGs; the newest runs of four have failed, each in its own way."""
    world = believable()
    world.dags.clear()
    world.runs.clear()
    for number in range(150):
        dag_id = f"dag_{number:03d}"
        world.add_dag(dag_id, {"load": (), "report": ("load",)})
        bad = number % 40 == 17
        state = TaskState.FAILED if bad else TaskState.SUCCESS
        run_id = world.add_run(
            dag_id,
            NOW.replace(hour=2, minute=0),
            RunState.FAILED if bad else RunState.SUCCESS,
            {"load": state, "report": TaskState.UPSTREAM_FAILED if bad else TaskState.SUCCESS},
        )
        if bad:
            attempt_id = world.runs[dag_id, run_id].tasks[0].attempt_id
            assert attempt_id is not None
            world.logs[attempt_id] = f"reading\n{_LINES[number // 40]}\n".encode()
    return FakeEngine(world)


@pytest.mark.parametrize("size", SIZES)
async def test_four_failures_in_150_dags_are_found_read_and_retried_in_12_keys(size: tuple[int, int]) -> None:
    engine = failing()
    async with driving(engine, size=size) as driver:
        hand = Hand(driver, 12)
        await driver.sees("✗4", "(5)")
        await hand.press("5")
        await driver.sees(*(line[:32] for line in _LINES))
        await hand.press("l")
        await driver.until(lambda: isinstance(driver.console.screen, LogScreen))
        await driver.sees("reading", _LINES[0])
        await hand.press("escape")
        await driver.until(lambda: isinstance(driver.console.screen, FailuresScreen))
        await hand.press("asterisk", "r")
        await driver.sees("Retry what failed in 4 runs", "Retry 8 tasks in 4 runs")
        await hand.press("y")
        await driver.until(lambda: len(engine.acts) == 4)
        assert all(isinstance(act, acts.Retry) for act in engine.acts)
        await driver.sees("nothing has failed that is not dealt with")
        await driver.sees_not("(5)")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("greedy", ["cpu", "memory"])
async def test_what_eats_the_machine_is_found_in_3_keys(size: tuple[int, int], greedy: str) -> None:
    engine = Hogged(greedy)
    async with driving(engine, size=size) as driver:
        hand = Hand(driver, 3)
        await driver.sees("prod-etl")
        await hand.press("6")
        await driver.until(lambda: isinstance(driver.console.screen, NowScreen))
        table = driver.console.screen.query_one("#live", LineTable)
        await driver.until(lambda: table.rows)
        title = {"cpu": "cpu% ▾", "memory": "memory ▾"}[greedy]
        await hand.reads(title, turning="s")
        await driver.until(lambda: table.cursor_key == engine.hog.attempt_id)
        await driver.sees(f"> {engine.hog.dag_id[:4]}", engine.hog.task_id[:4])


@pytest.mark.parametrize("size", SIZES)
async def test_the_slow_task_of_last_night_is_named_in_5_keys(size: tuple[int, int]) -> None:
    engine = FakeEngine()
    run = engine.world.runs_of("nyc_flights")[0]
    engine.world.away_parts["slow"] = (
        SlowTask(
            dag_id="nyc_flights", run_id=run.run_id, task_id="load", at=NOW, seconds=2472.0, p95=254.0
        ),
    )  # fmt: skip
    async with driving(engine, size=size) as driver:
        hand = Hand(driver, 5)
        await driver.sees("prod-etl")
        await hand.press("0")
        await driver.until(lambda: isinstance(driver.console.screen, DigestScreen))
        await driver.sees("while you were away")
        await driver.until(lambda: driver.console.screen.query_one(LineTable).rows)
        await hand.reads("load took 41m", turning="pagedown")
        table = driver.console.screen.query_one(LineTable)
        assert table.move_to_key(next(row.key for row in table.rows if row.key.startswith("slow/")))
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.console.screen, RunScreen))


@pytest.mark.parametrize("size", SIZES)
async def test_a_month_is_backfilled_with_a_canary_in_8_keys(size: tuple[int, int]) -> None:
    world = believable()
    world.backfills.clear()
    async with driving(FakeEngine(world), size=size) as driver:
        await driver.sees("prod-etl")
        assert driver.console.screen.query_one(LineTable).move_to_key("nyc_flights")
        hand = Hand(driver, 8)
        await hand.press("C")
        await driver.until(lambda: isinstance(driver.console.screen, CalendarScreen))
        grid = driver.console.screen.query_one(MonthGrid)
        await driver.until(lambda: grid.days.get(NOW.date()), "today's points")
        await hand.press("pageup", "asterisk")
        await driver.sees("2026-07-01 to 2026-07-31")
        await hand.press("b")
        await driver.sees("Backfill nyc_flights", "(y)")
        await driver.sees_not("one alone first")
        await hand.press("c")
        await driver.sees("one alone first (canary)")
        await hand.press("y")
        await driver.until(lambda: driver.engine.acts)
        [act] = driver.engine.acts
        assert isinstance(act, acts.CreateBackfill)
        assert act.canary
        assert (str(act.from_date)[:10], str(act.to_date)[:10]) == ("2026-07-01", "2026-07-31")
        await driver.sees_not("Backfill nyc_flights")
        assert not grid.marked


async def test_the_month_that_is_marked_ends_today_and_the_same_key_unmarks_it() -> None:
    async with driving() as driver:
        await driver.sees("nyc_flights")
        driver.console.screen.query_one(LineTable).move_to_key("nyc_flights")
        await driver.press("C")
        await driver.until(lambda: isinstance(driver.console.screen, CalendarScreen))
        grid = driver.console.screen.query_one(MonthGrid)
        await driver.until(lambda: grid.days.get(NOW.date()), "today's points")
        await driver.press("asterisk")
        assert grid.span == (date(2026, 8, 1), NOW.date())
        await driver.press("asterisk")
        assert not grid.marked


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("start", [None, "0", "6"])
async def test_all_schedules_are_paused_and_resumed_as_they_were_in_6_keys(
    size: tuple[int, int], start: str | None
) -> None:
    async with driving(size=size) as driver:
        await driver.sees("prod-etl")
        before = {name for name, detail in driver.engine.world.dags.items() if detail.dag.paused}
        assert before
        hand = Hand(driver, 6)
        if start is not None:
            await hand.press(start)
        await hand.press("M")
        await driver.sees("Pause all DAGs", "Pause 8 DAGs")
        await hand.press("y")
        await driver.until(lambda: all(detail.dag.paused for detail in driver.engine.world.dags.values()))
        await driver.sees_not("Pause all DAGs")
        await hand.press("M")
        await driver.sees("Resume what the pause of all stopped", "Resume 8 DAGs")
        await hand.press("y")
        await driver.until(lambda: len(driver.engine.acts) == 2)
        after = {name for name, detail in driver.engine.world.dags.items() if detail.dag.paused}
        assert after == before


async def test_it_looks_further_back_than_the_last_look_and_back_again() -> None:
    async with driving() as driver:
        await driver.sees("prod-etl")
        await driver.press("0")
        await driver.until(lambda: isinstance(driver.console.screen, DigestScreen))
        screen = driver.console.screen
        assert isinstance(screen, DigestScreen)
        await driver.until(lambda: screen.page)
        await driver.press("minus")
        await driver.sees("this is since you last looked")
        for days in (1, 3, 7):
            await driver.press("plus")
            since = NOW - timedelta(days=days)
            await driver.until(lambda: screen.page and screen.page.since == since)  # noqa: B023
        await driver.press("plus")
        await driver.sees("it looks no further back")
        await driver.press("minus")
        await driver.until(lambda: screen.page and screen.page.since == NOW - timedelta(days=3))
