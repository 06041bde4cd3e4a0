"""Keys of a task's context that Airflow has and ours does not."""

from __future__ import annotations

from datetime import timedelta

from penstock.task_process import macros

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from penstock.task_process.moment import Moment

_DAY = timedelta(days=1)


def add_all(keys: dict[str, Any]) -> None:
    """Add to *keys* what both 2.x and 3.x have."""
    from penstock.airflow.served.running import grow

    run = keys["dag_run"]
    grow(keys)
    keys.setdefault("test_mode", False)
    keys.setdefault("expanded_ti_count", None)
    run.external_trigger = run.run_type == "manual"
    run.note = None
    run.partition_date = keys["partition_date"] = _partition_date(keys)
    run.queued_at = run.run_after
    keys["task_state_store"] = _Store("task_store", lambda: keys["ti"])
    keys["asset_state_store"] = _Store("asset_stores", lambda: keys["task"])


def _partition_date(keys: dict[str, Any]) -> Moment | None:
    """Return the date of the partition that a run of a schedule is about."""
    run, dag = keys["dag_run"], keys["dag"]
    said = getattr(dag.schedule, "partitions", None)
    date = run.logical_date
    if not said or date is None or run.run_type not in {"scheduled", "backfill"}:
        return None
    from penstock.authoring.schedule_spec import schedule_of
    from penstock.task_process.moment import Moment
    from penstock.timetable.partition import partition_of_date

    found = partition_of_date(schedule_of(dag.schedule, dag.timezone_name or "UTC"), date)
    if found is None:
        return None
    run.partition_key = keys["partition_key"] = run.partition_key or found[1]
    return Moment.of(found[0])


class _Store:
    """A state store that is made when it is first used: most tasks use none."""

    def __init__(self, kind: str, owner: Callable[[], Any]) -> None:
        self._kind = kind
        self._owner = owner

    def _made(self) -> Any:
        from penstock.airflow.served import state_stores

        return getattr(state_stores, self._kind)(self._owner())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._made(), name)

    def __getitem__(self, key: Any) -> Any:
        return self._made()[key]


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
    from penstock.airflow.served.neighbours import neighbour

    return neighbour(keys["dag"], date)[0]
