"""What a task will return, as a value that can be passed to another task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from penstock.authoring.exceptions import TaskError
from penstock.authoring.place import refuse
from penstock.authoring.references import Reference
from penstock.authoring.setups import Resource
from penstock.authoring.xcom_sequences import Joined, Transformed, Zipped, is_mappable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, NoReturn

    from penstock.authoring.context import Context
    from penstock.authoring.node import Task
    from penstock.model.spec import MapInput

RETURN_VALUE = "return_value"


class XComMissingError(TaskError, LookupError):
    """Nothing was pushed under that key."""


class XComArg(Reference, Resource):
    """The output of *operator* under *key*. ``out["k"]`` is the value pushed under key ``k``.

    As an argument it adds an edge; formatted into a string it becomes a template and adds none.
    """

    def __init__(self, operator: Task, key: str = RETURN_VALUE) -> None:
        self.operator = operator
        self.key = key

    @property
    def sources(self) -> tuple[Task, ...]:
        """The tasks whose outputs the value is made of."""
        return (self.operator,)

    def entries(self) -> list[Task]:
        """Return the tasks that push the parts of the value."""
        return list(dict.fromkeys(self.sources))

    exits = entries

    def resolve(self, context: Context) -> Any:
        """Return the value. What was not pushed is None for a return value, an error for any other key.

        For a task with several instances it is a sequence of all their values, but inside the same mapped
        group it is the value of the same map index.

        Raises `XComMissingError` then.
        """
        ti = context["ti"]
        task = self.operator
        group = task.mapped_group
        missing = object()
        if group is not None and context["task"].mapped_group is group:
            value = ti.xcom_pull(task.task_id, key=self.key, map_indexes=ti.map_index, default=missing)
        elif task.is_mapped or group is not None:
            return ti.all_values(task.task_id, self.key)
        else:
            value = ti.xcom_pull(task.task_id, key=self.key, default=missing)
        if value is not missing:
            return value
        if self.key == RETURN_VALUE:
            return None
        raise XComMissingError(
            f"task {task.task_id!r} did not push the key {self.key!r}"
            + ("" if task.multiple_outputs else "; a dict is only split with multiple_outputs=True")
        )

    def __getitem__(self, key: str) -> XComArg:
        if not isinstance(key, str):
            raise TypeError(f"the key of an output must be a string, not {key!r}")
        return XComArg(self.operator, key)

    def __iter__(self) -> NoReturn:
        raise TypeError("'XComArg' object is not iterable: its value is known only during a run")

    def map(self, function: Callable[[Any], Any]) -> XComArg:
        """Return a reference to the items with *function* called on each when its instance runs.

        A `SkipException` from it skips that instance.
        """
        return MappedItems(self.whole("map"), function)

    def zip(self, *others: XComArg, **fill: Any) -> XComArg:
        """Return a reference to tuples of the first items, the second items, and so on.

        It ends with the shortest; with ``fillvalue=`` at the longest.

        Raises `DagFileError` for other keywords, and for arguments that are not outputs of tasks.
        """
        if fill.keys() - {"fillvalue"}:
            refuse(f"zip() takes fillvalue=, not {', '.join(fill)}")
        return ZippedItems([self.whole("zip"), *map(_as_output, others)], fill)

    def concat(self, *others: XComArg) -> XComArg:
        """Return a reference to the items of this and the other outputs, one after the other."""
        return JoinedItems([self.whole("concat"), *map(_as_output, others)])

    def whole(self, what: str) -> XComArg:
        """Return this; refuse the method *what* for the value of a key."""
        if self.key != RETURN_VALUE:
            refuse(f"{what}() works on what a task returns, not on its key {self.key!r}")
        return self

    def as_input(self) -> MapInput:
        """Return what the engine needs to count instances; used in the load child.

        Raises `DagFileError` for the value of a key, which cannot be mapped over.
        """
        from penstock.model.spec import MapInput

        if self.key != RETURN_VALUE:
            refuse(
                f"only what a task returns can be mapped over, not the key {self.key!r} "
                f"of {self.operator.task_id!r}"
            )
        return MapInput(kind="xcom", task_id=self.operator.task_id)

    def __str__(self) -> str:
        return f"{{{{ ti.xcom_pull(task_ids={self.operator.task_id!r}, key={self.key!r}) }}}}"

    def __repr__(self) -> str:
        return f"XComArg({self.operator!r}, {self.key!r})"

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XComArg) and other.operator is self.operator and other.key == self.key


class _Derived(XComArg):
    """An output made of *parts*."""

    kind: Literal["map", "zip", "concat"]

    def __init__(self, parts: Sequence[XComArg]) -> None:
        self.parts = list(parts)
        self.key = RETURN_VALUE

    @property
    def sources(self) -> tuple[Task, ...]:
        """The tasks whose outputs the parts are."""
        return tuple(source for part in self.parts for source in part.sources)

    def as_input(self) -> MapInput:
        """Return what the engine needs to count instances."""
        from penstock.model.spec import MapInput

        return MapInput(kind=self.kind, parts=tuple(part.as_input() for part in self.parts))

    def values(self, context: Context) -> list[Sequence[Any] | Mapping[Any, Any]]:
        """Return the values of the parts; raise `TaskError` for one without items."""
        found = [part.resolve(context) for part in self.parts]
        for value in found:
            if not is_mappable(value):
                raise TaskError(f"{self.kind}() needs lists or dicts, not {type(value).__name__}")
        return found

    def __getitem__(self, key: str) -> NoReturn:
        raise TypeError(f"the result of {self.kind}() has no keys: {key!r}")

    def __str__(self) -> NoReturn:
        raise TypeError(f"the result of {self.kind}() cannot be put into a string; pass it as an argument")

    def __repr__(self) -> str:
        first, *others = map(repr, self.parts)
        return f"{first}.{self.kind}({', '.join(others)})"

    __hash__ = object.__hash__
    __eq__ = object.__eq__


class MappedItems(_Derived):
    """The items of an output, with a function called on each."""

    kind = "map"

    def __init__(self, part: XComArg, function: Callable[[Any], Any]) -> None:
        super().__init__([part])
        if not callable(function) or hasattr(function, "expand"):
            refuse(f"map() takes a plain function, not {function!r}")
        self.function = function

    def as_input(self) -> MapInput:
        """Return what the engine needs to count instances, with the function's name."""
        import msgspec

        name = getattr(self.function, "__name__", type(self.function).__name__)
        return msgspec.structs.replace(super().as_input(), functions=(name,))

    def resolve(self, context: Context) -> Sequence[Any]:
        """Return the items; the function is called when one is asked for."""
        (value,) = self.values(context)
        return Transformed(value, self.function)


class ZippedItems(_Derived):
    """Tuples of the items of several outputs at the same index."""

    kind = "zip"

    def __init__(self, parts: Sequence[XComArg], fill: Mapping[str, Any]) -> None:
        super().__init__(parts)
        self.fill = tuple(fill.values())

    def as_input(self) -> MapInput:
        """Return what the engine needs to count instances."""
        import msgspec

        return msgspec.structs.replace(super().as_input(), fills=bool(self.fill))

    def resolve(self, context: Context) -> Sequence[Any]:
        """Return the tuples."""
        return Zipped(self.values(context), self.fill)


class JoinedItems(_Derived):
    """The items of several outputs, one output after the other."""

    kind = "concat"

    def resolve(self, context: Context) -> Sequence[Any]:
        """Return the items."""
        return Joined(self.values(context))


def _as_output(other: Any) -> XComArg:
    if not isinstance(other, XComArg):
        refuse(f"zip() and concat() take outputs of tasks, not {type(other).__name__} {other!r}"[:200])
    return other.whole("zip() or concat()")
