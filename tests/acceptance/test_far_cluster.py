"""An instance with a cluster of its own: real DAGs over two workers, and all that can die under them.

The tasks write a ledger, which decides: no attempt begins twice, no two attempts of a task overlap, and what
is lost says why.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from click.testing import CliRunner, Result

from architecture.house import DOCS
from drive.dask_cluster import end_supervisors, supervisors_below
from drive.instance import Instance, processes
from drive.waiting import wait_for
from penstock.cli.root import penstock
from penstock.cli.session import Session
from penstock.execution.dask import keeper

MIXED = """
from penstock import DAG, BashOperator, task

with DAG("mixed", schedule=None, default_args={"executor": "cluster"}):
    waits = "while [ ! -e %(gate)s ]; do sleep 0.05; done"
    far = BashOperator(task_id="far", bash_command=f"echo $PENSTOCK_HOME; {waits}; echo 42")

    @task
    def twice(number):
        import beside
        print("got", number, beside.NAME)
        return int(number) * 2

    @task(executor="local")
    def home(number):
        print("at home", number)

    home(twice(far.output))
"""
LOAD = """
from penstock import DAG, BashOperator


def line(word):
    return "echo $(date +%s.%N) " + word + " {{ run_id }}/{{ ti.task_id }} $PENSTOCK_ATTEMPT >> LEDGER"


with DAG("load", schedule=None, default_args={"executor": "cluster", "retries": 5, "retry_delay": 1}):
    for number in range(TASKS):
        BashOperator(
            task_id=f"t{number}",
            bash_command=f"{line('begin')}; sleep {0.5 + number % 5 * 0.4}; {line('end')}; "
            f"exit {number % 4 * 3}",
            skip_on_exit_code=[3, 6, 9],
        )
"""
LIMIT = 300.0


class Home:
    """An instance in whose home `penstock cluster` was used."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.instance = Instance(home)
        self.folder = home / "cluster"

    def run(self, *words: str) -> Result:
        """Run a command of ours."""
        session = Session(self.home)
        try:
            return CliRunner().invoke(penstock, words, obj=session, standalone_mode=False)
        finally:
            session.close()

    def do(self, *words: str) -> str:
        """Run a command that succeeds, and return what it printed."""
        done = self.run(*words)
        assert (done.exception, done.return_value in (0, None)) == (None, True), (
            f"{done.output} {done.exception}"
        )
        return done.stdout

    def trigger(self, dag_id: str) -> str:
        """Trigger a DAG, and return the run's id."""
        return str(json.loads(self.do("trigger", dag_id, "--json"))["run_id"])

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the states of a run's tasks."""
        rows = json.loads(self.do("tasks", "list", dag_id, run_id, "--json"))
        return {row["task_id"]: row["state"] for row in rows["tasks"]}

    def workers(self) -> dict[str, dict[str, object]]:
        """Return the workers by name."""
        rows = json.loads(self.do("workers", "list", "--json"))["workers"]
        return {row["name"]: row for row in rows}

    def client_process(self) -> int:
        """Return the client process of this home's engine."""
        found = [
            pid
            for pid, words in processes()
            if "penstock.execution.dask.client" in words and _parent(pid) == self.instance.pid
        ]
        return found[0] if found else 0

    def close(self) -> None:
        """End everything of this home."""
        self.instance.kill()
        self.run("cluster", "stop")
        end_supervisors(self.home)
        self.instance.close()


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = Home(tmp_path)
    try:
        yield found
    finally:
        found.close()


def test_a_cluster_is_started_and_its_tasks_outlive_engine_client_and_worker(
    home: Home, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    home.instance.write_dag("mixed", MIXED % {"gate": gate})
    (home.home / "dags" / "beside.py").write_text('NAME = "beside"\n')
    home.instance.start()
    out = home.do("cluster", "start", "--workers", "2", "--slots", "2")
    assert "2 workers of 2 slots, scheduler at t" in out
    assert [row["state"] for row in home.workers().values()] == ["ready"] * 2, "the engine knows them at once"
    home.do("unpause", "mixed")
    run = home.trigger("mixed")
    wait_for(lambda: home.tasks("mixed", run)["far"] == "running", LIMIT, "the far task runs")
    wait_for(lambda: any(row["used"] for row in home.workers().values()), LIMIT, "its slot is taken")
    used = [name for name, row in home.workers().items() if row["used"]]
    assert len(used) == 1
    os.kill(home.client_process(), signal.SIGKILL)
    home.instance.kill()
    pid = keeper.alive(home.folder, f"worker-{used[0].rpartition('-')[2]}")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    home.instance.start()
    gate.touch()
    wait_for(lambda: home.tasks("mixed", run).get("home") == "success", LIMIT, "the run ends")
    assert home.tasks("mixed", run) == dict.fromkeys(("far", "twice", "home"), "success")
    assert "got 42 beside" in home.do("logs", "mixed", run, "twice")
    assert "at home 84" in home.do("logs", "mixed", run, "home")
    assert str(home.folder / "worker-") in home.do("logs", "mixed", run, "far")
    rows = json.loads(home.do("attempts", "mixed", run, "far", "--json"))["attempts"]
    assert [row["worker"] for row in rows] == used, "nothing was repeated"
    assert home.run("cluster", "status", "--json").return_value == 0
    gate.unlink()
    late = [home.trigger("mixed") for _ in range(5)]  # one more than there are slots
    wait_for(
        lambda: [home.tasks("mixed", each)["far"] for each in late].count("running") == 4, LIMIT, "all slots"
    )
    assert "cluster stopped" in home.do("cluster", "stop", "--now")
    assert [words for _, words in processes() if str(gate) in words] == []
    assert [keeper.alive(home.folder, name) for name in keeper.named(home.folder)] == [None] * 3


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_under_load_all_that_dies_loses_nothing_unsaid_and_doubles_nothing(
    home: Home, tmp_path: Path
) -> None:
    seed = int(os.environ.get("PENSTOCK_SEED", "0")) or random.SystemRandom().randrange(1 << 30)
    print(f"PENSTOCK_SEED={seed}")
    hand = random.Random(seed)
    wanted = int(os.environ.get("PENSTOCK_FAULTS", "24"))
    print(f"PENSTOCK_FAULTS={wanted}")
    ledger, tasks = tmp_path / "ledger", 40
    home.instance.write_dag("load", LOAD.replace("LEDGER", str(ledger)).replace("TASKS", str(tasks)))
    home.instance.start()
    home.do("cluster", "start", "--workers", "2", "--slots", "2")
    home.do("unpause", "load")
    runs = [home.trigger("load")]

    faults = _faults(home, hand)
    wait_for(ledger.exists, LIMIT, "the first task begins")
    done = 0
    while done < wanted:
        hand.shuffle(faults)
        for fault in faults[: wanted - done]:
            if _over(home, runs[-1]):
                runs.append(home.trigger("load"))
            fault()
            done += 1
            time.sleep(hand.uniform(0.5, 2.5))
    wait_for(lambda: all(_over(home, run) for run in runs), LIMIT, "the runs end")
    lost = sum(_judge(ledger, tasks, home, run) for run in runs)
    begun = ledger.read_text().count(" begin ")
    print(f"{done} faults, {len(runs)} runs, {begun} attempts begun, {lost} lost with a reason")
    wait_for(lambda: not [words for _, words in processes() if str(ledger) in words], 30, "nothing is left")


def _faults(home: Home, hand: random.Random) -> list[Callable[[], None]]:
    """Return what can be done to a cluster, its engine and what is between them."""

    def kill_part(name: str) -> None:
        pid = keeper.alive(home.folder, name)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def freeze() -> None:
        pid = keeper.alive(home.folder, "worker-2")
        if pid is not None:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(7)
            os.kill(pid, signal.SIGCONT)

    def kill_engine() -> None:
        home.instance.kill()
        home.instance.start()

    def kill_client() -> None:
        pid = home.client_process()
        if pid:
            os.kill(pid, signal.SIGKILL)

    def kill_supervisor() -> None:
        found = supervisors_below(home.folder)
        if found:
            os.kill(hand.choice(found), signal.SIGKILL)

    def drain() -> None:
        name = hand.choice(sorted(home.workers()) or ["nobody"])  # the client may be away
        if home.run("workers", "drain", name).return_value == 0:
            time.sleep(2)
            home.run("workers", "undrain", name)

    return [
        lambda: kill_part("worker-1"),
        lambda: kill_part("worker-2"),
        lambda: kill_part("scheduler"),
        kill_engine,
        kill_client,
        kill_supervisor,
        freeze,
        drain,
    ]


def _over(home: Home, run: str) -> bool:
    if home.instance.dead:
        return False
    states = set(home.tasks("load", run).values())
    return states <= {"success", "skipped", "failed", "upstream_failed"}


def _judge(ledger: Path, tasks: int, home: Home, run: str) -> int:
    """Judge by what the tasks wrote: when they began and ended; return how many attempts were lost."""
    begun: dict[str, tuple[str, float]] = {}
    spans: dict[str, list[tuple[float, float | None, str]]] = {}
    ends: dict[str, float] = {}
    for line in ledger.read_text().splitlines():
        at, what, place, attempt = line.split()
        run_id, _, task_id = place.rpartition("/")
        if run_id != run:
            continue
        if what == "begin":
            assert attempt not in begun, f"{attempt} of {task_id} began twice"
            begun[attempt] = (task_id, float(at))
        else:
            ends[attempt] = float(at)
    for attempt, (task_id, began) in begun.items():
        spans.setdefault(task_id, []).append((began, ends.get(attempt), attempt))
    assert len(spans) == tasks
    lost = 0
    states = home.tasks("load", run)
    for task_id, attempts in spans.items():
        attempts.sort()
        for (_, ended, attempt), (again, _, _) in itertools.pairwise(attempts):
            assert ended is None or ended < again, f"{attempt} of {task_id} overlaps the next one"
        assert attempts[-1][1] is not None, f"the last attempt of {task_id} did not end by itself"
        code = int(task_id.removeprefix("t")) % 4 * 3
        assert states[task_id] == ("skipped" if code else "success"), task_id
        rows = json.loads(home.do("attempts", "load", run, task_id, "--json"))["attempts"]
        for row in rows:
            outcome = row.get("outcome_detail")
            assert outcome, f"{task_id}: {row}"
            if row["attempt_id"] in ends:  # its supervisor may be killed between its last line and its end
                assert outcome["kind"] == "lost" or outcome.get("exit_code") == code, f"{task_id}: {outcome}"
            elif row["attempt_id"] in begun:
                assert outcome["kind"] == "lost", f"{task_id}: {outcome}"
            if outcome["kind"] == "lost":
                assert outcome["reason"], "what is lost says why"
                lost += 1
    return lost


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_first_steps_of_the_page_are_true(home: Home, tmp_path: Path) -> None:
    """Its blocks are run as they stand, in their order; the DAG before the cluster is stopped."""
    page = (DOCS / "clusters.md").read_text()
    steps = page.partition("## Try it on this machine")[2].partition("## Many machines")[0]
    found = re.findall(r"```(sh|python)\n(.*?)```", steps, re.DOTALL)
    assert [kind for kind, _ in found] == ["sh", "python", "sh"]
    environment = {**os.environ, "PENSTOCK_HOME": str(home.home)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"

    def do(*words: str) -> str:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    home.instance.write_dag("far_and_near", found[1][1])
    try:
        do("bash", "-ec", found[0][1])
        do("penstock", "unpause", "far_and_near")
        do("penstock", "trigger", "far_and_near", "--wait")
        assert "measured: 42" in do("penstock", "logs", "far_and_near", "latest", "report")
        assert "cluster stopped" in do("bash", "-ec", found[2][1])
    finally:
        subprocess.run(["penstock", "down"], env=environment, check=False, capture_output=True)
