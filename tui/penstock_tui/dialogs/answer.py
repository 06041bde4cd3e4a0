"""`AnswerDialog`: what a task asks a person, and the answer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from penstock.ids import instance_key
from penstock.model.acts import Answer, AnyAct
from penstock.model.failures import person_of
from penstock.model.questions import assigned_words, may_answer
from penstock.model.views.questions import QuestionRow
from penstock_tui.clean import label
from penstock_tui.dialogs.params_form import ParamsDialog
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line_table import Row
from penstock_tui.widgets.options import Options
from penstock_tui.widgets.prose import Prose


class AnswerDialog(ParamsDialog):
    """Answers *row*: its options, and a field for each of its params."""

    keeps_end: ClassVar[bool] = True

    def __init__(self, row: QuestionRow) -> None:
        super().__init__(f"{row.dag_id} asks: {row.question.subject}", row.question.params)
        self._row = row

    @property
    def keep(self) -> str:
        """The text of the button that changes nothing."""
        return "Not now"

    def form(self) -> ComposeResult:
        """Compose what is asked, the options, the params, and who may answer."""
        question = self._row.question
        cells = self.caption_cells("answer")
        yield Prose(id="asked")
        chosen = set(question.options if len(question.options) == 1 else ())  # a default is no choice yet
        options = [(each, label(each)) for each in question.options]
        yield Options(
            "answer", options, chosen=chosen, several=question.multiple, caption_cells=cells,
            needed=not chosen, id="options",
        )  # fmt: skip
        yield from self.conf_form(cells)
        if not may_answer(question, person_of(self.shell.feed.actor)):
            yield Options(
                "anyway", [("yes", f"answer it though it asks {label(assigned_words(question))}")],
                several=True, caption_cells=cells, id="anyway",
            )  # fmt: skip

    def focus_first(self) -> None:
        """Begin at the options unless one stands, then at what is to be filled in."""
        fields = [each for each in self.query("#form > *") if isinstance(each, Field | Options)]
        needy = [each for each in fields if each.needed]
        typed = [each for each in fields if isinstance(each, Field)]
        (needy or typed or fields)[0].focus()

    def on_mount(self) -> None:
        """Show what is asked; Textual calls the parents' `on_mount` by itself."""
        body = (self._row.question.body or "").strip()
        lines: list[Spans] = [
            [(label(line), "")] if line.strip() else [(" ", "")] for line in body.splitlines()
        ]
        self.query_one("#asked", Prose).show([*lines, self._standing()])

    def _standing(self) -> Spans:
        """Return who asks since when, and what happens without an answer."""
        row, now, zone = self._row, self.shell.now(), self.shell.zone
        key = instance_key(row.task_id, row.map_index)
        text = f"{key} of {row.run_id} has asked since {durations.past(row.asked, now, zone)}"
        if row.until is not None:
            defaults = row.question.defaults
            end = f"{', '.join(defaults)} by default" if defaults else "it fails"
            text += f"; without an answer {end} {durations.coming(row.until, now, zone)}"
        return [(label(text), "bright_black")]

    def times(self) -> str:
        """Return the zone of the times."""
        return self.own_times()

    def acts(self) -> list[AnyAct]:
        """Return the one act; raise `UsageError` when a field is wrong."""
        row = self._row
        anyway = any(widget.chosen for widget in self.query("#anyway").results(Options))
        chosen = self.query_one("#options", Options).chosen
        return [
            Answer(
                dag_id=row.dag_id,
                run_id=row.run_id,
                task_id=instance_key(row.task_id, row.map_index),
                chosen=tuple(each for each in row.question.options if each in chosen),
                params=self.filled_in(),
                anyway=anyway,
            )
        ]

    def rows(self, cells: int) -> list[Row]:
        """Return nothing: there is one thing to do, and the form says it."""
        del cells
        return []

    def nothing(self) -> str:
        """Return the message in place of a list."""
        return ""

    def verb(self) -> str:
        """Return the verb with what was chosen."""
        chosen = self.query_one("#options", Options).chosen
        said = ", ".join(label(each) for each in self._row.question.options if each in chosen)
        return f"Answer {said}" if len(said) < 30 else "Answer"
