#!/usr/bin/env bash
# dlt 1.31.0: `pipeline.run(data)` loads what an earlier process had extracted, and not *data*.
#
# If a process ends between extract and load (it is stopped, or the machine restarts), its package stays
# pending. The next run() gets new data, loads the pending package, warns, returns as usual and drops the new
# data: the program ends with 0, and rows are missing. A second run() with the same data loads them.
#
# Installs dlt==1.31.0 and duckdb==1.4.4 in a temporary folder; exits 1 when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check "dlt[duckdb]==1.31.0" duckdb==1.4.4
cd "$dir"
export DLT_DATA_DIR="$dir/state" RUNTIME__DLTHUB_TELEMETRY=false
cat > load.py <<'CODE'
import sys

import dlt

pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="raw")
what, number = sys.argv[1], int(sys.argv[2])
if what == "extract":
    pipeline.extract([{"id": number}], table_name="orders")
else:
    pipeline.run([{"id": number}], table_name="orders")
    with pipeline.sql_client() as client:
        print("ids", sorted(row[0] for row in client.execute_sql("select id from orders")))
CODE
run() { "$dir/venv/bin/python" load.py "$@" 2>>"$dir/warnings"; }
first=$(run run 1)
run extract 2  # a process that ends before it has loaded
second=$(run run 3)
third=$(run run 3)
echo "run with id 1:                         $first"
echo "id 2 extracted; run with id 3:         $second"
echo "run with id 3 once more:               $third"
[ "$first" = "ids [1]" ] && [ "$second" = "ids [1, 2]" ] && [ "$third" = "ids [1, 2, 3]" ] || exit 1
echo "seen: the run that was given id 3 loaded id 2 and ended with 0"
