"""The process that runs triggers: ``python -P -m penstock.task_process.triggerer ATTEMPT_DIR``.

It looks into its own directory for whose triggers it has to run, reads each from the directory of the
attempt that deferred, and writes there what the trigger reports. It needs no engine for that: what fires
while none runs is found by the next one. It ends when it has had nothing to run for a while.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from importlib import import_module
from types import SimpleNamespace

from penstock.attempts import files
from penstock.authoring.on_import import when_asked_for
from penstock.authoring.triggers import TaskEndEvent, TriggerEvent
from penstock.task_process import suspects as suspect
from penstock.task_process.channel import NoAnswerError, channel
from penstock.task_process.hiding import covered
from penstock.task_process.logging_setup import show_logging
from penstock.task_process.main import say_all, settle_in
from penstock.task_process.run import reason_of
from penstock.task_process.xcom_codec import XComError, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from typing import Any

    from penstock.authoring.triggers import Trigger

IDLE_SECONDS = 30.0
"""Seconds without a trigger after which it ends."""
LOOK_EVERY = 0.2
"""Seconds between two looks at whose triggers to run."""
HELD_UP = 0.5
"""Seconds by which such a look may be late before the log says that a trigger blocks."""
_CLEAN_UP_SECONDS = 5.0
_MOST_LINES = 100
"""Lines of a trigger's log that its task prints."""
_LONGEST_LINE = 1000

log = logging.getLogger("penstock.triggerer")
_lines: ContextVar[deque[str] | None] = ContextVar("lines", default=None)


class _ToTask(logging.Handler):
    """Keeps what a trigger logs, for its task."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = _lines.get()
        if lines is not None:
            lines.append(covered(self.format(record))[:_LONGEST_LINE])


class Running:
    """One trigger that runs: for whom, in which task of asyncio, and what it has logged."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.lines: deque[str] = deque(maxlen=_MOST_LINES)
        self.work: asyncio.Task[None] | None = None


class Triggerer:
    """Runs the triggers of the attempts that are named in *folder*; *root* has all attempts."""

    def __init__(self, folder: str, root: str, socket: str | None) -> None:
        self._folder = folder
        self._root = root
        self._socket = socket
        self._running: dict[str, Running] = {}
        self._done: set[str] = set()
        """Those that have fired and that the engine still names."""
        self._seen: tuple[int, int] | None = None
        self._busy_at = time.monotonic()
        self._wanted: set[str] = set()
        self._trial: asyncio.Task[None] | None = None
        """Begins suspects, one group after the other."""

    async def run(self) -> None:
        """Run triggers until there has been none for a while, or this is cancelled."""
        try:
            while time.monotonic() - self._busy_at < IDLE_SECONDS:
                self._look()
                if self._running or (self._trial is not None and not self._trial.done()):
                    self._busy_at = time.monotonic()
                began = time.monotonic()
                await asyncio.sleep(LOOK_EVERY)
                late = time.monotonic() - began - LOOK_EVERY
                if late > HELD_UP:
                    log.warning(
                        "all triggers stood still for %.1f s: one of them blocks instead of awaiting", late
                    )
        finally:
            await self._cancel(list(self._running))

    def _look(self) -> None:
        """Start and cancel triggers, if the engine names others than before."""
        path = f"{self._folder}/{files.WANTED}"
        try:
            facts = os.stat(path)  # noqa: PTH116 - five times a second
        except FileNotFoundError:
            if not os.path.isdir(self._folder):  # noqa: PTH112
                raise SystemExit(0) from None  # the home was removed
            return
        seen = (facts.st_ino, facts.st_mtime_ns)
        if seen == self._seen:
            return
        try:
            wanted = set(map(str, files.read(path)["ids"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read: %s", path, error)
            return
        self._seen = seen
        self._done &= wanted
        fresh = sorted(wanted - self._running.keys() - self._done)
        self._wanted = wanted
        suspects = []
        for attempt_id in fresh:
            count = suspect.deaths(self._folder_of(attempt_id))
            if count:
                suspects.append((count, attempt_id))
            else:
                self._start(attempt_id)
        if suspects and (self._trial is None or self._trial.done()):
            log.warning("%d triggers were beginning when the last triggerer died", len(suspects))
            self._trial = asyncio.get_running_loop().create_task(self._try(suspects))
        gone = [each for each in self._running if each not in wanted]
        for attempt_id in gone:
            log.info("%s: nobody waits for it any more", self._running[attempt_id].who)
        if gone:
            asyncio.get_running_loop().create_task(self._cancel(gone))

    async def _try(self, suspects: list[tuple[int, str]]) -> None:
        """Begin triggers of which one may have killed the last triggerer, a few at a time."""
        for group in suspect.groups(suspects):
            for attempt_id in group:
                if attempt_id in self._wanted and attempt_id not in self._running:
                    self._start(attempt_id)
            await asyncio.sleep(suspect.CALM_SECONDS)
        self._seen = None  # others may have become suspects meanwhile

    def _folder_of(self, attempt_id: str) -> str:
        return files.attempt_folder(self._root, attempt_id)

    def _start(self, attempt_id: str) -> None:
        folder = self._folder_of(attempt_id)
        count = suspect.deaths(folder)
        if count >= suspect.MOST_DEATHS:
            error = f"the process that runs triggers died {count} times soon after it began"
            self._fire(attempt_id, Running(attempt_id), {"error": error})
            return
        suspect.mark(folder)
        asyncio.get_running_loop().call_later(suspect.CALM_SECONDS, suspect.acquit, folder)
        running = self._running[attempt_id] = Running(attempt_id)
        running.work = asyncio.get_running_loop().create_task(self._run(attempt_id, running))

    async def _cancel(self, attempt_ids: list[str]) -> None:
        """Cancel triggers and wait until they have cleaned up, for some seconds at most."""
        works = [found.work for each in attempt_ids if (found := self._running.get(each)) and found.work]
        for work in works:
            work.cancel()
        if works:
            await asyncio.wait(works, timeout=_CLEAN_UP_SECONDS)

    async def _run(self, attempt_id: str, running: Running) -> None:
        _lines.set(running.lines)
        folder = self._folder_of(attempt_id)
        trigger: Trigger | None = None
        try:
            if _has_fired(folder):  # an earlier triggerer was faster
                self._report(attempt_id)
                return
            left = files.read(f"{folder}/{files.DEFERRAL}")
            running.who = _name_of(left["who"])
            trigger = await self._made(left)
            log.debug("%s: %s", running.who, left["class"])
            self._fire(attempt_id, running, _said(await _first(trigger)))
        except asyncio.CancelledError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the author's code raises
            from penstock.task_process.tracebacks import explain

            log.info("%s failed\n%s", running.who, covered(explain(error)))
            self._fire(attempt_id, running, {"error": reason_of(error)})
        finally:
            self._running.pop(attempt_id, None)
            suspect.acquit(folder)
            if trigger is not None:
                await _clean_up(trigger, running.who)

    async def _made(self, left: Mapping[str, Any]) -> Trigger:
        """Return the trigger of a deferral. Importing may take seconds, so a thread does it."""
        for place in left.get("path") or ():
            if place not in sys.path:
                sys.path.append(place)
        where, _, name = str(left["class"]).rpartition(".")
        kind = getattr(await asyncio.to_thread(import_module, where), name)
        trigger: Trigger = kind(**decode(left["kwargs"]))
        trigger.task_instance = SimpleNamespace(**left["who"])
        trigger.socket = self._socket
        return trigger

    def _fire(self, attempt_id: str, running: Running, said: dict[str, Any]) -> None:
        """Write what a trigger reports; the first to write wins."""
        folder = self._folder_of(attempt_id)
        draft = f"{folder}/{files.FIRED}.{os.getpid()}.part"
        record = files.dump_fields({**said, "log": list(running.lines), "at": time.time()})
        if len(record) > files.MAX_RECORD_BYTES:
            error = f"its event makes {len(record):,} bytes: too large"
            record = files.dump_fields({"error": error, "log": [], "at": time.time()})
        try:
            files.write_file(draft, record)
            with suppress(FileExistsError):
                os.link(draft, f"{folder}/{files.FIRED}")
            os.unlink(draft)  # noqa: PTH108
        except FileNotFoundError:
            log.warning("%s: the directory of its attempt is gone", running.who)
        except OSError as error:
            # The disk is full, or the like: it is run again a little later.
            log.warning("%s fired, but that cannot be written: %s; it is run again", running.who, error)
            self._seen = None
            return
        log.info("%s: %s", running.who, "failed" if "error" in said else "fired")
        self._report(attempt_id)

    def _report(self, attempt_id: str) -> None:
        self._done.add(attempt_id)
        if channel.is_open:
            with suppress(NoAnswerError):  # the engine looks by itself every few seconds
                channel.moved([attempt_id])


def _has_fired(folder: str) -> bool:
    return os.path.exists(f"{folder}/{files.FIRED}")  # noqa: PTH110 - one look at a local disk


async def _first(trigger: Trigger) -> TriggerEvent:
    """Return the first event of a trigger; raise RuntimeError if it ends without one."""
    events = trigger.run()
    try:
        async for event in events:
            return event
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            with suppress(Exception):
                await close()
    raise RuntimeError(f"run() of {type(trigger).__name__} ended without an event")


def _said(event: TriggerEvent) -> dict[str, Any]:
    """Return an event as it is written down; raise `XComError` if it cannot be kept."""
    if isinstance(event, TaskEndEvent):
        return {
            "end": event.end,
            "xcoms": {key: json.loads(encode(value)) for key, value in event.xcoms.items()},
        }
    payload = getattr(event, "payload", event)
    try:
        return {"event": json.loads(encode(payload))}
    except XComError as error:
        raise XComError(f"its event cannot be kept: {error}") from None


async def _clean_up(trigger: Trigger, who: str) -> None:
    try:
        async with asyncio.timeout(_CLEAN_UP_SECONDS):
            await trigger.cleanup()
    except Exception as error:  # noqa: BLE001 - it is the author's
        log.warning("%s: cleanup() failed: %s", who, reason_of(error))


def _name_of(who: Mapping[str, Any]) -> str:
    index = f"[{who['map_index']}]" if who.get("map_index", -1) >= 0 else ""
    return f"{who['dag_id']}/{who['run_id']}/{who['task_id']}{index}"


def main(folder: str) -> int:
    """Run triggers for the attempt in *folder* and return the exit code."""
    _, facts = settle_in(folder)
    # As for a DAG file: it costs nothing until somebody imports airflow.
    when_asked_for("airflow", lambda: import_module("penstock.airflow.hook").install())
    show_logging()
    handler = _ToTask(logging.INFO)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    with suppress(asyncio.CancelledError):
        asyncio.run(_until_told(Triggerer(folder, facts["root"], facts.get("socket")).run()))
    say_all()
    return 0


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Do *work* until it ends, or SIGTERM cancels it."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))  # noqa: PTH100 - as in the process of a task
