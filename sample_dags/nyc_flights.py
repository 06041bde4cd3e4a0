"""The daily load of five real tables, from a file drop to a dashboard.

A run loads New York's calendar day of its logical date: scheduled, triggered, backfilled or tested,
one date always means the same rows. Try it without an engine::

    penstock test sample_dags/nyc_flights.py nyc_flights --logical-date 2013-01-05

The steps are plain functions in ``nyc/`` beside this file; here is only what runs when.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from nyc.places import NEW_YORK, local_day, places
from penstock import (
    DAG,
    BashOperator,
    EmptyOperator,
    FileSensor,
    Param,
    Pool,
    SQLExecuteQueryOperator,
    TaskGroup,
    Variable,
    task,
)

# DuckDB takes one writer. Whoever needs the warehouse waits here for the one slot, over all runs.
Pool("warehouse", slots=1, description="DuckDB takes one writer")
# Of two dashboards, the one made last must have read last.
Pool("dashboard", slots=1)

# The variable puts the data elsewhere: [variables] in penstock.toml, or PENSTOCK_VAR_NYC_FLIGHTS_DATA.
PLACES = places(Variable.get("nyc_flights_data", default=None))

with DAG(
    "nyc_flights",
    description="Delays of the flights that left New York in 2013",
    schedule="@daily",
    timezone=NEW_YORK,
    start_date=datetime(2013, 1, 1),  # noqa: DTZ001 - in the DAG's time zone
    end_date=datetime(2013, 12, 31),  # noqa: DTZ001
    catchup="none",
    params={
        "publish_seconds": Param(
            2.0, "How long the source system takes to publish a day", type="number", minimum=0, maximum=600
        )
    },
    user_defined_macros={"places": PLACES, "local_day": local_day},
    tags=["sample"],
):

    @task
    def publish(logical_date: datetime | None = None, params: Any = None) -> Any:
        """Be the source system: put the day's files into the drop, the marker last."""
        from nyc import source

        return source.publish(PLACES, local_day(logical_date), seconds=params["publish_seconds"])

    publish()

    # It waits beside `publish`, not after it: a real source would not be in this DAG at all.
    wait_for_drop = FileSensor(
        task_id="wait_for_drop",
        filepath="{{ places.ready(local_day(logical_date)) }}",
        poke_interval=0.5,
        timeout=120,
    )

    # The marker promises how many rows each file has.
    verify_drop = BashOperator(
        task_id="verify_drop",
        cwd="{{ places.drop(local_day(logical_date)) }}",
        bash_command="""
            while read -r file rows; do
                found=$(($(wc -l < "$file") - 1))
                echo "$file: $found of $rows rows"
                [ "$found" -eq "$rows" ] || { echo "$file is not whole" >&2; exit 1; }
            done < _READY
            wc -c *.csv | tail -n 1
        """,
    )

    with TaskGroup(
        "check", tooltip="Before anything is loaded: a bad drop leaves the warehouse as it is"
    ) as check:

        @task
        def check_drop(name: str, logical_date: datetime | None = None) -> Any:
            """Refuse the drop when a rule is broken, naming the rows; count the known gaps."""
            from nyc import quality

            return quality.check(PLACES, name, local_day(logical_date))

        for rules in ("keys", "references", "volumes"):
            check_drop.override(task_id=rules)(rules)

    # A retry covers what may pass by itself, such as someone looking into the warehouse with the
    # DuckDB shell. It is not what keeps our own tasks apart: that is the pool.
    with TaskGroup(
        "ingest",
        default_args={
            "pool": "warehouse",
            "retries": 3,
            "retry_delay": timedelta(seconds=5),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=1),
        },
        tooltip="By delta: what is already there is not written again",
    ) as ingest:

        @task
        def ingest_table(name: str, logical_date: datetime | None = None) -> Any:
            """Load one table and return what changed."""
            from nyc import ingest

            return ingest.ingest(PLACES, name, local_day(logical_date))

        for name in ("airlines", "airports", "planes"):
            ingest_table.override(task_id=name)(name)
        flights = ingest_table.override(task_id="flights")("flights")
        weather = ingest_table.override(task_id="weather")("weather")

    @task.branch
    def anything_new(*loads: dict[str, Any]) -> str:
        """Skip the heavy rebuild when the mart was already built from exactly these rows."""
        stale = [load["table"] for load in loads if load["stale"]]
        print(f"the mart of the day is behind: {', '.join(stale)}" if stale else "the mart is up to date")
        return "rebuild_mart" if stale or not PLACES.figures.exists() else "nothing_new"

    rebuild_mart = SQLExecuteQueryOperator(
        task_id="rebuild_mart",
        conn_id="duckdb:///{{ places.warehouse }}",
        sql=["nyc/sql/mart.sql", "nyc/sql/figures.sql"],
        pool="warehouse",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=True,
        do_xcom_push=False,
    )

    nothing_new = EmptyOperator(task_id="nothing_new")

    @task(trigger_rule="none_failed_min_one_success", pool="dashboard")
    def dashboard() -> Any:
        """Draw the page anew, whichever way the branch went, and print its key figures."""
        from nyc import dashboard

        return dashboard.build(PLACES)

    wait_for_drop >> verify_drop >> check >> ingest
    ingest >> anything_new(flights, weather) >> [rebuild_mart, nothing_new] >> dashboard()
