"""A plan as lines: the tasks it changes, or the dates of a backfill. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from penstock.ids import instance_key
from penstock.model.backfills import Choice
from penstock.model.plan_change import PlanChange
from penstock.model.states import RUN_UNFINISHED, RunState
from penstock.model.views.plans import Plan, PlanItem
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.spans import Spans, cut_middle, fit, width
from penstock_tui.view.state_style import Looks


def verb(plans: Sequence[Plan]) -> str:
    """Return the verb with the count; several plans of one verb are added up."""
    if len(plans) == 1:
        return label(plans[0].title)
    if not plans:
        return "Do nothing"
    words = label(plans[0].title).split()
    if len(words) > 2 and words[1].isdigit():
        items = [item for plan in plans for item in plan.items]
        runs = len({(item.dag_id, item.run_id) for item in items})
        things = words[2] if len(items) == 1 else words[2].rstrip("s") + "s"
        return f"{words[0]} {len(items)} {things}" + (f" in {runs} runs" if runs > 1 else "")
    return f"{words[0]} {len(plans)}"


def item_lines(
    items: Sequence[PlanItem],
    cells: int,
    looks: Looks,
    zone: tzinfo,
    changes: Sequence[PlanChange] = (),
) -> list[Spans]:
    """Return one line for each change: of what, from which state to which, and a note.

    Dates are in *zone*, the DAG's. With *changes*, what has changed since the list was shown comes first,
    with a sign: ``+`` came, ``~`` stands otherwise, ``-`` went.
    """
    if changes:
        return _changed_lines(items, cells, looks, zone, changes)
    dates = _short_dates(items, zone)
    several = len({item.dag_id for item in items}) > 1
    names = [
        (f"{label(item.dag_id)} " if several and (item.run_id or item.task_id) else "")
        + _name(item, dates, zone)
        for item in items
    ]
    longest = max((width([(name, "")]) for name in names), default=0)
    name_cells = max(8, min(longest, cells - 30))
    lines: list[Spans] = []
    for item, name in zip(items, names, strict=True):
        spans = fit([(cut_middle(name, name_cells), "")], name_cells)
        spans += [
            ("  ", ""),
            _worded(item.before, looks),
            (" > ", "bright_black"),
            _worded(item.after, looks),
        ]
        if item.note:
            spans.append((f"  {label(item.note)}", "yellow"))
        lines.append(spans)
    return lines


def shows_dates(items: Sequence[PlanItem]) -> bool:
    """Return whether `item_lines` names runs by their dates."""
    dated = [item for item in items if item.logical_date is not None and item.run_id is not None]
    return bool(dated) and (
        len({(item.dag_id, item.run_id) for item in items}) > 1 or any(item.task_id is None for item in dated)
    )


def _changed_lines(
    items: Sequence[PlanItem], cells: int, looks: Looks, zone: tzinfo, changes: Sequence[PlanChange]
) -> list[Spans]:
    came = [item for change in changes for item in change.came]
    moved = [item for change in changes for _, item in change.moved]
    went = [item for change in changes for item in change.went]
    rest = [item for item in items if item not in came and item not in moved]
    signs = [("+", "bold green")] * len(came) + [("~", "bold yellow")] * len(moved)
    signs += [("-", "bold red")] * len(went) + [(" ", "")] * len(rest)
    lines = item_lines([*came, *moved, *went, *rest], cells - 2, looks, zone)
    return [[sign, (" ", ""), *line] for sign, line in zip(signs, lines, strict=True)]


def _worded(word: str, looks: Looks) -> tuple[str, str]:
    """Return a state with its glyph; what is not a state, such as a pool's size, as it is."""
    return looks.worded(word) if looks.knows(word) else (label(word), "")


def _short_dates(items: Sequence[PlanItem], zone: tzinfo) -> dict[tuple[str, str | None], str]:
    """Return a short name for each run where there are several, without the time where days differ."""
    runs = {
        (item.dag_id, item.run_id): item.logical_date.astimezone(zone) if item.logical_date else None
        for item in items
    }
    if len(runs) < 2:
        return {}
    days = [date.date() if date else None for date in runs.values()]
    form = "%m-%d" if None not in days and len(set(days)) == len(days) else "%m-%dT%H:%M"
    return {run: f"{date:{form}}" if date else (run[1] or run[0]) for run, date in runs.items()}


def _name(item: PlanItem, dates: dict[tuple[str, str | None], str], zone: tzinfo) -> str:
    parts: list[str] = []
    short = dates.get((item.dag_id, item.run_id))
    if short is not None and item.run_id is not None:
        parts.append(label(short))
    elif item.task_id is None and item.run_id is not None and item.logical_date is not None:
        parts.append(durations.stamp(item.logical_date, zone))
    elif item.task_id is None:
        parts.append(label(item.run_id or item.dag_id))
    if item.task_id is not None:
        parts.append(label(instance_key(item.task_id, item.map_index)))
    return " ".join(parts)


def date_lines(items: Sequence[PlanItem], cells: int, looks: Looks, zone: tzinfo) -> list[Spans]:
    """Return the dates of a backfill in *zone*: days as a calendar, finer points one a line."""
    dates = [item.logical_date.astimezone(zone) if item.logical_date else None for item in items]
    days = [date.date() for date in dates if date is not None]
    if len(days) < len(items) or len(set(days)) < len(days):
        return [_point(item, looks, zone) for item in items]
    lines: list[Spans] = []
    month = None
    for item, date in zip(items, dates, strict=True):
        assert date is not None
        cell = _day(item, date, looks)
        if (date.year, date.month) != month or not lines or width(lines[-1]) + width(cell) > cells:
            head = f"{date:%Y-%m} " if (date.year, date.month) != month else " " * 8
            lines.append([(head, "bold")])
            month = (date.year, date.month)
        lines[-1] += cell
    return lines


def choice_of(item: PlanItem) -> Choice:
    """Return what happens to a date of a backfill."""
    if item.after == RunState.QUEUED and item.before not in RUN_UNFINISHED:
        return Choice.RERUN if item.before else Choice.CREATE
    return Choice.IN_FLIGHT if item.before in RUN_UNFINISHED else Choice.KEPT


def _day(item: PlanItem, date: datetime, looks: Looks) -> Spans:
    return [(f" {date:%d}", ""), looks.cell(choice_of(item)), (" ", "")]


def _point(item: PlanItem, looks: Looks, zone: tzinfo) -> Spans:
    before = [] if not item.before else [(f"  was {label(item.before)}", "bright_black")]
    date = durations.stamp(item.logical_date, zone)
    return [(f"{date}  ", ""), looks.worded(choice_of(item)), *before]


def backfill_summary(counts: dict[str, int], looks: Looks) -> Spans:
    """Return the counts of a backfill in words, with the glyphs that the dates use."""
    spans: Spans = []
    for choice in Choice:
        if counts.get(choice):
            glyph, look = looks.glyph(choice), looks.look(choice)
            spans += [(f"{glyph} {counts[choice]} {look.word}", look.style), ("   ", "")]
    return spans
