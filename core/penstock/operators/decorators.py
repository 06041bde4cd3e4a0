"""``@task`` and its forms: a function becomes a task each time it is called in a DAG."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import import_module

from penstock.authoring import scope
from penstock.authoring.overloads import overload
from penstock.authoring.place import refuse
from penstock.authoring.references import Reference
from penstock.authoring.setups import mark_setup, mark_teardown
from penstock.authoring.signatures import check_call, refuse_bad_names
from penstock.authoring.xcom_arg import XComArg

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from penstock.authoring.expand_input import ExpandInput
    from penstock.authoring.node import Task
    from penstock.authoring.operator import Operator


class TaskFactory:
    """A function under ``@task``: each call makes a task and returns its future output."""

    def __init__(
        self,
        function: Callable[..., Any],
        operator: type[Operator],
        name: str,
        options: Mapping[str, Any],
        bound: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(function, TaskFactory):
            refuse(f"{function.__name__!r} is already a task")
        self.function = function
        self._operator = operator
        self._name = name
        self._options = dict(options)
        self.is_setup = False
        self.is_teardown = False
        self.on_failure_fail_dagrun = False
        self._bound = dict(bound or {})
        functools.update_wrapper(self, function)

    def marked(self, *, teardown: bool, on_failure_fail_dagrun: bool = False) -> TaskFactory:
        """Return the same function, so that its tasks are setups or teardowns."""
        made = self.override()
        made.is_setup, made.is_teardown = not teardown, teardown
        made.on_failure_fail_dagrun = on_failure_fail_dagrun
        return made

    def bound(self, given: Mapping[str, Any]) -> TaskFactory:
        """Return the same function, which will be called with the arguments *given*, one called self too."""
        made = self.override()
        made._bound |= given  # noqa: SLF001 - one of ours
        return made

    def guarded(self, condition: Callable[..., Any], message: str | None, *, wanted: bool) -> TaskFactory:
        """Return the same function; its tasks are skipped unless *condition* of the context is *wanted*."""
        from penstock.operators.run_conditions import guard

        return self.override(pre_execute=guard(condition, message, wanted, self._options.get("pre_execute")))

    def _mark(self, task: Task) -> None:
        if self.is_setup:
            mark_setup(task)
        if self.is_teardown:
            if "trigger_rule" in self._options:
                refuse(f"task {task.task_id!r} is a teardown, which has its own trigger rule")
            mark_teardown(task, on_failure_fail_dagrun=self.on_failure_fail_dagrun)

    def __call__(self, *args: Any, **kwargs: Any) -> XComArg:
        """Make a task that will call the function with these arguments."""
        kwargs = {**self._bound, **kwargs}
        self._check(args, kwargs)
        operator: Callable[..., Operator] = self._operator
        task = operator(op_args=args, op_kwargs=kwargs, **self._task_options())
        task.operator_name = self._name
        self._mark(task)
        return XComArg(task)

    def override(self, **options: Any) -> TaskFactory:
        """Return the same function with other options for its tasks."""
        fail = options.pop("on_failure_fail_dagrun", self.on_failure_fail_dagrun)
        made = self._like({**self._options, **options}, self._bound)
        made.on_failure_fail_dagrun = fail
        return made

    def partial(self, **kwargs: Any) -> TaskFactory:
        """Return the same function with some arguments given; ``.expand`` gives those that differ."""
        self._refuse_bad_names("partial()", kwargs)
        return self._like(self._options, {**self._bound, **kwargs})

    def expand(self, **kwargs: Any) -> XComArg:
        """Make a mapped task: an instance for every combination of items, the last varying fastest."""
        from penstock.authoring.expand_input import Product

        given = Product(kwargs)
        self._refuse_bad_names("expand()", kwargs)
        self._check((), {**self._bound, **kwargs})
        return self._mapped(given)

    def expand_kwargs(self, kwargs: Any, *, strict: bool = True) -> XComArg:
        """Make a mapped task: an instance for every dict of arguments."""
        from penstock.authoring.expand_input import Rows

        del strict  # wrong names are found when the instance is made
        return self._mapped(Rows(kwargs))

    def _mapped(self, given: ExpandInput) -> XComArg:
        from penstock.authoring.mapped import mapped_function

        made = mapped_function(
            self._operator, self._task_options(), given, name=self._name, bound=self._bound
        )
        self._mark(made.operator)
        return made

    def _like(self, options: Mapping[str, Any], bound: Mapping[str, Any]) -> TaskFactory:
        made = TaskFactory(self.function, self._operator, self._name, options, bound)
        made.is_setup, made.is_teardown = self.is_setup, self.is_teardown
        made.on_failure_fail_dagrun = self.on_failure_fail_dagrun
        return made

    def _refuse_bad_names(self, what: str, given: Mapping[str, Any]) -> None:
        refuse_bad_names(self.function, what, given, self._bound)

    def _check(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        try:
            check_call(self.function, args, kwargs)
        except (TypeError, ValueError) as error:
            refuse(f"task {self.__name__!r}: {error}")

    def _task_options(self) -> dict[str, Any]:
        """Return the operator's arguments, with an id; each call means another task."""
        options = {**self._options, "python_callable": self.function}
        options["task_id"] = self._free_id(options)
        if self._name == "@task":
            options.setdefault("multiple_outputs", _returns_mapping(self.function))
        if self.function.__doc__ and not {"doc", "doc_md"} & options.keys():
            options["doc_md"] = self.function.__doc__
        return options

    def _free_id(self, options: Mapping[str, Any]) -> str:
        name = str(options.get("task_id") or self.__name__)
        group = options.get("task_group")
        dag = options.get("dag") or (group.dag if group else None) or scope.open_dag()
        if dag is None:
            refuse(f"task {name!r} is called outside of a DAG; to call the function itself, use .function()")
        group = group or scope.open_group(dag)
        prefix = group.prefix
        return str(dag.free_id(group.child_id(name))).removeprefix(f"{prefix}." if prefix else "")

    __name__: str


class TaskForm:
    """One form of ``@task``, with or without options. *home* is the module of its *operator*."""

    def __init__(self, name: str, home: str, operator: str) -> None:
        self._name = name
        self._home = home
        self._operator = operator

    @overload
    def __call__(self, python_callable: Callable[..., Any], /) -> TaskFactory: ...
    @overload
    def __call__(self, /, **options: Any) -> Callable[[Callable[..., Any]], TaskFactory]: ...
    def __call__(self, python_callable: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Make the function a task factory; options are those of the operator."""
        operator = self._find()
        if python_callable is None:
            return lambda function: TaskFactory(function, operator, self._name, options)
        if isinstance(python_callable, Reference) or not callable(python_callable):
            refuse(f"{self._name} takes a function, not {python_callable!r}")
        return TaskFactory(python_callable, operator, self._name, options)

    def _find(self) -> type[Operator]:
        module = import_module(f"penstock.{self._home}")
        found: type[Operator] = getattr(module, self._operator)
        return found


class TaskDecorator(TaskForm):
    """``@task``: the task calls the function. Its other forms are attributes."""

    def __init__(self) -> None:
        super().__init__("@task", "operators.python", "PythonOperator")
        self.python = TaskForm("@task", "operators.python", "PythonOperator")
        self.bash = TaskForm("@task.bash", "operators.bash", "BashCallableOperator")
        self.branch = TaskForm("@task.branch", "operators.python", "BranchPythonOperator")
        self.short_circuit = TaskForm("@task.short_circuit", "operators.python", "ShortCircuitOperator")
        self.external_python = TaskForm(
            "@task.external_python", "operators.external_python", "ExternalPythonOperator"
        )
        self.branch_external_python = TaskForm(
            "@task.branch_external_python", "operators.external_python", "BranchExternalPythonOperator"
        )
        self.virtualenv = TaskForm("@task.virtualenv", "operators.virtualenv", "PythonVirtualenvOperator")
        self.branch_virtualenv = TaskForm(
            "@task.branch_virtualenv", "operators.virtualenv", "BranchPythonVirtualenvOperator"
        )
        self.sensor = TaskForm("@task.sensor", "sensors.python", "PythonSensor")

    def run_if(
        self, condition: Callable[..., Any], skip_message: str | None = None
    ) -> Callable[[TaskFactory], TaskFactory]:
        """Skip the task below unless *condition*, called with the context, returns true.

        It may also return a pair: its answer and the reason for a skip.
        """
        return lambda below: _decorated(below, "run_if").guarded(condition, skip_message, wanted=True)

    def skip_if(
        self, condition: Callable[..., Any], skip_message: str | None = None
    ) -> Callable[[TaskFactory], TaskFactory]:
        """Skip the task below if *condition*, called with the context, returns true; see `run_if`."""
        return lambda below: _decorated(below, "skip_if").guarded(condition, skip_message, wanted=False)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(f"@task.{name} is not supported yet; there are @task.bash, .branch, .short_circuit, .sensor")


task = TaskDecorator()


def setup(function: Callable[..., Any]) -> TaskFactory:
    """Make the function, which may be under ``@task`` already, a task that is a setup."""
    return _factory(function, "setup").marked(teardown=False)


@overload
def teardown(function: Callable[..., Any], /) -> TaskFactory: ...
@overload
def teardown(*, on_failure_fail_dagrun: bool = False) -> Callable[[Callable[..., Any]], TaskFactory]: ...
def teardown(function: Callable[..., Any] | None = None, /, *, on_failure_fail_dagrun: bool = False) -> Any:
    """Make the function, which may be under ``@task`` already, a task that is a teardown.

    Its failure does not fail the run, unless *on_failure_fail_dagrun*.
    """

    def mark(real: Callable[..., Any]) -> TaskFactory:
        made = _factory(real, "teardown")
        return made.marked(teardown=True, on_failure_fail_dagrun=on_failure_fail_dagrun)

    return mark if function is None else mark(function)


def _decorated(below: Any, name: str) -> TaskFactory:
    if not isinstance(below, TaskFactory):
        refuse(f"@task.{name} must be above @task, but here it is above {below!r}"[:200])
    return below


def _factory(function: Callable[..., Any], role: str) -> TaskFactory:
    if isinstance(function, TaskFactory):
        return function
    if hasattr(function, "override"):
        refuse(f"a group of tasks cannot be a {role}: mark the tasks inside")
    return task(function)


def _returns_mapping(function: Callable[..., Any]) -> bool:
    """Whether the function is annotated as returning a mapping, which is then also pushed key by key."""
    said = getattr(function, "__annotations__", {}).get("return")
    if isinstance(said, str):
        from typing import get_type_hints

        try:
            said = get_type_hints(function).get("return")
        except Exception:  # noqa: BLE001 - an annotation that cannot be read is ignored
            return False
    said = getattr(said, "__origin__", said)
    return isinstance(said, type) and issubclass(said, Mapping)
