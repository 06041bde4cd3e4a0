"""How many instances a mapped task has, and which items each of them gets. Pure.

The engine knows only lengths, the task's process also the values; both use this file. Every mapped
task's process imports it, so it imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from penstock.model.spec import ExpandSpec, MapInput

MOST_INSTANCES = 10_000
"""The largest number of instances of one task; a run with more would be too slow to work with."""


def input_length(part: MapInput, length_of: Callable[[str], int | None]) -> int | None:
    """Return how many items *part* has, or None while the length of a task is unknown (*length_of*)."""
    if part.kind == "literal":
        return part.length
    if part.kind == "xcom":
        return length_of(part.task_id or "")
    lengths = [input_length(each, length_of) for each in part.parts]
    known = [each for each in lengths if each is not None]
    if len(known) < len(lengths):
        return None
    if part.kind == "concat":
        return sum(known)
    return max(known) if part.fills else min(known)


def instance_count(expand: ExpandSpec, length_of: Callable[[str], int | None]) -> int | None:
    """Return how many instances there are, or None while that is unknown."""
    count = 1
    for part in expand.inputs.values():
        length = input_length(part, length_of)
        if length is None:
            return None
        count *= length
    return count


def sources(expand: ExpandSpec) -> frozenset[str]:
    """Return the tasks whose values decide how many instances there are."""
    return frozenset(name for part in expand.inputs.values() for name in _names(part))


def item_places(lengths: Mapping[str, int], map_index: int) -> dict[str, int]:
    """Return which item of each input instance *map_index* gets; the last input varies fastest."""
    places: dict[str, int] = {}
    rest = map_index
    for name in reversed(list(lengths)):
        places[name] = rest % lengths[name]
        rest //= lengths[name]
    return places


def _names(part: MapInput) -> Iterator[str]:
    if part.task_id is not None:
        yield part.task_id
    for each in part.parts:
        yield from _names(each)
