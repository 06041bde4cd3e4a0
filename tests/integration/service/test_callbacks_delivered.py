"""Callbacks and notifiers through a real engine: servers on localhost, engines killed in between."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.waiting import wait_for
from fakes.servers import MailServer, WebServer, mail_server, web_server
from penstock.api.client import SocketEngine
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL
from penstock.model.views.callbacks import CallbackRow
from penstock.service.foreground import run_test

FILE = """
import json, os, sys, time
from pathlib import Path
from penstock import (
    DAG, BashOperator, BellNotifier, PythonOperator, ShellNotifier, SmtpNotifier, WebhookNotifier, task
)

OUT = Path(os.environ["PENSTOCK_HOME"]) / "told"

def keep(context):
    OUT.mkdir(exist_ok=True)
    ti, run = context["ti"], context["dag_run"]
    told = {
        "task": ti.task_id, "try": ti.try_number, "state": ti.state, "run_state": run.state,
        "reason": context["reason"], "exception": str(context.get("exception")), "ds": context["ds"],
        "pulled": ti.xcom_pull(task_ids="first"), "duration": ti.duration is not None,
    }
    (OUT / f"{time.time_ns()}.json").write_text(json.dumps(told))

def broken(context):
    raise ValueError("this callback is broken")

def quits(context):
    sys.exit(7)

def hangs(context):
    time.sleep(60)

with DAG("told", schedule=None, is_paused_upon_creation=False, on_failure_callback=[keep, WebhookNotifier(
    "{{ var.value.hook }}/run", {"dag": "{{ dag.dag_id }}", "why": "{{ reason }}"}
)]):
    first = BashOperator(task_id="first", bash_command="echo 41", on_success_callback=[
        SmtpNotifier("ops@example.com", "bot@example.com", subject="{{ ti.task_id }} is {{ ti.state }}"),
        BellNotifier("look at {{ run_id }}"), ShellNotifier("echo shell $PENSTOCK_TASK_ID"),
    ])
    @task(on_failure_callback=[broken, quits, keep], retries=1, retry_delay=0, on_retry_callback=keep)
    def fails():
        raise RuntimeError("no luck")
    first >> fails()

with DAG("slow", schedule=None, is_paused_upon_creation=False, on_success_callback=hangs):
    BashOperator(task_id="a", bash_command="true")
"""


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def instance(tmp_path: Path, mail: MailServer, web: WebServer) -> Iterator[Instance]:
    config = f"""
callback_timeout = 3.0
pass_env = ["PENSTOCK_HOME"]
[connections]
smtp_default = "smtp://127.0.0.1:{mail.port}"
[variables]
hook = "http://127.0.0.1:{web.port}"
"""
    made = Instance(tmp_path, config)
    made.write_dag("told", FILE)
    yield made
    made.close()


def all_told(engine: SocketEngine, dag_id: str, run_id: str, count: int) -> list[CallbackRow]:
    """Wait until the run has ended and *count* deliveries are done; return them, oldest first."""

    def done() -> bool:
        rows = engine.callbacks(dag_id, run_id)
        ended = engine.run(dag_id, run_id).run.state in RUN_TERMINAL
        return ended and len(rows) >= count and all(row.state in ("done", "failed") for row in rows)

    wait_for(done, 90, "the callbacks are not done")
    return engine.callbacks(dag_id, run_id)[::-1]


def trigger(engine: SocketEngine, dag_id: str) -> str:
    wait_for(lambda: dag_id in {row.dag_id for row in engine.dags()}, 60, "the file is not loaded")
    run_id = engine.commit(Trigger(dag_id=dag_id, logical_date=datetime(2026, 1, 5, tzinfo=UTC))).run_id
    assert run_id is not None
    return run_id


def test_everything_is_told_of(instance: Instance, mail: MailServer, web: WebServer) -> None:
    instance.start()
    with instance.client() as engine:
        run_id = trigger(engine, "told")
        rows = all_told(engine, "told", run_id, 4)
        found = {(row.kind, row.task_id): row for row in rows}
        events = {event.kind: event for event in engine.events(dag_id="told", limit=200)}
    assert [(row.kind, row.state) for row in rows] == [
        ("task_success", "done"), ("task_retry", "done"), ("task_failure", "failed"), ("run_failure", "done")
    ]  # fmt: skip
    (one,) = mail.mails
    assert one.message["Subject"] == "first is success"
    assert events["bell"].reason == f"look at {run_id}"
    assert "shell first" in log(found["task_success", "first"])
    said = log(found["task_failure", "fails"])
    assert "ValueError: this callback is broken" in said
    assert "2 callbacks failed" in said
    assert "broken: ValueError: this callback is broken; quits: SystemExit: 7" in str(
        events["callback_failed"].reason
    )
    files = (instance.home / "told").iterdir()
    said_of = {found["state"]: found for found in (json.loads(file.read_text()) for file in files)}
    retry, failure, run = (said_of[state] for state in ("up_for_retry", "failed", None))
    assert (retry["state"], retry["try"], failure["state"], failure["try"]) == (
        "up_for_retry", 1, "failed", 2
    )  # fmt: skip
    assert "RuntimeError: no luck" in failure["exception"]
    assert failure["pulled"] == "41"
    assert failure["duration"] is True
    assert (run["task"], run["run_state"], run["state"]) == ("fails", "failed", None)
    assert web.requests[-1].json == {"dag": "told", "why": "fails did not succeed"}


def test_a_test_in_the_foreground_calls_them_too(instance: Instance, mail: MailServer) -> None:
    said = io.StringIO()
    settings = replace(instance.settings, callback_timeout=1.0)
    file = instance.home / "dags" / "told.py"
    date = datetime(2026, 1, 5, tzinfo=UTC)
    report = run_test(file, "slow", task=None, logical_date=date, conf={}, log=said, settings=settings)
    assert report.state == "success"
    assert "run_success | run_success: hangs" in said.getvalue()
    assert mail.mails == []


def log(row: CallbackRow) -> str:
    """Return what a delivery printed."""
    return Path(str(row.log_path)).read_text()


def test_a_callback_that_hangs_is_killed_and_the_run_is_none_the_worse(instance: Instance) -> None:
    instance.start()
    with instance.client() as engine:
        run_id = trigger(engine, "slow")
        (row,) = all_told(engine, "slow", run_id, 1)
        assert engine.run("slow", run_id).run.state.value == "success"
    assert row.state == "failed"
    assert row.reason is not None
    assert row.reason.startswith("out of time")


def test_an_engine_killed_in_between_tells_all_the_same(
    instance: Instance, web: WebServer, mail: MailServer
) -> None:
    instance.start()
    with instance.client() as engine:
        run_id = trigger(engine, "told")
        wait_for(lambda: engine.run("told", run_id).run.state.value != "queued", 60, "it does not start")
    for _ in range(3):
        instance.kill()
        instance.start()
    with instance.client() as engine:
        rows = all_told(engine, "told", run_id, 4)
    kinds = {row.kind for row in rows}
    assert kinds == {"task_success", "task_retry", "task_failure", "run_failure"}
    assert [request.path for request in web.requests] == ["/run"]
    assert len(mail.mails) == 1
