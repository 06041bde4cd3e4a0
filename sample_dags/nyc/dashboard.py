"""The dashboard: one HTML page with everything in it, made from the figures the mart exported.

It carries no clock time, so that the same days give the same page, byte for byte.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from nyc import charts
from nyc.places import Places, aside

PAGE = Path(__file__).with_name("page.html")
ORIGINS = {"EWR": "Newark", "JFK": "Kennedy", "LGA": "LaGuardia"}

Figures = dict[str, Any]


def build(places: Places) -> dict[str, str]:
    """Write the page, print its key figures, and return them."""
    slices: dict[str, list[Figures]] = defaultdict(list)
    for row in json.loads(places.figures.read_text()):
        slices[row["slice"]].append(row)
    figures = key_figures(slices)
    page = PAGE.read_text()
    for name, part in _parts(slices, figures, places.quality).items():
        page = page.replace(f"<!-- {name} -->", part)
    with aside(places.dashboard) as scratch:
        scratch.write_text(page)
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")
    print(f"dashboard: {places.dashboard}")
    return figures


def key_figures(slices: dict[str, list[Figures]]) -> dict[str, str]:
    """Return the figures worth reading first, ready to print."""
    (total,) = slices["all"]
    days = [row["day"] for row in slices["day"]]
    busy = [row for row in slices["hour"] if row["departed"] >= len(days)]
    worst = max(busy or slices["hour"], key=_mean_departure)
    dry = total["departed"] - total["wet_departed"]
    figures = {
        "days": f"{len(days)} ({days[0]} to {days[-1]})" if days else "0",
        "flights": f"{total['flights']:,}",
        "mean departure delay": f"{_mean_departure(total):.1f} min",
        "mean arrival delay": f"{total['arr_delay_sum'] / max(1, total['arrived']):.1f} min",
        "15 min late or more": _share(total["dep_late"], total["departed"]),
        "cancelled": _share(total["cancelled"], total["flights"]),
        "worst hour": f"{worst['hour']:02}:00 ({_mean_departure(worst):.1f} min)",
    }
    if total["wet_departed"] and dry:
        wet = total["wet_dep_delay_sum"] / total["wet_departed"]
        fine = (total["dep_delay_sum"] - total["wet_dep_delay_sum"]) / dry
        figures["in rain / dry"] = f"{wet:.1f} / {fine:.1f} min"
    return figures


def _parts(slices: dict[str, list[Figures]], figures: dict[str, str], quality: Path) -> dict[str, str]:
    """Return what replaces each ``<!-- name -->`` of the page."""
    tiles = [
        f"<li><span>{escape(name)}</span><strong>{escape(value)}</strong></li>"
        for name, value in figures.items()
    ]
    return {
        "period": escape(figures["days"]),
        "tiles": "".join(tiles[1:]),
        "by day": _by_day(slices["day"]),
        "by hour": _by_hour(slices["origin_hour"]),
        "by carrier": _by_carrier(slices["carrier"]),
        "carrier by origin": _carrier_by_origin(slices["carrier"], slices["carrier_origin"]),
        "quality": _gaps(quality),
    }


def _by_day(days: list[Figures]) -> str:
    series = [
        charts.Series("departure", "c1", [_mean_departure(row) for row in days]),
        charts.Series("arrival", "c2", [_mean_arrival(row) for row in days]),
    ]
    return charts.lines([_short(row["day"]) for row in days], series, "min")


def _by_hour(rows: list[Figures]) -> str:
    mean = {(row["origin"], row["hour"]): _mean_departure(row) for row in rows if row["departed"]}
    hours = sorted({hour for _, hour in mean})
    series = [
        charts.Series(ORIGINS.get(origin, origin), f"c{number}", [mean.get((origin, hour)) for hour in hours])
        for number, origin in enumerate(sorted({origin for origin, _ in mean}), 1)
    ]
    return charts.lines([f"{hour:02}" for hour in hours], series, "min")


def _by_carrier(rows: list[Figures]) -> str:
    bars = []
    for row in _worst_first(rows):
        note = f"{row['flights']:,} flight{'s' * (row['flights'] != 1)}"
        bars.append(charts.Bar(row["carrier"], row["carrier_name"] or "?", _mean_departure(row), note))
    return charts.bars(bars, "min")


def _carrier_by_origin(carriers: list[Figures], rows: list[Figures]) -> str:
    mean = {(row["origin"], row["carrier"]): _mean_departure(row) for row in rows if row["departed"]}
    origins = sorted({origin for origin, _ in mean})
    return charts.heatmap([row["carrier"] for row in _worst_first(carriers)], origins, mean, "min")


def _gaps(quality: Path) -> str:
    """Return table rows: each known gap, on how many days, how many rows, and the fullest day."""
    gaps: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for file in sorted(quality.glob("*.json")):
        for found in json.loads(file.read_text()):
            gaps[found["rule"]].append((found["count"], found["limit"]))
    if not gaps:
        return '<tr><td colspan="4">none</td></tr>'
    rows = []
    for rule, found in sorted(gaps.items()):
        count, limit = max(found, key=lambda pair: pair[0] / max(1, pair[1]))
        cells = (rule, f"{len(found):,}", f"{sum(count for count, _ in found):,}", f"{count:,} of {limit:,}")
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return "".join(rows)


def _worst_first(rows: list[Figures]) -> list[Figures]:
    return sorted((row for row in rows if row["departed"]), key=_mean_departure, reverse=True)


def _mean_departure(row: Figures) -> float:
    return float(row["dep_delay_sum"] / max(1, row["departed"]))


def _mean_arrival(row: Figures) -> float:
    return float(row["arr_delay_sum"] / max(1, row["arrived"]))


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f} %"


def _short(day: str) -> str:
    return f"{date.fromisoformat(day):%b} {date.fromisoformat(day).day}"
