"""Which files load when, with loads that end when the test says so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from drive.waiting import eventually
from penstock.model.spec import ParsedFile
from penstock.service import loads as loads_module
from penstock.service.loads import AT_ONCE, SLOW_AT_ONCE, Loads
from penstock.settings import Settings, load_settings


class Scripted:
    """In place of `parse_file`: each load ends when it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self._ends: dict[str, asyncio.Future[None]] = {}

    @property
    def live(self) -> set[str]:
        return set(self._ends)

    async def parse(self, path: Path, **_: Any) -> ParsedFile:
        name, source = path.stem, path.read_bytes()  # noqa: ASYNC240 - a few bytes
        assert name not in self._ends, f"{name} is loaded twice at once"
        self.begun.append(name)
        end = self._ends[name] = asyncio.get_running_loop().create_future()
        try:
            await end
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        finally:
            del self._ends[name]
        return ParsedFile(file=str(path), source_hash=source.decode())

    def end(self, name: str) -> None:
        self._ends[name].set_result(None)


class Ground:
    """A folder, the loads, and what they delivered."""

    def __init__(self, settings: Settings, scripted: Scripted) -> None:
        self.scripted = scripted
        self._folder = settings.dags_folder
        self._folder.mkdir(parents=True)
        self.told: list[str] = []
        self.loads = Loads(settings, self._deliver)

    def _deliver(self, file: str, parsed: ParsedFile | None) -> None:
        self.told.append(f"{Path(file).stem} {parsed.source_hash if parsed else None}")

    def path(self, name: str) -> str:
        return str(self._folder / f"{name}.py")

    def want(self, *names: str, text: str = "1") -> None:
        for name in names:
            Path(self.path(name)).write_text(text)
        self.loads.want([self.path(name) for name in names])


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    scripted = Scripted()
    monkeypatch.setattr(loads_module, "parse_file", scripted.parse)
    return Ground(load_settings(tmp_path), scripted)


async def test_files_are_handed_on_in_the_order_in_which_they_were_asked_for(ground: Ground) -> None:
    names = [f"f{number}" for number in range(AT_ONCE + 1)]
    ground.want(*names)
    await eventually(lambda: ground.scripted.live == set(names[:AT_ONCE]), "it is so")
    ground.scripted.end(names[1])
    await eventually(lambda: names[-1] in ground.scripted.live, "it is so")
    assert ground.told == [], "the first one has its turn still"
    for name in (names[0], *names[2:]):
        ground.scripted.end(name)
    await ground.loads.tried([ground.path(name) for name in names])
    assert ground.told == [f"{name} 1" for name in names]
    await ground.loads.close()


async def test_slow_files_leave_their_turns_and_have_none_the_next_time(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads_module, "PATIENCE", 0.02)
    slow = [f"slow{number}" for number in range(SLOW_AT_ONCE)]
    ground.want(*slow, "good")
    await eventually(lambda: "good" in ground.scripted.live, "it is so")
    ground.scripted.end("good")
    await eventually(lambda: ground.told == ["good 1"], "it is so")
    assert ground.scripted.live == set(slow)
    for name in slow:
        ground.scripted.end(name)
    await ground.loads.tried([ground.path(name) for name in slow])
    monkeypatch.setattr(loads_module, "PATIENCE", 1000)
    new = [f"new{number}" for number in range(AT_ONCE)]
    ground.want(*slow, *new)
    await eventually(lambda: ground.scripted.live == {*slow, *new}, "it is so")
    await ground.loads.close()


async def test_a_file_that_changes_while_it_loads_is_loaded_again_afterwards(ground: Ground) -> None:
    ground.want("f")
    await eventually(lambda: ground.scripted.live == {"f"}, "it is so")
    ground.want("f", text="2")
    ground.want("f", text="3")
    assert ground.scripted.begun == ["f"]
    ground.scripted.end("f")
    await eventually(lambda: len(ground.scripted.begun) == 2, "it is so")
    ground.scripted.end("f")
    await ground.loads.tried([ground.path("f")])
    assert ground.told == ["f 1", "f 3"]
    await ground.loads.close()


async def test_a_slow_load_of_a_file_that_changes_ends_at_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads_module, "PATIENCE", 0.0)
    ground.want("f", "other")
    await eventually(lambda: ground.scripted.live == {"f", "other"}, "it is so")
    ground.want("f", text="2")
    await eventually(lambda: ground.scripted.cancelled == ["f"] and "f" in ground.scripted.live, "it is so")
    ground.scripted.end("f")
    await eventually(lambda: ground.told == ["f 2"], "it is so")
    await ground.loads.close()


async def test_of_a_file_that_goes_away_nothing_is_told_unless_it_comes_back(ground: Ground) -> None:
    ground.want("f", "g")
    await eventually(lambda: ground.scripted.live == {"f", "g"}, "it is so")
    for name in ("f", "g"):
        ground.loads.drop(ground.path(name))
    ground.want("g", text="2")
    await eventually(lambda: ground.scripted.live == {"g"}, "it is so")
    ground.scripted.end("g")
    await ground.loads.tried([ground.path(name) for name in ("f", "g")])
    assert ground.told == ["g 2"]
    ground.loads.want([ground.path("never_there")])
    await ground.loads.tried([ground.path("never_there")])
    assert ground.told == ["g 2", "never_there None"]
    await ground.loads.close()


async def test_closing_ends_what_loads_and_what_waits(ground: Ground) -> None:
    names = [f"f{number}" for number in range(AT_ONCE + 1)]
    ground.want(*names)
    await eventually(lambda: len(ground.scripted.live) == AT_ONCE, "it is so")
    await ground.loads.close()
    assert (ground.scripted.live, ground.told) == (set(), [])
    assert sorted(ground.scripted.cancelled) == names[:AT_ONCE]
