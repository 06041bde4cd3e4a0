"""Template expressions beside those that were measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drive.tasks import Runs
from measured.templates import render
from penstock import DAG, BashOperator, PythonOperator

MEASURED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "battery.json").read_text())[
    "templates"
]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("macros.ds_add(ds, 7)", "2026-01-22"),
        ("macros.ds_add(ds, -15)", "2025-12-31"),
        ("macros.dateutil.relativedelta.relativedelta(months=1)", "relativedelta(months=+1)"),
        ('var.value.get("nope","dflt")', "dflt"),
        ("conn.my_conn.port", "8080"),
        ('conn.get("nope","dfl")', "dfl"),
        ("my_const", "K"),
        ('dag_run.logical_date.strftime("%A")', "Thursday"),
        ("logical_date.add(months=1).in_tz('Asia/Tokyo').to_datetime_string()", "2026-02-15 09:00:00"),
        ('macros.ds_format_locale(ds, "%Y-%m-%d", "d MMM yy")', "15 Jan 26"),
        ('macros.ds_format_locale(ds, "%Y-%m-%d", "EEEE", "xx")', None),
        ("partition_date", "None"),
        ("task_reschedule_count", "0"),
        ("var.value.nope", None),
        ("conn.nope.host", None),
        ("undefined_name", None),
        ("''.__class__.__mro__", None),
    ],
)
def test_more_expressions(expression: str, wanted: str | None, tmp_path: Path) -> None:
    ran = render(expression, tmp_path, MEASURED)
    if wanted is None:
        assert ran.kind == "failed"
    else:
        assert ran.xcoms["return_value"] == wanted, ran.ending.reason


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("text", ["one\n", "one\n\n", "{{ ds }}\n", "one", "\n"])
def test_the_last_newline_goes_with_or_without_markers(text: str, keep: bool, tmp_path: Path) -> None:
    """As Jinja does it, unless the DAG says keep_trailing_newline."""
    dag = DAG("d", schedule=None, jinja_environment_kwargs={"keep_trailing_newline": keep})
    PythonOperator(task_id="a", python_callable=lambda value: value, op_args=[text], dag=dag)
    BashOperator(task_id="b", bash_command="echo " + text, dag=dag)
    wanted = (text if keep else text.removesuffix("\n")).replace("{{ ds }}", "2026-01-15")
    assert Runs(tmp_path).here(dag, "a").xcoms["return_value"] == wanted
    command = dag.task_dict["b"].launch()
    assert isinstance(command, str) or command.argv[-1] == "echo " + wanted
