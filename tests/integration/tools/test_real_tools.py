"""What `docs/tools.md` says of other tools, with the tools themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.real_tools import installed
from drive.sample_home import SampleHome, states
from drive.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LUIGI = """
import luigi

class Fails(luigi.Task):
    def run(self):
        raise ValueError("no")

    def output(self):
        return luigi.LocalTarget("never")

class After(luigi.Task):
    def requires(self):
        return Fails()

    def output(self):
        return luigi.LocalTarget("never either")

class Missing(luigi.ExternalTask):
    def output(self):
        return luigi.LocalTarget("not there")
"""
CODES = """
[retcode]
already_running = 10
missing_data = 20
not_run = 25
task_failed = 30
scheduling_error = 35
unhandled_exception = 40
"""
DLT = """
import os, signal, sys
import dlt

pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="raw")
what, number = sys.argv[1:]
if what == "killed":
    pipeline.extract([{"id": int(number)}], table_name="orders")
    os.kill(os.getpid(), signal.SIGKILL)
if what == "finish" and pipeline.has_pending_data:
    pipeline.run()
pipeline.run([{"id": int(number)}], table_name="orders")
with pipeline.sql_client() as client:
    print("ids", sorted(row[0] for row in client.execute_sql("select id from orders")))
"""
SNAKEFILE = """
rule all:
    input: "second"

rule first:
    output: "first"
    shell: "echo half > {output}; sleep ${{SECONDS_OF_FIRST:-0}}; echo whole >> {output}"

rule second:
    input: "first"
    output: "second"
    shell: "cp {input} {output}"
"""
OPENED = """
import duckdb, sys
try:
    connection = duckdb.connect("shop.duckdb", read_only=sys.argv[1] == "read")
except duckdb.Error as error:
    sys.exit(str(error))
print(connection.execute("select count(*) from orders").fetchone()[0])
"""
WRITER = """
import duckdb, time
connection = duckdb.connect("shop.duckdb")
connection.execute("create table orders as select 1 as id")
connection.execute("checkpoint")
connection.execute("insert into orders values (2)")
print("open", flush=True)
time.sleep(600)
"""
SODA = """
dataset: shop/main/orders
columns:
  - name: id
checks:
  - row_count:
      threshold: {{must_be_greater_than: {least}, level: {level}}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[SampleHome]:
    made = SampleHome(tmp_path / "home", "stop_grace = 2\n")
    yield made
    made.close()


def outcome(home: SampleHome, command: str, cwd: Path, *, exit_code: int) -> tuple[str, str]:
    """Run *command* as a task; return its state and what it printed."""
    file = home.write_dag(
        "tool",
        "from penstock import DAG, BashOperator\n\n"
        "with DAG('tool', schedule=None):\n"
        f"    BashOperator(task_id='run', bash_command={command!r}, cwd={str(cwd)!r})\n",
    )
    done = home.type("test", file, exit_code=exit_code, limit=300)
    report = home.ask("test", file, exit_code=exit_code, limit=300)
    return states(report)["run"], done.stdout + done.stderr


@pytest.mark.parametrize(
    ("task", "without", "code"),
    [("Fails", "success", 30), ("After", "success", 30), ("Missing", "success", 20)],
)
def test_luigi_needs_exit_codes(home: SampleHome, tmp_path: Path, task: str, without: str, code: int) -> None:
    (tmp_path / "work.py").write_text(LUIGI)
    luigi = installed("luigi==3.8.1") / "luigi"
    command = f"PYTHONPATH=. {luigi} --module work {task} --local-scheduler"
    assert outcome(home, command, tmp_path, exit_code=0)[0] == without
    (tmp_path / "luigi.cfg").write_text(CODES)
    state, said = outcome(home, command, tmp_path, exit_code=1)
    assert state == "failed"
    assert f"exit {code}" in said or f"exit code {code}" in said


def test_a_notebook_that_ends_its_interpreter_fails(home: SampleHome, tmp_path: Path) -> None:
    cells = ["print('first')", "import os; os._exit(0)", "print('never')"]
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "python3", "language": "python"}},
        "cells": [
            {"cell_type": "code", "id": f"c{place}", "metadata": {}, "outputs": [], "source": text}
            | {"execution_count": None}
            for place, text in enumerate(cells)
        ],
    }
    (tmp_path / "in.ipynb").write_text(json.dumps(notebook))
    papermill = installed("papermill==2.7.0", "ipykernel==7.4.0") / "papermill"
    state, said = outcome(home, f"{papermill} in.ipynb out.ipynb", tmp_path, exit_code=1)
    assert state == "failed"
    assert "exit 138" in said or "exit code 138" in said


def test_dlt_loads_what_a_killed_run_left_and_not_the_new_data(tmp_path: Path) -> None:
    (tmp_path / "load.py").write_text(DLT)
    python = installed("dlt[duckdb]==1.31.0") / "python"
    own = {"DLT_DATA_DIR": str(tmp_path / "state"), "RUNTIME__DLTHUB_TELEMETRY": "false"}

    def load(what: str, number: int) -> tuple[int, str]:
        done = subprocess.run(
            [python, "load.py", what, str(number)],
            cwd=tmp_path, env={**os.environ, **own}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.strip()

    assert load("run", 0) == (0, "ids [0]")
    assert load("killed", 1)[0] == -signal.SIGKILL
    assert load("run", 2) == (0, "ids [0, 1]")
    assert load("killed", 3)[0] == -signal.SIGKILL
    assert load("finish", 4) == (0, "ids [0, 1, 3, 4]")


@pytest.mark.parametrize(
    ("least", "level", "code", "state"),
    [(0, "fail", 0, "success"), (5, "warn", 2, "success"), (5, "fail", 1, "failed")],
)
def test_a_warning_of_soda_passes_when_it_is_let(
    home: SampleHome, tmp_path: Path, least: int, level: str, code: int, state: str
) -> None:
    folder = installed("soda-core==4.28.0", "soda-duckdb==4.28.0")
    make = "import duckdb; duckdb.connect('shop.duckdb').execute('create table orders as select 1 as id')"
    subprocess.run([folder / "python", "-c", make], cwd=tmp_path, check=True)
    (tmp_path / "shop.yml").write_text("type: duckdb\nname: shop\nconnection: {database: shop.duckdb}\n")
    (tmp_path / "orders.yml").write_text(SODA.format(least=least, level=level))
    soda = (
        f"export SODA_CORE_TELEMETRY_ENABLED=false; {folder}/soda contract verify -ds shop.yml -c orders.yml"
    )
    ended, said = outcome(home, soda, tmp_path, exit_code=int(code != 0))
    assert ended == ("failed" if code else "success")
    assert code == 0 or f"exit {code}" in said or f"exit code {code}" in said
    letting = f"{soda}; code=$?; [ $code -eq 2 ] && exit 0; exit $code"
    assert outcome(home, letting, tmp_path, exit_code=int(state == "failed"))[0] == state


def snakemake(folder: Path) -> subprocess.Popen[bytes]:
    """Start snakemake on a job that does not end, and wait until the job has made half of its file."""
    process = subprocess.Popen(
        [installed("snakemake==9.27.1") / "snakemake", "--cores", "2"],
        cwd=folder,
        env={**os.environ, "SECONDS_OF_FIRST": "600"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for((folder / "first").exists, 120, "the job does not begin")
    return process


def test_a_stopped_snakemake_takes_its_half_made_file_away(home: SampleHome, tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    process = snakemake(tmp_path)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 1
    assert not (tmp_path / "first").exists()
    program = installed("snakemake==9.27.1") / "snakemake"
    assert outcome(home, f"{program} --cores 2", tmp_path, exit_code=0)[0] == "success"
    assert (tmp_path / "second").read_text() == "half\nwhole\n"


def test_a_killed_snakemake_is_locked_and_half_made_until_it_is_told(
    home: SampleHome, tmp_path: Path
) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    process = snakemake(tmp_path)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    assert (tmp_path / "first").read_text() == "half\n"
    program = installed("snakemake==9.27.1") / "snakemake"
    state, said = outcome(home, f"{program} --cores 2", tmp_path, exit_code=1)
    assert (state, "incomplete" in said) == ("failed", True), said
    state, said = outcome(home, f"{program} --cores 2 --rerun-incomplete", tmp_path, exit_code=1)
    assert (state, "cannot be locked" in said) == ("failed", True), said
    command = f"{program} --unlock && {program} --cores 2 --rerun-incomplete"
    assert outcome(home, command, tmp_path, exit_code=0)[0] == "success"
    assert (tmp_path / "second").read_text() == "half\nwhole\n"


def test_a_duckdb_has_one_process_and_what_a_killed_one_wrote(tmp_path: Path) -> None:
    python = installed("duckdb==2.0.1") / "python"

    def opened(how: str, by: Path = python) -> tuple[int, str]:
        done = subprocess.run(
            [by, "-c", OPENED, how], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.strip() or done.stderr

    with subprocess.Popen([python, "-c", WRITER], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        for how in ("read", "write"):
            code, said = opened(how)
            assert (code, "Conflicting lock is held" in said, f"PID {writer.pid}" in said) == (1, True, True)
        writer.kill()
    wal = tmp_path / "shop.duckdb.wal"
    assert wal.exists()
    assert opened("read") == (0, "2")
    assert wal.exists()
    assert opened("write") == (0, "2")
    assert not wal.exists()
    code, said = opened("read", installed("duckdb==1.4.4") / "python")
    assert (code, "version" in said) == (1, True)
