"""What comes, as columns and cells: points, where runs meet, what lifts itself, DAGs without a time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import NamedTuple

from penstock.model.queries import Term
from penstock.model.views.coming import ClockTurn, ComingPage, Fire, Meeting, Untimed
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.filters import Filter
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

COLUMNS = (
    Column("at", "at", 10),
    Column("what", "", 9),
    Column("dag", "dag", 14, most=34),
    Column("date", "logical date", 16, drop=4),
    Column("p50", "takes", 7, drop=2, align="right"),
    Column("end", "ends", 10, drop=3),
    Column("note", "", 12, most=120),
)
FIELDS = ("dag", "owner", "tag", "state", "pool")
_ASKED = frozenset({"dag", "owner", "tag", "text"})
"""Fields that the engine looks at: only it knows all rows."""
STEPS = (1.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0, 744.0)
"""The windows that can be chosen, in hours."""
_SAID_LAST = ("later", "manual", "over")
"""Kinds of DAGs without a time that say little: they come last."""
_KINDS = {"continuous": "always", "quarantine": "barred"}
"""Words for kinds that are too long for their column."""
_TURNS = {
    "pause_lifts": "lifts",
    "freeze_lifts": "lifts",
    "clock": "clock",
    "stops": "stops",
    "backfill_ends": "ends",
}
MORE = "more"
"""The key of the row that stands for what is left out."""

Item = Fire | Meeting | ClockTurn | Untimed


class Line(NamedTuple):
    """One row: its key, what it is about, and its cells, or what makes them if they are shown."""

    key: str
    item: Item | None
    cells: tuple[Spans, ...] | Callable[[], tuple[Spans, ...]]


def terms(wanted: Filter) -> list[tuple[Term, ...]]:
    """Return the parts of each alternative of a filter that the engine applies."""
    return [
        tuple(
            Term(field=term.field, values=term.alternatives, inverted=term.inverted)  # type: ignore[arg-type]
            for term in terms
            if term.field in _ASKED
        )
        for terms in wanted.alternatives
    ]


def passes(item: Item, wanted: Filter, fitting: Sequence[Sequence[str]] = ()) -> bool:
    """Whether *item* passes a filter; *fitting* are the DAGs that fit the engine's part of alternatives."""
    if not wanted.terms:
        return True
    fields, dag_ids = seen(item), set(dags_of(item))
    for place, alternative in enumerate(wanted.alternatives):
        fits = place >= len(fitting) or not dag_ids.isdisjoint(fitting[place])
        if fits and all(term.passes(fields) for term in alternative if term.field not in _ASKED):
            return True
    return False


def seen(item: Item) -> dict[str, list[str]]:
    """Return the fields that a filter looks at here."""
    match item:
        case Fire():
            waits = ["waits"] if item.waits else []
            marks = [word for word, said in (("dst", item.moved_by_dst), ("late", item.late)) if said]
            pools = [word.removeprefix("pool ") for word in item.waits if word.startswith("pool ")]
            return {"state": [item.becomes, *waits, *marks], "pool": pools}
        case Meeting():
            return {"state": ["full"], "pool": [item.place.removeprefix("pool ")]}
        case ClockTurn() | Untimed():
            return {"state": [item.kind]}


def dags_of(item: Item | None) -> tuple[str, ...]:
    """Return the DAGs that a row is about."""
    match item:
        case Fire() | Untimed():
            return (item.dag_id,)
        case Meeting():
            return item.dags
        case ClockTurn():
            return item.dag_ids
        case None:
            return ()


def lines(page: ComingPage, wanted: Filter, now: datetime, zone: tzinfo, looks: Looks) -> list[Line]:
    """Return all rows: by time, then what has none, then how much is left out."""
    fit = page.fitting
    return [
        *(_line(item, now, zone, looks) for item in _timed(page) if passes(item, wanted, fit)),
        *_left_out(page),
        *(_line(item, now, zone, looks) for item in _said(page.untimed) if passes(item, wanted, fit)),
    ]


def _timed(page: ComingPage) -> list[Item]:
    """Return what has a time, in order; of one moment first what lifts, then where runs meet, then points."""
    left = page.total > page.offset + len(page.fires)
    last = page.fires[-1].at if left and page.fires else page.until
    items: list[tuple[datetime, int, Item]] = [(fire.at, 2, fire) for fire in page.fires]
    items += [(each.first, 1, each) for each in page.meetings if each.first <= last]
    items += [(turn.at, 0, turn) for turn in page.turns if turn.at <= last]
    return [item for _, _, item in sorted(items, key=lambda each: each[:2])]


def _said(untimed: Sequence[Untimed]) -> list[Untimed]:
    return sorted(untimed, key=lambda each: (each.kind in _SAID_LAST, each.kind, each.dag_id))


def _left_out(page: ComingPage) -> Iterator[Line]:
    left = page.total - page.offset - len(page.fires)
    if left > 0:
        text = f"and {left:,} more points: enter shows more of them, / and - show less"
        yield Line(MORE, None, _cells([], [("...", "bold")], [(text, "bold")]))


def _line(item: Item, now: datetime, zone: tzinfo, looks: Looks) -> Line:
    match item:
        case Fire():
            key = f"{item.dag_id} {durations.stamp(item.logical_date)}"
            return Line(key, item, partial(_fire, item, now, zone, looks))
        case Meeting():
            key = f"{item.place} {item.first.isoformat()}"
            return Line(key, item, partial(_meeting, item, now, zone, looks))
        case ClockTurn():
            key = f"{item.kind} {item.at.isoformat()} {' '.join(item.dag_ids)}"
            what: Spans = [(f"~ {_TURNS[item.kind]}", "cyan")]
            at: Spans = [(when(item.at, now, zone), "")]
            return Line(key, item, _cells(at, what, [(label(item.text), "")]))
        case Untimed():
            text: Spans = [(label(item.dag_id), "bright_black"), (f"  {label(item.text)}", "bright_black")]
            return Line(
                f"{item.kind} {item.dag_id}",
                item,
                _cells([("-", "bright_black")], [(_KINDS.get(item.kind, item.kind), "bright_black")], text),
            )


def _cells(at: Spans, what: Spans, text: Spans) -> tuple[Spans, ...]:
    """Return the cells of a row that is a sentence: it begins where the DAG stands, and takes the rest."""
    return (at, what, text)


def _fire(fire: Fire, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    own = durations.zone(fire.timezone)
    return (
        [(when(fire.at, now, zone), "" if fire.worked_out else "bright_black")],
        _what(fire, looks),
        [(label(fire.dag_id), "bold" if fire.worked_out else "")],
        [(durations.stamp(fire.logical_date, own), "bright_black")],
        [(durations.span(fire.seconds), "")],
        [(when(fire.end, now, zone) if fire.end is not None else "", "")],
        _note(fire, now, zone),
    )


def _what(fire: Fire, looks: Looks) -> Spans:
    if not fire.worked_out:
        return [("due", "bright_black")]
    match fire.becomes:
        case "skipped":
            return [looks.worded("skipped")]
        case "replaced":
            return [(f"{looks.glyph('cancelled')} cut off", looks.style("cancelled"))]
        case "served":
            return [(f"{looks.glyph('success')} has run", looks.style("success"))]
        case "run":
            if fire.waits:
                return [(f"{looks.glyph('queued')} waits", looks.style("queued"))]
            return [(f"{looks.glyph('pending')} runs", "")]


def _note(fire: Fire, now: datetime, zone: tzinfo) -> Spans:
    said: list[tuple[str, str]] = []
    if fire.moved_by_dst:
        said.append(("dst", "bold cyan"))
    if fire.late:
        said.append((f"late, due {_since(fire.run_after, now, zone)}", "yellow"))
    match fire.becomes:
        case "skipped":
            said.append(("others run (overlap)", "bright_black"))
        case "replaced":
            said.append(("the next run cancels it (overlap)", "bright_black"))
        case "served":
            said.append((label(fire.run_id or ""), "bright_black"))
        case "run":
            if fire.waits:
                behind = f"+{durations.span(fire.behind)} " if fire.behind >= 1 else ""
                said.append((f"{behind}{label(', '.join(fire.waits))}", "yellow"))
    spans: Spans = []
    for text, style in said:
        spans += [("; ", "bright_black")] if spans else []
        spans.append((text, style))
    return spans


def _meeting(meeting: Meeting, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    sign = "!" if looks.ascii else "▲"
    text: Spans = [
        (f"{label(meeting.place)} ({meeting.slots})", "bold yellow"),
        (f" until {when(meeting.last, now, zone)}, {durations.span(meeting.waited)} waited: ", ""),
        (label(", ".join(meeting.dags)), ""),
    ]
    return _cells([(when(meeting.first, now, zone), "yellow")], [(f"{sign} full", "bold yellow")], text)


def when(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a time to come: ``06:20`` (``06:20:07``) today, ``tom. 06:20``, else ``08-24 06:20``."""
    here, today = moment.astimezone(zone), now.astimezone(zone)
    days = (here.date() - today.date()).days
    if days == 0:
        return here.strftime("%H:%M:%S" if here.second else "%H:%M")
    return here.strftime("tom. %H:%M" if days == 1 else "%m-%d %H:%M")


def _since(moment: datetime, now: datetime, zone: tzinfo) -> str:
    return durations.past(moment, now, zone) if moment <= now else when(moment, now, zone)


def window(hours: float) -> str:
    """Return how far it looks, in words."""
    if hours >= 48 and hours % 24 == 0:
        return f"next {hours / 24:g} days"
    return f"next {hours:g} hour{'' if hours == 1 else 's'}"


def step(hours: float, direction: int) -> float:
    """Return the next wider (1) or narrower (-1) window; the same at an end."""
    wider = [each for each in STEPS if (each > hours if direction > 0 else each < hours)]
    return hours if not wider else wider[0 if direction > 0 else -1]
