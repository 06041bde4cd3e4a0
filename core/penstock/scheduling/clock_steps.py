"""When the wall clock is set: what waits or works goes on by the time that really passed.

The store keeps moments of the wall clock. The steady clock, which nobody sets, tells how far the two are
apart; when that changes, somebody set the wall clock. Then every moment of what has not ended (when a try
is due, since when a run works) is moved along in the same transaction, so that all delays, limits and
durations stay what they were. What has ended stays as it was written, and so do the moments that people
and schedules mean by the wall clock. See `docs/adr` for the decision.
"""

from __future__ import annotations

import heapq
from dataclasses import replace

import msgspec

from penstock.clock import STEP_US, from_us
from penstock.decoding import decoder
from penstock.model.states import TERMINAL, TaskState
from penstock.model.subject import about_row
from penstock.scheduling.settle import NEXT_TRY, next_try
from penstock.scheduling.tick import Tick
from penstock.scheduling.world import LiveRun, World
from penstock.store.gate import move_runs
from penstock.store.records import PauseRecord, QuarantineRecord, TaskRecord
from penstock.store.writes import (
    DELETE_PAUSE,
    DELETE_QUARANTINE,
    INSERT_PAUSE,
    INSERT_QUARANTINE,
    MOVE_ATTEMPT,
    MOVE_FIRST_SEEN,
    SAVE_META,
)

KEY = "clock"
"""Where ``meta`` keeps the `Setting`."""
_DRIFT_US = 500_000
"""How far the clocks may come apart bit by bit before the engine writes that down."""
TOLD_US = 24 * 3600 * 1_000_000
"""How long `penstock status` tells of a step."""
_DOUBTFUL_US = 3600 * 1_000_000

_RUN_MOMENTS = ("queued_us", "start_us", "turn_us")
_TASK_MOMENTS = ("queued_us", "start_us", "next_us", "first_poke_us", "stop_us")
_WAITS = frozenset({TaskState.UP_FOR_RETRY, TaskState.UP_FOR_RESCHEDULE})


class Setting(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the wall clock stands to the steady clock of one boot, and when it was last set, by how much.

    ``set_us`` is a moment of the clock as it was set; ``total_us`` adds up by how much it ever was.
    """

    boot: str
    offset_us: int
    set_us: int | None = None
    by_us: int = 0
    total_us: int = 0


def heed_clock(tick: Tick) -> None:
    """Notice that the wall clock was set since the last look, and move what is under way along."""
    offset_us = tick.now_us - int(tick.mono * 1_000_000)
    known = _known(tick.world)
    if known is None:
        _keep(tick, Setting(tick.boot, offset_us))
        return
    if known.boot == tick.boot:
        by_us = offset_us - known.offset_us
        if abs(by_us) < STEP_US:
            if abs(by_us) >= _DRIFT_US:
                _keep(tick, msgspec.structs.replace(known, boot=tick.boot, offset_us=offset_us))
            return
    else:
        # How long the machine was down nobody knows; but nothing was written in the future.
        last_us = tick.world.reads.last_written_us() or tick.now_us
        by_us = min(0, tick.now_us - last_us)
        if by_us > -STEP_US:
            _keep(tick, msgspec.structs.replace(known, boot=tick.boot, offset_us=offset_us))
            return
    _keep(tick, Setting(tick.boot, offset_us, tick.now_us, by_us, known.total_us + by_us))
    _move_all(tick, by_us)
    before = from_us(tick.now_us - by_us)
    tick.gate.note(
        "clock_set",
        before=f"{before:%Y-%m-%d %H:%M:%S}",
        after=f"{from_us(tick.now_us):%Y-%m-%d %H:%M:%S}",
        reason=f"the clock was set {_how_far(by_us)}: what waits and works goes on by the time that passed",
    )


def clock_words(world: World) -> tuple[str, ...]:
    """Return what to know of a clock that was set, for a day or while schedules are ahead of it."""
    known = _known(world)
    if known is None or known.set_us is None:
        return ()
    ahead = [entry for entry in world.dags.values() if (entry.facts.cursor_us or 0) > world.now_us]
    if world.now_us - known.set_us > TOLD_US and not ahead:
        return ()
    text = f"the clock was set {_how_far(known.by_us)} at {tick_text(known.set_us)}"
    if ahead:
        until = max(entry.facts.cursor_us or 0 for entry in ahead)
        who = "1 schedule is" if len(ahead) == 1 else f"{len(ahead)} schedules are"
        text += (
            f"; {who} settled up to {tick_text(until)} and wait{'s' if len(ahead) == 1 else ''} until then"
        )
    return (text,)


def set_so_far(world: World) -> int:
    """Return by how much the clock was ever set, in microseconds; what was remembered before is off by it."""
    known = _known(world)
    return 0 if known is None else known.total_us


def move_task(task: TaskRecord, by_us: int) -> bool:
    """Move the moments of an unfinished task instance; return whether it has any."""
    moved = _move(task, _TASK_MOMENTS, by_us)
    what, said, _ = (task.reason or "").rpartition(NEXT_TRY)
    if said and task.next_us is not None:
        task.reason = f"{what}{next_try(task)}"
    return moved


def in_doubt(world: World) -> bool:
    """Whether the clock was set forward by an hour or more less than a day ago: it may be wrong.

    What counts by it and cannot be taken back, such as forgetting old runs, had better wait.
    """
    known = _known(world)
    if known is None or known.set_us is None or known.by_us < _DOUBTFUL_US:
        return False
    return world.now_us - known.set_us < TOLD_US


def tick_text(moment_us: int) -> str:
    """Return a moment for people, in UTC."""
    return f"{from_us(moment_us):%Y-%m-%d %H:%M:%S} UTC"


def _how_far(by_us: int) -> str:
    seconds = round(abs(by_us) / 1_000_000)
    days, rest = divmod(seconds, 86_400)
    parts = ((days, "d"), (rest // 3600, "h"), (rest % 3600 // 60, "min"), (rest % 60, "s"))
    words = [f"{number} {unit}" for number, unit in parts if number]
    return f"{'forward' if by_us > 0 else 'back'} by {' '.join(words[:2])}"


def _known(world: World) -> Setting | None:
    if world.clock is None:
        return None
    try:
        return decoder(Setting).decode(world.clock)
    except (msgspec.DecodeError, TypeError):
        return None  # somebody else's hand: begin anew


def _keep(tick: Tick, setting: Setting) -> None:
    tick.world.clock = msgspec.json.encode(setting).decode()
    tick.gate.also(SAVE_META, {"key": KEY, "value": tick.world.clock})


def _move_all(tick: Tick, by_us: int) -> None:
    world = tick.world
    for live in world.runs.values():
        with live.subject:
            _move_run(tick, live, by_us)
    world.alarms = [
        (task.next_us or 0, live.record.id, task.key)
        for live in world.runs.values()
        for task in live.tasks.values()
        if task.state in _WAITS
    ]
    heapq.heapify(world.alarms)
    apart = list(world.apart)
    if apart:  # in quarantine: it goes on as the others when it is taken back in
        ended = [state.value for state in TERMINAL]
        tick.gate.work(
            lambda connection: move_runs(
                connection, apart, by_us, of_runs=_RUN_MOMENTS, of_tasks=_TASK_MOMENTS, ended=ended
            )
        )
    theirs = (attempt_id for run in world.apart.values() for attempt_id, _ in run.live)
    for attempt_id in (*world.attempts, *theirs):
        # First: one that has ended meanwhile is written as it ended after that.
        tick.gate.first(MOVE_ATTEMPT, {"b_id": attempt_id, "b_by_us": by_us})
    for pause in list(world.pauses.values()):
        about = about_row("pause", "/".join(filter(None, pause.key)), pause.dag_id)
        if about.id not in world.out:
            with about:
                _move_pause(tick, pause, by_us)
    for record in list(world.quarantine.values()):
        _move_quarantined(tick, record, by_us)
    for entry in world.dags.values():
        entry.settled = False
        if entry.resumed_us is not None:
            entry.resumed_us = min(entry.resumed_us, tick.now_us)
        # Once a point is settled the moment is only what the grid of a timedelta begins at: moved, it would
        # put later points beside the recorded ones.
        if entry.cursor is None and entry.facts.first_seen_us > tick.now_us:
            entry.facts = replace(entry.facts, first_seen_us=tick.now_us)
            tick.gate.also(MOVE_FIRST_SEEN, {"b_dag_id": entry.dag_id, "first_seen_us": tick.now_us})


def _move_run(tick: Tick, live: LiveRun, by_us: int) -> None:
    _move(live.record, _RUN_MOMENTS, by_us)
    tick.gate.save_run(live.record)
    for task in live.tasks.values():
        if task.state not in TERMINAL and move_task(task, by_us):
            tick.gate.save_task(live.record, task)
    tick.world.stirred.add(live.record.id)


def _move(record: object, names: tuple[str, ...], by_us: int) -> bool:
    moved = False
    for name in names:
        moment_us = getattr(record, name)
        if moment_us is not None:
            setattr(record, name, moment_us + by_us)
            moved = True
    return moved


def _move_pause(tick: Tick, pause: PauseRecord, by_us: int) -> None:
    """Move since when it is in force; until when is what somebody's watch will say."""
    names = ("kind", "dag_id", "run_id", "task_id")
    tick.gate.also(DELETE_PAUSE, {f"b_{name}": getattr(pause, name) for name in names})
    pause.since_us += by_us
    tick.gate.also(INSERT_PAUSE, {name: getattr(pause, name) for name in PauseRecord.__slots__})


def _move_quarantined(tick: Tick, record: QuarantineRecord, by_us: int) -> None:
    retry_us = None if record.retry_us is None else record.retry_us + by_us
    moved = replace(record, since_us=record.since_us + by_us, retry_us=retry_us)
    tick.world.quarantine[record.id] = moved
    tick.gate.also(DELETE_QUARANTINE, {"b_id": record.id})
    tick.gate.also(INSERT_QUARANTINE, {name: getattr(moved, name) for name in QuarantineRecord.__slots__})
