"""Attempts on real Dask workers, through the client process, as an engine asks for them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from drive.dask_cluster import Client, Cluster, lines_of
from drive.worker_host import far
from penstock.execution.remote import protocol as said
from penstock.ids import new_attempt_id


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Return a scheduler with two workers of two slots, for all tests that kill none of them."""
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        found.begin_scheduler()
        found.begin_worker("w1", wait=False)
        found.begin_worker("w2")
        yield found
    finally:
        found.close()


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[Client]:
    found = Client(cluster)
    yield found
    found.close()


@pytest.fixture
def client(shared: Client) -> Client:
    """Return a client of both workers that nobody has asked for anything."""
    shared.wait_for_workers("w1", "w2")
    for heard in (shared.asks, shared.needs, shared.hinted):
        heard.clear()
    return shared


def test_attempts_run_on_workers_with_exact_exit_codes(client: Client, tmp_path: Path) -> None:
    orders = [far(f"echo {number} >> {tmp_path}/ledger; exit {number}") for number in range(6)]
    client.submit(orders)
    client.submit(orders)
    ends = [client.until(order, "exited") for order in orders]
    assert {seen.worker for seen in ends} == {"w1", "w2"}
    assert [client.result(order)["exit_code"] for order in orders] == list(range(6))
    assert sorted(lines_of(tmp_path / "ledger")) == [str(number) for number in range(6)]
    ids = [order.spec.attempt_id for order in orders]
    assert client.hinted >= set(ids)
    client.ask(said.Forget(ids=ids))
    client.submit(orders)
    assert {seen.kind for seen in client.observe(*ids).values()} <= {"absent", "accepted", "exited"}
    client.pump(1.0)
    assert len(lines_of(tmp_path / "ledger")) == 6, "the fence remembers what was forgotten"


def test_logs_samples_and_stops_go_to_the_worker(client: Client) -> None:
    order = far("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.02; done")
    attempt_id = order.spec.attempt_id
    client.submit([order])
    seen = client.until(order, "claimed")
    assert seen.worker in ("w1", "w2")
    client.wait(lambda: client.printed(order) == b"ready\n", "a first line")
    assert client.printed(order, -3) == b"dy\n"
    usage = client.ask(said.Sample(ids=[attempt_id, new_attempt_id()])).usage
    assert set(usage) == {attempt_id}
    with pytest.raises(RuntimeError, match="has not ended"):
        client.result(order)
    client.wait(lambda: client.workers[str(seen.worker)].used == 1, "its slot is taken")
    client.ask(said.Stop(attempt=attempt_id, mode="term", reason="enough"))
    client.until(order, "exited")
    result = client.result(order)
    assert (result["kind"], result["exit_code"], result["reason"]) == ("cancelled", 7, "enough")
    assert client.printed(order).endswith(b"bye\n")
    client.wait(lambda: client.workers[str(seen.worker)].used == 0, "its slot is free")


def test_what_has_no_place_says_what_it_waits_for(client: Client, tmp_path: Path) -> None:
    gate = f"while [ ! -e {tmp_path}/gate ]; do sleep 0.05; done"
    full = [far(gate) for _ in range(4)]
    client.submit(full)
    for order in full:
        client.until(order, "claimed")
    client.wait(lambda: [each.used for each in client.workers.values()] == [2, 2], "all slots are taken")
    late, gpu, huge = far("true"), far("true", queue="gpu"), far("true", resources={"MEM": 1e9})
    client.submit([late, gpu, huge])
    ids = [order.spec.attempt_id for order in (late, gpu, huge)]
    seen = client.observe(*ids)
    assert [seen[each].waiting for each in ids] == [
        "all 4 slots of w1, w2 are taken",
        "no worker serves queue 'gpu'",
        "no worker has MEM 954 MiB",
    ]
    for order in (gpu, huge):
        taken = client.ask(said.Revoke(attempt=order.spec.attempt_id))
        assert (taken.kind, taken.revoked) == ("exited", True)
    (tmp_path / "gate").touch()
    client.until(late, "exited")
    assert client.observe(gpu.spec.attempt_id)[gpu.spec.attempt_id].revoked


def test_what_nobody_has_is_absent_and_can_be_revoked_for_good(client: Client, tmp_path: Path) -> None:
    order = far(f"touch {tmp_path}/ran")
    attempt_id = order.spec.attempt_id
    client.until(order, "absent")  # the fence is young at first, and proves nothing
    assert client.ask(said.Revoke(attempt=attempt_id)).revoked
    client.submit([order])
    client.until(order, "exited")
    assert client.ask(said.Abandon(attempt=attempt_id)).kind in ("absent", "exited")
    assert not (tmp_path / "ran").exists()


def test_code_is_fetched_once_by_each_host_and_checked(
    client: Client, cluster: Cluster, tmp_path: Path
) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        member = tarfile.TarInfo("part.txt")
        member.size = 3_000_000
        tar.addfile(member, io.BytesIO(b"0123456789" * 300_000))
    good, bad, gone = tmp_path / "good.tar", tmp_path / "bad.tar", "f" * 64
    good.write_bytes(stream.getvalue())
    digest = hashlib.sha256(stream.getvalue()).hexdigest()
    bad.write_bytes(b"something else")
    wrong = hashlib.sha256(b"what was ordered").hexdigest()
    orders = {name: far("true", bundle=name) for name in (digest, wrong, gone)}
    client.submit(orders.values())
    client.wait(lambda: len(client.needs) == 3, "each bundle is asked for")
    assert set(client.needs) == {digest, wrong, gone}
    for name, path in ((digest, str(good)), (wrong, str(bad)), (gone, None)):
        client.ask(said.Bundle(hash=name, path=path))
    for order in orders.values():
        client.until(order, "exited")
    reasons = {name: client.result(order) for name, order in orders.items()}
    assert reasons[digest]["exit_code"] == 0
    assert (reasons[wrong]["exit_code"], reasons[gone]["exit_code"]) == (126, 126)
    assert "not what was ordered" in reasons[wrong]["reason"]
    assert "does not have the code" in reasons[gone]["reason"]
    again = [far("true", bundle=digest) for _ in range(4)]
    worker = client.seen[orders[digest].spec.attempt_id].worker
    client.submit(again)

    def ended() -> bool:
        if client.needs[3:4] and not answered:
            answered.append(client.ask(said.Bundle(hash=digest, path=str(good))))
        found = client.observe(*(order.spec.attempt_id for order in again))
        return all(seen.kind == "exited" for seen in found.values())

    answered: list[object] = []
    client.wait(ended, "each has ended")
    assert len(client.needs) <= 4, "the other host asked once"
    assert (cluster.root(str(worker)) / "bundles" / digest / "part.txt").stat().st_size == 3_000_000


def test_a_task_s_question_gets_the_engine_s_answer(client: Client, cluster: Cluster) -> None:
    code = (
        "import os,socket;s=socket.socket(socket.AF_UNIX);s.connect(os.environ['PENSTOCK_HOME']+"
        "'/run/engine.sock');s.sendall(b'{\"id\":1}\\n');print(s.makefile().readline().strip())"
    )
    order = far('python3 -I -c "$CODE"', env={"CODE": code})
    client.submit([order])
    client.wait(lambda: client.asks, "the question")
    asked = client.asks[0]
    assert (asked.attempt, asked.line) == (order.spec.attempt_id, '{"id":1}')
    client.ask(said.Answer(ask=asked.ask, line='{"id":1,"result":"yes"}'))
    client.until(order, "exited")
    assert client.printed(order) == b'{"id":1,"result":"yes"}\n'


def test_draining_starts_nothing_new_and_stops_nothing(client: Client, tmp_path: Path) -> None:
    gate = f"while [ ! -e {tmp_path}/gate ]; do sleep 0.05; done"
    running = [far(gate) for _ in range(2)]
    client.submit(running)
    there = {client.until(order, "claimed").worker for order in running}
    assert there == {"w1", "w2"}
    client.ask(said.Drain(worker="w1"))
    client.wait(lambda: client.workers["w1"].state == "draining", "it says so")
    orders = [far("true") for _ in range(4)]
    client.submit(orders)
    assert {client.until(order, "exited").worker for order in orders} == {"w2"}
    assert client.workers["w1"].used == 1
    client.ask(said.Undrain(worker="w1"))
    client.wait_for_workers("w1", "w2")
    (tmp_path / "gate").touch()
    for order in running:
        client.until(order, "exited")
        assert client.result(order)["exit_code"] == 0
    with pytest.raises(RuntimeError, match="there is no worker 'nobody'"):
        client.ask(said.Drain(worker="nobody"))


def test_a_client_that_was_killed_is_no_loss(cluster: Cluster, tmp_path: Path) -> None:
    """The next one finds what runs by asking everybody; what waited is absent, and can be taken back."""
    gate = f"while [ ! -e {tmp_path}/gate ]; do sleep 0.05; done; exit 5"
    running, waiting = far(gate), far("true", queue="gpu")
    first = Client(cluster)
    first.submit([running, waiting])
    worker = first.until(running, "claimed").worker
    first.kill()
    second = Client(cluster)
    try:
        seen = second.until(running, "claimed")
        assert seen.worker == worker
        second.wait_for_workers("w1", "w2")
        second.until(waiting, "absent")
        (tmp_path / "gate").touch()
        second.until(running, "exited")
        assert second.result(running)["exit_code"] == 5
    finally:
        second.close()


def test_the_client_is_small(client: Client) -> None:
    status = Path(f"/proc/{client.process.pid}/status").read_text()
    resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    assert resident < 90 << 10, f"{resident} KiB"
