"""What a task leaves behind for people: rendered fields and pushed values, with secrets covered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drive.tasks import ChildRan, Runs, read_record
from penstock.attempts import files

HEADER = """
from penstock import *
with DAG("d", schedule=None) as dag:
"""


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "attempts")


def write(folder: Path, body: str) -> Path:
    file = folder / "a_dag.py"
    file.write_text(
        HEADER.lstrip() + "\n".join(f"    {line}" for line in body.strip("\n").splitlines()) + "\n"
    )
    return file


def folder_of(runs: Runs, ran: ChildRan) -> Path:
    return files.attempt_path(runs.root, ran.attempt_id)


def rendered(runs: Runs, ran: ChildRan) -> dict[str, Any]:
    found = read_record(folder_of(runs, ran), files.RENDERED)
    return dict(found["fields"]) if found else {}


def test_fields_are_kept_as_they_were_rendered_with_secrets_covered(runs: Runs, tmp_path: Path) -> None:
    body = """
@task(templates_dict={"day": "{{ ds }}"})
def f(word, rows, **context): pass
f("{{ var.value.api_token }}", ["{{ ds }}"] * 60)
"""
    ran = runs.child(write(tmp_path, body), "d", "f", env={"PENSTOCK_VAR_API_TOKEN": "hunter2-hunter2"})
    assert ran.code == 0, ran.output
    fields = rendered(runs, ran)
    assert fields["templates_dict"] == {"day": "2026-01-15"}
    word, rows = fields["op_args"]
    assert word == "***"
    assert rows == ["2026-01-15"] * 50 + ["... and 10 more"]
    assert "hunter2" not in (folder_of(runs, ran) / files.RENDERED).read_text()


def test_a_task_without_fields_leaves_no_file_of_them(runs: Runs, tmp_path: Path) -> None:
    ran = runs.child(write(tmp_path, "@task\ndef f(): pass\nf()"), "d", "f")
    assert ran.code == 0
    assert not (folder_of(runs, ran) / files.RENDERED).exists()


def test_a_field_that_cannot_be_looked_at_fails_no_task(runs: Runs, tmp_path: Path) -> None:
    body = """
class Odd:
    def __repr__(self): raise RuntimeError("do not look")
    def __bool__(self): raise RuntimeError("nor ask")
    __str__ = __repr__
@task
def f(odd, text): pass
f(Odd(), "x" * 5000)
"""
    ran = runs.child(write(tmp_path, body), "d", "f")
    assert ran.code == 0, ran.output
    odd, text = rendered(runs, ran)["op_args"]
    assert odd == "<Odd>"
    assert text == "x" * 4096 + "... (904 more characters)"


def test_a_pushed_secret_is_covered_for_people_and_plain_for_tasks(runs: Runs, tmp_path: Path) -> None:
    body = """
@task
def f(**context):
    context["ti"].xcom_push("plain", "nothing to hide")
    return {"url": "https://ann:" + Variable.get("api_token") + "@host"}
f()
"""
    ran = runs.child(write(tmp_path, body), "d", "f", env={"PENSTOCK_VAR_API_TOKEN": 'hunter"2-hunter'})
    assert ran.code == 0, ran.output
    record = read_record(folder_of(runs, ran), files.XCOM)
    assert record is not None
    assert record["values"]["return_value"] == {"url": 'https://ann:hunter"2-hunter@host'}
    assert record["covered"] == {"return_value": {"url": "https://ann:***@host"}}
