"""A supervisor in this process, on a machine of memory: every turn of it as text.

What happens is a generator. It is taken one step on each time the supervisor waits, so its own loop runs
as it does in life. Each step tells what the supervisor did: processes, signals, messages, files.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.machine import Machine
from penstock.attempts.protocol import AttemptSpec, dump
from penstock.supervisor.main import Supervisor
from penstock.supervisor.poller import Poller

Happening = Callable[["Supervised"], Iterator[None]]


class Told(BaseException):
    """The story is told: what still runs is let go."""


class Supervised:
    """One supervisor and everything around it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.lines: list[str] = []
        self.root = folder / "attempts"
        self.root.mkdir()
        self.machine = Machine(patch, self.tell)
        self.socket = folder / "s"
        self._listener: socket.socket | None = None
        self._line: socket.socket | None = None
        self._received = b""
        self.deaf = False
        self.merged: list[str] | None = None
        """Ids in the order in which they were told, where the system's buffers decide what comes when."""
        self._files: dict[str, str] = {}
        self._steps: Iterator[None] = iter(())
        patch.setattr(Supervisor, "_wake_on_child_exit", lambda _: None)

        def wait(poller: Poller, seconds: float | None) -> None:
            self._wait(poller, seconds)

        patch.setattr(Poller, "wait", wait)
        patch.setattr(os, "environ", {"PATH": os.environ["PATH"], "KEPT": "k"})

    def run(self, happening: Happening) -> str:
        """Tell a story to its end and return it."""
        self.listen()
        self._steps = happening(self)
        self.supervisor = Supervisor(str(self.root), str(self.socket), 0o027)
        try:
            with contextlib.suppress(Told):
                self.supervisor.run()
                self.tell("the supervisor has ended")
            self._look()
        finally:
            for attempt in self.supervisor._live.values():
                attempt._let_go()
            self.supervisor._link.drop()
            self.machine.close()
            self.hang_up()
            if self._listener is not None:
                self._listener.close()
        return "\n".join(self.lines) + "\n"

    def tell(self, line: str) -> None:
        """Write a line down."""
        here = re.sub(rf"\b{os.getpid()}\b", "US", line.replace(str(self.root.parent), "HOME"))
        self.lines.append(f"  {re.sub(r'US-[0-9]+', 'US-…', here)}")

    def say(self, what: str) -> None:
        """Write down what happens next."""
        self.lines += ["", f"> {what}"]

    # -- the engine ------------------------------------------------------------------------------

    def listen(self) -> None:
        """Let an engine be there."""
        self.socket.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.socket))
        self._listener.listen()
        self._listener.setblocking(False)  # noqa: FBT003

    def hang_up(self) -> None:
        """Let the engine go."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def leave(self) -> None:
        """Let the engine go, and none come."""
        self.say("the engine goes")
        self.hang_up()
        assert self._listener is not None
        self._listener.close()
        self.socket.unlink()

    def send(self, **message: Any) -> None:
        """Let the engine say something."""
        if self.merged is None:
            self.say(f"engine: {_plain(message)}")
        assert self._line is not None
        self._line.sendall(json.dumps(message).encode() + b"\n")

    def order(self, attempt_id: str, *argv: str, **fields: Any) -> Path:
        """Write an order."""
        folder = self.root / attempt_id[:7] / attempt_id
        folder.mkdir(parents=True)
        fields.setdefault("env", {"PATH": "/usr/bin:/bin"})
        spec = AttemptSpec(attempt_id, argv or ("/bin/task", attempt_id[-1]), **fields)
        (folder / "spec").write_bytes(dump(spec))
        return folder

    def launch(self, *ids: str, **fields: Any) -> None:
        """Order attempts and ask for them."""
        for each in ids:
            self.order(each, **fields)
        self.send(op="launch", ids=list(ids))

    def stop(self, attempt_id: str, mode: str = "term", reason: str = "enough") -> None:
        """Order an attempt's end."""
        folder = self.root / attempt_id[:7] / attempt_id
        (folder / "stop").write_text(json.dumps({"v": 1, "mode": mode, "reason": reason}) + "\n")
        self.send(op="stop", id=attempt_id)

    # -- the machine -----------------------------------------------------------------------------

    def pid(self, attempt_id: str) -> int:
        """Return the process of an attempt that started last."""
        found = [
            each.pid
            for each in self.machine.living.values()
            if each.env.get("PENSTOCK_ATTEMPT") == attempt_id and each.status is None
        ]
        return found[-1]

    def pid_of_last(self) -> int:
        """Return the process that was started last."""
        return max(pid for pid, each in self.machine.living.items() if each.status is None)

    def prints(self, pid: int, data: bytes) -> None:
        """Let a process print."""
        self.say(f"{pid} prints {data[:40]!r}{len(data) if len(data) > 40 else ''}")
        self.machine.prints(pid, data)

    def ends(self, pid: int, status: int = 0) -> None:
        """Let a process end by itself, with wait(2)'s *status*."""
        self.say(f"{pid} ends with {status}")
        self.machine.ends(pid, status)

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.say(f"forward {seconds:g}")
        self.machine.forward(seconds)

    # -- the loop --------------------------------------------------------------------------------

    def _wait(self, poller: Poller, seconds: float | None) -> None:
        self._look()
        if self.merged is None:
            self.tell("wait" if seconds is None else f"wait {seconds:.3f}")
        try:
            next(self._steps)
        except StopIteration:
            raise Told from None
        for handle, _ in poller._poll.poll(0):
            if (call := poller._calls.get(handle)) is not None:
                call()
        self.supervisor._reap()

    def _look(self) -> None:
        """Write down what the engine hears and what became of files."""
        self._hear()
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if path.is_file():
                shown = _content(path)
                if self._files.get(name) != shown:
                    self._files[name] = shown
                    self.tell(f"file {name} {path.stat().st_mode & 0o777:o} {shown}")
        for name in [name for name in self._files if not (self.root / name).exists()]:
            del self._files[name]
            self.tell(f"gone {name}")

    def _hear(self) -> None:
        if self.deaf:
            return
        if self._line is None:
            try:
                assert self._listener is not None
                self._line, _ = self._listener.accept()
            except OSError:
                return
            self._line.setblocking(False)  # noqa: FBT003
        with contextlib.suppress(BlockingIOError):
            while data := self._line.recv(65536):
                self._received += data
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            if self.merged is None:
                self.tell(f"heard {_plain(json.loads(line))}")
            else:
                self.merged += json.loads(line)["ids"]


def _content(path: Path) -> str:
    data = path.read_bytes()
    if path.name == "log.idx":
        return str([(at, moment // 1000 / 1000) for at, moment in struct.iter_unpack("<QQ", data)])
    if path.name in ("spec", "result"):
        first, _, report = data.partition(b"\n")
        told = json.loads(report) if report.strip() else "nothing"
        return f"{'order' if first else 'nothing'} + {len(report)}: {_plain(told)}"
    if path.name == "phase":
        return "there"
    return repr(data) if len(data) < 300 else f"{len(data)} {data[:120] + b'...' + data[-120:]!r}"


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace('"', "")
