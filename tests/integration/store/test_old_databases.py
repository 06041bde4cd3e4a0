"""A database that the first release filled is taken over by this one, and its runs go on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from data.builders import dag, task
from drive.loop import BAD, OK, Bench
from penstock.model.acts import Clear
from penstock.store import migrations
from penstock.store.upkeep.health import problems


def pour(source: Path, target: Path) -> dict[str, int]:
    """Copy every row whose table the target has, as far as it has the columns; return how many by table."""
    raw = sqlite3.connect(target)
    raw.execute("ATTACH DATABASE ? AS full", (str(source),))
    guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    poured = {}
    names = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in raw.execute(names).fetchall():
        columns = ", ".join(f'"{row[1]}"' for row in raw.execute(f"PRAGMA main.table_info({table})"))
        raw.execute(f"DELETE FROM main.{table}")
        done = raw.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM full.{table}")
        poured[table] = done.rowcount
    for _, text in guards:
        raw.execute(text)
    raw.commit()
    raw.close()
    return poured


async def test_rows_of_the_first_release_are_kept_and_go_on(tmp_path: Path) -> None:
    now = tmp_path / "now"
    now.mkdir()
    bench = await Bench(now).open()
    bench.load(dag("d", task("a"), task("b", "a"), task("c", "b")))
    ended = bench.trigger("d")
    bench.finish(lambda name: BAD if name == "b" else OK)
    going = bench.trigger("d")
    bench.end("a")
    bench.tick()  # its claim is seen
    before = {run: bench.states("d", run) for run in (ended, going)}
    bench.close()

    old = tmp_path / "old" / "penstock.db"
    old.parent.mkdir()
    old.touch()
    migrations.upgrade(old, "0001")
    poured = pour(bench.settings.database, old)
    assert poured["run"] == 2
    assert poured["task_instance"] == 6
    assert poured["attempt"] > 3

    again = Bench(old.parent)
    again.clock, again.executor = bench.clock, bench.executor
    await again.open()
    assert list(problems(again.database)) == []
    assert {run: again.states("d", run) for run in (ended, going)} == before
    again.finish()
    assert again.run_state("d", going) == "success"
    again.act(Clear(dag_id="d", run_id=ended, only_failed=True, downstream=True))
    again.finish()
    assert again.run_state("d", ended) == "success"
    assert list(problems(again.database)) == []
    again.close()
