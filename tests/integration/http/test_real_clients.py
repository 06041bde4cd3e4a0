"""Real clients from the registry, pinned, each in an environment of its own, against `penstock api serve`."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.http_api import ServedApi
from drive.instance import Instance
from penstock.api.client import socket_engine
from penstock.api.connect import stored_engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TESTS = Path(__file__).resolve().parents[2]
SCRIPT = TESTS / "data" / "http_clients" / "python_client.py"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApi]:
    instance = Instance(tmp_path_factory.mktemp("home"))
    for file in (TESTS / "golden" / "http_dags").glob("*.py"):
        instance.write_dag(file.stem, file.read_text())
    instance.start()
    settings = instance.settings
    try:
        with ServedApi(settings, lambda: stored_engine(settings), socket_engine(settings.socket)) as served:
            yield served
    finally:
        instance.close()


def installed(folder: Path, *packages: str) -> Path:
    """Return the programs of an environment that has *packages*."""
    venv.create(folder, with_pip=True)
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        *packages,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "bin"


def test_the_python_client_runs_the_usual_script(api: ServedApi, tmp_path: Path) -> None:
    programs = installed(tmp_path / "client", "apache-airflow-client==3.3.2")
    address = f"http://127.0.0.1:{api.port}"
    done = subprocess.run(
        [str(programs / "python"), str(SCRIPT), address, api.secrets["admin"]],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_the_command_line_client_lists_pauses_and_makes(api: ServedApi, tmp_path: Path) -> None:
    programs = installed(tmp_path / "ctl", "apache-airflow-ctl==0.1.5")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW_CLI_TOKEN": api.secrets["admin"],
        "HOME": str(tmp_path),
    }
    (tmp_path / "production.json").write_text(f'{{"api_url": "http://127.0.0.1:{api.port}"}}')

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
