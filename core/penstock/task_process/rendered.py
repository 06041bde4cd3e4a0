"""The template fields of a task, for people: plain JSON of limited size, with every known secret covered."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST = 4096
"""Characters of one string that are kept."""
MOST_ITEMS = 50
"""Items of one list or mapping that are kept."""
_DEEPEST = 6
_NAMED = ("datetime", "decimal", "uuid", "pathlib", "penstock.task_process.moment")
"""Modules whose values say what they are in a few characters."""


def shown_fields(fields: Mapping[str, Any], cover: Callable[[str], str]) -> dict[str, Any]:
    """Return the *fields* that are set as plain JSON; what is too much is counted."""
    return {name: _plain(value, cover, 0) for name, value in fields.items() if value is not None}


def _plain(value: Any, cover: Callable[[str], str], depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _cut(cover(value))
    if depth == _DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return _mapping(value, cover, depth)
    if isinstance(value, list | tuple | set | frozenset):
        # Not as it is: what others pushed may be a list without end.
        items = [_plain(item, cover, depth + 1) for item, _ in zip(value, range(MOST_ITEMS), strict=False)]
        return [*items, f"... and {len(value) - MOST_ITEMS} more"] if len(value) > MOST_ITEMS else items
    if type(value).__module__.startswith(_NAMED):
        return _cut(cover(str(value)))
    return f"<{type(value).__qualname__}>"  # its own repr may do or cost anything


def _mapping(value: Mapping[Any, Any], cover: Callable[[str], str], depth: int) -> dict[str, Any]:
    pairs = zip(value.items(), range(MOST_ITEMS), strict=False)
    found = {_cut(cover(str(key))): _plain(item, cover, depth + 1) for (key, item), _ in pairs}
    if len(value) > MOST_ITEMS:
        found["..."] = f"and {len(value) - MOST_ITEMS} more"
    return found


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text) - LONGEST} more characters)"
