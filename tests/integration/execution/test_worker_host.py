"""What a worker does for an engine elsewhere: with real supervisors, and no network."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import marked
from drive.waiting import eventually
from drive.worker_host import Hosted, far, hello
from penstock.errors import RefusedError, UsageError
from penstock.execution.host.calls import answer
from penstock.execution.remote.protocol import Forget, Left, Log, Observe, Sample, Stop, Submit
from penstock.ids import new_attempt_id


def files_with(folder: Path, word: bytes) -> list[Path]:
    """Return the files below *folder* in which *word* is."""
    return [path for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[Hosted]:
    found = Hosted(tmp_path)
    await found.host.start()
    yield found
    for each in list(found.host.live):
        found.host.stop(each, "kill", "the test is over")
    await eventually(lambda: not found.host.live, "the end of what runs")
    await found.host.close()


async def test_an_order_is_run_once_and_what_it_left_is_named_with_digests(
    hosted: Hosted, tmp_path: Path
) -> None:
    order = far(f"echo ran >> {tmp_path}/ledger; echo $PENSTOCK_HOME; head -c 20000 /dev/zero; exit 3")
    hosted.host.submit(order)
    hosted.host.submit(order)
    await hosted.until(order, "exited")
    hosted.host.submit(order)
    assert hosted.seen(order).kind == "exited"
    assert (tmp_path / "ledger").read_text() == "ran\n"
    left = await hosted.host.pull(order.spec.attempt_id)
    result = json.loads(left.result or "")
    assert (result["kind"], result["exit_code"]) == ("exit_code", 3)
    whole = f"{tmp_path}/i\n".encode() + bytes(20000)
    log, index = sorted(left.files, key=lambda file: len(file.name))
    assert (log.name, log.size, log.sha256) == ("log", len(whole), hashlib.sha256(whole).hexdigest())
    assert log.data is None, "it is too long to come along"
    assert index.name == "log.idx"
    assert hashlib.sha256(index.data or b"").hexdigest() == index.sha256
    pieces = [hosted.host.read(order.spec.attempt_id, "log", at, 9000).data for at in range(0, 30000, 9000)]
    assert b"".join(pieces) == whole
    hosted.host.forget([order.spec.attempt_id])
    assert hosted.seen(order).kind == "absent"


async def test_only_what_an_attempt_left_can_be_read(hosted: Hosted) -> None:
    order = far("echo x")
    await hosted.end(order)
    for name in ("spec", "result", "claim", "../../../i", "/etc/passwd", ""):
        with pytest.raises(UsageError, match="is not a file"):
            hosted.host.read(order.spec.attempt_id, name, 0, 10)


async def test_what_runs_cannot_be_pulled_or_forgotten(hosted: Hosted) -> None:
    order = far("echo begun; sleep 60")
    hosted.host.submit(order)
    await eventually(lambda: hosted.host.log(order.spec.attempt_id, 0, 99).data == b"begun\n", "a first line")
    with pytest.raises(RefusedError, match="has not ended"):
        await hosted.host.pull(order.spec.attempt_id)
    hosted.host.forget([order.spec.attempt_id])
    assert hosted.seen(order).kind == "claimed"
    assert hosted.host.live == {order.spec.attempt_id}


async def test_a_lease_that_nobody_renews_ends_the_attempt_and_says_why(hosted: Hosted) -> None:
    order = far("sleep 60", lease=0.6)
    hosted.host.submit(order)
    await hosted.until(order, "exited", renew=False)
    result = json.loads((await hosted.host.pull(order.spec.attempt_id)).result or "")
    assert (result["kind"], result["sent_by"]) == ("lost", "penstock")
    assert result["reason"] == "lease expired: nobody renewed it for 0.6 s"
    assert marked(order.spec.attempt_id) == []


async def test_a_lease_that_is_renewed_lasts(hosted: Hosted, tmp_path: Path) -> None:
    """Whoever observes renews; it is renewed for more than twice its time."""
    order = far(f"while [ ! -e {tmp_path}/gate ]; do sleep 0.05; done", lease=0.8)
    hosted.host.submit(order)
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        assert hosted.seen(order).kind in ("accepted", "claimed")
        await asyncio.sleep(0.1)
    (tmp_path / "gate").touch()
    await hosted.until(order, "exited")
    assert json.loads((await hosted.host.pull(order.spec.attempt_id)).result or "")["exit_code"] == 0


async def test_a_frozen_supervisor_hears_the_renewals_that_came_meanwhile(hosted: Hosted) -> None:
    order = far("sleep 60", lease=1.0)
    hosted.host.submit(order)
    seen = await hosted.until(order, "claimed")
    claim = json.loads((Path(hosted.host._folder(order.spec.attempt_id)) / "claim").read_bytes())
    os.kill(claim["pid"], signal.SIGSTOP)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        seen = hosted.seen(order)
        await asyncio.sleep(0.1)
    os.kill(claim["pid"], signal.SIGCONT)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        seen = hosted.seen(order)
        await asyncio.sleep(0.1)
    assert (seen.kind, seen.worker) == ("claimed", "w1")


async def test_keep_means_no_lease(hosted: Hosted) -> None:
    order = far("sleep 1.5; exit 5", lease=0.2, on_partition="keep")
    hosted.host.submit(order)
    await hosted.until(order, "exited", renew=False)
    assert json.loads((await hosted.host.pull(order.spec.attempt_id)).result or "")["exit_code"] == 5


async def test_a_host_that_was_killed_finds_what_runs(tmp_path: Path) -> None:
    first = Hosted(tmp_path)
    await first.host.start()
    order, waiting = far(f"while [ ! -e {tmp_path}/gate ]; do sleep 0.05; done; exit 4"), far("true")
    first.host.submit(order)
    await first.until(order, "claimed")
    await first.host.close()
    first.host._executor.submit([waiting.spec])  # written, and then it was killed: no supervisor heard of it
    second = Hosted(tmp_path)
    await second.host.start()
    try:
        assert second.host.live == {order.spec.attempt_id}
        taken_back = second.seen(waiting)
        assert (taken_back.kind, taken_back.revoked) == ("exited", True)
        (tmp_path / "gate").touch()
        await second.until(order, "exited")
        result = json.loads((await second.host.pull(order.spec.attempt_id)).result or "")
        assert result["exit_code"] == 4
    finally:
        await second.host.close()


async def test_what_was_revoked_never_starts_here(hosted: Hosted, tmp_path: Path) -> None:
    """Also if it was never heard of, and the order comes late: a worker that was frozen wakes up."""
    order = far(f"touch {tmp_path}/ran")
    seen = hosted.host.revoke(order.spec.attempt_id)
    assert (seen.kind, seen.revoked) == ("exited", True)
    hosted.host.submit(order)
    assert (await hosted.until(order, "exited")).revoked
    await hosted.end(far("true"))
    assert not (tmp_path / "ran").exists()


async def test_what_runs_is_not_revoked(hosted: Hosted) -> None:
    order = far("sleep 60")
    hosted.host.submit(order)
    await hosted.until(order, "claimed")
    assert hosted.host.revoke(order.spec.attempt_id).kind == "claimed"


async def test_a_killed_supervisor_is_a_loss_with_its_reason(hosted: Hosted) -> None:
    order = far("sleep 60")
    hosted.host.submit(order)
    await hosted.until(order, "claimed")
    claim = json.loads((Path(hosted.host._folder(order.spec.attempt_id)) / "claim").read_bytes())
    os.kill(claim["pid"], signal.SIGKILL)
    seen = await hosted.until(order, "lost")
    assert "died while it ran" in str(seen.reason)
    left = await hosted.host.pull(order.spec.attempt_id)
    assert left.result is None
    assert marked(order.spec.attempt_id) == []


async def test_secrets_reach_the_task_and_no_file(hosted: Hosted, tmp_path: Path) -> None:
    hosted.host.entrust(hello(environment={"TOKEN": "hush-token", "REGION": "eu"}, shown=("REGION",)))
    order = far(
        'printf "%s" "$PASSWORD $TOKEN $REGION" | sha256sum; echo "$PASSWORD and $TOKEN in $REGION"',
        secrets={"cmd:pass show dw": "hush-password"},
    )
    spec = order.spec
    spec.secrets["PASSWORD"] = "cmd:pass show dw"
    result = await hosted.end(order)
    log = hosted.host.log(spec.attempt_id, 0, 1000).data.decode()
    digest = hashlib.sha256(b"hush-password hush-token eu").hexdigest()
    assert (result["exit_code"], log) == (0, f"{digest}  -\n*** and *** in eu\n")
    assert files_with(tmp_path, b"hush") == []


async def test_a_task_s_question_is_carried_and_its_answer_too(hosted: Hosted) -> None:
    hosted.answers += ['{"id":1,"result":"' + "x" * 200_000 + '"}']
    ask = "import os,socket;s=socket.socket(socket.AF_UNIX);s.connect(os.environ['S']);"
    ask += "s.sendall(b'{\"id\":1}\\n')"
    read = "d=b''\nwhile not d.endswith(b'\\n'):\n p=s.recv(65536)\n if not p: break\n d+=p\nprint(len(d))"
    code = f"{ask}\n{read}"
    socket = str(hosted.host._settings.socket)
    order = far('python3 -I -c "$CODE"; python3 -I -c "$CODE"', env={"CODE": code, "S": socket})
    await hosted.end(order)
    assert hosted.host.log(order.spec.attempt_id, 0, 100).data == b"200021\n0\n", "then nobody answers"
    assert hosted.asked == [(order.spec.attempt_id, '{"id":1}')] * 2


async def test_an_attempt_goes_on_from_what_another_left(hosted: Hosted) -> None:
    before = new_attempt_id()
    order = far("true", resumes=Left(before, {"deferral": '{"v":1}', "fired": '{"v":1,"event":2}'}))
    await hosted.end(order)
    folder = Path(hosted.host._folder(before))
    assert (folder / "fired").read_text() == '{"v":1,"event":2}'
    with pytest.raises(RefusedError, match="is not a file"):
        hosted.host.submit(far("true", resumes=Left(before, {"../x": "y"})))
    with pytest.raises(RefusedError, match="is not on this worker"):
        hosted.host.submit(far("true", bundle="0" * 64))


async def test_requests_are_answered_by_their_kind(hosted: Hosted) -> None:
    order = far("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.02; done")
    attempt_id = order.spec.attempt_id
    hosted.host.submit(order)
    await eventually(lambda: hosted.host.log(attempt_id, 0, 99).data == b"ready\n", "readiness")
    seen = await answer(hosted.host, Observe(ids=[attempt_id]))
    assert seen.seen[attempt_id].pid in marked(attempt_id)  # type: ignore[attr-defined]
    usage = await answer(hosted.host, Sample(ids=[attempt_id]))
    assert usage.usage[attempt_id].processes >= 1  # type: ignore[attr-defined]
    await answer(hosted.host, Stop(attempt=attempt_id, mode="term", reason="enough"))
    await hosted.until(order, "exited")
    piece = await answer(hosted.host, Log(attempt=attempt_id, offset=-4, limit=10))
    assert piece.data == b"bye\n"  # type: ignore[attr-defined]
    assert piece.size >= 10, "bash may say that its sleep was ended"  # type: ignore[attr-defined]
    await answer(hosted.host, Forget(ids=[attempt_id]))
    assert hosted.seen(order).kind == "absent"
    with pytest.raises(UsageError, match="does not know Submit"):
        await answer(hosted.host, Submit(orders=[]))


async def test_what_no_engine_asks_for_is_deleted_at_last(hosted: Hosted) -> None:
    old, young, live = far("true"), far("true"), far("sleep 60")
    for order in (old, young):
        await hosted.end(order)
    hosted.host.submit(live)
    for order in (old, live):
        os.utime(hosted.host._folder(order.spec.attempt_id), (1000, 1000))
    await hosted.until(live, "claimed")
    hosted.host.sweep(2000.0)
    assert [hosted.seen(order).kind for order in (old, young, live)] == ["absent", "exited", "claimed"]
