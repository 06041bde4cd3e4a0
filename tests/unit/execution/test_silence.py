"""Supervisors that do not answer: when they are set aside, what others get, when they are used again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import pytest

from penstock.execution.local.silence import (
    AGAIN_SECONDS,
    LOOK_SECONDS,
    MOST_SILENT,
    SILENT_SECONDS,
    Silence,
)
from penstock.execution.local.supervisor_link import SupervisorLink


@dataclass(eq=False)
class Link:
    """What `Silence` sees of a connection."""

    pid: int
    unheard: set[str] = field(default_factory=set)
    asked_at: float = 0.0
    stopped: bool = False
    silence: str | None = None
    ids: set[str] = field(default_factory=set)


class Watch:
    """A `Silence` with a clock of its own; everything it does is written down."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.told: list[object] = []
        self.silence = Silence(self._later, self._give_up, lambda: self.told.append("back"))

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self.calls.append((self.now + seconds, call))

    def _give_up(self, link: SupervisorLink, ids: object) -> None:
        self.told.append((link.pid, ids))

    def watch(self, link: Link) -> None:
        self.silence.watch(cast("SupervisorLink", link))

    def heard(self, link: Link) -> None:
        self.silence.heard(cast("SupervisorLink", link))

    def gone(self, link: Link) -> None:
        self.silence.gone(cast("SupervisorLink", link))

    def pass_until(self, moment: float) -> None:
        """Let everything happen that is due until then."""
        while due := sorted((each for each in self.calls if each[0] <= moment), key=lambda each: each[0]):
            self.calls.remove(due[0])
            self.now = due[0][0]
            due[0][1]()
        self.now = moment


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    found = Watch()

    class Loop:
        def time(self) -> float:
            return found.now

    monkeypatch.setattr(asyncio, "get_running_loop", Loop)
    return found


def test_who_answers_in_time_is_left_alone(watch: Watch) -> None:
    link = Link(1, {"a"})
    watch.watch(link)
    watch.watch(link)
    assert [at for at, _ in watch.calls] == [LOOK_SECONDS]
    watch.pass_until(SILENT_SECONDS - 0.01)
    link.unheard.clear()
    watch.heard(link)
    watch.pass_until(60)
    assert (watch.told, watch.calls, watch.silence.warnings) == ([], [], ())
    watch.watch(link)  # asked again: it is looked at again
    assert [at for at, _ in watch.calls] == [60 + LOOK_SECONDS]


def test_who_is_silent_for_too_long_is_set_aside_and_used_again_when_it_speaks(watch: Watch) -> None:
    link = Link(1, {"b", "a"}, ids={"a", "b", "c"})
    watch.watch(link)
    watch.pass_until(SILENT_SECONDS - 0.01)
    assert watch.told == []
    watch.pass_until(SILENT_SECONDS)
    assert watch.told == [(1, ["a", "b"])]
    assert (link.unheard, link.silence) == (set(), "does not answer")
    assert watch.silence.warnings == (
        "supervisor 1 does not answer and holds 3 attempts: others do its work for now",
    )
    assert [at for at, _ in watch.calls] == [SILENT_SECONDS + AGAIN_SECONDS]
    watch.pass_until(SILENT_SECONDS + 3 * AGAIN_SECONDS)
    assert len(watch.told) == 1
    watch.heard(link)
    watch.heard(link)
    assert watch.told[1:] == ["back"]
    assert [link.silence, *watch.silence.warnings] == [None]
    watch.pass_until(60)
    assert watch.calls == []


def test_who_is_stopped_is_set_aside_at_once_and_watched_until_it_goes_on(watch: Watch) -> None:
    link = Link(2, {"a"}, asked_at=0.0, stopped=True, ids={"a"})
    watch.watch(link)
    watch.pass_until(LOOK_SECONDS)
    assert watch.told == [(2, ["a"])]
    [warning] = watch.silence.warnings
    assert warning.startswith("supervisor 2 is stopped by a signal and holds 1 attempt: others do its work")
    link.ids.clear()
    assert watch.silence.warnings == (
        "supervisor 2 is stopped by a signal: others do its work for now; `kill -CONT 2` wakes it up",
    )
    watch.pass_until(LOOK_SECONDS + 2 * AGAIN_SECONDS)
    assert len(watch.told) == 1
    link.stopped = False
    watch.pass_until(LOOK_SECONDS + 3 * AGAIN_SECONDS)
    assert (watch.told[1:], link.silence, watch.calls) == (["back"], None, [])


def test_stopped_with_nothing_to_answer_it_is_not_set_aside(watch: Watch) -> None:
    link = Link(2, stopped=True)
    watch.watch(link)
    watch.pass_until(60)
    assert (watch.told, watch.calls, link.silence) == ([], [], None)


def test_on_a_machine_that_hangs_a_few_are_set_aside_and_the_stopped_all(watch: Watch) -> None:
    links = [Link(pid, {f"a{pid}"}) for pid in range(MOST_SILENT + 2)]
    for link in links:
        watch.watch(link)
    watch.pass_until(SILENT_SECONDS + 1)
    assert watch.told == [(pid, [f"a{pid}"]) for pid in range(MOST_SILENT)]
    links[-1].stopped = True
    watch.pass_until(SILENT_SECONDS + 2)
    assert watch.told[-1] == (links[-1].pid, [f"a{links[-1].pid}"])
    watch.gone(links[0])  # one less: the next takes its place among the silent
    assert len(watch.silence.warnings) == MOST_SILENT
    watch.gone(links[1])
    watch.pass_until(SILENT_SECONDS + 3)
    assert links[MOST_SILENT].silence == "does not answer"


def test_who_is_gone_is_not_looked_at_any_more(watch: Watch) -> None:
    link, aside = Link(1, {"a"}), Link(2, {"b"}, stopped=True)
    watch.watch(link)
    watch.watch(aside)
    watch.pass_until(LOOK_SECONDS)
    watch.gone(link)
    watch.gone(aside)
    watch.pass_until(60)
    assert (watch.told, watch.calls, watch.silence.warnings) == ([(2, ["b"])], [], ())


def test_a_person_sees_a_stop_soon_and_a_pause_is_no_silence() -> None:
    assert (LOOK_SECONDS, SILENT_SECONDS, AGAIN_SECONDS, MOST_SILENT) == (0.25, 3.0, 2.0, 4)
