"""Values of the engine's environment reach who names them, and no disk, command line or other task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance, processes
from drive.waiting import wait_for
from penstock.model.acts import Trigger
from penstock.model.states import RUN_TERMINAL
from penstock.model.views.runs import RunDetail

VALUES = {
    "PENSTOCK_VAR_API": "canary-var-0a11",
    "AIRFLOW_VAR_OLD": "canary-old-0b22",
    "PENSTOCK_VAR_PLAIN": "europe-west",
    "PENSTOCK_CONN_DB": "postgresql://etl:canary-pw-0c33@db.example/dw?token=canary-tok-0d44",
    "PASSED_ON": "canary-pass-0e55",
    "PASSED_LINES": "canary-first-0f66\ncanary-second-0f77",
    "NOT_NAMED": "canary-none-0f88",
    "BY_NAME": "canary-name-0f99",
}
SECOND = {"PENSTOCK_VAR_API": "canary-second-1a11", "BY_NAME": "canary-by-2", "PASSED_ON": "canary-on-2"}
CANARY = re.compile(rb"canary-[a-z]+-[0-9]")

DAG = """
import os, sys, threading, time, multiprocessing
from penstock import DAG, BashOperator, BashSensor, Connection, Variable, task

with DAG("secrets", schedule=None, is_paused_upon_creation=False) as dag:
    first = BashOperator(task_id="first", bash_command="printf %s $PASSED_ON; sleep 0.2; echo; env; echo $0",
                         append_env=True)
    alone = BashOperator(task_id="alone", bash_command="env", env={"MINE": "1"})
    named = BashOperator(task_id="named", bash_command="echo it is $T", secrets={"T": "env:BY_NAME"})
    rendered = BashOperator(
        task_id="rendered",
        bash_command="tr '\\\\0' ' ' < /proc/$$/cmdline; echo; "
        "echo {{ var.value.api }} {{ conn.db.password }} $0; ls /proc/self/fd; exit 3",
        skip_on_exit_code=3,
    )

    @task
    def ask():
        seen = [name for name in os.environ if "VAR" in name or "CONN" in name or "CHANNEL" in name]
        assert seen == [], seen
        assert not os.environ.get("BY_NAME") and not os.environ.get("NOT_NAMED")
        api = Variable.get("api")
        assert api == "canary-" + "var-0a11"
        assert Variable.get("old") == "canary-" + "old-0b22"
        assert Variable.get("nothing", default=None) is None
        sys.stdout.write(api); sys.stdout.flush()
        db = Connection.get("db")
        os.write(1, db.password.encode() + b" " + db.extra_dejson["token"].encode() + b"\\n")
        print(db.get_uri(), db.host, Variable.get("plain"))
        os.system("echo $PASSED_ON; echo \\"$PASSED_LINES\\"; ls /proc/self/fd | wc -l")

    @task
    def all_at_once():
        wrong = []
        def look():
            for _ in range(20):
                if Variable.get("api") != "canary-" + "var-0a11" or Variable.get("plain") != "europe-west":
                    wrong.append(1)
        def both():
            threads = [threading.Thread(target=look) for _ in range(4)]
            [each.start() for each in threads]
            [each.join() for each in threads]
            sys.exit(len(wrong))
        others = [multiprocessing.get_context("fork").Process(target=both) for _ in range(2)]
        [each.start() for each in others]
        look()
        [each.join() for each in others]
        assert not wrong and [each.exitcode for each in others] == [0, 0]

    @task(retries=0)
    def fail():
        raise ValueError("with " + Connection.get("db").password)

    ask(), all_at_once(), fail()
"""
CONFIG = 'pass_env = ["PASSED_*"]\nshow_env = ["PENSTOCK_VAR_PLAIN"]\n'


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    made = Instance(tmp_path / "home", CONFIG)
    yield made
    made.close()


def ran(instance: Instance, dag_id: str) -> tuple[RunDetail, dict[str, str]]:
    """Run a DAG and return the run with the tasks' logs."""
    with instance.client() as engine:
        run_id = engine.commit(Trigger(dag_id=dag_id)).run_id
        assert run_id is not None
        wait_for(lambda: engine.run(dag_id, run_id).run.state in RUN_TERMINAL, 60, "the run does not end")
        detail = engine.run(dag_id, run_id)
        logs = {
            row.task_id: bytes(engine.read_log(row.attempt_id, 0, 1 << 20).data).decode()
            for row in detail.tasks
            if row.attempt_id
        }
    return detail, logs


def nothing_written(home: Path) -> None:
    for path in home.rglob("*"):
        if path.is_file():
            assert not CANARY.search(path.read_bytes()), path


def test_they_reach_who_names_them_and_nothing_else(instance: Instance) -> None:
    instance.write_dag("secrets", DAG)
    instance.start()
    for pid in instance.supervisors():
        assert not CANARY.search(Path(f"/proc/{pid}/environ").read_bytes())
    detail, logs = ran(instance, "secrets")
    states = {row.task_id: row.state.value for row in detail.tasks}
    ok = dict.fromkeys(("first", "alone", "named", "ask", "all_at_once"), "success")
    assert states == {**ok, "rendered": "skipped", "fail": "failed"}, logs
    assert logs["first"].startswith("***\n"), "from the first byte on"
    assert "VAR_" not in logs["first"]
    assert "NOT_NAMED" not in logs["first"]
    assert "PASSED_ON=***" in logs["first"]
    assert "PASSED" not in logs["alone"]
    assert logs["named"] == "it is ***\n"
    lines = logs["rendered"].splitlines()
    assert lines[0].startswith("bash -c eval")
    assert lines[1] == "*** *** bash"
    assert lines[2:] == ["0", "1", "2", "3"], "and ls has opened the last one itself"
    assert logs["ask"] == "****** ***\n*** db.example europe-west\n***\n***\n4\n"
    failed = next(row for row in detail.tasks if row.task_id == "fail")
    assert failed.reason is not None
    assert "with ***" in failed.reason
    instance.stop()
    nothing_written(instance.home)


LOOK = """
from penstock import DAG, BashOperator, Variable, task

with DAG("look", schedule=None, is_paused_upon_creation=False):
    @task
    def ask():
        print("asked", Variable.get("api") == "canary-" + "second-1a11")
    env = "env:BY_NAME"
    BashOperator(task_id="named", bash_command='echo $T $PASSED_ON | wc -c | grep -qx 24',
                 secrets={"T": env})
    ask()

with DAG("hold", schedule=None, is_paused_upon_creation=False):
    BashOperator(task_id="hold", bash_command="echo $PASSED_ON; until [ -e go ]; do sleep 0.05; done; "
                 "echo $PASSED_ON")
"""


def test_a_supervisor_that_outlived_an_engine_gives_what_the_next_one_has(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance.write_dag("look", LOOK)
    instance.start()
    with instance.client() as engine:
        held = engine.commit(Trigger(dag_id="hold")).run_id
        assert held is not None
        wait_for(lambda: engine.run("hold", held).tasks[0].state.value == "running", 30, "it does not start")
    before = set(instance.supervisors())
    instance.kill()
    for name, value in SECOND.items():
        monkeypatch.setenv(name, value)
    instance.start()
    for _ in range(3):  # whichever supervisor takes them
        detail, logs = ran(instance, "look")
        assert [row.state.value for row in detail.tasks] == ["success", "success"], logs
        assert logs["ask"] == "asked True\n"
    assert before & set(instance.supervisors())
    (instance.home / "go").touch()
    with instance.client() as engine:
        wait_for(lambda: engine.run("hold", held).run.state in RUN_TERMINAL, 30, "it does not end")
        task = engine.run("hold", held).tasks[0]
        assert task.attempt_id is not None
        assert bytes(engine.read_log(task.attempt_id, 0, 1000).data) == b"***\n***\n"
    instance.stop()
    nothing_written(instance.home)


WRITES = """
from penstock import DAG, BashOperator, Connection, Variable
where = Connection.get("db")
with DAG("writes", schedule=None):
    BashOperator(task_id="copy", bash_command="pg_dump " + where.get_uri())
"""
READS = """
import os
from penstock import DAG, BashOperator, Connection, Variable
assert "PENSTOCK_VAR_API" not in os.environ
with DAG("reads", schedule=None):
    BashOperator(task_id=Variable.get("plain"), bash_command="ping " + Connection.get("db").host)
"""
FAILS = """
from penstock import Connection
raise ValueError("cannot log in as " + Connection.get("db").get_uri())
"""


def test_a_file_that_would_write_a_secret_down_is_refused(instance: Instance) -> None:
    for name, text in (("writes", WRITES), ("reads", READS), ("fails", FAILS)):
        instance.write_dag(name, text)
    instance.start()
    with instance.client() as engine:
        problems = {Path(each.file).name: each for each in engine.import_errors()}
        assert problems.keys() == {"writes.py", "fails.py"}
        assert "the command of task 'copy' holds the value of a secret" in problems["writes.py"].message
        assert problems["writes.py"].line == 5
        assert "cannot log in as postgresql://etl:***@" in problems["fails.py"].message
    instance.stop()
    nothing_written(instance.home)


def test_no_command_line_shows_one(instance: Instance) -> None:
    instance.write_dag("secrets", DAG)
    instance.start()
    ran(instance, "secrets")
    assert [words for _, words in processes() if CANARY.search(words.encode())] == []
