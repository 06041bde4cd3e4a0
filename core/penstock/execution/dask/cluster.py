"""A cluster on this machine: begins its keeper, asks how it is, and ends it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.attempts.files import write_whole
from penstock.errors import EngineError, UsageError
from penstock.execution.dask import certs, keeper
from penstock.execution.dask.access import FILE, Access, cluster_folder, read_file
from penstock.holder import pid_of

READY_SECONDS = 120.0
"""Seconds that a cluster may take until its workers are there."""
STOP_SECONDS = 45.0
_LOOK = 0.05
_READY = "ready.json"
_LAST_LINES = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One process of a cluster. ``pid`` is None if it is down, ``ready`` is a worker that has joined."""

    name: str
    pid: int | None
    ready: bool


def begin(home: Path, workers: int, slots: int, *, plain: bool = False) -> bool:
    """Begin a cluster and wait until all its workers are there; return whether it had to be begun.

    Raises `UsageError` if one with other numbers runs, `EngineError` if it does not get ready.
    """
    folder = cluster_folder(home)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = read_state(folder)
    begun = not keeper.held(folder)
    if begun:
        state = {
            "workers": workers,
            "slots": slots,
            "port": state.get("port") or keeper.free_port(),
            "certs": None if plain else _certs(folder),
        }
        write_whole(folder, keeper.STATE, json.dumps(state).encode() + b"\n")
        _begin_keeper(home, folder)
    elif (state.get("workers"), state.get("slots")) != (workers, slots):
        raise UsageError(
            f"a cluster with {state.get('workers')} workers of {state.get('slots')} slots runs already: "
            "`penstock cluster stop` first, which stops no task"
        )
    _await_ready(folder, [f"worker-{number}" for number in range(1, workers + 1)])
    return begun


def parts(home: Path) -> list[Part]:
    """Return the processes of the cluster, the keeper first; none if it was never begun."""
    folder = cluster_folder(home)
    if not (folder / keeper.STATE).exists():
        return []
    names = ["scheduler", *(name for name in keeper.named(folder) if name != "scheduler")]
    return [Part(name, keeper.alive(folder, name), _is_ready(folder, name)) for name in names]


def kept(home: Path) -> bool:
    """Whether something begins again what ends."""
    return keeper.held(cluster_folder(home))


def access(home: Path) -> Access:
    """Return where its scheduler is; raise `UsageError`."""
    return read_file(cluster_folder(home) / FILE)


def stop(home: Path) -> bool:
    """End the cluster's processes, but no task; return whether there were any. Raises `EngineError`."""
    folder = cluster_folder(home)
    names = keeper.named(folder)
    living = [name for name in names if keeper.alive(folder, name) is not None]
    if not living and not keeper.held(folder):
        return False
    if keeper.held(folder):
        pid = pid_of(folder / keeper.LOCK)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
                os.kill(pid, signal.SIGCONT)
    else:
        keeper.end(folder, names)
    deadline = time.monotonic() + STOP_SECONDS
    while keeper.held(folder) or any(keeper.alive(folder, name) for name in names):
        if time.monotonic() > deadline:
            raise EngineError(f"the cluster has not ended after {STOP_SECONDS:g} s; see {folder}/*.log")
        time.sleep(_LOOK)
    (folder / FILE).unlink(missing_ok=True)
    return True


def read_state(folder: Path) -> dict[str, Any]:
    """Return how the cluster was begun; empty if it never was."""
    try:
        found = json.loads((folder / keeper.STATE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _certs(folder: Path) -> str | None:
    """Return the folder of the cluster's own certificates; None if they cannot be made here."""
    place = folder / "certs"
    if not (place / certs.CERT).exists():
        try:
            certs.make(place)
        except UsageError:
            return None
    return str(place)


def _begin_keeper(home: Path, folder: Path) -> None:
    log = os.open(folder / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", keeper.__name__, str(home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )
    finally:
        os.close(log)
    deadline = time.monotonic() + READY_SECONDS
    while not keeper.held(folder):
        if child.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"the cluster's keeper ended at once:{_last_words(folder / 'keeper.log')}")
        time.sleep(_LOOK)
    child.returncode = 0  # this process need not wait for it any more


def _await_ready(folder: Path, names: list[str]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while missing := [name for name in names if not _is_ready(folder, name)]:
        if time.monotonic() > deadline or not keeper.held(folder):
            words = "".join(_last_words(folder / f"{name}.log") for name in ("scheduler", *missing[:1]))
            raise EngineError(f"{', '.join(missing)} did not get ready within {READY_SECONDS:g} s:{words}")
        time.sleep(_LOOK)


def _is_ready(folder: Path, name: str) -> bool:
    pid = keeper.alive(folder, name)
    try:
        return pid is not None and json.loads((folder / name / _READY).read_bytes())["pid"] == pid
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _last_words(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
    except OSError:
        lines = []
    return "".join(f"\n  {line}" for line in lines)
