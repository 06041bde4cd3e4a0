"""The recipe for Slurm in docs/clusters.md, as it stands, on a real Slurm on loopback."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from architecture.house import DOCS
from drive.attempts import marked
from drive.dask_cluster import Client, Cluster, lines_of
from drive.slurm import Slurm
from drive.waiting import wait_for
from drive.worker_host import far
from penstock.execution.remote import protocol as said


def recipe(cluster: Cluster) -> str:
    """Return the page's batch script for the scheduler of *cluster*."""
    page = (DOCS / "clusters.md").read_text()
    text = page.partition("### Under Slurm")[2].partition("```sh\n")[2].partition("```")[0]
    ours, count = re.subn(r"--scheduler \S+ --certs \S+", f"--scheduler {cluster.file}", text)
    assert count == 1
    return ours


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path)
    try:
        found.begin_scheduler()
        yield found
    finally:
        found.close()


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[Slurm]:
    found = Slurm(tmp_path / "slurm")
    try:
        found.start()
        yield found
    finally:
        found.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_workers_in_jobs_of_slurm(
    cluster: Cluster, slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two jobs are two workers; one that is ended takes its attempts along, and says so once it is back."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    script = tmp_path / "penstock-worker.sh"
    script.write_text(recipe(cluster))
    client = Client(cluster)
    try:
        jobs = [slurm.submit(script) for _ in range(2)]
        names = [f"penstock-worker-{job}" for job in jobs]
        client.wait_for_workers(*names)
        assert [client.workers[name].slots for name in names] == [2, 2]
        gate, ledger = tmp_path / "gate", tmp_path / "ledger"
        waits = f"while [ ! -e {gate} ]; do sleep 0.05; done"
        orders = [far(f"echo {n} >> {ledger}; {waits}; exit {n}") for n in range(4)]
        client.submit(orders)
        where = [client.until(order, "claimed").worker for order in orders]
        assert sorted(map(str, where)) == sorted(names * 2)
        first = [order for order, worker in zip(orders, where, strict=True) if worker == names[0]]
        others = [n for n, worker in enumerate(where) if worker == names[1]]
        slurm.run("scontrol", "requeue", jobs[0], check=True)
        wait_for(lambda: not any(marked(each.spec.attempt_id) for each in first), 60, "Slurm ends all of it")
        wait_for(lambda: slurm.state(jobs[0]) == "PENDING", 60, "it waits for its next time")
        slurm.run("scontrol", "update", f"JobId={jobs[0]}", "StartTime=now", check=True)  # not in two minutes
        for order in first:
            seen = client.until(order, "lost", "exited")
            assert seen.worker == names[0]
            assert seen.reason or client.result(order)["signal"] == signal.SIGTERM, (
                "Slurm's, before its SIGKILL"
            )
        gate.touch()
        for n in others:
            client.until(orders[n], "exited")
            assert client.result(orders[n])["exit_code"] == n
        client.ask(said.Forget(ids=[order.spec.attempt_id for order in orders]))
        assert sorted(lines_of(ledger)) == list("0123"), "each began once"
        for job in jobs:
            slurm.run("scancel", job, check=True)
        wait_for(lambda: not any(slurm.state(job) for job in jobs), 60, "the jobs end")
    finally:
        client.close()
