"""Hosts as columns and cells, and the host column of lists over several hosts. Pure: now is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from penstock.model.places import Place, place_of
from penstock.model.views.hosts import HostRow, HostState
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

HOST = Column("host", "host", 8, most=16)
"""The column of lists over several hosts."""
COLUMNS = (
    Column("host", "host", 12, most=30),
    Column("state", "state", 12, most=14),
    Column("since", "since", 11, drop=3),
    Column("failed", "failed", 6, align="right"),
    Column("running", "running", 7, align="right"),
    Column("queued", "queued", 6, drop=4, align="right"),
    Column("dags", "DAGs", 5, drop=5, align="right"),
    Column("note", "", 10, most=200, drop=1),
)
_STATES = {
    HostState.CONNECTING: ("queued", "connecting"),
    HostState.LIVE: ("success", "live"),
    HostState.SILENT: ("paused", "no engine"),
    HostState.LOST: ("failed", "lost"),
}
_URGENT = (HostState.LOST, HostState.SILENT, HostState.CONNECTING, HostState.LIVE)


def named(name: str, places: Sequence[Place]) -> Spans:
    """Return the cell of the host that *name* begins with, in its colour; one of production stands out."""
    host = place_of(name)
    place = next((each for each in places if each.name == host), None)
    return [(label(host), "" if place is None else style_of(place))]


def style_of(place: Place) -> str:
    """Return the style in which a host's name is drawn."""
    return f"bold {place.colour}" if place.production else place.colour


def with_host(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of a list with that of the host after the first."""
    return (columns[0], HOST, *columns[1:])


def cells_with_host(cells: Sequence[Spans], name: str, places: Sequence[Place]) -> tuple[Spans, ...]:
    """Return the cells of a row, in the order of `with_host`; *name* begins with the host."""
    return (cells[0], named(name, places), *cells[1:])


def cells(row: HostRow, place: Place | None, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one host, in the order of COLUMNS."""
    state, word = _STATES[row.state]
    name: Spans = [(label(row.name), style_of(place) if place is not None else "bold")]
    if place is not None and place.word:
        name.append((f" {label(place.word)}", f"bold reverse {place.colour}"))
    dim = "" if row.state is HostState.LIVE else "dim"
    return (
        name,
        [(f"{looks.glyph(state)} {word}", looks.style(state))],
        [(durations.past(row.since, now, zone) if row.since is not None else "-", "")],
        [(f"{row.failures or '-'}", looks.style("failed") if row.failures else "bright_black")],
        [(f"{row.running or '-'}", looks.style("running") if row.running else "bright_black")],
        [(f"{row.queued or '-'}", dim or "bright_black")],
        [(f"{row.dags or '-'}", dim)],
        [(label(row.reason or row.home), "red" if row.reason else "bright_black")],
    )


def seen(row: HostRow) -> dict[str, list[str]]:
    """Return the fields of a host that the filter looks at."""
    return {"state": [row.state.value, _STATES[row.state][1]], "text": [row.name, row.home, row.reason or ""]}


def urgency(row: HostRow) -> tuple[int, int, str]:
    """Return the order: what cannot be reached first, then where most has failed."""
    return _URGENT.index(row.state), -row.failures, row.name
