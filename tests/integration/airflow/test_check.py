"""`penstock airflow check`, and what the command line says about DAGs of Airflow."""

from __future__ import annotations

import json

import pytest

from integration.airflow.conftest import Write
from penstock.cli.main import run
from penstock.settings import Settings

GOOD = """from airflow import DAG
from airflow.providers.slack.operators.slack import SlackAPIPostOperator
dag = DAG('good', schedule_interval='@daily', start_date='2024-01-01')
SlackAPIPostOperator(task_id='say', dag=dag)
"""


def test_a_folder_is_checked_file_by_file(
    write: Write, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    write(GOOD, "dags/good.py")
    write("from airflow import DAG\nimport nothing_like_it\n", "dags/deep/bad.py")
    write("x = 1\n", "dags/no_dag_at_all.py")
    code = run(["--home", str(settings.home), "airflow", "check", str(settings.dags_folder), "--json"])
    out = capsys.readouterr().out
    assert code == 1
    told = json.loads(out)
    assert (told["loads"], told["of"]) == (1, 2)
    good, bad = sorted(told["files"], key=lambda one: -one["loads"])
    assert (good["dialect"], good["dags"], good["errors"]) == ("2", ["good"], [])
    assert good["missing"] == [
        {
            "name": "airflow.providers.slack.operators.slack.SlackAPIPostOperator",
            "package": "apache-airflow-providers-slack",
        }
    ]
    assert bad["dags"] == []
    assert "nothing_like_it" in bad["errors"][0]["message"]


def test_the_table_names_what_is_missing(
    write: Write, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(GOOD)
    code = run(["--home", str(settings.home), "airflow", "check", str(path)])
    out, err = capsys.readouterr()
    assert code == 0
    assert "SlackAPIPostOperator" in out
    assert "1 of 1 file loads" in out
    assert "apache-airflow-providers-slack" in err


def test_parse_says_the_dialect_of_each_dag(
    write: Write, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["--home", str(settings.home), "parse", str(write(GOOD)), "--json"])
    out = capsys.readouterr().out
    assert code == 0
    dag = json.loads(out)["dags"]["good"]
    assert (dag["dialect"], dag["dialect_because"]) == ("2", "line 3: uses schedule_interval=")
    assert any("SlackAPIPostOperator" in warning for warning in dag["warnings"])
