"""Functions under another Python, and in a virtual environment that is made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from drive.tasks import Runs, dags_of

FILE = f"""
from datetime import timedelta
from penstock import DAG, BranchExternalPythonOperator, EmptyOperator, ExternalPythonOperator, task

PYTHON = {sys.executable!r}

with DAG("d", schedule=None, params={{"p": [1, 2]}}):
    @task.external_python(python=PYTHON, env_vars={{"EXTRA": "1"}})
    def there(a, b=2, *, ds, params, logical_date):
        import os, sys
        from datetime import date
        assert "penstock" not in sys.modules and "xcom_codec" not in " ".join(sys.path)
        print("hello from", os.getpid() != os.getppid())
        return {{"a": a, "b": b, "ds": ds, "p": params["p"], "when": logical_date, "day": date(2026, 1, 2),
                "env": os.environ["EXTRA"], "delta": a * 2}}

    @task.external_python(python=PYTHON)
    def all_of_it(**context):
        return sorted(context)

    @task.external_python(python=PYTHON)
    def wants_ti(ti):
        return 1

    @task.external_python(python=PYTHON)
    def broken():
        raise ValueError("no luck\\nat all")

    @task.external_python(python=PYTHON)
    def skips():
        class AirflowSkipException(Exception): ...
        raise AirflowSkipException("not today")

    @task.external_python(python=PYTHON, skip_on_exit_code=7)
    def leaves(code):
        import sys
        sys.exit(code)

    @task.external_python(python=PYTHON)
    def unkeepable():
        return object()

    @task.external_python(python="/no/such/python")
    def nowhere():
        return 1

    @task.branch_external_python(python=PYTHON)
    def choose():
        return "left"

    @task.virtualenv(requirements=[], system_site_packages=False)
    def apart(x):
        import sys
        return [x, sys.prefix]

    @task.virtualenv(python_version="9.9")
    def no_python():
        return 1

    there(timedelta(hours=1)), all_of_it(), wants_ti(), broken(), skips(), leaves(7), unkeepable(), nowhere()
    choose() >> [EmptyOperator(task_id="left"), EmptyOperator(task_id="right")]
    apart((1, 2)), no_python()
    ExternalPythonOperator(task_id="other_code", python=PYTHON, python_callable=leaves.function, op_args=[3])
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pythons.py"
    path.write_text(FILE)
    return path


def test_values_travel_both_ways_and_the_log_is_the_task_s(file: Path, tmp_path: Path) -> None:
    ran = Runs(tmp_path / "attempts").child(file, "d", "there")
    assert ran.code == 0, ran.output
    assert ran.output == "hello from True\n"
    value = ran.xcoms["return_value"]
    assert (value["b"], value["ds"], value["p"], value["env"]) == (2, "2026-01-15", [1, 2], "1")
    assert value["delta"] == {"__classname__": "datetime.timedelta", "__version__": 2, "__data__": 7200.0}
    assert value["when"]["__data__"]["iso"] == "2026-01-15T00:00:00+00:00"


def test_endings(file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with dags_of(file) as dags:
        runs, dag = Runs(tmp_path / "attempts"), dags["d"]
        keys = runs.here(dag, "all_of_it").xcoms["return_value"]
        assert {"ds", "params", "run_id", "logical_date"} <= set(keys)
        assert not {"ti", "task", "dag", "conn"} & set(keys)
        endings = {
            "wants_ti": ("failed", "argument 'ti' cannot be passed to another Python"),
            "broken": ("failed", "ValueError: no luck"),
            "skips": ("skipped", "not today"),
            "leaves": ("skipped", "exit code 7 means skip"),
            "other_code": ("failed", "ended with exit code 3 and without a value"),
            "unkeepable": ("failed", "XComError: the value is of type builtins.object"),
            "nowhere": ("fail_without_retry", "'/no/such/python' does not exist"),
            "no_python": ("fail_without_retry", "python9.9 is not on the PATH"),
        }
        for task_id, (kind, words) in endings.items():
            ran = runs.here(dag, task_id)
            assert (ran.kind, words in str(ran.ending.reason)) == (kind, True), (task_id, ran.ending.reason)
        assert runs.here(dag, "choose").ending.skips == ["right"]
    assert 'raise ValueError("no luck' in capfd.readouterr().err, "the traceback is in the log"


def test_an_environment_is_made_once_and_kept(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENSTOCK_HOME", str(tmp_path / "home"))
    runs = Runs(tmp_path / "attempts")
    with dags_of(file) as dags:
        first = runs.here(dags["d"], "apart").xcoms["return_value"]
        second = runs.here(dags["d"], "apart").xcoms["return_value"]
    assert first == second
    assert first[0]["__data__"] == [1, 2], "a tuple stays one"
    assert str(tmp_path / "home" / "venvs") in first[1]
    assert capfd.readouterr().out.count("making a virtual environment") == 1
    [folder] = [path for path in (tmp_path / "home" / "venvs").iterdir() if path.is_dir()]
    (folder / "complete").unlink()  # as if its making had been cut short
    with dags_of(file) as dags:
        assert runs.here(dags["d"], "apart").xcoms["return_value"] == first
