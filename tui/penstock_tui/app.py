"""`Console`: the Textual application. It owns the feed, the notes and everything that screens share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from penstock.model.places import Place
from penstock.model.views.status import EngineStatus
from penstock_tui import not_here
from penstock_tui.actions import Action, Target
from penstock_tui.attendance import Attendance
from penstock_tui.background import in_background
from penstock_tui.backgrounds import keep_by_colour
from penstock_tui.clean import ControlFilter, clean
from penstock_tui.clipboard import what_was_copied
from penstock_tui.feed import Feed
from penstock_tui.hearing import Hearing
from penstock_tui.keyboard import Echo, Keyboard
from penstock_tui.messages import EngineGone, Level, Said
from penstock_tui.notes import Notes
from penstock_tui.readable import ReadableFilter
from penstock_tui.shell import ReadCommand
from penstock_tui.terminal import TerminalDriver
from penstock_tui.verbs import carry_out
from penstock_tui.view import zones
from penstock_tui.view.state_style import Looks

FeedMaker = Callable[[Callable[[Message], object]], Feed]
"""Makes the feed; gets the function that posts its messages."""


class Console(Hearing):
    """The console, which implements `penstock_tui.shell.Shell`.

    ``zone`` is the time zone of shown times, ``keymap`` the user's keys by action id.
    """

    TITLE = "penstock"
    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    NOTIFICATION_TIMEOUT = 1
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "leave_now", show=False, priority=True),
        Binding("ctrl+q", "leave_now", show=False, priority=True),
        *not_here.bindings(),
    ]
    """A key of the table that the screen in front has no action for comes to the last of these."""

    def __init__(
        self,
        make_feed: FeedMaker,
        *,
        zone: tzinfo,
        read_only: bool = False,
        places: Sequence[Place] = (),
        show_host: Callable[[str | None], None] | None = None,
        ascii: bool = False,  # noqa: A002
        keymap: dict[str, str] | None = None,
        warnings: Sequence[str] = (),
        start_engine: Callable[[], str] | None = None,
        read_command: ReadCommand | None = None,
        in_tmux: bool = False,
    ) -> None:
        super().__init__(driver_class=TerminalDriver)
        keep_by_colour()
        self.feed = make_feed(self.post_message)
        self.clock = self.feed.clock
        self.zone = zone
        self.dag_zones: dict[str, str] = {}
        self.read_only = read_only
        self.places, self.only_host, self.show_host = tuple(places), None, show_host
        self.recording: str | None = None
        self.looks = Looks(ascii=ascii)
        self.keys = keymap or {}
        self.notes = Notes()
        self.attendance = Attendance(self)
        self.gone: EngineGone | None = None
        self.engine_status: EngineStatus | None = None
        self.start_engine = start_engine
        self.read_command = read_command
        """Starts an engine and returns its output; blocks. None if that is not possible."""
        self._keyboard = Keyboard(self, super().on_event)
        self._act: Worker[None] | None = None
        self._acted_on: Screen[object] | None = None
        self._warnings = warnings
        self._control_filter = ControlFilter()
        self._readable = ReadableFilter()
        self._say_tmux = in_tmux
        self.theme = "ansi-dark"
        self.set_keymap(self.keys)

    # -- life ------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """Return the DAG list."""
        from penstock_tui.screens.dags import DagsScreen

        return DagsScreen()

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """Read the styles of *screen* alone; Textual would read those of all others again."""
        name = ("", f"{type(screen).__name__}.CSS")
        if screen.CSS and not self.stylesheet.has_source(*name):
            self.stylesheet.add_source(screen.CSS, name, scope=type(screen).__name__)
            self.stylesheet.update(screen)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Put the filters of control characters and of grey before every other."""
        return [self._control_filter, self._readable, *super().get_line_filters()]

    def on_mount(self) -> None:
        """Connect once the first frame is out."""
        for warning in self._warnings:
            self.say(warning, "warning")
        self.set_interval(1.0, self._tick)
        self.app_resume_signal.subscribe(self, lambda _: self.draw_anew())
        self.call_after_refresh(self.feed.start)

    def on_unmount(self) -> None:
        """Disconnect from the engine, which keeps running."""
        self.feed.close()

    def leave(self) -> None:
        """Quit, and say what keeps running."""
        active = self.engine_status.runs_active if self.engine_status else 0
        still = f": {active} run{'' if active == 1 else 's'} keep{'s' if active == 1 else ''} running"
        said = f"console closed{still if active and self.gone is None else ''}"
        in_background(self, partial(self.attendance.end, lambda: self.exit(0, message=said)), group="leave")

    def action_leave_now(self) -> None:
        """Quit from anywhere."""
        self.leave()

    def action_not_here(self, key: str) -> None:
        """Say that the screen in front has nothing for *key*."""
        opened = getattr(self.screen, "built", True)
        self.say(not_here.words(key, self.keys, read_only=self.read_only, opened=opened), "warning")

    def _tick(self) -> None:
        if self.gone is not None:
            self.tell_views()

    # -- what is typed ---------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Handle keys one after the other; ``ctrl+c`` does not wait."""
        typed = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if typed and not (isinstance(event, events.Key) and event.key in {"ctrl+c", "ctrl+q"}):
            assert isinstance(event, events.Key | events.Paste)
            await self._keyboard.take(event)
        else:
            await super().on_event(event)

    async def on_echo(self, echo: Echo) -> None:
        """Handle the next key."""
        await self._keyboard.on_echo(echo)

    @property
    def untouched(self) -> bool:
        """Whether no key was pressed yet."""
        return self._keyboard.untouched

    @property
    def opening(self) -> bool:
        """Whether an action has begun but has not ended or opened its dialog yet."""
        act = self._act
        return act is not None and not act.is_finished and self.screen is self._acted_on

    # -- what is said ----------------------------------------------------------------------------

    def say(self, text: str, level: Level = "info") -> None:
        """Show *text* on the flash line and keep it in the history. Other threads use `Said`."""
        self.notes.add(self.now(), text, level)
        self.flash()

    def on_said(self, message: Said) -> None:
        """Show a message from a thread."""
        self.say(message.text, message.level)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show an error of the console itself, instead of ending."""
        self.report(event.worker)

    def report(self, worker: Worker[Any]) -> None:
        """Show the error of *worker*, if it failed."""
        if worker.state is WorkerState.ERROR:
            error = worker.error
            self.say(f"the console failed in {worker.name}: {type(error).__name__}: {error}", "error")

    def on_key(self) -> None:
        """Stop showing an error once a key is pressed."""
        if self.notes.present is not None and self.notes.present.level == "error":
            self.notes.settle()
            self.flash()

    def flash(self) -> None:
        """Draw the line above the footer again."""
        from penstock_tui.widgets.flash import Flash

        for screen in self.screen_stack:
            for flash in screen.query(Flash):
                flash.catch_up()

    # -- what screens and dialogs use ------------------------------------------------------------

    def now(self) -> datetime:
        """Return the current time in the zone in which times are shown."""
        return self.clock.now().astimezone(self.zone)

    def dag_zone(self, dag_id: str) -> tzinfo:
        """Return the zone of a DAG's logical dates; this machine's if the DAG is not known yet."""
        return zones.zone_of(dag_id, self.dag_zones, self.zone)

    def offers(self, action: Action) -> bool:
        """Return whether *action* exists in this console now."""
        if action.id == "start_engine":
            return bool(self.gone and not self.gone.cut and self.start_engine and not self.read_only)
        return not (action.acts and self.read_only)

    def act(self, action: Action, targets: Sequence[Target]) -> None:
        """Do an action that is not a screen's own, such as opening a dialog. Returns at once."""
        self._acted_on = self.screen
        work = partial(carry_out, self, action, targets)
        self._act = in_background(self, work, name=action.id, group="act")

    def short_path(self, path: str) -> str:
        """Return *path* without the instance's folder in front."""
        home = self.engine_status.home if self.engine_status else ""
        return path.removeprefix(home.rstrip("/") + "/") if home else path

    def copy(self, text: str, note: str = "") -> None:
        """Copy *text* through the terminal (OSC 52); *note* says what it is, if that is not clear."""
        safe = clean(text)  # if pasted into a shell, it must not run anything
        self.copy_to_clipboard(safe)
        self.say(what_was_copied(safe, note, through_tmux=self._say_tmux))
        self._say_tmux = False

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: object) -> None:
        """Nothing to do here: `actions.read_keymap` names clashes once, at the start."""
