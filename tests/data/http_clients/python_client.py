"""The usual script with the Python client. It runs in an environment of its own."""

from __future__ import annotations

import datetime as dt
import sys
import time

import airflow_client.client as airflow
from airflow_client.client.api import (
    backfill_api,
    dag_api,
    dag_run_api,
    monitor_api,
    task_instance_api,
    variable_api,
    x_com_api,
)

HOST, TOKEN = sys.argv[1:]
NOVEMBER = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
with airflow.ApiClient(airflow.Configuration(host=HOST, access_token=TOKEN)) as api:
    assert monitor_api.MonitorApi(api).get_health().scheduler.status == "healthy"
    dags = dag_api.DAGApi(api)
    assert dags.get_dags(order_by=["-dag_id"]).total_entries == 4
    assert set(dags.get_dag_details("etl").params) == {"region", "limit", "full"}
    runs = dag_run_api.DagRunApi(api)
    body = airflow.TriggerDAGRunPostBody(
        dag_run_id="script", logical_date=None, conf={"region": "us"}, note="by a script"
    )
    run = runs.trigger_dag_run("etl", body)
    assert (run.note, run.run_type.value, run.triggered_by.value) == ("by a script", "manual", "rest_api")
    for _ in range(300):
        run = runs.get_dag_run("etl", "script")
        if run.state.value in ("success", "failed"):
            break
        time.sleep(0.2)
    assert run.state.value == "success", run.state
    tasks = task_instance_api.TaskInstanceApi(api)
    assert tasks.get_task_instances("etl", "script").total_entries == 8
    assert tasks.get_mapped_task_instance("etl", "script", "load.one", 1).rendered_map_index == "1"
    log = tasks.get_log("etl", "script", "extract", 1)
    assert [line.event for line in log.content.actual_instance] == ["reading us", "warn", "42"], log.content
    xcoms = x_com_api.XComApi(api)
    entry = xcoms.get_xcom_entry(
        dag_id="etl", dag_run_id="script", task_id="extract", xcom_key="return_value"
    )
    assert entry.actual_instance.value == "42"
    assert runs.get_dag_runs("~", run_after_gte=NOVEMBER, run_type=["manual"]).total_entries == 1
    listed = runs.get_list_dag_runs_batch("~", airflow.DAGRunsBatchBody(dag_ids=["etl"], page_limit=1))
    assert listed.total_entries == 1
    clear = airflow.ClearTaskInstancesBody(
        dry_run=False,
        dag_run_id="script",
        only_failed=False,
        task_ids=[airflow.ClearTaskInstancesBodyTaskIdsInner("done")],
    )
    assert tasks.post_clear_task_instances("etl", clear).total_entries == 1
    variables = variable_api.VariableApi(api)
    assert variables.post_variable(airflow.VariableBody(key="region", value="eu")).value == "eu"
    dry = airflow.BackfillPostBody(
        dag_id="daily", from_date=NOVEMBER, to_date=NOVEMBER + dt.timedelta(days=3)
    )
    assert backfill_api.BackfillApi(api).create_backfill_dry_run(dry).total_entries == 4
    try:
        runs.trigger_dag_run("etl", body)
    except airflow.exceptions.ConflictException:
        sys.stdout.write("done\n")
