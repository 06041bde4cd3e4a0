"""`while_shown`: work that is put off until a screen has been drawn, and not done if it has gone by then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen


def while_shown(screen: Screen[Any], work: Callable[[], None]) -> Callable[[], None]:
    """Return *work* for `call_after_refresh`: a screen that was closed meanwhile has no widgets any more."""

    def done() -> None:
        if screen in screen.app.screen_stack:
            work()

    return done
