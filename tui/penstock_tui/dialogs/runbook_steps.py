"""`StepsDialog`: a runbook step by step. Each step is shown with its plan; enter does it, esc stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType

from penstock.errors import PenstockError, UsageError
from penstock.model import runbooks
from penstock.model.acts import AnyAct
from penstock.model.states import RUN_TERMINAL, RunState
from penstock.model.views.events import Change
from penstock.model.views.plans import Done
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.committing import Committing
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.button import Button

WAIT = "--wait"
"""In a command: what comes after it waits until its run has ended."""
_SKIPPED = "skipped"
_AROUND = 12
"""Rows that the frame, the plan and the buttons need at least."""


class _Awaited(NamedTuple):
    """A run whose end the next step waits for."""

    dag_id: str
    run_id: str


class StepsDialog(PlanDialog):
    """Does the runbook *name*, one step after the other, each planned by what those before it did."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("s", "skip", show=False)]
    danger: ClassVar[bool] = True
    stops_at_refusal: ClassVar[bool] = True

    def __init__(self, name: str, book: runbooks.Runbook, values: Mapping[str, str]) -> None:
        super().__init__("")
        self._name = name
        self._steps = book.steps
        self._values = dict(values)
        self._at = 0
        """How many steps are behind us."""
        self._said: list[str] = []
        """What came of each of those."""
        self._all: list[Done] = []
        self._awaited: _Awaited | None = None
        self.note = f"runbook {name}"

    def on_mount(self) -> None:
        """Begin with the first step."""
        super().on_mount()
        self._show_place()

    def focus_first(self) -> None:
        """Enter goes on."""
        self.query_one("#commit").focus()

    @property
    def keep(self) -> str:
        """The text of the button that goes no further."""
        return "Stop here"

    def _show_place(self) -> None:
        self.set_heading(f"{self._name}: step {self._at + 1} of {len(self._steps)}")

    # -- the step --------------------------------------------------------------------------------

    def acts(self) -> list[AnyAct]:
        """Return nothing: what a command means is asked of the engine."""
        return []

    async def asked_acts(self) -> list[AnyAct]:
        """Return the acts of the step; raise `UsageError` while a run that it waits for goes on."""
        await self._await()
        read = self.shell.read_command
        if read is None:
            raise UsageError("this console cannot read commands")
        if self._at >= len(self._steps):  # the last one was done meanwhile
            return []
        words = self._steps[self._at].filled(self._values)
        return await self.shell.feed.call(lambda engine: read(engine, words))

    async def _await(self) -> None:
        awaited = self._awaited
        if awaited is None:
            return
        run = (await self.shell.feed.call(lambda engine: engine.run(*awaited))).run
        if run.state is RunState.SUCCESS:
            self._awaited = None
        elif run.state in RUN_TERMINAL:
            raise UsageError(f"{awaited.run_id} ended as {run.state}: enter goes on all the same, esc stops")
        else:
            raise UsageError(f"waits until {awaited.run_id} has ended: it is {run.state}; esc stops")

    def changed(self, change: Change | None) -> None:
        """Look again when the run that is waited for moves."""
        if self._awaited is not None and not self._busy and self.is_mounted:
            self.replan()
        else:
            super().changed(change)

    def _took(self, refused: list[str]) -> None:
        if refused and not self.plans:
            refused = [f"{refused[0]}; s skips this step", *refused[1:]]
        super()._took(refused)
        if not self.plans:
            again = "Look again" if self._awaited is not None else "Try again"
            self.query_one("#commit", Button).set_text(again)

    @property
    def ready(self) -> bool:
        """A step that changes no task, such as a note, is done too."""
        return True

    def verb(self) -> str:
        """Return what enter does."""
        return f"Do step {self._at + 1}"

    def nothing(self) -> str:
        """Say that the step has no effect."""
        return "no run or task would change"

    def summary(self) -> list[Spans]:
        """Show the steps around the one that is next, with what came of those before it."""
        ascii_only = self.shell.looks.ascii
        room = max(1, self.size.height - _AROUND)
        first = max(0, min(self._at - room // 2, len(self._steps) - room))
        lines: list[Spans] = []
        for place, step in enumerate(self._steps[first : first + room], first):
            words = label(" ".join(("penstock", *step.filled(self._values))))
            if place < self._at:
                skipped = self._said[place] == _SKIPPED
                sign = "-" if skipped else "*" if ascii_only else "✓"
                style = "yellow" if skipped else "green"
                lines.append([(f"{sign} {words}", style), (f"  {label(self._said[place])}", "bright_black")])
            elif place == self._at:
                lines.append([(f"> {words}", "bold")])
            else:
                lines.append([(f"  {words}", "bright_black")])
        return [*lines, *super().summary()]

    # -- going on --------------------------------------------------------------------------------

    def action_commit(self) -> None:
        """Do the step; look again if it has no plan."""
        if self._busy or self._pending or self.plans:
            super().action_commit()
        else:
            in_background(self, self._look_again, group="plan", exclusive=True)

    async def _look_again(self) -> None:
        """Wait no more for a run that has ended badly, and plan the step again."""
        awaited = self._awaited
        if awaited is not None:
            try:
                run = (await self.shell.feed.call(lambda engine: engine.run(*awaited))).run
            except PenstockError:
                self._awaited = None
            else:
                if run.state in RUN_TERMINAL:
                    self._awaited = None
        self._pending = True
        await self._replan(0)

    def action_skip(self) -> None:
        """Leave out a step that cannot be done, and go on with the next one."""
        if not (self._busy or self._pending or self.plans):
            self._awaited = None
            self._go_on(_SKIPPED)

    def carried_out(self, done: list[Done]) -> None:
        """Go on with the next step."""
        self._all += done
        step, run_id = self._steps[self._at], done[-1].run_id if done else None
        if WAIT in step.words and run_id is not None:
            self._awaited = _Awaited(step.filled(self._values)[1], run_id)
        self._go_on("; ".join(each.message for each in done))

    def _go_on(self, said: str) -> None:
        self._said.append(said)
        self._at += 1
        if self._at == len(self._steps):
            if (skipped := self._said.count(_SKIPPED)) > 0:
                what = f"{skipped} of {len(self._steps)} steps {'was' if skipped == 1 else 'were'} skipped"
                self.shell.say(f"{label(self._name)}: {what}", "warning")
            self.dismiss(self._all)
            return
        self._committing = Committing(self.shell.feed)
        self._show_place()
        self.query_one("#commit").focus()
        self.replan()

    def action_close(self) -> None:
        """Stop here, and say how far it came."""
        left = len(self._steps) - self._at
        if self._at:
            steps = "1 step is" if left == 1 else f"{left} steps are"
            said = f"stopped after {self._at} of {len(self._steps)} steps; {steps} not done"
            self.shell.say(f"{label(self._name)}: {said}", "warning")
        self.dismiss(self._all or None)
