"""What follows an act: it is said how many of what it was done to, and the marks go."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.acts import AnyAct
from penstock.model.views.plans import Done
from penstock_tui.screens.view import View
from penstock_tui.shell import Shell
from penstock_tui.view.done_text import done_text


def say_done(shell: Shell, done: Sequence[tuple[AnyAct, Done]], twin: str = "") -> None:
    """Say what was done, with *twin* after it, and unmark the rows of the view in front.

    The message history has a line for each act with its DAG.
    """
    shell.say(done_text(done) + twin)
    for screen in shell.screen_stack:
        if isinstance(screen, View) and screen.in_front:
            screen.unmark()
