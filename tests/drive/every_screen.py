"""A way to every full screen of the console, for tests that look at all of them alike."""

from __future__ import annotations

from collections.abc import Callable

from drive.console import Driver
from penstock_tui.screens.all_runs import AllRunsScreen
from penstock_tui.screens.assets import AssetsScreen
from penstock_tui.screens.backfills import BackfillPointsScreen, BackfillsScreen
from penstock_tui.screens.calendar import CalendarScreen
from penstock_tui.screens.coming import ComingScreen
from penstock_tui.screens.digest import DigestScreen
from penstock_tui.screens.errors import ErrorsScreen
from penstock_tui.screens.failures import FailuresScreen
from penstock_tui.screens.graph import GraphScreen
from penstock_tui.screens.grid import GridScreen
from penstock_tui.screens.history import HistoryScreen
from penstock_tui.screens.hosts import HostsScreen
from penstock_tui.screens.log import LogScreen
from penstock_tui.screens.merged import MergedScreen
from penstock_tui.screens.now import NowScreen
from penstock_tui.screens.run import RunScreen
from penstock_tui.screens.runs import RunsScreen
from penstock_tui.screens.system import SystemScreen
from penstock_tui.screens.task import TaskScreen
from penstock_tui.screens.timeline import TimelineScreen
from penstock_tui.screens.view import View

DAG, TASK = "orders_daily", "join"
WAYS: dict[str, Callable[[str], View]] = {
    "all runs": lambda _: AllRunsScreen(),
    "assets": lambda _: AssetsScreen(),
    "backfill": lambda _: BackfillPointsScreen(1),
    "backfills": lambda _: BackfillsScreen(),
    "calendar": lambda _: CalendarScreen(DAG),
    "coming": lambda _: ComingScreen(),
    "digest": lambda _: DigestScreen(),
    "errors": lambda _: ErrorsScreen(),
    "failures": lambda _: FailuresScreen(),
    "graph": lambda run_id: GraphScreen(DAG, run_id),
    "grid": lambda _: GridScreen(DAG),
    "history": lambda _: HistoryScreen(DAG, TASK, -1),
    "hosts": lambda _: HostsScreen(),
    "log": lambda run_id: LogScreen(DAG, run_id, TASK),
    "merged log": lambda run_id: MergedScreen(DAG, run_id),
    "now": lambda _: NowScreen(),
    "run": lambda run_id: RunScreen(DAG, run_id),
    "runs": lambda _: RunsScreen(DAG),
    "system": lambda _: SystemScreen(),
    "task": lambda run_id: TaskScreen(DAG, run_id, TASK),
    "timeline": lambda run_id: TimelineScreen(DAG, run_id),
}
"""By name, what makes the screen from a run's id."""


async def open_screen(driver: Driver, name: str) -> View:
    """Open a screen; wait until it has asked for what it shows first."""
    screen = WAYS[name](driver.engine.world.runs_of(DAG)[0].run_id)
    driver.console.push_screen(screen)
    await driver.until(lambda: driver.console.screen is screen and screen.takes_keys, name)
    return screen
