"""Tasks that trigger other DAGs and wait for them, in a real engine and in `penstock test`."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.tasks import Runs, dags_of
from drive.waiting import wait_for
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL
from penstock.service.foreground import run_test
from penstock.settings import Settings

FILE = """
from datetime import datetime, timezone
from penstock import DAG, BashOperator, ExternalTaskSensor, TaskGroup, TriggerDagRunOperator, Variable, task

WHEN = datetime(2026, 2, 3, tzinfo=timezone.utc)
quick = dict(poke_interval=0.1, mode="poke", timeout=30)

with DAG("target", schedule=None, is_paused_upon_creation=False, params={"n": 1}):
    with TaskGroup("g"):
        BashOperator(task_id="work", bash_command="exit {{ 0 if params.n | int < 5 else 1 }}")

with DAG("caller", schedule=None, is_paused_upon_creation=False):
    t = dict(trigger_dag_id="target", wait_for_completion=True, poke_interval=0.1)
    first = TriggerDagRunOperator(task_id="first", logical_date=WHEN, conf={"n": "{{ 1 + 1 }}"}, **t)
    again = TriggerDagRunOperator(task_id="again", logical_date="{{ '2026-02-03T00:00:00+00:00' }}",
                                  skip_when_already_exists=True, **t)
    reset = TriggerDagRunOperator(task_id="reset", logical_date=WHEN, reset_dag_run=True,
                                  trigger_rule="all_done", **t)
    refused = TriggerDagRunOperator(task_id="refused", logical_date=WHEN, **t)
    fails = TriggerDagRunOperator(task_id="fails", conf={"n": 7}, trigger_run_id="mine", **t)
    unknown = TriggerDagRunOperator(task_id="unknown", trigger_dag_id="nobody")
    group = ExternalTaskSensor(task_id="group", external_dag_id="target", external_task_group_id="g",
                               execution_date_fn=lambda date: WHEN, check_existence=True, **quick)
    missing = ExternalTaskSensor(task_id="missing", external_dag_id="target", external_task_id="no_such",
                                 execution_date_fn=lambda date: WHEN, check_existence=True, **quick)

    @task
    def setting():
        Variable.set("made", "here")
        return Variable.get("made")

    first >> again >> reset >> [refused, group, missing]
    setting(), fails, unknown
"""
EXPECTED = {
    "first": "success", "again": "skipped", "reset": "success", "refused": "failed", "fails": "failed",
    "unknown": "failed", "group": "success", "missing": "failed", "setting": "success",
}  # fmt: skip


def test_in_an_engine(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write_dag("calls", FILE)
    try:
        instance.start()
        with instance.client() as engine:
            run_id = engine.commit(Trigger(dag_id="caller")).run_id
            assert run_id is not None
            wait_for(lambda: engine.run("caller", run_id).run.state in RUN_TERMINAL, 60, "it does not end")
            detail = engine.run("caller", run_id)
            reasons = {row.task_id: row.reason or "" for row in detail.tasks}
            assert {row.task_id: row.state.value for row in detail.tasks} == EXPECTED, reasons
            runs = {row.run_id: row for row in engine.runs("target")}
            assert sorted(row.state.value for row in runs.values()) == ["failed", "success"]
            assert runs["mine"].conf == {"n": 7}
            [dated] = [row for row in runs.values() if row.run_id != "mine"]
            assert dated.conf == {"n": "2"}
            actors = {event.actor for event in engine.events(dag_id="target", limit=500)}
            assert {"task caller.first", "task caller.reset"} <= actors
            assert "target has a run for" in reasons["refused"]
            assert "ended as failed" in reasons["fails"]
            assert "DAG 'nobody' does not exist" in reasons["unknown"]
            assert "no task 'no_such'" in reasons["missing"]
    finally:
        instance.close()


def test_in_the_foreground(tmp_path: Path) -> None:
    file = tmp_path / "calls.py"
    file.write_text(FILE)
    log = io.StringIO()
    settings = Settings(home=tmp_path / "home", dags_folder=tmp_path)
    report = run_test(file, "caller", task=None, logical_date=None, conf={}, log=log, settings=settings)
    assert {task["task_id"]: task["state"] for task in report.tasks} == EXPECTED, log.getvalue()
    assert not (settings.home / "penstock.db").exists(), "no trace in the instance"


SENSORS = """
from penstock import DAG, HttpSensor

with DAG("d", schedule=None):
    quick = dict(poke_interval=0.01, timeout=10)
    HttpSensor(task_id="ready", http_conn_id="api", endpoint="later", **quick)
    HttpSensor(task_id="checked", http_conn_id="api", endpoint="/echo", request_params={"a": "{{ ds }}"},
               response_check=lambda response, ds: response.json()["path"] == f"/echo?a={ds}", **quick)
    HttpSensor(task_id="posted", http_conn_id="api", endpoint="echo", method="POST", request_params={"a": 1},
               response_check=lambda response: response.json()["body"] == "a=1", **quick)
    HttpSensor(task_id="secret", http_conn_id="api", endpoint="echo",
               response_check=lambda response: response.json()["auth"].startswith("Basic "), **quick)
    HttpSensor(task_id="broken", http_conn_id="api", endpoint="broken", **quick)
    HttpSensor(task_id="tolerant", http_conn_id="api", endpoint="broken", timeout=0.05, poke_interval=0.01,
               response_error_codes_allowlist=["500"], soft_fail=True)
    HttpSensor(task_id="no_address", endpoint="file:///etc/passwd", **quick)
"""


@pytest.fixture
def server() -> Iterator[str]:
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            code = 404 if self.path == "/later" and asked.count("/later") < 3 else 200
            code = 500 if self.path == "/broken" else code
            size = int(self.headers.get("Content-Length") or 0)
            facts = {"path": self.path, "body": self.rfile.read(size).decode()}
            facts["auth"] = self.headers.get("Authorization", "")
            body = __import__("json").dumps(facts).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the server's name

        def log_message(self, *_: object) -> None:
            pass

    made = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://me:passphrase@127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_http_sensor(server: str, tmp_path: Path) -> None:
    file = tmp_path / "web.py"
    file.write_text(SENSORS)
    with dags_of(file) as dags:
        runs = Runs(tmp_path / "attempts")
        found = {
            task_id: runs.here(dags["d"], task_id, connections={"api": server}).ending
            for task_id in dags["d"].task_dict
        }
    kinds = {task_id: ending.kind for task_id, ending in found.items()}
    assert kinds == {
        **dict.fromkeys(("ready", "checked", "posted", "secret"), "success"),
        "broken": "failed",
        "tolerant": "skipped",
        "no_address": "failed",
    }
    assert "answered 500" in str(found["broken"].reason)
