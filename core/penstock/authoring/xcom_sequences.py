"""Sequences that compute their items when needed: inputs and results of mapped tasks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def is_mappable(value: Any) -> bool:
    """Whether a task can be mapped over *value*: a sequence other than a string, or a dict."""
    return isinstance(value, Sequence | Mapping) and not isinstance(value, str | bytes | bytearray)


def item_at(value: Sequence[Any] | Mapping[Any, Any], place: int) -> Any:
    """Return the item at *place*; for a dict, the pair of key and value. Raises IndexError."""
    if isinstance(value, Sequence):
        return value[place]
    if not 0 <= place < len(value):
        raise IndexError(place)
    return list(value.items())[place]


class Lazy(Sequence):  # type: ignore[type-arg]  # Sequence[Any] would be built again in every process
    """A sequence that gets its items from `at`, for indexes from 0 to its length - 1."""

    @abstractmethod
    def at(self, place: int) -> Any:
        """Return the item at *place*."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.at(place) for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError("index out of range")
        return self.at(place)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class Transformed(Lazy):
    """The items of *value*, with *function* called on each when it is read."""

    def __init__(self, value: Sequence[Any] | Mapping[Any, Any], function: Callable[[Any], Any]) -> None:
        self._value = value
        self._function = function

    def __len__(self) -> int:
        return len(self._value)

    def at(self, place: int) -> Any:
        """Return what the function makes of the item."""
        return self._function(item_at(self._value, place))


class Zipped(Lazy):
    """Tuples of the items of *values* at one index; *fill* (none or one value) replaces missing ones."""

    def __init__(self, values: Sequence[Sequence[Any] | Mapping[Any, Any]], fill: tuple[Any, ...]) -> None:
        self._values = values
        self._fill = fill

    def __len__(self) -> int:
        lengths = [len(value) for value in self._values]
        return max(lengths) if self._fill else min(lengths)

    def at(self, place: int) -> Any:
        """Return the tuple."""
        return tuple(item_at(value, place) if place < len(value) else self._fill[0] for value in self._values)


class Joined(Lazy):
    """The items of *values* one after the other."""

    def __init__(self, values: Sequence[Sequence[Any] | Mapping[Any, Any]]) -> None:
        self._values = values

    def __len__(self) -> int:
        return sum(len(value) for value in self._values)

    def at(self, place: int) -> Any:
        """Return the item from the value that contains it.

        Raises IndexError beyond the last.
        """
        for value in self._values:
            if place < len(value):
                return item_at(value, place)
            place -= len(value)
        raise IndexError(place)
