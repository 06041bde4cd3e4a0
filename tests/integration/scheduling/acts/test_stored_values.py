"""Variables and connections of the store: acts, their traces, and what real tasks make of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.instance import Instance
from drive.loop import Bench
from drive.waiting import wait_for
from penstock.errors import RefusedError, UnknownError, UsageError
from penstock.model.acts import DeleteConnection, DeleteVariable, SetConnection, SetVariable, Trigger
from penstock.model.states import RUN_TERMINAL, RunState

CANARIES = ("canary-env-71d2", "canary-file-0c9e", "canary-cmd-5a1f", "canary-clear-88b0")


def kept(bench: Bench) -> dict[str, dict[str, object]]:
    body: dict[str, dict[str, object]] = json.loads(bench.settings.values_file.read_bytes())
    return body


async def test_set_change_delete(bench: Bench) -> None:
    assert kept(bench) == {"v": 1, "variable": {}, "connection": {}}
    done = bench.act(SetVariable(name="region", value="eu", description="where"))
    assert done.message == "variable region is set"
    bench.act(SetVariable(name="region", value="us"))
    bench.act(SetConnection(conn_id="db", entry={"uri": "pg://h/db", "secrets": {"password": "env:P"}}))
    assert kept(bench)["variable"] == {"region": "us"}
    assert kept(bench)["connection"] == {"db": {"uri": "pg://h/db", "secrets": {"password": "env:P"}}}
    [row] = bench.engine.variables()
    assert (row.value, row.description, row.by, row.source) == ("us", "where", "tester", "store")
    assert bench.settings.values_file.stat().st_mode & 0o777 == 0o600
    await bench.restart()
    bench.act(DeleteVariable(name="region"))
    bench.act(DeleteConnection(conn_id="db"))
    assert kept(bench) == {"v": 1, "variable": {}, "connection": {}}
    assert bench.engine.variables() == []


async def test_what_it_says_never_says_the_value(bench: Bench) -> None:
    bench.act(SetVariable(name="api_token", value=CANARIES[3]))
    plan = bench.engine.plan(SetVariable(name="api_token", value=CANARIES[3] + "x"))
    assert plan.title == "Change variable api_token"
    said = repr(plan) + repr(bench.engine.events(limit=100)) + repr(bench.engine.variables())
    assert CANARIES[3] not in said
    kinds = [event.kind for event in bench.engine.events(limit=10)]
    assert kinds[:2] == ["variable_set", "act_variable_set"]


@pytest.mark.parametrize(
    ("act", "error", "word"),
    [
        (SetVariable(name="a"), UsageError, "a value, or a reference"),
        (SetVariable(name="a", value="x", secret="env:A"), UsageError, "a value, or a reference"),
        (SetVariable(name="a", secret="A"), UsageError, "not a reference"),
        (SetVariable(name="a\n", value="x"), UsageError, "printable"),
        (SetVariable(name="a", value="x" * (300 << 10)), UsageError, "larger than"),
        (SetConnection(conn_id="c", entry={"uri": "pg://u:pw@h"}), RefusedError, "plain-text secret"),
        (SetConnection(conn_id="c", entry={"hots": "x"}), UsageError, "not have 'hots'"),
        (DeleteVariable(name="a"), UnknownError, "no variable 'a'"),
        (DeleteConnection(conn_id="a"), UnknownError, "no connection 'a'"),
    ],
)
async def test_refused(bench: Bench, act: SetVariable, error: type[Exception], word: str) -> None:
    with pytest.raises(error, match=word):
        bench.engine.plan(act)
    assert kept(bench)["variable"] == {}


async def test_who_wants_a_secret_in_clear_may(bench: Bench) -> None:
    bench.act(SetConnection(conn_id="c", entry={"uri": "pg://u:pw@h"}, clear_secrets=True))
    assert kept(bench)["connection"] == {"c": {"uri": "pg://u:pw@h"}}


DAG = """
import os, subprocess
from penstock import DAG, BashOperator, BaseHook, Connection, Variable, task

with DAG("values", schedule=None, is_paused_upon_creation=False) as dag:
    @task
    def look():
        assert Variable.get("region") == "eu"
        assert Variable.get("nested", deserialize_json=True) == {"k": [1]}
        for name in ("by_env", "by_file", "by_cmd"):
            print("value", Variable.get(name))
        db = BaseHook.get_connection("db")
        print("password", db.password, "in", db.get_uri(), db.host, db.schema)
        subprocess.run("echo from below: $0", shell=True, executable="/bin/echo")
        os.write(1, db.password.encode() + b" raw\\n")
        assert not [name for name in os.environ if name.startswith("PENSTOCK_SECRET_")]
        return len(db.password)

    @task
    def write():
        Variable.set("written", {"a": 1}, serialize_json=True)
        assert Variable.get("written", deserialize_json=True) == {"a": 1}
        assert Variable.setdefault("region", "no") == "eu"
        Variable.delete("written")
        Variable.delete("written")
        assert Variable.get("written", default=None) is None

    @task(retries=0)
    def fail():
        raise ValueError("no luck with " + Variable.get("by_file"))

    rendered = BashOperator(
        task_id="rendered",
        bash_command="echo {{ var.value.region }} {{ var.json.nested.k[0] }} {{ conn.db.host }} "
        "{{ var.value.by_env }}",
    )
    token = {"TOKEN": "env:SOURCE_ENV"}
    given = BashOperator(task_id="given", bash_command='echo "it is $TOKEN"', secrets=token)
    look(), write(), fail()
"""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    monkeypatch.setenv("SOURCE_ENV", CANARIES[0])
    secret = tmp_path / "outside" / "secret"
    secret.parent.mkdir()
    secret.write_text(CANARIES[1] + "\n")
    config = f'[variables]\nby_file = {{ secret = "file:{secret}" }}\n'
    made = Instance(tmp_path / "home", config)
    made.write_dag("values", DAG)
    yield made
    made.close()


def test_tasks_find_them_and_leave_no_trace_of_secrets(instance: Instance) -> None:
    instance.start()
    split = CANARIES[2].replace("-", "$(printf -)", 1)
    with instance.client() as engine:
        for act in (
            SetVariable(name="region", value="eu"),
            SetVariable(name="nested", value='{"k": [1]}'),
            SetVariable(name="by_env", secret="env:SOURCE_ENV"),
            SetVariable(name="by_cmd", secret=f"cmd:echo {split}"),
            SetConnection(
                conn_id="db",
                entry={"uri": "pg://etl@host.example/db", "secrets": {"password": "env:SOURCE_ENV"}},
            ),
        ):
            engine.commit(act)
        run_id = engine.commit(Trigger(dag_id="values")).run_id
        assert run_id is not None
        wait_for(lambda: engine.run("values", run_id).run.state in RUN_TERMINAL, 60, "the run does not end")
        detail = engine.run("values", run_id)
        states = {row.task_id: row.state.value for row in detail.tasks}
        logs = {
            row.task_id: bytes(engine.read_log(row.attempt_id, 0, 1 << 20).data).decode()
            for row in detail.tasks
            if row.attempt_id
        }
        done = dict.fromkeys(("look", "write", "rendered", "given"), "success")
        assert states == {**done, "fail": "failed"}, logs
        assert detail.run.state is RunState.FAILED
        failed = next(row for row in detail.tasks if row.task_id == "fail")
        assert failed.reason is not None
        assert "no luck with ***" in failed.reason
        acts = [event.actor for event in engine.events(limit=500) if event.kind == "act_variable_set"]
        assert "task values.write" in acts
    assert logs["rendered"].splitlines()[-1] == "eu 1 host.example ***"
    assert logs["given"] == "it is ***\n"
    assert logs["look"].count("value ***") == 3
    assert "*** raw" in logs["look"]
    assert "no luck with ***" in logs["fail"]
    instance.stop()
    for path in instance.home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found = [canary for canary in CANARIES if canary.encode() in data]
            assert found == [], path
