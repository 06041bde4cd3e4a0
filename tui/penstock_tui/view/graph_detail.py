"""The lines below the graph: the node under the cursor, what it waits for and what it feeds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from penstock.model.outcome import describe
from penstock.model.states import TERMINAL
from penstock.model.summary import summary
from penstock.model.views.nodes import TaskNode
from penstock.model.views.runs import TaskRow
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.pauses import pause_text
from penstock_tui.view.spans import Spans, width
from penstock_tui.view.state_style import Looks
from penstock_tui.view.tally import bad_of, done_of
from penstock_tui.view.task_rows import is_failed, key_of, slow_note, task_note

_PIECE = "   "


def task_line(task: TaskRow, now: datetime, looks: Looks) -> Spans:
    """Return name, state, time and reasons of one task instance."""
    spans: Spans = [(f" {label(key_of(task))}", "bold"), ("  ", ""), looks.worded(task.state.value)]
    ended = task.end is not None or task.state not in TERMINAL
    taken = durations.took(task.start, task.end, now) if task.start is not None and ended else None
    if taken is not None:
        usual = f", usually {durations.span(task.p50)}" if task.p50 is not None else ""
        spans.append((f"  {durations.span(taken)}{usual}", ""))
    if task.try_number > 1:
        spans.append((f"  try {task.try_number}", "yellow"))
    spans += [(f" {said}", style) for said, style in task_note(task, now)]
    ended_how = describe(task.outcome) if task.outcome is not None else ""
    if is_failed(task) and ended_how:
        spans.append((f"  {label(ended_how)}", "red"))
    if task.reason and task.reason != ended_how:
        spans.append((f"  {label(task.reason)}", "yellow"))
    if task.held is not None:
        spans.append((f"  {pause_text(task.held)}", "blue"))
    if slow := slow_note(task, now):
        spans.append((f"  {slow}", "yellow"))
    facts = [task.operator, *_unusual(task.trigger_rule, task.pool)]
    return [*spans, (f"  {'  '.join(label(fact) for fact in facts)}", "dim")]


def node_line(node: TaskNode) -> Spans:
    """Return what is known of a task without a run."""
    facts = [node.operator, *_unusual(node.trigger_rule, node.pool)]
    if node.retries:
        facts.append(f"retries {node.retries}")
    doc = [(f"  {label(node.doc.strip().partition(chr(10))[0])}", "")] if node.doc else []
    return [(f" {label(node.task_id)}", "bold"), *doc, (f"  {'  '.join(map(label, facts))}", "dim")]


def _unusual(rule: str, pool: str) -> list[str]:
    return [*([rule] if rule != "all_success" else []), *([f"pool {pool}"] if pool != "default_pool" else [])]


def several_line(name: str, tasks: Sequence[TaskRow], count: int, looks: Looks) -> Spans:
    """Return how far the tasks of a group, a mapped task or of tasks that are alike are."""
    spans: Spans = [(f" {label(name)}", "bold")]
    if not tasks:
        return [*spans, (f"  {count} task{'' if count == 1 else 's'}", ""), ("  enter or z opens it", "dim")]
    counts = Counter(task.state.value for task in tasks)
    done, total = done_of(counts)
    spans += [("  ", ""), looks.worded(summary(task.state for task in tasks).value)]
    spans.append((f"  {done}/{total} done", ""))
    spans += [(f"  {number} {word}", looks.style(state)) for state, word, number in bad_of(counts)]
    return [*spans, ("  enter or z opens it", "dim")]


def beside(
    lead: str, keys: Sequence[str], more: int, states: Mapping[str, str], looks: Looks, cells: int
) -> Spans:
    """Return the nodes *keys* with their states in one line of *cells* cells, and how many more there are."""
    spans: Spans = [(f" {lead} ", "dim")]
    if not keys and not more:
        return [*spans, ("nothing", "dim")]
    room = cells - width(spans) - 10
    for place, key in enumerate(keys):
        piece: Spans = [looks.cell(states.get(key, "none")), (f" {label(key)}", ""), (_PIECE, "")]
        room -= width(piece)
        if room < 0 and place:
            return [*spans, (f"+{len(keys) - place + more} more", "dim")]
        spans += piece
    return [*spans, (f"+{more} more", "dim")] if more else spans
