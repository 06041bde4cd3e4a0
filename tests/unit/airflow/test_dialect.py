"""Which Airflow a file was written for, and what says so."""

from __future__ import annotations

from textwrap import dedent

import pytest

from penstock.airflow.dialect import dialect_of

CASES = [
    # clear marks of 2.x
    ("from airflow import DAG\nDAG('x', schedule_interval=None)", "2", "line 2: uses schedule_interval="),
    ("from airflow.operators.bash_operator import BashOperator", "2", "airflow.operators.bash_operator"),
    ("from airflow.utils.dates import days_ago", "2", "imports days_ago"),
    ("from airflow.utils import dates\ndates.days_ago(1)", "2", "line 2: uses days_ago"),
    ("from airflow import DAG\nDAG('x', concurrency=3)", "2", "concurrency="),
    ("from airflow import DAG\nDAG('x', timetable=None)", "2", "timetable="),
    ("import airflow\nPythonOperator(provide_context=True)", "2", "provide_context="),
    ("import airflow\ndef f(execution_date): pass", "2", "uses execution_date"),
    ("import airflow\ncontext['prev_ds']", "2", "uses prev_ds"),
    ("import airflow\nx = 'echo {{ next_ds }}'", "2", "a template uses next_ds"),
    ("import airflow\nx = '{% if tomorrow_ds %}a{% endif %}'", "2", "a template uses tomorrow_ds"),
    (
        "import airflow\nargs = {'owner': 'me', 'provide_context': True}",
        "2",
        "'provide_context' in default_args",
    ),
    ("from airflow.datasets import Dataset", "2", "imports Dataset"),
    ("from airflow.contrib.hooks.ssh_hook import SSHHook", "2", "airflow.contrib"),
    ("from airflow.operators.hive_operator import HiveOperator", "2", "hive_operator"),
    # clear marks of 3.x
    ("from airflow.sdk import DAG", "3", "line 1: imports DAG from airflow.sdk"),
    ("from airflow.sdk.definitions.nowhere import X", "3", "airflow.sdk"),
    ("from airflow.providers.standard.operators.bash import BashOperator", "3", "providers.standard"),
    ("from airflow import DAG\nDAG('x', fail_fast=True)", "3", "fail_fast="),
    # 2.x outweighs 3.x, a weak one does not
    ("from airflow.sdk import DAG\nDAG('x', schedule_interval=None)", "2", "schedule_interval="),
    ("from airflow.sdk import DAG\nfrom airflow.operators.python import PythonOperator", "3", "airflow.sdk"),
    # weak ones, and none at all
    ("from airflow import DAG", "2", "nothing that only 3.x has"),
    ("from airflow.models import Variable", "2", "nothing that only 3.x has"),
    ("x = 'airflow'", "2", "nothing says otherwise"),
    # no marks: words in another place
    ("from airflow.sdk import DAG\n'''About execution_date and days_ago.'''", "3", "airflow.sdk"),
    ("from airflow.sdk import DAG\nThreadPool(concurrency=3)", "3", "airflow.sdk"),
    # a comment decides
    ("# airflow dialect: 3\nfrom airflow.utils.dates import days_ago", "3", "line 1: the file says so"),
    ("from airflow.sdk import DAG\n# penstock: airflow dialect = 2", "2", "line 2: the file says so"),
    ("from airflow.utils.dates import (", "2", "cannot be read"),
]


@pytest.mark.parametrize(("text", "word", "because"), CASES)
def test_the_dialect_and_what_decided(text: str, word: str, because: str) -> None:
    found = dialect_of(dedent(text).encode())
    assert found.word == word
    assert because in found.because


def test_the_settings_decide_unless_the_file_says_so_itself() -> None:
    old = b"from airflow.utils.dates import days_ago"
    assert dialect_of(old, said="3") == ("3", "penstock.toml says so", True)
    assert dialect_of(b"# airflow dialect: 2\n" + old, said="3").word == "2"
