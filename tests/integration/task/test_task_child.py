"""The process of a Python task, as the supervisor starts it."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from drive.tasks import ChildRan, Runs, read_record
from penstock.attempts import files

BATTERY = Path(__file__).parents[2] / "golden" / "battery" / "flow.py"
BASH: dict[str, Any] = json.loads((BATTERY.parents[1] / "battery.json").read_text())["flow"]["fl_bash"][
    "tasks"
]

CONTEXT_ENV = {"AIRFLOW_CTX_DAG_ID": "fl_bash", "AIRFLOW_CTX_TRY_NUMBER": "1"}
"""What the engine adds to every attempt's environment, as far as the battery looks at it."""

HEADER = """
import os, sys, time
from datetime import datetime, timedelta
from penstock import *
with DAG("d", schedule=None) as dag:
"""


def write(folder: Path, body: str, name: str = "a_dag.py") -> Path:
    """Write a DAG file whose ``with DAG`` block holds *body*."""
    file = folder / name
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    file.write_text(HEADER.lstrip() + lines + "\n")
    return file


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "attempts")


def test_success_needs_no_verdict(runs: Runs, tmp_path: Path) -> None:
    file = write(tmp_path, "@task\ndef f(): return {'n': (1, 2)}\nf()")
    ran = runs.child(file, "d", "f")
    assert (ran.code, ran.verdict, ran.output) == (0, None, "")
    assert ran.xcoms["return_value"]["n"]["__data__"] == [1, 2]


def test_a_plain_task_imports_little(runs: Runs, tmp_path: Path) -> None:
    file = tmp_path / "a_dag.py"
    file.write_text(
        "import sys\nfrom penstock import DAG, task\n"
        "with DAG('d', schedule='@daily', default_args={'retries': 2}):\n"
        "    @task\n    def f(ds, params): print(*sys.modules)\n    f()\n"
    )
    ran = runs.child(file, "d", "f")
    assert ran.code == 0, ran.output
    assert "penstock.task_process.run" in ran.output
    dear = "asyncio dataclasses inspect jinja2 jsonschema logging msgspec pathlib psutil sqlalchemy sqlmodel"
    dear += " tempfile textual traceback typing zoneinfo croniter"
    assert set(ran.output.split()) & set(dear.split()) == set()


def test_a_failure_shows_the_authors_lines_as_they_were(runs: Runs, tmp_path: Path) -> None:
    file = write(tmp_path, "@task\ndef f():\n    broken = 1 / 0  # pinned\nf()")
    pinned = tmp_path / "pinned.py"
    pinned.write_bytes(file.read_bytes())
    file.write_text("# something else by now\n")
    ran = runs.child(file, "d", "f", source=str(pinned))
    assert ran.code == 1
    assert ran.verdict is not None
    assert ran.verdict["kind"] == "failed"
    assert ran.verdict["reason"] == "ZeroDivisionError: division by zero"
    assert f'File "{file}", line 7' in ran.output
    assert "# pinned" in ran.output
    assert "penstock" not in ran.output.replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("body", "kind", "code", "reason"),
    [
        ("raise SkipException('not today')", "skipped", 0, "not today"),
        ("raise SkipException", "skipped", 0, None),
        ("raise FailException('no use')", "fail_without_retry", 1, "FailException: no use"),
        ("sys.exit(7)", "failed", 7, "sys.exit(7)"),
        ("sys.exit('gone')", "failed", 1, "sys.exit('gone')"),
        ("return open", "failed", 1, None),
    ],
)
def test_endings(body: str, kind: str, code: int, reason: str | None, runs: Runs, tmp_path: Path) -> None:
    file = write(tmp_path, f"@task\ndef f():\n    {body}\nf()")
    ran = runs.child(file, "d", "f")
    assert ran.verdict is not None
    assert (ran.verdict["kind"], ran.code) == (kind, code)
    if body.startswith("return"):
        assert "cannot be kept as an XCom" in ran.verdict["reason"]
    else:
        assert ran.verdict["reason"] == reason
    assert "return_value" not in ran.xcoms


def test_leaving_with_exit_zero_is_success(runs: Runs, tmp_path: Path) -> None:
    ran = runs.child(write(tmp_path, "@task\ndef f():\n    sys.exit()\nf()"), "d", "f")
    assert (ran.code, ran.verdict) == (0, None)


def test_values_travel_between_attempts(runs: Runs, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
@task(multiple_outputs=True)
def one():
    return {"a": 1, "v": datetime(2026, 1, 2)}
@task
def two(a, v, ti):
    assert ti.xcom_pull("one") == {"a": 1, "v": datetime(2026, 1, 2)}
    return [a, v.year]
made = one()
two(made["a"], made["v"])
""",
    )
    assert runs.child(file, "d", "one").xcoms.keys() == {"a", "v", "return_value"}
    assert runs.child(file, "d", "two").xcoms == {"return_value": [1, 2026]}


@pytest.mark.parametrize("task_id", sorted(BASH.keys() - {"outproc"}))
def test_bash_as_measured(task_id: str, runs: Runs) -> None:
    ran = runs.child(BATTERY, "fl_bash", task_id, env=CONTEXT_ENV | {"AIRFLOW_CTX_TASK_ID": task_id})
    golden = BASH[task_id]
    codes = {"exit1": 1, "exit99": 99, "exit5skip": 5}
    assert ran.code == codes.get(task_id, 0)
    assert golden["state"] == {0: "success", 1: "failed"}.get(ran.code, "skipped")
    assert ran.verdict is None
    if "xcom" in golden:
        assert last_line(ran) == golden["xcom"]


def last_line(ran: ChildRan) -> str:
    """Return what the supervisor would keep."""
    return (ran.output.splitlines() or [""])[-1].strip()


def test_a_rendered_command_is_the_process(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "script.sh").write_text("echo {{ ds }} {{ params.n }}; kill -9 $$\n")
    file = write(
        tmp_path,
        """
BashOperator(task_id="file", bash_command="script.sh", params={"n": 3})
BashOperator(task_id="undefined", bash_command="echo {{ nope }}")
@task.bash
def made(ti):
    ti.xcom_push("count", 5)
    return "echo {{ ds_nodash }}; exit 3"
made()
""",
    )
    killed = runs.child(file, "d", "file")
    assert (killed.code, killed.output) == (-signal.SIGKILL, "2026-01-15 3\n")
    undefined = runs.child(file, "d", "undefined")
    assert undefined.code == 1
    assert "UndefinedError: 'nope' is undefined" in undefined.output
    assert undefined.output.endswith("while rendering bash_command of task 'undefined'\n")
    assert "site-packages" not in undefined.output
    decorated = runs.child(file, "d", "made")
    assert (decorated.code, decorated.output) == (3, "20260115\n")
    assert decorated.xcoms == {"count": 5}
    kept = read_record(files.attempt_path(runs.root, decorated.attempt_id), files.RENDERED)
    assert kept == {"fields": {"op_args": [], "op_kwargs": {}, "bash_command": "echo 20260115; exit 3"}}


def test_a_rescheduled_sensor_keeps_its_first_poke(runs: Runs, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "FileSensor(task_id='s', filepath='/no/such/file', mode='reschedule', poke_interval=30, timeout=100)",
    )
    before = time.time()
    first = runs.child(file, "d", "s")
    assert first.code == 0
    assert first.verdict is not None
    assert first.verdict["kind"] == "rescheduled"
    assert before + 30 <= first.verdict["next_poke_at"] <= time.time() + 30
    near_the_end = runs.child(file, "d", "s", first_poke_at=time.time() - 90, pokes=3)
    assert near_the_end.verdict is not None
    assert near_the_end.verdict["next_poke_at"] <= time.time() + 10
    late = runs.child(file, "d", "s", first_poke_at=time.time() - 101, pokes=4)
    assert late.verdict is not None
    assert (late.code, late.verdict["kind"]) == (1, "fail_without_retry")
    assert re.fullmatch(r"SensorTimeout: waited \d+ s of at most 100 s", late.verdict["reason"])


def test_a_stop_lets_clean_up_run_and_is_a_signal(runs: Runs, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
class Slow(BaseOperator):
    def execute(self, context):
        try:
            print("working")
            time.sleep(60)
        finally:
            print("cleaned up")
    def on_kill(self):
        print("stopped")
Slow(task_id="slow")
""",
    )
    folder = runs.prepare(file, "d", "slow")
    command = [sys.executable, "-P", "-m", "penstock.task_process.main", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.terminate()
        assert process.stdout.read() == "stopped\ncleaned up\n"
        assert process.wait(30) == -signal.SIGTERM
    assert read_record(folder, files.VERDICT) is None


CLEANS_UP = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), print("tool cleaned up", flush=True), os._exit(9)))
print("tool ready", flush=True)
time.sleep(60)
"""
IGNORES = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready to ignore", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="children are seen in /proc")
def test_what_a_task_runs_comes_to_the_end_of_its_clean_up(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(CLEANS_UP)
    (tmp_path / "ignores.py").write_text(IGNORES)
    file = write(
        tmp_path,
        f"""
import subprocess, sys
def run():
    ignoring = subprocess.Popen([sys.executable, {str(tmp_path / "ignores.py")!r}], stdout=subprocess.PIPE)
    ignoring.stdout.readline()
    try:
        subprocess.run([sys.executable, {str(tmp_path / "tool.py")!r}])
    finally:
        ignoring.kill()
        print("task cleaned up")
PythonOperator(task_id="runs", python_callable=run)
""",
    )
    folder = runs.prepare(file, "d", "runs")
    command = [sys.executable, "-P", "-m", "penstock.task_process.main", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "tool ready\n"
        os.killpg(process.pid, signal.SIGTERM)
        assert process.stdout.read() == "tool cleaned up\ntask cleaned up\n"
        assert process.wait(30) == -signal.SIGTERM


def test_on_kill_may_print_in_the_middle_of_a_print(runs: Runs, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
class Loud(BaseOperator):
    def execute(self, context):
        while True:
            print("x" * (1 << 20))
    def on_kill(self):
        print("stopped")
        raise KeyError("lost")
Loud(task_id="loud")
""",
    )
    folder = runs.prepare(file, "d", "loud")
    command = [sys.executable, "-P", "-m", "penstock.task_process.main", str(folder)]
    env = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        _wait_until_full(process.stdout.fileno())
        process.terminate()
        said = process.stdout.read().decode().lstrip("x\n")
        assert process.wait(30) == -signal.SIGTERM
    assert said.startswith("stopped\non_kill failed\n")
    assert "KeyError: 'lost'\n" in said


def _wait_until_full(pipe: int) -> None:
    """Wait until nothing more goes into *pipe*: whoever fills it stands in the middle of a write."""
    room = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) if sys.platform == "linux" else 65536
    deadline = time.monotonic() + 30
    while struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0] < room:
        assert time.monotonic() < deadline, "the pipe never filled up"
        time.sleep(0.01)


def test_neighbours_can_be_imported_and_hide_nothing(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("VALUE = 7\n")
    (tmp_path / "json.py").write_text("raise RuntimeError('not the real one')\n")
    file = write(
        tmp_path,
        """
@task
def f():
    import json, logging, neighbour
    logging.getLogger("mine").info("seen %s", neighbour.VALUE)
    logging.getLogger("mine").debug("not seen")
    return [neighbour.VALUE, __file__, __name__ != "__main__"]
f()
""",
    )
    ran = runs.child(file, "d", "f")
    assert ran.code == 0, ran.output
    assert ran.xcoms["return_value"] == [7, str(file), True]
    assert ran.output.endswith("INFO mine: seen 7\n")
    assert ran.output.count("\n") == 1


def test_a_file_that_no_longer_makes_the_task_says_so(runs: Runs, tmp_path: Path) -> None:
    file = write(tmp_path, "EmptyOperator(task_id='a')")
    for dag_id, task_id in (("other", "a"), ("d", "gone")):
        ran = runs.child(file, dag_id, task_id)
        assert ran.code == 1
        assert "does it depend on its environment?" in ran.output
    broken = tmp_path / "broken.py"
    broken.write_text("import nothing_of_that_name\n")
    ran = runs.child(broken, "d", "a")
    assert ran.verdict is not None
    assert ran.verdict["reason"] == "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    assert f'File "{broken}", line 1' in ran.output


def test_variables_and_connections_reach_the_file_and_the_task(runs: Runs, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """
early = Variable.get("early")
@task
def f(var, conn):
    ctx = get_current_context()
    return [early, var.json.nested["k"], conn.db.host, Connection.get("db").port, ctx["run_id"][:6]]
f()
""",
    )
    ran = runs.child(
        file,
        "d",
        "f",
        env={"PENSTOCK_CONN_DB": "postgres://u:p@db.example:5432/x"},
        variables={"early": "bird", "nested": '{"k": 1}'},
        connections={"db": "postgres://elsewhere/"},
    )
    assert ran.xcoms["return_value"] == ["bird", 1, "db.example", 5432, "manual"]


def test_an_xcom_that_is_too_large_fails_with_the_size(runs: Runs, tmp_path: Path) -> None:
    file = write(tmp_path, f"@task\ndef f(): return 'x' * {files.HARD_XCOM_BYTES}\nf()")
    ran = runs.child(file, "d", "f")
    assert ran.code == 1
    assert ran.verdict is not None
    assert f"more than the {files.HARD_XCOM_BYTES:,} allowed" in ran.verdict["reason"]
    assert ran.xcoms == {}


@pytest.mark.parametrize(
    "end", ["raise ValueError", "raise FailException", "raise SkipException", "raise SystemExit(0)"]
)
def test_what_was_pushed_before_the_end_stays(runs: Runs, tmp_path: Path, end: str) -> None:
    body = f"    ti.xcom_push('seen', 7)\n    {end}\n"
    file = write(tmp_path, f"@task\ndef f(ti=None):\n{body}f()")
    assert runs.child(file, "d", "f").xcoms == {"seen": 7}


def test_output_is_not_held_back(runs: Runs, tmp_path: Path) -> None:
    file = write(
        tmp_path, "@task\ndef f():\n    print('first')\n    os.system('echo second')\n    print('third')\nf()"
    )
    ran = runs.child(file, "d", "f", env={"PYTHONUNBUFFERED": ""})
    assert ran.output == "first\nsecond\nthird\n"
