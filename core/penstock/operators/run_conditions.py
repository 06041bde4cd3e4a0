"""Conditions that are checked just before a task executes."""

from __future__ import annotations

from collections.abc import Callable

from penstock.authoring.exceptions import SkipException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context


def guard(
    condition: Callable[..., Any],
    message: str | None,
    wanted: bool,
    before: Callable[..., Any] | None = None,
) -> Callable[[Context], None]:
    """Return a hook that skips a task unless *condition* of the context is *wanted*; then calls *before*."""

    def look(context: Context) -> None:
        answer = condition(context)
        said = message
        if isinstance(answer, tuple):
            answer, said = answer
        if bool(answer) is not wanted:
            raise SkipException(said or "its condition does not let it run")
        if before is not None:
            before(context)

    return look
