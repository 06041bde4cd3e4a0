"""The base class of all operators and sensors: one task of a DAG.

A subclass names its own arguments in ``__init__``, hands the rest to ``super().__init__(**task)``
and does its work in ``execute``. Arguments nobody knows are refused; ``default_args`` of the DAG
and of the groups around fill what was not given, also arguments of the subclass.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Mapping, Sequence

from penstock.authoring import scope
from penstock.authoring.arguments import (
    CHECKS,
    IGNORED,
    LATER,
    hint,
    refuse_later,
    refuse_unknown,
    worth_a_warning,
)
from penstock.authoring.checked import Checked
from penstock.authoring.checks import exit_codes, mapping, near, optional_text, truth
from penstock.authoring.node import Graph, Group, Task, connect
from penstock.authoring.place import Place, author_place, refuse
from penstock.authoring.placed import CHECKS as PLACED
from penstock.authoring.placed import STORED, Placed
from penstock.authoring.references import references
from penstock.authoring.setups import Resource
from penstock.errors import BadIdError, DagFileError
from penstock.ids import check_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any, Literal, NoReturn, TypeVar, Unpack

    from penstock.authoring.arguments import TaskArgs
    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context
    from penstock.authoring.expand_input import ExpandInput
    from penstock.authoring.pools import Pool
    from penstock.authoring.triggers import Trigger
    from penstock.authoring.xcom_arg import XComArg

    T = TypeVar("T")


class Command:
    """A command that can be started without the author's file: see `AbstractOperator.launch`."""

    __slots__ = ("argv", "cwd", "env", "replace_env")

    def __init__(
        self,
        argv: tuple[str, ...],
        env: dict[str, str] | None = None,
        replace_env: bool = False,
        cwd: str | None = None,
    ) -> None:
        self.argv = argv
        self.env = env or {}
        self.replace_env = replace_env
        self.cwd = cwd


class _OperatorType(ABCMeta):
    """Makes tasks: fills in default arguments, refuses bad ones at the author's line, draws data edges."""

    def __call__(cls: type[T], *args: Any, **kwargs: Any) -> T:
        place = author_place()
        try:
            if args:
                refuse(f"{cls.__name__} takes keyword arguments only")
            kwargs = in_our_words(cls, kwargs)
            fill_from_default_args(cls, kwargs)
            refuse_missing(cls, kwargs)
            task = _make(super().__call__, cls.__name__, kwargs)  # type: ignore[misc]
            task.place = place
            task.connect_references()
        except DagFileError as error:
            # The line that makes the task is more useful than a line in a shared subclass.
            error.file, error.line = place.file, place.line
            raise
        return task  # type: ignore[no-any-return]


class AbstractOperator(Placed, Checked, Resource, Task, metaclass=_OperatorType):
    """One task. Every argument of `TaskArgs` is an attribute, also to be set later; durations are seconds.

    ``template_fields`` are the attributes in which Jinja templates and outputs of other tasks are
    replaced by values before ``execute``; a string ending in one of ``template_ext`` names a file.
    """

    checks: Mapping[str, Check] = {
        **{name: check for name, check in CHECKS.items() if name not in {"log", *PLACED}},
        **STORED,
        "log_mode": lambda value, name: CHECKS["log"](value, name.removesuffix("_mode")),
        "skip_on_exit_code": exit_codes,
        "last_line_is_value": truth,
        "operator_name": optional_text,
        "row_of": optional_text,
        **dict.fromkeys(["is_setup", "is_teardown", "on_failure_fail_dagrun"], truth),
    }
    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()
    skip_on_exit_code: tuple[int, ...] = ()
    """Exit codes of the process that mean "skipped"."""
    last_line_is_value: bool = False
    """Whether the last line of output is the return value."""
    row_of: str | None = None
    """The id of the task whose process does the work of this one, which starts after it."""

    inlets: tuple[Any, ...] = ()
    outlets: tuple[Any, ...] = ()
    owner: str | None = None
    trigger_rule: str = "all_success"
    retries: int = 0
    retry_delay: float = 300.0
    retry_exponential_backoff: float = 0.0
    max_retry_delay: float | None = None
    execution_timeout: float | None = None
    stop_grace: float | None = None
    on_lost: Literal["retry", "fail"] = "retry"
    pool: str | Pool = "default_pool"
    pool_slots: int = 1
    priority_weight: int = 1
    weight_rule: Literal["downstream", "upstream", "absolute"] = "downstream"
    max_active_tis_per_dag: int | None = None
    max_active_tis_per_dagrun: int | None = None
    depends_on_past: bool = False
    wait_for_downstream: bool = False
    is_setup: bool = False
    is_teardown: bool = False
    on_failure_fail_dagrun: bool = False
    do_xcom_push: bool = True
    multiple_outputs: bool = False
    task_display_name: str | None = None
    doc: str | None = None
    doc_md: str | None = None
    log_mode: str = "captured"
    render_template_as_native_obj: bool | None = None
    pre_execute: Callable[..., Any] | None = None
    post_execute: Callable[..., Any] | None = None
    map_index_template: str | None = None
    given: ExpandInput | None = None
    """What a mapped task is mapped over."""
    cannot_run: str | None = None
    """Why no task of this class can run, in a sentence; such a task keeps its place in the graph."""
    takes_anything = False
    """Whether the class takes arguments that nobody here knows."""
    retry_policy: Any = None
    """Says after an error whether another try is worth it: see `penstock.task_process.retry_policy`."""
    on_execute_callback: Sequence[Callable[..., Any]] = ()
    on_success_callback: Sequence[Callable[..., Any]] = ()
    on_failure_callback: Sequence[Callable[..., Any]] = ()
    on_retry_callback: Sequence[Callable[..., Any]] = ()
    on_skipped_callback: Sequence[Callable[..., Any]] = ()

    def __init__(self, *, task_id: str, **task: Unpack[TaskArgs]) -> None:
        given: dict[str, Any] = dict(task)
        self.place = Place()
        self.upstream_task_ids: set[str] = set()
        self.downstream_task_ids: set[str] = set()
        self.params: dict[str, Any] = dict(mapping(getattr(type(self), "params", None), "params"))
        self.secrets: dict[str, str] = getattr(type(self), "secrets", None)  # type: ignore[assignment]
        self.operator_name = type(self).__name__
        self._dag: Graph | None = given.pop("dag", None)
        self.task_group: Group | None = None
        group: Group | None = given.pop("task_group", None)
        given.pop("default_args", None)
        _checked_id(task_id)
        self._dag = self._dag or (group.dag if group else None) or scope.open_dag()
        if self.dag is not None:
            group = group or scope.open_group(self.dag)
        self.task_id = group.child_id(task_id) if group else task_id
        if self.task_id != task_id:
            _checked_id(self.task_id)
        self.place_by_class()
        self._take(given)
        if self.dag is not None:
            self.dag.add_task(self, group)

    @property
    def dag(self) -> Graph | None:
        """The DAG that it belongs to. A task that has none yet joins the one that is set."""
        return self._dag

    @dag.setter
    def dag(self, dag: Graph | None) -> None:
        self._dag = dag
        if dag is not None and self.task_group is None and self.task_id not in dag.task_dict:
            dag.add_task(self, scope.open_group(dag))

    def _take(self, given: dict[str, Any]) -> None:
        unknown = []
        for name, value in given.items():
            if name in CHECKS:
                setattr(self, name, value)
            elif not self._ignores(name, value):
                unknown.append(name)
        if unknown:
            label = f"{type(self).__name__} (task {self.task_id!r})"
            refuse_unknown(
                label, unknown, {*CHECKS, *own_arguments(type(self)), "task_id", "dag", "task_group"}
            )

    def _ignores(self, name: str, value: Any) -> bool:
        """Return whether *name* is a known argument that is not used here; warn about it, or refuse it."""
        if name in LATER and value:
            refuse_later(name, LATER[name])
        if name in IGNORED and self.dag is not None and worth_a_warning(name, value):
            self.dag.warn(f"argument {name} is ignored: {IGNORED[name]}")
        return name in IGNORED or name in LATER

    def set_by_author(self, name: str, value: Any) -> None:
        """Handle Airflow's arguments, and warn about names that are similar to one of ours.

        Raises `DagFileError` for an argument of Airflow's that has another name here.
        """
        kind = type(self)
        dialect = scope.current().dialect
        ours = dialect.attribute(self, name, value) if dialect is not None else None
        if ours is not None:
            setattr(self, *ours)
            return
        if not kind.__module__.startswith("penstock.") or hasattr(kind, name) or self._ignores(name, value):
            return  # a class of the author's has attributes of its own
        if hint(name):
            refuse(f"task {self.task_id!r}: {name!r} cannot be set{hint(name)}")
        meant = near(name, {*CHECKS, *own_arguments(kind)}, cutoff=0.75)
        if meant and self.dag is not None:
            self.dag.warn(f"task {self.task_id!r}: setting {name!r} changes nothing{meant}")

    def execute(self, context: Context) -> Any:
        """Do the work in the task's process; what is returned becomes the XCom ``return_value``.

        Raise `SkipException` to skip, `FailException` to fail without a retry.
        """
        raise NotImplementedError(f"{type(self).__name__} has no execute()")

    start_from_trigger = False
    """Whether the task begins by waiting for the trigger of ``start_trigger_args``."""

    def defer(
        self,
        *,
        trigger: Trigger,
        method_name: str,
        kwargs: dict[str, Any] | None = None,
        timeout: Any = None,
    ) -> NoReturn:
        """End this process, and go on in *method_name* of a new one once *trigger* has fired.

        The method gets the context, *kwargs*, and what the trigger reports as ``event``. After *timeout*
        (seconds or a timedelta) `TaskDeferralTimeout` is raised in the new process instead.
        """
        from penstock.authoring.triggers import TaskDeferred

        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after a trigger: call *next_method*, or raise why the trigger brought nothing."""
        from penstock.authoring.triggers import FAIL, raise_failure

        kwargs = dict(next_kwargs or {})
        if next_method == FAIL:
            raise_failure(kwargs)
        return getattr(self, next_method)(context, **kwargs)

    def on_kill(self) -> None:
        """Clean up when the task is told to stop; called in the task's process."""

    def launch(self) -> Literal["empty", "python"] | Command:
        """Return what carries the task out: nothing, a command, or (default) this object in a process."""
        return "python"

    @classmethod
    def takes(cls, name: str) -> bool:
        """Whether the class itself takes an argument of this name."""
        return name in own_arguments(cls)

    @property
    def is_plain(self) -> bool:
        """Whether none of the author's Python has to run around the task itself."""
        return self.pre_execute is None and self.post_execute is None

    @property
    def output(self) -> XComArg:
        """What the task will have returned, to hand to another task."""
        from penstock.authoring.xcom_arg import XComArg

        return XComArg(self)

    @property
    def task_type(self) -> str:
        """The name of the class."""
        return type(self).__name__

    @property
    def log(self) -> logging.Logger:
        """A logger whose lines go to the task's log."""
        import logging

        return logging.getLogger("penstock.task")

    @log.setter
    def log(self, value: Any) -> None:
        # `log` is where subclasses write to, as everywhere; the argument is about the log itself.
        self.log_mode = value

    @property
    def counted(self) -> tuple[Task, ...]:
        """The tasks whose values decide how many instances there are."""
        return self.given.counted if self.given is not None else ()

    def connect_references(self) -> None:
        """Draw an edge from every task whose output is in a template field."""
        for name in self.template_fields:
            for reference in references(getattr(self, name, None)):
                for source in reference.sources:
                    connect(source, self)

    @classmethod
    def shared_facts(cls, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes that all instances of a mapped task share, from its common *kwargs*.

        They are what the engine must know about a task before it runs, beyond `TaskArgs`.
        """
        del kwargs
        return {}

    @classmethod
    def mapped_launch(cls) -> Literal["empty", "python"]:
        """Return what carries out an instance of a mapped task of this class."""
        return "python"

    def __repr__(self) -> str:
        return f"<Task({type(self).__name__}): {self.task_id}>"


def in_our_words(cls: type, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a task as the file means them, if it was written for Airflow."""
    dialect = scope.current().dialect
    if dialect is None:
        return kwargs
    group: Group | None = kwargs.get("task_group")
    return dialect.arguments(cls, kwargs, kwargs.get("dag") or (group.dag if group else scope.open_dag()))


def _make(make: Callable[..., Any], name: str, kwargs: dict[str, Any]) -> Any:
    try:
        return make(**kwargs)
    except TypeError as error:
        # A subclass that passed on too little; any other TypeError is the author's own.
        if "required keyword-only argument" not in str(error):
            raise
        refuse(f"{name}: {error}")


def _checked_id(task_id: Any) -> None:
    try:
        check_id(task_id, "task_id")
    except BadIdError as error:
        refuse(error.message)


_own_cache: dict[type, dict[str, bool]] = {}


def own_arguments(cls: type) -> Mapping[str, bool]:
    """Return the arguments that *cls* names itself, up to `AbstractOperator`: name -> whether it is required.

    A class whose ``__init__`` takes no ``**kwargs`` hides the arguments of its parents.
    """
    found = _own_cache.get(cls)
    if found is not None:
        return found
    own: dict[str, bool] = {}
    first = True  # the class itself may supply what a parent requires
    for parent in cls.__mro__:
        init = parent.__dict__.get("__init__")
        if init is None or not hasattr(init, "__code__"):
            continue
        code = init.__code__
        positional = code.co_varnames[1 : code.co_argcount]
        with_default = positional[len(positional) - len(init.__defaults__ or ()) :]
        for name in positional:
            own.setdefault(name, first and name not in with_default)
        for name in code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]:
            own.setdefault(name, first and name not in (init.__kwdefaults__ or {}))
        first = False
        if parent is AbstractOperator or not code.co_flags & 0x08:  # inspect.CO_VARKEYWORDS
            break
    _own_cache[cls] = own
    return own


def _accepts_task_args(cls: type) -> bool:
    init = cls.__dict__.get("__init__") or cls.__init__  # type: ignore[misc]
    return bool(init.__code__.co_flags & 0x08)


def fill_from_default_args(cls: type, kwargs: dict[str, Any]) -> None:
    """Add to *kwargs* the arguments of *cls* that were not given but are in ``default_args``."""
    group: Group | None = kwargs.get("task_group")
    dag: Graph | None = kwargs.get("dag") or (group.dag if group else None) or scope.open_dag()
    layers: list[Mapping[str, Any]] = []
    if kwargs.get("default_args"):
        layers.append(kwargs["default_args"])
    if dag is not None:
        inner: Group | None = group or scope.open_group(dag)
        while inner is not None:
            layers.append(inner.default_args)
            inner = inner.parent_group
        layers.append(dag.default_args)
    own = own_arguments(cls)
    common = _accepts_task_args(cls)
    for layer in layers:
        for name, value in layer.items():
            if name in kwargs or name in {"task_id", "dag", "task_group"}:
                continue
            if name in own or (common and (name in CHECKS or name in LATER or _ignored(name))):
                kwargs[name] = value


def _ignored(name: str) -> bool:
    # A DAG reads its own dates from default_args; they say nothing about a task.
    return name in IGNORED and name not in {"start_date", "end_date"}


def refuse_missing(cls: type, kwargs: dict[str, Any]) -> None:
    """Refuse *kwargs* without an argument that *cls* requires."""
    missing = [name for name, required in own_arguments(cls).items() if required and name not in kwargs]
    if missing:
        task = f" (task {kwargs['task_id']!r})" if "task_id" in kwargs else ""
        unknown = kwargs.keys() - own_arguments(cls) - CHECKS.keys()
        lacking = [f"{name}{near(name, unknown)}" for name in missing]
        refuse(f"{cls.__name__}{task} needs {', '.join(lacking)}")
