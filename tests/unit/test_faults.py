"""The wall in front of the store: a spec with a fault is refused as data, whoever made it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from penstock.errors import DagFileError
from penstock.loading.sound import refuse_unsound, settled
from penstock.model.assets import AssetCondition, AssetSpec
from penstock.model.faults import faults
from penstock.model.plain import not_plain
from penstock.model.spec import (
    CommandSpec,
    DagSpec,
    DeadlineSpec,
    ExpandSpec,
    GroupSpec,
    MapInput,
    ParamSpec,
    PoolSpec,
    ScheduleSpec,
    SensorSpec,
    TaskSpec,
)

A = TaskSpec(task_id="a", operator="EmptyOperator", launch="empty", line=3)
B = TaskSpec(task_id="b", operator="EmptyOperator", launch="empty", upstream=("a",), line=4)
SOUND = DagSpec(
    dag_id="d",
    file="/dags/d.py",
    line=2,
    tasks=(A, B),
    schedule=ScheduleSpec(kind="cron", crons=("0 0 * * *",), text="0 0 * * *"),
    params={"x": ParamSpec(default={"y": [1, 2.5, None, "é"]})},
    pools=(PoolSpec(name="p", slots=0),),
    groups=(GroupSpec(group_id="g"), GroupSpec(group_id="g.h", parent="g")),
    labels=(("a", "b", "yes"),),
)
NAN, INF = float("nan"), float("inf")
XCOM = ExpandSpec(kind="product", inputs={"x": MapInput(kind="xcom", task_id="a")})


def with_task(**changes: Any) -> DagSpec:
    """Return a DAG whose task b has *changes*."""
    return msgspec.structs.replace(SOUND, labels=(), tasks=(A, msgspec.structs.replace(B, **changes)))


def with_dag(**changes: Any) -> DagSpec:
    """Return a DAG with *changes*."""
    return msgspec.structs.replace(SOUND, **changes)


def command(**changes: Any) -> DagSpec:
    """Return a DAG whose task b is a command."""
    made = CommandSpec(**{"argv": ("bash", "-c", "x"), **changes})
    return with_task(launch="command", command=made)


BAD_TASKS: list[tuple[DagSpec, str]] = [
    (with_task(task_id="b c"), "task_id 'b c' is not allowed"),
    (with_task(task_id="a"), "the id 'a' is defined twice"),
    (with_task(task_id="g"), "the id 'g' is defined twice"),
    (with_task(upstream=("nobody",)), "depends on 'nobody', which is not in the DAG"),
    (with_task(upstream=("b",)), "cycle: b -> b"),
    (with_task(upstream=("a", "a")), "the parent 'a' is defined twice"),
    (with_task(group="nowhere"), "in group 'nowhere', which is not in the DAG"),
    (
        with_task(trigger_rule="none_failed_or_skipped"),
        "trigger_rule 'none_failed_or_skipped' does not exist",
    ),
    (with_task(retries=-1), "retries must be a whole number from 0"),
    (with_task(retries=2**40), "retries must be a whole number from 0"),
    (with_task(retry_delay=-1.0), "retry_delay must be 0 s to 100 years"),
    (with_task(retry_delay=1e18), "retry_delay must be 0 s to 100 years"),
    (with_task(max_retry_delay=-0.1), "max_retry_delay must be"),
    (with_task(execution_timeout=-1.0), "execution_timeout must be"),
    (with_task(stop_grace=-1.0), "stop_grace must be"),
    (with_task(retry_exponential_backoff=-2.0), "retry_exponential_backoff must be 0 or more"),
    (with_task(pool=""), "pool is empty"),
    (with_task(pool_slots=0), "pool_slots must be a whole number from 1"),
    (with_task(priority_weight=2**40), "priority_weight must be within"),
    (with_task(max_active_tis_per_dag=0), "max_active_tis_per_dag must be"),
    (with_task(max_active_tis_per_dagrun=-1), "max_active_tis_per_dagrun must be"),
    (with_task(skip_on_exit_code=(256,)), "exit codes from 0 to 255"),
    (with_task(callbacks=("sometimes",)), "callbacks of tasks must be among"),
    (with_task(secrets={"A": "plain"}), "is not a reference to a secret"),
    (with_task(secrets={"A B": "env:X"}), "is not an environment name"),
    (with_task(outlets=(AssetSpec(name=""),)), "it needs a name"),
    (with_task(is_setup=True, is_teardown=True), "a setup and a teardown"),
    (with_task(launch="command"), "there is no command"),
    (with_task(command=CommandSpec(argv=("x",))), "there is a command"),
    (command(argv=()), "its command is empty"),
    (command(argv=("",)), "its command is empty"),
    (command(argv=("bash", "-c", "a\0b")), "NUL character"),
    (command(env={"A": "\0"}), "NUL character"),
    (command(cwd="/\0"), "NUL character"),
    (command(env={"A=B": "x"}), "not an environment name"),
    (command(env={"": "x"}), "not an environment name"),
    (with_task(sensor=SensorSpec(poke_interval=-1.0)), "poke_interval must be"),
    (with_task(sensor=SensorSpec(timeout=1e18)), "timeout must be"),
    (with_task(sensor=SensorSpec(max_wait=-1.0)), "max_wait must be"),
    (with_task(expand=XCOM, upstream=()), "mapped over a, but does not wait for it"),
    (with_task(expand=ExpandSpec(kind="product", inputs={})), "mapped over nothing"),
    (
        with_task(expand=ExpandSpec(kind="rows", inputs={"x": MapInput(kind="xcom", task_id="z")})),
        "mapped over z, which is not in the DAG",
    ),
    (
        with_task(expand=ExpandSpec(kind="product", inputs={"x": MapInput(kind="literal", length=-1)})),
        "-1 items",
    ),
    (
        with_task(expand=ExpandSpec(kind="product", inputs={"x": MapInput(kind="literal", length=10**6)})),
        "more than the 10,000 allowed",
    ),
    (with_task(expand=ExpandSpec(kind="product", inputs={"x": MapInput(kind="zip")})), "a zip of nothing"),
]
BAD_DAGS: list[tuple[DagSpec, str]] = [
    (with_dag(dag_id="../d"), "dag_id '../d' is not allowed"),
    (with_dag(max_active_runs=0), "max_active_runs must be a whole number from 1"),
    (with_dag(max_active_tasks=-1), "max_active_tasks must be"),
    (with_dag(max_consecutive_failed_runs=-1), "max_consecutive_failed_runs must be"),
    (with_dag(dagrun_timeout=-1.0), "dagrun_timeout must be"),
    (with_dag(tags=("x" * 101,)), "a tag must have 1 to 100 characters"),
    (with_dag(tags=(" ",)), "a tag must have 1 to 100 characters"),
    (with_dag(callbacks=("retry",)), "callbacks of runs must be among"),
    (with_dag(start_date=datetime(2026, 1, 1)), "must have a time zone"),
    (with_dag(deadlines=(DeadlineSpec(reference="due", seconds=-1.0),)), "a deadline must be 0 s"),
    (with_dag(deadlines=(DeadlineSpec(reference="fixed", seconds=1.0),)), "a fixed deadline needs a time"),
    (with_dag(labels=(("a", "z", "x"),)), "which are not both tasks"),
    (with_dag(pools=(PoolSpec(name="a b", slots=1),)), "pool 'a b' is not allowed"),
    (with_dag(pools=(PoolSpec(name="p", slots=-1),)), "slots of pool 'p' must be"),
    (with_dag(groups=(GroupSpec(group_id="g", parent="x"),)), "in group 'x', which is not in the DAG"),
    (
        with_dag(groups=(GroupSpec(group_id="g", parent="h"), GroupSpec(group_id="h", parent="g"))),
        "is inside itself",
    ),
    (with_dag(groups=(GroupSpec(group_id="g", expand=ExpandSpec(kind="rows", inputs={})),)), "over nothing"),
    (with_dag(params={"x": ParamSpec(required=True)}), "has no default, but the DAG has a schedule"),
    (with_dag(params={"x": ParamSpec(default=2**70)}), "a number of 71 bits"),
    (with_dag(schedule=ScheduleSpec(kind="cron", crons=("nonsense",))), "nonsense"),
    (with_dag(schedule=ScheduleSpec(kind="cron", crons=("0 0 * * *",), timezone="Mars/Base")), "Mars/Base"),
    (with_dag(schedule=ScheduleSpec(kind="delta", seconds=0.001)), "must be 1 s to 100 years"),
    (with_dag(schedule=ScheduleSpec(kind="delta", seconds=-60.0)), "must be 1 s to 100 years"),
    (with_dag(schedule=ScheduleSpec(kind="delta", seconds=1e18)), "must be 1 s to 100 years"),
    (with_dag(schedule=ScheduleSpec(kind="delta", relative={"year": 99999})), "DAG 'd'"),
    (with_dag(schedule=ScheduleSpec(kind="delta", relative={"fortnights": 1})), "is not valid"),
    (with_dag(schedule=ScheduleSpec(assets=AssetCondition(kind="any"))), "waits for no asset"),
    (with_dag(schedule=ScheduleSpec(assets=AssetCondition(kind="asset"))), "an asset without a name"),
]


def test_a_sound_spec_passes() -> None:
    assert list(faults(SOUND)) == []
    refuse_unsound(SOUND)
    assert settled(SOUND) == SOUND


@pytest.mark.parametrize(("spec", "message"), BAD_TASKS)
def test_a_fault_of_a_task_is_told_with_its_line(spec: DagSpec, message: str) -> None:
    with pytest.raises(DagFileError) as error:
        refuse_unsound(spec)
    assert message in error.value.message
    assert error.value.line in (2, 4)
    assert error.value.file == "/dags/d.py"


@pytest.mark.parametrize(("spec", "message"), BAD_DAGS)
def test_a_fault_of_a_dag_is_told_with_its_line(spec: DagSpec, message: str) -> None:
    with pytest.raises(DagFileError) as error:
        refuse_unsound(spec)
    assert message in error.value.message
    assert error.value.line == 2


@pytest.mark.parametrize(
    ("spec", "message", "line"),
    [
        (with_task(retries=None), "task 'b': retries must be int, not null", 4),
        (with_task(pool_slots="many"), "task 'b': pool_slots must be int, not str", 4),
        (with_task(retry_delay=NAN), "task 'b': retry_delay must be float, not null", 4),
        (with_task(sensor=SensorSpec(timeout=INF)), "task 'b': sensor.timeout must be float, not null", 4),
        (with_task(weight_rule="up"), "task 'b': weight_rule Invalid enum value 'up'", 4),
        (with_task(doc="\ud83d"), "has half a character (U+D83D)", 2),
        (with_dag(max_active_runs=None), "DAG 'd': max_active_runs must be int, not null", 2),
        (with_dag(catchup="sometimes"), "catchup Invalid enum value 'sometimes'", 2),
        (with_dag(params={"x": ParamSpec(default={(1, 2): 3})}), "cannot be encoded", 2),
        (with_dag(tags=(object(),)), "cannot be encoded", 2),
    ],
)
def test_what_json_cannot_hold_is_told_by_its_field(spec: DagSpec, message: str, line: int) -> None:
    with pytest.raises(DagFileError) as error:
        settled(spec)
    assert message in error.value.message
    assert error.value.line == line


@pytest.mark.parametrize(
    "start", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC), datetime.now(UTC)]
)
@pytest.mark.parametrize("catchup", ["all", "latest", "none"])
@pytest.mark.parametrize(
    "schedule",
    [
        ScheduleSpec(kind="cron", crons=("*/5 * * * *",)),
        ScheduleSpec(kind="cron_interval", crons=("0 0 29 2 *",)),
        ScheduleSpec(kind="delta", seconds=1.0),
        ScheduleSpec(kind="delta_interval", seconds=3e9),
        ScheduleSpec(kind="delta", relative={"months": 1}),
        ScheduleSpec(kind="once"),
        ScheduleSpec(kind="continuous"),
    ],
)
def test_dates_at_the_ends_of_the_calendar_are_decided_or_refused(
    start: datetime, catchup: str, schedule: ScheduleSpec
) -> None:
    spec = with_dag(start_date=start, catchup=catchup, schedule=schedule, params={})
    with suppress(DagFileError):
        refuse_unsound(spec)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, None),
        ((1, "x", [True, {"a": 2.5}]), None),
        (2**64 - 1, None),
        (2**64, "has a number of 65 bits; write it as a string"),
        (INF, "has inf, which is not a number in JSON"),
        ([1, NAN], "has nan, which is not a number in JSON (at [1])"),
        ({"a": {"b": b"x"}}, "has a bytes, which is not JSON (at ['a']['b'])"),
        ({1: 2}, "has the key 1, but keys must be strings"),
        ({"a": {True: 1}}, "has the key True, but keys must be strings (at ['a'])"),
        ("\udcff", "has half a character (U+DCFF), which cannot be encoded"),
        ({"\ud800": 1}, "has half a character (U+D800), which cannot be encoded"),
        ({1, 2}, "has a set, which is not JSON"),
        (datetime(1, 1, 1), "has a datetime, which is not JSON"),
    ],
)
def test_what_is_plain(value: Any, problem: str | None) -> None:
    assert not_plain(value) == problem
