"""The DAGs of the pictures: a small shop, with a history, failures, assets and a pool that is too small."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock import DAG, Asset, BashOperator, Pool, TaskGroup, task

Pool("archive", slots=1, description="one writer")

ORDERS = Asset("orders", uri="s3://shop/orders", group="shop")
RATES = Asset("rates", group="shop")
SALES = Asset("sales_by_day", group="shop")
WORK = "sleep 0.$(( (10#{{ ds_nodash }} * 7919 + %d) %% 60 + 10 ))"


def ring(_context: Any) -> None:
    """Call somebody, without luck."""
    raise ConnectionError("no answer from pager.example.com")


with DAG(
    "sales",
    description="Orders, stock and prices of each day into the warehouse",
    schedule="0 4 * * *",
    catchup="none",
    max_active_runs=4,
    tags=["shop"],
):
    with TaskGroup("pull") as pull:
        for number, source in enumerate(("orders", "stock", "prices")):
            BashOperator(task_id=source, bash_command=WORK % (number * 13), outlets=[ORDERS] * (not number))
    check = BashOperator(
        task_id="check",
        bash_command="""
            case {{ ds }} in *-04|*-11|*-19)
                if [ {{ ti.try_number }} = 1 ]; then
                    echo "ERROR 14 orders of {{ ds }} have no customer" >&2
                    exit 1
                fi
            esac
            echo "every order of {{ ds }} has a customer"
        """,
    )

    @task
    def load(region: str) -> int:
        """Load one region."""
        print(f"loading {region}")
        return len(region)

    loads = load.expand(region=["north", "east", "south", "west"])
    pull >> check >> loads >> BashOperator(task_id="report", bash_command=WORK % 29, outlets=[SALES])

for name, command in {
    "invoices": "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 9))'",
    "ledger": "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 9))'",
    "newsletter": "echo 'ERROR spring.html, line 12: the block footer is not closed' >&2; exit 2",
}.items():
    with DAG(name, schedule=None, catchup="none", tags=["shop"], on_failure_callback=ring):
        send = BashOperator(task_id="send", bash_command=command, retry_delay=timedelta(seconds=1))
        send >> BashOperator(task_id="record", bash_command="echo recorded")

with DAG("margins", schedule=ORDERS & RATES, catchup="none", tags=["shop"]):
    BashOperator(task_id="compute", bash_command="echo computed", outlets=[Asset("margins", group="shop")])

with DAG("dashboard", schedule=SALES, catchup="none", tags=["shop"]):
    BashOperator(task_id="draw", bash_command="echo drawn")

with DAG("forecast_demand", schedule=None, catchup="none", tags=["shop"]):
    BashOperator(
        task_id="train",
        bash_command="""exec python3 -c '
import time
table = bytearray(180_000_000)
for _ in range(900):
    with open("model.bin", "wb") as file:
        file.write(table[:8_000_000])
    time.sleep(0.5)
'""",
    )

for name in ("reload", "compact", "export"):
    with DAG(name, schedule=None, catchup="none", tags=["shop"]):
        BashOperator(task_id=name, bash_command="sleep 900", pool="archive")
