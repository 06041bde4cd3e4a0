"""The DAG of Airflow's vocabulary: ours, with the arguments, defaults and methods of 2.x and 3.x."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from penstock.authoring import dag as ours
from penstock.authoring import scope
from penstock.authoring.checks import moment, shown
from penstock.authoring.dag_words import catchup_word
from penstock.authoring.overloads import overload
from penstock.authoring.place import refuse
from penstock.authoring.schedules import ScheduleFields, schedule_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from penstock.authoring.checked import Check


class _Unsaid:
    def __repr__(self) -> str:
        return "<not said>"


UNSAID: Any = _Unsaid()
_DAY = dt.timedelta(days=1)
_IGNORED = {
    "default_view", "orientation", "full_filepath", "user_defined_links", "task_group",
    "has_on_success_callback", "has_on_failure_callback",
}  # fmt: skip
"""Arguments about screens and tables that do not exist here."""
_RENAMED = {
    "schedule_interval": "schedule", "timetable": "schedule", "concurrency": "max_active_tasks",
    "fail_stop": "fail_fast", "doc": "doc_md",
}  # fmt: skip


def moment_of(value: Any, name: str) -> dt.datetime | None:
    """Return a date in any of the forms that Airflow takes: also a date, and text in many forms.

    Raises `DagFileError` for anything else.
    """
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    if isinstance(value, str):
        try:
            return dt.datetime.fromisoformat(value.strip())
        except ValueError:
            from dateutil import parser

            try:
                return parser.parse(value)
            except (ValueError, OverflowError):
                refuse(f"{name} must be a date, not {shown(value)}")
    return moment(value, name)


def _schedule(value: Any, name: str) -> ScheduleFields:
    """Return what a schedule means in the dialect of the file; see `penstock.airflow.dialect`."""
    del name
    if isinstance(value, str):
        value = None if value.strip() in {"None", ""} else value.strip()
    if callable(getattr(value, "as_fields", None)):
        return value.as_fields()  # type: ignore[no-any-return]  # a timetable of the author's
    fields = schedule_fields(value)
    dialect = scope.current().dialect
    if isinstance(value, str) and fields.kind == "cron" and len(value.split()) == 6:
        fields.cron_seconds = "last"  # as Airflow reads it
    plain = isinstance(value, str | dt.timedelta) or type(value).__name__ == "relativedelta"
    if plain and dialect is not None and dialect.old and fields.kind in {"cron", "delta"}:
        fields.kind += "_interval"
    return fields


class DAG(ours.DAG):
    """Our DAG for files that import airflow. Where 2.x and 3.x differ, the dialect decides."""

    checks: Mapping[str, Check] = {
        **ours.DAG.checks,
        "schedule": _schedule,
        **dict.fromkeys(["start_date", "end_date"], moment_of),
    }

    def __init__(
        self,
        dag_id: str,
        description: str | None = None,
        schedule: Any = UNSAID,
        *,
        schedule_interval: Any = UNSAID,
        timetable: Any = None,
        catchup: Any = UNSAID,
        default_args: Mapping[str, Any] | None = None,
        params: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        **more: Any,
    ) -> None:
        dialect = scope.current().dialect
        old = dialect is not None and dialect.old
        given: dict[str, Any] = dict(default_args or {})
        if dialect is not None:
            given = dialect.default_args(given)
        self._schedule_said = True
        said = [one for one in (schedule, schedule_interval, timetable) if one is not UNSAID]
        chosen = next((one for one in said if one is not None), None)
        if schedule is UNSAID and schedule_interval is UNSAID and timetable is None:
            self._schedule_said, chosen = False, (_DAY if old else None)
        for name in list(more):
            if name in _RENAMED:
                more.setdefault(_RENAMED[name], more.pop(name))
            elif name in _IGNORED:
                more.pop(name)
        own = dict(given.pop("params", None) or {})
        self.own_start = start_date is not None or given.get("start_date") is not None
        unsaid = catchup is UNSAID
        if unsaid:
            catchup = _catchup_by_default(old)
        super().__init__(
            dag_id,
            description,
            schedule=chosen,
            catchup=catchup,
            default_args=given,
            params={**own, **dict(params or {})},
            start_date=start_date,
            end_date=end_date,
            **{name: value for name, value in more.items() if value is not None or name not in _NUMBERS},
        )
        self.catchup_unsaid = unsaid and self.catchup == "all"
        if self.timezone_name is None:
            from penstock.airflow.served.configuration import default_timezone

            self.timezone_name = default_timezone()
        if old and not self._schedule_said:
            self.warn("no schedule is said: every day, as 2.x has it; write schedule=None for none")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "catchup" and "catchup" in self.__dict__ and catchup_word(value, name) != self.catchup:
            self.catchup_unsaid = False
        super().__setattr__(name, value)

    def set_by_author(self, name: str, value: Any) -> None:
        """Take over an attribute of 2.x as the argument that it is; otherwise as our DAG does."""
        if name in _RENAMED:
            setattr(self, _RENAMED[name], value)
        elif name not in _IGNORED:
            super().set_by_author(name, value)

    # -- what files ask of a DAG

    @property
    def schedule_interval(self) -> Any:
        """The schedule, as it was written."""
        return self.schedule.text

    @schedule_interval.setter
    def schedule_interval(self, value: Any) -> None:
        self.schedule = value

    @property
    def concurrency(self) -> int:
        """The old name of ``max_active_tasks``."""
        return self.max_active_tasks

    @concurrency.setter
    def concurrency(self, value: Any) -> None:
        self.max_active_tasks = value

    @property
    def timetable(self) -> ScheduleFields:
        """The schedule."""
        return self.schedule

    @property
    def fileloc(self) -> str | None:
        """The file that makes the DAG."""
        return self.place.file

    filepath = full_filepath = fileloc

    @property
    def folder(self) -> str:
        """The folder of that file."""
        import os

        return os.path.dirname(self.place.file or "")  # noqa: PTH120

    @property
    def owner(self) -> str:
        """The owners of its tasks."""
        return ", ".join(sorted({task.owner or "airflow" for task in self.tasks}))

    @property
    def task_group_dict(self) -> dict[str, Any]:
        """The groups by id."""
        return dict(self.task_groups)

    @property
    def is_subdag(self) -> bool:
        """Whether it has become a group of another DAG."""
        return self.absorbed

    def add_tasks(self, tasks: Any) -> None:
        """Take several tasks."""
        for task in tasks:
            self.add_task(task)

    def set_dependency(self, upstream_task_id: str, downstream_task_id: str) -> None:
        """Make one task run after another."""
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def topological_sort(self, include_subdag_tasks: bool = False) -> tuple[Any, ...]:
        """Return the tasks, each after those before it."""
        del include_subdag_tasks
        from graphlib import TopologicalSorter

        order = TopologicalSorter({name: task.upstream_task_ids for name, task in self.task_dict.items()})
        return tuple(self.task_dict[name] for name in order.static_order())

    def following_schedule(self, dttm: dt.datetime) -> dt.datetime | None:
        """Return the date after *dttm* in the schedule."""
        from penstock.airflow.served.neighbours import neighbour

        return neighbour(self, dttm)[1]

    def previous_schedule(self, dttm: dt.datetime) -> dt.datetime | None:
        """Return the date before *dttm* in the schedule."""
        from penstock.airflow.served.neighbours import neighbour

        return neighbour(self, dttm)[0]

    def test(self, *args: Any, **options: Any) -> Any:
        """Run the DAG once, here and now; does nothing while an engine loads the file."""
        from penstock.airflow.served.script import run_once

        return run_once(self, *args, **options)

    def cli(self) -> None:
        """Say which commands there are instead; does nothing while an engine loads the file."""
        from penstock.airflow.served.script import say_commands

        say_commands(self)

    def run(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse: runs are made by an engine.

        Raises `DagFileError`.
        """
        del args, options
        refuse(f"dag.run() does not exist here: use `penstock trigger {self.dag_id}`")

    clear = run


_NUMBERS = frozenset({"max_active_runs", "max_active_tasks", "max_consecutive_failed_dag_runs", "fail_fast"})
"""Arguments for which None means that they are not said."""


def _catchup_by_default(old: bool) -> Any:
    from penstock.airflow.served.configuration import catchup_by_default

    configured = catchup_by_default()
    if configured is not None:
        return configured
    return True if old else "latest"


class DagFactory(ours.DagFactory):
    """A function under ``@dag``."""

    kind = DAG


@overload
def dag(dag_id: Callable[..., Any]) -> DagFactory: ...
@overload
def dag(dag_id: str = "", *words: Any, **options: Any) -> Callable[[Callable[..., Any]], DagFactory]: ...
def dag(dag_id: Any = "", *words: Any, **options: Any) -> Any:
    """Return a decorator that makes a `DAG` from a function; options are those of the class."""
    if callable(dag_id):
        return DagFactory(dag_id, options)
    if dag_id:
        options["dag_id"] = dag_id
    options.update(zip(("description", "schedule"), words, strict=False))
    return lambda function: DagFactory(function, options)
