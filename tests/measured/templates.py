"""Rendering one template expression as it was rendered on the reference."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drive.tasks import Ran, Runs
from measured.compare import compare
from penstock import DAG, Param, PythonOperator
from penstock.authoring import scope

TASK_IDS = {"task.task_id": "t16", "task": "t17", "task_instance_key_str": "t41"}


def render(expression: str, folder: Path, measured: dict[str, Any], *, native: bool = False) -> Ran:
    """Run a task that returns what *expression* renders to, in the context that was *measured* in."""
    task_id = TASK_IDS.get(expression, "t")
    with scope.fresh():
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
            variables=measured["vars"],
            connections=measured["conns"],
        )


def template_differs(
    expression: str, wanted: Any, folder: Path, measured: dict[str, Any], *, native: bool = False
) -> str | None:
    """Return what *expression* renders to otherwise than measured."""
    ran = render(expression, folder, measured, native=native)
    if wanted == {"task": "failed"}:
        return compare(ran.kind, "failed")
    if ran.kind != "success":
        return f"failed: {ran.ending.reason}"
    return compare(ran.xcoms.get("return_value"), wanted)
