"""Words about Airflow's own database: they can be written down, and there is no session."""

from __future__ import annotations

import functools
from collections.abc import Callable

from penstock.airflow.absent import absent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NEW_SESSION = None


def provide_session(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return *function*; its session is one that says, when it is used, that there is none."""

    @functools.wraps(function)
    def with_session(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("session") is None:
            kwargs["session"] = absent("a session", "database")
        return function(*args, **kwargs)

    return with_session
