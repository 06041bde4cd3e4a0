"""Notifiers: what is rendered, what reaches the spec, and what is refused at load."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from drive.tasks import FACTS
from penstock import (
    DAG,
    BellNotifier,
    DeadlineAlert,
    DeadlineReference,
    EmptyOperator,
    Notifier,
)
from penstock.authoring.context import Context
from penstock.errors import DagFileError
from penstock.loading.serialize import to_spec
from penstock.model.spec import DeadlineSpec
from penstock.task_process.context_keys import build_context
from penstock.task_process.task_instance import TaskInstance, XComStore


@pytest.fixture
def context() -> Context:
    with DAG("etl", schedule=None, params={"who": "ops"}) as dag:
        task = EmptyOperator(task_id="load")
    ti = TaskInstance(task, dag_id="etl", run_id="r1", xcoms=XComStore(None, {}))
    ti.state = "failed"
    made = build_context(dag, task, ti, {**FACTS, "dag_id": "etl", "task_id": "load", "run_id": "r1"})
    made["reason"] = "exit 1"
    return made


def test_a_bell(context: Context) -> None:
    BellNotifier()(context)
    BellNotifier("{{ dag.dag_id }}\n again")(context)
    assert context["ti"].xcom_pull(key="bell") == ["etl r1: load is failed: exit 1", "etl again"]


def test_one_of_your_own_is_rendered_anew_each_time(context: Context) -> None:
    said: list[str] = []

    class Mine(Notifier):
        template_fields = ("text",)

        def __init__(self, text: str) -> None:
            self.text = text

        def notify(self, context: Context) -> None:
            said.append(self.text)

    mine = Mine("{{ reason }}")
    mine(context)
    context["reason"] = "again"
    mine(context)
    assert said == ["exit 1", "again"]
    assert mine.text == "{{ reason }}"


def test_a_template_that_fails_is_an_error(context: Context) -> None:
    with pytest.raises(Exception, match="no_such_name"):
        BellNotifier("{{ no_such_name }}")(context)


def test_specs_name_what_is_wanted() -> None:
    ring = BellNotifier()
    with DAG(
        "told", schedule=None, on_success_callback=print, on_failure_callback=[print, ring],
        default_args={"on_failure_callback": ring}, max_consecutive_failed_dag_runs=3,
        deadline=[
            DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(minutes=5), ring, name="five"),
            DeadlineAlert(
                DeadlineReference.FIXED_DATETIME(datetime(2026, 1, 1, tzinfo=UTC)), 60, callback=[print]
            ),
        ],
    ) as dag:  # fmt: skip
        EmptyOperator(task_id="a")
        EmptyOperator(
            task_id="b", on_failure_callback=None, on_retry_callback=[ring], on_execute_callback=print
        )
    spec = to_spec(dag, "f.py")
    assert spec.callbacks == ("success", "failure")
    assert spec.max_consecutive_failed_runs == 3
    assert [task.callbacks for task in spec.tasks] == [("failure",), ("execute", "retry")]
    assert spec.deadlines == (
        DeadlineSpec(reference="queued", seconds=300.0, name="five"),
        DeadlineSpec(reference="fixed", seconds=60.0, at=datetime(2026, 1, 1, tzinfo=UTC)),
    )
    json.dumps(spec.callbacks)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("DAG('d', on_failure_callback=3)", "on_failure_callback must be something that can be called"),
        ("DAG('d', on_success_callback=[print, 'x'])", "not 'x'"),
        ("DAG('d', deadline=60)", "must be a DeadlineAlert"),
        ("DeadlineAlert('queued', 60, print)", "must count from a DeadlineReference"),
        ("DeadlineAlert(DeadlineReference.RUN_DUE, -1, print)", "0 or more"),
        ("DeadlineAlert(DeadlineReference.RUN_DUE, 60, None)", "needs a callback"),
        ("DeadlineReference.FIXED_DATETIME('2026')", "takes a datetime"),
        ("DAG('d', max_consecutive_failed_dag_runs=-1)", "0 or more"),
    ],
)
def test_refusals(line: str, message: str) -> None:
    names = {"DAG": DAG, "DeadlineAlert": DeadlineAlert, "DeadlineReference": DeadlineReference}
    with pytest.raises(DagFileError, match=message):
        eval(line, names)
