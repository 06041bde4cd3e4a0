"""Two hosts and a link that goes down and up; what tasks wrote at both ends judges what the engine says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("distributed")

from drive.attempts import marked
from drive.cluster_home import ClusterHome
from drive.dask_cluster import Cluster
from drive.ledger import PLACE, SCRIPT, Life, Row, judge, lives_in, rows_in
from drive.namespaces import ADDRESSES, FAR, NEAR, Link
from drive.waiting import wait_for
from penstock.execution.dask import certs

LIMIT = 120.0
CONFIG = """
stop_grace = 1
[executors.patient]
scheduler = "{file}"
[executors.kills]
scheduler = "{file}"
lease = 10
[executors.keeps]
scheduler = "{file}"
lease = 10
on_partition = "keep"
"""
PARTED = '''
from penstock import DAG, BashOperator

LIFE = r"""{script}
live; leave 7; exit 7
"""

with DAG("parted", schedule=None, default_args={{"retries": 1, "retry_delay": 0.1}}):
    for name in ("patient", "kills", "keeps"):
        BashOperator(task_id=name, executor=name, bash_command=LIFE, skip_on_exit_code=[7])
'''


class Parted:
    """Engine, scheduler and one worker at the near end, another worker at the far end."""

    def __init__(self, folder: Path, link: Link) -> None:
        self.link = link
        self.gate, self.ledger = folder / "gate", folder / "ledger"
        certs.make(folder / "certs")
        self.cluster = Cluster(folder / "cluster", ADDRESSES[NEAR])
        self.cluster.folder.mkdir()
        self.it = ClusterHome(folder / "home", CONFIG.format(file=self.cluster.file))
        self.it.instance.prefix = link.inside(NEAR)
        script = SCRIPT.format(place=PLACE, ledger=self.ledger, goes_on=f"[ ! -e {self.gate} ]")
        self.it.instance.write_dag("parted", PARTED.format(script=script))
        self.run = ""

    def begin(self) -> None:
        """Start all but the near worker, and wait until each task lives at the far end."""
        self.cluster.prefix = self.link.inside(NEAR)
        self.cluster.begin_scheduler("--certs", str(self.cluster.folder.parent / "certs"))
        self.cluster.prefix = self.link.inside(FAR)
        self.cluster.begin_worker("far", slots=3)
        self.it.instance.start()
        self.it.do("unpause", "parted")
        self.run = self.it.trigger("parted")
        wait_for(lambda: len(self.lives()) == 3, LIMIT, "each task lives")
        wait_for(lambda: set(self.states().values()) == {"running"}, LIMIT, "the engine knows it")

    def begin_near(self) -> None:
        """Start the worker at the engine's end."""
        self.cluster.prefix = self.link.inside(NEAR)
        self.cluster.begin_worker("near", slots=3)

    def lives(self) -> dict[str, Life]:
        """Return what each attempt wrote."""
        return lives_in(self.ledger.read_text().splitlines() if self.ledger.exists() else [])[0]

    def attempts(self, task: str) -> list[str]:
        """Return the attempts of a task that wrote something, the first one first."""
        lives = self.lives().items()
        return [each for each, life in lives if life.place.rpartition("/")[2] == task]

    def states(self) -> dict[str, str]:
        """Return the states of the tasks."""
        return self.it.tasks("parted", self.run)

    def unreachable(self) -> set[str]:
        """Return the executors that have no contact with the far worker."""
        rows = json.loads(self.it.do("workers", "list", "--json"))["workers"]
        return {row["executor"] for row in rows if (row["name"], row["state"]) == ("far", "unreachable")}

    def rows(self) -> list[Row]:
        """Return what the store says of the attempts."""
        with closing(sqlite3.connect(self.it.instance.settings.database)) as store:
            return rows_in(store)

    def close(self) -> None:
        """End everything."""
        self.it.close()
        self.cluster.close()


@pytest.fixture
def parted(tmp_path: Path) -> Iterator[Parted]:
    link = Link()
    (tmp_path / "home").mkdir()
    found = Parted(tmp_path, link)
    try:
        found.begin()
        yield found
    finally:
        found.close()
        link.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("end", [NEAR, FAR])
def test_a_partition_shorter_or_longer_than_the_lease(parted: Parted, end: int) -> None:
    """One task of each kind lives through it: with a long lease, with a short one, and one that is kept."""
    first = {name: parted.attempts(name)[0] for name in ("patient", "kills", "keeps")}
    for _ in range(2):  # too short for anybody to notice
        parted.link.down(end)
        parted.link.up(end)
    parted.link.down(end)
    wait_for(lambda: parted.unreachable() == set(first), LIMIT, "no contact is shown")
    assert set(parted.states().values()) == {"running"}, "silence is not a state"
    parted.begin_near()
    wait_for(lambda: not marked(first["kills"]), LIMIT, "the lease ends it at the far end")
    assert len(parted.lives()) == 3, "nothing has begun elsewhere by then"
    wait_for(lambda: len(parted.attempts("kills")) == 2, LIMIT, "it begins anew at the near end")
    for name in ("patient", "keeps"):
        assert marked(first[name]), f"{name} goes on without contact"
    assert parted.unreachable() == set(first)
    parted.link.up(end)
    wait_for(lambda: not parted.unreachable(), LIMIT, "contact again")
    parted.gate.touch()
    wait_for(lambda: set(parted.states().values()) == {"skipped"}, LIMIT, "all end")
    verdict = judge(parted.ledger.read_text().splitlines(), parted.rows(), {first["kills"]})
    assert (verdict.wrong, verdict.begun, verdict.ended) == ([], 4, 3)
    (reason,) = verdict.lost
    assert "there has been no contact with worker far" in reason
    for name in ("patient", "keeps"):
        assert parted.attempts(name) == [first[name]], "nothing was repeated"
    log = parted.it.do("logs", "parted", parted.run, "kills", "--attempt", "1")
    assert "host lost" in log
