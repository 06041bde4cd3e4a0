"""Arguments of Airflow: every one that its operators and DAGs take is taken here, and means the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integration.airflow.conftest import Load, only

SURFACE: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "golden" / "airflow" / "surface.json").read_text()
)

EVERY_KEYWORD = """
import json, importlib
from airflow import DAG
from penstock.airflow.served import dag as served
from penstock.airflow.speech import _RENAMED, _WITHOUT_MEANING
from penstock.authoring import dag as ours
from penstock.authoring.abstract_operator import own_arguments
from penstock.authoring.arguments import CHECKS, IGNORED, LATER

surface = json.loads({surface!r})
everywhere = {{*CHECKS, *IGNORED, *LATER, *_RENAMED, *_WITHOUT_MEANING, "task_id", "dag", "task_group",
               "default_args", "start_date", "end_date"}}
gaps = [name for name in surface["task"] if name not in everywhere]
for path, names in surface["operators"].items():
    module, _, name = path.rpartition(".")
    kind = getattr(importlib.import_module("airflow.providers.standard." + module), name)
    if not kind.takes_anything:
        gaps += [f"{{path}}.{{one}}" for one in names if one not in everywhere | own_arguments(kind).keys()]
dag_words = {{*DAG.__init__.__code__.co_varnames, *ours.DAG.__init__.__code__.co_varnames, *ours._IGNORED,
             *served._IGNORED, *served._RENAMED}}
gaps += [f"DAG.{{name}}" for name in surface["dag"] if name not in dag_words]
DAG("x", schedule=None, description=json.dumps(gaps))
dag = DAG("gaps", schedule=None, description=json.dumps(gaps))
"""


def test_every_keyword_of_the_standard_operators_is_known(load: Load) -> None:
    dag = only(load(EVERY_KEYWORD.format(surface=json.dumps(SURFACE))))
    assert json.loads(dag.description or "") == []


OLD = """
from datetime import date, datetime, timedelta
from airflow import DAG
from airflow.models import Variable
from airflow.operators.bash import BashOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
dag = DAG("x", "about it", timedelta(hours=6), {dag}, start_date={start})
t = BashOperator(task_id="t", bash_command="true", dag=dag, {task})
"""


@pytest.mark.parametrize(
    ("dag", "field", "value"),
    [
        ("concurrency=3", "max_active_tasks", 3),
        ("fail_stop=True", "fail_fast", True),
        ("orientation='TB', default_view='grid', full_filepath='x'", "dialect", "2"),
        ("sla_miss_callback=print", "dialect", "2"),
        ("catchup=False, default_view='tree'", "catchup", "latest"),
        ("default_args={'provide_context': True, 'retries': 2, 'params': {'a': 1}}", "dialect", "2"),
        ("max_active_runs=None, concurrency=2", "max_active_runs", 16),
        ("end_date='2026-02-01', concurrency=2", "end_date", datetime(2026, 2, 1, tzinfo=UTC)),
        ("access_control={'role': {'can_read'}}, concurrency=1", "dialect", "2"),
    ],
)
def test_arguments_of_a_dag(load: Load, dag: str, field: str, value: Any) -> None:
    found = only(load(OLD.format(dag=dag, task="", start="datetime(2024, 1, 1)")))
    assert getattr(found, field) == value
    assert (found.schedule.kind, found.schedule.seconds, found.description) == (
        "delta_interval",
        21600.0,
        "about it",
    )


@pytest.mark.parametrize(
    "start", ["'2024-01-01'", "'Jan 1 2024'", "date(2024, 1, 1)", "'2024-01-01T00:00:00Z'"]
)
def test_dates_in_the_forms_that_airflow_takes(load: Load, start: str) -> None:
    found = only(load(OLD.format(dag="concurrency=1", task="", start=start)))
    assert found.start_date == datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("task", "field", "value"),
    [
        ("task_concurrency=2", "max_active_tis_per_dag", 2),
        ("depends_on_past=1", "depends_on_past", True),
        ("wait_for_downstream='True'", "wait_for_downstream", True),
        ("trigger_rule='dummy'", "trigger_rule", "always"),
        ("retries=None", "retries", 0),
        ("retry_delay=30", "retry_delay", 30.0),
        ("pool=None, queue='q', executor_config={'a': 1}", "pool", "default_pool"),
        ("sla=timedelta(hours=1), run_as_user='x'", "task_id", "t"),
        ("email='a@b.c', email_on_failure=True", "task_id", "t"),
        ("weight_rule='upstream'", "weight_rule", "upstream"),
        ("owner=3", "owner", "3"),
    ],
)
def test_arguments_of_a_task(load: Load, task: str, field: str, value: Any) -> None:
    found = only(load(OLD.format(dag="concurrency=1", task=task, start="datetime(2024, 1, 1)")))
    assert getattr(found.tasks[0], field) == value


def test_an_unknown_keyword_stays_refused(load: Load) -> None:
    parsed = load(OLD.format(dag="concurrency=1", task="bash_comand='x'", start="datetime(2024, 1, 1)"))
    assert (parsed.errors[0].line, "bash_comand" in parsed.errors[0].message) == (8, True)


def test_a_start_date_of_tasks_is_the_dags(load: Load) -> None:
    found = only(load(OLD.format(dag="concurrency=1", task="start_date=datetime(2024, 3, 1)", start="None")))
    assert found.start_date == datetime(2024, 3, 1, tzinfo=UTC)


NEW = """
from datetime import timedelta
from airflow.sdk import DAG, Asset, AssetWatcher, ExceptionRetryPolicy, RetryAction, RetryRule, task
from airflow.providers.standard.operators.bash import BashOperator
watched = Asset("w", watchers=[AssetWatcher("eye", trigger=object())], access_control=object())
with DAG("x", schedule={schedule}, fail_fast=True) as dag:
    BashOperator(task_id="t", bash_command="true", retry_policy=ExceptionRetryPolicy(
        rules=[RetryRule(exception="ValueError", action=RetryAction.FAIL)]))
"""


@pytest.mark.parametrize(
    ("schedule", "kind"),
    [("'@daily'", "cron"), ("timedelta(days=1)", "delta"), ("None", "none"), ("[watched]", "none")],
)
def test_words_of_3(load: Load, schedule: str, kind: str) -> None:
    found = only(load(NEW.format(schedule=schedule)))
    assert (found.dialect, found.schedule.kind, found.fail_fast) == ("3", kind, True)
    assert (found.catchup, found.catchup_unsaid) == ("latest", False)
    assert any("'eye' watches nothing" in warning for warning in found.warnings)


def test_a_priority_by_an_authors_class_is_asked_or_refused(load: Load) -> None:
    text = """
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from airflow.task.priority_strategy import PriorityWeightStrategy

        class Mine(PriorityWeightStrategy):
            def get_weight(self, ti):
                {answer}

        with DAG("x", schedule=None):
            EmptyOperator(task_id="t", weight_rule=Mine(), priority_weight=2)
        """
    task = only(load(text.format(answer="return 10 * ti.priority_weight - ti.try_number"))).tasks[0]
    assert (task.weight_rule, task.priority_weight) == ("absolute", 19)
    refused = load(text.format(answer="raise KeyError('weights')"))
    assert "Mine" in refused.errors[0].message
