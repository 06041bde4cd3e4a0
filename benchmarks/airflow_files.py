"""W14: what a task's process pays for a DAG file in Airflow's words, beside one in ours and a bare Python.

Each is a process that has what a task's process has, and executes the file; nothing else runs. One imports
the provider package http, where that is installed (`penstock airflow providers install http`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import distributions
from pathlib import Path

from benchmarks.figures import Report, Scale, median

_PLAIN = """
from datetime import datetime
from penstock import DAG, PythonOperator
with DAG("d", start_date=datetime(2024, 1, 1)):
    PythonOperator(task_id="t", python_callable=print)
"""
_AIRFLOW = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
with DAG("d", start_date=datetime(2024, 1, 1), schedule_interval="@daily"):
    PythonOperator(task_id="t", python_callable=print, provide_context=True)
"""
_MISSING = _AIRFLOW + "from airflow.providers.amazon.aws.operators.s3 import S3ListOperator\n"
_PROVIDER = (
    _AIRFLOW
    + """
from airflow.providers.http.operators.http import HttpOperator
with DAG("e", start_date=datetime(2024, 1, 1), schedule_interval=None):
    HttpOperator(task_id="get", endpoint="x")
"""
)
_PACKAGE = "apache-airflow-providers-http"
_PEAK = """
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""
"""Prints the process's own peak in KiB: what the kernel tells a parent includes the time before it began."""
_RUN = (
    """
import sys
import penstock.task_process.main, penstock.task_process.context_keys
from penstock.authoring.source import execute
data = open(sys.argv[1], "rb").read()
execute(sys.argv[1], data, airflow={"known": "2"})
"""
    + _PEAK
)


def measure(scale: Scale) -> Report:
    """Measure it."""
    report = Report("airflow_files", "a task's process that executes its DAG file: ours, Airflow's words")
    rounds = scale.count(4 * scale.rounds, least=3)
    with tempfile.TemporaryDirectory() as folder:
        commands = {"floor": [sys.executable, "-c", _PEAK]}
        files = {"plain": _PLAIN, "airflow": _AIRFLOW, "airflow, missing": _MISSING}
        if any(found.name == _PACKAGE for found in distributions()):
            files["airflow, provider"] = _PROVIDER
        for name, text in files.items():
            file = Path(folder, f"{name.replace(', ', '_')}.py")
            file.write_text(text)
            commands[name] = [sys.executable, "-c", _RUN, str(file)]
        costs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
        for command in commands.values():
            _cost(command)
        for _ in range(rounds):
            for name, command in commands.items():
                costs[name].append(_cost(command))
    middle = {name: [median(part) for part in zip(*found, strict=True)] for name, found in costs.items()}
    shown = {
        name: dict(zip(("wall_ms", "cpu_ms", "peak_mib"), parts, strict=True))
        for name, parts in middle.items()
    }
    report.floor = {"name": "a Python that reads its own memory", **shown.pop("floor")}
    report.figures = dict(shown)
    for name in list(files)[1:]:
        more = [mine - plain for mine, plain in zip(middle[name], middle["plain"], strict=True)]
        report.figures[f"{name}: more than plain"] = {"cpu_ms": more[1], "peak_mib": more[2]}
    report.ratios = {f"{name}, cpu": parts[1] / middle["floor"][1] for name, parts in middle.items()}
    hook = report.figures["airflow: more than plain"]
    report.budget("cpu ms of the hook", max(0.01, hook["cpu_ms"]), 60.0, 30.0)
    report.budget("MiB of the hook", max(0.01, hook["peak_mib"]), 12.0, 6.0)
    return report


def _cost(command: list[str]) -> tuple[float, float, float]:
    """Return milliseconds of wall and CPU time and the peak of memory in MiB."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    printed = process.stdout.read().split()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begun
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return wall * 1e3, (used.ru_utime + used.ru_stime) * 1e3, int(printed[-1]) / 1024
