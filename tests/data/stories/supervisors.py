"""Stories of supervisors: engines that come and go, odd orders, secrets, and a machine that is full."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator

from data.stories.attempts import EXIT_3, A, B, C
from drive.supervised import Supervised


def without_an_engine(told: Supervised) -> Iterator[None]:
    """The engine goes and another one comes; what ended meanwhile is durable, and told."""
    yield
    told.launch(A, B)
    yield
    yield
    told.leave()
    yield
    told.ends(told.pid(A))
    yield
    told.forward(0.6)
    yield
    told.listen()
    told.forward(0.6)
    yield
    yield
    told.ends(told.pid(B))
    yield
    told.leave()
    yield
    yield


def quits(told: Supervised) -> Iterator[None]:
    """A quit crosses a launch: what lives is waited for."""
    yield
    told.launch(A)
    yield
    told.send(op="quit")
    yield
    told.launch(B)
    yield
    yield
    told.ends(told.pid(A))
    yield
    told.ends(told.pid(B))
    yield
    yield


def odd_orders(told: Supervised) -> Iterator[None]:
    """Launches of what is not there, taken back, another's, twice, or makes no sense."""
    yield
    told.send(op="launch", ids=["0123456789ab-0000000f", 7])
    yield
    folder = told.order(A)
    (folder / "claim").write_text("{}")
    told.send(op="launch", ids=[A])
    yield
    folder = told.order(B)
    (folder / "spec").write_bytes(b"not JSON")
    told.send(op="launch", ids=[B])
    yield
    folder = told.order(C)
    (folder / "spec").write_bytes((folder / "spec").read_bytes().rstrip())
    told.send(op="launch", ids=[C, C])
    yield
    told.send(op="launch", ids=[C])
    yield
    told.send(op="nothing known")
    told.send(op="stop", id="0123456789ab-0000000f")
    yield
    told.ends(told.pid(C))
    yield
    for at, argv in enumerate((("/no/such/program",), ("nowhere",), ("/bin/x\0y",))):
        told.order(f"0123456789ab-0000001{at}", *argv)
        told.machine.spawn_error = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        told.send(op="launch", ids=[f"0123456789ab-0000001{at}"])
        yield
    told.machine.spawn_error = PermissionError(errno.EACCES, "denied")
    told.launch("0123456789ab-00000014")
    yield
    yield


def no_room(told: Supervised) -> Iterator[None]:
    """The machine has no room for one more process, for a while and then for good; a stop in between."""
    yield
    told.machine.spawn_error = BlockingIOError(errno.EAGAIN, "no more processes")
    told.launch(A)
    yield
    told.forward(0.05)
    yield
    told.forward(0.06)
    yield
    told.machine.spawn_error = None
    told.forward(0.1)
    yield
    told.ends(told.pid(A))
    yield
    told.machine.spawn_error = BlockingIOError(errno.EAGAIN, "no more processes")
    told.launch(B)
    yield
    told.forward(4.95)
    yield
    told.forward(0.2)
    yield
    yield
    told.launch(C)
    yield
    told.stop(C)
    yield
    yield


def secrets(told: Supervised) -> Iterator[None]:
    """Values that are entrusted, looked up, printed by commands, hidden; a stop while a command runs."""
    yield
    told.send(
        op="entrust",
        environ={"P": "swordfish", "REGION": "eu", "Q": "hidden too", "PATH": "/usr/bin:/bin"},
        passed=["REGION", "Q", "NONE"],
        shown=["REGION"],
        hidden=["from a file"],
    )
    yield
    told.launch(A, passed=True, secrets={"PASSWORD": "env:P", "TOKEN": "cmd:print it"})
    yield
    yield
    told.prints(told.pid_of_last(), b"tok\nen\n")
    told.ends(told.pid_of_last())
    yield
    yield
    told.prints(told.pid(A), b"swordfish tok\nen, eu, hidden too, from a file\n")
    yield
    told.ends(told.pid(A))
    yield
    told.launch(B, secrets={"TOKEN": "cmd:print it"})
    yield
    yield
    told.stop(B)
    yield
    yield
    told.launch(C, secrets={"TOKEN": "env:NONE"})
    yield
    told.launch("0123456789ab-0000000d", secrets={"TOKEN": "cmd:fail"})
    yield
    yield
    told.ends(told.pid_of_last(), EXIT_3)
    yield
    told.launch("0123456789ab-0000000e", secrets={"TOKEN": "cmd:hang"})
    yield
    yield
    told.forward(29.9)
    yield
    told.forward(0.2)
    yield
    yield
    told.launch("0123456789ab-0000000f", lent=("Q", "NONE"))
    yield
    yield
    told.prints(told.pid_of_last(), b"hidden too, lent\n")
    yield
    told.ends(told.pid_of_last())
    yield
    yield


def long_output(told: Supervised) -> Iterator[None]:
    """More output than the log may have: its beginning, its end, and what lies between."""
    yield
    told.launch(A, log_max_bytes=400)
    yield
    yield
    pid = told.pid(A)
    for at in range(12):
        told.prints(pid, f"line {at:02} ".encode() + b"x" * 60 + b"\n")
        told.machine.forward(0.7)
        yield
    told.ends(pid)
    yield
    told.launch(B, push_last_line=True)
    yield
    yield
    told.prints(told.pid(B), b"y" * 65_000)
    yield
    told.prints(told.pid(B), b"y" * 600)
    yield
    told.ends(told.pid(B))
    yield
    yield


def verdicts(told: Supervised) -> Iterator[None]:
    """What a Python task says of its end, and what it hides while it runs."""
    for at, verdict in enumerate(
        (
            '{"v":1,"kind":"success","mapped_length":3}',
            '{"v":1,"kind":"skipped","reason":"nothing to do"}',
            '{"v":1,"kind":"failed","reason":"no"}',
            '{"v":1,"kind":"rescheduled","next_poke_at":5.0}',
            "broken",
        )
    ):
        attempt_id = f"0123456789ab-0000002{at}"
        yield
        told.launch(attempt_id, context={"x": 1})
        yield
        yield
        pid = told.pid(attempt_id)
        folder = told.root / attempt_id[:7] / attempt_id
        (folder / "verdict").write_text(verdict)
        (folder / "xcom").write_text("{}")
        told.prints(pid, b"before \x1e\x1fpenstock-hide c2VjcmV0\x1f\x1e secret after \x1e\x1fpen")
        yield
        told.ends(pid, EXIT_3 if at == 0 else 0)
        yield
    yield


def unreadable_verdicts(told: Supervised) -> Iterator[None]:
    """What a Python task says of its end cannot be read: the disk may get well again, a mode does not."""
    yield
    told.launch(A, B, context={"x": 1})
    yield
    yield
    for each in (A, B):
        (told.root / each[:7] / each / "verdict").write_text('{"v":1,"kind":"skipped","reason":"no rows"}')
    told.machine.read_error = OSError(errno.EIO, "Input/output error")
    told.ends(told.pid(A))
    yield
    told.forward(0.9)
    yield
    told.forward(0.2)
    yield
    told.machine.read_error = None
    told.forward(0.9)
    yield
    told.forward(0.2)
    yield
    yield
    told.machine.read_error = PermissionError(errno.EACCES, "Permission denied")
    told.ends(told.pid(B))
    yield
    yield


def full_disk(told: Supervised) -> Iterator[None]:
    """The disk takes nothing for a while: logs and results wait, and the engine is told of it."""
    full = OSError(errno.ENOSPC, "No space left on device")
    yield
    told.launch(A, B)
    yield
    yield
    told.prints(told.pid(A), b"on the disk\n")
    yield
    told.machine.disk_error = full
    told.prints(told.pid(A), b"waits\n")
    yield
    told.forward(1.1)
    yield
    told.prints(told.pid(A), b"z" * 60_000)
    yield
    for _ in range(5):
        told.prints(told.pid(A), b"z" * 60_000)
        yield
    told.machine.disk_error = None
    told.forward(1.1)
    yield
    yield
    told.machine.disk_error = full
    told.prints(told.pid(B), b"last words")
    yield
    told.ends(told.pid(A))
    yield
    told.ends(told.pid(B))
    yield
    told.forward(1.1)
    yield
    told.stop(B)
    yield
    told.machine.disk_error = None
    told.forward(1.1)
    yield
    yield
    told.machine.disk_error = full
    told.launch(C)
    yield
    yield
    told.machine.disk_error = OSError(errno.EACCES, "Permission denied")
    told.launch("0123456789ab-0000000d")
    yield
    yield


def locks(told: Supervised) -> Iterator[None]:
    """Somebody else holds the lock of an attempt: for a moment, and for good."""
    yield
    for attempt_id in (A, B):
        folder = told.order(attempt_id)
        holder = os.open(folder / "spec", os.O_RDWR)
        fcntl.flock(holder, fcntl.LOCK_EX)
        told.send(op="launch", ids=[attempt_id])
        yield
        told.forward(0.01)
        yield
        if attempt_id == B:
            told.forward(4.9)
            yield
            told.forward(0.2)
            yield
        os.close(holder)
        told.forward(0.01)
        yield
        yield
    told.ends(told.pid(A))
    yield
    yield


def left_alone(told: Supervised) -> Iterator[None]:
    """The engine goes while an order cannot be taken yet: it is waited for, and nothing is left after it."""
    yield
    folder = told.order(A)
    holder = os.open(folder / "spec", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    told.send(op="launch", ids=[A])
    yield
    told.leave()
    yield
    told.forward(0.01)
    yield
    os.close(holder)
    told.forward(0.01)
    yield
    yield
    told.ends(told.pid(A))
    yield
    yield


def slow_engine(told: Supervised) -> Iterator[None]:
    """The engine does not read for a while; what it was not told goes out later, in order."""
    yield
    told.deaf, told.merged = True, []
    for at in range(6):
        ids = [f"0123456789ab-{at:02}{number:06}" for number in range(9)]
        told.send(op="launch", ids=[*ids, f"{at}" * 50_000])
        yield
    for _ in range(20):
        yield
    told.say("the engine reads again")
    told.deaf = False
    for _ in range(40):
        told.machine.forward(0.2)
        yield
    told.tell(f"heard {[each[:24] for each in told.merged]}")
    told.merged = None
    told.launch(A)
    yield
    told.say("the engine does not read until it has missed too much")
    told.deaf, told.merged = True, []
    for at in range(60):
        with contextlib.suppress(OSError):  # from some point on it is another connection
            told.send(op="launch", ids=[f"{at}" * 30_000])
        yield
    told.hang_up()
    told.deaf, told.merged = False, None
    told.say("the engine reads again")
    told.machine.forward(1)
    yield
    yield
    told.ends(told.pid(A))
    yield
    yield


STORIES = {
    each.__name__: each
    for each in (
        without_an_engine,
        quits,
        odd_orders,
        no_room,
        secrets,
        long_output,
        verdicts,
        unreadable_verdicts,
        full_disk,
        locks,
        left_alone,
        slow_engine,
    )
}
