#!/usr/bin/env bash
# dbt-core 1.11.16: after a run that was interrupted, `dbt retry` says "Nothing to do" and ends with 0.
#
# `dbt retry` runs what failed in the last run, by target/run_results.json. A run that is killed (out of
# memory, a machine that restarts) does not write that file, so the file is still that of the run before. If
# that one went well, there is nothing to do, although half of the models are missing. A script with
# `dbt build || dbt retry` then ends with success.
#
# Installs dbt-core==1.11.16, dbt-duckdb==1.11.1, duckdb==2.0.1 in a temporary folder (about 200 MB); exits 1
# when the behaviour has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${PYTHON:-python3}" -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check dbt-core==1.11.16 dbt-duckdb==1.11.1 duckdb==2.0.1
mkdir -p "$dir/shop/models" && cd "$dir/shop"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_PROFILES_DIR=. DBT_USE_COLORS=false
cat > dbt_project.yml <<'CODE'
name: shop
version: "1.0"
profile: shop
models: {shop: {+materialized: table}}
CODE
cat > profiles.yml <<'CODE'
shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 1}}}
CODE
echo "select 1 as n" > models/first.sql
echo "select n from {{ ref('first') }}" > models/second.sql
tables() {
  "$dir/venv/bin/python" -c 'import duckdb; print(sorted(r[0] for r in duckdb.connect("shop.duckdb").execute("show tables").fetchall()))'
}
dbt="$dir/venv/bin/dbt"
"$dbt" --quiet build
before=$(tables)
"$dir/venv/bin/python" -c 'import duckdb; c = duckdb.connect("shop.duckdb"); c.execute("drop table second"); c.execute("drop table first")'
# The second run is killed while it makes the first model.
echo "select count(*) as n from range(4000000) a join range(4000000) b on a.range % 7 = b.range % 11" > models/first.sql
"$dbt" build > build.log 2>&1 &
pid=$!
for _ in $(seq 600); do grep -q "START sql table model main.first" build.log && break; sleep 0.1; done
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
echo "select 1 as n" > models/first.sql
code=0
"$dbt" retry > retry.log 2>&1 || code=$?
after=$(tables)
echo "tables after the first run:  $before"
echo "second run:                  killed in its first model"
echo "dbt retry:                   exit code $code, $(grep -o 'Nothing to do' retry.log | head -1)"
echo "tables after dbt retry:      $after"
[ "$before" = "['first', 'second']" ] && [ "$code" = 0 ] && grep -q "Nothing to do" retry.log && [ "$after" = "[]" ] || exit 1
echo "seen: the retry found nothing to do, and nothing had been made"
