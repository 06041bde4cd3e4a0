"""What there is to know inside one task, tab by tab, as lines. Pure: now is passed in."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from penstock.model.outcome import describe
from penstock.model.views.attempts import AttemptRow
from penstock.model.views.events import EventRow
from penstock.model.views.one_task import SourceText, TaskDetail
from penstock.model.views.why import Why
from penstock.model.views.xcoms import XComRow
from penstock.model.xcom_values import plain
from penstock_tui.clean import clean, label
from penstock_tui.view import durations
from penstock_tui.view.pauses import held_word, pause_text
from penstock_tui.view.spans import Spans, hanging, width, wrap
from penstock_tui.view.state_style import Looks
from penstock_tui.view.task_rows import slow_note
from penstock_tui.view.why_text import why_lines

TABS = ("why", "fields", "xcoms", "params", "attempts", "events", "source", "docs")
"""In order of the keys that turn them."""
_VALUE_LINES = 6
"""Lines of one XCom in the list; enter shows all of it."""


class Shown(NamedTuple):
    """One row of a tab: its line, and what it is of (an XCom's key, an attempt's id, an event's seq)."""

    line: Spans
    of: str = ""


def tab_bar(present: str, cells: int) -> Spans:
    """Return the tabs, the *present* one marked; where space is short only those around it."""
    here = TABS.index(present)
    first, last = here, here
    while True:
        wider = [pair for pair in ((first, last + 1), (first - 1, last)) if _fits(*pair, cells)]
        if not wider:
            break
        first, last = wider[0]
    spans: Spans = [("<", "dim")] if first else []
    for name in TABS[first : last + 1]:
        spans += [(f" {name} ", "reverse" if name == present else "dim"), (" ", "")]
    return [*spans, (">", "dim")] if last < len(TABS) - 1 else spans


def _fits(first: int, last: int, cells: int) -> bool:
    inside = first >= 0 and last < len(TABS)
    return inside and sum(len(name) + 3 for name in TABS[first : last + 1]) + 2 <= cells


def head(detail: TaskDetail, now: datetime, looks: Looks) -> Spans:
    """Return where the task stands: state, time taken, try, what is usual."""
    task = detail.task
    taken = durations.span(durations.took(task.begun, task.ended, now))
    spans: Spans = [looks.worded(task.state.value), (f"  {taken}", "")]
    if task.max_tries > 1:
        spans.append((f"  try {task.try_number} of {task.max_tries}", ""))
    if task.slow(now):
        spans.append((f"  slower than 95 % of its runs (p95 {durations.span(task.p95)})", "yellow"))
    elif task.p50 is not None:
        spans.append((f"  usually {durations.span(task.p50)}", "dim"))
    return spans


def why_tab(
    detail: TaskDetail, why: Why | None, now: datetime, zone: tzinfo, looks: Looks, cells: int
) -> list[Shown]:
    """Return why it waits, or how it ended, and how it is set."""
    task, lines = detail.task, []
    if why is not None:
        lines += why_lines(why, now, zone, looks, cells)
    if task.outcome is not None:
        lines += _hang(" ended ", describe(task.outcome), cells, "" if task.outcome.ok else "red")
    if task.reason:
        lines += _hang(" reason ", task.reason, cells, "yellow")
    if slow := slow_note(task, now):
        lines += _hang(" ", slow, cells, "yellow")
    if task.held is not None:
        lines += _hang(f" task {held_word(task.held)} ", pause_text(task.held), cells, "blue")
    lines.append([])
    lines += facts(
        [
            ("operator", task.operator),
            ("rule", task.trigger_rule),
            ("after", ", ".join(task.upstream)),
            ("pool", task.pool),
            ("group", task.group or ""),
            ("owner", detail.owner or ""),
            ("retries", _retries(detail)),
            ("time limit", _span(detail.execution_timeout)),
            ("version", detail.run.dag_version + ("" if detail.newest else ", and the DAG has a newer one")),
            ("made in", f"{detail.file}:{detail.line}" if detail.line else detail.file),
        ],
        cells,
    )
    return [Shown(line) for line in lines]


def _retries(detail: TaskDetail) -> str:
    if not detail.retries:
        return "none"
    return f"{detail.retries}, {_span(detail.retry_delay)} apart at first"


def _span(seconds: float | None) -> str:
    return "" if seconds is None else durations.span(seconds)


def fields_tab(detail: TaskDetail, place: tuple[int, int], cells: int) -> list[Shown]:
    """Return the command and the template fields of an attempt, at *place* (number, of how many)."""
    number, of = place
    lines: list[Spans] = []
    if detail.command:
        lines += [[(" started unchanged", "bold")], *_block(_command(detail.command), cells)]
    if detail.cwd:
        lines += _hang(" in ", detail.cwd, cells)
    for name, value in detail.env.items():
        lines += _hang(f" env {label(name)} ", str(value), cells)
    for name, reference in detail.secrets.items():
        lines += _hang(f" env {label(name)} ", f"the secret at {reference}", cells)
    which = f" of attempt {number} of {of}" + (", [ ] turns" if of > 1 else "") if of else ""
    if detail.rendered:
        lines.append([(f" rendered fields{which}", "bold")])
        for name, value in detail.rendered.items():
            lines.append([(f" {label(name)}", "cyan")])
            lines += _block(_text(value), cells)
    elif detail.command:
        lines.append([(f" nothing in it is rendered{which}", "dim")])
    elif of:
        lines.append([(f" nothing was rendered{which}: no field is set, or it failed before", "dim")])
    else:
        lines.append([(" no attempt has been made yet", "dim")])
    return [Shown(line) for line in lines]


def _command(argv: Sequence[str]) -> str:
    return argv[-1] if tuple(argv[:2]) == ("bash", "-c") and len(argv) == 3 else shlex.join(argv)


def xcoms_tab(rows: Sequence[XComRow], cells: int) -> list[Shown]:
    """Return what the task pushed, the first lines of each."""
    if not rows:
        return [Shown([(" it has pushed nothing", "dim")])]
    found: list[Shown] = []
    for row in rows:
        name = row.key or "all of it"
        found.append(Shown([(f" {label(name)}", "cyan"), (f"  {durations.size(row.bytes)}", "dim")], row.key))
        lines = _block(_xcom(row), cells)
        found += [Shown(line, row.key) for line in lines[:_VALUE_LINES]]
        if len(lines) > _VALUE_LINES:
            said = f"   and {len(lines) - _VALUE_LINES} more lines: enter"
            found.append(Shown([(said, "dim")], row.key))
    return found


def whole_xcom(row: XComRow, cells: int) -> list[Spans]:
    """Return the whole of one value."""
    return _block(_xcom(row), cells)


def _xcom(row: XComRow) -> str:
    if row.left_out:
        return f"too large to show: it is in {row.path}" if row.path else "too large to show"
    return _text(plain(row.value))


def params_tab(detail: TaskDetail, cells: int) -> list[Shown]:
    """Return what the tasks of the run got: the parameters, and where each is from."""
    lines: list[Spans] = [[(" parameters of the run", "bold")]]
    for name, value in detail.params.items():
        source = "conf" if name in detail.conf else "default"
        pieces = wrap(clean(_text(value)), max(10, cells - 5))
        lines.append([(f" {label(name)}", "cyan"), (f"  from {source}", "dim")])
        lines += [[(f"   {piece}", "")] for piece in pieces]
    if not detail.params:
        lines.append([(" none: the DAG has no parameters and the run no conf", "dim")])
    run = detail.run
    lines.append([])
    lines += facts(
        [
            ("run", run.run_id),
            ("type", run.run_type.value + (f", by {run.by}" if run.by else "")),
            ("logical date", _iso(run.logical_date or run.stands_for)),
            ("interval", f"{_iso(run.data_interval_start)} to {_iso(run.data_interval_end)}"),
            ("partition", run.partition_key or ""),
            ("repeats", run.rerun_of or ""),
        ],
        cells,
    )
    return [Shown(line) for line in lines]


def _iso(moment: datetime | None) -> str:
    return "-" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def attempts_tab(attempts: Sequence[AttemptRow], now: datetime, zone: tzinfo, cells: int) -> list[Shown]:
    """Return every attempt, newest first, with its outcome and what it used."""
    if not attempts:
        return [Shown([(" no attempt has been made yet", "dim")])]
    found: list[Shown] = []
    for number, attempt in reversed(list(enumerate(attempts, 1))):
        outcome, key = attempt.outcome, attempt.attempt_id
        said = ("running" if attempt.start else "queued") if outcome is None else describe(outcome)
        taken = durations.span(durations.took(attempt.start, attempt.end, now))
        waited = durations.took(attempt.queued, attempt.start, now)
        head: Spans = [
            (f" {number:>3}", "bold"),
            (f"  try {attempt.try_number}  {durations.past(attempt.start or attempt.queued, now, zone)}", ""),
            (f"  {taken:>6}  ", ""),
        ]
        good = outcome is None or outcome.ok
        for piece in wrap(label(said), max(10, cells - width(head))):
            found.append(Shown([*head, (piece, "" if good else "red")], key))
            head = [(" " * width(head), "")]
        found.append(Shown([(f"      {_used(attempt, waited)}", "dim")], key))
    return found


def _used(attempt: AttemptRow, waited: float | None) -> str:
    outcome = attempt.outcome
    pieces = [f"queued {durations.span(waited)}"]
    if attempt.worker is not None:
        pieces.insert(0, f"on {label(attempt.worker)}")
    if outcome is not None:
        if outcome.cpu_seconds is not None:
            pieces.append(f"cpu {durations.span(outcome.cpu_seconds)}")
        if outcome.peak_rss is not None:
            pieces.append(f"peak {durations.size(outcome.peak_rss)}")
        if outcome.read_bytes is not None:
            pieces.append(f"read {durations.size(outcome.read_bytes)}")
        if outcome.write_bytes is not None:
            pieces.append(f"write {durations.size(outcome.write_bytes)}")
    if attempt.log_bytes is not None:
        pieces.append(f"log {durations.size(attempt.log_bytes)}")
    if attempt.pid is not None and attempt.end is None:
        pieces.append(f"pid {attempt.pid}")
    return "  ".join(pieces)


def events_tab(events: Sequence[EventRow], now: datetime, zone: tzinfo, looks: Looks) -> list[Shown]:
    """Return what happened to the task, newest first."""
    if not events:
        return [Shown([(" nothing has happened to it yet", "dim")])]
    found: list[Shown] = []
    for event in events:
        line: Spans = [
            (f" {durations.past(event.at, now, zone):<11}", ""),
            (f" {label(event.actor):<8}", "bold" if event.actor != "engine" else "dim"),
            (f" {label(event.kind):<16}", ""),
        ]
        if event.before or event.after:
            line += [
                (f" {label(event.before or '-')} > ", "dim"),
                (label(event.after or "-"), looks.style(event.after or "none")),
            ]
        if event.reason:
            line.append((f"  {label(event.reason)}", ""))
        found.append(Shown(line, str(event.seq)))
    return found


def source_tab(source: SourceText | None, line: int | None, cells: int = 200) -> list[Shown]:
    """Return the file with its lines numbered, that of the task marked; long lines go on below."""
    if source is None:
        return []
    if source.text is None:
        said = f" the copy of {label(source.file)} of version {label(source.version)} is no longer kept"
        return [Shown([(said, "dim")])]
    lines = source.text.splitlines()
    wide = len(str(len(lines)))
    found = []
    for number, text in enumerate(lines, 1):
        marks = ("bold yellow", "bold") if number == line else ("dim", "")
        said = clean(text)
        inside = min(len(said) - len(said.lstrip()), cells // 3) + 2
        lead = f"{number:>{wide}} "
        for piece in wrap(said, max(10, cells - wide - 1 - inside)):
            found.append(Shown([(lead, marks[0]), (piece, marks[1])], str(number)))
            lead = " " * (wide + 1 + inside)
    return found


def docs_tab(detail: TaskDetail, cells: int) -> list[Shown]:
    """Return what the author wrote about the task and the DAG."""
    lines: list[Spans] = []
    for title, text in (
        ("task", detail.doc),
        ("DAG", detail.dag_doc),
        ("description", detail.description),
    ):
        if text:
            lines += [[(f" {title}", "bold")], *_block(text, cells), []]
    return [Shown(line) for line in lines] or [
        Shown([(" no documentation: doc_md of the task or DAG", "dim")])
    ]


# -- pieces ----------------------------------------------------------------------------------------


def facts(pairs: Sequence[tuple[str, str]], cells: int) -> list[Spans]:
    """Return names and values in two columns; those without a value are left out."""
    kept = [(name, value) for name, value in pairs if value]
    wide = max((len(name) for name, _ in kept), default=0)
    lines: list[Spans] = []
    for name, value in kept:
        lead: Spans = [(f" {name:<{wide}}  ", "dim")]
        for piece in wrap(label(value), max(10, cells - wide - 3)):
            lines.append([*lead, (piece, "")])
            lead = [(" " * (wide + 3), "")]
    return lines


def _hang(lead: str, text: str, cells: int, style: str = "") -> list[Spans]:
    return [[(piece, style)] for piece in hanging(label(text), lead, cells)]


def _block(text: str, cells: int) -> list[Spans]:
    return [[(f"   {piece}", "")] for piece in wrap(clean(text), max(10, cells - 4))]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list):
        return json.dumps(value, indent=1, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def whole_event(event: EventRow, zone: tzinfo, cells: int) -> list[Spans]:
    """Return everything about one event."""
    at = event.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return facts(
        [
            ("when", at),
            ("who", event.actor),
            ("what", event.kind),
            ("before", event.before or ""),
            ("after", event.after or ""),
            ("why", event.reason or ""),
        ],
        cells,
    )
