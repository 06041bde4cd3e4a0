"""`TriggerDialog`: start a manual run, with a field for each of the DAG's parameters."""

from __future__ import annotations

import json
from typing import Any

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.acts import AnyAct, Trigger
from penstock.model.views import DagDetail
from penstock_tui.clean import label
from penstock_tui.dialogs.plan import PlanDialog
from penstock_tui.view import moments
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.options import Options


class TriggerDialog(PlanDialog):
    """Trigger one DAG."""

    def __init__(
        self, detail: DagDetail, *, title: str | None = None, conf: dict[str, Any] | None = None
    ) -> None:
        super().__init__(title or f"Trigger {detail.dag.dag_id}")
        self._detail = detail
        self._given = conf or {}
        """What the fields begin with, where it is not the default."""
        self._params = list(detail.params.items())
        self._now = True

    def form(self) -> ComposeResult:
        """Compose the date, the parameters and the free JSON."""
        cells = min(24, max([len(label(name)) for name, _ in self._params] + [len("logical date")]))
        hint = f"now, none or 2026-08-21T06:00 by the clock of {self._detail.dag.timezone}"
        yield Field("logical date", "now", caption_cells=cells, hint=hint, id="date")
        yield from self.conf_form(cells)

    def conf_form(self, cells: int = 24) -> ComposeResult:
        """Compose a field for each parameter, or one for free JSON where the DAG names none."""
        for place, (name, schema) in enumerate(self._params):
            yield self._param(f"param{place}", name, schema, cells)
        if not self._params:
            shown = json.dumps(self._given)
            yield Field("conf", shown, caption_cells=cells, hint="a JSON object", id="conf")

    def _param(self, place: str, name: str, schema: dict[str, Any], cells: int) -> Field | Options:
        caption, default = label(name), self._given.get(name, schema.get("default"))
        if schema.get("type") == "boolean":
            choices = [("true", "yes"), ("false", "no")]
            return Options(
                caption, choices, chosen={json.dumps(bool(default))}, caption_cells=cells, id=place
            )
        if isinstance(schema.get("enum"), list) and len(schema["enum"]) <= 8:
            choices = [(json.dumps(value), label(value)) for value in schema["enum"]]
            return Options(caption, choices, chosen={json.dumps(default)}, caption_cells=cells, id=place)
        shown = default if isinstance(default, str) else "" if default is None else json.dumps(default)
        kind = schema.get("type") or ""
        hint = " ".join(str(part) for part in (kind, schema.get("description")) if part)
        return Field(caption, shown, caption_cells=cells, hint=hint, id=place)

    def acts(self) -> list[AnyAct]:
        """Return the one act; only what differs from the defaults travels."""
        typed = self.query_one("#date", Field).text.strip()
        if typed == "none":
            date = None
        else:
            date = self.console_app.clock.now() if typed in {"", "now"} else moments.moment(typed)
        return [Trigger(dag_id=self._detail.dag.dag_id, logical_date=date, conf=self._conf())]

    def _conf(self) -> dict[str, Any]:
        if not self._params:
            return _object(self.query_one("#conf", Field).text)
        conf: dict[str, Any] = {}
        for place, (name, schema) in enumerate(self._params):
            widget = self.query_one(f"#param{place}")
            value: Any
            if isinstance(widget, Options):
                value = json.loads(widget.value) if widget.value else schema.get("default")
            else:
                assert isinstance(widget, Field)
                value = _typed(name, widget.text, schema)
            if value != schema.get("default"):
                conf[name] = value
        return conf

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


def _typed(name: str, text: str, schema: dict[str, Any]) -> Any:
    """Return what was typed as the type that the schema asks for; the engine checks the rest."""
    kind = schema.get("type")
    if kind == "string" or (kind is None and isinstance(schema.get("default"), str)):
        return text
    if not text.strip():
        return schema.get("default")
    try:
        return json.loads(text)
    except ValueError:
        if kind in {"integer", "number", "object", "array"}:
            raise UsageError(f"{label(name)} must be of type {kind}") from None
        return text
