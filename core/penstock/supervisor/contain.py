"""Keeps an error in one attempt from harming the others: up to sixteen share a process."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # the name alone is enough for type checkers and saves importing typing
    from collections.abc import Callable
    from typing import Concatenate, ParamSpec, Protocol, TypeVar

    class Breakable(Protocol):
        """Something that can be ended when a step of it fails."""

        def break_off(self, error: Exception) -> None:
            """End it, with *error* as the reason."""
            ...

    B = TypeVar("B", bound=Breakable)
    P = ParamSpec("P")
    T = TypeVar("T")


def contained(step: Callable[Concatenate[B, P], T]) -> Callable[Concatenate[B, P], T | None]:
    """Wrap the method *step*: an error in it ends the object that it belongs to, and nothing else."""

    def guarded(attempt: B, /, *args: P.args, **named: P.kwargs) -> T | None:
        try:
            return step(attempt, *args, **named)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            attempt.break_off(error)
            return None

    return guarded


def complain(about: str, error: Exception) -> None:
    """Write the traceback of *error* to our standard error, a file for developers."""
    import traceback

    sys.stderr.write(f"{about}\n{''.join(traceback.format_exception(error))}")
    sys.stderr.flush()
