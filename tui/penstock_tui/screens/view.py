"""`View`: what every full screen of the console shares.

A subclass names its ``view`` (as in the table of actions), composes its body, and says how to load
and what its keys apply to::

    class RunsScreen(View):
        view = "runs"

        def body(self) -> ComposeResult: ...          # the widgets between top line and footer
        async def load(self) -> None: ...             # ask the feed, show the answer
        def chosen(self) -> tuple[Target, ...]: ...   # the rows that actions apply to
        def do_why(self) -> None: ...                 # an action of the table that is this screen's own
"""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.worker import Worker

from penstock.model.views.events import Change
from penstock_tui import actions
from penstock_tui.actions import Action
from penstock_tui.background import in_background
from penstock_tui.shell import Shell, shell_of
from penstock_tui.target import Target, reach
from penstock_tui.view.spans import Spans
from penstock_tui.widgets.flash import Flash
from penstock_tui.widgets.footer import KeyFooter
from penstock_tui.widgets.status_bar import StatusBar

_OPENING = 0.06
"""Seconds that a screen may load its first data before it is drawn without."""
NOTHING_TO_COPY = "there is nothing to copy here"


def marks_chip(marked: int, hidden: int) -> Spans:
    """Return how many rows are marked, and how many of them a filter hides, for the top line."""
    if not marked:
        return []
    return [(f" {marked} marked{f', {hidden} hidden' if hidden else ''} ", "reverse")]


class View(Screen[None]):
    """A full screen: top line, body, flash line, footer; keys from the table of actions."""

    view: ClassVar[str] = ""
    root: ClassVar[bool] = False
    """Whether ``q`` here leaves the console."""
    dates_of_all: ClassVar[bool] = False
    """Whether logical dates of any DAG may be on the screen."""

    def __init_subclass__(cls, **more: object) -> None:
        cls.BINDINGS = [*actions.bindings(cls.view)]
        super().__init_subclass__(**more)  # type: ignore[arg-type]

    def __init__(self) -> None:
        super().__init__()
        self._stale = True
        self._loaded = False
        self._had_focus = False
        self.built = False
        """Whether its widgets exist, so that keys have something to act on."""
        self._opening = not self.root
        """Whether what is drawn now would be drawn over at once."""

    @property
    def shell(self) -> Shell:
        """The console around this view: ``feed``, ``looks``, ``say``, ``act``, ``open_run`` ..."""
        return shell_of(self)

    # -- what a subclass says --------------------------------------------------------------------

    def body(self) -> ComposeResult:
        """Compose what is between top line and footer."""
        yield from ()

    async def load(self) -> None:
        """Ask the feed for what is shown, and show it. Called at the start and after changes."""

    def concerns(self, change: Change) -> bool:  # noqa: ARG002
        """Return whether *change* is about what is shown."""
        return True

    def chosen(self) -> tuple[Target, ...]:
        """Return the marked rows, or else the one under the cursor; empty if there is none."""
        return ()

    def around(self) -> Target | None:
        """Return what the whole screen is about, such as a run; None if it lists everything."""
        return None

    def crumbs(self) -> Spans:
        """Return the middle of the top line: the place of this view and its counts."""
        return []

    def chip(self) -> Spans:
        """Return the right end of the top line, such as the active filter."""
        return []

    def date_zones(self) -> Collection[str]:
        """Return the names of the time zones of the logical dates that are shown."""
        zones = self.shell.dag_zones
        if self.dates_of_all:
            return set(zones.values())
        dag_id = getattr(self, "dag_id", None)
        return {zones[dag_id]} if dag_id in zones else ()

    def copied(self) -> str:
        """Return what ``y`` copies: the id of the row under the cursor."""
        return ""

    def close_layer(self) -> bool:
        """Close the innermost thing that ``esc`` should close (filter, marks); False if none is open."""
        return False

    def unmark(self) -> bool:
        """Unmark every row: what was marked is done. Return whether any was marked."""
        return False

    # -- the frame -------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Compose the frame around `body`."""
        yield StatusBar()
        yield from self.body()
        yield Flash()
        yield KeyFooter(self.view)

    def on_mount(self) -> None:
        """Begin to load, after the first frame."""
        self.built = True
        self.refresh_top()
        if self._opening:
            self.set_timer(_OPENING, self._end_opening)

    def on_screen_resume(self) -> None:
        """Show what changed while another screen was in front."""
        self.query_one(Flash).catch_up()
        self.refresh_top()
        if self._stale:
            self.reload()

    def reload(self) -> None:
        """Load in the background."""
        self._stale = False
        in_background(self, self._load, name="load", group="load")

    async def _load(self) -> None:
        try:
            await self.load()
        finally:
            self._loaded = True
            self._end_opening()

    def _end_opening(self) -> None:
        if self._opening:
            self._opening = False
            self.refresh(layout=True)

    def _compositor_refresh(self) -> None:
        """Draw, as Textual asks; but a screen that opens is laid out several times before it has its data."""
        if not self._opening:
            super()._compositor_refresh()

    @property
    def takes_keys(self) -> bool:
        """Whether keys can be handled yet: what they act on is shown, and something took them once."""
        return self._loaded and self._had_focus

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """Remember that the keys have a place; if it is lost later, the next key gives them one."""
        self._had_focus = True

    @property
    def in_front(self) -> bool:
        """Whether this is the visible view, even behind a dialog."""
        views = [screen for screen in self.app.screen_stack if isinstance(screen, View)]
        return bool(views) and views[-1] is self

    @property
    def is_current(self) -> bool:
        """Whether Textual should draw changes here.

        Textual would also do so for a hidden view, and redraw all of the upper one each time.
        """
        return self.in_front

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report a failed worker; Textual does not pass this message on to the app."""
        self.shell.report(event.worker)

    def changed(self, change: Change | None) -> None:
        """Load again after *change* (None: everything may have changed)."""
        if change is not None and not self.concerns(change):
            return
        if self.in_front:
            self.reload()
        else:
            self._stale = True

    def refresh_top(self) -> None:
        """Draw the top line again after something that it shows has changed."""
        for top in self.query(StatusBar):  # none before the view is built, and while it is taken down
            top.refresh_line()

    def pane(self) -> tuple[str, str]:
        """Return the name of the pane that has the keys, "" if there is one only; and the view it is like."""
        return "", ""

    @on(events.DescendantFocus)
    def name_pane(self) -> None:
        """Name the keys of the pane that has them now."""
        self.query_one(KeyFooter).set_pane(*self.pane())

    # -- keys ------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide acts in a read-only console, and everything until there is something to act on."""
        if not self.built:
            return False
        if action == "do" and parameters:
            return self.shell.offers(actions.BY_ID[str(parameters[0])])
        return True

    def action_do(self, action_id: str) -> None:
        """Do one action of the table, or say why it cannot be done."""
        action = actions.BY_ID[action_id]
        reason = self.why_not(action)
        if reason is not None:
            self.shell.say(f"{action.label}: {reason}", "warning")
        elif (own := getattr(self, action.method, None)) is not None:
            own()
        else:
            self.shell.act(action, self.targets_of(action))

    def targets_of(self, action: Action) -> tuple[Target, ...]:
        """Return the targets of *action* now."""
        return reach(action.takes, self.chosen(), self.around())

    def why_not(self, action: Action) -> str | None:
        """Return why *action* cannot be done now, None when it can."""
        return action.why_not(self.targets_of(action))

    def do_back(self) -> None:
        """Close the innermost layer, else go back one view; never quit."""
        if not self.close_layer() and not self.root:
            self.app.pop_screen()

    def do_quit(self) -> None:
        """Go back one view; quit at the first one."""
        if self.root:
            self.shell.leave()
        else:
            self.app.pop_screen()

    def say_marked(self, done: bool) -> None:
        """Update the count of marks, or say that there was nothing to mark."""
        if not done:
            self.shell.say("there is nothing to mark here")
        self.refresh_top()

    def do_view_dags(self) -> None:
        """Go back to the DAG list."""
        for _ in self.app.screen_stack[1:]:
            self.app.pop_screen()

    def do_suspend(self) -> None:
        """Suspend the console, as ``^z`` does any program."""
        self.app.action_suspend_process()

    def do_redraw(self) -> None:
        """Draw every cell again: the terminal may have lost some."""
        self.shell.draw_anew()

    def do_copy(self) -> None:
        """Copy an id."""
        text = self.copied()
        if text:
            self.shell.copy(text)
        else:
            self.shell.say(NOTHING_TO_COPY)
