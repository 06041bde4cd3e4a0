"""DAGs of a store that is only read: versions, groups, mapping, assets, and one that cannot be read."""

from __future__ import annotations

import sqlalchemy as sa

from data.builders import add_dag, dag, insert, task
from data.rows.when import at, us
from penstock.model.assets import AssetCondition, AssetSpec
from penstock.model.spec import (
    CommandSpec,
    DeadlineSpec,
    ExpandSpec,
    GroupSpec,
    MapInput,
    ParamSpec,
    ScheduleSpec,
)
from penstock.store import tables
from penstock.store.database import Database

NOON_DAILY = ScheduleSpec(kind="cron", crons=("0 12 * * *",), text="0 12 * * *")
ORDERS = AssetSpec(name="orders", uri="s3://orders")
TOTALS = AssetSpec(name="totals", uri="s3://totals", group="sums", extra={"owner": "ann"})
STREAM = AssetSpec(name="stream", alias=True)

ETL_1 = dag(
    "etl",
    task("extract", doc="its first words"),
    task("old", "extract", group="g", pool="warehouse"),
    task("load", "old"),
    schedule=NOON_DAILY,
    groups=(GroupSpec(group_id="g"),),
)
ETL_2 = dag(
    "etl",
    task("extract"),
    task("old", "extract", doc="its last words", line=22),
    task("older", "extract", operator="EmptyOperator"),
    task("load", "old", "older"),
    schedule=NOON_DAILY,
)
ETL_3 = dag(
    "etl",
    task(
        "extract", line=7, doc="gets the orders", owner="eve", retries=3, retry_delay=90.0, outlets=(ORDERS,)
    ),
    task(
        "load",
        "extract",
        group="g.in",
        trigger_rule="all_done",
        inlets=(ORDERS,),
        outlets=(TOTALS, STREAM),
        execution_timeout=3600.0,
        priority_weight=5,
        command=CommandSpec(argv=("load", "--all"), env={"API_TOKEN": "x", "DAY": "1"}, cwd="/srv"),
        secrets={"DB": "vault:db"},
        display_name="Load all",
    ),
    task("check", "load", group="g", operator="PythonOperator", launch="python", pool="warehouse"),
    task("report", "load", pool="warehouse", pool_slots=2, retries=2, max_active_tis_per_dag=4),
    file="folder/etl.py",
    line=3,
    description="orders to totals",
    doc="# ETL",
    schedule=NOON_DAILY,
    groups=(GroupSpec(group_id="g", tooltip="both"), GroupSpec(group_id="g.in", parent="g")),
    params={
        "day": ParamSpec(default="today", json_schema={"type": "string"}, description="which day"),
        "db_password": ParamSpec(default="hush"),
        "must": ParamSpec(required=True, json_schema={"type": "integer", "description": "its own"}),
    },
    owner="Ops",
    tags=("nightly", "Core"),
    max_active_runs=3,
    max_active_tasks=7,
    max_consecutive_failed_runs=2,
    warnings=("an argument was ignored",),
    dialect="2",
    dialect_because="it imports airflow",
)
FAN = dag(
    "fan",
    task("start"),
    task(
        "part",
        "start",
        expand=ExpandSpec(kind="product", inputs={"x": MapInput(kind="literal", length=3, value=[1, 2, 3])}),
        pool="parts",
        max_active_tis_per_dagrun=2,
    ),
    task("inner", "part", group="many"),
    groups=(
        GroupSpec(
            group_id="many",
            expand=ExpandSpec(kind="product", inputs={"y": MapInput(kind="literal", length=2, value=[1, 2])}),
        ),
    ),
    owner="fanny",
    tags=("wide",),
)
HOURLY = dag(
    "hourly",
    task("tick"),
    task("tock", "tick", pool="waits"),
    schedule=ScheduleSpec(kind="cron_interval", crons=("@hourly",), text="@hourly", timezone="Europe/Berlin"),
    timezone="Europe/Berlin",
    start_date=at("02-20 00:00"),
    end_date=at("04-01 00:00"),
    catchup="all",
    deadlines=(DeadlineSpec(reference="due", seconds=600.0, name="soon"),),
)
BUYER = dag(
    "buyer",
    task("buy", inlets=(TOTALS,), owner="zoe"),
    schedule=ScheduleSpec(
        text="orders and (totals or stream)",
        assets=AssetCondition(
            kind="all",
            of=(
                AssetCondition(kind="asset", name="orders", uri="s3://orders"),
                AssetCondition(
                    kind="any",
                    of=(
                        AssetCondition(kind="name", name="totals"),
                        AssetCondition(kind="alias", name="stream"),
                        AssetCondition(kind="uri", uri="s3://orders"),
                    ),
                ),
            ),
        ),
    ),
    tags=("Core",),
)
GONE = dag("gone", task("last"), schedule=NOON_DAILY, owner="ops-old")
IDLE = dag("idle", task("only"), file="broken.py", schedule=ScheduleSpec(kind="once", text="@once"))
DROPPED = dag("dropped", task("lost"))


def fill_dags(database: Database) -> dict[str, int]:
    """Store the DAGs, and return the keys of their versions."""
    keys = {
        "etl 1": add_dag(database, ETL_1, seen=at("02-01 08:00")),
        "etl 2": add_dag(database, ETL_2, seen=at("02-18 08:30")),
        "fan": add_dag(database, FAN, seen=at("02-02 08:00")),
        "etl 3": add_dag(
            database,
            ETL_3,
            seen=at("02-25 09:00"),
            cursor_us=us("03-01 12:00"),
            cursor_start_us=us("03-01 12:00"),
            cursor_end_us=us("03-01 12:00"),
        ),
        "hourly": add_dag(
            database,
            HOURLY,
            seen=at("02-20 00:30"),
            cursor_us=us("03-01 14:00"),
            cursor_start_us=us("03-01 13:00"),
            cursor_end_us=us("03-01 14:00"),
        ),
        "buyer": add_dag(database, BUYER, seen=at("02-03 10:00")),
        "gone": add_dag(
            database,
            GONE,
            seen=at("02-04 10:00"),
            missing=True,
            cursor_us=us("02-10 12:00"),
            cursor_start_us=us("02-10 12:00"),
            cursor_end_us=us("02-10 12:00"),
        ),
        "idle": add_dag(database, IDLE, seen=at("02-05 10:00")),
        "dropped": add_dag(database, DROPPED, seen=at("02-06 10:00")),
        "broken": add_dag(database, dag("broken", task("a")), seen=at("02-07 10:00")),
    }
    with database.write() as connection:
        connection.execute(sa.text("DELETE FROM dag WHERE dag_id = 'dropped'"))
        connection.execute(
            sa.text(
                "UPDATE dag_version SET spec = '{\"dag_id\": 1}', spec_hash = :hash WHERE dag_id = 'broken'"
            ),
            {"hash": "b" * 64},
        )
        connection.execute(
            sa.text("UPDATE dag_version SET source_hash = printf('%08d', id * 11) || source_hash")
        )
    for name, kind, line in (("broken.py", "NameError: x", 3), ("a.py", "it has no DAG", None)):
        insert(
            database,
            tables.ImportErrorRow,
            file=name,
            message=kind,
            line=line,
            detail="Traceback" if line else None,
            since_us=us("02-28 07:00"),
        )
    return keys
