"""The files through which one dbt process tells the rows of its nodes how it goes.

Standard library only. Below the instance's home, ``dbt/runs/<dag>/<run>/<task>/``::

    <n>/            the n-th time that the task runs dbt, complete before it has this name
        lock        the task's process has a flock on it for as long as dbt runs
        nodes       JSON: the unique ids that it runs
        <node>.log  the node's part of the log
        <node>.end  JSON: how it ended, complete when it is there
        over        JSON {code, message}: how dbt itself ended
        target/     what dbt writes: manifest, compiled SQL, run_results.json
    taken/<row>     the number of the last session whose end a row has taken
    asked/<row>     JSON: the session that it has asked for (0 for none), and the id of the act
    asked/<n>.act   the id of the act that asks for session n: one for all rows that ask at once
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from contextlib import suppress
from functools import cached_property

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import IO, Any

_KEPT = 20
"""Runs of a DAG whose sessions are kept."""


def folder_of(home: str, task_id: str) -> str:
    """Return the folder of the task *task_id* in the run that this process belongs to."""
    dag_id, run_id = os.environ["PENSTOCK_CTX_DAG_ID"], os.environ["PENSTOCK_CTX_RUN_ID"]
    return f"{home}/dbt/runs/{dag_id}/{run_id}/{task_id}"


def newest(folder: str) -> int:
    """Return the number of the newest session in *folder*, or 0."""
    return next((each.number for each in sessions(folder)), 0)


def sessions(folder: str) -> list[Session]:
    """Return the sessions in *folder*, the newest first."""
    try:
        numbers = [int(name) for name in os.listdir(folder) if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return []
    return [Session(folder, number) for number in sorted(numbers, reverse=True)]


class Session:
    """One session, for who writes it and for who reads it."""

    def __init__(self, folder: str, number: int) -> None:
        self.folder = folder
        self.number = number
        self.path = f"{folder}/{number}"

    @classmethod
    def begin(cls, folder: str, nodes: Collection[str], *, alone: bool) -> Session:
        """Make the next session; it ends with this process at the latest. *alone*: without those before."""
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        before = sessions(folder) if alone else []
        made = cls(folder, newest(folder) + 1)
        fresh = f"{folder}/.{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        os.mkdir(fresh, 0o700)  # noqa: PTH102
        made._lock = _open(f"{fresh}/lock", "w")
        fcntl.flock(made._lock, fcntl.LOCK_EX)
        with _open(f"{fresh}/nodes", "w") as file:
            json.dump(sorted(nodes), file)
        os.rename(fresh, made.path)  # noqa: PTH104
        for old in before:
            shutil.rmtree(old.path, ignore_errors=True)
        if alone:
            shutil.rmtree(f"{folder}/asked", ignore_errors=True)
        return made

    _lock: IO[str] | None = None

    @cached_property
    def nodes(self) -> frozenset[str]:
        """The unique ids of its nodes."""
        try:
            with _open(f"{self.path}/nodes") as file:
                return frozenset(json.load(file))
        except (OSError, ValueError):
            return frozenset()  # it has just been removed

    def lives(self) -> bool:
        """Whether its process still runs."""
        try:
            with _open(f"{self.path}/lock") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def log_of(self, node: str) -> str:
        """Return the file with the log of *node*."""
        return f"{self.path}/{_short(node)}.log"

    def end(self, node: str, fields: dict[str, Any]) -> None:
        """Say how *node* ended."""
        _write(f"{self.path}/{_short(node)}.end", fields)

    def end_of(self, node: str) -> dict[str, Any] | None:
        """Return how *node* ended, or None if it has not."""
        return _read(f"{self.path}/{_short(node)}.end")

    def over(self, code: int, message: str) -> None:
        """Say how dbt itself ended, and leave nothing that only dbt needed."""
        _write(f"{self.path}/over", {"code": code, "message": message})
        for name in (
            "partial_parse.msgpack",
            "graph.gpickle",
            "graph_summary.json",
            "semantic_manifest.json",
        ):
            with suppress(OSError):
                os.unlink(f"{self.path}/target/{name}")  # noqa: PTH108

    def how_over(self) -> dict[str, Any] | None:
        """Return how dbt itself ended, or None if nobody lived to say it."""
        return _read(f"{self.path}/over")

    def taken_by(self, row: str) -> None:
        """Note that *row* has taken its end from this session."""
        os.makedirs(f"{self.folder}/taken", exist_ok=True)  # noqa: PTH103
        _write(f"{self.folder}/taken/{_short(row)}", {"session": self.number})


def last_taken(folder: str, row: str) -> int:
    """Return the number of the last session that *row* took its end from, or 0."""
    return int((_read(f"{folder}/taken/{_short(row)}") or {}).get("session") or 0)


def ask_for(folder: str, row: str, number: int) -> str:
    """Note that *row* has asked for session *number*; return the id of the act that asks.

    Rows that ask at once have one id, so that the engine acts once.
    """
    path = f"{folder}/asked/{number}.act"
    os.makedirs(f"{folder}/asked", exist_ok=True)  # noqa: PTH103
    act_id = _act_of(path)
    while act_id is None:
        fresh = f"{path}.{os.getpid()}"
        with _open(fresh, "w") as file:
            file.write(os.urandom(8).hex())
        with suppress(FileExistsError):  # another row was first
            os.link(fresh, path)
        os.unlink(fresh)  # noqa: PTH108
        act_id = _act_of(path)
    _write(f"{folder}/asked/{_short(row)}", {"session": number, "act": act_id})
    return act_id


def asked(folder: str, row: str) -> int:
    """Return the number of the session that *row* has asked for, or 0."""
    return int((_read(f"{folder}/asked/{_short(row)}") or {}).get("session") or 0)


def asked_in_vain(folder: str, row: str) -> None:
    """Note that the session that *row* asked for did not come: who asks for it later acts again."""
    path = f"{folder}/asked/{_short(row)}"
    wish = _read(path) or {}
    act = f"{folder}/asked/{wish.get('session')}.act"
    if wish and _act_of(act) == wish.get("act"):
        with suppress(OSError):
            os.unlink(act)  # noqa: PTH108
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108


def forget_old(home: str, dag_id: str, run_id: str) -> None:
    """Remove the sessions of all but the newest runs of a DAG, and of none that still runs."""
    above = f"{home}/dbt/runs/{dag_id}"
    with suppress(OSError):
        runs = sorted((entry.stat().st_mtime, entry.name) for entry in os.scandir(above))
        for _, name in runs[:-_KEPT]:
            if name != run_id and not _anything_lives(f"{above}/{name}"):
                shutil.rmtree(f"{above}/{name}", ignore_errors=True)


def _anything_lives(run: str) -> bool:
    return any(Session(task.path, newest(task.path)).lives() for task in os.scandir(run) if task.is_dir())


def _act_of(path: str) -> str | None:
    try:
        with _open(path) as file:
            return file.read()
    except OSError:
        return None


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def _open(path: str, mode: str = "r") -> IO[str]:
    return open(path, mode, encoding="utf-8", errors="backslashreplace")  # noqa: PTH123


def _write(path: str, fields: dict[str, Any]) -> None:
    fresh = f"{path}.{os.getpid()}"
    with _open(fresh, "w") as file:
        json.dump(fields, file)
    os.replace(fresh, path)  # noqa: PTH105


def _read(path: str) -> dict[str, Any] | None:
    try:
        with _open(path) as file:
            return dict(json.load(file))
    except (OSError, ValueError):
        return None
