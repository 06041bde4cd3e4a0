"""The program of a row: ``python -P -m penstock.dbt.row TASK UNIQUE_ID...``.

TASK is the task of the same run that runs dbt. The row prints its node's part of the log as it comes and
ends as the node ends. A session of dbt that has ended counts only when its task has ended for good: before
that, dbt is going to run again. A row that runs again by itself has that task run again.

A row that finds dbt waiting gives its slot back, which dbt may need: it ends as a sensor does between two
looks, and the engine starts it when the task has begun.
"""

from __future__ import annotations

import os
import sys
import time

from penstock.dbt.events import SKIPPED, NodeEnd
from penstock.dbt.run import UNFINISHED, value_of
from penstock.dbt.session import (
    Session,
    ask_for,
    asked,
    asked_in_vain,
    folder_of,
    last_taken,
    newest,
    sessions,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SKIP_CODE = 99
_LOOK = 0.1
"""Seconds between two looks at the files of a session."""
_ASK = 1.0
"""Seconds between two questions to the engine."""
_AT_WORK = frozenset({"queued", "running", "restarting", "stopping"})
_WAITS = UNFINISHED - _AT_WORK
"""States of the task in which it may need the slot of the row."""


def main(words: list[str]) -> int:
    """Follow the nodes to their end and return the exit code."""
    task_id, *nodes = words
    home = os.getcwd()  # noqa: PTH109 - a command begins in the instance's home
    return _Row(home, task_id, nodes).follow()


class _Row:
    def __init__(self, home: str, task_id: str, nodes: list[str]) -> None:
        self.home = home
        self.task_id = task_id
        self.name = os.environ["PENSTOCK_CTX_TASK_ID"]
        self.nodes = nodes
        self.folder = folder_of(home, task_id)
        self.taken = last_taken(self.folder, self.name)
        self.shown: dict[str, int] = {}

    def follow(self) -> int:
        """Wait for the session that runs the nodes, and follow it."""
        while True:
            past = sessions(self.folder)
            number = past[0].number if past else 0
            mine = [each for each in past if each.number > self.taken and set(self.nodes) <= each.nodes]
            if mine and mine[0].lives():
                code = self._follow_living(mine[0])
            elif mine and mine[0].number < number and self._went_well(mine[0]):
                code = self._end(mine[0], self._ends(mine[0]))  # it is not run again for a row that is late
            else:
                code = self._look_at_dead(mine[0] if mine else None, number)
            if code is not None:
                return code

    def _went_well(self, session: Session) -> bool:
        ends = self._ends(session)
        return len(ends) == len(self.nodes) and all(NodeEnd(end["status"]).fine for end in ends.values())

    def _follow_living(self, session: Session) -> int | None:
        """Follow *session*; None if it ended before the nodes did."""
        while True:
            lives = session.lives()  # asked before the ends: what comes between is seen
            self._show(session)
            ends = self._ends(session)
            if len(ends) == len(self.nodes):
                return self._end(session, ends)
            if not lives:
                return None
            time.sleep(_LOOK)

    def _look_at_dead(self, session: Session | None, number: int) -> int | None:
        """Decide by a session that has ended (None: by none); None if another one is to come."""
        state = self._state_of_task()
        if state in _WAITS:
            return self._give_way()
        if state in _AT_WORK:
            self._wait_for_change(number)
            return None
        if newest(self.folder) != number:
            return None
        ends = {} if session is None else self._ends(session)
        ran = session is not None and len(ends) == len(self.nodes)
        if ran and not all(end["status"] == SKIPPED for end in ends.values()):
            assert session is not None
            self._show(session)
            return self._end(session, ends)
        if session is not None and not ran:
            return self._never_ran(session)
        if number == 0 or asked(self.folder, self.name) == number + 1:
            asked_in_vain(self.folder, self.name)  # when the row is cleared, it may ask again
            print(f"the task {self.task_id} has ended as {state} without running dbt: run it again")  # noqa: T201
            return 1
        return self._ask_for_another(number)

    def _wait_for_change(self, number: int) -> None:
        """Wait for a session after *number*, for as long as the engine need not be asked again."""
        until = time.monotonic() + _ASK
        while newest(self.folder) == number and time.monotonic() < until:
            time.sleep(_LOOK)

    def _ask_for_another(self, number: int) -> int | None:
        from penstock.dbt.engine import run_again

        print(f"dbt runs no more: the task {self.task_id} is run again for this node")  # noqa: T201
        act_id = ask_for(self.folder, self.name, number + 1)
        if not run_again(self.home, self.task_id, act_id=act_id):
            return 1
        return None

    def _give_way(self) -> int:
        """End, to be started again once the task has begun."""
        from penstock.attempts.files import VERDICT, attempt_folder, dump_fields, write_whole

        folder = attempt_folder(f"{self.home}/attempts", os.environ["PENSTOCK_ATTEMPT"])
        write_whole(folder, VERDICT, dump_fields({"kind": "rescheduled", "next_poke_at": time.time()}))
        return 0

    def _state_of_task(self) -> str | None:
        from penstock.dbt.engine import task_states

        states = task_states(self.home, [self.task_id])
        return None if states is None else states.get(self.task_id)

    def _never_ran(self, session: Session) -> int:
        session.taken_by(self.name)
        over = session.how_over()
        if over is None:
            print("dbt's process was killed before this node had ended")  # noqa: T201
        else:
            why = f": {over['message']}" if over.get("message") else f", with exit code {over['code']}"
            print(f"dbt ended before this node had ended{why}")  # noqa: T201
        return 1

    def _show(self, session: Session) -> None:
        """Print what has been added to the logs of the nodes."""
        for node in self.nodes:
            try:
                with open(session.log_of(node), "rb") as file:  # noqa: PTH123
                    file.seek(self.shown.get(node, 0))
                    new = file.read()
            except OSError:
                continue
            whole = new[: new.rfind(b"\n") + 1]
            if whole:
                self.shown[node] = self.shown.get(node, 0) + len(whole)
                sys.stdout.write(whole.decode(errors="replace"))
                sys.stdout.flush()

    def _ends(self, session: Session) -> dict[str, dict[str, Any]]:
        return {node: end for node in self.nodes if (end := session.end_of(node)) is not None}

    def _end(self, session: Session, ends: dict[str, dict[str, Any]]) -> int:
        self._show(session)
        session.taken_by(self.name)
        known = [
            NodeEnd(str(end.get("status")), message=str(end.get("message") or "")) for end in ends.values()
        ]
        if all(end.fine for end in known):
            print(value_of(ends))  # noqa: T201
            return 0
        print(next(end.why for end in known if not end.fine))  # noqa: T201
        return SKIP_CODE if all(end.fine or end.status == SKIPPED for end in known) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
