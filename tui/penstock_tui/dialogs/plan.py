"""`PlanDialog`: shows exactly what an act would change, and commits exactly that.

The preview is the engine's own plan. It is requested again whenever a choice changes, and committed
with its fingerprint. The list of an act that means the same whatever changes (cancel, pause) follows what
moves; any other keeps its exact list, and if that has changed by the commit, the difference is shown and
asked about once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from penstock.errors import PenstockError
from penstock.model.acts import AnyAct
from penstock.model.lasting import Lasting
from penstock.model.plan_change import PlanChange
from penstock.model.views.events import Change
from penstock.model.views.plans import Done, Plan, PlanItem
from penstock_tui.acted import say_done
from penstock_tui.background import in_background
from penstock_tui.clean import label
from penstock_tui.committing import Committing
from penstock_tui.dialogs.dialog import Dialog
from penstock_tui.view import plan_rows, zones
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.while_shown import while_shown
from penstock_tui.widgets.button import Button
from penstock_tui.widgets.field import Field
from penstock_tui.widgets.line import Line
from penstock_tui.widgets.line_table import LineTable, Row
from penstock_tui.widgets.options import Options
from penstock_tui.widgets.prose import Prose

TYPED_ABOVE = 25
"""For a dangerous act on more things than this, their number must be typed."""
_SETTLE = 0.15
"""Seconds without typing before the plan is requested again."""
_FOLLOW = 0.4
"""Seconds after a change before the list of an act that stops something is requested again."""
_OTHER_ROWS = 9
"""Rows of a dialog besides its form: frame, title, summary, two of the plan, its twin, a message, buttons."""
_FORM_ROWS = 3
"""The fewest rows that a form shows; the others can be scrolled to."""


class _Changes(LineTable):
    """The list of what would change; when it gets other room the title says what does not fit."""

    def on_resize(self) -> None:
        """Say how much fits now."""
        super().on_resize()
        if isinstance(self.screen, PlanDialog):
            self.screen.say_if_more()


class PlanDialog(Dialog[list[Done]]):
    """A form, its plan, and two buttons. Answers with what was done, or None.

    A subclass composes `form`, and builds the acts in `acts`; a `PenstockError` raised there is
    shown in place of the plan.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,ctrl+s", "commit", show=False),
        Binding("n", "close", show=False),
        Binding("Y", "copy_twin", show=False),
        Binding("pageup", "scroll_plan(-1)", show=False),
        Binding("pagedown", "scroll_plan(1)", show=False),
    ]

    stops_at_refusal: ClassVar[bool] = False
    """Whether nothing more is done after an act that is refused."""

    def __init__(self, title: str, zone: tzinfo | None = None) -> None:
        super().__init__(title)
        self.note = ""
        """What comes after the name of who acts, in the event trail."""
        self._of_dates = zone
        self.plans: list[tuple[AnyAct, Plan]] = []
        self._changes: Sequence[PlanChange] = ()
        """How the list differs from the one that was agreed to."""
        self._busy = False
        self._following = False
        self._counted = 0
        self._pending = True
        """Whether the choices are newer than the shown plan."""

    # -- what a subclass says --------------------------------------------------------------------

    def form(self) -> ComposeResult:
        """Compose the choices."""
        yield from ()

    def acts(self) -> list[AnyAct]:
        """Return the acts for the current choices; raise `PenstockError` if they are invalid."""
        raise NotImplementedError

    async def asked_acts(self) -> list[AnyAct]:
        """Return `acts`; for a subclass that has to ask the engine for them."""
        return self.acts()

    def carried_out(self, done: list[Done]) -> None:
        """Close, once all plans are carried out."""
        self.dismiss(done)

    @property
    def zone(self) -> tzinfo:
        """The time zone of logical dates: that of the DAG, of several DAGs in different ones UTC."""
        if self._of_dates is not None:
            return self._of_dates
        dags = {item.dag_id for item in self._items if item.dag_id}
        found = {self.shell.dag_zone(dag_id) for dag_id in dags}
        return found.pop() if len(found) == 1 else UTC

    @property
    def _items(self) -> list[PlanItem]:
        return [item for _, plan in self.plans for item in plan.items]

    def times(self) -> str:
        """Return the zone of the dates in the list."""
        if not plan_rows.shows_dates(self._items):
            return ""
        return f"dates {zones.name(self.zone, self.shell.now())}"

    def rows(self, cells: int) -> list[Row]:
        """Return the plan as rows of one cell."""
        lines = plan_rows.item_lines(self._items, cells, self.shell.looks, self.zone, self._changes)
        return [Row(str(place), (line,)) for place, line in enumerate(lines)]

    def verb(self) -> str:
        """Return the text of the button: the verb with the count."""
        return plan_rows.verb([plan for _, plan in self.plans])

    def nothing(self) -> str:
        """Return the message for an empty plan."""
        return "nothing to do: no task would change"

    # -- the frame -------------------------------------------------------------------------------

    def inside(self) -> ComposeResult:
        """Compose form, plan, twin, buttons."""
        with Vertical(id="form"):
            yield from self.form()
        yield Prose(id="summary")
        columns = [Column("item", "", 20, most=400)]
        yield _Changes(columns, header=False, cursor=False, id="plan")
        yield Line(id="twin")
        yield Prose(id="message")
        yield Field("", hint="", id="typed")
        with Horizontal(classes="buttons"):
            yield Button(self.keep, "esc", id="cancel")
            yield Button("...", "y", danger=self.danger, id="commit")

    def on_mount(self) -> None:
        """Request the plan at once."""
        super().on_mount()
        self._committing = Committing(self.shell.feed)
        self.query_one("#typed").display = False
        self.query_one("#message").display = False
        self.query_one("#commit", Button).set_text("...", ready=False)
        self._bound_form()
        self.focus_first()
        self.replan()

    @property
    def keep(self) -> str:
        """The text of the button that changes nothing."""
        return "Leave as is"

    def focus_first(self) -> None:
        """Focus the first field that needs something, else the button that changes nothing."""
        fields = [field for field in self.query("#form > *") if isinstance(field, Field | Options)]
        needy = next((field for field in fields if field.needed), None)
        (needy if needy is not None else self.query_one("#cancel")).focus()

    def on_resize(self) -> None:
        """Keep the plan and the buttons visible, however long the form is."""
        self._bound_form()

    def _bound_form(self) -> None:
        form = self.query_one("#form")
        form.display = bool(form.children)
        below = [prose for prose in self.query(Prose) if prose.display and prose.parent is not form]
        broken = sum(prose.rows - 1 for prose in below)
        form.styles.max_height = max(_FORM_ROWS, self.size.height - _OTHER_ROWS - broken)
        self.call_after_refresh(while_shown(self, self._make_room))

    def _make_room(self) -> None:
        """Make the plan as high as there is room, and then say what does not fit."""
        self.make_room(self.query_one("#plan", LineTable))
        self.call_after_refresh(while_shown(self, self.say_if_more))

    def say_if_more(self) -> None:
        """Write the title, with what of the form and of the list is not on the screen."""
        more: Spans = []
        if self.query_one("#form").max_scroll_y:
            more.append(("  more fields: tab", "yellow"))
        elif 0 < (table := self.query_one("#plan", LineTable)).size.height < table.count:
            more.append((f"  {table.size.height} of {table.count}: PgDn", "yellow"))
        self.query_one("#title", Line).show([*self.titled(), *more])

    # -- the plan --------------------------------------------------------------------------------

    def replan(self, *, wait: float = 0.0) -> None:
        """Request the plan of the current choices; nothing can be committed until it has arrived."""
        self._pending = True
        # Not a coroutine yet: one that is replaced before it begins would never be awaited.
        ask = partial(self._replan, wait)
        in_background(self, ask, group="plan", exclusive=True)

    async def _replan(self, wait: float, changes: Sequence[PlanChange] = ()) -> None:
        import asyncio

        if wait:
            await asyncio.sleep(wait)
        try:
            self.plans, refused = await self._asked(await self.asked_acts())
        except PenstockError as error:
            self.plans, refused = [], [error.message]
        self._changes = changes
        self._took(refused)
        self._pending = False

    def _took(self, refused: list[str]) -> None:
        """Show the plans, and why there is none of some acts."""
        more = f"  (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        left_out = "left out: " if self.plans else ""
        self.complain(f"{left_out}{refused[0]}{more}" if refused else None)
        self._show_plan()

    def changed(self, _change: Change | None) -> None:
        """Follow what moves, if the act means the same whatever moves."""
        if not self._following and self.is_mounted:
            self._following = True
            self.set_timer(_FOLLOW, self._follow)

    async def _follow(self) -> None:
        self._following = False
        if self._pending or self._busy:
            return
        try:
            acts = await self.asked_acts()
            if not all(isinstance(act, Lasting) for act in acts):
                return
            plans, refused = await self._asked(acts)
        except PenstockError:
            return  # what is shown stays; the top line says that no engine answers
        if not self._pending and not self._busy:
            self.plans = plans
            self._took(refused)

    async def _asked(self, acts: list[AnyAct]) -> tuple[list[tuple[AnyAct, Plan]], list[str]]:
        """Return the plans, and why the engine refused some; a refused one must not stop the rest."""
        done = [act for act, _ in self._committing.done]
        acts = [act for act in acts if act not in done]
        answers = await self.shell.feed.call(lambda engine: engine.plans(acts))
        plans = [
            (act, answer.plan) for act, answer in zip(acts, answers, strict=True) if answer.plan is not None
        ]
        return plans, [answer.refused for answer in answers if answer.refused is not None]

    @property
    def count(self) -> int:
        """The number of things that the plan changes."""
        return sum(len(plan.items) for _, plan in self.plans)

    def _show_plan(self) -> None:
        table = self.query_one("#plan", LineTable)
        table.empty = self.nothing() if self.plans else "no plan"
        table.set_rows(self.rows(max(20, table.size.width - 4)))
        commit = self.query_one("#commit", Button)
        ready = bool(self.plans) and self.ready
        commit.set_text(self.verb() if self.plans else "...", ready=ready)
        self.query_one("#summary", Prose).show(self.summary())
        twins = list(dict.fromkeys(plan.cli for _, plan in self.plans if plan.cli))
        twin = label(twins[0]) + (f"  (and {len(twins) - 1} more)" if len(twins) > 1 else "") if twins else ""
        self.query_one("#twin", Line).show(
            [("$ " + twin, "bright_black"), ("  Y copies", "dim")] if twin else []
        )
        typed = self.query_one("#typed", Field)
        typed.display = self.must_type
        if self.count != self._counted and typed.text:
            typed.set_text("")  # it is the number of another list
        self._counted = self.count
        if self.must_type:
            typed.set_caption(f"type {self.count} to go on:")
        self.call_after_refresh(while_shown(self, self._bound_form))  # once the texts have their height

    @property
    def ready(self) -> bool:
        """Whether the plan changes anything."""
        return self.count > 0

    @property
    def must_type(self) -> bool:
        """Whether the number must be typed before the act."""
        return self.danger and self.count > TYPED_ABOVE

    def summary(self) -> list[Spans]:
        """Return the paragraphs above the plan."""
        notes = [label(note) for _, plan in self.plans for note in plan.notes]
        return [[("; ".join(notes), "yellow")]] if notes else []

    def complain(self, text: str | None) -> None:
        """Show why something cannot be done; None removes the message."""
        message = self.query_one("#message", Prose)
        message.display = text is not None
        message.show([[(label(text), "bold red")]] if text else [])
        self.call_after_refresh(while_shown(self, self._bound_form))

    # -- events ----------------------------------------------------------------------------------

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the keys that work here: in a field, letters are typed."""
        typing = isinstance(event.widget, Field)
        self.query_one("#commit", Button).set_key("^s" if typing else "y")

    @on(Options.Changed)
    def _chosen(self) -> None:
        self.replan()

    @on(Field.Edited)
    def _edited(self, event: Field.Edited) -> None:
        if event.field.id != "typed" and not isinstance(event, Field.Done):
            self.replan(wait=_SETTLE)

    @on(Field.Done)
    def _entered(self) -> None:
        self.focus_next()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "cancel":
            self.action_close()
        else:
            self.action_commit()

    def action_scroll_plan(self, pages: int) -> None:
        """Turn the pages of the plan."""
        self.query_one("#plan", LineTable).scroll_rows(pages)

    def action_copy_twin(self) -> None:
        """Copy the command that does the same."""
        if self.plans:
            self.shell.copy("\n".join(plan.cli for _, plan in self.plans if plan.cli))

    def action_commit(self) -> None:
        """Carry out the plan that is shown."""
        if self._busy:
            return
        if self._pending:
            # What is shown, if anything, was made for other choices than those on the screen.
            self.complain("the plan is being updated: look at it, then press again")
            return
        if not self.plans or not self.query_one("#commit", Button).ready:
            if self.plans:
                self.complain(self.nothing())
            return
        if self.must_type and self.query_one("#typed", Field).text.strip() != str(self.count):
            self.complain(f"this changes {self.count}: type the number first")
            self.query_one("#typed").focus()
            return
        self._busy = True
        in_background(self, self._commit, group="commit")

    async def _commit(self) -> None:
        """Carry out every plan; what was refused, or changed meanwhile, stays in the dialog."""
        self._committing.note, self._committing.stops = self.note, self.stops_at_refusal
        answers = await self._committing.carry_out(self.plans)
        self._busy = False
        if answers.done:
            say_done(self.shell, answers.done)
        if answers.refused is None and not answers.changes:
            self.carried_out([answer for _, answer in self._committing.done])
            return
        if answers.done or answers.changes:
            await self._replan(0, answers.changes)
        said = []
        if self._committing.done:
            said.append(f"{len(self._committing.done)} done.")
        if answers.refused is not None:
            said.append(answers.refused.message)
        if answers.changes:
            words = "; ".join(change.words() for change in answers.changes)
            said.append(
                f"Changed since this was shown: {words}. This is the list now: look, then press again."
            )
        self.complain(" ".join(said))
