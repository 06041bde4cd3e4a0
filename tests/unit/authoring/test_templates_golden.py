"""Template expressions, against what the reference system rendered them to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from penstock import DAG, Param, PythonOperator
from penstock.authoring import scope
from task_runs import Ran, Runs

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "battery.json").read_text())[
    "templates"
]
TEXT: list[tuple[str, Any]] = [tuple(case) for case in GOLDEN["text"]]
NATIVE: list[tuple[str, Any]] = [tuple(case) for case in GOLDEN["native"]]

DIFFERENT = {
    "dag_run.run_type": "manual",  # the plain word, not the name of an enum
}
NOT_COVERED = {
    'macros.ds_format_locale(ds, "%Y-%m-%d", "EEEE", "en_US")': "needs a library of locales",
    "partition_key": "there are no partitions",
}
TASK_IDS = {"task.task_id": "t16", "task": "t17", "task_instance_key_str": "t41"}


@pytest.fixture(autouse=True)
def _own_scope() -> Iterator[None]:
    with scope.fresh():
        yield


def render(expression: str, folder: Path, *, task_id: str = "t", native: bool = False) -> Ran:
    """Run a task that returns what *expression* renders to."""
    dag = DAG(
        "bat_templates",
        schedule="@daily",
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        params={"a": 1, "b": Param("txt", type="string"), "c": [1, 2]},
        user_defined_macros={"my_macro": lambda x: x * 2, "my_const": "K"},
        user_defined_filters={"my_filter": lambda text: text[::-1]},
        render_template_as_native_obj=native,
    )
    PythonOperator(
        task_id=task_id,
        dag=dag,
        python_callable=lambda **context: context["templates_dict"]["v"],
        templates_dict={"v": f"{{{{ {expression} }}}}"},
    )
    return Runs(folder).here(
        dag,
        task_id,
        previous_success=None,
        variables=GOLDEN["vars"],
        connections=GOLDEN["conns"],
    )


@pytest.mark.parametrize(("expression", "wanted"), [case for case in TEXT if case[0] not in NOT_COVERED])
def test_rendered_as_measured(expression: str, wanted: Any, tmp_path: Path) -> None:
    ran = render(expression, tmp_path, task_id=TASK_IDS.get(expression, "t"))
    if wanted == {"task": "failed"}:
        assert ran.kind == "failed"
        return
    assert ran.kind == "success", ran.ending.reason
    assert ran.xcoms["return_value"] == DIFFERENT.get(expression, wanted)


@pytest.mark.parametrize(("expression", "wanted"), NATIVE)
def test_native_objects_keep_their_type(expression: str, wanted: Any, tmp_path: Path) -> None:
    ran = render(expression, tmp_path, native=True)
    assert ran.kind == "success", ran.ending.reason
    assert ran.xcoms.get("return_value") == wanted


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
        ("var.value.nope", None),
        ("conn.nope.host", None),
        ("undefined_name", None),
        ("''.__class__.__mro__", None),
    ],
)
def test_more_expressions(expression: str, wanted: str | None, tmp_path: Path) -> None:
    ran = render(expression, tmp_path)
    if wanted is None:
        assert ran.kind == "failed"
    else:
        assert ran.xcoms["return_value"] == wanted, ran.ending.reason


def test_what_is_not_covered_fails_instead_of_rendering_nonsense(tmp_path: Path) -> None:
    assert {name for name, _ in TEXT} >= NOT_COVERED.keys()
    for expression in NOT_COVERED:
        assert render(expression, tmp_path).kind == "failed"
