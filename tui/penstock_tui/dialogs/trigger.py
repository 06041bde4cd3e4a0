"""`TriggerDialog`: start a manual run, with a field for each of the DAG's parameters."""

from __future__ import annotations

import json
from typing import Any

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.acts import AnyAct, Trigger
from penstock.model.form import AnswerError, FormField, answer, fields_of, shown
from penstock.model.params import params_of, problems
from penstock.model.views.dags import DagDetail
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view import moments
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.options import Options

_FEW = 8
"""The most choices that are shown side by side; among more, one is typed."""


class TriggerDialog(PlanDialog):
    """Trigger one DAG. Errors of parameters are shown at their fields."""

    def __init__(
        self, detail: DagDetail, *, title: str | None = None, conf: dict[str, Any] | None = None
    ) -> None:
        super().__init__(title or f"Trigger {detail.dag.dag_id}")
        self._detail = detail
        self._given = conf or {}
        """The first values of fields that do not begin with their defaults."""
        self._fields = detail.form or fields_of(detail.params)
        self._params = params_of(detail.params)

    @property
    def keep(self) -> str:
        """The text of the button that changes nothing."""
        return "Do not start"

    def form(self) -> ComposeResult:
        """Compose the date, the parameters and the free JSON."""
        widths = [len(self._caption(field)) for field in self._fields]
        cells = min(24, max([*widths, len("logical date")]))
        hint = f"now, none or 2026-08-21T06:00, time zone {self._detail.dag.timezone}"
        yield Field("logical date", "now", caption_cells=cells, hint=hint, id="date")
        yield from self.conf_form(cells)

    def conf_form(self, cells: int = 24) -> ComposeResult:
        """Compose a field for each parameter, or one for free JSON if the DAG has none."""
        section = None
        for place, field in enumerate(self._fields):
            if field.section != section:
                section = field.section
                yield Line(id=f"section{place}")
            yield self._field(f"param{place}", field, cells)
        if not self._fields:
            yield Field("conf", json.dumps(self._given), caption_cells=cells, hint="a JSON object", id="conf")

    def on_mount(self) -> None:
        """Name the sections; Textual calls the parents' `on_mount` by itself."""
        for place, field in enumerate(self._fields):
            for line in self.query(f"#section{place}").results(Line):
                line.show([(label(field.section), "bold cyan")])

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

    def acts(self) -> list[AnyAct]:
        """Return the one act, without defaults in its conf; raise `UsageError` when a field is wrong."""
        typed = self.query_one("#date", Field).text.strip()
        if typed == "none":
            date = None
        else:
            date = self.shell.clock.now() if typed in {"", "now"} else moments.moment(typed)
        return [Trigger(dag_id=self._detail.dag.dag_id, logical_date=date, conf=self._conf())]

    def _conf(self) -> dict[str, Any]:
        if not self._fields:
            return _object(self.query_one("#conf", Field).text)
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

    def verb(self) -> str:
        """Return the verb."""
        return "Trigger 1 run"


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text.strip() or "{}")
    except ValueError as error:
        raise UsageError(f"conf is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UsageError("conf must be a JSON object")
    return value
