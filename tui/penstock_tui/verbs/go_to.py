"""Opens views that can be reached from several others; each is imported when it is first opened."""

from __future__ import annotations

from collections.abc import Sequence

from penstock_tui.shell import Shell
from penstock_tui.target import OfNoDag, RunTarget, Target, TaskTarget, run_of
from penstock_tui.view.task_rows import key_of


async def runs(shell: Shell, targets: Sequence[Target]) -> None:
    """Show all runs of the DAG."""
    if not isinstance(targets[0], OfNoDag):
        shell.open_runs(targets[0].dag_id)


async def calendar(shell: Shell, targets: Sequence[Target]) -> None:
    """Show what happened on each day of the DAG's schedule."""
    from penstock_tui.screens.calendar import CalendarScreen

    if not isinstance(targets[0], OfNoDag):
        shell.push_screen(CalendarScreen(targets[0].dag_id))


async def grid(shell: Shell, targets: Sequence[Target]) -> None:
    """Show the tasks of the DAG by its runs, beginning at the run that is chosen."""
    from penstock_tui.screens.grid import GridScreen

    target = targets[0]
    if not isinstance(target, OfNoDag):
        run = run_of(target) if isinstance(target, RunTarget | TaskTarget) else None
        await shell.push_screen(GridScreen(target.dag_id, run.run_id if run is not None else None))


async def timeline(shell: Shell, targets: Sequence[Target]) -> None:
    """Show when the tasks of the run did what."""
    from penstock_tui.screens.timeline import TimelineScreen

    target, run = targets[0], run_of(targets[0])
    if run is not None:
        task = key_of(target.tasks[0]) if isinstance(target, TaskTarget) else None
        await shell.push_screen(TimelineScreen(run.dag_id, run.run_id, task))


async def graph(shell: Shell, targets: Sequence[Target]) -> None:
    """Show what depends on what: in the run that is chosen, else the DAG's newest, else in the DAG itself."""
    from penstock_tui.screens.graph import GraphScreen

    target, run = targets[0], run_of(targets[0])
    if not isinstance(target, OfNoDag):
        task = key_of(target.tasks[0]) if isinstance(target, TaskTarget) else None
        await shell.push_screen(GraphScreen(target.dag_id, run.run_id if run is not None else None, task))


async def merged_log(shell: Shell, targets: Sequence[Target]) -> None:
    """Show what all tasks of the run printed."""
    from penstock_tui.screens.merged import MergedScreen

    run = run_of(targets[0])
    if run is not None:
        await shell.push_screen(MergedScreen(run.dag_id, run.run_id))


async def backfills(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show all backfills."""
    from penstock_tui.screens.backfills import BackfillsScreen

    if not isinstance(shell.screen, BackfillsScreen):
        await shell.push_screen(BackfillsScreen())


async def errors(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show the DAG files that cannot be loaded."""
    from penstock_tui.screens.errors import ErrorsScreen

    if not isinstance(shell.screen, ErrorsScreen):
        await shell.push_screen(ErrorsScreen())


async def all_runs(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show the runs of all DAGs."""
    from penstock_tui.screens.all_runs import AllRunsScreen

    if not isinstance(shell.screen, AllRunsScreen):
        await shell.push_screen(AllRunsScreen())


async def failures(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show the failures that nobody dealt with."""
    from penstock_tui.screens.failures import FailuresScreen

    if not isinstance(shell.screen, FailuresScreen):
        await shell.push_screen(FailuresScreen())


async def now(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show what runs in all DAGs, and what waits."""
    from penstock_tui.screens.now import NowScreen

    if not isinstance(shell.screen, NowScreen):
        await shell.push_screen(NowScreen())


async def system(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show how engine, disk, pools and executors are, and what needs a hand."""
    from penstock_tui.screens.system import SystemScreen

    if not isinstance(shell.screen, SystemScreen):
        await shell.push_screen(SystemScreen())


async def assets(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show all assets."""
    from penstock_tui.screens.assets import AssetsScreen

    if not isinstance(shell.screen, AssetsScreen):
        await shell.push_screen(AssetsScreen())


async def digest(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show what happened while this person was away."""
    from penstock_tui.screens.digest import DigestScreen

    if not isinstance(shell.screen, DigestScreen):
        await shell.push_screen(DigestScreen())


async def hosts(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show the hosts of this console."""
    from penstock_tui.screens.hosts import HostsScreen

    if not isinstance(shell.screen, HostsScreen):
        await shell.push_screen(HostsScreen())


async def coming(shell: Shell, _targets: Sequence[Target]) -> None:
    """Show what all schedules will do."""
    from penstock_tui.screens.coming import ComingScreen

    if not isinstance(shell.screen, ComingScreen):
        await shell.push_screen(ComingScreen())
