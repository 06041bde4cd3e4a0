"""`penstock logs`: the log of an attempt, also while it grows."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from penstock.api.log_moment import offset_since
from penstock.cli.lookup import run_id_of, split_task, suggesting, zone_of
from penstock.cli.moments import Ago, in_zone
from penstock.cli.options import dag_argument, json_option, optional_task_argument, run_argument
from penstock.cli.output import print_json, say, stop_without_reader
from penstock.cli.session import Session, pass_session
from penstock.errors import UnknownError
from penstock.model.full_log import LINE, LOG_IS_FULL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from penstock.api.engine import Engine
    from penstock.cli.log_output import LogOutput
    from penstock.model.views.attempts import AttemptRow

_CHUNK = 256 << 10
_POLL = 0.25
"""Seconds between two reads of a growing log."""


class Window(NamedTuple):
    """Which part of a log: the last *lines*, from a time on, up to a time."""

    lines: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class Instance(NamedTuple):
    """Which task instance."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int


@click.command
@dag_argument
@run_argument
@optional_task_argument
@click.option("--attempt", "number", type=int, help="Which attempt, from 1; -1 is the newest. Default: -1.")
@click.option("-n", "--lines", type=click.IntRange(0), help="Begin with the last N lines.")
@click.option("-f", "--follow", is_flag=True, help="Follow until the task has ended, through its retries.")
@click.option("--merged", is_flag=True, help="The logs of all tasks of the run as one, by time.")
@click.option("--only", multiple=True, metavar="TASK", help="With --merged: only this task. Repeatable.")
@click.option("--without", multiple=True, metavar="TASK", help="With --merged: not this task. Repeatable.")
@click.option("--since", type=Ago(), help="Only what was printed since then: 10m, 2h (ago), or a date.")
@click.option("--until", type=Ago(), help="Only what was printed before then.")
@click.option("--pretty", is_flag=True, help="JSON lines of loggers as time, level, message and fields.")
@click.option("--raw", is_flag=True, help="Send bytes unchanged to the terminal too.")
@json_option
@pass_session
def logs(
    session: Session,
    *,
    dag: str,
    run: str,
    task: str | None,
    number: int | None,
    lines: int | None,
    follow: bool,
    merged: bool,
    only: tuple[str, ...],
    without: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    pretty: bool,
    raw: bool,
    as_json: bool,
) -> int:
    """Print the log of a task's newest attempt, or of a whole run (--merged).

    On a terminal, everything that would control the terminal is removed; a pipe gets the bytes
    unchanged. `penstock attempts` lists the attempts. Times are UTC and exact to the second.

    Examples:
      penstock logs first_dag latest hello
      penstock logs first_dag latest hello -n 20 -f
      penstock logs first_dag 2013-01-05 load --attempt 1 | grep -i error
      penstock logs first_dag latest --merged -f
      penstock logs first_dag latest --merged --since 10m --without hello
    """
    if follow:
        _refuse_follow(as_json=as_json, until=until)
    _one_or_all(task, number, merged=merged, chosen=bool(only or without))
    engine = session.reader()
    run_id = run_id_of(engine, dag, run)
    window = Window(lines, _in_zone(engine, dag, since), _in_zone(engine, dag, until))
    if task is None:
        from penstock.cli.merged_logs import Chosen, merged_document, print_merged

        chosen = Chosen(only, without, window.since, window.until, lines)
        with suggesting(engine, dag, run_id):
            if as_json:
                merged_document(engine, dag, run_id, chosen)
            else:
                print_merged(engine, dag, run_id, chosen, follow=follow, pretty=pretty, raw=raw)
        return 0
    instance = Instance(dag, run_id, *split_task(task))
    with suggesting(engine, dag, run_id, (instance.task_id,)):
        rows = engine.attempts(*instance)
    if as_json:
        _print_document(engine, _chosen(rows, number, task))
        return 0
    output = _output(raw=raw, pretty=pretty)
    if follow and number is None:
        _follow_task(engine, instance, output, window)
    elif not rows and number is None:
        say(f"{task} has not been attempted; `penstock why {dag} {run} {task}` says why")
    else:
        _copy(engine, _chosen(rows, number, task), output, follow=follow, window=window)
    return 0


def _refuse_follow(*, as_json: bool, until: datetime | None) -> None:
    """Refuse options that cannot follow a log."""
    if as_json:
        raise click.UsageError("--json prints one document, so it cannot follow")
    if until is not None:
        raise click.UsageError("--until is an end, so there is nothing to follow")


def _one_or_all(task: str | None, number: int | None, *, merged: bool, chosen: bool) -> None:
    """Refuse options that name both one task and all tasks of the run, or neither."""
    if merged != (task is None) or (merged and number is not None):
        raise click.UsageError("name a TASK, or say --merged for all tasks of the run")
    if chosen and not merged:
        raise click.UsageError("--only and --without go with --merged")


def _output(*, raw: bool, pretty: bool) -> LogOutput:
    """Return where the log goes: cleaned on a terminal, unless *raw*."""
    from penstock.cli.log_output import LogOutput

    return LogOutput(clean=sys.stdout.isatty() and not raw, pretty=pretty)


def _in_zone(engine: Engine, dag: str, moment: datetime | None) -> datetime | None:
    """Return *moment* in UTC; a time without an offset is in the DAG's zone."""
    return None if moment is None else in_zone(moment, zone_of(engine, dag))


def _chosen(rows: list[AttemptRow], number: int | None, task: str) -> AttemptRow:
    if number == 0:
        raise click.UsageError("attempts are counted from 1; -1 is the newest")
    place = -1 if number is None else number - 1 if number > 0 else number
    try:
        return rows[place]
    except IndexError:
        there = f"{len(rows)} attempt{'' if len(rows) == 1 else 's'}"
        raise UnknownError(f"{task} has {there}, so there is no {number or 'newest'}") from None


def _print_document(engine: Engine, row: AttemptRow) -> None:
    from penstock.cli.rows import document

    data = bytearray()
    for chunk in chunks(engine, row.attempt_id, follow=False):
        data += chunk
    print_json({"attempt": document(row), "log": data.decode(errors="replace")})


def chunks(engine: Engine, attempt_id: str, *, follow: bool, offset: int = 0) -> Iterator[bytes]:
    """Yield the log from *offset*; an empty chunk means that there is no more at the moment."""
    while True:
        chunk = engine.read_log(attempt_id, offset, _CHUNK)
        if chunk.offset < offset:
            say(_cut(chunk.size))
        if chunk.data:
            yield chunk.data
        offset = chunk.next_offset
        if chunk.end or not (chunk.data or follow):
            return
        if not chunk.data:
            yield b""
            stop_without_reader()
            time.sleep(_POLL)


def _cut(size: int) -> str:
    """Return a note about a log that is now shorter than what was already read."""
    if size == 0:
        return "--- the log was removed: what the attempt prints from now on is lost ---"
    return f"--- the log was cut short to {size} bytes: continuing from there ---"


def _offset_of_last(engine: Engine, attempt_id: str, lines: int) -> int:
    """Return where the last *lines* lines begin; reads no more of the end than needed."""
    size = position = engine.read_log(attempt_id, -1, 1).size
    missing = lines
    while missing and position:
        start = max(0, position - _CHUNK)
        data = engine.read_log(attempt_id, start, position - start).data
        # The newline at the end of the log does not begin another line.
        place = len(data) - 1 if position == size and data.endswith(b"\n") else len(data)
        while (place := data.rfind(b"\n", 0, place)) >= 0:
            missing -= 1
            if not missing:
                return start + place + 1
        position = start
    return position


def _copy(
    engine: Engine, row: AttemptRow, output: LogOutput, *, follow: bool, window: Window | None = None
) -> None:
    lines, since, until = window or Window()
    offset = 0 if lines is None else _offset_of_last(engine, row.attempt_id, lines)
    if since is not None:
        offset = max(offset, offset_since(engine, row.attempt_id, since))
    end = None if until is None else offset_since(engine, row.attempt_id, until)
    full: int | None = None
    for data in chunks(engine, row.attempt_id, follow=follow, offset=offset):
        if end is not None and offset + len(data) >= end:
            output.write(data[: max(0, end - offset)])
            break
        if follow and LOG_IS_FULL in data:
            full = offset + data.find(LOG_IS_FULL)
        output.write(data)
        offset += len(data)
    output.finish()
    if full is not None:  # what was said there while it was followed is a number now
        said = engine.read_log(row.attempt_id, full, LINE).data
        say(said.partition(b"\n")[0].decode(errors="replace").strip())
    kept = row.outcome.log_bytes if row.outcome is not None else None
    if kept and not engine.read_log(row.attempt_id, 0, 1).size:
        say(f"the log of this attempt, {kept} bytes, is gone: somebody removed it")


def _follow_task(engine: Engine, instance: Instance, output: LogOutput, window: Window) -> None:
    """Copy the newest attempt and those after it, until the task instance has ended."""
    shown: set[str] = set()
    told: str | None = None
    while True:
        rows = engine.attempts(*instance)
        fresh = [(place, row) for place, row in enumerate(rows, 1) if row.attempt_id not in shown]
        for place, row in fresh if shown else fresh[-1:]:
            if len(rows) > 1:
                say(f"--- attempt {place}, try {row.try_number} ---")
            _copy(engine, row, output, follow=True, window=None if shown else window)
        shown.update(row.attempt_id for row in rows)
        if fresh:
            continue
        state = _live_state(engine, instance)
        if state is None:
            return
        if state != told:
            told = state
            if engine.status().pid is None:
                say(f"the database says that {instance.task_id} is {state}; start the engine to go on")
                return
            say(f"{instance.task_id} is {state}; ctrl-c stops the waiting, not the task")
        stop_without_reader()
        time.sleep(4 * _POLL)


def _live_state(engine: Engine, instance: Instance) -> str | None:
    """Return the state of the task instance; None once it has ended or is gone."""
    from penstock.model.states import TERMINAL

    for task in engine.run(instance.dag_id, instance.run_id).tasks:
        if (task.task_id, task.map_index) == (instance.task_id, instance.map_index):
            return None if task.state in TERMINAL else task.state.value
    return None
