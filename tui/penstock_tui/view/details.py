"""The details of a task besides its log: its settings and its attempts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from penstock.model.outcome import describe
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.runs import RunDetail, TaskRow
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.pauses import held_word, pause_text
from penstock_tui.view.spans import Spans, hanging, width, wrap
from penstock_tui.view.state_style import Looks
from penstock_tui.view.task_rows import slow_note

_SHOWN = 6
"""The most parents, attempts and parameters that are named; the rest are counted."""


def task_lines(task: TaskRow, detail: RunDetail, looks: Looks, cells: int, now: datetime) -> list[Spans]:
    """Return the settings of a task: operator, rule, pool, parents with states, the run's parameters."""
    lines: list[Spans] = [
        [
            (" operator ", "dim"),
            (label(task.operator), ""),
            ("  rule ", "dim"),
            (label(task.trigger_rule), ""),
            ("  pool ", "dim"),
            (label(task.pool), ""),
        ]
    ]
    states: Mapping[str, str] = {each.task_id: each.state.value for each in detail.tasks}
    if task.upstream:
        parents: Spans = [(" after ", "dim")]
        for name in task.upstream[:_SHOWN]:
            glyph, style = looks.cell(states.get(name, "none"))
            parents += [(f"{glyph} ", style), (f"{label(name)}  ", "")]
        lines.append([*parents, *_rest(len(task.upstream))])
    if slow := slow_note(task, now):
        lines += [[(piece, "yellow")] for piece in hanging(slow, " ", cells)]
    if task.reason:
        lines += [[(piece, "yellow")] for piece in hanging(label(task.reason), " reason ", cells)]
    for held, what in ((task.held, "task"), (detail.run.held, "run"), (detail.frozen, "DAG")):
        if held is not None:
            verb = "frozen" if what == "DAG" else held_word(held)
            lines += [[(piece, "blue")] for piece in hanging(pause_text(held), f" {what} {verb} ", cells)]
    if detail.run.conf:
        lines.append([(" params ", "dim"), (label(_params(detail.run.conf)), "")])
    return lines


def attempt_lines(
    attempts: Sequence[AttemptRow], shown: str | None, now: datetime, zone: tzinfo, cells: int
) -> list[Spans]:
    """Return the newest attempts, newest first, each with its outcome; the one on *shown* is marked."""
    lines: list[Spans] = []
    for attempt in list(reversed(attempts))[:_SHOWN]:
        taken = durations.span(durations.took(attempt.start, attempt.end, now))
        good = attempt.outcome is None or attempt.outcome.ok
        said = "running" if attempt.outcome is None else label(describe(attempt.outcome))
        if attempt.worker is not None:
            said = f"{said}, on {label(attempt.worker)}"
        head: Spans = [
            (" > " if attempt.attempt_id == shown else "   ", "bold"),
            (f"try {attempt.try_number}  {durations.past(attempt.start, now, zone)}  {taken:>6}  ", ""),
        ]
        for piece in wrap(said, max(10, cells - width(head))):
            lines.append([*head, (piece, "" if good else "red")])
            head = [(" " * width(head), "")]
    if len(attempts) > _SHOWN:
        lines.append([("   ", ""), *_rest(len(attempts))])
    return lines


def _params(conf: Mapping[str, object]) -> str:
    shown = [f"{name}={value}" for name, value in list(conf.items())[:_SHOWN]]
    return "  ".join([*shown, f"and {len(conf) - _SHOWN} more"] if len(conf) > _SHOWN else shown)


def _rest(count: int) -> Spans:
    return [(f"and {count - _SHOWN} more", "dim")] if count > _SHOWN else []
