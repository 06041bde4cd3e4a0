"""Supervisors come and go: their number follows the work, and nobody else may pose as one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from drive.attempts import Attempts, make_settings, open_local, places_used, shell
from drive.waiting import eventually
from penstock.attempts.protocol import load
from penstock.execution.executor import Claimed
from penstock.execution.local import silence, supervisors
from penstock.execution.local.executor import LocalExecutor

HEAVY = ("asyncio", "dataclasses", "inspect", "pathlib", "subprocess", "threading", "logging", "sqlite3")


@pytest.fixture
async def attempts(tmp_path: Path) -> AsyncIterator[Attempts]:
    found = await open_local(tmp_path, attempts_per_supervisor=2)
    yield found
    await found.executor.close()


def claimers(attempts: Attempts) -> set[int]:
    """Return the supervisors that ever claimed something and still have their claim file."""
    folder = attempts.settings.attempts / ".claims"
    found = set()
    for path in folder.iterdir() if folder.exists() else ():
        with suppress(FileNotFoundError):  # its supervisor ended while we looked
            found.add(int(load(path.read_bytes())["pid"]))
    return found


async def test_supervisors_are_filled_and_let_go_when_idle(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisors, "IDLE_SECONDS", 0.05)
    specs = [shell("sleep 600") for _ in range(5)]
    attempts.executor.submit(specs)
    for spec in specs:
        await attempts.until(spec.attempt_id, Claimed)
    assert len(claimers(attempts)) == 3
    assert places_used(attempts) == 5
    for spec in specs:
        attempts.executor.stop(spec.attempt_id, "kill", "done")
    for spec in specs:
        await attempts.end(spec.attempt_id)
    await eventually(lambda: len(claimers(attempts)) == 1, "all but one to end")
    assert (await attempts.run(shell("exit 3"))).exit_code == 3


async def test_work_is_shared_before_a_supervisor_is_full(tmp_path: Path) -> None:
    attempts = await open_local(tmp_path, attempts_per_supervisor=16)
    specs = [shell("sleep 600") for _ in range(5)]
    attempts.executor.submit(specs[:4])
    for spec in specs[:4]:
        await attempts.until(spec.attempt_id, Claimed)
    assert len(claimers(attempts)) == 1  # the others have only been asked for
    await eventually(lambda: len(connected(attempts)) == 2, "a second supervisor")
    attempts.executor.submit(specs[4:])
    await attempts.until(specs[4].attempt_id, Claimed)
    assert len(claimers(attempts)) == 2
    assert sorted(connected(attempts)) == [1, 4]
    for spec in specs:
        attempts.executor.stop(spec.attempt_id, "kill", "done")
    for spec in specs:
        await attempts.end(spec.attempt_id)
    await attempts.executor.close()


def connected(attempts: Attempts) -> list[int]:
    """Return how many attempts each supervisor has that is there."""
    executor = attempts.executor
    assert isinstance(executor, LocalExecutor)
    assert executor._supervisors is not None
    return [len(link.ids) for link in executor._supervisors._links]


async def test_nonsense_on_the_socket_harms_nobody(attempts: Attempts) -> None:
    await attempts.run(shell("true"))
    words = [
        b"\xff\xfe\n",
        b"[]\n",
        b"{}\n",
        b'{"op":"hello","pid":"x","ids":[]}\n',
        b'{"op":"moved","ids":5,"ended":[]}\n',
        b"x" * (2 << 20),
    ]
    for word in words:
        reader, writer = await asyncio.open_unix_connection(attempts.settings.supervisor_socket)
        writer.write(word)
        with suppress(ConnectionError):  # the one too long is cut off while it is still being sent
            assert await reader.read() == b""
        writer.close()
    assert (await attempts.run(shell("exit 4"))).exit_code == 4


async def test_the_socket_is_private(attempts: Attempts) -> None:
    path = attempts.settings.supervisor_socket
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o022 == 0


async def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = make_settings(tmp_path).supervisor_socket
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    attempts = await open_local(tmp_path)
    assert (await attempts.run(shell("exit 5"))).exit_code == 5
    await attempts.executor.close()


async def test_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    executor = LocalExecutor(make_settings(tmp_path))
    with pytest.raises(PermissionError):
        await executor.start(lambda _ids: None)
    await executor.close()


async def test_a_home_with_a_long_and_odd_path(tmp_path: Path) -> None:
    home = tmp_path / ("long name with späce " * 5).strip() / "x"
    home.mkdir(parents=True)
    attempts = await open_local(home)
    assert len(os.fsencode(attempts.settings.supervisor_socket)) <= 100
    assert (await attempts.run(shell("exit 6"))).exit_code == 6
    await attempts.executor.close()


def test_a_supervisor_imports_little() -> None:
    root = str(supervisors._package_root())
    code = (
        "import sys, json; sys.path.append(sys.argv[1])\n"
        "import penstock.supervisor.main\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    words = [sys.executable, "-I", "-S", "-c", code, root]
    found = subprocess.run(words, capture_output=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in json.loads(found.stdout)}
    assert loaded.isdisjoint(HEAVY)
    assert loaded.isdisjoint({"sqlalchemy", "sqlmodel", "textual", "psutil", "msgspec"})


async def test_a_stopped_supervisor_is_set_aside_and_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisors, "SIDE_BY_SIDE", 1)
    attempts = await open_local(tmp_path)
    executor = attempts.executor
    assert isinstance(executor, LocalExecutor)
    ran, gate = tmp_path / "ran", tmp_path / "gate"
    held = shell(f"until [ -e {gate} ]; do sleep 0.02; done; echo held >>{ran}; exit 2")
    executor.submit([held])
    await attempts.until(held.attempt_id, Claimed)
    (stopped,) = claimers(attempts)
    os.kill(stopped, signal.SIGSTOP)
    try:
        specs = [shell(f"echo {number} >>{ran}; exit {number}") for number in (3, 4, 5)]
        executor.submit(specs)
        assert [(await attempts.end(spec.attempt_id)).exit_code for spec in specs] == [3, 4, 5]
        (warning,) = executor.warnings
        assert warning == (
            f"supervisor {stopped} is stopped by a signal and holds 1 attempt: others do its work for now; "
            f"`kill -CONT {stopped}` wakes it up"
        )
        gate.touch()
        assert isinstance(attempts.observe(held.attempt_id), Claimed)  # it ended, and nobody doubles it
    finally:
        os.kill(stopped, signal.SIGCONT)
    assert (await attempts.end(held.attempt_id)).exit_code == 2
    await eventually(lambda: executor.warnings == (), "the supervisor to be used again")
    assert sorted(ran.read_text().split()) == ["3", "4", "5", "held"]
    assert [(attempts.folder(spec.attempt_id) / "claim").exists() for spec in specs] == [True] * 3
    await executor.close()


async def test_an_idle_supervisor_that_is_stopped_and_wakes_up_takes_work_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisors, "SIDE_BY_SIDE", 1)
    monkeypatch.setattr(supervisors, "IDLE_SECONDS", 600)
    monkeypatch.setattr(silence, "AGAIN_SECONDS", 0.05)
    attempts = await open_local(tmp_path)
    executor = attempts.executor
    assert isinstance(executor, LocalExecutor)
    assert executor._supervisors is not None
    await attempts.run(shell("true"))
    (link,) = executor._supervisors._links
    assert link.pid is not None
    os.kill(link.pid, signal.SIGSTOP)
    spec = shell("exit 3")
    executor.submit([spec])
    assert (await attempts.end(spec.attempt_id)).exit_code == 3
    assert not link.takes_work
    claim = (attempts.folder(spec.attempt_id) / "claim").read_bytes()
    os.kill(link.pid, signal.SIGCONT)
    await eventually(lambda: link.takes_work, "the supervisor to be used again")
    assert not link.ids
    assert (attempts.folder(spec.attempt_id) / "result").exists()
    assert (attempts.folder(spec.attempt_id) / "claim").read_bytes() == claim
    await executor.close()
