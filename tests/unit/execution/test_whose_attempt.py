"""With several executors each call goes to the one whose attempt it is about."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from drive.attempts import make_settings, shell
from penstock.attempts.protocol import AttemptSpec, dump
from penstock.errors import UnknownError
from penstock.execution.executor import (
    OPEN,
    Absent,
    Accepted,
    Exited,
    Hint,
    Observation,
    Room,
    Unreachable,
    Usage,
    Worker,
)
from penstock.execution.mixed import Executors
from penstock.execution.remote import copies
from penstock.execution.remote.config import RemoteConfig
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.settings import Settings

USED = Usage(1.0, 2.0, 3, 4, 5, 6)


class Far:
    """An executor on other hosts that writes down what it is asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[tuple[Any, ...]] = []
        self.seen: dict[str, Observation] = {}
        self.busy = True
        self.warnings = (f"{name} is slow",)

    def __getattr__(self, what: str) -> Any:
        def ask(*words: Any, **more: Any) -> Observation:
            self.asked.append((what, *words, *more.values()))
            return Accepted()

        return ask

    async def start(self, hint: Hint) -> None:
        self.asked.append(("start",))

    async def close(self) -> None:
        self.asked.append(("close",))

    def observe(self, ids: Sequence[str]) -> dict[str, Observation]:
        self.asked.append(("observe", *ids))
        return {each: self.seen.get(each, Accepted()) for each in ids}

    async def sample(self, ids: Sequence[str]) -> dict[str, Usage]:
        return dict.fromkeys(ids, USED)

    async def drain(self, worker: str, *, back: bool = False) -> None:
        self.asked.append(("drain", worker, back))

    async def freshen(self, attempt_id: str) -> None:
        self.asked.append(("freshen", attempt_id))

    def workers(self) -> tuple[Worker, ...]:
        return (Worker(self.name, None, 0, "ready", name=f"{self.name}-1"),)

    def room(self, executor: str, queue: str | None, resources: Mapping[str, float]) -> Room:
        return Room(f"{executor} {queue} {dict(resources)}", 3)


class House:
    """The executors of a home: this machine's, ``grid`` and ``lab``."""

    def __init__(self, path: Path) -> None:
        self.far: dict[str, Far] = {}
        tables = {"grid": {"scheduler": "tls://a:1"}, "lab": {"scheduler": "tls://b:1"}}
        self.settings = make_settings(path, executors=tables)
        self.settings.attempts.mkdir(parents=True, mode=0o700)
        self.hints: list[Sequence[str]] = []
        self.executors = Executors(self.settings, self._make)
        self.executors._hint = self.hints.append

    def _make(self, settings: Settings, config: RemoteConfig) -> Any:
        assert settings is self.settings
        return self.far.setdefault(config.name, Far(config.name))

    def spec(self, executor: str | None = None) -> AttemptSpec:
        return dataclasses.replace(shell("true"), placement={"executor": executor} if executor else {})


@pytest.fixture
async def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    await made.executors._start_new()
    await made.executors._start_new()
    return made


async def test_each_of_the_others_is_started_once_and_closed_with_all(house: House) -> None:
    assert {name: far.asked for name, far in house.far.items()} == {"grid": [("start",)], "lab": [("start",)]}
    await house.executors.close()
    assert [far.asked[-1] for far in house.far.values()] == [("close",), ("close",)]
    house.far.clear()
    await house.executors._start_new()
    assert house.far == {}, "after the end nothing is started"


async def test_a_launch_goes_where_it_is_to_run(house: House) -> None:
    here, grid, lab, gone = (house.spec(each) for each in (None, "grid", "lab", "nowhere"))
    house.executors.submit([here, grid, lab, gone])
    asked = {name: far.asked[-1] for name, far in house.far.items()}
    assert asked == {"grid": ("submit", [grid]), "lab": ("submit", [lab])}
    seen = house.executors.observe([each.attempt_id for each in (here, grid, gone)])
    assert (seen[here.attempt_id], seen[grid.attempt_id]) == (Accepted(), Accepted())
    refused = seen[gone.attempt_id]
    assert isinstance(refused, Exited)
    assert "executor 'nowhere' is not set up" in str(refused.outcome.reason)
    assert house.far["grid"].asked[-1] == ("observe", grid.attempt_id)


async def test_who_asks_about_an_attempt_asks_its_executor(house: House) -> None:
    here, grid = house.spec(), house.spec("grid")
    house.executors.submit([here, grid])
    there = grid.attempt_id
    asked = house.far["grid"].asked
    executors = house.executors
    executors.stop(there, "kill", "enough")
    executors.revoke(there)
    executors.abandon(there)
    executors.log_extent(there, grows=False, most=5)
    executors.log_extent(there, grows=True, most=5)
    executors.read_log(there, 0, 5)
    await executors.freshen(there)
    await executors.freshen(here.attempt_id)
    executors.log_extent(here.attempt_id, grows=True, most=5)
    assert asked[2:] == [
        ("stop", there, "kill", "enough"),
        ("revoke", there),
        ("abandon", there),
        ("looked_at", there),
        ("looked_at", there),
        ("freshen", there),
    ]
    assert [name for name, *_ in house.far["lab"].asked] == ["start"]
    assert await executors.sample([there, here.attempt_id]) == {there: USED}
    executors.forget(there)
    assert asked[-1] == ("forget", there)
    executors.stop(there, "term", "now of this machine")
    assert asked[-1] == ("forget", there)


async def test_an_engine_after_this_one_finds_whose_it_is_in_the_home(house: House) -> None:
    spec, other = house.spec("grid"), house.spec()
    for executor in ("grid", "was here"):
        each = spec if executor == "grid" else other
        copies.accept(house.settings.attempts, each.attempt_id, dump(each), executor)
    seen = house.executors.observe([spec.attempt_id, other.attempt_id])
    assert house.far["grid"].asked[-1] == ("observe", spec.attempt_id)
    silent = seen[other.attempt_id]
    assert isinstance(silent, Unreachable)
    assert silent.host == "executor was here, which is not set up here"
    assert isinstance(house.executors.revoke(other.attempt_id), Unreachable)
    assert isinstance(house.executors.abandon(other.attempt_id), Unreachable)
    house.executors.stop(other.attempt_id, "term", "nobody hears it")
    house.executors.forget(other.attempt_id)
    assert house.executors.observe([other.attempt_id])[other.attempt_id] == Absent()


async def test_what_has_ended_is_remembered_no_more(house: House) -> None:
    spec = house.spec("grid")
    house.executors.submit([spec])
    ended = Exited(Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0), start=1.0, end=2.0)
    house.far["grid"].seen[spec.attempt_id] = ended
    assert house.executors.observe([spec.attempt_id])[spec.attempt_id] is ended
    assert house.executors._owner == {}


async def test_workers_rooms_and_warnings_are_those_of_all(house: House) -> None:
    executors = house.executors
    assert [row.name for row in executors.workers()] == ["grid-1", "lab-1"]
    assert executors.warnings == ("grid is slow", "lab is slow")
    assert executors.room("local", None, {}) is OPEN
    assert executors.room("lab", "gpu", {"MEM": 1.0}) == Room("lab gpu {'MEM': 1.0}", 3)
    assert "'nowhere' is not set up" in str(executors.room("nowhere", None, {}).problem)
    await executors.drain("lab-1", back=True)
    assert house.far["lab"].asked[-1] == ("drain", "lab-1", True)
    assert [name for name, *_ in house.far["grid"].asked] == ["start"]
    with pytest.raises(UnknownError, match=r"worker 'x' does not exist; there are grid-1, lab-1$"):
        await executors.drain("x")


async def test_an_executor_that_the_home_lost_is_closed_when_it_has_nothing_to_do(house: House) -> None:
    house.executors._settings = dataclasses.replace(
        house.settings, executors={"lab": house.settings.executors["lab"]}
    )
    grid = house.far["grid"]
    await house.executors.mend()
    assert grid.asked[-1] == ("start",)
    grid.busy = False
    await house.executors.mend()
    assert grid.asked[-1] == ("close",)
    assert [row.name for row in house.executors.workers()] == ["lab-1"]


async def test_with_this_machine_alone_a_worker_cannot_be_drained(tmp_path: Path) -> None:
    with pytest.raises(UnknownError, match=r"worker 'x' does not exist; there is none$"):
        await Executors(make_settings(tmp_path)).drain("x")
