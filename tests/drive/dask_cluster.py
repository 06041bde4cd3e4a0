"""A Dask cluster of real processes, and a client process that is asked as an engine asks it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from penstock import process
from penstock.execution.remote import protocol as said
from penstock.execution.remote.protocol import Manifest, Order, Piece, Seen

PATIENCE = 60.0


class Cluster:
    """A scheduler and workers, each with a root of its own. Any of them may be killed and begun again."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.folder = folder
        self.prefix: Sequence[str] = ()
        """Words before the next command, such as those that run it in a network namespace."""
        self.file = folder / "scheduler.json"
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self.program: tuple[str, ...] = (sys.executable, "-P", "-m", "penstock")
        self._host = host
        self._port = 0

    def begin_scheduler(self, *more: str) -> None:
        """Begin the scheduler, at the same port each time, and wait until it listens."""
        self.file.unlink(missing_ok=True)
        listen = f"{self._host}:{self._port}"
        self._begin("scheduler", "cluster", "scheduler", "--listen", listen, "--file", str(self.file), *more)
        self._await("scheduler", self.file.exists)
        self._port = int(json.loads(self.file.read_bytes())["address"].rpartition(":")[2])

    def begin_worker(self, name: str, *more: str, slots: int = 2, wait: bool = True) -> None:
        """Begin a worker, and wait until it has joined."""
        words = ("--scheduler", str(self.file), "--name", name, "--root", str(self.root(name)))
        (self.root(name) / "ready.json").unlink(missing_ok=True)
        self._begin(name, "worker", *words, "--slots", str(slots), *more)
        if wait:
            self._await(name, lambda: self.is_ready(name))

    def root(self, name: str) -> Path:
        """Return the attempt root of a worker."""
        return self.folder / name

    def is_ready(self, name: str) -> bool:
        """Whether a worker has joined its scheduler, since it was begun."""
        try:
            said = json.loads((self.root(name) / "ready.json").read_bytes())
        except (OSError, ValueError):
            return False
        return bool(said["pid"] == self.parts[name].pid)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a part, and wait for its end if it is SIGKILL."""
        self.parts[name].send_signal(number)
        if number == signal.SIGKILL:
            self.parts[name].wait(PATIENCE)

    def log(self, name: str) -> str:
        """Return what a part printed."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def close(self) -> None:
        """End all parts and everything that they left running."""
        for part in reversed(self.parts.values()):
            if part.poll() is None:
                part.send_signal(signal.SIGCONT)
                part.terminate()
        for part in self.parts.values():
            try:
                part.wait(15)
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()
        end_supervisors(self.folder)

    def _begin(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.parts[name] = subprocess.Popen(
                [*self.prefix, *self.program, "--home", str(self.folder / "home"), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _await(self, name: str, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.parts[name].poll() is None, self.log(name)
            assert time.monotonic() < deadline, self.log(name)
            time.sleep(0.05)


class Client:
    """The client process of an executor, over the lines that an engine would send it."""

    def __init__(
        self,
        cluster: Cluster,
        *,
        instance: str = "i",
        program: Sequence[str] = ("-P", "-m", "penstock.execution.dask.client"),
        **config: Any,
    ) -> None:
        ours, theirs = socket.socketpair()
        words = [sys.executable, *program, str(theirs.fileno())]
        with (cluster.folder / "client.log").open("ab") as log:
            self.process = subprocess.Popen(words, pass_fds=[theirs.fileno()], stderr=log)
        theirs.close()
        self._line = ours
        self._received = bytearray()
        self._number = 0
        self.seen: dict[str, Seen] = {}
        self.hinted: set[str] = set()
        self.workers: dict[str, said.WorkerFacts] = {}
        self.scheduler: said.Scheduler | None = None
        self.asks: list[said.Ask] = []
        self.needs: list[str] = []
        hello = said.Hello(
            version=said.VERSION,
            executor="cluster",
            instance=instance,
            home=str(cluster.folder),
            config={"scheduler": str(cluster.file), **config},
        )
        self.greeting = self.ask(hello)

    def ask(self, request: said.Request) -> Any:
        """Return the answer to a request; an error in words raises `RuntimeError`."""
        self._number += 1
        request = msgspec.structs.replace(request, id=self._number)
        self._line.sendall(said.line(request))
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self._next(deadline)
            assert found is not None, f"no answer to {request}"
            if isinstance(found, said.Reply) and found.re == self._number:
                if found.error is not None:
                    raise RuntimeError(found.error)
                return said.answer_in(found, request)

    def observe(self, *ids: str, known: dict[str, str] | None = None) -> dict[str, Seen]:
        """Return what attempts are."""
        answer: said.Observed = self.ask(said.Observe(ids=list(ids), known=known or {}))
        self.seen |= answer.seen
        return answer.seen

    def until(self, order: Order, *kinds: str, known: dict[str, str] | None = None) -> Seen:
        """Observe an attempt until it is of one of *kinds*."""
        attempt_id = order.spec.attempt_id
        deadline = time.monotonic() + PATIENCE
        while True:
            seen = self.observe(attempt_id, known=known)[attempt_id]
            if seen.kind in kinds:
                return seen
            assert time.monotonic() < deadline, f"still {seen}, waiting for {kinds}"
            self.pump(0.1)

    def submit(self, orders: Iterable[Order]) -> None:
        """Submit orders."""
        self.ask(said.Submit(orders=list(orders)))

    def result(self, order: Order) -> dict[str, Any]:
        """Return the result's record of an attempt that has ended."""
        left: Manifest = self.ask(said.Pull(attempt=order.spec.attempt_id))
        return dict(json.loads(left.result or "{}"))

    def printed(self, order: Order, offset: int = 0) -> bytes:
        """Return what an attempt has printed."""
        piece: Piece = self.ask(said.Log(attempt=order.spec.attempt_id, offset=offset, limit=1 << 20))
        return piece.data

    def wait(self, condition: Callable[[], object], what: str) -> None:
        """Take what the client says until *condition* holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never happened: {what}; {self.scheduler} {self.workers}"
            self.pump(0.05)

    def wait_for_workers(self, *names: str) -> None:
        """Wait until exactly these are ready."""
        ready = set(names)
        self.wait(
            lambda: {name for name, each in self.workers.items() if each.state == "ready"} == ready,
            f"workers {names} are ready",
        )

    def pump(self, seconds: float) -> None:
        """Take what the client says, for some time at most."""
        self._next(time.monotonic() + seconds)

    def pump_for(self, seconds: float) -> None:
        """Take what the client says for some time, that is itself what is tried."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.pump(0.1)

    def kill(self) -> None:
        """Kill the client process."""
        self.process.kill()
        self.process.wait()
        self._line.close()

    def close(self) -> None:
        """Let it end by itself, as at the end of an engine."""
        if self.process.poll() is None:
            self._line.close()
            assert self.process.wait(20) == 0

    def _next(self, deadline: float) -> said.Reply | None:
        """Return the next answer, None if none came in time; events are noted."""
        while True:
            line, found, rest = bytes(self._received).partition(b"\n")
            if found:
                self._received = bytearray(rest)
                message = said.said_in(line)
                if isinstance(message, said.Reply):
                    return message
                self._note(message)
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._line.settimeout(left)
            try:
                data = self._line.recv(1 << 20)
            except TimeoutError:
                return None
            assert data, "the client process has ended"
            self._received += data

    def _note(self, message: said.AnyEvent) -> None:
        match message:
            case said.Hint(ids=ids):
                self.hinted.update(ids)
            case said.Workers(workers=workers):
                self.workers = {each.name: each for each in workers}
            case said.Scheduler():
                self.scheduler = message
            case said.NeedBundle(hash=digest):
                self.needs.append(digest)
            case said.Ask():
                self.asks.append(message)


def supervisors_below(folder: Path) -> list[int]:
    """Return the processes of supervisors whose attempt root is below *folder*."""
    found = []
    for record in process.processes():
        try:
            words = Path(f"/proc/{record.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(b"supervisor" in word for word in words) and os.fsencode(folder) in b" ".join(words):
            found.append(record.pid)
    return found


def end_supervisors(folder: Path, patience: float = 20.0) -> None:
    """Kill the supervisors below *folder*, with what they run, and wait until all is gone."""
    deadline = time.monotonic() + patience
    while left := supervisors_below(folder):
        for pid in left:
            for child in process.children(pid):
                _kill(child)
            _kill(pid)
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def lines_of(ledger: Path) -> list[str]:
    """Return what tasks wrote into their ledger."""
    return ledger.read_text().splitlines() if ledger.exists() else []


def doubled(lines: Sequence[str]) -> set[str]:
    """Return the lines that are there more than once."""
    return {line for line in lines if lines.count(line) > 1}


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
