"""`WhatIfDialog`: what to change on paper: schedules paused or resumed, sizes of pools, the parallelism."""

from __future__ import annotations

from datetime import UTC
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from penstock.errors import PenstockError, UsageError
from penstock.model.queries import ForecastQuery, WhatIf
from penstock.model.views.coming import ComingPage
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.view import moments, what_if_rows
from penstock_tui.widgets.button import Button
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.prose import Prose

_CELLS = 11


class Answered(NamedTuple):
    """The change on paper, and what it would do."""

    paper: WhatIf
    page: ComingPage


class WhatIfDialog(Dialog[Answered]):
    """Asks what to change, and the engine what that would do. Nothing is done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,ctrl+s", "show", show=False),
        Binding("n", "close", show=False),
    ]

    def __init__(self, paper: WhatIf, hours: float, *, slow: bool, first: str = "pause") -> None:
        super().__init__("What if ... nothing is changed by looking")
        self._paper = paper
        self._hours = hours
        self._slow = slow
        self._first = first
        self._busy = False

    def times(self) -> str:
        """Return the zone of what is typed as the end."""
        return self.own_times()

    def inside(self) -> ComposeResult:
        """Compose the fields."""
        paper = self._paper
        until = "" if paper.until is None else paper.until.strftime("%Y-%m-%dT%H:%M+00:00")
        at_once = "" if paper.parallelism is None else str(paper.parallelism)
        fields = (
            ("pause", " ".join(paper.pause), "DAGs whose schedule is paused"),
            ("until", until, "2h, 1d12h or 2026-08-22T06:00; empty: no end"),
            ("resume", " ".join(paper.resume), "DAGs whose pause is lifted now"),
            ("pools", what_if_rows.pools_typed(paper.pools), "sizes: default_pool=4 other=2"),
            ("parallelism", at_once, "attempts at once, over all DAGs"),
        )
        with Vertical(id="form"):
            for name, text, hint in fields:
                yield Field(name, text, hint=hint, caption_cells=_CELLS, id=name)
        yield Prose(id="message")
        with Horizontal(classes="buttons"):
            yield Button("Cancel", "esc", id="cancel")
            yield Button("Show the difference", "^s", id="commit")

    def on_mount(self) -> None:
        """Begin at the field that is about what was chosen."""
        super().on_mount()
        self.query_one("#message").display = False
        self.query_one(f"#{self._first}", Field).focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the keys that work here: in a field, letters are typed."""
        typing = isinstance(event.widget, Field)
        self.query_one("#commit", Button).set_key("^s" if typing else "y")
        self.query_one("#cancel", Button).set_key("esc" if typing else "n")

    def typed(self) -> WhatIf:
        """Return the change as it is typed; raise `UsageError` for what cannot be read."""
        text = {field.id: field.text for field in self.query(Field)}
        until = moments.until(text["until"], self.shell.clock.now())
        if until is not None and until.tzinfo is None:
            until = until.replace(tzinfo=self.shell.zone).astimezone(UTC)
        paper = WhatIf(
            pause=what_if_rows.names(text["pause"]),
            until=until,
            resume=what_if_rows.names(text["resume"]),
            pools=what_if_rows.pools(text["pools"]),
            parallelism=what_if_rows.number(text["parallelism"]),
        )
        if until is not None and not paper.pause:
            raise UsageError("until when what is paused? Name the DAGs")
        if paper == WhatIf():
            raise UsageError("change something: a DAG, a pool or the parallelism")
        return paper

    @on(Field.Done)
    def _entered(self, event: Field.Done) -> None:
        if event.field.id == "parallelism":
            self.action_show()
        else:
            self.focus_next()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "cancel":
            self.dismiss(None)
        else:
            self.action_show()

    def action_show(self) -> None:
        """Ask what it would do."""
        if not self._busy:
            self._busy = True
            in_background(self, self._ask, group="ask")

    async def _ask(self) -> None:
        try:
            paper = self.typed()
            query = ForecastQuery(hours=self._hours, slow=self._slow, limit=0, what_if=paper)
            page = await self.shell.feed.call(lambda engine: engine.forecast(query))
        except PenstockError as error:
            message = self.query_one("#message", Prose)
            message.display = True
            message.show([[(label(error.message), "bold red")]])
        else:
            self.dismiss(Answered(paper, page))
        finally:
            self._busy = False
