"""Finds and kills what attempts without a supervisor left running.

Every process of a task is started with its attempt's id in the environment, the mark. A process that has
lost the mark is found by the session of a marked process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from penstock import process
from penstock.attempts import files
from penstock.execution.local.directory import Facts
from penstock.process_stat import Stat

LIMIT_SECONDS = 2.0
"""Seconds to go on killing; what is alive after that cannot be killed."""
_SIGKILL = 9


def end_sessions(lost: Iterable[Facts]) -> None:
    """Kill the sessions of lost attempts, by their directories."""
    for facts in lost:
        child = facts.child
        if isinstance(child.get("pid"), int):
            process.kill_session(child["pid"], child.get("start_ticks"), child.get("boot_id"))


def end_marked(ids: Collection[str], home: str) -> dict[str, bool]:
    """Kill every process of the attempts *ids*; return, for each that had one, whether all are gone.

    A process of another home that exists is left alone. Linux only: elsewhere the environment of other
    processes cannot be read, and nothing is found.
    """
    found: dict[str, bool] = {}
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        living = list(_living(ids, home))
        found.update(dict.fromkeys(found, True))
        found.update((attempt_id, False) for attempt_id, _ in living)
        if not living or time.monotonic() > deadline:
            return found
        for _, record in living:
            process.signal_process(record.pid, record.start_ticks, _SIGKILL)
        time.sleep(0.002)


def _living(ids: Collection[str], home: str) -> Iterator[tuple[str, Stat]]:
    """Yield the living processes of *ids*, each with the attempt that it belongs to."""
    wanted = frozenset(ids)
    everybody = [record for record in process.processes() if not record.ended and record.pid != os.getpid()]
    leaders: dict[int, str] = {}
    for record in everybody:
        mark = process.environment_value(record.pid, files.MARK)
        if mark is not None and mark in wanted and not _of_another(record.pid, home):
            yield mark, record
            if record.session == record.pid:
                leaders[record.pid] = mark
    for record in everybody:
        if record.session in leaders and record.pid != record.session:
            yield leaders[record.session], record


def _of_another(pid: int, home: str) -> bool:
    """Whether a process was started for another home than *home*, one that still exists."""
    own = process.environment_value(pid, "PENSTOCK_HOME")
    return own is not None and not same_folder(own, home) and Path(own).is_dir()


def same_folder(one: str, other: str) -> bool:
    """Whether two paths lead to the same folder now."""
    try:
        return one == other or Path(one).samefile(other)
    except OSError:
        return False


def identity_of(folder: Path) -> tuple[int, int] | None:
    """Return what distinguishes *folder* from a later one of the same name; None if it does not exist."""
    try:
        facts = folder.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def answers_elsewhere(claim: Mapping[str, object], root: str) -> str | None:
    """Return the root in which the supervisor of *claim* works, if that is not *root*.

    A copied home has copies of directories. Their supervisor is alive and has the lock of the original: such
    an attempt is not lost, and not ours.
    """
    pid, ticks, boot = claim.get("pid"), claim.get("start_ticks"), claim.get("boot_id")
    if not (isinstance(pid, int) and isinstance(ticks, int) and isinstance(boot, str)):
        return None
    if not process.is_alive(pid, ticks, boot):
        return None
    place = _root_of(pid)
    return None if place is None or same_folder(place, root) or not Path(place).is_dir() else place


def _root_of(supervisor: int) -> str | None:
    """Return the root that a supervisor was started for: the last argument but one."""
    try:
        words = Path(f"/proc/{supervisor}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return None
    return os.fsdecode(words[-2]) if len(words) > 2 and b"supervisor" in b" ".join(words[:-2]) else None
