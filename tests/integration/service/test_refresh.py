"""The DAGs folder is followed: it goes away, its files loop or break the parser, and the rest is loaded."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from data.builders import dag, task
from data.dag_files import DAG_FILE
from drive.loop import Bench
from drive.waiting import eventually
from penstock import process
from penstock.model.spec import ParsedFile
from penstock.service import loads as loads_module
from penstock.service import refresh as refresh_module
from penstock.service.refresh import Refresh


async def test_a_folder_that_goes_away_and_comes_back_is_followed(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_module, "LOOK_FOR_FOLDER", 0.05)
    folder = running_bench.settings.dags_folder
    (folder / "one.py").write_text(DAG_FILE.format(name="one"))
    refresh = Refresh(running_bench.settings, running_bench.loop)
    await refresh.load_all()
    dags = running_bench.loop.world.dags
    assert not dags["one"].facts.missing
    watching = asyncio.create_task(refresh.watch())
    try:
        folder.rename(folder.with_name("away"))
        await eventually(lambda: running_bench.loop.world.dag("one").facts.missing, "the DAG is missing")
        folder.mkdir()
        (folder / "one.py").write_text(DAG_FILE.format(name="one"))
        await eventually(lambda: not running_bench.loop.world.dag("one").facts.missing, "the DAG is back")
        (folder / "two.py").write_text(DAG_FILE.format(name="two"))
        await eventually(lambda: "two" in running_bench.loop.world.dags, "the new folder is watched")
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


LOOPS = """
import os
from pathlib import Path

Path(__file__).with_suffix(f".pid{os.getpid()}").touch()
while True:
    pass
"""


async def test_files_that_loop_keep_no_other_waiting_and_nothing_is_left_of_them(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads_module, "PATIENCE", 0.3)
    monkeypatch.setattr(refresh_module, "MOST_AT_START", 600)
    folder = running_bench.settings.dags_folder
    looping = [folder / f"loops{number}.py" for number in range(loads_module.AT_ONCE + 1)]
    for path in looping:
        path.write_text(LOOPS)
    (folder / "present.py").write_text(DAG_FILE.format(name="present"))
    refresh = Refresh(dataclasses.replace(running_bench.settings, parse_timeout=600), running_bench.loop)

    def children() -> set[int]:
        return {int(path.suffix.removeprefix(".pid")) for path in folder.glob("*.pid*")}

    dags = running_bench.loop.world.dags
    work = [asyncio.create_task(refresh.load_all()), asyncio.create_task(refresh.watch())]
    await eventually(lambda: "present" in dags, "the file that was there is live")
    (folder / "later.py").write_text(DAG_FILE.format(name="later"))
    await eventually(lambda: "later" in dags, "the file that came later is live")
    await eventually(lambda: len(children()) == len(looping), "all of them loop")
    assert all(process.stat(pid) for pid in children())
    looping[0].write_text(DAG_FILE.format(name="mended"))
    await eventually(lambda: "mended" in dags, "the file that looped is mended")
    assert not work[0].done(), "the others were not tried to their ends"
    for each in work:
        each.cancel()
    await asyncio.wait(work)
    await refresh.close()
    assert not [pid for pid in children() if process.stat(pid)], "no child is left"


async def test_a_start_does_not_wait_for_a_file_that_may_load_for_minutes(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_module, "MOST_AT_START", 0.2)
    folder = running_bench.settings.dags_folder
    wait = "import time\nfrom pathlib import Path\nwhile not Path(__file__).with_suffix('.go').exists():\n"
    (folder / "slow.py").write_text(f"{wait}    time.sleep(0.02)\n{DAG_FILE.format(name='slow')}")
    refresh = Refresh(dataclasses.replace(running_bench.settings, parse_timeout=600), running_bench.loop)
    await refresh.load_all()
    dags = running_bench.loop.world.dags
    assert "slow" not in dags
    (folder / "slow.go").touch()
    await eventually(lambda: "slow" in dags, "it is live as soon as it is loaded")
    await refresh.close()


async def test_a_file_that_breaks_the_parser_breaks_nothing_else(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def parse(path: Path, **_: Any) -> ParsedFile:
        if path.stem == "bad":
            raise RuntimeError("out of luck")
        spec = dag("good", task("a"), file=str(path), paused_upon_creation=True)
        return ParsedFile(file=str(path), source_hash="0" * 64, dags=(spec,))

    monkeypatch.setattr(loads_module, "parse_file", parse)
    for name in ("bad", "good"):
        (running_bench.settings.dags_folder / f"{name}.py").write_text("# read by nobody")
    await Refresh(running_bench.settings, running_bench.loop).load_all()
    assert list(running_bench.loop.world.dags) == ["good"]
    (problem,) = running_bench.engine.import_errors()
    assert problem.file.endswith("bad.py")
    assert "out of luck" in problem.message


async def test_what_many_files_make_is_taken_over_together(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick for each of thousands of files would be a commit for each."""

    async def parse(path: Path, **_: Any) -> ParsedFile:
        spec = dag(path.stem, task("a"), file=str(path))
        return ParsedFile(file=str(path), source_hash="0" * 64, dags=(spec,))

    monkeypatch.setattr(loads_module, "parse_file", parse)
    monkeypatch.setattr(refresh_module, "GATHER", 600)
    names = {f"d{number}" for number in range(60)}
    for name in names:
        (running_bench.settings.dags_folder / f"{name}.py").write_text("# read by nobody")
    before = running_bench.loop.ticks.count
    await Refresh(running_bench.settings, running_bench.loop).load_all()
    assert running_bench.loop.world.dags.keys() == names
    assert running_bench.loop.ticks.count - before < 30


async def test_a_start_waits_for_few_unchanged_files_and_not_for_very_many(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (running_bench.settings.dags_folder / f"{name}.py").write_text(DAG_FILE.format(name=name))
    first = Refresh(running_bench.settings, running_bench.loop)
    await first.load_all()
    await first.close()
    begun: list[str] = []

    async def parse(path: Path, **_: Any) -> ParsedFile:
        begun.append(path.stem)
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(loads_module, "parse_file", parse)
    monkeypatch.setattr(refresh_module, "UNCHANGED_AT_START", 600)
    monkeypatch.setattr(refresh_module, "_FEW_UNCHANGED", 1)
    again = Refresh(running_bench.settings, running_bench.loop)
    await again.load_all()
    await eventually(lambda: sorted(begun) == ["one", "two"], "they are loaded behind the answers")
    await again.close()
    monkeypatch.setattr(refresh_module, "_FEW_UNCHANGED", 2)
    waiting = asyncio.create_task(Refresh(running_bench.settings, running_bench.loop).load_all())
    await eventually(lambda: len(begun) == 4, "they are loaded once more")
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])
