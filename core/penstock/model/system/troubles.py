"""The sections of what needs a hand, and of what is deleted by itself. Pure."""

from __future__ import annotations

from datetime import datetime

from penstock.ids import instance_key
from penstock.model.subject import SubjectKind
from penstock.model.system.parts import Item, Place, Section, Verdict, Words, count, tick
from penstock.model.views.quarantine import QuarantineRow
from penstock.model.views.system import RetentionFacts, SystemPage


def import_errors(page: SystemPage, words: Words) -> Section:
    """Return the DAG files that cannot be loaded."""
    rows = page.import_errors
    items = tuple(
        Item(
            f"import_errors/{row.file}",
            row.file.rpartition("/")[2] + (f":{row.line}" if row.line else ""),
            f"{row.message}, since {words.past(row.since)}",
            "fail",
            Place("errors"),
        )
        for row in rows
    )
    line = f"{count(len(rows), 'DAG file')} cannot be loaded" if rows else "every DAG file loads"
    return Section("import_errors", "import errors", "fail" if rows else "ok", line, items)


def callbacks(page: SystemPage, words: Words) -> Section:
    """Return the callbacks that failed lately."""
    items = tuple(
        Item(
            f"callbacks/{row.id}",
            row.kind,
            f"{row.dag_id} {row.run_id}"
            + (f" {instance_key(row.task_id, row.map_index)}" if row.task_id else "")
            + f", {words.past(row.end or row.created)}: {row.reason or 'failed'}",
            "warn",
            Place("run", row.dag_id, row.run_id, row.task_id or "", row.map_index),
        )
        for row in page.callbacks
    )
    more = page.callbacks_total - len(items)
    if more > 0:
        items = (*items, Item("callbacks/more", "", f"and {more:,} older ones"))
    failed = f"{page.callbacks_total:,} failed in the last 24 hours"
    line = failed if page.callbacks_total else "none failed in the last 24 hours"
    return Section("callbacks", "callbacks", "warn" if page.callbacks_total else "ok", line, items)


def missed(page: SystemPage, words: Words) -> Section:
    """Return the schedule points that were skipped or late."""
    late = sum(row.count for row in page.missed if row.late)
    skipped = sum(row.count for row in page.missed if not row.late)
    unwanted = any(row.reason != "paused" for row in page.missed)
    items = tuple(
        Item(
            f"missed/{row.dag_id}/{row.late}/{row.reason}",
            row.dag_id,
            f"{count(row.count, 'point')} {'ran late' if row.late else f'skipped: {row.reason}'}, "
            f"{_from_to(row.first, row.last, words)}",
            "warn" if row.reason != "paused" else "ok",
            Place("calendar", row.dag_id),
        )
        for row in page.missed
    )
    parts = [f"{skipped:,} skipped"] if skipped else []
    parts += [f"{late:,} late"] if late else []
    reasons = sorted({row.reason for row in page.missed if row.reason})
    why = f" ({', '.join(reasons)})" if reasons else ""
    line = f"{', '.join(parts)} in the last 24 hours{why}"
    if not page.missed:
        line = "no schedule point was skipped or late in the last 24 hours"
    return Section("missed", "missed points", "warn" if unwanted else "ok", line, items)


def _from_to(first: datetime, last: datetime, words: Words) -> str:
    return words.past(first) if first == last else f"{words.past(first)} to {words.past(last)}"


def retention(page: SystemPage, words: Words) -> Section:
    """Return what was deleted last because it was old, and what is next."""
    facts = page.retention
    due = sum(facts.due.values())
    parts = [_last_pass(facts, words)]
    if facts.next is not None:
        later = words.coming(facts.next) if facts.next > page.at else "with the next engine"
        what = f"deletes {count(due, 'run')} of {count(len(facts.due), 'DAG')}" if due else "deletes nothing"
        parts.append(f"the next, {later}, {what}")
    if facts.problem:
        parts.insert(0, facts.problem)
    items = [Item("retention/kept", "kept", facts.kept)]
    if facts.last is not None:
        took = f"{words.past(facts.last)}, {tick(facts.took)}, {count(facts.removed, 'run')} deleted"
        items.append(Item("retention/last", "last pass", took))
    for dag_id, runs in facts.due.items():
        text = f"{count(runs, 'run')} will be deleted"
        items.append(Item(f"retention/{dag_id}", dag_id, text, place=Place("dag", dag_id)))
    verdict: Verdict = "warn" if facts.problem else "ok"
    return Section("retention", "retention", verdict, "; ".join(parts), tuple(items))


def _last_pass(facts: RetentionFacts, words: Words) -> str:
    if facts.last is None:
        return "no pass yet"
    return f"last pass {words.past(facts.last)} deleted {count(facts.removed, 'run')}"


def quarantine(page: SystemPage, words: Words) -> Section:
    """Return what the engine left out."""
    items = tuple(
        Item(
            f"quarantine/{row.id}",
            f"{row.kind} {row.id}",
            f"{row.reason}, since {words.past(row.since)}: penstock quarantine retry|drop {row.id}",
            "fail",
            _where(row),
        )
        for row in page.quarantine
    )
    line = f"{count(len(items), 'thing')} left out" if items else "nothing is left out"
    return Section("quarantine", "quarantine", "fail" if items else "ok", line, items)


def _where(row: QuarantineRow) -> Place:
    if row.dag_id is None:
        return Place()
    if row.kind is SubjectKind.RUN:
        return Place("run", row.dag_id, row.id.removeprefix(f"{row.dag_id}/"))
    return Place("dag", row.dag_id)
