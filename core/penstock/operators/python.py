"""PythonOperator: calls a function of the author."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import GeneratorType

from penstock.authoring.checks import shown, truth
from penstock.authoring.operator import Operator
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from penstock.authoring.arguments import TaskArgs
    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context


def _to_call(value: Any, name: str) -> Any:
    if not callable(value):
        refuse(f"{name} must be something that can be called, not {shown(value)}")
    return value


class PythonOperator(Operator):
    """Calls *python_callable* with *op_args* and *op_kwargs*.

    Arguments named like a key of the context (``ds``, ``ti``, ``params``, ...) get its value,
    ``**kwargs`` gets the whole context; op_kwargs override both. The function's value is returned.
    """

    template_fields: Sequence[str] = ("templates_dict", "op_args", "op_kwargs")
    checks: Mapping[str, Check] = {
        **Operator.checks,
        "python_callable": _to_call,
        "show_return_value_in_logs": truth,
    }

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Sequence[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: Mapping[str, Any] | None = None,
        templates_exts: Sequence[str] | None = None,
        show_return_value_in_logs: bool = False,
        task_id: str,
        **task: Unpack[TaskArgs],
    ) -> None:
        super().__init__(task_id=task_id, **task)
        if isinstance(op_args, str | bytes):
            refuse("op_args must be a list of arguments, not a string")
        self.python_callable = python_callable
        self.op_args = tuple(op_args or ())
        self.op_kwargs = dict(op_kwargs or {})
        self.templates_dict = None if templates_dict is None else dict(templates_dict)
        if templates_exts:
            self.template_ext = tuple(templates_exts)
        self.show_return_value_in_logs = show_return_value_in_logs

    def execute(self, context: Context) -> Any:
        """Call the function."""
        value = self.call(context)
        if self.show_return_value_in_logs:
            print(f"returned {value!r}"[:1000])  # noqa: T201 - the task's log is standard output
        return value

    def call(self, context: Context) -> Any:
        """Call the function and return its value."""
        from penstock.task_process.call import call

        context["templates_dict"] = self.templates_dict
        value = call(self.python_callable, self.op_args, self.op_kwargs, context)
        return _listened(value, context) if isinstance(value, GeneratorType) else value


def _listened(generator: GeneratorType[Any, Any, Any], context: Context) -> Any:
    """Run a generator: record each `Metadata` that it yields for its asset; return what it returns."""
    from penstock.authoring.assets import Metadata

    while True:
        try:
            item = next(generator)
        except StopIteration as end:
            return end.value
        if not isinstance(item, Metadata):
            print(f"yielded a {type(item).__name__}, which is ignored; yield Metadata, or return")  # noqa: T201
        elif item.alias is not None:
            context["outlet_events"][item.alias].add(item.asset, item.extra)
        else:
            context["outlet_events"][item.asset].extra.update(item.extra)


class BranchPythonOperator(PythonOperator):
    """Calls a function that returns the ids of the direct children (or groups) to go on with.

    The other direct children are skipped, unless they can be reached through a chosen one.
    None or an empty list skips all; an id that is not in the DAG fails the task.
    """

    def execute(self, context: Context) -> Any:
        """Choose."""
        from penstock.operators.branching import follow

        return follow(self, self.call(context), context)


class ShortCircuitOperator(PythonOperator):
    """Calls a function; if its value is false, everything downstream is skipped.

    With *ignore_downstream_trigger_rules* False, only the direct children are skipped, and the trigger
    rules of later tasks decide. Teardowns are never skipped by it.
    """

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, task_id: str, **python: Any) -> None:
        super().__init__(task_id=task_id, **python)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Context) -> Any:
        """Go on, or skip what follows."""
        from penstock.operators.branching import tells

        value = self.call(context)
        if value or self.dag is None:
            return value
        skips = set(self.downstream_task_ids)
        if self.ignore_downstream_trigger_rules:
            skips = self.dag.descendants([self.task_id])
        skips = {name for name in skips if not self.dag.task_dict[name].is_teardown}
        context["ti"].rule_out(sorted(skips))
        return value if tells(sorted(skips)) else None
