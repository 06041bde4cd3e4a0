"""What a console of a host sends and gets over ssh, on a link of 30 kB a second and 150 ms each way.

The home is that of `screens`: 150 DAGs, 10,000 runs. The bytes are those of the TCP connection, both ways
together, with all that ssh adds to them; its own greeting is measured apart.
"""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.figures import Report, Scale
from benchmarks.instance import Instance
from benchmarks.large_home import make_home
from benchmarks.link import DELAY, RATE
from benchmarks.terminal import Terminal
from penstock.model.acts import PauseSchedule, UnpauseSchedule

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from drive.sshd import BIN, Sshd

FIRST, QUIET, CHANGE = 20_000.0, 1_000.0, 1_000.0
"""Bytes at most: until the first screen is complete, in a quiet minute, for one change of state."""
_SETTLED = 6.0
"""Seconds after which all that a change causes has been asked and answered."""


class Relay:
    """A port that leads to another one over a slow link, and counts what goes through."""

    def __init__(self, port: int) -> None:
        self.carried = 0
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near = self._listener.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._to))
            for one, other in ((near, far), (far, near)):
                under_way: queue.Queue[tuple[float, bytes]] = queue.Queue()
                threading.Thread(target=self._take, args=(one, under_way), daemon=True).start()
                threading.Thread(target=self._give, args=(other, under_way), daemon=True).start()

    def _take(self, side: socket.socket, under_way: queue.Queue[tuple[float, bytes]]) -> None:
        free = time.monotonic()
        data = b"begin"
        while data:
            try:
                data = side.recv(int(RATE / 50))
            except OSError:
                data = b""
            self.carried += len(data)
            free = max(free, time.monotonic()) + len(data) / RATE
            under_way.put((free + DELAY, data))
            time.sleep(max(0.0, free - time.monotonic()))

    @staticmethod
    def _give(side: socket.socket, under_way: queue.Queue[tuple[float, bytes]]) -> None:
        while True:
            at, data = under_way.get()
            time.sleep(max(0.0, at - time.monotonic()))
            try:
                if not data:
                    side.shutdown(socket.SHUT_WR)
                    return
                side.sendall(data)
            except OSError:
                return


def measure(scale: Scale) -> Report:
    """Measure it."""
    report = Report("far_link", "a console of another host over a link of 30 kB/s and 150 ms each way")
    large = make_home(scale)
    with tempfile.TemporaryDirectory(prefix="pk") as folder, Instance({}, home=large) as instance:
        sshd = Sshd(Path(folder), {"PATH": f"{BIN}:/usr/bin:/bin", "PENSTOCK_HOME": str(instance.home)})
        sshd.start()
        try:
            with Relay(sshd.port) as relay:
                _through(sshd, relay)
                report.figures = _figures(instance, sshd, relay, scale)
        finally:
            sshd.stop()
    report.floor = {"name": "ssh's own greeting", "bytes": report.figures["greeting_bytes"]}
    report.budget("first screen, bytes", report.figures["first_screen_bytes"], FIRST, None)
    report.budget("a quiet minute, bytes", report.figures["quiet_minute_bytes"], QUIET, None)
    report.budget("one change of state, bytes", report.figures["state_change_bytes"], CHANGE, None)
    return report


def _minute(terminal: Terminal, relay: Relay, seconds: float) -> float:
    """Return the bytes of a minute like the next *seconds*; the least of several is of a quiet one."""
    relay.carried = 0
    terminal.watch(seconds)
    return relay.carried / seconds * 60.0


def _through(sshd: Sshd, relay: Relay) -> None:
    """Let ssh go through *relay*."""
    config = sshd.folder / "config"
    config.write_text(config.read_text().replace(f"Port {sshd.port}", f"Port {relay.port}"))
    known = sshd.folder / "known_hosts"
    known.write_text(known.read_text().replace(f":{sshd.port} ", f":{relay.port} "))


def _figures(instance: Instance, sshd: Sshd, relay: Relay, scale: Scale) -> dict[str, float]:
    subprocess.run(["ssh", "far", "exit 0"], env=sshd.environment, check=True, stdin=subprocess.DEVNULL)
    greeting, relay.carried = relay.carried, 0
    command = [sys.executable, "-m", "penstock_tui", "--host", "far"]
    begun = time.monotonic()
    with Terminal(command, sshd.environment) as terminal:
        terminal.until("part_000")
        seconds = time.monotonic() - begun
        terminal.quiet(3.0, 30.0)
        first, relay.carried = relay.carried, 0
        terminal.watch(scale.seconds(20.0))  # who looks is noted once, and what that changes
        quiet = min(_minute(terminal, relay, scale.seconds(20.0)) for _ in range(3))
        changes = []
        for act in (UnpauseSchedule(dag_id="part_000"), PauseSchedule(dag_id="part_000")) * 2:
            relay.carried = 0
            instance.client.commit(act, actor="benchmark")
            terminal.watch(_SETTLED)
            changes.append(relay.carried - quiet * _SETTLED / 60.0)
    return {
        "greeting_bytes": float(greeting),
        "first_screen_bytes": float(first),
        "first_screen_s": seconds,
        "quiet_minute_bytes": quiet,
        "state_change_bytes": max(changes),
    }
