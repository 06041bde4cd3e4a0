"""What an executor is told about an attempt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from data.builders import dag, task
from data.live_runs import live_run
from penstock.attempts.protocol import AttemptSpec, attempt_path, dump
from penstock.model.spec import CommandSpec, DagSpec, ParamSpec
from penstock.model.states import TaskState
from penstock.scheduling.steps.launch import attempt_spec, run_params
from penstock.settings import Settings

S = TaskState
ATTEMPT = "0123456789ab-01234567"
ENVIRONMENT = {"PATH": "/bin", "LANG": "C.UTF-8"}


def settings(**fields: Any) -> Settings:
    return Settings(home=Path("/srv/penstock"), dags_folder=Path("/dags"), **fields)


def order(spec: DagSpec, task_id: str, states: dict[str, S] | None = None, **fields: Any) -> AttemptSpec:
    live = live_run(spec, states, conf='{"n": 2}')
    record = live.tasks[task_id]
    record.try_number = 3
    return attempt_spec(live, record, ATTEMPT, settings(**fields), ENVIRONMENT)


def test_a_command_is_started_as_it_stands() -> None:
    command = CommandSpec(argv=("/bin/bash", "-c", "true"), env={"MINE": "1", "LANG": "de"}, cwd="/tmp")
    found = order(dag("d", task("a", command=command, execution_timeout=5.0, stop_grace=2.0)), "a")
    assert found.argv == command.argv
    assert found.cwd == "/tmp"
    assert (found.time_limit, found.grace) == (5.0, 2.0)
    assert found.env["PATH"] == "/bin"
    assert (found.env["MINE"], found.env["LANG"]) == ("1", "de")
    assert found.context == {}
    assert found.xcom_sources == {}


def test_a_command_may_have_its_environment_to_itself() -> None:
    command = CommandSpec(argv=("true",), env={"MINE": "1"}, replace_env=True)
    found = order(dag("d", task("a", command=command)), "a").env
    assert found["MINE"] == "1"
    assert not found.keys() & ENVIRONMENT.keys()
    assert found["PENSTOCK_ATTEMPT"] == ATTEMPT, "by which strays are known"


def test_every_task_learns_who_it_is() -> None:
    found = order(dag("d", task("a", launch="python")), "a")
    assert {name: value for name, value in found.env.items() if name.startswith("PENSTOCK_")} == {
        "PENSTOCK_ATTEMPT": ATTEMPT,
        "PENSTOCK_CTX_DAG_ID": "d",
        "PENSTOCK_CTX_RUN_ID": "r1",
        "PENSTOCK_CTX_TASK_ID": "a",
        "PENSTOCK_CTX_TRY_NUMBER": "3",
        "PENSTOCK_CTX_LOGICAL_DATE": "2026-03-02T12:00:30+00:00",
    }


def test_a_python_task_gets_its_interpreter_its_source_and_its_context() -> None:
    params = {"n": ParamSpec(default=1), "m": ParamSpec(default="x"), "must": ParamSpec(required=True)}
    found = order(
        dag("d", task("a", launch="python", retries=4), params=params, timezone="Europe/Berlin"),
        "a",
    )
    folder = attempt_path(settings().attempts, ATTEMPT)
    assert found.argv[0] == sys.executable
    assert found.argv[-1] == str(folder)
    assert "-P" in found.argv, "no file in the working directory stands in for a module"
    context = found.context
    assert context["source"] == str(settings().versions / ("0" * 64 + ".py"))
    assert (context["try_number"], context["max_tries"]) == (3, 5)
    assert context["params"] == {"n": 2, "m": "x"}
    assert context["conf"] == {"n": 2}
    assert context["values"] == str(settings().values_file)
    assert not context.keys() & {"variables", "connections"}, "looked up when they are asked for"
    assert context["timezone"] == "Europe/Berlin"
    assert context["data_interval_end"] == "2026-03-02T13:00:30+00:00"
    assert context["first_poke_at"] is None


def test_a_runs_conf_goes_over_the_defaults() -> None:
    params = {"n": ParamSpec(default=1), "must": ParamSpec(required=True)}
    assert run_params(live_run(dag("d", task("a"), params=params))) == {"n": 1}
    live = live_run(dag("d", task("a"), params=params), conf='{"must": 0, "more": [1]}')
    assert run_params(live) == {"n": 1, "must": 0, "more": [1]}


@pytest.mark.parametrize(
    ("state", "offered"), [(S.SUCCESS, True), (S.FAILED, True), (S.SKIPPED, True), (S.RUNNING, False)]
)
def test_xcoms_are_offered_of_tasks_that_have_ended(state: TaskState, offered: bool) -> None:
    spec = dag("d", task("up"), task("side"), task("a", "up", launch="python"))
    found = order(spec, "a", {"up": state, "side": S.SUCCESS})
    assert ("up" in found.xcom_sources) is offered
    assert "side" in found.xcom_sources


def test_a_large_run_hands_only_what_lies_upstream() -> None:
    others = [task(f"t{number}") for number in range(250)]
    spec = dag("d", *others, task("a", "t7", launch="python"))
    found = order(spec, "a", {each.task_id: S.SUCCESS for each in others})
    assert set(found.xcom_sources) == {"t7"}


def test_an_order_names_what_is_passed_on_and_holds_no_secret() -> None:
    connections = {"plain": "postgres://user:secret-word@host/db"}
    for launch in ({"launch": "python"}, {"command": CommandSpec(argv=("true",))}):
        found = order(dag("d", task("a", **launch)), "a", connections=connections)
        assert b"secret-word" not in dump(found)
        assert found.passed
    alone = CommandSpec(argv=("true",), replace_env=True)
    assert not order(dag("d", task("a", command=alone)), "a").passed
