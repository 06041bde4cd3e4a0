"""Triage: what failed and is not dealt with, over all DAGs and runs, by cause; and what is of one cause."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from penstock.errors import PenstockError
from penstock.model.acts import Looked
from penstock.model.views.failures import FailedTask, FailureGroup
from penstock_tui import actions
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.screens.listing import Listing
from penstock_tui.target import FailureTarget, Target
from penstock_tui.view import failure_rows, host_rows
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.line_table import LineTable, Row

_MOST = 1000
"""The most groups, and failures of a group, that are asked for."""


class FailuresScreen(Listing):
    """Groups of failures, that with the newest one first. Leaving it remembers what was seen."""

    view = "failures"
    by_host = True
    dates_of_all = True
    fields = failure_rows.FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[str, FailureGroup] = {}
        self.everything = False
        self._newest = 0
        self._remembered = 0

    def make_table(self) -> LineTable:
        """Return the table of groups."""
        columns = failure_rows.COLUMNS
        return LineTable(host_rows.with_host(columns) if len(self.shell.places) > 1 else columns)

    async def load(self) -> None:
        """Ask for the groups."""
        everything, person = self.everything, self.shell.feed.actor
        seen = self.shell.attendance.seen
        page = await self.shell.feed.ask(
            lambda engine: engine.failures(
                everything=everything, person=person, limit=_MOST, tasks=0, seen=seen
            ),
            key=("failures", everything),
        )
        if page is None or everything is not self.everything:
            return
        self.groups = {group.fingerprint: group for group in page.failures}
        if any(group.new for group in page.failures):
            self._newest = page.newest
        self.table.empty = "nothing has failed" + (
            "" if everything else " that is not dealt with: A shows all"
        )
        self.show()

    def show(self) -> None:
        """Fill the table."""
        shell = self.shell
        now = shell.clock.now()
        groups = [group for group in self.groups.values() if self.wanted.passes(failure_rows.seen(group))]
        if self.groups and not groups:
            self.table.empty = "no failure matches the filter"
        self.table.set_rows(
            [
                Row(
                    group.fingerprint,
                    partial(self._cells, group, now),
                    failed=bool(group.open),
                )
                for group in groups
            ],
            hidden=self.groups,
        )
        self.refresh_top()

    def _cells(self, group: FailureGroup, now: datetime) -> tuple[Spans, ...]:
        cells = failure_rows.cells(group, now, self.shell.zone, open_ones=not self.everything)
        return self.hosted(cells, group.fingerprint)

    def crumbs(self) -> Spans:
        """Say how many failures have how many causes."""
        total, causes = sum(group.count for group in self.groups.values()), len(self.groups)
        kind = " of all time" if self.everything else ""
        new = sum(group.new for group in self.groups.values())
        spans: Spans = [
            ("> ", "bright_black"),
            ("failures", "bold"),
            (f"  {total:,}{kind}, {causes} cause{'' if causes == 1 else 's'}", "bright_black"),
        ]
        return [*spans, (f", {new} new", "bold yellow")] if new else spans

    def on_unmount(self) -> None:
        """Remember how far this person has seen the list."""
        shell = self.shell
        shell.attendance.saw_failures(self._newest)
        if self._newest <= self._remembered or shell.read_only or shell.gone is not None:
            return
        self._remembered = self._newest
        look = Looked(place="failures", upto=self._newest)

        async def remember() -> None:
            try:
                await shell.feed.commit(look, expect=None, act_id=uuid.uuid4().hex)
            except PenstockError:
                return  # it is new for once more

        in_background(shell, remember, name="look", group="look")

    # -- what keys apply to ----------------------------------------------------------------------

    def chosen(self) -> tuple[Target, ...]:
        """Return the chosen groups."""
        marked = bool(self.table.marks)
        groups = [self.groups[key] for key in self.table.chosen_keys() if key in self.groups]
        return tuple(FailureTarget(group=group, marked=marked) for group in groups)

    def do_open(self) -> None:
        """Show the failures of this cause."""
        group = self.groups.get(self.chosen_key or "")
        if group is not None:
            self.app.push_screen(FailureScreen(group))

    def do_log(self) -> None:
        """Show the log of the newest failure of this cause."""

        async def open_log() -> None:
            tasks = await self._failures([self.chosen_key or ""], 1)
            for task in tasks[:1]:
                if task.task_id:
                    self.shell.open_log(task.dag_id, task.run_id, task.task_id, task.map_index)
                else:
                    self.shell.open_log_of(task.dag_id, task.run_id)

        in_background(self, open_log, name="log", group="open")

    def do_retry(self) -> None:
        """Retry every failure of the chosen causes that is not dealt with."""
        self._act_on_tasks("retry")

    def do_clear(self) -> None:
        """Clear them."""
        self._act_on_tasks("clear")

    def do_mark_as(self) -> None:
        """Mark them."""
        self._act_on_tasks("mark_as")

    def _act_on_tasks(self, name: str) -> None:
        action = actions.BY_ID[name]

        async def act() -> None:
            names = [
                target.group.fingerprint for target in self.chosen() if isinstance(target, FailureTarget)
            ]
            tasks = [task for task in await self._failures(names, _MOST) if task.open]
            if tasks:
                self.shell.act(action, failure_rows.targets_of(tasks, marked=True))
            else:
                self.shell.say(f"{action.label}: nothing of it is open any more", "warning")

        in_background(self, act, name=name, group="open")

    def do_failures_everything(self) -> None:
        """Show what is dealt with too, or only what is not."""
        self.everything = not self.everything
        self.shell.say("all failures" if self.everything else "only what is not dealt with")
        self.reload()

    async def _failures(self, fingerprints: Sequence[str], most: int) -> list[FailedTask]:
        found: list[FailedTask] = []
        everything = self.everything
        for name in fingerprints:
            page = await self.shell.feed.ask(
                lambda engine, name=name: engine.failures(  # type: ignore[misc]
                    fingerprint=name, everything=everything, limit=1, tasks=most
                )
            )
            found += [task for group in page.failures for task in group.tasks] if page is not None else []
        return found


class FailureScreen(Listing):
    """The failures of one cause, the newest first."""

    view = "failure"
    dates_of_all = True
    fields = failure_rows.TASK_FIELDS

    def __init__(self, group: FailureGroup) -> None:
        super().__init__()
        self.group = group
        self.tasks: dict[str, FailedTask] = {}
        self.everything = not group.open

    def make_table(self) -> LineTable:
        """Return the table of failures."""
        return LineTable(failure_rows.TASK_COLUMNS)

    async def load(self) -> None:
        """Ask for the failures."""
        name, everything, person = self.group.fingerprint, self.everything, self.shell.feed.actor
        seen = self.shell.attendance.seen
        page = await self.shell.feed.ask(
            lambda engine: engine.failures(
                fingerprint=name, everything=everything, person=person, limit=1, tasks=_MOST, seen=seen
            ),
            key=("failure", name, everything),
        )
        if page is None or everything is not self.everything:
            return
        if page.failures:
            self.group = page.failures[0]
        tasks = [task for group in page.failures for task in group.tasks]
        self.tasks = {failure_rows.task_key(task): task for task in tasks}
        self.table.empty = "all of it is dealt with: A shows it"
        self.show()

    def show(self) -> None:
        """Fill the table."""
        shell = self.shell
        now = shell.clock.now()
        tasks = [task for task in self.tasks.values() if self.wanted.passes(failure_rows.task_seen(task))]
        if self.tasks and not tasks:
            self.table.empty = "no failure matches the filter"
        self.table.set_rows(
            [
                Row(
                    failure_rows.task_key(task),
                    partial(failure_rows.task_cells, task, now, shell.zone, shell.looks),
                    failed=task.open,
                )
                for task in tasks
            ],
            hidden=self.tasks,
        )
        self.refresh_top()

    def crumbs(self) -> Spans:
        """Show the line, and what was said about it."""
        said = failure_rows.note(self.group, self.shell.clock.now(), self.shell.zone)
        more = self.group.count - len(self.tasks)
        rest = f", the newest {len(self.tasks)}" if more > 0 and self.tasks else ""
        return [
            ("> ", "bright_black"),
            (f"{self.group.count}x{rest} ", "bold"),
            (label(self.group.line), "red"),
            (f"  {label(said)}" if said else "", "blue"),
        ]

    def chosen(self) -> tuple[Target, ...]:
        """Return the chosen task instances, by run."""
        tasks = [self.tasks[key] for key in self.table.chosen_keys() if key in self.tasks]
        return failure_rows.targets_of(tasks, marked=bool(self.table.marks))

    def targets_of(self, action: actions.Action) -> tuple[Target, ...]:
        """Return what *action* would be done to: what is said is said about the cause, whatever is marked."""
        if action.id.startswith("failures."):
            return (FailureTarget(group=self.group),)
        return super().targets_of(action)

    def do_open(self) -> None:
        """Open the run."""
        task = self.tasks.get(self.chosen_key or "")
        if task is not None:
            self.shell.open_run(task.dag_id, task.run_id)

    def do_failures_everything(self) -> None:
        """Show what is dealt with too, or only what is not."""
        self.everything = not self.everything
        self.reload()
