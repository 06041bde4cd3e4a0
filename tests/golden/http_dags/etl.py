"""Sales."""

import datetime as dt

from penstock import DAG, Asset, BashOperator, EmptyOperator, Param, TaskGroup, task

mart = Asset("sales_mart", uri="file:///mart/sales.csv", group="mart", extra={"owner": "data"})
with DAG(
    "etl",
    schedule="0 6 * * *",
    start_date=dt.datetime(2026, 11, 1),
    catchup="none",
    description="Loads sales",
    tags=["nightly", "sales"],
    max_active_runs=3,
    default_args={"owner": "data", "retries": 1, "retry_delay": 3},
    doc_md="# Sales\nLoads sales.",
    params={
        "region": Param("eu", type="string", enum=["eu", "us"], description="Region"),
        "limit": 10,
        "full": Param(default=False, type="boolean"),
    },
):
    extract = BashOperator(
        task_id="extract", bash_command="echo reading {{ params.region }}; echo warn >&2; echo 42"
    )

    @task
    def values(n):
        return {
            "rows": 3,
            "ok": True,
            "when": dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
            "nested": [1, 2.5, None, "x"],
        }

    @task
    def several(ti=None):
        ti.xcom_push("an_int", 7)
        ti.xcom_push("a_float", 2.5)
        ti.xcom_push("a_none", None)
        ti.xcom_push("a_list", [1, "b", {"c": 3}])
        ti.xcom_push("a_time", dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
        ti.xcom_push("a_tuple", (1, 2))
        ti.xcom_push("a_text", "t")
        return "text result"

    values(extract.output)
    several()
    with TaskGroup("load"):

        @task
        def one(n):
            return n * 2

        @task(outlets=[mart])
        def publish(ns):
            print(list(ns))

        publish(one.expand(n=[1, 2, 3]))
    EmptyOperator(task_id="done")
