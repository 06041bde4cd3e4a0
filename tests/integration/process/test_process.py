from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drive.waiting import wait_for
from penstock import process

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as child:
        yield child
        child.kill()


def test_an_identity_is_pid_and_start_and_boot(sleeper: subprocess.Popen[bytes]) -> None:
    ticks = process.start_ticks(sleeper.pid)
    assert ticks is not None
    assert process.is_alive(sleeper.pid, ticks, process.boot_id())
    assert not process.is_alive(sleeper.pid, ticks + 1, process.boot_id())
    assert not process.is_alive(sleeper.pid, ticks, "another boot")
    assert not process.is_alive(sleeper.pid, None, process.boot_id())


def test_a_zombie_does_not_live(sleeper: subprocess.Popen[bytes]) -> None:
    ticks = process.start_ticks(sleeper.pid)
    sleeper.send_signal(signal.SIGKILL)
    wait_for(
        lambda: (seen := process.stat(sleeper.pid)) is not None and seen.ended, 20, "it does not come to that"
    )
    assert not process.is_alive(sleeper.pid, ticks, process.boot_id())


def test_names_with_parentheses_and_spaces_are_read(tmp_path: Path) -> None:
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "600"]) as child:
        wait_for(
            lambda: b") S 1 (" in Path(f"/proc/{child.pid}/stat").read_bytes(), 20, "it does not come to that"
        )
        seen = process.stat(child.pid)
        child.kill()
    assert seen is not None
    assert seen.ppid == os.getpid()


def test_a_stranger_with_the_same_pid_is_not_hit(sleeper: subprocess.Popen[bytes]) -> None:
    ticks = process.start_ticks(sleeper.pid)
    assert ticks is not None
    assert not process.signal_process(sleeper.pid, ticks - 1, signal.SIGKILL)
    assert not process.kill_session(sleeper.pid, ticks - 1, process.boot_id())
    assert not process.kill_session(sleeper.pid, ticks, "another boot")
    assert sleeper.poll() is None
    assert process.signal_process(sleeper.pid, ticks, signal.SIGTERM)
    assert sleeper.wait() == -signal.SIGTERM
    assert not process.signal_process(sleeper.pid, ticks, signal.SIGKILL)


def test_a_session_dies_with_all_its_groups() -> None:
    script = "set -m; sleep 600 & sleep 600 & echo ready; wait"
    with subprocess.Popen(["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        members = [seen for seen in process.processes() if seen.session == child.pid]
        assert len(members) == 3
        assert process.kill_session(child.pid, process.start_ticks(child.pid), process.boot_id()) == 3
    wait_for(
        lambda: not any(process.is_alive(m.pid, m.start_ticks, process.boot_id()) for m in members),
        20,
        "it does not come to that",
    )


def test_marked_processes_are_found_wherever_they_went() -> None:
    mark = f"test-{os.getpid()}-{time.monotonic_ns()}"
    env = {"PATH": os.environ["PATH"], "PENSTOCK_TEST_MARK": mark}
    script = "setsid sleep 600 & setsid sleep 600 & echo ready; sleep 600"
    with subprocess.Popen(["sh", "-c", script], env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert process.kill_marked("PENSTOCK_TEST_MARK", [mark]) >= 3
    left = [s for s in process.processes() if process.environment_value(s.pid, "PENSTOCK_TEST_MARK") == mark]
    assert all(seen.ended for seen in left)
    assert process.kill_marked("PENSTOCK_TEST_MARK", []) == 0


def test_children_are_listed_and_others_are_not(sleeper: subprocess.Popen[bytes]) -> None:
    assert sleeper.pid in process.children(os.getpid())
    assert process.children(sleeper.pid) == []
    assert process.children(4_000_000) == []


def test_the_peer_of_a_socket_is_told() -> None:
    left, right = socket.socketpair(socket.AF_UNIX)
    with left, right:
        assert process.peer_uid(left) == os.getuid()


def test_who_gives_way_has_a_low_priority_and_short_turns() -> None:
    machine, release = os.uname().machine, os.uname().release
    version = tuple(int(part) for part in release.split("-")[0].split(".")[:2])
    reads = {"x86_64": 315, "aarch64": 275}.get(machine)
    if reads is None or version < (6, 12):
        pytest.skip(f"Linux {release} on {machine} has no turns of one's own")
    script = (
        "import ctypes, os, struct, penstock.process as process; process.give_way(); "
        "room = ctypes.create_string_buffer(48); "
        f"ctypes.CDLL(None).syscall({reads}, 0, room, 48, 0); "
        "fields = struct.unpack('IIQiIQQQ', room.raw); print(fields[1], fields[3], fields[5])"
    )
    said = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True)
    policy, nice, nanoseconds = said.stdout.split()
    assert (policy, nice, nanoseconds) == ("0", str(os.getpriority(os.PRIO_PROCESS, 0) + 10), "100000")
