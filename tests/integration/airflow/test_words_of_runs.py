"""What tasks of many public files ask of their run and of themselves, and tasks that get their DAG late."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from integration.airflow.conftest import Load, Write, only
from penstock.settings import Settings
from penstock.testing.ran import run

ASKS = """
from datetime import datetime
from airflow import DAG
from airflow.exceptions import AirflowSkipException
from airflow.operators.python import PythonOperator
from airflow.utils.state import State

def skip():
    raise AirflowSkipException

def watch(**context):
    run, ti = context["dag_run"], context["task_instance"]
    others = {each.task_id: each.current_state() for each in run.get_task_instances()}
    assert others.pop(ti.task_id) == "running"
    assert others == {"ok": "success", "skipped": "skipped", "after": None}, others
    assert [each.task_id for each in run.get_task_instances(state=State.SKIPPED)] == ["skipped"]
    ok = run.get_task_instance("ok")
    assert (ok.state, ok.try_number, ok.operator) == ("success", 1, "PythonOperator")
    assert ok.duration >= 0 and ok.execution_date == context["execution_date"]
    assert run.get_task_instance("nobody") is None
    assert run.get_state() == "running" and run.dag.dag_id == ti.get_dagrun().dag_id
    assert "d " in ti.log_url and ti.log_url.startswith("penstock logs"), ti.log_url
    said = (ti.operator, ti.queue, ti.pool, ti.priority_weight, ti.prev_attempted_tries, ti.job_id)
    assert said == ("PythonOperator", "default", "default_pool", 1, 0, None), said
    assert ti.hostname and ti.unixname and ti.pid
    assert context["execution_date"].format("YYYY-MM-DD") == context["ds"]
    return ti.get_template_context()["ds"]

with DAG("d", start_date=datetime(2024, 1, 1), schedule_interval=None) as dag:
    one = PythonOperator(task_id="ok", python_callable=lambda: 1)
    two = PythonOperator(task_id="skipped", python_callable=skip)
    watcher = PythonOperator(task_id="watch", python_callable=watch, trigger_rule="all_done")
    [one, two] >> watcher >> PythonOperator(task_id="after", python_callable=print)
"""


def test_a_task_may_look_at_its_run_and_at_itself(write: Write, settings: Settings) -> None:
    done = run(write(ASKS), logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)
    done.check()
    assert done.xcom("watch") == "2026-01-15"


LATE = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.dummy import DummyOperator
from airflow.utils.task_group import TaskGroup

dag = DAG("late", start_date=datetime(2024, 1, 1), schedule_interval=None)
first = DummyOperator(task_id="first", dag=dag)
second = DummyOperator(task_id="second")
second.dag = dag
alone = BashOperator(task_id="alone", bash_command="true")
alone.dag = dag
third = DummyOperator(task_id="third")
third.set_upstream(second)
first >> second
with dag, TaskGroup("g") as group:
    inner = DummyOperator(task_id="inner")
assert group.get_child_by_label("inner") is inner
assert dag.task_group.get_child_by_label("g") is group
assert first.get_direct_relatives() == [second] and third.get_direct_relatives(upstream=True) == [second]
assert first.get_flat_relative_ids() == {"second", "third"}
assert third.get_flat_relatives(upstream=True) == [first, second]
"""


def test_a_task_joins_the_dag_that_is_set_later(load: Load) -> None:
    dag = only(load(LATE))
    assert {task.task_id: task.upstream for task in dag.tasks} == {
        "first": (), "second": ("first",), "alone": (), "third": ("second",), "g.inner": (),
    }  # fmt: skip


OVER = """
from airflow.sdk import Asset, asset, task

@asset(schedule=None)
@task.bash(retries=3)
def listing():
    return "echo done"

@asset(schedule=None, uri="x-thing://rows")
@task(multiple_outputs=True)
def rows(self, listing, ds=None):
    return {"own": self.name, "other": listing.name}
"""


def test_an_asset_may_stand_over_a_task(write: Write, load: Load, settings: Settings) -> None:
    first, second = load(OVER).dags
    [task] = first.tasks
    assert (task.task_id, task.operator, task.retries) == ("listing", "@task.bash", 3)
    assert [asset.name for asset in task.outlets] == ["listing"]
    assert [asset.name for asset in second.tasks[0].inlets] == ["listing"]
    path = write(OVER)
    for dag_id, value in (("listing", "done"), ("rows", {"own": "rows", "other": "listing"})):
        done = run(path, dag_id, settings=settings)
        done.check()
        assert done.xcom(dag_id) == value


VALUES = """
import datetime
from airflow.macros import random
from airflow.sdk import DAG, ObjectStoragePath, task
from airflow.providers.standard.operators.bash import BashOperator

assert 0 <= random() < 1

with DAG("d", schedule=None):
    @task
    def put(folder: str) -> ObjectStoragePath:
        path = ObjectStoragePath(f"file://{folder}") / "a.txt"
        path.write_text("hello")
        return path

    @task
    def get(path: ObjectStoragePath):
        return path.read_text() + " " + path.name

    get(put("{{ params.folder }}"))
    BashOperator(task_id="n", bash_command="echo {{ macros.random() < 1 }} {{ macros.random.randint(7, 7) }}")
"""


def test_a_path_is_handed_on_and_random_can_be_called(
    write: Write, settings: Settings, tmp_path: Path
) -> None:
    pytest.importorskip("fsspec")
    path = write(VALUES.replace("{{ params.folder }}", str(tmp_path)))
    done = run(path, settings=settings)
    done.check()
    assert (done.xcom("get"), done.xcom("n")) == ("hello a.txt", "True 7")


PREPARED = """
from airflow import DAG
from airflow.models import BaseOperator
from airflow.operators.bash import BashOperator
from airflow.stats import Stats
from airflow.utils.helpers import at_most_one, convert_camel_to_snake, is_container, validate_key
from airflow.utils.state import TerminalTIState
from airflow.utils.email import get_email_address_list
from airflow.sdk.definitions.asset import BaseAsset, Dataset, Model

assert Stats.incr("files") is None and TerminalTIState.SUCCESS == "success"
assert at_most_one(0, 1) and is_container([]) and not is_container("a") and issubclass(Dataset, BaseAsset)
assert convert_camel_to_snake("aBigName") == "a_big_name"
assert get_email_address_list("a@b; c@d") == ["a@b", "c@d"]
validate_key("a-b")

class Script(BaseOperator):
    template_fields = ("sql",)
    template_ext = (".sql",)

    def __init__(self, *, sql, **more):
        super().__init__(**more)
        self.sql = sql

    def prepare_template(self):
        super().prepare_template()
        self.sql = "; ".join(self.sql)

    def execute(self, context):
        return self.sql

with DAG("d", schedule=None, params={"table": "t"}):
    Script(task_id="s", sql=["one.sql", "select '{{ params.table }}'"])
    BashOperator(task_id="b", bash_command="true", executor="KubernetesExecutor")
"""


def test_templates_are_prepared_after_their_files_are_read(
    write: Write, load: Load, settings: Settings
) -> None:
    write("select 1 from {{ params.table }}", "dags/one.sql")
    assert only(load(PREPARED)).warnings[-1] == (
        "argument executor is ignored: KubernetesExecutor is one of Airflow's"
    )
    done = run(write(PREPARED), settings=settings)
    done.check()
    assert done.xcom("s") == "select 1 from t; select 't'"


BOXES = """
from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import DeviceRequest, Mount

try:
    from docker import from_env
except ImportError:
    from_env = None
assert from_env is None
with DAG("d", schedule_interval=None):
    box = DockerOperator(
        task_id="box", image="busybox", device_requests=[DeviceRequest(count=-1)],
        mounts=[Mount("/in", "/data", type="bind", read_only=True), Mount(source="v", target="/out")],
    )
words = box._words()
assert [words[at + 1] for at, word in enumerate(words) if word == "--mount"] == [
    "target=/in,source=/data,type=bind,readonly", "target=/out,source=v,type=volume",
], words
"""


def test_mounts_need_no_docker_library(load: Load) -> None:
    if find_spec("docker") is not None:
        pytest.skip("docker is installed")
    only(load(BOXES))
