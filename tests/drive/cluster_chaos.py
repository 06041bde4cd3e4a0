"""Faults of a cluster under load, and the audit that follows.

Whatever is done to it, tasks are running at that moment; each is recorded with how many it hit.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from drive.chaos import replay
from drive.cluster_home import ClusterHome, kill, send
from drive.dask_cluster import supervisors_below
from drive.ledger import PLACE, SCRIPT, Row, Verdict, judge, rows_in
from drive.waiting import wait_for
from penstock import process
from penstock.attempts.protocol import MARK, load
from penstock.execution.dask import keeper
from penstock.execution.local.archive import LocalArchive
from penstock.ids import is_attempt_id

TASKS = 12
LIMIT = 300.0
CONFIG = "parallelism = 16\nstop_grace = 2\n"
_DAG = '''
from penstock import DAG, BashOperator

LIFE = r"""{script}
live
n=$((16#${{PENSTOCK_ATTEMPT: -4}} % 10))
case $n in
  9) leave signal-9; kill -9 $$;;
  8) leave 255; exit 255;;
  7) leave 1; exit 1;;
  6) leave 3; exit 3;;
esac
leave 0
"""

with DAG("load", schedule=None, max_active_runs=50, max_active_tasks=100,
         default_args={{"executor": "cluster", "retries": 90, "retry_delay": 0.1}}):
    for number in range({tasks}):
        BashOperator(task_id=f"t{{number}}", skip_on_exit_code=[3],
                     bash_command=f"left={{(2, 5, 9, 30)[number % 4]}}\\n" + LIFE)
'''
"""An attempt's end is drawn from its id, so each try ends in its own way."""


class ClusterChaos:
    """A home under load over two workers of two slots; *hand* chooses what happens."""

    def __init__(self, home: Path, hand: random.Random) -> None:
        self.it = ClusterHome(home, CONFIG)
        self.hand = hand
        self.ledger = home / "ledger"
        self.ledger.touch()
        self.runs: list[str] = []
        self.hurt: set[str] = set()
        """Attempts whose supervisor was killed."""
        self.hits: dict[str, list[int]] = {}
        """By fault, how many attempts ran each time."""
        script = SCRIPT.format(place=PLACE, ledger=self.ledger, goes_on="((left-- > 0))")
        self.it.instance.write_dag("load", _DAG.format(script=script, tasks=TASKS))

    def start(self) -> None:
        """Start engine and cluster."""
        self.it.instance.start()
        self.it.do("cluster", "start", "--workers", "2", "--slots", "2")
        self.it.do("unpause", "load")

    def close(self) -> None:
        """End everything."""
        self.it.close()

    # --- faults -----------------------------------------------------------------------------------

    def faults(self) -> dict[str, Callable[[], object]]:
        """Return by name what can be done."""
        it = self.it
        return {
            "kill worker-1": lambda: kill(it.member("worker-1")),
            "kill worker-2": lambda: kill(it.member("worker-2")),
            "kill scheduler": lambda: kill(it.member("scheduler")),
            "kill keeper": self._kill_keeper,
            "kill client": lambda: kill(it.client_process()),
            "kill engine": self._kill_engine,
            "kill supervisor": self._kill_supervisor,
            "kill a whole host": self._kill_host,
            "kill all but supervisors": self._kill_all_but_supervisors,
            "freeze worker": lambda: self._freeze(it.member(f"worker-{self.hand.randint(1, 2)}")),
            "freeze scheduler": lambda: self._freeze(it.member("scheduler")),
            "freeze client": lambda: self._freeze(it.client_process()),
            "freeze engine": lambda: self._freeze(it.instance.pid),
            "freeze supervisor": lambda: self._freeze(self._some_supervisor()),
            "restart scheduler": lambda: send(it.member("scheduler"), signal.SIGTERM),
            "restart worker": lambda: send(it.member(f"worker-{self.hand.randint(1, 2)}"), signal.SIGTERM),
            "restart cluster": self._restart_cluster,
            "restart engine": self._restart_engine,
            "drain": self._drain,
        }

    def rounds(self, count: int) -> None:
        """Do *count* faults, each kind as often as the others, while tasks run."""
        faults = self.faults()
        order: list[str] = []
        for number in range(count):
            if not order:
                order = sorted(faults)
                self.hand.shuffle(order)
            name = order.pop()
            self._load()
            wait_for(self._is_busy, LIMIT, f"too little runs before fault {number} ({name})")
            time.sleep(self.hand.uniform(0, 1.5))  # the moment is the experiment, nothing waits for it
            self.hits.setdefault(name, []).append(len(self.running()))
            print(f"{time.strftime('%H:%M:%S')} {number} {name}, {self.hits[name][-1]} run", flush=True)
            wait_for(lambda name=name: faults[name]() is not False, LIMIT, f"{name} finds nobody")  # type: ignore[misc]

    def running(self) -> set[str]:
        """Return the attempts that have a process."""
        marks = (process.environment_value(pid, MARK) for pid, _ in self.it.instance.leftovers())
        return {mark for mark in marks if mark and is_attempt_id(mark)}  # a warm parent has none yet

    def _is_busy(self) -> bool:
        """Whether all places but one are taken."""
        return len(self.running()) >= 3

    def _load(self) -> None:
        """Keep more to do than there are places."""
        with closing(self._store()) as store:
            (left,) = store.execute(
                "SELECT count(*) FROM task_instance WHERE state NOT IN ('success', 'failed', 'skipped')"
            ).fetchone()
        if left < TASKS:
            self.runs += [self.it.trigger("load") for _ in range(2)]

    def _kill_engine(self) -> None:
        self.it.instance.kill()
        self.it.instance.start()

    def _restart_engine(self) -> None:
        self.it.instance.stop()
        self.it.instance.start()

    def _kill_keeper(self) -> None:
        """What keeps the others alive is killed; the next one takes over."""
        kill(keeper_of(self.it.folder))
        self._begin_cluster()

    def _restart_cluster(self) -> None:
        self.it.do("cluster", "stop")
        self._begin_cluster()

    def _begin_cluster(self) -> None:
        """Begin it once the lock of the keeper before is free: its threads end a moment after it."""
        wait_for(lambda: not keeper.held(self.it.folder), LIMIT, "the keeper before does not end")
        self.it.do("cluster", "start", "--workers", "2", "--slots", "2")

    def _some_supervisor(self) -> int | None:
        found = supervisors_below(self.it.folder)
        return self.hand.choice(found) if found else None

    def _kill_supervisor(self) -> bool:
        pid = self._some_supervisor()
        return pid is not None and self._kill_supervisors([pid])

    def _kill_host(self) -> None:
        """A worker, its supervisors and its tasks at once, as if the power had failed."""
        name = f"worker-{self.hand.randint(1, 2)}"
        kill(self.it.member(name))
        self._kill_supervisors(supervisors_below(self.it.folder / name))

    def _kill_supervisors(self, pids: list[int]) -> bool:
        held = [pid for pid in pids if send(pid, signal.SIGSTOP)]
        for pid in held:  # they stand still: what they have is what is lost
            self.hurt |= set(self._claimed_by(pid))
        for pid in held:
            kill(pid)
        return bool(held)

    def _claimed_by(self, pid: int) -> Iterator[str]:
        for claim in self.it.folder.glob("worker-*/instances/*/attempts/*/*/claim"):
            with suppress(OSError, ValueError):
                if load(claim.read_bytes()).get("pid") == pid:
                    yield claim.parent.name

    def _kill_all_but_supervisors(self) -> None:
        """Everything that is Dask's or the engine's."""
        self.it.instance.kill()
        for pid in (keeper_of(self.it.folder), *map(self.it.member, keeper.named(self.it.folder))):
            kill(pid)
        self.it.instance.start()
        self._begin_cluster()

    def _freeze(self, pid: int | None) -> bool:
        """Stop a process for shorter or longer than others wait for it."""
        if not send(pid, signal.SIGSTOP):
            return False
        time.sleep(self.hand.choice([2, 7, 14]))
        return send(pid, signal.SIGCONT)

    def _drain(self) -> None:
        name = self.hand.choice(sorted(self.it.workers()) or ["nobody"])  # the client may be away
        if self.it.run("workers", "drain", name).return_value == 0:
            time.sleep(2)
            wait_for(
                lambda: self.it.run("workers", "undrain", name).return_value == 0, LIMIT, f"undrain {name}"
            )

    # --- the audit --------------------------------------------------------------------------------

    def settle(self) -> None:
        """Wait until all runs have ended, and nothing is left on any worker."""

        def ended() -> bool:
            with closing(self._store()) as store:
                (left,) = store.execute(
                    "SELECT count(*) FROM run WHERE state NOT IN ('success', 'failed')"
                ).fetchone()
            return bool(left == 0)

        wait_for(ended, LIMIT, "the runs end")
        wait_for(lambda: not self.it.instance.leftovers(), 60, f"left over: {self.it.instance.leftovers()}")
        wait_for(
            lambda: [row["used"] for row in self.it.workers().values()] == [0, 0], 60, "the slots are free"
        )

    def audit(self) -> Verdict:
        """Compare ledger and store; the logs too, and the trail of events."""
        with closing(self._store()) as store:
            rows = rows_in(store)
            integrity = store.execute("PRAGMA integrity_check").fetchone()[0]
            trail = replay(store)
            states = dict(
                store.execute("SELECT state, count(*) FROM task_instance GROUP BY state").fetchall()
            )
        found = judge(self.ledger.read_text().splitlines(), rows, self.hurt)
        if integrity != "ok":
            found.wrong.append(f"the database: {integrity}")
        found.wrong += trail
        if states.keys() - {"success", "skipped"} or sum(states.values()) != TASKS * len(self.runs):
            found.wrong.append(f"the states of tasks: {states}")
        found.wrong += self._logs(rows)
        return found

    def _logs(self, rows: list[Row]) -> Iterator[str]:
        """Yield which logs are not whole."""
        archive = LocalArchive(self.it.instance.settings.attempts)
        for row in rows:
            if row.kind in ("exit_code", "skipped", "signal"):
                log = archive.read_log(row.attempt, 0, 1 << 16).data.decode()
                if log != f"begins {row.attempt}\nends {row.attempt}\n":
                    yield f"the log of {row.attempt} is not whole: {log!r}"

    def words(self, found: Verdict) -> str:
        """Return what was done and found."""
        hits = [f"  {name}: {len(hit)} times, {sum(hit)} ran" for name, hit in sorted(self.hits.items())]
        counts = (
            f"{found.begun} attempts began, {found.ended} ended, {found.revoked} were taken back, "
            f"{len(self.hurt)} were hurt, lost: {dict(found.lost)}"
        )
        done = f"{sum(map(len, self.hits.values()))} faults, {len(self.runs)} runs"
        return "\n".join([done, *hits, counts])

    def _store(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.it.instance.settings.database}?mode=ro", uri=True)


def keeper_of(folder: Path) -> int | None:
    """Return the process that keeps a cluster."""
    try:
        pid = int((folder / keeper.LOCK).read_text())
    except (OSError, ValueError):
        return None
    return pid if keeper.held(folder) else None
