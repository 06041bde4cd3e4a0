"""Params, and words around them."""

from __future__ import annotations

from penstock.authoring.params import MISSING
from penstock.authoring.params import Param as Ours

__all__ = ["Param", "ParamsDict", "literal"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Param(Ours):
    """Our param; what JSON would turn into strings is turned here already, as Airflow does."""

    def __init__(
        self, default: Any = MISSING, description: str | None = None, source: str | None = None, **schema: Any
    ) -> None:
        del source
        super().__init__(_plain(default), description, **_plain(schema))


def _plain(value: Any) -> Any:
    """Return *value* with keys that are strings, and dates as text."""
    import datetime as dt

    if isinstance(value, dict):
        return {key if isinstance(key, str) else _key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def _key(key: Any) -> str:
    return (
        {True: "true", False: "false", None: "null"}.get(key, str(key))
        if key in (True, False, None)
        else str(key)
    )


class ParamsDict(dict):  # type: ignore[type-arg]  # dict[str, Any] would need typing
    """Params by name."""

    def __init__(self, given: Any = None, suppress_exception: bool = False) -> None:
        del suppress_exception
        super().__init__(given or {})

    def dump(self) -> dict[str, Any]:
        """Return the values."""
        return {name: value.value if isinstance(value, Ours) else value for name, value in self.items()}

    def validate(self) -> dict[str, Any]:
        """Return the values; they are checked when a run is made."""
        return self.dump()


class Literal(str):
    """A string that is not a template."""

    __slots__ = ()


def literal(value: str) -> Literal:
    """Return *value* as a string in which braces are braces."""
    return Literal("{% raw %}" + value + "{% endraw %}" if "{" in value else value)
