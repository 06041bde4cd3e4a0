"""`Shell`: what screens, dialogs, widgets and verbs can use of the console.

They import this protocol and never the app, so each can be read, tested and replaced without it. `Console`
implements it. A widget gets it with `shell_of`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, tzinfo
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from textual.dom import DOMNode
from textual.geometry import Size
from textual.screen import Screen
from textual.worker import Worker

from penstock.api.engine import Engine
from penstock.clock import Clock
from penstock.model.acts import AnyAct
from penstock.model.places import Place
from penstock.model.views.events import Change
from penstock.model.views.status import EngineStatus
from penstock_tui.actions import Action, Target
from penstock_tui.attendance import Attendance
from penstock_tui.feed import Feed
from penstock_tui.messages import EngineGone, Level
from penstock_tui.notes import Notes
from penstock_tui.view.state_style import Looks

Answer = TypeVar("Answer")


@runtime_checkable
class Watcher(Protocol):
    """A view or a dialog that shows what can change."""

    def changed(self, change: Change | None) -> None:
        """Show what has changed; None means that everything may have."""


ReadCommand = Callable[[Engine, Sequence[str]], list[AnyAct]]
"""Returns the acts that the words of a command mean, without doing them; raises `PenstockError`."""


class Shell(Protocol):
    """The console, for its parts. Call everything here on the event loop."""

    feed: Feed
    clock: Clock
    zone: tzinfo
    """The zone in which times are shown."""
    dag_zones: dict[str, str]
    """The names of the zones of the logical dates, by DAG, as far as DAGs are known."""
    looks: Looks
    keys: dict[str, str]
    """The user's own keys by action id."""
    notes: Notes
    attendance: Attendance
    read_only: bool
    places: tuple[Place, ...]
    """The hosts whose instances are shown; none: this one."""
    only_host: str | None
    """The one host of several that is shown; None: all of them."""
    recording: str | None
    """The runbook that is being recorded, if this console began that."""
    gone: EngineGone | None
    """Set while no engine answers."""
    engine_status: EngineStatus | None
    start_engine: Callable[[], str] | None
    read_command: ReadCommand | None
    """Starts an engine and returns its output; blocks. None if that is not possible."""

    # -- Textual's own ---------------------------------------------------------------------------

    @property
    def size(self) -> Size:
        """The cells of the terminal."""

    @property
    def screen(self) -> Screen[object]:
        """The screen in front."""

    @property
    def screen_stack(self) -> list[Screen[Any]]:
        """All screens, the one in front last."""

    def push_screen(self, screen: Screen[Any], /) -> Awaitable[object]:
        """Put *screen* in front."""

    async def push_screen_wait(self, screen: Screen[Answer], /) -> Answer:
        """Put *screen* in front and return its answer; only from a worker."""

    def pop_screen(self) -> Awaitable[object]:
        """Go back one screen."""

    def run_worker(
        self,
        work: Callable[[], Coroutine[Any, Any, Any]],
        /,
        name: str = "",
        group: str = "",
        *,
        exit_on_error: bool = True,
    ) -> object:
        """Run *work* in the background, even if the widget that asks for it is removed."""

    def set_timer(self, delay: float, callback: Callable[[], Awaitable[None]], /) -> object:
        """Call *callback* in *delay* seconds."""

    # -- what is known ---------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the current time in `zone`."""

    def dag_zone(self, dag_id: str) -> tzinfo:
        """Return the zone of a DAG's logical dates; `zone` if the DAG is not known yet."""

    def short_path(self, path: str) -> str:
        """Return *path* without the instance's folder in front."""

    def offers(self, action: Action) -> bool:
        """Return whether *action* exists in this console now."""

    @property
    def untouched(self) -> bool:
        """Whether no key was pressed yet."""

    @property
    def opening(self) -> bool:
        """Whether an action has begun but has not ended or opened its dialog yet."""

    # -- what is done ----------------------------------------------------------------------------

    def say(self, text: str, level: Level = "info") -> None:
        """Show *text* on the flash line and keep it in the history."""

    def flash(self) -> None:
        """Draw the line above the footer again, after what it shows has changed."""

    def tell_views(self) -> None:
        """Draw the top line again, after what it shows of the console has changed."""

    def draw_anew(self) -> None:
        """Draw every cell again: the terminal may show something else than it was sent."""

    def hold_drawing(self) -> None:
        """Let what is shown stay for a moment, as what replaces it is about to come: no blank in between."""

    def release_drawing(self) -> None:
        """End that: what replaces it is there."""

    def bell(self) -> None:
        """Ring the terminal's bell."""

    def report(self, worker: Worker[Any]) -> None:
        """Show the error of *worker*, if it failed."""

    def copy(self, text: str, note: str = "") -> None:
        """Copy *text* to the clipboard; *note* says what it is, if that is not clear."""

    def run_outside(self, command: Sequence[str]) -> str | None:
        """Give the terminal to *command* until it ends; return why it could not be run, or None."""

    def act(self, action: Action, targets: Sequence[Target]) -> None:
        """Carry out the verb of *action* in the background."""

    def leave(self) -> None:
        """Quit, and say what keeps running."""

    def show_only(self, host: str | None) -> None:
        """Show one host of several on every screen; None: all of them again."""

    # -- ways to other views ---------------------------------------------------------------------

    def open_run(self, dag_id: str, run_id: str) -> None:
        """Show one run."""

    def open_runs(self, dag_id: str) -> None:
        """Show the runs of a DAG."""

    def open_log(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        map_index: int = -1,
        place: tuple[str, int] | None = None,
    ) -> None:
        """Show the log of one task instance; *place*: of this attempt, from this offset on."""

    def open_log_of(self, dag_id: str, run_id: str) -> None:
        """Show the log that matters most in a run."""


def shell_of(node: DOMNode) -> Shell:
    """Return the console around *node*, which must be mounted, or being mounted."""
    return cast("Shell", node.app)
