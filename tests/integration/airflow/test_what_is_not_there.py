"""Packages that are not installed, and Airflow's own database: they load; a use says what is missing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integration.airflow.conftest import Load, Write, only
from penstock.settings import Settings
from penstock.testing.ran import run

USES = """
from datetime import datetime
from airflow import DAG, settings
from airflow.models import DagModel
from airflow.operators.python import PythonOperator
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.utils.session import provide_session

hook = S3Hook("aws")

@provide_session
def asks(session=None):
    return session.query(DagModel).all()

def works():
    {body}

with DAG("x", schedule=None, start_date=datetime(2024, 1, 1)):
    PythonOperator(task_id="t", python_callable=works, retries=3)
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return hook.list_keys('b')", "apache-airflow-providers-amazon"),
        ("return S3Hook('aws')", "apache-airflow-providers-amazon"),
        ("return [key for key in hook]", "apache-airflow-providers-amazon"),
        ("return 'yes' if hook else 'no'", "apache-airflow-providers-amazon"),
        ("return hook == 3", "apache-airflow-providers-amazon"),
        ("return f'{hook}'", "apache-airflow-providers-amazon"),
        ("hook.x = 3", "apache-airflow-providers-amazon"),
        ("return asks()", "Airflow's own database"),
        ("return settings.Session()", "Airflow's own database"),
        ("return DagModel.get_current('x')", "Airflow's own database"),
    ],
)
def test_a_use_fails_at_once_in_one_sentence(write: Write, settings: Settings, body: str, told: str) -> None:
    done = run(
        write(USES.format(body=body)), logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings
    )
    task = done.task("t")
    assert (task.state, task.try_number) == ("failed", 1)
    assert told in str(task.reason)


OPERATORS = """
from datetime import datetime
from airflow import DAG
from airflow.decorators import task
from airflow.operators.empty import EmptyOperator
from airflow.contrib.operators.bigquery_operator import BigQueryOperator
from airflow.providers.nobody.knows.operators.it import make_something
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator, OnFinishAction
from airflow.providers.snowflake.notifications.x import SomeError

class Mine(KubernetesPodOperator):
    def __init__(self, name, **more):
        super().__init__(task_id="pod_" + name, image="i", **more)

    def execute(self, context):
        return "green"

@task.kubernetes(image="i")
def inside():
    return 1

try:
    pass
except SomeError:
    pass

with DAG("x", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    first = EmptyOperator(task_id="first")
    query = BigQueryOperator(task_id="query", sql="select {{ ds }}", on_finish=OnFinishAction.DELETE)
    thing = make_something(task_id="thing", files=[query.output])
    first >> Mine(name="mine") >> inside()
"""


def test_what_is_given_a_task_id_is_a_task(load: Load, write: Write, settings: Settings) -> None:
    dag = only(load(OPERATORS))
    after = {task.task_id: task.upstream for task in dag.tasks}
    assert after == {
        "first": (),
        "query": (),
        "thing": ("query",),
        "pod_mine": ("first",),
        "inside": ("pod_mine",),
    }
    because = {task.task_id: task.cannot_run or "" for task in dag.tasks}
    assert "apache-airflow-providers-google" in because["query"]
    assert "apache-airflow-providers-nobody-knows" in because["thing"]
    assert "apache-airflow-providers-cncf-kubernetes" in because["pod_mine"]
    done = run(write(OPERATORS), logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)
    assert {done.states[name] for name in ("query", "pod_mine")} == {"failed"}


def test_an_option_that_is_not_set_raises(load: Load) -> None:
    text = """
        from airflow.configuration import conf
        from airflow import DAG
        assert conf.get("core", "dags_folder").endswith("dags")
        assert conf.get("nobody", "knows", fallback="x") == "x"
        assert not conf.has_option("nobody", "knows")
        {more}
        dag = DAG("x", schedule=None)
        """
    only(load(text.format(more="")))
    parsed = load(text.format(more='conf.get("smtp", "smtp_host")'))
    assert (parsed.errors[0].line, "[smtp] smtp_host" in parsed.errors[0].message) == (7, True)


def test_an_error_names_the_authors_line(load: Load) -> None:
    parsed = load("from airflow import DAG\n\ndag = DAG('x', schedule_interval=3)\n")
    assert parsed.errors[0].line == 3


def test_files_without_compat_do_not_load(write: Write, settings: Settings) -> None:
    from dataclasses import replace

    from penstock.loading.parse import parse_file_sync

    path = write("from airflow import DAG\ndag = DAG('x', schedule=None)\n")
    parsed = parse_file_sync(path, settings=replace(settings, airflow={"compat": False}))
    assert "No module named 'airflow'" in parsed.errors[0].message
    told = parse_file_sync(path, settings=replace(settings, airflow={"dialect": "3"}))
    assert (told.dialect, told.dialect_because) == ("3", "penstock.toml says so")
