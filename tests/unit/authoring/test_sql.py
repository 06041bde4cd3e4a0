"""SQL tasks in the databases that need no server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drive.tasks import Ran, Runs
from penstock import DAG, SQLExecuteQueryOperator
from penstock.task_process.databases import run_sql


@pytest.fixture(params=["sqlite", "duckdb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}:///{tmp_path}/a b.db"


def execute(tmp_path: Path, connections: dict[str, str] | None = None, **options: Any) -> Ran:
    """Run one SQL task."""
    dag = DAG("d", schedule=None, template_searchpath=str(tmp_path))
    SQLExecuteQueryOperator(task_id="q", dag=dag, **options)
    return Runs(tmp_path / "attempts").here(dag, "q", connections=connections or {})


def test_statements_in_one_transaction(url: str, tmp_path: Path) -> None:
    made = execute(
        tmp_path,
        conn_id="db",
        connections={"db": url},
        sql="CREATE TABLE t (n INTEGER, day TEXT); -- a; comment\n"
        "INSERT INTO t VALUES (1, '{{ ds }}'), (2, 'semi;colon');\n;\n"
        "SELECT n, day FROM t ORDER BY n; -- the end",
    )
    assert made.kind == "success", made.ending.reason
    assert made.xcoms == {"return_value": [[1, "2026-01-15"], [2, "semi;colon"]]}


def test_an_error_leaves_nothing_behind(url: str, tmp_path: Path) -> None:
    run_sql(url, ["CREATE TABLE t (n INTEGER)"])
    broken = ["INSERT INTO t VALUES (1)", "INSERT INTO nowhere VALUES (1)"]
    assert execute(tmp_path, conn_id=url, sql=broken).kind == "failed"
    assert run_sql(url, ["SELECT count(*) FROM t"])[0].rows == [[0]]
    assert execute(tmp_path, conn_id=url, sql=broken, autocommit=True).kind == "failed"
    assert run_sql(url, ["SELECT count(*) FROM t"])[0].rows == [[1]]


def test_parameters_go_where_they_are_asked_for(url: str, tmp_path: Path) -> None:
    sql = "CREATE TABLE t (n INTEGER, s TEXT); INSERT INTO t VALUES (?, ?);"
    assert execute(tmp_path, conn_id=url, sql=sql, parameters=[1, "a'b"]).kind == "success"
    mark = "$" if url.startswith("duckdb") else ":"
    found = execute(
        tmp_path,
        conn_id=url,
        sql=f"SELECT s FROM t WHERE n = {mark}n; SELECT n FROM t WHERE s = {mark}s",
        parameters={"n": 1, "s": "{{ params.s }}"},
        params={"s": "a'b"},
        return_last=False,
    )
    assert found.xcoms == {"return_value": [[["a'b"]], [[1]]]}, found.ending.reason


def test_a_file_is_rendered_and_a_list_gives_a_list(url: str, tmp_path: Path) -> None:
    (tmp_path / "query.sql").write_text("SELECT '{{ ds }}' AS day")
    assert execute(tmp_path, conn_id=url, sql="query.sql").xcoms == {"return_value": [["2026-01-15"]]}
    several = execute(tmp_path, conn_id=url, sql=["SELECT 1", "query.sql"])
    assert several.xcoms == {"return_value": [[[1]], [["2026-01-15"]]]}


def test_what_the_log_says(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    execute(
        tmp_path,
        conn_id=url,
        sql="CREATE TABLE t (n INTEGER); INSERT INTO t SELECT 7; SELECT n AS number FROM t; "
        'SELECT 5 AS "Count"',
    )
    told = capsys.readouterr().out
    assert "INSERT INTO t SELECT 7  [1 changed," in told
    assert "[1 row," in told
    assert "  number\n  7\n" in told
    assert "  Count\n  5\n" in told


def test_many_rows_are_told_short() -> None:
    (result,) = run_sql(
        "sqlite:///:memory:",
        ["WITH RECURSIVE c(n) AS (SELECT 1 UNION SELECT n+1 FROM c LIMIT 30) SELECT n FROM c"],
    )
    assert len(result.rows) == 30
    assert result.summary(rows=True).splitlines()[-1] == "  ... and 20 more"
    assert len(result.summary(rows=False).splitlines()) == 1


def test_handlers_and_no_xcom(url: str, tmp_path: Path) -> None:
    ran = execute(tmp_path, conn_id=url, sql="SELECT 3", handler=lambda cursor: cursor.fetchone()[0])
    assert ran.xcoms == {"return_value": 3}
    assert execute(tmp_path, conn_id=url, sql="SELECT 3", do_xcom_push=False).xcoms == {}


def test_connections_that_cannot_be_used(tmp_path: Path) -> None:
    missing = execute(tmp_path, conn_id="nope", sql="SELECT 1")
    assert "connection 'nope' does not exist" in str(missing.ending.reason)
    strange = execute(tmp_path, conn_id="oracle://x/y", sql="SELECT 1")
    assert "sqlite or duckdb, not 'oracle'" in str(strange.ending.reason)


def test_values_that_json_cannot_hold_are_kept_typed(tmp_path: Path) -> None:
    ran = execute(tmp_path, conn_id="duckdb:///:memory:", sql="SELECT DATE '2026-01-02', 1.50::DECIMAL(9, 2)")
    assert ran.kind == "success", ran.ending.reason
    day, price = ran.xcoms["return_value"][0]
    assert (day["__data__"], price["__data__"]) == ("2026-01-02", "1.50")
