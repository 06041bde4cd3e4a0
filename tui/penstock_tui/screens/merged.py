"""The merged log of a run: what all its tasks printed, in the order of time, each line with its task."""

from __future__ import annotations

import asyncio
from functools import partial

from textual.app import ComposeResult

from penstock.ids import instance_key
from penstock.model.merged_log import MergedLog
from penstock.model.views.events import Change
from penstock.model.views.merged import LogOwner
from penstock.model.views.runs import RunDetail
from penstock_tui.actions import Action
from penstock_tui.clean import label
from penstock_tui.merged_source import MergedSource, Tags, name_of
from penstock_tui.screens.log_keys import LogKeys, file_name
from penstock_tui.screens.run_word import run_word
from penstock_tui.target import RunTarget, Target
from penstock_tui.view import filters
from penstock_tui.view.log_source import Follow
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.filter_bar import FilterBar
from penstock_tui.widgets.log_pane import LogPane

_FIELDS = ("task", "try")
_WIDEST, _NARROWEST = 26, 8
"""Cells of a task's letter and name before each line."""
_NONE_SHOWN = "no line is shown: every task is muted or filtered out; a shows all"


class MergedScreen(LogKeys):
    """The logs of the run *run_id* of *dag_id* as one."""

    view = "merged"
    CSS = """
    MergedScreen LogPane { height: 1fr; }
    MergedScreen #tasks { height: 1; display: none; }
    MergedScreen #tasks.open { display: block; }
    """

    def __init__(self, dag_id: str, run_id: str) -> None:
        super().__init__()
        self.dag_id, self.run_id = dag_id, run_id
        self.detail: RunDetail | None = None
        self.muted: set[str] = set()
        """Ids of tasks whose lines are left out."""
        self.solo: str | None = None
        """The id of the only task whose lines are shown."""
        self.wanted = filters.NONE
        self._whole = MergedLog()
        self._tags = Tags()
        self._opened = False

    def body(self) -> ComposeResult:
        """Compose the log, and the line in which tasks are filtered."""
        self._pane = LogPane(zone=self.shell.zone)
        self._bar = FilterBar(filters.hint(_FIELDS), prompt="\\")
        self._bar.id = "tasks"
        yield self._pane
        yield self._bar

    @property
    def log_pane(self) -> LogPane:
        """The log."""
        return self._pane

    def on_mount(self) -> None:
        """Give the keys to the log."""
        super().on_mount()
        self._pane.log_view.focus()

    # -- content ---------------------------------------------------------------------------------

    async def load(self) -> None:
        """Ask for the run, and the first time for its log; after that the log asks for what comes."""
        dag_id, run_id, feed = self.dag_id, self.run_id, self.shell.feed
        asked = feed.ask(lambda engine: engine.run_part(dag_id, run_id, []), key=("run_part", dag_id, run_id))
        if self._opened:
            detail = await asked
        else:
            detail, answer = await asyncio.gather(
                asked,
                feed.ask(lambda engine: engine.run_log(dag_id, run_id)),
            )
            if answer is not None:
                self._opened = True
                self._whole.add(answer)
                self._show()
        if detail is not None:
            self.detail = detail
            self._retitle()
            self.refresh_top()

    def concerns(self, change: Change) -> bool:
        """Return whether our run moved."""
        return change.all or (self.dag_id, self.run_id) in change.runs

    def on_growing_log_moved(self) -> None:
        """Count tasks again: new ones may have printed."""
        self._retitle()

    def on_resize(self) -> None:
        """Give the names as much room as there is."""
        source = self._source()
        if source is not None:
            source.margin = self._margin()

    def _source(self) -> MergedSource | None:
        source = self._pane.source
        return source if isinstance(source, MergedSource) else None

    def _keeps(self, owner: LogOwner) -> bool:
        if owner.task_id in self.muted or self.solo not in {None, owner.task_id}:
            return False
        key = instance_key(owner.task_id, owner.map_index)
        fields = {"task": [key], "try": [str(owner.try_number)], "text": [name_of(owner)]}
        return not self.wanted.terms or self.wanted.passes(fields)

    def _margin(self) -> int:
        longest = max((len(name_of(owner)) for owner in self._whole.owners), default=0)
        return max(_NARROWEST, min(_WIDEST, longest + 4, self.size.width // 4))

    def _show(self) -> None:
        """Open the log again with the tasks that are wanted now."""
        for owner in self._whole.owners:  # so letters do not depend on what is shown first
            self._tags.letters(owner.task_id)
        source = MergedSource(
            self.shell.feed,
            (self.dag_id, self.run_id),
            self._whole,
            self._tags,
            keep=self._keeps,
            margin=self._margin(),
        )
        empty = _NONE_SHOWN if self._whole.size else "no task of this run has printed anything yet"
        self._pane.open(source, self._title(), live=self._whole.live, empty=empty)

    def _choose(self, said: str) -> None:
        """Show other tasks, at the line that was shown, or the next one that still is."""
        old, view = self._source(), self._pane.log_view
        here = None if view.mode is Follow.FOLLOWING else view.span()[0]
        wanted = view.wanted if view.matches is not None else None
        moment = old.shown.moment(here) if old is not None and here is not None else None
        spot = old.shown.source(here) if old is not None and here is not None else None
        self._show()
        self._retitle()
        self.refresh_top()
        if wanted is not None:
            self._pane.search_again(wanted)
        source = self._source()
        if source is not None and moment is not None and spot is not None:
            offset = source.shown.offset(*spot)
            to = source.shown.since(moment) if offset is None else offset
            self._work(partial(view.go_to, min(to, max(0, source.shown.size - 1)), mark=False), group="jump")
        self.shell.say(said)

    def _title(self) -> Spans:
        printed = [owner for owner in self._whole.owners if owner.size]
        tasks = {owner.task_id for owner in printed}
        shown = {owner.task_id for owner in printed if self._keeps(owner)}
        count = f"{len(tasks)} task{'' if len(tasks) == 1 else 's'}"
        title: Spans = [(f" {count}" if len(shown) == len(tasks) else f" {len(shown)} of {count}", "bold")]
        if self.solo is not None:
            title.append((f"  only {self._tags.letters(self.solo)} {label(self.solo)}", "yellow"))
        if self.muted:
            letters = " ".join(
                sorted(map(self._tags.letters, self.muted), key=lambda each: (len(each), each))
            )
            title.append((f"  muted {letters}", "yellow"))
        return title

    def _retitle(self) -> None:
        self._pane.retitle(self._title())

    # -- what keys apply to and do ---------------------------------------------------------------

    def around(self) -> Target | None:
        """Return the run."""
        return RunTarget(run=self.detail.run) if self.detail is not None else None

    def why_not(self, action: Action) -> str | None:
        """Open needs a line, not a row of a list."""
        return None if action.id == "open" else super().why_not(action)

    def crumbs(self) -> Spans:
        """Return DAG and run for the top line."""
        run = run_word(self.shell, self.dag_id, self.run_id, self.detail)
        return [(f"{label(self.dag_id)} > {run} merged log", "dim")]

    def chip(self) -> Spans:
        """Return the active filter of tasks."""
        return [(f" tasks: {label(self.wanted.source)} ", "reverse")] if self.wanted.terms else []

    def log_name(self) -> str:
        """Return the name of a file for the log, without its ending."""
        return file_name([self.dag_id, self.run_id, "merged"])

    def close_layer(self) -> bool:
        """Close search or marks, then show all tasks again."""
        if self.close_log_layer():
            return True
        chosen = bool(self.muted or self.solo is not None or self.wanted.terms)
        if chosen:
            self.do_unmute()
        return chosen

    def _here(self) -> tuple[MergedSource, int] | None:
        """Return the log, and the cursor's line, or else the lowest one; None if there are none."""
        source, offset = self._source(), self._pane.log_view.line_offset()
        if source is None or offset is None or not source.shown.size:
            self.shell.say("there are no lines here")
            return None
        return source, offset

    def do_open(self) -> None:
        """Open the log of the line's task at that line."""
        here = self._here()
        if here is not None:
            owner, at = here[0].shown.source(here[1])
            found = here[0].shown.owners[owner]
            place = (found.attempt_id, at)
            self.shell.open_log(self.dag_id, self.run_id, found.task_id, found.map_index, place)

    def do_mute(self) -> None:
        """Leave out the lines of the line's task."""
        here = self._here()
        owner = here[0].owner(here[1]) if here is not None else None
        if owner is not None:
            self.muted.add(owner.task_id)
            self._choose(f"{owner.task_id} is muted; a shows all")

    def do_solo(self) -> None:
        """Show only the lines of the line's task; again: of all."""
        if self.solo is not None:
            self.solo = None
            self._choose("all tasks again")
            return
        here = self._here()
        owner = here[0].owner(here[1]) if here is not None else None
        if owner is not None:
            self.solo = owner.task_id
            self._choose(f"only {owner.task_id}; S shows the others again")

    def do_unmute(self) -> None:
        """Show the lines of all tasks."""
        self.muted.clear()
        self.solo, self.wanted = None, filters.NONE
        self._bar.set_text("")
        self._choose("all tasks are shown")

    def do_find_task(self) -> None:
        """Ask which tasks are to be shown."""
        self._bar.open()

    def on_filter_bar_edited(self, event: FilterBar.Edited) -> None:
        """Wait for enter: each change reads the log again."""
        event.stop()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Show the tasks that were asked for."""
        self._bar.shut()
        self._pane.log_view.focus()
        if not event.kept:
            self._bar.set_text("")
        wanted = filters.parse(self._bar.text, _FIELDS)
        if wanted != self.wanted:
            self.wanted = wanted
            self._choose(f"tasks: {wanted.source}" if wanted.terms else "all tasks")
