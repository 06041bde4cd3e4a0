"""MCP servers for Airflow from the registry, pinned: what an assistant asks of them is asked of an engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drive.http_api import ServedApi
from drive.mcp_server import McpServer
from drive.real_tools import installed
from drive.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_one_makes_its_tools_from_our_document(sample_api: ServedApi, tmp_path: Path) -> None:
    programs = installed("airflow-mcp-server==0.9.1", "mcp==1.30.0")  # it needs the SDK before 2.0
    address = f"http://127.0.0.1:{sample_api.port}"
    command: list[str | Path] = [programs / "airflow-mcp-server", "--base-url", address, "--static-tools"]
    with McpServer([*command, "--auth-token", sample_api.secrets["admin"]], {}, tmp_path / "log") as server:
        document = sample_api.send("GET", "/openapi.json", by=None).body
        operations = {how["operationId"] for path in document["paths"].values() for how in path.values()}
        assert server.tools() <= operations
        assert len(server.tools()) >= 80
        day = "2026-11-05T00:00:00Z"  # it knows no null
        run = answer(server.call("trigger_dag_run", dag_id="daily", logical_date=day, dag_run_id="mcp"))
        assert (run["dag_run_id"], run["triggered_by"]) == ("mcp", "rest_api")
        wait_for(ended(sample_api, "daily", "mcp"), 60, "the run does not end")
        listed = answer(server.call("get_task_instances", dag_id="daily", dag_run_id="mcp"))
        assert {row["task_id"]: row["state"] for row in listed["task_instances"]} == {
            "a": "success", "b": "success",
        }  # fmt: skip
        answer(server.call("patch_dag", dag_id="daily", is_paused=True))
        assert sample_api.get("dags/daily").body["is_paused"]
        assert answer(server.call("post_pool", name="mcp", slots=2))["slots"] == 2


def test_another_explores_triggers_and_explains(sample_api: ServedApi, tmp_path: Path) -> None:
    programs = installed("astro-airflow-mcp==0.9.1")
    address, secret = f"http://127.0.0.1:{sample_api.port}", sample_api.secrets["admin"]
    command: list[str | Path] = [
        programs / "astro-airflow-mcp",
        "--airflow-url",
        address,
        "--auth-token",
        secret,
    ]
    with McpServer(command, {}, tmp_path / "log") as server:
        assert answer(server.call("get_airflow_version"))["version"] == "3.3.2"
        assert {dag["dag_id"] for dag in answer(server.call("list_dags"))["dags"]} == {
            "daily", "etl", "flaky", "report",
        }  # fmt: skip
        run = answer(server.call("trigger_dag_and_wait", dag_id="etl", conf={"region": "us"}, timeout=120))
        run_id = run["dag_run"]["dag_run_id"]
        assert run["dag_run"]["state"] == "success"
        log = server.call("get_task_logs", dag_id="etl", dag_run_id=run_id, task_id="extract", try_number=1)
        assert "reading us" in log
        for tool in ("explore_dag", "get_dag_source", "list_tasks", "pause_dag", "unpause_dag"):
            assert "error_type" not in server.call(tool, dag_id="etl"), tool
        found = answer(server.call("diagnose_dag_run", dag_id="etl", dag_run_id=run_id))
        assert found["run_info"]["state"] == "success"
        cleared = answer(
            server.call(
                "clear_task_instances", dag_id="etl", dag_run_id=run_id, task_ids=["done"], dry_run=False,
                only_failed=False,
            )
        )  # fmt: skip
        assert [row["task_id"] for row in cleared["task_instances"]] == ["done"]
        wait_for(ended(sample_api, "etl", run_id), 60, "the run does not end")
        for tool in ("list_pools", "list_variables", "list_connections", "list_assets", "get_system_health"):
            assert "error_type" not in server.call(tool), tool
        refused = server.call("delete_dag_run", dag_id="etl", dag_run_id=run_id)
        assert "409" in refused


def test_one_that_logs_in_with_a_password_reads(sample_api: ServedApi, tmp_path: Path) -> None:
    """mcp-airflow-api asks /auth/token for a token. Airflow 3 refuses some of its requests too."""
    environment = {
        "AIRFLOW_API_BASE_URL": f"http://127.0.0.1:{sample_api.port}/api",
        "AIRFLOW_API_VERSION": "v2",
        "AIRFLOW_API_USERNAME": "admin",
        "AIRFLOW_API_PASSWORD": sample_api.secrets["admin"],
    }
    command: list[str | Path] = [installed("mcp-airflow-api==3.1.5") / "python", "-m", "mcp_airflow_api"]
    with McpServer(command, environment, tmp_path / "log") as server:
        assert {dag["dag_id"] for dag in answer(server.call("list_dags"))["dags"]} >= {"etl", "daily"}
        graph = answer(server.call("dag_graph", dag_id="daily"))["task_graph"]
        assert graph["a"]["downstream_task_ids"] == ["b"]
        assert answer(server.call("pause_dag", dag_id="daily"))["is_paused"] is True
        assert "warehouse" not in server.call("list_pools")
        assert answer(server.call("running_dags"))["total_running"] == 0
        assert "EmptyOperator" in server.call("dag_code", dag_id="daily")


def answer(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def ended(api: ServedApi, dag_id: str, run_id: str) -> Callable[[], bool]:
    return lambda: api.get(f"dags/{dag_id}/dagRuns/{run_id}").body["state"] == "success"
