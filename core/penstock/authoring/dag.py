"""The DAG: what an author's file makes, with its tasks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import NoneType, TracebackType

from penstock.authoring import scope
from penstock.authoring.abstract_operator import AbstractOperator
from penstock.authoring.arguments import hint, refuse_unknown, worth_a_warning
from penstock.authoring.checked import Checked
from penstock.authoring.checks import (
    callbacks,
    identifier,
    mapping,
    moment,
    near,
    one_of,
    optional_seconds,
    optional_text,
    optional_truth,
    positive,
    shown,
    truth,
    whole,
)
from penstock.authoring.dag_words import catchup_word, folders, refuse_bad_links, refuse_continuous, tag_set
from penstock.authoring.group import TaskGroup
from penstock.authoring.node import Graph, Group, Task
from penstock.authoring.overloads import overload
from penstock.authoring.params import Param, as_params
from penstock.authoring.place import author_place, owner_file, refuse
from penstock.authoring.references import ParamReference
from penstock.authoring.schedules import schedule_fields, zone_name
from penstock.authoring.signatures import shape_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Self
    from zoneinfo import ZoneInfo

    from penstock.authoring.arguments import Callbacks, Duration
    from penstock.authoring.checked import Check
    from penstock.authoring.deadlines import DeadlineAlert
    from penstock.authoring.schedules import ScheduleFields

_IGNORED = {
    "access_control": "there is one user",
    "owner_links": "there are no links",
    "sla_miss_callback": "there are no SLA misses",
    "rerun_with_latest_version": "a run keeps the version it started with",
    "disable_bundle_versioning": "a run keeps the version it started with",
    "dag_display_name": "the dag_id is shown",
    "allowed_run_types": "every run type is allowed",
}


def _params(value: Any, name: str) -> dict[str, Param]:
    return as_params(mapping(value, name))


def _deadlines(value: Any, name: str) -> tuple[DeadlineAlert, ...]:
    if not value and isinstance(value, NoneType | tuple | list):
        return ()
    from penstock.authoring.deadlines import deadlines

    return deadlines(value, name)


class DAG(Checked, Graph):
    """Tasks, their order, and when they run.

    ``with DAG("id", schedule="@daily", ...):`` takes the tasks made in the block. ``timezone`` (default:
    that of start_date, then the instance's) is that of crons and naive dates. ``catchup``: "none" waits
    for the next tick, "latest" (or False) runs the newest missed one, "all" (or True) every one.
    ``overlap``: what happens at max_active_runs. Every argument is an attribute that can also be set
    later. Raises `DagFileError`.
    """

    checks: Mapping[str, Check] = {
        "dag_id": identifier("dag_id"),
        "default_args": mapping,
        **dict.fromkeys(["description", "doc_md"], optional_text),
        "schedule": lambda value, name: schedule_fields(value),  # noqa: ARG005 - the signature of all checks
        **dict.fromkeys(["start_date", "end_date"], moment),
        "catchup": catchup_word,
        "overlap": one_of("queue", "skip", "cancel_previous"),
        "params": _params,
        "tags": tag_set,
        **dict.fromkeys(["max_active_runs", "max_active_tasks"], positive),
        "dagrun_timeout": optional_seconds,
        **dict.fromkeys(["fail_fast", "render_template_as_native_obj", "auto_register"], truth),
        "is_paused_upon_creation": optional_truth,
        "template_searchpath": folders,
        **dict.fromkeys(["user_defined_macros", "user_defined_filters", "jinja_environment_kwargs"], mapping),
        **dict.fromkeys(["on_success_callback", "on_failure_callback"], callbacks),
        "deadlines": _deadlines,
        "max_consecutive_failed_dag_runs": whole,
    }
    catchup_unsaid = False
    """Whether catchup is on because the file's dialect has it so."""
    absorbed = False
    """Whether its tasks have become a part of another DAG, so that it is none itself."""
    start_date: datetime | None
    catchup: Literal["none", "latest", "all"]

    def __init__(
        self,
        dag_id: str,
        description: str | None = None,
        *,
        schedule: Any = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        timezone: Any = None,
        catchup: bool | Literal["none", "latest", "all"] = "latest",
        overlap: Literal["queue", "skip", "cancel_previous"] = "queue",
        default_args: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        tags: Sequence[str] | set[str] | None = None,
        max_active_runs: int = 16,
        max_active_tasks: int = 16,
        dagrun_timeout: Duration | None = None,
        fail_fast: bool = False,
        is_paused_upon_creation: bool | None = None,
        doc_md: str | None = None,
        template_searchpath: str | Sequence[str] | None = None,
        template_undefined: Any = None,
        user_defined_macros: Mapping[str, Any] | None = None,
        user_defined_filters: Mapping[str, Callable[..., Any]] | None = None,
        jinja_environment_kwargs: Mapping[str, Any] | None = None,
        render_template_as_native_obj: bool = False,
        auto_register: bool = True,
        on_success_callback: Callbacks = None,
        on_failure_callback: Callbacks = None,
        deadline: DeadlineAlert | Sequence[DeadlineAlert] | None = None,
        max_consecutive_failed_dag_runs: int = 0,
        **others: Any,
    ) -> None:
        self.place = author_place()
        self._warnings: dict[str, None] = {}
        self.dag_id = dag_id
        self._refuse_or_warn(others)
        self.default_args: dict[str, Any] = dict(mapping(default_args, "default_args"))
        self.description = description
        self.schedule: ScheduleFields = schedule
        self.start_date = self.default_args.get("start_date") if start_date is None else start_date
        self.end_date = self.default_args.get("end_date") if end_date is None else end_date
        self.timezone = timezone
        self.catchup = catchup  # type: ignore[assignment]  # made a word
        self.overlap = overlap
        self.params: dict[str, Param] = params  # type: ignore[assignment]  # made Params when it is set
        self.tags: set[str] = tags  # type: ignore[assignment]  # made a set
        self.max_active_runs = max_active_runs
        self.max_active_tasks = max_active_tasks
        self.dagrun_timeout: float | None = dagrun_timeout  # type: ignore[assignment]  # made seconds
        self.fail_fast = fail_fast
        self.is_paused_upon_creation = is_paused_upon_creation
        self.doc_md = doc_md
        self.template_searchpath: tuple[str, ...] = template_searchpath  # type: ignore[assignment]  # made a tuple
        self.template_undefined = template_undefined
        self.user_defined_macros: dict[str, Any] = user_defined_macros  # type: ignore[assignment]  # made a dict
        self.user_defined_filters: dict[str, Any] = user_defined_filters  # type: ignore[assignment]
        self.jinja_environment_kwargs: dict[str, Any] = jinja_environment_kwargs  # type: ignore[assignment]
        self.render_template_as_native_obj = render_template_as_native_obj
        self.auto_register = auto_register
        self.on_success_callback: Sequence[Callable[..., Any]] = on_success_callback  # type: ignore[assignment]
        self.on_failure_callback: Sequence[Callable[..., Any]] = on_failure_callback  # type: ignore[assignment]
        self.deadline = deadline
        self.max_consecutive_failed_dag_runs = max_consecutive_failed_dag_runs
        self.task_dict: dict[str, AbstractOperator] = {}
        self.task_groups: dict[str, TaskGroup] = {}
        self.edges: dict[tuple[str, str], int | None] = {}
        """(upstream, downstream) -> the author's line."""
        self.labels: dict[tuple[str, str], str] = {}
        self.task_group: TaskGroup = TaskGroup(None, dag=self)
        refuse_continuous(self.schedule.kind, self.max_active_runs)

    def _refuse_or_warn(self, others: dict[str, Any]) -> None:
        for name in [name for name in others if name in _IGNORED]:
            self._ignore(name, others.pop(name))
        if others:
            refuse_unknown(f"DAG {self.dag_id!r}", others, self._words())

    def _ignore(self, name: str, value: Any) -> None:
        if name == "owner_links":
            refuse_bad_links(value)
        if worth_a_warning(name, value):
            self.warn(f"argument {name} is ignored: {_IGNORED[name]}")

    def _words(self) -> Sequence[str]:
        return DAG.__init__.__code__.co_varnames

    def set_by_author(self, name: str, value: Any) -> None:
        """Handle Airflow's arguments, and warn about names that are similar to one of ours.

        Raises `DagFileError` for an argument of Airflow's that has another name here.
        """
        if name in _IGNORED:
            self._ignore(name, value)
        elif hint(name):
            refuse(f"DAG {self.dag_id!r}: {name!r} cannot be set{hint(name)}")
        elif not hasattr(type(self), name) and (meant := near(name, self._words(), cutoff=0.75)):
            self.warn(f"setting {name!r} of the DAG changes nothing{meant}")

    @property
    def timezone(self) -> ZoneInfo:
        """The time zone of the DAG; UTC if neither it nor start_date has one."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.timezone_name or "UTC")

    @timezone.setter
    def timezone(self, zone: Any) -> None:
        self.timezone_name = zone

    @property
    def timezone_name(self) -> str | None:
        """The name of the time zone, its own or that of start_date; None if neither has one."""
        if self._zone is None and self.start_date is not None and self.start_date.tzinfo is not None:
            return zone_name(self.start_date.tzinfo, self.place)
        return self._zone

    @timezone_name.setter
    def timezone_name(self, zone: Any) -> None:
        self._zone = None if zone is None else zone_name(zone)

    @property
    def deadline(self) -> tuple[DeadlineAlert, ...]:
        """The deadlines, as given by the argument of this name."""
        found: tuple[DeadlineAlert, ...] = self.deadlines
        return found

    @deadline.setter
    def deadline(self, given: Any) -> None:
        self.deadlines = given

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings about arguments that were ignored."""
        return tuple(self._warnings)

    def warn(self, text: str) -> None:
        """Add a warning, once."""
        self._warnings[text] = None

    def add_task(self, task: Task, group: Group | None = None) -> None:
        """Take *task*, in *group* or at the top. Raises `DagFileError` if its id is taken."""
        if not isinstance(task, AbstractOperator):
            refuse(f"DAG {self.dag_id!r} takes tasks, not {shown(task)}")
        if task.task_id in self.task_dict or task.task_id in self.task_groups:
            refuse(f"task id {task.task_id!r} is already used in DAG {self.dag_id!r}")
        self.task_dict[task.task_id] = task
        task.dag = self
        task.task_group = group or self.task_group
        task.task_group.children.append(task)
        if scope.current().blocks:
            scope.current().blocks[-1].take(task)

    def add_group(self, group: Group) -> None:
        """Take *group*. Raises `DagFileError` if its id is taken."""
        if not isinstance(group, TaskGroup):
            refuse(f"DAG {self.dag_id!r} takes task groups, not {shown(group)}")
        if group.group_id in self.task_dict or group.group_id in self.task_groups:
            refuse(f"group id {group.group_id!r} is already used in DAG {self.dag_id!r}")
        self.task_groups[group.group_id] = group

    def add_edge(self, up: str, down: str, label: str | None = None) -> None:
        """Add the edge once; a later label replaces an earlier one."""
        if (up, down) not in self.edges:
            self.edges[up, down] = author_place().line
            self.task_dict[up].downstream_task_ids.add(down)
            self.task_dict[down].upstream_task_ids.add(up)
        if label is not None:
            self.labels[up, down] = label

    def free_id(self, wanted: str) -> str:
        """Return *wanted*, with ``__1``, ``__2``, ... if it is used already."""
        number, name = 0, wanted
        while name in self.task_dict or name in self.task_groups:
            number += 1
            name = f"{wanted}__{number}"
        return name

    @property
    def tasks(self) -> list[AbstractOperator]:
        """All tasks, in the order of making."""
        return list(self.task_dict.values())

    @property
    def mapping_sources(self) -> frozenset[str]:
        """Ids of the tasks whose values decide how many instances some task or group has."""
        counted = [task.counted for task in self.tasks]
        counted += [group.counted for group in self.task_groups.values()]
        return frozenset(source.task_id for each in counted for source in each)

    @property
    def roots(self) -> list[AbstractOperator]:
        """The tasks without a parent."""
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self) -> list[AbstractOperator]:
        """The tasks without a child."""
        return [task for task in self.tasks if not task.downstream_task_ids]

    @property
    def task_ids(self) -> list[str]:
        """The ids of all tasks, in the order in which they were made."""
        return list(self.task_dict)

    def get_task(self, task_id: str) -> AbstractOperator:
        """Return the task called *task_id*; raise KeyError if there is none."""
        return self.task_dict[task_id]

    def has_task(self, task_id: str) -> bool:
        """Whether there is a task called *task_id*."""
        return task_id in self.task_dict

    def param(self, name: str, default: Any = None) -> ParamReference:
        """Declare parameter *name* and return a reference to its value in the run."""
        self.params.setdefault(name, default if isinstance(default, Param) else Param(default))
        return ParamReference(name)

    def descendants(self, task_ids: Sequence[str]) -> set[str]:
        """Return every task that depends on one of *task_ids*, directly or not."""
        found: set[str] = set()
        stack = list(task_ids)
        while stack:
            for child in self.task_dict[stack.pop()].downstream_task_ids - found:
                found.add(child)
                stack.append(child)
        return found

    def __enter__(self) -> Self:
        scope.current().dags.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scope.current().dags.pop()
        if self.auto_register and kind is None:
            scope.current().registered.append((self, owner_file()))

    def __repr__(self) -> str:
        return f"<DAG: {self.dag_id}>"


class DagFactory:
    """A function under ``@dag``: each call makes the DAG with the tasks that the function makes.

    Its arguments become params of the DAG.
    """

    kind = DAG

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.function = function
        self.options = options
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> DAG:
        """Make the DAG."""
        options = {"dag_id": self.function.__name__, "doc_md": self.function.__doc__, **self.options}
        shape = shape_of(self.function)
        names = shape.names if shape else ()
        defaults = shape.defaults if shape else {}
        if len(args) > len(names) or kwargs.keys() - set(names):
            refuse(f"@dag function {self.function.__name__!r} does not take these arguments")
        given = {**defaults, **dict(zip(names, args, strict=False)), **kwargs}
        with self.kind(**options) as made:
            self.function(**{name: made.param(name, given.get(name, Param())) for name in names})
        return made


@overload
def dag(dag_id: Callable[..., Any]) -> DagFactory: ...
@overload
def dag(dag_id: str = "", **options: Any) -> Callable[[Callable[..., Any]], DagFactory]: ...
def dag(dag_id: Any = "", **options: Any) -> Any:
    """Return a decorator that makes a `DAG` from a function; options are those of the class."""
    if callable(dag_id):
        return DagFactory(dag_id, options)
    if dag_id:
        options["dag_id"] = dag_id
    return lambda function: DagFactory(function, options)
