"""What files of many people do: names by odd paths, enums that are not there, outputs as mappings."""

from __future__ import annotations

from datetime import UTC, datetime

from integration.airflow.conftest import Load, Write, only
from penstock.settings import Settings
from penstock.testing.ran import run

ODD_NAMES = """
from airflow import DAG
from airflow.models.abstractoperator import TaskStateChangeCallback
from airflow.models.dag import DagStateChangeCallback
from airflow.configuration import conf
from airflow.models.taskinstance import Context, TaskInstance, TaskInstanceKey
from airflow.models.taskinstancekey import TaskInstanceKey as same
from airflow.operators.bash import BashOperator
from airflow.providers.cncf.kubernetes.secret import Secret
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator, OnFinishAction
from airflow.utils.context import Context as theirs
from airflow.www import utils as wwwutils

assert Context is theirs
assert conf.get("logging", "base_log_folder").endswith("/logs")

def told(kind: str) -> DagStateChangeCallback:
    def tell(context: Context) -> None:
        ti: TaskInstance = context["ti"]
        print(wwwutils.something(ti))
    return tell

with DAG("x", schedule_interval=None, on_failure_callback=told("x")):
    BashOperator(task_id="t", bash_command="true") >> KubernetesPodOperator(
        task_id="pod", on_finish_action=OnFinishAction.DELETE_SUCCEEDED_POD.value, image="i",
        secrets=[Secret("env", "WORD", "store")],
    )
"""


def test_names_by_odd_paths_load(load: Load) -> None:
    dag = only(load(ODD_NAMES))
    assert [task.cannot_run is None for task in dag.tasks] == [True, False]


OUTPUTS = """
from airflow.decorators import task
from airflow.models import DAG
from airflow.operators.bash import BashOperator
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.sensors.bash import BashSensor

with DAG("x", schedule_interval=None):
    @task
    def secrets():
        return {"WORD": "said"}

    env = secrets()
    BashOperator(task_id="echo", bash_command="echo $WORD", env=env, append_env=True)
    BashSensor(task_id="look", bash_command='[ "$WORD" = said ]', env=env)
    DockerOperator(task_id="box", image="busybox", environment=env)
"""


def test_the_output_of_a_task_may_be_an_environment(write: Write, load: Load, settings: Settings) -> None:
    dag = only(load(OUTPUTS))
    assert {task.task_id: task.upstream for task in dag.tasks} == {
        "secrets": (),
        "echo": ("secrets",),
        "look": ("secrets",),
        "box": ("secrets",),
    }
    path = write(OUTPUTS.replace('    DockerOperator(task_id="box", image="busybox", environment=env)\n', ""))
    done = run(path, logical_date=datetime(2026, 1, 15, tzinfo=UTC), settings=settings)
    done.check()
    assert done.xcom("echo") == "said"
