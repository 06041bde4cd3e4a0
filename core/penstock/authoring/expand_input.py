"""What a task or group is mapped over: the arguments of ``.expand`` and ``.expand_kwargs``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from penstock.authoring.exceptions import TaskError
from penstock.authoring.place import refuse
from penstock.authoring.references import Reference, references
from penstock.authoring.xcom_arg import XComArg
from penstock.authoring.xcom_sequences import is_mappable, item_at
from penstock.model.expansion import item_places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context
    from penstock.authoring.node import Task
    from penstock.model.spec import ExpandSpec, MapInput

ROWS = "rows"
"""The name of the only input of ``.expand_kwargs`` in the spec."""


class ExpandInput(ABC):
    """Items for the instances of a mapped task or group."""

    @abstractmethod
    def parts(self) -> Mapping[str, Any]:
        """Return what is mapped over, by name."""

    @abstractmethod
    def arguments(self, context: Context, map_index: int) -> dict[str, Any]:
        """Return the arguments of one instance; literal ones are not rendered yet."""

    @abstractmethod
    def item(self, context: Context, map_index: int, name: str) -> Any:
        """Return one argument of one instance."""

    @abstractmethod
    def to_spec(self) -> ExpandSpec:
        """Return this as data; used in the load child."""

    def references(self) -> Iterator[Reference]:
        """Yield every reference to a value that is known only during a run."""
        yield from references(dict(self.parts()))

    @property
    def counted(self) -> tuple[Task, ...]:
        """The tasks whose values decide how many instances there are."""
        outputs = (part for part in self.parts().values() if isinstance(part, XComArg))
        return tuple(source for output in outputs for source in output.sources)


class Product(ExpandInput):
    """``.expand(x=..., y=...)``: every combination, the last argument varying fastest."""

    def __init__(self, given: Mapping[str, Any], what: str = "expand()") -> None:
        if not given:
            refuse(f"{what} needs at least one argument to map over")
        for name, value in given.items():
            if not isinstance(value, XComArg) and not is_mappable(value):
                refuse(
                    f"{what} cannot map over {name}={value!r}, a {type(value).__name__}: "
                    "it must be a list, a dict or what a task returns"[:300]
                )
        self._given = dict(given)

    def parts(self) -> Mapping[str, Any]:
        """Return the arguments unchanged."""
        return self._given

    def arguments(self, context: Context, map_index: int) -> dict[str, Any]:
        """Return one item of each argument.

        Raises `TaskError` for a value that cannot be mapped over.
        """
        values = {name: _value(value, context) for name, value in self._given.items()}
        places = item_places({name: len(value) for name, value in values.items()}, map_index)
        return {name: item_at(value, places[name]) for name, value in values.items()}

    def item(self, context: Context, map_index: int, name: str) -> Any:
        """Return the item of one argument.

        Raises `TaskError` for a value that cannot be mapped over.
        """
        values = {each: _value(value, context) for each, value in self._given.items()}
        places = item_places({each: len(value) for each, value in values.items()}, map_index)
        return item_at(values[name], places[name])

    def to_spec(self) -> ExpandSpec:
        """Return this as data."""
        from penstock.model.spec import ExpandSpec

        inputs = {name: _as_input(value) for name, value in self._given.items()}
        return ExpandSpec(kind="product", inputs=inputs)


class Rows(ExpandInput):
    """``.expand_kwargs(rows)``: one instance for each dict of arguments."""

    def __init__(self, given: Any) -> None:
        listed = isinstance(given, Sequence) and not isinstance(given, str | bytes)
        if not isinstance(given, XComArg) and not listed:
            refuse(
                f"expand_kwargs() takes a list of dicts, or what a task returns, not {type(given).__name__}"
            )
        if not isinstance(given, XComArg):
            for row in given:
                if not isinstance(row, Mapping | XComArg):
                    refuse(
                        f"expand_kwargs() takes a list of dicts, not one with a {type(row).__name__} in it"
                    )
        self._given = given

    def parts(self) -> Mapping[str, Any]:
        """Return the rows."""
        return {ROWS: self._given}

    def arguments(self, context: Context, map_index: int) -> dict[str, Any]:
        """Return one row; raise `TaskError` if it is not a dict of arguments."""
        row = item_at(_value(self._given, context), map_index)
        if isinstance(row, XComArg):
            row = row.resolve(context)
        if not isinstance(row, Mapping):
            raise TaskError(f"expand_kwargs() needs a list of dicts, not of {type(row).__name__}")
        for name in row:
            if not isinstance(name, str):
                raise TaskError(f"expand_kwargs() needs strings as keys, not {name!r}")
        return dict(row)

    def item(self, context: Context, map_index: int, name: str) -> Any:
        """Return one argument of a row; raise `TaskError` if the row does not have it."""
        row = self.arguments(context, map_index)
        if name not in row:
            raise TaskError(f"row {map_index} of expand_kwargs() does not have {name!r}")
        return row[name]

    def to_spec(self) -> ExpandSpec:
        """Return this as data."""
        from penstock.model.spec import ExpandSpec

        return ExpandSpec(kind="rows", inputs={ROWS: _as_input(self._given)})


class GroupItem(Reference):
    """An argument of a mapped group, inside it: the item that belongs to the map index."""

    def __init__(self, given: ExpandInput, name: str) -> None:
        self._given = given
        self._name = name

    @property
    def sources(self) -> tuple[Task, ...]:
        """The tasks that the item may come from."""
        return tuple(source for each in self._given.references() for source in each.sources)

    def resolve(self, context: Context) -> Any:
        """Return the item, rendered if the file has it as a literal."""
        value = self._given.item(context, context["ti"].map_index, self._name)
        if isinstance(self._given.parts().get(self._name), XComArg):
            return value
        return context.render(value)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{self._name!r} of a mapped group is known only during a run")

    def __repr__(self) -> str:
        return f"GroupItem({self._name!r})"


def refuse_what_cannot_wait(counted: Sequence[Task], trigger_rule: str, what: str) -> None:
    """Refuse the trigger rule ``always`` for *what* if its instances depend on the tasks *counted*."""
    if trigger_rule == "always" and counted:
        refuse(f"{what} is mapped over what a task returns, so its trigger rule cannot be 'always'")


def _value(value: Any, context: Context) -> Any:
    if not isinstance(value, XComArg):
        return value
    found = value.resolve(context)
    if not is_mappable(found):
        raise TaskError(f"{value!r} is a {type(found).__name__}, which cannot be mapped over")
    return found


def _as_input(value: Any) -> MapInput:
    from penstock.model.spec import MapInput

    if isinstance(value, XComArg):
        return value.as_input()
    return MapInput(kind="literal", length=len(value), value=value if is_json(value) else None)


def is_json(value: Any) -> bool:
    """Whether *value* is plain JSON (a tuple counts as a list)."""
    from penstock.model.plain import not_plain

    return not_plain(value) is None
