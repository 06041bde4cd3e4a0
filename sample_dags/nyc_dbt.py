"""The mart of nyc_flights once more, as a dbt project: the same figures, made by models.

It reads what nyc_flights has loaded into the warehouse, and makes its tables in a schema of its own. One
dbt runs them all, and each has a row in the run. The DAG is only there where dbt is: install
``penstock[dbt]``, or name a program in the variable ``dbt``. Try it without an engine::

    penstock test sample_dags/nyc_flights.py nyc_flights --logical-date 2013-01-05
    penstock test sample_dags/nyc_dbt.py nyc_dbt
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from nyc.places import places
from penstock import DbtDag, Variable

PLACES = places(Variable.get("nyc_flights_data", default=None))
BESIDE = Path(sys.executable).with_name("dbt")
DBT = Variable.get("dbt", default=None) or shutil.which("dbt") or shutil.which(BESIDE)

if DBT:
    DbtDag(
        "nyc_dbt",
        description="The mart of nyc_flights as a dbt project",
        schedule=None,
        project_dir="nyc_dbt",
        render="project",
        dbt=DBT,
        env={"NYC_WAREHOUSE": str(PLACES.warehouse)},
        pool="warehouse",  # nyc_flights makes this pool, and writes to the same file
        default_args={"retries": 1, "retry_delay": 5},
        tags=["sample"],
    )
