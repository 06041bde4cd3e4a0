"""Operators that choose among the tasks after them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from penstock.authoring.operator import Operator
from penstock.authoring.place import refuse
from penstock.operators.branching import follow, ruled_out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context


class SkipMixin:
    """What lets an operator of an author's skip tasks after it."""

    def skip(self, *args: Any, **named: Any) -> None:
        """Skip *tasks*: the last list among the arguments, or the argument of that name."""
        tasks = named.get("tasks") or next((one for one in reversed(args) if isinstance(one, Iterable)), ())
        _context()["ti"].rule_out([task.task_id for task in tasks])

    def skip_all_except(self, ti: Any, branch_task_ids: Any) -> None:
        """Skip every task directly after this one that *branch_task_ids* leaves out."""
        ti.rule_out(ruled_out(ti.task, branch_task_ids))


class BranchMixIn(SkipMixin):
    """The same, for operators that branch."""

    def do_branch(self, context: Context, branches_to_execute: Any) -> Any:
        """Go on with *branches_to_execute* alone; return what the task returns."""
        return follow(context["task"], branches_to_execute, context)


class BranchOperator(Operator, BranchMixIn):
    """The base of operators that branch: a subclass writes ``choose_branch``."""

    def choose_branch(self, context: Context) -> Any:
        """Return the ids to go on with; raise NotImplementedError if the subclass says nothing."""
        raise NotImplementedError(f"{type(self).__name__} has no choose_branch()")

    def execute(self, context: Context) -> Any:
        """Choose."""
        return self.do_branch(context, self.choose_branch(context))


class BranchDateTimeOperator(BranchOperator):
    """Goes on with one of two lists of tasks: whether now, or the run's date, is within two limits."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Any,
        follow_task_ids_if_false: Any,
        target_lower: dt.datetime | dt.time | None,
        target_upper: dt.datetime | dt.time | None,
        use_task_logical_date: bool = False,
        use_task_execution_date: bool = False,
        task_id: str,
        **task: Any,
    ) -> None:
        super().__init__(task_id=task_id, **task)
        if target_lower is None and target_upper is None:
            refuse("BranchDateTimeOperator needs target_lower, target_upper, or both")
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context: Context) -> Any:
        """Compare the date with the limits; two times of day may lie around midnight."""
        now = _now(context, self.use_task_logical_date)
        lower, upper = _limits(now, self.target_lower, self.target_upper)
        if upper is not None and upper < now:
            return self.follow_task_ids_if_false
        if lower is not None and lower > now:
            return self.follow_task_ids_if_false
        return self.follow_task_ids_if_true


class BranchDayOfWeekOperator(BranchOperator):
    """Goes on with one of two lists of tasks: whether today, or the run's date, is such a day."""

    def __init__(
        self,
        *,
        follow_task_ids_if_true: Any,
        follow_task_ids_if_false: Any,
        week_day: Any,
        use_task_logical_date: bool = False,
        use_task_execution_day: bool = False,
        task_id: str,
        **task: Any,
    ) -> None:
        super().__init__(task_id=task_id, **task)
        from penstock.airflow.served.weekdays import WeekDay

        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._days = WeekDay.validate_week_day(week_day)

    def choose_branch(self, context: Context) -> Any:
        """Look at the day."""
        today = _now(context, self.use_task_logical_date).isoweekday()
        return self.follow_task_ids_if_true if today in self._days else self.follow_task_ids_if_false


def _now(context: Context, by_run: bool) -> dt.datetime:
    if by_run:
        date: dt.datetime = context.get("logical_date") or context["dag_run"].run_after
        return date
    return dt.datetime.now(dt.UTC)


def _limits(
    now: dt.datetime, lower: dt.datetime | dt.time | None, upper: dt.datetime | dt.time | None
) -> tuple[dt.datetime | None, dt.datetime | None]:
    found = [_moment(now, one) for one in (lower, upper)]
    both_times = isinstance(lower, dt.time) and isinstance(upper, dt.time)
    if both_times and found[0] is not None and found[1] is not None and found[1] < found[0]:
        found[1] += dt.timedelta(days=1)
    return found[0], found[1]


def _moment(now: dt.datetime, limit: dt.datetime | dt.time | None) -> dt.datetime | None:
    if isinstance(limit, dt.time):
        limit = dt.datetime.combine(now.date(), limit)
    if limit is not None and limit.tzinfo is None:
        limit = limit.replace(tzinfo=dt.UTC)
    return limit


def _context() -> Context:
    from penstock.task_process.context_keys import get_current_context

    return get_current_context()
