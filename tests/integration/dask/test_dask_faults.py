"""What breaks in a cluster, part by part; a ledger that the tasks write says what really ran."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from drive.dask_cluster import Client, Cluster, doubled, lines_of
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
