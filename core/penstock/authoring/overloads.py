"""``overload`` for type checkers, without importing typing in a task's process."""

from __future__ import annotations

from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from typing import overload as overload  # noqa: PLC0414 - the form that re-exports
else:

    def overload(function: Callable[..., Any]) -> Callable[..., Any]:
        """Return *function*; the real one is below its overloads."""
        return function
