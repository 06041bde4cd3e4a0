"""The program of a task that runs dbt: ``python -P -m penstock.dbt.run ORDER [NODE...]``.

ORDER is JSON (`penstock.dbt.tasks` writes it), each NODE is "unique id, row, selector" between tabs. It runs
dbt once, with JSON lines for its log, and prints what people want to read. With rows it keeps a session
(`penstock.dbt.session`), from which they learn how it goes; without, the task is the node itself.

dbt's exit code is checked against what was asked for: it is 0 when nothing matched, and after a stop there
are no results of this run, only those of an earlier one. What counts here are the events alone.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress

from penstock.dbt.events import SKIPPED, Event, NodeEnd, plain, read
from penstock.dbt.session import Session, folder_of, forget_old, last_taken, sessions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NoReturn

UNFINISHED = frozenset(
    {
        "pending",
        "scheduled",
        "queued",
        "running",
        "restarting",
        "up_for_retry",
        "up_for_reschedule",
        "deferred",
    }
)
"""States of rows whose nodes are still to be run."""
_SIGTERM_CODE = 128 + signal.SIGTERM
_BUSY = ("Could not set lock on file", "Conflicting lock is held")


def main(words: list[str]) -> int:
    """Carry out the order and return the exit code."""
    order = json.loads(words[0])
    nodes = [tuple(word.split("\t")) for word in words[1:]]
    home = os.getcwd()  # noqa: PTH109 - a command begins in the instance's home
    chosen = {node: selector for node, _, selector in nodes}
    if not order["rows"]:
        return _OneNode(order, chosen, home).run()
    task_id = os.environ["PENSTOCK_CTX_TASK_ID"]
    folder = folder_of(home, task_id)
    # A first try beside sessions: they are of an earlier run with the same id, which is gone.
    first = os.environ.get("PENSTOCK_CTX_TRY_NUMBER") == "1"
    wanted = _wanted(home, folder, nodes, first=first)
    session = Session.begin(folder, wanted, alone=first)
    forget_old(home, os.environ["PENSTOCK_CTX_DAG_ID"], os.environ["PENSTOCK_CTX_RUN_ID"])
    if not wanted:
        print("every row has ended: nothing to run. Clear the rows that are to run again")  # noqa: T201
        session.over(0, "")
        return 0
    whole = len(wanted) == len(chosen)
    return _Rows(order, {node: chosen[node] for node in wanted}, session, whole=whole).run()


def _wanted(home: str, folder: str, nodes: list[tuple[str, ...]], *, first: bool) -> list[str]:
    """Return the nodes to run: those whose rows have not ended. dbt's own results do not know of rows.

    ``dbt retry`` takes them from the last file of results, which after a kill is an older run's. A row may
    be late: what ended well in the last try is not run again for it. Without an engine (`penstock test`) it
    is what has not ended well so far.
    """
    from penstock.dbt.engine import task_states

    states = task_states(home, sorted({row for _, row, _ in nodes}))
    past = [] if first else sessions(folder)
    by_row: dict[str, list[str]] = {}
    for node, row, _ in nodes:
        by_row.setdefault(row, []).append(node)
    wanted = {
        row
        for row, names in by_row.items()
        if (states is None or states.get(row, "pending") in UNFINISHED)
        and not _waits_to_be_taken(folder, past, row, names, taken_too=states is None)
    }
    return [node for node, row, _ in nodes if row in wanted]


def _waits_to_be_taken(
    folder: str, past: Sequence[Session], row: str, nodes: list[str], *, taken_too: bool
) -> bool:
    """Whether the nodes of *row* ended well in their last session, and the row has not got there yet."""
    session = next((each for each in past if set(nodes) <= each.nodes), None)
    if session is None or (session.number <= last_taken(folder, row) and not taken_too):
        return False
    ends = [session.end_of(node) for node in nodes]
    return all(end is not None and NodeEnd(str(end.get("status"))).fine for end in ends)


class _Dbt:
    """One run of dbt."""

    def __init__(self, order: Mapping[str, Any], chosen: Mapping[str, str], work: str) -> None:
        self.order = order
        self.chosen = chosen
        self.work = work
        self.ends: dict[str, NodeEnd] = {}
        self.errors: list[str] = []
        self.told_to_stop = False
        self.process: subprocess.Popen[str] | None = None

    def command(self) -> list[str]:
        """Return the command line of dbt."""
        order = self.order
        return [
            order["dbt"],
            *("--log-format", "json", "--log-level", "debug", "--log-level-file", "none"),
            order["command"],
            *order["arguments"],
            *("--target-path", f"{self.work}/target", "--log-path", f"{self.work}/logs"),
            *(["--vars", _text(order["vars"])] if order["vars"] else []),
            *self.selection(),
            *[str(word) for word in order["dbt_args"]],
        ]

    def selection(self) -> list[str]:
        """Return the arguments that choose the nodes: exactly these, and no test that hangs on them."""
        return ["--indirect-selection", "empty", "--select", *self.chosen.values()]

    def run(self) -> int:
        """Run dbt to its end; return the exit code of the task."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        os.makedirs(f"{self.work}/target", exist_ok=True)  # noqa: PTH103
        with suppress(OSError, TypeError):  # it only makes the start faster
            shutil.copyfile(self.order["parsed"], f"{self.work}/target/partial_parse.msgpack")
        try:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env={**os.environ, **self.order["environment"]},
                cwd=self.order["project"],
                text=True,
                errors="backslashreplace",
            )
        except OSError as error:
            return self.finish(127, f"{self.order['dbt']} cannot be started: {error.strerror}")
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = read(line)
            if event is None:
                self.say(plain(line))
            else:
                self._take(event)
        code = self.process.wait()
        return self.finish(*self._meaning(code))

    def _take(self, event: Event) -> None:
        if event.level == "error" and event.node is None:
            self.errors.append(event.text.strip())
        self.heard(event)
        if event.end is not None and event.node is not None and event.node in self.chosen:
            self.ends[event.node] = event.end
            self.ended(event.node, event.end)

    def heard(self, event: Event) -> None:
        """Handle one line of dbt's log."""

    def ended(self, node: str, end: NodeEnd) -> None:
        """Handle the end of *node*."""

    def say(self, text: str) -> None:
        """Print to the task's log."""
        print(text, flush=True)  # noqa: T201

    def finish(self, code: int, message: str) -> int:
        """Tell whom it concerns that dbt has ended; return the task's exit code."""
        if message:
            self.say(message)
        return code

    def _meaning(self, code: int) -> tuple[int, str]:
        """Return the exit code of the task, and why, from dbt's own and from what was seen."""
        if self.told_to_stop:
            return _SIGTERM_CODE, "dbt was stopped"
        if code < 0:
            return 128 - code, f"dbt was killed by {signal.Signals(-code).name}"
        if any(word in error for word in _BUSY for error in self.errors):
            return code, (
                "another program has the DuckDB file open (it is named above); dbt does not wait. Tasks of "
                "Penstock do, if they share the pool"
            )
        missing = [node for node in self.chosen if node not in self.ends]
        if code == 0 and missing:
            names = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            return 1, (
                f"dbt ended with 0 but did not run {names}: has the project changed since the DAG file was "
                "loaded?"
            )
        if code != 0:
            last = self.errors[-1].splitlines() if self.errors and not self.ends else []
            return code, " ".join(line.strip() for line in last)[:1000]
        return 0, ""

    def _on_sigterm(self, number: int, frame: object) -> None:
        """Let dbt end first: it has got the signal too, or gets it now."""
        del number, frame
        self.told_to_stop = True
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.terminate()


class _OneNode(_Dbt):
    """A task of its own: its log is dbt's, its value how the node ended."""

    def __init__(self, order: Mapping[str, Any], chosen: Mapping[str, str], home: str) -> None:
        name = os.environ.get("PENSTOCK_ATTEMPT") or str(os.getpid())
        super().__init__(order, chosen, f"{home}/dbt/work/{name}")
        self._lock = _claim(f"{home}/dbt/work", self.work)

    def heard(self, event: Event) -> None:
        """Print the line, and the statements of the node."""
        if event.for_people or event.for_its_node:
            self.say(event.text)

    def finish(self, code: int, message: str) -> int:
        """Print how the node ended, as the last line."""
        super().finish(code, message)
        shutil.rmtree(self.work, ignore_errors=True)
        failed = [end for end in self.ends.values() if not end.fine]
        if failed:
            self.say(failed[0].why)
        elif code == 0:
            self.say(value_of({node: end.fields() for node, end in self.ends.items()}))
        return code


class _Rows(_Dbt):
    """One dbt for many nodes, each with a row of its own."""

    def __init__(
        self, order: Mapping[str, Any], chosen: Mapping[str, str], session: Session, *, whole: bool
    ) -> None:
        super().__init__(order, chosen, session.path)
        self.session = session
        self.whole = whole

    def selection(self) -> list[str]:
        """Return the author's own words when they mean the same: they are shorter."""
        order = self.order
        if not self.whole or not order["as_selected"]:
            return super().selection()
        said = ["--select", *order["select"]] if order["select"] else []
        return said + (["--exclude", *order["exclude"]] if order["exclude"] else [])

    def heard(self, event: Event) -> None:
        """Print the line; one about a node goes to its row as well."""
        if event.for_people:
            self.say(event.text)
        if event.for_its_node or event.begins:
            with open(self.session.log_of(str(event.node)), "a", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                file.write(event.text + "\n")

    def ended(self, node: str, end: NodeEnd) -> None:
        """Tell the row."""
        if not end.fine and end.message:
            with open(self.session.log_of(node), "a", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                file.write(end.message + "\n")
        self.session.end(node, end.fields())

    def finish(self, code: int, message: str) -> int:
        """Tell the rows that dbt has ended."""
        super().finish(code, message)
        self.session.over(code, message)
        failed = [node for node, end in self.ends.items() if not end.fine and end.status != SKIPPED]
        if failed:
            self.say(f"{len(failed)} of {len(self.chosen)} nodes failed: {', '.join(failed[:5])}")
        elif code == 0:
            counts = Counter(end.status for end in self.ends.values())
            self.say(json.dumps({"nodes": len(self.chosen), **dict(sorted(counts.items()))}))
        return code


def value_of(ends: Mapping[str, Any]) -> str:
    """Return the last line of a task that ended well, which becomes its value."""
    return json.dumps(next(iter(ends.values())) if len(ends) == 1 else ends)


def _claim(above: str, work: str) -> Any:
    """Make the folder *work*, locked while this process lives; remove what killed ones left beside it."""
    import fcntl

    os.makedirs(work, mode=0o700, exist_ok=True)  # noqa: PTH103
    lock = open(f"{work}/lock", "w")  # noqa: PTH123, SIM115
    fcntl.flock(lock, fcntl.LOCK_EX)
    for entry in os.scandir(above):
        if entry.path == work:
            continue
        with suppress(OSError), open(f"{entry.path}/lock") as other:  # noqa: PTH123
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(entry.path, ignore_errors=True)
    return lock


def _text(said: Any) -> str:
    return said if isinstance(said, str) else json.dumps(said)


def _exit(code: int) -> NoReturn:
    if code == _SIGTERM_CODE:  # it ends as it was told to
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    sys.exit(code)


if __name__ == "__main__":
    _exit(main(sys.argv[1:]))
