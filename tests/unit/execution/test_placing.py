"""Which supervisor gets an attempt, when another one is started, and which one is let go."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from penstock.attempts import files
from penstock.execution.local import supervisors
from penstock.execution.local.supervisor_link import SupervisorLink
from penstock.execution.local.supervisors import IDLE_SECONDS, SIDE_BY_SIDE, Supervisors
from penstock.settings import Settings


@dataclass(eq=False)
class Link:
    """A connection of which the test says what it has."""

    pid: int
    ids: set[str] = field(default_factory=set)
    leaving: bool = False
    silence: str | None = None
    speaks: int = files.SPEAKS
    unwritten: dict[str, str] = field(default_factory=dict)
    told: list[Any] = field(default_factory=list)

    @property
    def takes_work(self) -> bool:
        return not self.leaving and self.silence is None

    def launch(self, ids: Sequence[str]) -> None:
        self.ids.update(ids)
        self.told.append(("launch", *ids))

    def stop(self, attempt_id: str) -> None:
        self.told.append(("stop", attempt_id))

    def quit(self) -> None:
        self.leaving = True
        self.told.append(("quit",))

    def send_environment(self, message: dict[str, Any]) -> None:
        self.told.append(("environment", sorted(message)[:1]))

    def close(self) -> None:
        self.told.append(("close",))


class House(Supervisors):
    """Supervisors that start none: how many would be started is counted."""

    def __init__(self, folder: Path, **fields: Any) -> None:
        self.hints: list[list[str]] = []
        super().__init__(
            Settings(home=folder, dags_folder=folder, **fields), lambda ids: self.hints.append(list(ids))
        )
        self._open = True
        self.started = 0
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def _start_one(self) -> None:
        self.started += 1

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self.calls.append((seconds, call))

    def take(self, *links: Link) -> list[Link]:
        """Have supervisors that are there already."""
        self._links += cast("list[SupervisorLink]", links)
        return list(links)

    def pick(self, seconds: float) -> Callable[[], None]:
        """Return what is to be called after that many seconds."""
        return next(call for at, call in self.calls if at == seconds)


def many(count: int) -> list[str]:
    return [f"0199aa{number:06x}-00000001" for number in range(count)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, attempts_per_supervisor=3)


def linked(link: Link) -> SupervisorLink:
    return cast("SupervisorLink", link)


def test_each_goes_to_the_one_with_the_fewest_until_all_are_full(house: House) -> None:
    one, two, gone, mute = house.take(
        Link(1, {"x"}), Link(2), Link(3, leaving=True), Link(4, silence="does not answer")
    )
    a, b, c, d, e, f, g = many(7)
    house.launch([a, b, c])
    assert (one.told, two.told, gone.told, mute.told) == ([("launch", b)], [("launch", a, c)], [], [])
    house.launch([d, e, f, g])
    assert (one.told[1:], two.told[1:]) == ([("launch", d)], [("launch", e)])
    assert (len(one.ids), len(two.ids), house.used) == (3, 3, 8)
    one.ids.discard("x")
    house.moved(linked(one), ["x"], ["x"])
    assert one.told[-1] == ("launch", f)
    assert house.hints == [["x"]]
    house.release(f)
    assert f not in one.ids


@pytest.mark.parametrize(
    ("links", "waiting", "starting", "started"),
    [
        ([], 0, 0, 0),
        ([], 1, 0, 1),
        ([], 3, 0, 2),
        ([], 4, 0, 2),
        ([], 7, 0, 3),
        ([], 7, 2, 1),
        ([], 7, 3, 0),
        ([3], 1, 0, 1),
        ([3], 1, 1, 0),
        ([3, 3], 4, 0, 2),
        ([0], 2, 0, 0),
        ([0], 3, 0, 1),
        ([1, 1], 0, 0, 0),
        ([3, 3], 0, 0, 0),
        ([3, 3, 3], 3, 0, 1),
    ],
)
def test_others_are_started_when_all_are_full_or_few_share_much(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    links: list[int],
    waiting: int,
    starting: int,
    started: int,
) -> None:
    monkeypatch.setattr(supervisors, "SIDE_BY_SIDE", 2)
    house = House(tmp_path, attempts_per_supervisor=3)
    house.take(*(Link(at, set(many(99)[at * 9 : at * 9 + count])) for at, count in enumerate(links, 1)))
    house._starting = dict.fromkeys(range(starting), cast("asyncio.TimerHandle", None))
    house.launch(many(200)[100 : 100 + waiting])
    assert house.started == started


def test_a_limit_below_one_is_one(tmp_path: Path) -> None:
    house = House(tmp_path, attempts_per_supervisor=0)
    [only] = house.take(Link(1))
    house.launch(many(2))
    assert only.told == [("launch", many(2)[0])]


def test_a_stop_reaches_who_may_have_the_attempt(house: House) -> None:
    one, two = house.take(Link(1, {"a"}), Link(2, {"b"}))
    house.stop("b")
    assert (one.told, two.told) == ([], [("stop", "b")])


def test_who_says_hello_is_told_what_it_missed(house: House, tmp_path: Path) -> None:
    told, other = many(2)
    folder = files.attempt_path(house._settings.attempts, told)
    folder.mkdir(parents=True)
    (folder / files.STOP).write_text("{}")
    new = Link(7, {told, other})
    house.greeted(linked(new), [told, other])
    assert [each[0] for each in new.told] == ["environment", "stop"]
    assert new.told[1] == ("stop", told)
    assert house.hints == [[told, other]]
    old = Link(8, speaks=files.SPEAKS - 1)
    house.greeted(linked(old), [])
    assert [each[0] for each in old.told] == ["quit", "environment"]
    assert len(house.hints) == 1


def test_who_is_idle_is_let_go_but_the_last(house: House) -> None:
    one, two, busy = house.take(Link(1), Link(2), Link(3, {"a"}))
    house.moved(linked(busy), ["a"], [])
    assert house.calls == []
    house.moved(linked(one), [], ["b"])
    house.moved(linked(two), [], ["c"])
    assert [at for at, _ in house.calls] == [IDLE_SECONDS]
    house.pick(IDLE_SECONDS)()
    assert [each.leaving for each in (one, two, busy)] == [True, True, False]
    busy.ids.clear()
    house.moved(linked(busy), [], ["a"])
    assert len(house.calls) == 2
    house.calls[1][1]()
    assert not busy.leaving


def test_alone_it_is_never_let_go(house: House) -> None:
    [only] = house.take(Link(1))
    house.moved(linked(only), [], ["a"])
    assert house.calls == []


def test_launches_of_one_that_is_gone_go_to_others(house: House) -> None:
    waiting, claimed = many(2)
    for each in (waiting, claimed):
        files.attempt_path(house._settings.attempts, each).mkdir(parents=True)
    (files.attempt_path(house._settings.attempts, claimed) / files.CLAIM).write_bytes(b'{"v":1}')
    gone, other = house.take(Link(1, {waiting, claimed}), Link(2))
    house.connected(linked(gone))
    house.left(linked(gone))
    assert other.told == [("launch", waiting)]
    assert house.hints == [[waiting, claimed]]
    assert [at for at, _ in house.calls if at == 1.0] == [1.0]
    assert house.started == 0


def test_after_the_last_one_left_another_is_started_later_and_later(house: House) -> None:
    pauses = []
    for number in range(10):
        [link] = house.take(Link(number))
        house.left(linked(link))
        pauses.append(house.calls[-1][0])
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    house.calls[-1][1]()
    assert house.started == 1
    house.greeted(linked(Link(99)), [])
    house._links.clear()
    house.left(linked(Link(99)))
    assert house.calls[-1][0] == 0.05


def test_what_one_that_was_set_aside_has_not_answered_goes_to_others(house: House) -> None:
    first, second = many(2)
    for each in (first, second):
        files.attempt_path(house._settings.attempts, each).mkdir(parents=True)
    mute, other = house.take(Link(1, {first, second, "old"}, silence="does not answer"), Link(2))
    house._give_to_others(linked(mute), [second, first])
    assert other.told == [("launch", first, second)]
    assert mute.ids == {"old"}
    other.silence = "does not answer"
    house._give_to_others(linked(other), [])
    assert house.started >= 1


def test_results_that_wait_are_named_until_they_do_not(house: House) -> None:
    [link] = house.take(Link(1))
    house.unwritten(linked(link), {"a": "no space", "b": "read-only"})
    assert (house.waits_for("a"), house.waits_for("b"), house.waits_for("c")) == (
        "no space",
        "read-only",
        None,
    )
    house.unwritten(linked(link), {"c": "no space"})
    assert house.waits_for("a") is None
    assert house.hints == [["a", "b"], ["a", "b", "c"]]


def test_operators_see_who_works_first(house: House) -> None:
    house.take(
        Link(9), Link(4, {"a"}), Link(3, {"b"}), Link(5, {"a", "b"}), Link(6, {"c"}, leaving=True),
        Link(7, silence="is stopped by a signal"), Link(8, unwritten={"a": "x", "b": "x"}),
    )  # fmt: skip
    house._starting = {2: cast("asyncio.TimerHandle", None)}
    assert [(each.pid, each.attempts, each.state, each.note) for each in house.workers()] == [
        (5, 2, "working", None),
        (3, 1, "working", None),
        (4, 1, "working", None),
        (6, 1, "leaving", None),
        (2, 0, "starting", None),
        (7, 0, "silent", "is stopped by a signal"),
        (8, 0, "idle", "2 results wait for room on the disk"),
        (9, 0, "idle", None),
    ]
    assert {each.executor for each in house.workers()} == {"local"}


async def test_short_of_processes_it_is_tried_again_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(errno.EAGAIN, "no more processes")

    monkeypatch.setattr(os, "posix_spawn", refuse)
    house = House(tmp_path)
    for _ in range(9):
        Supervisors._start_one(house)
    assert [at for at, _ in house.calls] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    house._open = False
    Supervisors._start_one(house)
    assert len(house.calls) == 9


def test_numbers_that_the_handbook_gives() -> None:
    assert 2 <= SIDE_BY_SIDE <= 4
    assert (supervisors.START_SECONDS, IDLE_SECONDS) == (10.0, 30.0)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    supervisors.make_private(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    for mode in (0o720, 0o702):
        (tmp_path / "a" / "b").chmod(mode)
        with pytest.raises(PermissionError, match="must belong only to the user of the engine"):
            supervisors.make_private(tmp_path / "a" / "b")
    (tmp_path / "a" / "b").chmod(0o755)
    supervisors.make_private(tmp_path / "a" / "b")
