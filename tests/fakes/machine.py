"""A machine whose processes are in memory: what a supervisor sees of the kernel, and does to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from penstock import process
from penstock.attempts.files import CHANNEL
from penstock.process_stat import Stat
from penstock.supervisor import (
    attempt,
    closing,
    directory,
    log_file,
    main,
    output,
    sigterm,
    start,
    usage,
    warm_parent,
)
from penstock.supervisor.directory import AttemptFiles

SECONDS = 1000.0
"""What the steady clock says at first; the wall clock says a million more."""
NAMES = {1: "HUP", 2: "INT", 9: "KILL", 15: "TERM", 18: "CONT"}


class TurnFailedError(BaseException):
    """A turn of the supervisor failed: nothing here is meant to make it."""


@dataclass
class Running:
    """One process. ``out`` is its end of the pipe that it prints into, ``hears`` which signals end it."""

    pid: int
    ppid: int
    group: int
    session: int
    ticks: int
    env: Mapping[str, str] = field(default_factory=dict)
    out: int = -1
    hears: tuple[int, ...] = (9,)
    foreign: bool = False
    ends: tuple[str, str, str] = ("", "", "")
    status: int | None = None
    """What wait(2) will say, once it has ended."""


class Machine:
    """Patches `penstock.process`, the clock and a few calls of `os` for the time of a test."""

    def __init__(self, patch: pytest.MonkeyPatch, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.seconds = SECONDS
        self.living: dict[int, Running] = {}
        self.spawn_error: OSError | None = None
        self.disk_error: OSError | None = None
        self.read_error: OSError | None = None
        self.ooms = 0
        self._next = 4_000_001
        clock = SimpleNamespace(
            monotonic=lambda: self.seconds,
            time=lambda: self.seconds + 1_000_000,
            time_ns=lambda: int((self.seconds + 1_000_000) * 1e9),
            sleep=self._sleep,
        )
        for module in (main, attempt, start, closing, warm_parent, output):
            patch.setattr(module, "time", clock)
        for module in (directory, log_file):
            patch.setattr(module, "disk", self._disk)
        patch.setattr(directory.AttemptFiles, "read", self._reading(directory.AttemptFiles.read))
        for name in (
            "stat", "start_ticks", "send", "signal_group", "children", "children_of_thread", "processes",
            "environment_value", "set_oom_score", "name_of", "owner_of",
        ):  # fmt: skip
            patch.setattr(process, name, getattr(self, f"_{name}"))
        patch.setattr(process, "steady", lambda: self.seconds)
        patch.setattr(process, "boot_id", lambda: "this boot")
        patch.setattr(process, "adopt_orphans", lambda: tell("adopt orphans"))
        patch.setattr(process, "keep_memory_private", lambda: tell("keep memory private"))
        patch.setattr(process, "own_peak_rss", lambda: 1000 * 1024)
        patch.setattr(usage, "_own_peak", 0)
        patch.setattr(process, "out_of_memory_kills", self._take_ooms)
        patch.setattr(sigterm, "_end", lambda pid, handle: self.living[pid].ends[handle])
        patch.setattr(os, "posix_spawn", self._posix_spawn)
        patch.setattr(os, "chdir", lambda path: tell(f"chdir {path}") if path != "/" else None)
        patch.setattr(os, "waitid", self._waitid)
        patch.setattr(os, "wait4", self._wait4)

    # -- what happens on it ----------------------------------------------------------------------

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    def born(self, parent: int, *, env: Mapping[str, str] | None = None, **fields: Any) -> int:
        """Let a process have a child, in its group and session unless *fields* say otherwise."""
        above = self.living[parent]
        pid, self._next = self._next, self._next + 1
        out = os.dup(above.out) if above.out >= 0 and fields.pop("holds", True) else -1
        values = {"group": above.group, "session": above.session, **fields}
        self.living[pid] = Running(
            pid, parent, ticks=pid % 1000, env=above.env if env is None else env, out=out, **values
        )
        return pid

    def prints(self, pid: int, data: bytes) -> None:
        """Let a process print."""
        os.write(self.living[pid].out, data)

    def hang_up(self, pid: int) -> None:
        """Let a process close what it prints into."""
        if self.living[pid].out >= 0:
            os.close(self.living[pid].out)
            self.living[pid].out = -1

    def ends(self, pid: int, status: int = 0) -> None:
        """Let a process end. Its children become ours; one that is ours itself waits to be collected."""
        self.hang_up(pid)
        for each in self.living.values():
            if each.ppid == pid:
                each.ppid = os.getpid()
        if self.living[pid].ppid == os.getpid():
            self.living[pid].status = status
        else:
            del self.living[pid]

    def close(self) -> None:
        """Close what the living hold open."""
        for pid in self.living:
            self.hang_up(pid)

    def _sleep(self, seconds: float) -> None:
        raise TurnFailedError(f"it sleeps {seconds:g} s after a turn that failed")

    # -- what the supervisor calls ---------------------------------------------------------------

    def _disk(self) -> None:
        if self.disk_error is not None:
            raise self.disk_error

    def _reading(self, read: Callable[[AttemptFiles, str], dict[str, Any]]) -> Callable[..., Any]:
        def tried(of: AttemptFiles, name: str) -> dict[str, Any]:
            if self.read_error is not None:
                raise self.read_error
            return read(of, name)

        return tried

    def _posix_spawn(self, program: str, argv: Sequence[str], env: Mapping[str, str], **how: Any) -> int:
        umask = os.umask(0)
        os.umask(umask)
        shown = {name: value for name, value in env.items() if name not in ("PATH", "HOME")}
        if CHANNEL in shown:  # whatever number is free
            shown[CHANNEL] = "a descriptor"
        self.tell(f"spawn {program} {list(argv)} {shown} umask {umask:o} blocked {how['setsigmask']}")
        if self.spawn_error is not None:
            raise self.spawn_error
        pid, self._next = self._next, self._next + 1
        files = {action[2]: action[1] for action in how["file_actions"] if action[0] == os.POSIX_SPAWN_DUP2}
        out = os.dup(files[1])
        self.living[pid] = Running(pid, os.getpid(), pid, pid, pid % 1000, env, out, hears=(15, 9))
        return pid

    def _record(self, each: Running) -> Stat:
        state = "S" if each.status is None else "Z"
        return Stat(each.pid, state, each.ppid, each.group, each.session, each.ticks)

    def _stat(self, pid: int) -> Stat | None:
        return self._record(self.living[pid]) if pid in self.living else None

    def _start_ticks(self, pid: int) -> int | None:
        return 1 if pid == os.getpid() else self.living[pid].ticks if pid in self.living else None

    def _signal(self, pid: int, number: int) -> None:
        each = self.living[pid]
        if each.status is None and number in each.hears:
            self.ends(pid, number)

    def _send(self, pid: int, ticks: int, number: int) -> int:
        each = self.living.get(pid)
        if number:
            self.tell(f"signal {pid} {NAMES[number]}")
        if each is None or each.ticks != ticks or each.status is not None:
            return errno.ESRCH
        if each.foreign:
            return errno.EPERM
        self._signal(pid, number)
        return 0

    def _signal_group(self, group: int, number: int) -> bool:
        members = [pid for pid, each in self.living.items() if each.group == group and not each.foreign]
        self.tell(f"signal group {group} {NAMES.get(number, number)}")
        for pid in members:
            if pid in self.living:
                self._signal(pid, number)
        return bool(members)

    def _children(self, pid: int) -> list[int]:
        return [each.pid for each in self.living.values() if each.ppid == pid]

    def _children_of_thread(self, pid: int, thread: int | str) -> list[int]:
        return self._children(pid)

    def _processes(self) -> Iterator[Stat]:
        return iter([self._record(each) for each in self.living.values()])

    def _environment_value(self, pid: int, name: str) -> str | None:
        return self.living[pid].env.get(name) if pid in self.living else None

    def _set_oom_score(self, pid: int | str, score: int) -> bool:
        self.tell(f"oom score {pid} {score}")
        return True

    def _name_of(self, pid: int) -> str:
        return f"program-{pid}"

    def _owner_of(self, pid: int) -> str:
        return "somebody"

    def _take_ooms(self) -> int:
        found, self.ooms = self.ooms, 0
        return found

    def _waitid(self, kind: int, pid: int, options: int) -> Any:
        mine = [each for each in self.living.values() if each.ppid == os.getpid()]
        if kind == os.P_PID:
            mine = [each for each in mine if each.pid == pid]
        if not mine:
            raise ChildProcessError
        zombie = next((each for each in mine if each.status is not None), None)
        return None if zombie is None else SimpleNamespace(si_pid=zombie.pid)

    def _wait4(self, pid: int, options: int) -> tuple[int, int, Any]:
        each = self.living.pop(pid)
        assert each.status is not None
        self.tell(f"collect {pid}")
        usage = SimpleNamespace(ru_maxrss=2000, ru_utime=1.25, ru_stime=0.5, ru_inblock=3, ru_oublock=4)
        return pid, each.status, usage
