from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from penstock import process
from penstock.execution.executor import Usage
from penstock.execution.local import uses
from penstock.execution.local.sampler import Sampler

Start = Callable[[str], int]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python code in a session of its own; it is awaited until it prints a line."""
    children: list[subprocess.Popen[bytes]] = []

    def begin(code: str) -> int:
        words = [sys.executable, "-I", "-S", "-c", code]
        child = subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout is not None
        child.stdout.readline()
        return child.pid

    yield begin
    for child in children:
        os.killpg(child.pid, 9)
        child.communicate()


def test_memory_and_processes_of_descendants_count(start: Start) -> None:
    code = "import os, time\nblob = bytearray(30_000_000)\nos.fork()\nprint(flush=True)\ntime.sleep(600)"
    pid = start(code)
    sampler = Sampler()
    deadline = time.monotonic() + 20
    while (usage := sampler.sample({"a": pid})["a"]).processes < 2:
        assert time.monotonic() < deadline
    assert usage.rss > 30_000_000


def test_cpu_adds_up_from_pass_to_pass(start: Start) -> None:
    pid = start("print(flush=True)\nwhile True: pass")
    sampler = Sampler()
    first = sampler.sample({"a": pid})["a"]
    deadline = time.monotonic() + 20
    while (later := sampler.sample({"a": pid})["a"]).cpu_seconds <= first.cpu_seconds:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert later.cpu_percent > 0


def test_totals_outlive_the_children_that_made_them(start: Start, tmp_path: Path) -> None:
    code = f"""
import os, time, signal
child = os.fork()
if child == 0:
    with open({str(tmp_path / "out")!r}, "wb") as stream:
        stream.write(b"x" * 5_000_000)
        stream.flush()
        os.fsync(stream.fileno())
    print(flush=True)
    time.sleep(600)
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.pause()
os.kill(child, 9)
os.waitpid(child, 0)
time.sleep(600)
"""
    pid = start(code)
    sampler = Sampler()
    before = sampler.sample({"a": pid})["a"]
    assert before.write_bytes >= 5_000_000 or before.write_bytes == 0  # some file systems count nothing
    deadline = time.monotonic() + 20
    while (after := sampler.sample({"a": pid})["a"]).processes > 1:
        assert time.monotonic() < deadline
        os.kill(pid, 10)
        time.sleep(0.01)
    assert after.write_bytes >= before.write_bytes
    assert after.cpu_seconds >= before.cpu_seconds


def test_the_ended_are_left_out(start: Start) -> None:
    pid = start("print(flush=True)")
    sampler = Sampler()
    deadline = time.monotonic() + 20
    while "a" in sampler.sample({"a": pid, "b": 4_000_000}):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert sampler.sample({}) == {}


def test_the_first_pass_tells_the_mean_since_the_start(start: Start) -> None:
    # It has worked for longer than the kernel's clock tick before it is looked at.
    worker = start("sum(range(5_000_000)); print(flush=True)\nwhile True: pass")
    usage = Sampler().sample({"a": worker})["a"]
    assert isinstance(usage, Usage)
    assert usage.cpu_percent > 0
    assert usage.processes == 1


@pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")
def test_our_own_reading_of_a_process_agrees_with_psutil(start: Start) -> None:
    pid = start("blob = bytearray(9_000_000)\nprint(flush=True)\nimport time\ntime.sleep(600)")
    theirs, ours = psutil.Process(pid), uses.totals(pid)
    assert ours is not None
    assert abs(ours.rss - theirs.memory_info().rss) < 1 << 20
    cpu = theirs.cpu_times()
    assert abs(ours.cpu_seconds - sum(cpu[:4])) < 0.5
    counters = theirs.io_counters()
    assert (ours.read_bytes, ours.write_bytes) == (counters.read_bytes, counters.write_bytes)
    assert abs(uses.age(pid) - (time.time() - theirs.create_time())) < 2
    assert uses.totals(4_000_000) is None
    assert uses.age(4_000_000) == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"7 (a) (b)) S 1 7 7 0 -1 0 0 0 0 0 100 200 30 4 20 0 1 0 55 9999 3 0\n", (334, 3)),
        (b"7 (cat) Z 1 7 7 0 -1 0 0 0 0 0 100 200 30 4 20 0 1 0 55 9999 3 0\n", None),
        (b"7 (small) S 1 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 55 9999 0 0\n", (10, 0)),
        (b"7 (gave its memory back) R 1 7 7 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 55 0 0 0\n", None),
    ],
)
def test_a_record_of_the_kernel_is_read(line: bytes, expected: tuple[int, int] | None) -> None:
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    wanted = None if expected is None else (expected[0] / ticks, expected[1] * page)
    assert uses.of_stat(line) == wanted
    assert uses.of_io(b"rchar: 1\nread_bytes: 4096\nwrite_bytes: 0\ncancelled_write_bytes: 7\n") == (4096, 0)


_LEADER = """
import os, sys, time
there, leaves = int(sys.argv[1]), sys.argv[2] == "True"
os.setsid()
if os.fork() == 0:
    if leaves:
        os.setsid()
    if os.fork() == 0:
        os.write(there, b"x")
        time.sleep(600)
    os._exit(0)
os.wait()
time.sleep(600)
"""
_PARENT = """
import ctypes, os, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # orphans fall to us, as to a supervisor
here, there = os.pipe()
os.set_inheritable(there, True)
leader = os.fork()
if leader == 0:
    words = [sys.executable, "-I", "-S", "-c", sys.argv[1], str(there), sys.argv[2]]
    os.execve(sys.executable, words, {"PENSTOCK_ATTEMPT": "a"})
os.read(here, 1)
print(leader, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose an orphan is")
@pytest.mark.parametrize("leaves", [False, True], ids=["stays in the session", "leaves the session"])
def test_what_was_reparented_counts_even_outside_its_session(leaves: bool) -> None:
    words = [sys.executable, "-I", "-S", "-c", _PARENT, _LEADER, str(leaves)]
    parent = subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    leader = int(parent.stdout.readline())
    try:
        sampler = Sampler()
        deadline = time.monotonic() + 20
        while sampler.sample({"a": leader})["a"].processes != 2:  # the one between has ended
            assert time.monotonic() < deadline
        assert sampler.sample({"b": leader})["b"].processes == (1 if leaves else 2), "another one's mark"
    finally:
        for pid in process.children(parent.pid):
            os.kill(pid, 9)
        parent.kill()
        parent.communicate()
