"""What breaks in a cluster, part by part; a ledger that the tasks write says what really ran."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from drive.attempts import marked
from drive.dask_cluster import Client, Cluster, doubled, end_supervisors, lines_of
from drive.worker_host import far
from penstock.execution.remote import protocol as said
from penstock.execution.remote.protocol import Order


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path)
    try:
        found.begin_scheduler()
        yield found
    finally:
        found.close()


@pytest.fixture
def begin(cluster: Cluster) -> Iterator[Callable[..., Client]]:
    """Return what begins a client process; all are ended."""
    clients: list[Client] = []

    def client(**config: object) -> Client:
        clients.append(Client(cluster, **config))  # type: ignore[arg-type]
        return clients[-1]

    yield client
    for each in clients:
        each.close()


def tells(folder: Path, name: str, code: int = 0, **fields: object) -> Order:
    """Return an order that writes its begin into the ledger, waits for the gate, and writes its end."""
    script = (
        f"echo begin {name} >> {folder}/ledger; while [ ! -e {folder}/gate ]; do sleep 0.05; done; "
        f"echo end {name} >> {folder}/ledger; exit {code}"
    )
    return far(script, **fields)  # type: ignore[arg-type]


@pytest.mark.slow  # its short form: a worker is killed in tests/acceptance/test_far_cluster.py
def test_a_worker_that_was_killed_is_no_loss(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    """Its attempts run on; until it is back, there is no contact, and nothing starts elsewhere."""
    cluster.begin_worker("w1", wait=False)
    cluster.begin_worker("w2")
    client = begin()
    client.wait_for_workers("w1", "w2")
    orders = [tells(tmp_path, str(number), number) for number in range(4)]
    client.submit(orders)
    where = [client.until(order, "claimed").worker for order in orders]
    assert sorted(map(str, where)) == ["w1", "w1", "w2", "w2"]
    cluster.signal("w1", signal.SIGKILL)
    away = orders[where.index("w1")]
    seen = client.until(away, "unreachable")
    assert (seen.worker, seen.since is not None) == ("w1", True)
    client.wait(lambda: client.workers["w1"].state == "unreachable", "it is shown")
    cluster.begin_worker("w1")
    client.until(away, "claimed")
    client.wait_for_workers("w1", "w2")
    assert client.workers["w1"].used == 2, "its slots are taken by what runs there"
    (tmp_path / "gate").touch()
    for number, order in enumerate(orders):
        assert client.until(order, "exited").worker == where[number]
        assert client.result(order)["exit_code"] == number
    lines = lines_of(tmp_path / "ledger")
    assert (len(lines), doubled(lines)) == (8, set())


@pytest.mark.slow
def test_a_scheduler_that_was_killed_is_no_loss(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    cluster.begin_worker("w1")
    client = begin()
    client.wait_for_workers("w1")
    running, waiting = [tells(tmp_path, "a", 5), tells(tmp_path, "b", 6)], tells(tmp_path, "c", 7)
    client.submit([*running, waiting])
    for order in running:
        client.until(order, "claimed")
    cluster.signal("scheduler", signal.SIGKILL)
    client.wait(lambda: client.scheduler is not None and not client.scheduler.connected, "it is noticed")
    seen = client.observe(*(order.spec.attempt_id for order in (*running, waiting)))
    assert [seen[order.spec.attempt_id].kind for order in running] == ["unreachable"] * 2
    assert "no contact with the scheduler" in str(seen[waiting.spec.attempt_id].waiting)
    cluster.begin_scheduler()
    for order in running:
        assert client.until(order, "claimed").worker == "w1"
    (tmp_path / "gate").touch()
    for order, code in zip((*running, waiting), (5, 6, 7), strict=True):
        client.until(order, "exited")
        assert client.result(order)["exit_code"] == code
    lines = lines_of(tmp_path / "ledger")
    assert (len(lines), doubled(lines)) == (6, set())


@pytest.mark.slow
def test_a_frozen_worker_s_attempts_end_with_their_lease_and_none_starts_when_it_thaws(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    cluster.begin_worker("w1")
    client = begin()
    client.wait_for_workers("w1")
    leased, kept = (
        tells(tmp_path, "leased", lease=3.0),
        tells(tmp_path, "kept", lease=3.0, on_partition="keep"),
    )
    client.submit([leased, kept])
    for order in (leased, kept):
        client.until(order, "claimed")
    cluster.signal("w1", signal.SIGSTOP)
    client.until(leased, "unreachable")
    late = tells(tmp_path, "late")
    client.submit([late])
    cluster.begin_worker("w2")
    assert client.until(late, "claimed").worker == "w2"
    client.pump(6.0)
    cluster.signal("w1", signal.SIGCONT)
    client.until(leased, "exited")
    result = client.result(leased)
    assert (result["kind"], result["reason"]) == ("lost", "lease expired: nobody renewed it for 3 s")
    assert client.until(kept, "claimed").worker == "w1"
    (tmp_path / "gate").touch()
    for order in (kept, late):
        client.until(order, "exited")
        assert client.result(order)["exit_code"] == 0
    lines = lines_of(tmp_path / "ledger")
    assert sorted(lines) == ["begin kept", "begin late", "begin leased", "end kept", "end late"]


@pytest.mark.slow
def test_what_a_worker_was_given_as_it_froze_starts_once_elsewhere(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    """It is taken back when the worker falls silent; when it thaws, the fence refuses the second start."""
    cluster.begin_worker("w1", slots=50)
    client = begin()
    client.wait_for_workers("w1")
    cluster.signal("w1", signal.SIGSTOP)
    orders = [tells(tmp_path, str(number)) for number in range(20)]
    client.submit(orders)
    cluster.begin_worker("w2", slots=20)
    for order in orders:
        assert client.until(order, "claimed").worker == "w2"
    cluster.signal("w1", signal.SIGCONT)
    client.wait_for_workers("w1", "w2")
    (tmp_path / "gate").touch()
    for order in orders:
        assert client.until(order, "exited").worker == "w2"
    lines = lines_of(tmp_path / "ledger")
    assert (len(lines), doubled(lines)) == (40, set())


@pytest.mark.slow
def test_a_scheduler_that_is_away_for_longer_than_a_lease(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    """Dask's own workers would have left by then. What has a long lease runs on, the other one has ended."""
    cluster.begin_worker("w1")
    client = begin()
    client.wait_for_workers("w1")
    patient, brief = tells(tmp_path, "patient", 5), tells(tmp_path, "brief", lease=3.0)
    client.submit([patient, brief])
    for order in (patient, brief):
        client.until(order, "claimed")
    cluster.signal("scheduler", signal.SIGKILL)
    client.wait(lambda: not marked(brief.spec.attempt_id), "its lease ends it")
    client.pump_for(40.0)  # as long as it takes Dask to give up
    assert marked(patient.spec.attempt_id)
    cluster.begin_scheduler()
    client.wait_for_workers("w1")
    client.until(brief, "exited")
    result = client.result(brief)
    assert (result["kind"], result["reason"]) == ("lost", "lease expired: nobody renewed it for 3 s")
    assert client.until(patient, "claimed").worker == "w1"
    (tmp_path / "gate").touch()
    client.until(patient, "exited")
    assert client.result(patient)["exit_code"] == 5
    assert sorted(lines_of(tmp_path / "ledger")) == ["begin brief", "begin patient", "end patient"]


@pytest.mark.slow
def test_a_host_that_fell_over_has_lost_its_attempts_and_says_so(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    """Worker, supervisors and tasks at once; another worker is free, and nothing starts there by itself."""
    cluster.begin_worker("w1")
    client = begin()
    client.wait_for_workers("w1")
    orders = [tells(tmp_path, str(number)) for number in range(2)]
    client.submit(orders)
    for order in orders:
        client.until(order, "claimed")
    cluster.begin_worker("w2")
    client.wait_for_workers("w1", "w2")
    cluster.signal("w1", signal.SIGKILL)
    end_supervisors(cluster.root("w1"))
    for order in orders:
        assert client.until(order, "unreachable").worker == "w1"
        assert not marked(order.spec.attempt_id)
    cluster.begin_worker("w1")
    for order in orders:
        seen = client.until(order, "lost")
        assert (seen.worker, bool(seen.reason)) == ("w1", True)
    client.wait(lambda: client.workers["w1"].used == 0, "its slots are free")
    assert sorted(lines_of(tmp_path / "ledger")) == ["begin 0", "begin 1"]


@pytest.mark.slow
def test_a_worker_that_dask_retires_runs_nothing_a_second_time(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    """Somebody drains it by Dask's own means, for whom a running task is one to be started elsewhere."""
    cluster.begin_worker("w1")
    client = begin()
    client.wait_for_workers("w1")
    order = tells(tmp_path, "a", 5)
    client.submit([order])
    client.until(order, "claimed")
    cluster.begin_worker("w2")
    client.wait_for_workers("w1", "w2")
    address = json.loads((cluster.root("w1") / "ready.json").read_bytes())["address"]
    scheduler = json.loads(cluster.file.read_bytes())["address"]
    retire = (
        f"from distributed import Client; print(list(Client({scheduler!r}).retire_workers([{address!r}])))"
    )
    done = subprocess.run([sys.executable, "-c", retire], capture_output=True, text=True, check=True)
    assert address in done.stdout, "Dask did it"
    client.wait_for_workers("w1", "w2")  # it comes back by itself
    assert client.until(order, "claimed").worker == "w1"
    (tmp_path / "gate").touch()
    client.until(order, "exited")
    assert client.result(order)["exit_code"] == 5
    assert lines_of(tmp_path / "ledger") == ["begin a", "end a"]


@pytest.mark.slow
def test_who_does_not_fit_is_refused_with_what_mends_it(
    cluster: Cluster, begin: Callable[..., Client], tmp_path: Path
) -> None:
    cluster.begin_worker("w1")
    old = (
        "import sys; import penstock.version as v; v.__version__ = '0.0.9'; "
        "from penstock.cli.main import main; sys.exit(main())"
    )
    for words, said_words in (
        (("--name", "w1", "--root", str(tmp_path / "other")), "a worker named 'w1' is connected already"),
        (("--name", "w3", "--root", str(cluster.root("w1"))), "a worker runs already in"),
    ):
        cluster.begin_worker("w3", *words, wait=False)
        assert cluster.parts["w3"].wait(60) == 2, cluster.log("w3")
        assert said_words in cluster.log("w3")
    cluster.program = (sys.executable, "-P", "-c", old)
    cluster.begin_worker("w4", wait=False)
    assert cluster.parts["w4"].wait(60) == 2, cluster.log("w4")
    assert "Penstock 0.0.9 here" in cluster.log("w4")
    assert "pip install 'penstock[dask]==" in cluster.log("w4")
    client = begin()
    client.wait_for_workers("w1")
    assert client.ask(said.Observe(ids=[])).seen == {}
    other = begin(program=("-P", "-c", old.replace("penstock.cli.main", "penstock.execution.dask.client")))
    other.wait(lambda: other.scheduler is not None and other.scheduler.problem, "it is refused")
    assert other.scheduler is not None
    assert "Penstock 0.0.9 here" in str(other.scheduler.problem)
    assert other.workers == {}
