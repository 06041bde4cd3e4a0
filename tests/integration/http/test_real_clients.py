"""Programs for Airflow from the registry, pinned, each in an environment of its own, operate an engine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from drive.http_api import ServedApi
from drive.real_tools import installed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TESTS = Path(__file__).resolve().parents[2]
SCRIPT = TESTS / "data" / "http_clients" / "python_client.py"


def test_the_python_client_runs_the_usual_script(sample_api: ServedApi) -> None:
    programs = installed("apache-airflow-client==3.3.2")
    address = f"http://127.0.0.1:{sample_api.port}"
    done = subprocess.run(
        [str(programs / "python"), str(SCRIPT), address, sample_api.secrets["admin"]],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_the_command_line_client_lists_pauses_and_makes(sample_api: ServedApi, tmp_path: Path) -> None:
    programs = installed("apache-airflow-ctl==0.1.5")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW_CLI_TOKEN": sample_api.secrets["admin"],
        "HOME": str(tmp_path),
    }
    (tmp_path / "production.json").write_text(f'{{"api_url": "http://127.0.0.1:{sample_api.port}"}}')

    def said(*words: str) -> str:
        done = subprocess.run(
            [programs / "airflowctl", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert '"dag_id": "etl"' in said("dags", "list", "-o", "json")
    assert "successful" in said("dags", "pause", "etl")
    assert "manual__" in said("dags", "trigger", "daily")
    assert '"ctl"' in said("pools", "create", "--name", "ctl", "--slots", "3", "-o", "json")
    assert '"ctl"' in said("variables", "create", "--key", "ctl", "--value", "x", "-o", "json")
    for group in ("pools", "variables", "connections", "assets", "jobs", "providers", "plugins"):
        said(group, "list", "-o", "json")
    assert "3.3.2" in said("version", "--remote")
