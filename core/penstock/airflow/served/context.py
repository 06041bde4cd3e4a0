"""Keys of a task's context that Airflow has and ours does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from penstock.airflow.not_there import NotThere
from penstock.task_process import macros

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.task_process.moment import Moment

_DAY = timedelta(days=1)


def add_all(keys: dict[str, Any]) -> None:
    """Add to *keys* what both 2.x and 3.x have."""
    run = keys["dag_run"]
    keys.setdefault("test_mode", False)
    keys.setdefault("expanded_ti_count", None)
    run.external_trigger = run.run_type == "manual"
    run.partition_key = run.partition_date = run.note = None
    run.queued_at = run.run_after
    for name in ("task_state_store", "asset_state_store"):
        keys[name] = NotThere(
            name, f"{name} does not exist here: keep what must last in a Variable or a file"
        )


def add_old(keys: dict[str, Any], source: bytes) -> None:
    """Add to *keys* what 2.x has: a run's date under its old name, the dates around it, and `conf`.

    The dates before a run need its timetable, which costs time, so they are there if *source* names one.
    """
    from penstock.airflow.served.configuration import conf

    run, ti = keys["dag_run"], keys["ti"]
    date = run.logical_date
    keys["conf"] = conf
    keys["triggering_dataset_events"] = keys["triggering_asset_events"]
    run.execution_date = ti.execution_date = date
    if date is None:
        return
    by_hand = run.run_type == "manual"
    after = date if by_hand else run.data_interval_end
    before = date if by_hand or b"prev_" not in source else _previous(keys, date)
    keys |= {
        "execution_date": date,
        "next_execution_date": after,
        "prev_execution_date": before,
        "prev_execution_date_success": keys.get("prev_data_interval_start_success"),
        "END_DATE": macros.ds(date),
        "end_date": macros.ds(date),
        "latest_date": macros.ds(date),
        **_days("next", after),
        **_days("prev", before),
        **_days("yesterday", date - _DAY),
        **_days("tomorrow", date + _DAY),
    }


def _days(word: str, date: Moment | None) -> dict[str, str | None]:
    return {f"{word}_ds": macros.ds(date), f"{word}_ds_nodash": macros.ds_nodash(date)}


def _previous(keys: dict[str, Any], date: Moment) -> Moment | None:
    return neighbour(keys["dag"], date)[0]


def neighbour(dag: Any, date: datetime) -> tuple[Moment | None, Moment | None]:
    """Return the dates before and after *date* in the schedule of *dag*; None where there is none."""
    from penstock.authoring.schedule_spec import schedule_of
    from penstock.task_process.moment import Moment
    from penstock.timetable.schedule import timetable_of

    table = timetable_of(schedule_of(dag.schedule, dag.timezone_name or "UTC"))
    start = dag.start_date
    for back in (timedelta(days=2), timedelta(days=70), timedelta(days=800)):
        last = None
        for point in table.points_after(date - back, start=_aware(start)):
            if point.logical_date > date:
                if last is None:
                    break
                return Moment.of(last), Moment.of(point.logical_date)
            if point.logical_date < date:
                last = point.logical_date
    following = next((p.logical_date for p in table.points_after(date) if p.logical_date > date), None)
    return None, None if following is None else Moment.of(following)


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
