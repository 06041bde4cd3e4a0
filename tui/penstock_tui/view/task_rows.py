"""The text of the rows of one run: names, times, figures, and one state for a whole group. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from penstock.ids import instance_key
from penstock.model.drawing.nodes import MAPPED
from penstock.model.outcome import NO_TROUBLE, describe
from penstock.model.states import BETWEEN, TERMINAL, WOKEN, TaskState
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.runs import RunDetail, RunRow, TaskRow
from penstock_tui.clean import label
from penstock_tui.view import durations, filters
from penstock_tui.view.columns import Column
from penstock_tui.view.pauses import is_hold, pause_mark
from penstock_tui.view.spans import Spans, give_way, width
from penstock_tui.view.state_style import Looks
from penstock_tui.view.tally import BAD, bad_of, done_of

COLUMNS = (
    Column("name", "task", 14, most=44),
    Column("took", "took", 6, align="right"),
    Column("cpu", "cpu", 4, drop=3, align="right"),
    Column("peak", "peak", 5, drop=2, align="right"),
    Column("try", "try", 4, drop=4, align="right"),
)

COUNTS_UP = frozenset({TaskState.RUNNING, TaskState.STOPPING, TaskState.RESTARTING})
"""States in which the duration grows."""
_WORDY = 94
"""Cells from which the run's line names its counts."""
_WORDINGS = (
    (False, True, True),
    (False, False, True),
    (False, False, False),
    (True, False, True),
    (True, False, False),
)
"""Ways to show how far a run is, the longest first: in glyphs, with its type, with what was skipped."""
_TURNS = 3
"""The most turns of a run that its line tells; the newest count."""
_GIVE_WAY = (2, 0)
"""The pieces of the run's line that are cut first: the run's name, then the DAG's."""
_MARKED = 50
"""Cells of holds and reasons that are kept when space is short; longer ones are cut at their end."""
_NOT_TIMED = frozenset(
    {
        TaskState.PENDING,
        TaskState.SCHEDULED,
        TaskState.QUEUED,
        TaskState.UP_FOR_RETRY,
        TaskState.UPSTREAM_FAILED,
    }
)


def key_of(task: TaskRow) -> str:
    """Return the name of a task instance in its run: the task id, with the index when mapped."""
    return instance_key(task.task_id, task.map_index)


FIELDS = ("state", "task", "operator", "pool", "group")
"""Fields of a filter of tasks, besides text, which is searched in names and states."""


def passing(tasks: Mapping[str, TaskRow], wanted: str) -> set[str]:
    """Return the keys of those *tasks* that pass the filter *wanted*."""
    parsed = filters.parse(wanted, FIELDS)
    return {key for key, task in tasks.items() if parsed.passes(_seen(key, task))}


def _seen(key: str, task: TaskRow) -> dict[str, list[str]]:
    return {
        "state": [
            task.state.value,
            *(["held"] if task.held else []),
            *(["asks"] if asked(task) is not None else []),
            *(["break"] if task.stops or (task.held and task.held.breakpoint) else []),
        ],
        "task": [key],
        "operator": [task.operator],
        "pool": [task.pool],
        "group": [task.group or ""],
        "text": [key, task.rendered_map_index or "", task.state.value],
    }


def is_failed(task: TaskRow) -> bool:
    """Return whether a task failed."""
    return task.state is TaskState.FAILED


def first_to_look_at(tasks: Sequence[TaskRow]) -> TaskRow | None:
    """Return the task that a person opening the run wants: the first failed, or else an unfinished one."""
    for wanted in ({TaskState.FAILED}, COUNTS_UP, {TaskState.UP_FOR_RETRY}, BETWEEN):
        for task in tasks:
            if task.state in wanted:
                return task
    return tasks[0] if tasks else None


def log_to_read(tasks: Sequence[TaskRow]) -> TaskRow | None:
    """Return the task with the most useful log: the first failed, else an unfinished one, else the last.

    None before the first attempt.
    """
    tried = [task for task in tasks if task.attempts]
    for states in ({TaskState.FAILED}, {TaskState.RUNNING, TaskState.STOPPING, TaskState.UP_FOR_RETRY}):
        for task in tried:
            if task.state in states:
                return task
    return tried[-1] if tried else None


# -- the list --------------------------------------------------------------------------------------


def name_of(task: TaskRow, groups: Sequence[str]) -> str:
    """Return a task's name without the parts that the titles of its open *groups* show."""
    name = key_of(task)
    if groups and groups[-1] == task.task_id + MAPPED:
        said = f" {task.rendered_map_index}" if task.rendered_map_index else ""
        return label(f"[{task.map_index}]{said}")
    for group in reversed(groups):
        if name.startswith(group + "."):
            return label(name[len(group) + 1 :])
    return label(name)


def task_cells(task: TaskRow, now: datetime) -> dict[str, Spans]:
    """Return the figures of a task by column, without its name."""
    taken = durations.took(task.begun, task.ended, now) if task.state not in _NOT_TIMED else None
    share = None
    if task.cpu_seconds is not None and taken and task.state in TERMINAL:
        share = task.cpu_seconds / taken
    elif task.cpu_percent is not None:
        share = task.cpu_percent / 100
    tries = f"{task.try_number}/{task.max_tries}" if task.try_number and task.max_tries > 1 else ""
    return {
        "took": [(durations.span(taken), "" if taken is not None else "dim")],
        "cpu": [(f"{share:.0%}" if share is not None else "", "")],
        "peak": [(durations.size(task.peak_rss) if task.peak_rss else "", "")],
        "try": [(tries, "yellow" if task.try_number > 1 else "dim")],
    }


_ENDING = {TaskState.STOPPING, TaskState.RESTARTING, TaskState.RUNNING}
"""A task that runs has such a deadline when its time is up."""


def task_note(task: TaskRow, now: datetime) -> Spans:
    """Return what a waiting or ending task waits for, in a word or two after its name."""
    spans: Spans = []
    if task.held is not None:
        spans.append((" held" if is_hold(task.held) else " stopped here", "bold blue"))
    spans += [(f" stops {where}", "blue") for where in task.stops]
    if task.rush is not None and task.state not in TERMINAL:
        spans.append((f" runs {task.rush}", "yellow"))
    if task.state in _ENDING and task.stop_deadline is not None:
        left = (task.stop_deadline - now).total_seconds()
        spans.append((f" kill in {durations.brief(left)}" if left > 0 else " killing", "bold magenta"))
    elif task.next_at is not None and task.state is TaskState.UP_FOR_RETRY:
        spans.append((f" retry {_until(task.next_at, now)}", "yellow"))
    elif task.next_at is not None and task.state is TaskState.UP_FOR_RESCHEDULE:
        spans.append((f" poke {_until(task.next_at, now)}", "cyan"))
    elif asked(task) is not None:
        at_most = f", {_until(task.next_at, now)} left" if task.next_at is not None else ""
        spans.append((f" asks: {label(asked(task))}{at_most}", "bold yellow"))
    elif task.state is TaskState.DEFERRED:
        at_most = f", at most {_until(task.next_at, now)}" if task.next_at is not None else ""
        spans.append((f" {_trigger(task)}{at_most}", "cyan"))
    if task.slow(now):
        spans.append((" slow", "yellow"))
    return spans


def slow_note(task: TaskRow, now: datetime) -> str:
    """Return that a task is slow, with what is usual; "" if it is not."""
    if not task.slow(now):
        return ""
    return f"slower than 95 % of its runs: usually {durations.span(task.p50)}, p95 {durations.span(task.p95)}"


def asked(task: TaskRow) -> str | None:
    """Return the subject of the question that a task waits with, if it waits for a person's answer."""
    waits = task.state is TaskState.DEFERRED and task.outcome is not None
    return task.outcome.asks if waits and task.outcome is not None else None


def _trigger(task: TaskRow) -> str:
    """Return the class of the trigger that a task waits for."""
    said = task.outcome.trigger if task.outcome is not None else None
    return label((said or "a trigger").partition("(")[0])


def _until(moment: datetime, now: datetime) -> str:
    left = (moment - now).total_seconds()
    return durations.brief(left) if left > 0 else "now"


def counts_down(task: TaskRow) -> bool:
    """Return whether the text of a task's row changes with time."""
    return task.state in COUNTS_UP or (task.next_at is not None and task.state in WOKEN)


def group_cells(tasks: Sequence[TaskRow], now: datetime) -> dict[str, Spans]:
    """Return the figures of a folded group by column, without its name."""
    starts = [task.begun for task in tasks if task.begun is not None]
    ends = [task.end for task in tasks if task.end is not None]
    going = any(task.state in COUNTS_UP for task in tasks)
    taken = None
    if starts:
        taken = durations.took(min(starts), None if going or not ends else max(ends), now)
    peaks = [task.peak_rss for task in tasks if task.peak_rss]
    return {
        "took": [(durations.span(taken), "" if taken is not None else "dim")],
        "peak": [(durations.size(max(peaks)) if peaks else "", "")],
    }


def group_name(group: str, tasks: Sequence[TaskRow], *, folded: bool, ascii: bool) -> Spans:  # noqa: A002
    """Return a group's title: open or folded, its name, how much of it is done."""
    arrow = (">" if folded else "v") if ascii else ("▸" if folded else "▾")
    counts = Counter(task.state.value for task in tasks)
    done, total = done_of(counts)
    spans: Spans = [(f"{arrow} {label(group.rpartition('.')[2])}", "bold"), (f" {done}/{total}", "dim")]
    if group.endswith(MAPPED) or " " in group:  # a layer: see `penstock_tui.view.rails_layers`
        spans += [(f" {count} {word}", "bold red") for _, word, count in bad_of(counts)]
    return spans


# -- the run's line --------------------------------------------------------------------------------


def run_line(detail: RunDetail, now: datetime, zone: tzinfo, looks: Looks, cells: int) -> Spans:
    """Return the state of a run in one line for *cells* cells; the least important is at the end.

    State, counts and who holds it come first: the names of run and DAG are cut for them, and if that is
    not enough, glyphs replace words.
    """
    run = detail.run
    names: Spans = [(f" {label(run.dag_id)} ", "bold"), ("> ", "dim"), (f"{run_name(run, zone)} ", "bold")]
    state: Spans = [looks.worded(run.state.value)]
    took = f"  {durations.span(run.took(now))}"
    marks = _marks(detail)
    least = width(give_way(names, 0, _GIVE_WAY[:1])) + min(width(marks), _MARKED)
    said: Spans = []
    wordings = [
        (each, *wording) for each in dict.fromkeys((_turns(detail, now), "")) for wording in _WORDINGS
    ]
    for each, short, kind, skipped in wordings:
        if short or cells >= _WORDY:
            typed: Spans = [(f"{run.run_type.value}  ", "dim")] if kind else []
            taken: Spans = [(f"{took}{each}  ", "")]
            said = [*typed, *state, *taken, *_counts(detail, looks, short=short, skipped=skipped)]
            if least + width(said) <= cells:
                break
    return give_way([*names, *said, *marks], cells + max(0, width(marks) - _MARKED), _GIVE_WAY)


def _turns(detail: RunDetail, now: datetime) -> str:
    """Return how long each turn of the run took, the newest last; "" if there was one only."""
    if len(detail.turns) < 2:
        return ""
    shown = [durations.span(detail.turn_took(turn, now)) for turn in detail.turns[-_TURNS:]]
    return f" ({' + '.join([*(['..'] if len(detail.turns) > _TURNS else []), *shown])})"


def run_name(run: RunRow, zone: tzinfo) -> str:
    """Return a run's name for people: its logical date, or else its id."""
    return durations.stamp(run.logical_date, zone) if run.logical_date is not None else label(run.run_id)


def _counts(detail: RunDetail, looks: Looks, *, short: bool, skipped: bool) -> Spans:
    counts = Counter(task.state.value for task in detail.tasks)
    done, total = done_of(counts)
    spans: Spans = [(f"{done}/{total} done", "")]
    for state, word in (
        *BAD,
        *([(TaskState.SKIPPED, "skipped")] if skipped else []),
        (TaskState.RUNNING, "running"),
        (TaskState.STOPPING, "stopping"),
        (TaskState.UP_FOR_RETRY, "to retry"),
    ):
        if counts[state]:
            said = f" {looks.glyph(state)}{counts[state]}" if short else f"  {counts[state]} {word}"
            spans.append((said, looks.style(state)))
    return spans


def _marks(detail: RunDetail) -> Spans:
    spans: Spans = []
    if detail.run.failed_inside:
        spans.append(("  with failures inside", "yellow"))
    for held, word in ((detail.run.held, "HELD"), (detail.frozen, "DAG FROZEN")):
        if held is not None:
            spans.append((f"  {pause_mark(held, word)}", "bold blue"))
    if detail.run.quarantined is not None:
        spans.append((f"  in quarantine: {label(detail.run.quarantined)}", "bold red"))
    elif detail.run.reason:
        spans.append((f"  {label(detail.run.reason)}", "yellow"))
    return spans


# -- an attempt ------------------------------------------------------------------------------------


def attempt_title(task: TaskRow, attempt: AttemptRow | None, place: int, of: int, now: datetime) -> Spans:
    """Return the title of a log: the task, which attempt, how it ended or how it is going."""
    spans: Spans = [(f" {label(key_of(task))} ", "bold")]
    if attempt is None:
        return spans
    spans.append((f" attempt {place} of {of}" if of > 1 else " attempt 1", ""))
    if attempt.worker is not None:
        spans.append((f"  on {label(attempt.worker)}", "cyan"))
    if attempt.outcome is not None:
        mild = attempt.outcome.ok or attempt.outcome.kind in NO_TROUBLE
        spans.append((f"  {label(describe(attempt.outcome))}", "green" if mild else "bold red"))
    elif attempt.end is None and attempt.start is not None:
        spans.append((f"  {durations.span(durations.took(attempt.start, None, now))}", "cyan"))
        if attempt.pid is not None:
            spans.append((f"  pid {attempt.pid}", "dim"))
    if place == of and task.slow(now):
        spans.append(("  slower than 95 % of its runs", "yellow"))
    return spans
