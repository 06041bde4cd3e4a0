"""What a task will have returned, as a value that can be handed to another task."""

from __future__ import annotations

from penstock.authoring.exceptions import TaskError
from penstock.authoring.place import refuse
from penstock.authoring.references import Reference
from penstock.authoring.setups import Resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from penstock.authoring.context import Context
    from penstock.authoring.operators.operator import Operator

RETURN_VALUE = "return_value"


class XComMissingError(TaskError, LookupError):
    """Nothing was pushed under that key."""


class XComArg(Reference, Resource):
    """The output of *operator* under *key*. ``out["k"]`` is the value pushed under key ``k``.

    As an argument it draws an edge; formatted into a text it becomes a template and draws none.
    """

    def __init__(self, operator: Operator, key: str = RETURN_VALUE) -> None:
        self.operator = operator
        self.key = key

    @property
    def source(self) -> Operator:
        """The task that pushes the value."""
        return self.operator

    def entries(self) -> list[Operator]:
        """Return the task that pushes the value."""
        return [self.operator]

    exits = entries

    def resolve(self, context: Context) -> Any:
        """Return the value; no return value is None, any other key that was not pushed is an error."""
        missing = object()
        value = context["ti"].xcom_pull(task_ids=self.operator.task_id, key=self.key, default=missing)
        if value is not missing:
            return value
        if self.key == RETURN_VALUE:
            return None
        raise XComMissingError(
            f"task {self.operator.task_id!r} pushed nothing under the key {self.key!r}"
            + ("" if self.operator.multiple_outputs else "; a dict is only split with multiple_outputs=True")
        )

    def __getitem__(self, key: str) -> XComArg:
        if not isinstance(key, str):
            raise TypeError(f"an output is known by a text key, not {key!r}")
        return XComArg(self.operator, key)

    def __iter__(self) -> NoReturn:
        raise TypeError("'XComArg' object is not iterable: its value is only known while a run works")

    def map(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: tasks cannot be mapped yet."""
        refuse("task mapping (.map, .zip, .concat) is not supported yet")

    def zip(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: tasks cannot be mapped yet."""
        self.map()

    def concat(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: tasks cannot be mapped yet."""
        self.map()

    def __str__(self) -> str:
        return f"{{{{ ti.xcom_pull(task_ids={self.operator.task_id!r}, key={self.key!r}) }}}}"

    def __repr__(self) -> str:
        return f"XComArg({self.operator!r}, {self.key!r})"

    def __hash__(self) -> int:
        return hash((id(self.operator), self.key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XComArg) and other.operator is self.operator and other.key == self.key
