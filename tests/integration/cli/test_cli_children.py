"""Commands that start children: the doctor, and what loads a DAG file."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from drive.commands import Say


def test_the_first_dag_loads(alone: Say, tmp_path: Path) -> None:
    alone("init", str(tmp_path))
    answer = alone("parse", str(tmp_path / "dags" / "first_dag.py"), "--json")
    assert answer.code == 0, answer.out
    assert answer.document["errors"] == []
    dag = answer.document["dags"]["first_dag"]
    assert dag["schedule"] == "0 6 * * *"
    rows = {task["task_id"]: task for task in dag["tasks"]}
    assert rows["load"]["upstream"] == ["transform"]
    assert rows["transform"]["downstream"] == ["load"]
    fixed = {
        "task_id", "operator", "trigger_rule", "retries", "upstream", "downstream", "group",
    }  # fmt: skip
    assert all(fixed <= set(row) for row in rows.values())


def test_a_file_with_an_error_is_a_document_and_ends_with_1(alone: Say, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text("from penstock import DAG\n\nraise ValueError('the source moved')\n")
    answer = alone("parse", str(file), "--json")
    assert answer.code == 1
    assert answer.document["dags"] == {}
    [error] = answer.document["errors"]
    assert error["file"].endswith("bad.py")
    assert error["line"] == 3
    assert "the source moved" in error["message"]
    people = alone("parse", str(file))
    assert people.code == 1
    assert "bad.py:3" in people.err
    assert people.out == ""


def test_doctor_of_a_fresh_instance_finds_nothing_broken(alone: Say, home: Path) -> None:
    alone("init", str(home))
    answer = alone("doctor", "--json")
    assert answer.code == 0, answer.out
    verdicts = {check["name"]: check["verdict"] for check in answer.document["checks"]}
    assert {"python", "sqlite", "time zones", "home", "file system", "disk", "database"} <= set(verdicts)
    assert verdicts["engine"] == "warn"
    assert verdicts["dag files"] == "ok"
    assert "penstock up -d" in alone("doctor").out


@pytest.mark.parametrize(
    ("total", "free", "verdict"),
    [
        (1 << 30, 100 << 20, "ok"),  # a small disk needs little
        (1 << 30, 10 << 20, "fail"),
        (16 << 40, 1 << 30, "ok"),  # and a large one no more than half a GiB
        (16 << 40, 500 << 20, "fail"),
    ],
)
def test_doctor_calls_a_disk_full_when_the_engine_does(
    alone: Say, home: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int, verdict: str
) -> None:
    from penstock.scheduling.disk_room import storage_problem

    alone("init", str(home))
    disk = SimpleNamespace(f_flag=0, f_frsize=1, f_blocks=total, f_bfree=free, f_bavail=free)
    monkeypatch.setattr("os.statvfs", lambda _: disk)
    checks = {check["name"]: check["verdict"] for check in alone("doctor", "--json").document["checks"]}
    assert checks["disk"] == verdict
    assert (storage_problem(str(home)) is None) is (verdict == "ok")


def test_doctor_names_what_is_broken(alone: Say, home: Path) -> None:
    alone("init", str(home))
    (home / "dags" / "bad.py").write_text("import nothing_of_this_name\n")
    (home / "penstock.db").write_bytes(b"this is no database at all" * 400)
    home.chmod(0o755)
    answer = alone("doctor", "--json")
    assert answer.code == 1
    checks = {check["name"]: check for check in answer.document["checks"]}
    assert checks["dag files"]["verdict"] == "fail"
    assert "bad.py" in checks["dag files"]["text"]
    assert checks["database"]["verdict"] == "fail"
    assert checks["home"]["verdict"] == "warn"
    assert checks["home"]["todo"] == f"chmod 700 {home}"


ASKS = """
from airflow.sdk import DAG, task
from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLEntryOperator
with DAG("asks", schedule=None):
    @task
    def use(ti=None):
        return ti.xcom_pull(task_ids="limits")["params_input"]["rows"]
    limits = HITLEntryOperator(task_id="limits", subject="How many?", params={"rows": 3})
    limits >> ApprovalOperator(task_id="approve", subject="Go?") >> use()
"""


def test_a_test_answers_what_its_tasks_ask(alone: Say, tmp_path: Path) -> None:
    alone("init", str(tmp_path))
    file = tmp_path / "dags" / "asks.py"
    file.write_text(ASKS)
    answer = alone(
        "test", str(file), "--answer", "approve=Approve", "--answer", 'limits={"rows": 7}', "--json"
    )
    assert answer.code == 0, answer.err
    values = {task["task_id"]: task["xcoms"].get("return_value") for task in answer.document["tasks"]}
    assert values["use"] == 7
    assert values["approve"]["chosen_options"] == ["Approve"]
    silent = alone("test", str(file))  # the other one has a default
    assert silent.code == 2
    assert "approve asks a person: Go?. Say --answer approve=OPTION: Approve or Reject" in silent.err
