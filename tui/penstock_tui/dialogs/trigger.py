"""`TriggerDialog`: start a manual run, with a field for each of the DAG's parameters."""

from __future__ import annotations

import json
from typing import Any

from textual.app import ComposeResult

from penstock.errors import UsageError
from penstock.model.acts import AnyAct, Trigger
from penstock.model.views.dags import DagDetail
from penstock_tui.dialogs.params_form import ParamsDialog
from penstock_tui.view import moments
from penstock_tui.widgets.field import Field


class TriggerDialog(ParamsDialog):
    """Trigger one DAG. Errors of parameters are shown at their fields."""

    def __init__(
        self, detail: DagDetail, *, title: str | None = None, conf: dict[str, Any] | None = None
    ) -> None:
        title = title or f"Trigger {detail.dag.dag_id}"
        super().__init__(title, detail.params, fields=detail.form, given=conf)
        self._detail = detail

    @property
    def keep(self) -> str:
        """The text of the button that changes nothing."""
        return "Do not start"

    def form(self) -> ComposeResult:
        """Compose the date, the parameters and the free JSON."""
        cells = self.caption_cells("logical date")
        hint = f"now, none or 2026-08-21T06:00, time zone {self._detail.dag.timezone}"
        yield Field("logical date", "now", caption_cells=cells, hint=hint, id="date")
        yield from self.conf_form(cells)

    def conf_form(self, cells: int = 24) -> ComposeResult:
        """Compose a field for each parameter, or one for free JSON if the DAG has none."""
        yield from super().conf_form(cells)
        if not self._fields:
            yield Field("conf", json.dumps(self._given), caption_cells=cells, hint="a JSON object", id="conf")

    def filled_in(self) -> dict[str, Any]:
        """Return the values that differ from the defaults, or the free JSON."""
        return super().filled_in() if self._fields else _object(self.query_one("#conf", Field).text)

    def acts(self) -> list[AnyAct]:
        """Return the one act, without defaults in its conf; raise `UsageError` when a field is wrong."""
        typed = self.query_one("#date", Field).text.strip()
        if typed == "none":
            date = None
        else:
            date = self.shell.clock.now() if typed in {"", "now"} else moments.moment(typed)
        return [Trigger(dag_id=self._detail.dag.dag_id, logical_date=date, conf=self.filled_in())]

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
