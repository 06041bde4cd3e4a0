"""Python tasks from a warm parent: what they see, how they end, and who dies when."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drive.attempts import marked, shell
from drive.python_attempts import FORKED, GATE, PythonAttempts, unassigned
from drive.waiting import eventually
from penstock import process
from penstock.attempts import files
from penstock.execution.executor import Claimed, Exited, Lost
from penstock.execution.local import directory, supervisors
from penstock.model.outcome import Outcome, OutcomeKind

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks are given over on Linux")


@pytest.fixture
async def attempts(tmp_path: Path) -> AsyncIterator[PythonAttempts]:
    found = PythonAttempts(tmp_path)
    await found.start()
    yield found
    await found.executor.close()


SURROUNDINGS = """
def f():
    import gc, locale, resource
    own = os.getpid()
    print(sorted((name, text) for name, text in os.environ.items() if "ATTEMPT" not in name))
    print(os.environ["PENSTOCK_ATTEMPT"] == sys.argv[1].rpartition("/")[2])
    print(came, oct(os.umask(0o22)), os.nice(0), locale.setlocale(locale.LC_ALL))
    print(os.getsid(0) == own, os.getpgid(0) == own, open(f"/proc/{os.getppid()}/cmdline").read())
    print(sys.flags, [path for path in sys.path if came not in path], sys.argv[0], sys.orig_argv[:4])
    print(sorted(os.listdir("/proc/self/fd")), repr(sys.stdin.read()), os.isatty(1))
    print([[repr(s), repr(s.buffer), s.encoding, s.errors, s.line_buffering, s.seekable()]
           for s in (sys.stdin, sys.stdout, sys.stderr, sys.__stdout__)])
    print([signal.getsignal(n) for n in (signal.SIGINT, signal.SIGPIPE, signal.SIGHUP, signal.SIGCHLD)],
          signal.pthread_sigmask(signal.SIG_BLOCK, []))
    print([resource.getrlimit(n) for n in range(10)], threading.enumerate()[0].name, gc.isenabled())
    main = sys.modules["__main__"]
    print(main.__spec__.name, main.__file__, __name__, __file__ == os.getcwd() + "/a_dag.py")
    # Not SigQ: it counts what waits for any process of the user.
    own = ("SigPnd", "SigBlk", "SigIgn", "SigCgt")
    lines = [line for line in open("/proc/self/status") if line.startswith(own)]
    print(open("/proc/self/oom_score_adj").read(), lines)
"""


async def test_a_forked_task_sees_what_a_spawned_one_sees(attempts: PythonAttempts) -> None:
    specs = [
        attempts.python(SURROUNDINGS, spawned=spawned, env={"LANG": "C", "X": "ä\udc80"})
        for spawned in (True, False)
    ]
    spawned, forked = [(await attempts.log(spec)).decode().splitlines() for spec in specs]
    assert len(forked) == 12, forked
    assert forked == spawned


ENDINGS = {
    "value": "def f():\n    print('said')\n    return {'n': [1, 2]}",
    "error": "def f():\n    print('before')\n    return 1 / 0",
    "exit": "def f(): sys.exit(7)",
    "leaves": "def f():\n    print('kept, line by line')\n    os._exit(5)",
    "segfault": "def f():\n    import ctypes\n    ctypes.string_at(0)",
    "killed": "def f(): os.kill(os.getpid(), signal.SIGKILL)",
    "aborts": "def f(): os.abort()",
    "broken": "raise RuntimeError('at the top')\ndef f(): pass",
    "atexit": "def f(): atexit.register(print, 'at exit')",
    "thread": "def f(): threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
    "daemon": "def f(): threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
    "__del__": "class Bye:\n    def __del__(self): print('gone')\nbye = Bye()\ndef f(): f.bye = Bye()",
    "unclosed": "out = open('out', 'w')\natexit.register(lambda: 1)\ndef f(): out.write('text')",
    "temporary": "import tempfile\nheld = tempfile.NamedTemporaryFile(dir='.', prefix='held')\ndef f(): pass",
    "stdout": "def f():\n    sys.stdout = open('said', 'w')\n    print('elsewhere')",
    "forks": (
        "def f():\n    pid = os.fork()\n    if pid == 0:\n        print('child')\n        os._exit(3)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    ),
    "fork returns": "def f():\n    if os.fork(): print(os.waitstatus_to_exitcode(os.wait()[1]))",
    "subprocess": "def f(): subprocess.run(['sh', '-c', 'echo $PENSTOCK_CTX_TASK_ID; echo err >&2'])",
    "processes": (
        "def g(n): return n * n\ndef f():\n    import multiprocessing as m\n    for how in 'fork', 'spawn':\n"
        "        pool = m.get_context(how).Pool(2)\n        print(pool.map(g, [2, 3]))\n"
        "        pool.close()\n        pool.join()"
    ),
    "main": "if __name__ == '__main__': raise SystemExit(3)\ndef f(): print(sys.modules[__name__].__name__)",
    "exec": "def f(): os.execvp('sh', ['sh', '-c', 'echo taken over; exit 9'])",
}  # fmt: skip


@pytest.mark.parametrize("how", ENDINGS)
async def test_a_forked_task_ends_as_a_spawned_one_does(attempts: PythonAttempts, how: str) -> None:
    specs = [attempts.python(ENDINGS[how], spawned=spawned) for spawned in (True, False)]
    attempts.executor.submit(specs)
    told = []
    for spec in specs:
        outcome = await attempts.end(spec.attempt_id)
        log = attempts.printed(spec.attempt_id).decode()
        files = {
            path.name[:4]: path.read_bytes() for path in attempts.place(spec).iterdir() if path.is_file()
        }
        del files["a_da"]
        told.append((essence(outcome), log.replace(spec.attempt_id, "ID"), files))
    assert told[1] == told[0]
    assert told[1][0][0] is not OutcomeKind.LOST


def essence(outcome: Outcome) -> tuple[object, ...]:
    return outcome.kind, outcome.exit_code, outcome.signal, outcome.sent_by, outcome.reason, outcome.xcoms


async def test_accounts_are_the_forks_own(attempts: PythonAttempts) -> None:
    busy = "def f():\n    block = bytearray(80 << 20)\n    while time.process_time() < 0.3: pass"
    outcome = await attempts.run(attempts.python(busy))
    assert outcome.peak_rss is not None
    assert 80 << 20 < outcome.peak_rss < 120 << 20
    assert outcome.cpu_seconds is not None
    assert outcome.cpu_seconds >= 0.3
    idle = await attempts.run(attempts.python("def f(): pass"))
    assert idle.cpu_seconds is not None
    assert idle.cpu_seconds < 0.3  # not the parent's, which imported everything and forked the busy one
    assert idle.peak_rss is None or idle.peak_rss < 40 << 20


async def test_a_forked_task_and_all_it_started_end_together(attempts: PythonAttempts) -> None:
    body = """
def f():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for away in (False, True):
        if os.fork() == 0:
            if away: os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
    print("ready")
    time.sleep(600)
"""
    spec = attempts.python(body, grace=0.2)
    attempts.executor.submit([spec])
    await attempts.started(spec)
    assert len(marked(spec.attempt_id)) == 3
    assert f"attempts/{spec.attempt_id[:7]}/{spec.attempt_id}" in cmdline(marked(spec.attempt_id)[0])
    attempts.executor.stop(spec.attempt_id, "term", "enough")
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.signal, outcome.sent_by) == (OutcomeKind.CANCELLED, 9, "penstock")
    assert marked(spec.attempt_id) == []


def cmdline(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def environ(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


async def test_a_forked_task_has_a_time_limit(attempts: PythonAttempts) -> None:
    outcome = await attempts.run(attempts.python("def f(): time.sleep(60)", time_limit=0.1, grace=5))
    assert (outcome.kind, outcome.signal) == (OutcomeKind.TIMEOUT, signal.SIGTERM)


async def test_a_warm_parent_killed_while_it_launches(attempts: PythonAttempts) -> None:
    parent = await attempts.forked()
    os.kill(parent, signal.SIGSTOP)
    spec = attempts.python(
        f"def f():\n    open('ledger', 'a').write('ran')\n    print({FORKED})\n    sys.exit(4)"
    )
    attempts.executor.submit([spec])
    await attempts.phase(spec)
    os.kill(parent, signal.SIGKILL)
    assert (await attempts.end(spec.attempt_id)).exit_code == 4
    assert attempts.printed(spec.attempt_id).startswith(b"False\n")
    assert (attempts.place(spec) / "ledger").read_text() == "ran"
    await eventually(lambda: process.stat(parent) is None, "its end")
    assert await attempts.forked() != parent


async def test_a_warm_parent_that_stands_still_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    attempts = PythonAttempts(tmp_path)
    hurry = "import penstock.supervisor.start as r;r.FORK_SECONDS=2;main()"
    monkeypatch.setattr(supervisors, "_CODE", supervisors._CODE.replace("main()", hurry))
    await attempts.start()
    parent = await attempts.forked()
    os.kill(parent, signal.SIGSTOP)
    specs = [
        attempts.python("def f():\n    open('ledger', 'a').write('ran')\n    sys.exit(4)") for _ in range(3)
    ]
    attempts.executor.submit(specs)
    for spec in specs:
        assert (await attempts.end(spec.attempt_id)).exit_code == 4
        assert (attempts.place(spec) / "ledger").read_text() == "ran"
    await eventually(lambda: process.stat(parent) is None, "its end")
    await attempts.executor.close()


async def test_a_launch_can_be_cancelled(attempts: PythonAttempts) -> None:
    parent = await attempts.forked()
    os.kill(parent, signal.SIGSTOP)
    spec = attempts.python("open('ledger', 'a').write('ran')\ndef f(): pass")
    attempts.executor.submit([spec])
    await attempts.phase(spec)
    attempts.executor.stop(spec.attempt_id, "term", "no longer wanted")
    outcome = await attempts.end(spec.attempt_id)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.CANCELLED, "no longer wanted")
    os.kill(parent, signal.SIGCONT)
    assert await attempts.forked() == parent
    await eventually(lambda: marked(spec.attempt_id) == [], "the fork's end")
    assert not (attempts.place(spec) / "ledger").exists()


async def test_a_warm_parent_killed_while_its_tasks_run(attempts: PythonAttempts) -> None:
    parent = await attempts.forked()
    specs = [attempts.python(f"{GATE}\n    sys.exit({code})") for code in (3, 4)]
    attempts.executor.submit(specs)
    for spec in specs:
        await attempts.started(spec)
    os.kill(parent, signal.SIGKILL)
    await eventually(lambda: process.stat(parent) is None, "its end")
    assert await attempts.forked() != parent
    for code, spec in zip((3, 4), specs, strict=True):
        assert isinstance(attempts.observe(spec.attempt_id), Claimed)
        (attempts.place(spec) / "gate").touch()
        assert (await attempts.end(spec.attempt_id)).exit_code == code


async def test_whoever_looks_for_strays_leaves_the_warm_parent_alone(attempts: PythonAttempts) -> None:
    parent = await attempts.forked()
    outcome = await attempts.run(shell("setsid sleep 600 & exit 3"))
    assert (outcome.exit_code, outcome.survivors) == (3, 1)
    assert await attempts.forked() == parent


async def test_a_supervisor_killed_with_forked_tasks(attempts: PythonAttempts) -> None:
    parent = await attempts.forked()
    body = "def f():\n    if os.fork() == 0: os.setsid()\n    print('ready', flush=True)\n    time.sleep(600)"
    spec = attempts.python(body)
    attempts.executor.submit([spec])
    await attempts.started(spec, b"ready\nready")
    folder = str(attempts.folder(spec.attempt_id))
    child = files.read_report(f"{folder}/spec")
    assert process.start_ticks(child["pid"]) == child["start_ticks"]
    os.kill(attempts.supervisor_of(spec.attempt_id), signal.SIGKILL)
    # Were the lock inherited, the dead supervisor would look alive for as long as its tasks live.
    await eventually(lambda: not directory.is_locked(folder), "the lock to be free")
    assert isinstance(await attempts.until(spec.attempt_id, Lost, Exited), Lost)
    assert marked(spec.attempt_id) == []
    await eventually(lambda: (seen := process.stat(parent)) is None or seen.ended, "the warm parent's end")


@pytest.mark.parametrize("point", ["after_phase", "after_child_spawn"])
async def test_a_supervisor_that_dies_while_it_launches_a_fork(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, point: str
) -> None:
    monkeypatch.setenv("PENSTOCK_FAILPOINT", point)
    attempts = PythonAttempts(tmp_path)
    await attempts.start()
    spec = attempts.python("open('ledger', 'a').write('ran')\ndef f(): pass")
    attempts.executor.submit([spec])
    assert isinstance(await attempts.until(spec.attempt_id, Lost, Exited), Lost)
    await eventually(lambda: marked(spec.attempt_id) == [], "the fork's end")
    assert not (attempts.place(spec) / "ledger").exists()
    await attempts.executor.close()


async def test_what_cannot_be_forked_is_spawned(attempts: PythonAttempts, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    threads = {"PYTHONPATH": str(tmp_path)}
    large = {"BIG": "x" * 100_000, "BIGGER": "y" * 100_000}
    for env in (large, threads, {}):  # the last comes too soon after a warm parent that did not get warm
        assert await attempts.log(attempts.python(f"def f(): print({FORKED})", env=env)) == b"False\n"


async def test_a_warm_parent_knows_no_secret_and_no_attempt(attempts: PythonAttempts) -> None:
    spec = attempts.python(GATE, secrets={"SECRET": "env:PATH"}, env={"OTHER": "1"})
    attempts.executor.submit([spec])
    await attempts.started(spec)
    (parent,) = unassigned(attempts.supervisor_of(spec.attempt_id))
    names = {item.partition("=")[0] for item in environ(parent).split("\0") if item}
    assert names == {"PATH", "OTHER", "PENSTOCK_ATTEMPT"}
    (attempts.place(spec) / "gate").touch()
    await attempts.end(spec.attempt_id)
    other = attempts.python("def f(): print(os.environ['OTHER'], 'SECRET' in os.environ)", env={"OTHER": "2"})
    assert await attempts.log(other) == b"2 False\n"
