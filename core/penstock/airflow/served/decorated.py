"""What provider packages make their own forms of ``@task`` of."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence

from penstock.authoring.operator import Operator
from penstock.operators.decorators import TaskFactory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DecoratedOperator(Operator):
    """The base of operators that do something with a decorated function."""

    template_fields: Sequence[str] = ("op_args", "op_kwargs")
    template_fields_renderers: Mapping[str, str] = {"op_args": "py", "op_kwargs": "py"}
    custom_operator_name = "@task"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        task_id: str,
        op_args: Any = None,
        op_kwargs: Any = None,
        kwargs_to_upstream: Any = None,
        **task: Any,
    ) -> None:
        del kwargs_to_upstream
        super().__init__(task_id=task_id, **task)
        self.python_callable = python_callable
        self.op_args = op_args or []
        self.op_kwargs = op_kwargs or {}

    def get_python_source(self) -> str:
        """Return the source of the function, without its decorators."""
        lines = textwrap.dedent(inspect.getsource(self.python_callable)).splitlines(keepends=True)
        start = next(
            place for place, line in enumerate(lines) if line.startswith(("def ", "async def ", "lambda"))
        )
        return "".join(lines[start:])


def task_decorator_factory(
    python_callable: Callable[..., Any] | None = None,
    *,
    multiple_outputs: bool | None = None,
    decorated_operator_class: type[Operator],
    **kwargs: Any,
) -> Any:
    """Return what a decorator returns: a function that makes tasks of *decorated_operator_class*."""
    options = kwargs if multiple_outputs is None else {**kwargs, "multiple_outputs": multiple_outputs}
    name = str(getattr(decorated_operator_class, "custom_operator_name", "@task"))

    def made(function: Callable[..., Any]) -> TaskFactory:
        return TaskFactory(function, decorated_operator_class, name, options)

    return made if python_callable is None else made(python_callable)


def get_unique_task_id(task_id: str, dag: Any = None, task_group: Any = None) -> str:
    """Return *task_id*, with a number if the DAG has one of that name."""
    wanted = task_group.child_id(task_id) if task_group is not None else task_id
    return wanted if dag is None else str(dag.free_id(wanted))
