"""An instance with a cluster of its own: real DAGs over two workers, and all that can die under them.

The tasks write a ledger, which decides: no attempt begins twice, no two attempts of a task overlap, and what
is lost says why.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from architecture.house import DOCS
from drive.cluster_chaos import ClusterChaos
from drive.cluster_home import ClusterHome, kill
from drive.instance import processes
from drive.waiting import wait_for
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
LIMIT = 300.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ClusterHome]:
    found = ClusterHome(tmp_path)
    try:
        yield found
    finally:
        found.close()


def test_a_cluster_is_started_and_its_tasks_outlive_engine_client_and_worker(
    home: ClusterHome, tmp_path: Path
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
    assert kill(home.client_process())
    home.instance.kill()
    assert kill(home.member(f"worker-{used[0].rpartition('-')[2]}"))
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
@pytest.mark.timeout(7200)
def test_under_load_all_that_dies_loses_nothing_unsaid_and_doubles_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("PENSTOCK_SEED", "0")) or random.SystemRandom().randrange(1 << 30)
    wanted = int(os.environ.get("PENSTOCK_FAULTS", "40"))
    print(f"PENSTOCK_SEED={seed} PENSTOCK_FAULTS={wanted}")
    chaos = ClusterChaos(tmp_path, random.Random(seed))
    try:
        chaos.start()
        chaos.rounds(wanted)
        chaos.settle()
        found = chaos.audit()
        print(chaos.words(found))
        assert found.wrong == []
        assert sum(map(sum, chaos.hits.values())) >= wanted, "hardly anything ran: the test shows nothing"
        assert found.begun >= wanted
    finally:
        chaos.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_first_steps_of_the_page_are_true(home: ClusterHome, tmp_path: Path) -> None:
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
