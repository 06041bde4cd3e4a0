"""Whatever lies in the DAGs folder hurts only itself: it is told, the rest loads, its error goes with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import watchfiles

from data.dag_files import DAG_FILE
from drive.loop import Bench
from drive.waiting import eventually
from penstock.service import refresh as refresh_module
from penstock.service.refresh import Refresh


@contextlib.asynccontextmanager
async def watched(running_bench: Bench, refresh: Refresh) -> AsyncIterator[None]:
    """Load everything, and follow the folder for the block."""
    await refresh.load_all()
    watching = asyncio.create_task(refresh.watch())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await refresh.close()


def names(running_bench: Bench) -> set[str]:
    """Return the names of the files that have an error."""
    return {Path(row.file).name for row in running_bench.engine.import_errors()}


async def test_an_error_goes_with_what_it_was_about(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_module, "LOOK_FOR_FOLDER", 0.05)
    folder = running_bench.settings.dags_folder
    (folder / "fine.py").write_text(DAG_FILE.format(name="fine"))
    odd = [folder / "pipe.py", folder / "dangling.py", folder / "bad\udcff.py", folder / "open.py"]
    os.mkfifo(odd[0])
    odd[1].symlink_to(folder / "nothing.py")
    odd[2].write_text("x = 1")
    odd[3].write_text(DAG_FILE.format(name="open"))
    odd[3].chmod(0o666)
    (folder / "circle").symlink_to(folder)
    (folder / "again.py").symlink_to(folder / "fine.py")
    async with watched(running_bench, Refresh(running_bench.settings, running_bench.loop)):
        assert list(running_bench.loop.world.dags) == ["fine"]
        assert names(running_bench) == {"pipe.py", "dangling.py", "bad\\xff.py", "open.py"}
        for path in odd[:3]:
            path.unlink()
        odd[3].chmod(0o644)
        await eventually(lambda: not names(running_bench), "no file has an error")
        await eventually(lambda: "open" in running_bench.loop.world.dags, "what was refused is loaded")


async def test_a_file_that_is_refused_keeps_its_last_good_version(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_module, "LOOK_FOR_FOLDER", 0.05)
    path = running_bench.settings.dags_folder / "one.py"
    path.write_text(DAG_FILE.format(name="one"))
    async with watched(running_bench, Refresh(running_bench.settings, running_bench.loop)):
        path.chmod(0o666)
        await eventually(lambda: names(running_bench) == {"one.py"}, "the file is refused")
        assert not running_bench.loop.world.dag("one").facts.missing
        path.chmod(0o644)
        await eventually(lambda: not names(running_bench), "the file is taken again")


async def test_an_error_of_a_file_that_went_while_no_engine_ran_is_dropped(running_bench: Bench) -> None:
    path = running_bench.settings.dags_folder / "bad.py"
    path.write_text("1 / 0")
    await Refresh(running_bench.settings, running_bench.loop).load_all()
    assert names(running_bench) == {"bad.py"}
    path.unlink()
    broken = [row.file for row in running_bench.engine.import_errors()]
    await Refresh(running_bench.settings, running_bench.loop, broken).load_all()
    assert names(running_bench) == set()


class Panic(BaseException):
    """What a watcher that is not Python raises when it breaks."""


@pytest.mark.parametrize("error", [Panic("out of bounds"), ExceptionGroup("x", [OSError("no watches")])])
async def test_a_watcher_that_fails_is_replaced_by_looking_and_said(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(_: object) -> set[object]:
        raise error

    monkeypatch.setattr(watchfiles, "watch", lambda *_, **__: map(fail, [0]))
    monkeypatch.setattr(refresh_module, "LOOK_FOR_FOLDER", 0.05)
    refresh = Refresh(running_bench.settings, running_bench.loop)
    async with watched(running_bench, refresh):
        await eventually(lambda: len(refresh.warnings) == 1, "it is said")
        assert "cannot be watched, so it is scanned every" in refresh.warnings[0]
        (running_bench.settings.dags_folder / "one.py").write_text(DAG_FILE.format(name="one"))
        await eventually(lambda: "one" in running_bench.loop.world.dags, "the new file is seen all the same")


async def test_a_folder_that_cannot_be_listed_takes_no_dag_away(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = running_bench.settings.dags_folder / "team"
    folder.mkdir()
    (folder / "one.py").write_text(DAG_FILE.format(name="one"))
    refresh = Refresh(running_bench.settings, running_bench.loop)
    await refresh.load_all()
    listed = os.scandir

    def scandir(path: Path) -> object:
        if path == folder:
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    await refresh.load_all()
    assert names(running_bench) == {"team"}
    assert not running_bench.loop.world.dag("one").facts.missing
    monkeypatch.undo()
    await refresh.load_all()
    assert names(running_bench) == set()


NAMES_A_FILE = """
from penstock import DAG, BashOperator

with DAG("named"):
    BashOperator(task_id="only", bash_command="script.sh")
"""


async def test_an_error_about_a_template_file_goes_when_that_file_is_mended(
    running_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh_module, "LOOK_FOR_FOLDER", 0.05)
    folder = running_bench.settings.dags_folder
    (folder / "named.py").write_text(NAMES_A_FILE)
    async with watched(running_bench, Refresh(running_bench.settings, running_bench.loop)):
        assert names(running_bench) == {"named.py"}
        (folder / "script.sh").write_text("echo {{.State}}")
        errors = running_bench.engine.import_errors
        await eventually(lambda: "unexpected '.'" in errors()[0].message, "it is about another mistake")
        (folder / "script.sh").write_text("echo {{ ds }}")
        await eventually(lambda: not names(running_bench), "the file loads")
