"""Our words and those of the API: only words that clients know leave, and filters take the same way back."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from penstock.http import words
from penstock.http.answers.dags import Dag, DagDetails, Task
from penstock.http.answers.runs import DagRun
from penstock.http.answers.task_instances import TaskInstance, Try
from penstock.http.paging import matches
from penstock.http.stable import stable_number, stable_uuid
from penstock.model.search import StateTerm
from penstock.model.states import RunState, RunType, TaskState
from penstock.model.xcom_values import plain


@pytest.mark.parametrize(
    ("state", "launched", "word"),
    [
        (TaskState.PENDING, False, None),
        (TaskState.STOPPING, True, "running"),
        (TaskState.RESTARTING, True, "restarting"),
        (TaskState.CANCELLED, True, "failed"),
        (TaskState.CANCELLED, False, "skipped"),
        (TaskState.UP_FOR_RESCHEDULE, True, "up_for_reschedule"),
        (TaskState.REMOVED, False, "removed"),
    ],
)
def test_a_task_instance_is_told_in_known_words(state: TaskState, launched: bool, word: str | None) -> None:
    assert words.task_word(state, launched=launched) == word


def test_every_state_has_a_known_word() -> None:
    told = {words.task_word(state, launched=launched) for state in TaskState for launched in (True, False)}
    assert told <= {None, *words.TASK_WORDS}
    assert {words.run_word(state) for state in RunState} == set(words.RUN_WORDS)
    assert {kind.value for kind in RunType} <= set(words.RUN_TYPE_WORDS)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["running"], {("running", None), ("stopping", None)}),
        (["failed"], {("failed", None), ("cancelled", True)}),
        (["skipped"], {("skipped", None), ("cancelled", False)}),
        (["failed", "skipped"], {("failed", None), ("skipped", None), ("cancelled", None)}),
        (["none"], {("pending", None)}),
        (["no_status"], {("pending", None)}),
        ([None], {("pending", None)}),
        (["awaiting_input"], set()),
    ],
)
def test_a_filter_takes_the_same_way_back(
    asked: list[str | None], found: set[tuple[str, bool | None]]
) -> None:
    terms: tuple[StateTerm, ...] = words.task_terms(asked)
    assert {(term.state.value, term.launched) for term in terms} == found


def test_a_cancelled_run_has_failed_and_is_found_as_such() -> None:
    assert words.run_states(["failed"]) == (RunState.FAILED, RunState.CANCELLED)
    assert words.run_types(["manual", "operator_triggered"]) == (RunType.MANUAL,)


@pytest.mark.parametrize(
    ("kind", "by", "word"),
    [
        ("scheduled", "engine", "timetable"),
        ("backfill", "backfill 3", "backfill"),
        ("asset_triggered", "engine", "asset"),
        ("manual", "ann@pts/3", "cli"),
        ("manual", "task etl.start", "operator"),
        ("manual", "laptop", "rest_api"),
        ("manual", None, None),
    ],
)
def test_who_triggered_a_run(kind: str, by: str | None, word: str | None) -> None:
    assert words.triggered_by(RunType(kind), by) == word


def test_every_field_of_the_reference_is_there() -> None:
    kinds = (Dag, DagRun, TaskInstance, Try, Task)
    assert [len(kind.__struct_fields__) for kind in kinds] == [30, 22, 34, 26, 27]
    assert set(Dag.__struct_fields__) < set(DagDetails.__struct_fields__)
    optional = [field.name for kind in kinds for field in msgspec.structs.fields(kind) if not field.required]
    assert optional == [], "a field with a default is easily left out"


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("d_ily", ["daily"]),
        ("e%", ["etl", "report"]),
        ("ETL", ["etl"]),
        ("etl|daily", ["daily", "etl"]),
        ("e*", []),
        ("~", ["daily", "etl", "report"]),
        ("%", ["daily", "etl", "report"]),
    ],
)
def test_patterns_are_substrings_with_wildcards(pattern: str, fits: list[str]) -> None:
    assert [name for name in ("daily", "etl", "report") if matches(pattern, name)] == fits


def test_numbers_and_uuids_stay_the_same() -> None:
    assert (
        stable_number("asset", "a", "b")
        == stable_number("asset", "a", "b")
        != stable_number("asset", "ab", "")
    )
    assert 0 < stable_number("x") < 1 << 48
    assert (
        stable_uuid("instance", "a", 1) == stable_uuid("instance", "a", 1) != stable_uuid("instance", "a", 2)
    )


def test_pushed_values_are_plain_json() -> None:
    moment = {
        "__classname__": "datetime.datetime",
        "__version__": 2,
        "__data__": {"iso": "2026-01-02", "tz": None},
    }
    pair = {"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, moment]}
    assert plain({"a": pair, "b": [None, 2.5]}) == {"a": [1, "2026-01-02"], "b": [None, 2.5]}
    assert datetime.fromisoformat(plain(moment)).year == 2026
