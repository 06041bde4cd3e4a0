"""`ParamsDialog`: an act with parameters, each with a field of its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.form import AnswerError, FormField, answer, fields_of, shown
from penstock.model.params import params_of, problems
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.options import Options

_FEW = 8
"""The most choices that are shown side by side; among more, one is typed."""


class ParamsDialog(PlanDialog):
    """Over parameters by name, each a JSON Schema. Errors are shown at their fields."""

    def __init__(
        self,
        title: str,
        params: Mapping[str, Mapping[str, Any]],
        *,
        fields: Sequence[FormField] = (),
        given: dict[str, Any] | None = None,
    ) -> None:
        """*given* are the first values of fields that do not begin with their defaults."""
        super().__init__(title)
        self._given = given or {}
        self._fields = tuple(fields) or fields_of(params)
        self._params = params_of(params)

    def conf_form(self, cells: int = 24) -> ComposeResult:
        """Compose a field for each parameter."""
        section = None
        for place, field in enumerate(self._fields):
            if field.section != section:
                section = field.section
                yield Line(id=f"section{place}")
            yield self._field(f"param{place}", field, cells)

    def on_mount(self) -> None:
        """Name the sections; Textual calls the parents' `on_mount` by itself."""
        for place, field in enumerate(self._fields):
            for line in self.query(f"#section{place}").results(Line):
                line.show([(label(field.section), "bold cyan")])

    def caption_cells(self, *others: str) -> int:
        """Return how wide the captions are, with those of *others*, within reason."""
        return min(
            24, max([len(each) for each in (*(self._caption(field) for field in self._fields), *others)])
        )

    def _caption(self, field: FormField) -> str:
        return label(field.title) + ("*" if field.must else "")

    def _field(self, place: str, field: FormField, cells: int) -> Field | Options:
        caption = self._caption(field)
        text = self._begun(field)
        if field.kind == "bool" and not field.fixed:
            choices = [("true", "yes"), ("false", "no")]
            chosen, needed = ({text} if text else set()), field.must and not text
            return Options(caption, choices, chosen=chosen, caption_cells=cells, needed=needed, id=place)
        if field.kind == "choice" and len(field.choices) <= _FEW and not field.fixed:
            choices = [(json.dumps(choice.value), label(choice.label)) for choice in field.choices]
            needed = field.must and not text
            return Options(caption, choices, chosen={text}, caption_cells=cells, needed=needed, id=place)
        hint = "fixed" if field.fixed else ", ".join(part for part in (field.hint, field.description) if part)
        needed = field.must and not text
        return Field(caption, text, caption_cells=cells, hint=hint, needed=needed, id=place)

    def _begun(self, field: FormField) -> str:
        """Return the text that the field begins with."""
        return shown(field, self._given[field.name]) if field.name in self._given else field.text

    def filled_in(self) -> dict[str, Any]:
        """Return the values that differ from the defaults; raise `UsageError` when a field is wrong."""
        conf, wrong = self._typed()
        for name, problem in problems(self._params, conf).items():
            wrong.setdefault(name, problem)
        for place, field in enumerate(self._fields):
            widget = self.query_one(f"#param{place}")
            if isinstance(widget, Field):
                widget.set_problem(wrong.get(field.name))
        for name, problem in wrong.items():
            raise UsageError(f"{label(name)} {problem}")
        return conf

    def _typed(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values that differ from the defaults, and what is wrong with others, by name."""
        conf: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for place, field in enumerate(self._fields):
            widget = self.query_one(f"#param{place}")
            text = (
                widget.value
                if isinstance(widget, Options)
                else widget.text
                if isinstance(widget, Field)
                else ""
            )
            text = text or ""
            given = field.name in self._given
            if text in {self._begun(field), label(self._begun(field))} and not (field.required and text):
                # Not edited: a field shows a value of several lines on one.
                if given:
                    conf[field.name] = self._given[field.name]
                continue  # the default stays, or the schema says that a value is needed
            try:
                value = answer(field, text)
            except AnswerError as error:
                wrong[field.name] = str(error)
                continue
            if field.required or given or value != field.default:
                conf[field.name] = value
        return conf, wrong
