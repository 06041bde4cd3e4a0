"""`RunbookDialog`: choose a runbook, fill it in, see each step's plan, do it; or begin a recording."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model import runbooks
from penstock.model.acts import AnyAct
from penstock.model.views.plans import Plan
from penstock.model.views.runbooks import RunbookRow
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.dialogs.runbook_steps import WAIT
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.options import Options


class RunbookDialog(PlanDialog):
    """For the runbooks *rows*; *values* are what the cursor is on, for their parameters.

    Its ``record`` is the name under which a recording is to begin, once that was entered; ``steps`` the
    runbook and its values, once it is to be done step by step.
    """

    danger: ClassVar[bool] = True
    stops_at_refusal: ClassVar[bool] = True

    def __init__(self, rows: Sequence[RunbookRow], values: dict[str, str]) -> None:
        super().__init__("Runbooks")
        self._rows = {row.name: row for row in rows if row.recording is None}
        self._values = values
        self.record: str | None = None
        self.steps: tuple[str, runbooks.Runbook, dict[str, str]] | None = None

    def form(self) -> ComposeResult:
        """Compose the runbooks, the values of their parameters, and the name of a new one."""
        if self._rows:
            names = [(name, label(name)) for name in self._rows]
            yield Options("run   ", names, chosen={names[0][0]}, id="book")
            yield Field("with  ", self._filled(names[0][0]), hint="PARAM=VALUE for what it asks", id="values")
            ways = [("all", "all steps at once"), ("step", "step by step: enter goes on, esc stops")]
            yield Options("go    ", ways, chosen={self._way_of(names[0][0])}, id="way")
        yield Field("record", hint="a new name, enter: keeps what you do", id="record")

    def focus_first(self) -> None:
        """Begin at the runbooks, or at the name of the first one."""
        self.query_one("#book" if self._rows else "#record").focus()

    def summary(self) -> list[Spans]:
        """Show the steps of the runbook."""
        row = self._row()
        if row is None:
            return [[("no runbook yet: record one", "italic")]]
        title: list[Spans] = [[(label(row.title), "italic")]] if row.title else []
        room = max(1, self.size.height - 15)  # the frame, the form, the plan, a message, the buttons
        steps: list[Spans] = [[(f"$ {label(step)}", "bright_black")] for step in row.steps[:room]]
        more = len(row.steps) - room
        rest: list[Spans] = [[(f"  and {more} more", "bright_black")]] if more > 0 else []
        return [*title, *steps, *rest, *super().summary()]

    def verb(self) -> str:
        """Return how many steps are done."""
        row = self._row()
        count = len(row.steps) if row is not None else 0
        return f"{'Begin' if self._by_step() else 'Do'} {count} step{'' if count == 1 else 's'}"

    @property
    def ready(self) -> bool:
        """Step by step, a step may change nothing until those before it are done."""
        return self._by_step() or super().ready

    @property
    def must_type(self) -> bool:
        """Step by step, each step asks for itself."""
        return not self._by_step() and super().must_type

    def _by_step(self) -> bool:
        return bool(self._rows) and self.query_one("#way", Options).value == "step"

    def nothing(self) -> str:
        """Say that no step would change anything."""
        return "as things are now, no step would change anything"

    def acts(self) -> list[AnyAct]:
        """Return nothing: what commands mean is asked of the engine."""
        return []

    async def asked_acts(self) -> list[AnyAct]:
        """Return the acts of all steps; raise `UsageError` for what is wrong or missing."""
        row = self._row()
        if row is None:
            return []
        book, values = self._asked_for(row)
        waits = next((step for step in book.steps if WAIT in step.words), None)
        if waits is not None and not self._by_step():
            raise UsageError(f"line {waits.line} waits for its run: choose step by step")
        self.note = f"runbook {row.name}"
        read = self.shell.read_command
        if read is None:
            raise UsageError("this console cannot read commands")
        return await self.shell.feed.call(
            lambda engine: [act for step in book.steps for act in read(engine, step.filled(values))]
        )

    def _asked_for(self, row: RunbookRow) -> tuple[runbooks.Runbook, dict[str, str]]:
        """Return a runbook with the values of its parameters; raise `UsageError` for what is wrong."""
        if row.problem is not None:
            raise UsageError(f"{row.path}: {row.problem}")
        book = runbooks.parse(row.text)
        values = dict(_pairs(self.query_one("#values", Field).text))
        runbooks.check_values(book, values)
        return book, values

    async def _asked(self, acts: list[AnyAct]) -> tuple[list[tuple[AnyAct, Plan]], list[str]]:
        plans, refused = await super()._asked(acts)
        if refused and not self._by_step():
            raise UsageError(f"as things are now a step is refused: {refused[0]}; choose step by step")
        return plans, refused

    def action_commit(self) -> None:
        """Do all steps, or begin to do one after the other."""
        row = self._row()
        if row is None or not self._by_step():
            super().action_commit()
            return
        try:
            book, values = self._asked_for(row)
        except UsageError as error:
            self.complain(error.message)
            return
        if book.steps:
            self.steps = (row.name, book, values)
            self.dismiss(None)

    @on(Options.Changed, "#book")
    def _another(self, event: Options.Changed) -> None:
        self.query_one("#values", Field).text = label(self._filled(event.options.value))
        self.query_one("#values", Field).refresh()
        self.query_one("#way", Options).chosen = {self._way_of(event.options.value)}
        self.query_one("#way", Options).refresh()

    @on(Field.Done, "#record")
    def _named(self, event: Field.Done) -> None:
        name = event.field.text.strip()
        if name:
            event.stop()
            self.record = name
            self.dismiss(None)

    def _row(self) -> RunbookRow | None:
        return self._rows[self.query_one("#book", Options).value] if self._rows else None

    def _way_of(self, name: str) -> str:
        """Return how a runbook is done if nobody chooses: one that waits for its runs step by step."""
        return "step" if any(WAIT in step.split() for step in self._rows[name].steps) else "all"

    def _filled(self, name: str) -> str:
        params = self._rows[name].params
        known = [(each, self._values.get(each, "")) for each in params]
        return " ".join(f"{each}={shlex.quote(value) if value else ''}" for each, value in known)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text}: {error}") from None
    pairs = [word.partition("=") for word in words]
    odd = next((name for name, sign, _ in pairs if not sign), None)
    if odd is not None:
        raise UsageError(f"{odd!r} is not PARAM=VALUE, such as dag=first_dag")
    return [(name, value) for name, _, value in pairs]
