"""flowrs, a terminal client for Airflow: the real program in a pseudo-terminal operates an engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drive.http_api import ServedApi
from drive.real_tools import installed
from drive.terminal import Terminal
from drive.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LEFT, ENTER, ESCAPE = b"\x1b[D", b"\r", b"\x1b"
CONFIG = """
active_server = "penstock"
poll_interval_ms = 500
theme = "dark"

[[servers]]
name = "penstock"
endpoint = "http://127.0.0.1:{port}/"
version = "V3"

[servers.auth.{auth}
"""
TOKEN = 'Token]\ntoken = "{secret}"'
BASIC = 'Basic]\nusername = "admin"\npassword = "{secret}"'


def flowrs(api: ServedApi, folder: Path, auth: str) -> Terminal:
    file = folder / "flowrs.toml"
    said = auth.format(secret=api.secrets["admin"])
    file.write_text(CONFIG.format(port=api.port, auth=said))
    program = installed("flowrs==0.16.2") / "flowrs"
    return Terminal([str(program), "run", "--file", str(file)], (140, 40), {"HOME": str(folder)})


def state(api: ServedApi, run_id: str, **wanted: Any) -> Callable[[], bool]:
    """Return the question whether a run of etl is so."""

    def is_so() -> bool:
        found = api.get(f"dags/etl/dagRuns/{run_id}").body
        return {name: found[name] for name in wanted} == wanted

    return is_so


def instance(api: ServedApi, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"dags/etl/dagRuns/{run_id}/taskInstances/extract").body
    return found


def runs(api: ServedApi) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("dags/etl/dagRuns?order_by=-run_after").body["dag_runs"]
    return found


def test_a_run_is_triggered_read_cleared_and_marked(sample_api: ServedApi, tmp_path: Path) -> None:
    api = sample_api
    before = len(runs(api))
    with flowrs(api, tmp_path, TOKEN) as screen:
        screen.sees("daily", "etl", "flaky", "report", "daily at 0")
        screen.send(b"ggj")
        screen.send(ENTER)
        screen.sees("penstock > etl", "DAG Run ID")

        screen.send(b"t")  # the form has the parameters of the DAG
        screen.sees("Trigger DAG Run", "limit", "eu  (1/2)", "Region")
        screen.send(b"jj ")
        screen.sees("us  (2/2)")
        screen.send(b"\t" + LEFT + ENTER)
        wait_for(lambda: len(runs(api)) == before + 1, 30, "nothing is triggered")
        run = runs(api)[0]
        assert (run["conf"]["region"], run["triggering_user_name"]) == ("us", "admin")
        run_id = run["dag_run_id"]
        wait_for(state(api, run_id, state="success"), 60, "the run does not end")

        screen.sees(run_id[:28])
        screen.send(b"gg" + ENTER)
        screen.sees("Task ID", "done", "extract", "load.publish")
        screen.send(b"ggj")
        screen.send(ENTER)
        screen.sees("reading us", "| 42 |")
        screen.send(ESCAPE)
        screen.sees("Task ID")

        screen.send(b"c")
        screen.sees("Clear this Task Instance?")
        screen.send(LEFT + ENTER)
        wait_for(lambda: instance(api, run_id)["try_number"] == 2, 60, "nothing is cleared")
        wait_for(state(api, run_id, state="success"), 60, "the run does not end again")

        screen.send(b"m")
        screen.sees("Mark status as", "Skipped")
        screen.send(b"k")
        screen.send(ENTER)
        wait_for(lambda: instance(api, run_id)["state"] == "failed", 30, "nothing is marked")

        screen.send(ESCAPE)
        screen.sees("DAG Run ID", run_id[:28])
        screen.send(b"m")
        screen.sees("Mark status as", "Queued")
        screen.send(ENTER)
        wait_for(state(api, run_id, state="success"), 30, "the run is not marked")
        screen.send(b"c")
        screen.sees("Clear this DAG Run?")
        screen.send(LEFT + ENTER)
        wait_for(lambda: instance(api, run_id)["try_number"] == 3, 60, "the run is not cleared")
        wait_for(state(api, run_id, state="success"), 60, "the run does not end once more")

        screen.send(b"v")
        screen.sees("BashOperator")
        screen.send(ESCAPE)
        screen.sees("DAG Run ID")
        screen.send(b"d")
        screen.sees("extract", "values")
        screen.send(ESCAPE + ESCAPE)
        assert "HTTP" not in screen.text()


def test_name_and_password_open_it_and_a_dag_is_paused(sample_api: ServedApi, tmp_path: Path) -> None:
    api = sample_api
    assert api.patch("dags/daily", {"is_paused": False}).status == 200
    with flowrs(api, tmp_path, BASIC) as screen:
        screen.sees("daily", "etl")
        screen.send(b"gg")
        screen.send(b"p")
        wait_for(lambda: api.get("dags/daily").body["is_paused"], 30, "it is not paused")
        screen.send(b"p")
        wait_for(lambda: not api.get("dags/daily").body["is_paused"], 30, "it is not resumed")
        assert "Error" not in screen.text()
