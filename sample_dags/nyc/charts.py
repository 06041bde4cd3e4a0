"""Charts as inline SVG: no library, no script, no network; colours come from the page's CSS.

Every mark carries a ``<title>``, so the exact value shows on hover and reaches screen readers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH = 720


@dataclass(frozen=True, slots=True)
class Series:
    """One line: a name, a CSS class, and a value (or None) for each place on the x axis."""

    name: str
    css: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a short and a long name, how far it reaches, and a remark."""

    key: str
    name: str
    value: float
    note: str


def lines(labels: Sequence[str], series: Sequence[Series], unit: str, height: int = 240) -> str:
    """Draw one line per series over *labels*, named at its right end."""
    left, right, top, bottom = 44, 76, 14, 28
    low, high, ticks = _scale([value for line in series for value in line.values if value is not None])
    step = (WIDTH - left - right) / max(1, len(labels) - 1)
    radius = 3 if len(labels) <= 40 else 1.5

    def y(value: float) -> float:
        return top + (height - top - bottom) * (high - value) / (high - low)

    body = []
    for tick in ticks:
        body += [
            _tag("line", css=_rule(tick), x1=left, x2=WIDTH - right, y1=y(tick), y2=y(tick)),
            _tag("text", f"{tick:g}", css="axis end", x=left - 8, y=y(tick) + 4),
        ]
    for index in range(0, len(labels), math.ceil(len(labels) / 10)):
        body.append(_tag("text", labels[index], css="axis middle", x=left + index * step, y=height - 8))
    ends = _spread([y(_last(line)) for line in series], gap=14)
    for line, end in zip(series, ends, strict=True):
        marks = [
            (i, left + i * step, y(value), value) for i, value in enumerate(line.values) if value is not None
        ]
        body.append(
            _tag(
                "polyline",
                css=f"line {line.css}",
                points=" ".join(f"{x:.1f},{y:.1f}" for _, x, y, _ in marks),
            )
        )
        body += [
            _tag(
                "circle",
                title=f"{line.name} {labels[i]}: {value:.1f} {unit}",
                css=f"dot {line.css}",
                cx=x,
                cy=y,
                r=radius,
            )
            for i, x, y, value in marks
        ]
        body.append(_tag("text", line.name, css=f"name {line.css}", x=WIDTH - right + 8, y=end + 4))
    return _svg(height, body)


def bars(rows: Sequence[Bar], unit: str) -> str:
    """Draw a horizontal bar per row, to either side of zero."""
    left, right, pitch = 214, 118, 26
    low, high, ticks = _scale([row.value for row in rows])
    height = pitch * len(rows) + 24

    def x(value: float) -> float:
        return left + (WIDTH - left - right) * (value - low) / (high - low)

    body = []
    for tick in ticks:
        body += [
            _tag("line", css=_rule(tick), x1=x(tick), x2=x(tick), y1=0, y2=height - 20),
            _tag("text", f"{tick:g}", css="axis middle", x=x(tick), y=height - 6),
        ]
    for index, row in enumerate(rows):
        top, base = index * pitch, index * pitch + 17
        start, end = sorted((x(0), x(row.value)))
        told = f"{row.name}: {row.value:.1f} {unit}, {row.note}"
        body += [
            _tag("text", row.key, css="key", x=0, y=base),
            _tag("text", row.name, css="label", x=30, y=base),
            _tag(
                "rect",
                title=told,
                css="bar",
                x=start,
                y=top + 5,
                width=max(1, end - start),
                height=pitch - 10,
                rx=3,
            ),
            _tag("text", f"{row.value:.1f}", css="value", x=end + 6, y=base),
            _tag("text", row.note, css="axis end", x=WIDTH, y=base),
        ]
    return _svg(height, body)


def heatmap(
    columns: Sequence[str], rows: Sequence[str], cells: dict[tuple[str, str], float], unit: str
) -> str:
    """Draw a cell per (row, column): the fuller its colour, the higher the value. Gaps stay empty."""
    left, header, pitch = 44, 18, 34
    width = (WIDTH - left) / max(1, len(columns))
    peak = max([1.0, *cells.values()])
    body = [
        _tag("text", name, css="axis middle", x=left + (i + 0.5) * width, y=12)
        for i, name in enumerate(columns)
    ]
    for index, name in enumerate(rows):
        top = header + index * pitch
        body.append(_tag("text", name, css="key", x=0, y=top + 21))
        for i, column in enumerate(columns):
            if (name, column) in cells:
                value = cells[name, column]
                told = f"{name} {column}: {value:.1f} {unit}"
                body += _cell(left + i * width, top, width, pitch, value, max(0.0, value) / peak, told)
    return _svg(header + pitch * len(rows), body)


def _cell(
    x: float, y: float, width: float, height: float, value: float, full: float, told: str
) -> Iterator[str]:
    shade = f"{0.06 + 0.84 * full:.2f}"
    yield _tag(
        "rect",
        title=told,
        css="cell",
        x=x + 1,
        y=y + 1,
        width=width - 2,
        height=height - 2,
        rx=3,
        fill_opacity=shade,
    )
    yield _tag(
        "text", f"{value:.0f}", css=f"in-cell middle{' on-full' * (full > 0.6)}", x=x + width / 2, y=y + 21
    )


def _svg(height: int, body: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(body)}</svg>'


def _tag(name: str, text: str = "", *, css: str, title: str = "", **attributes: object) -> str:
    """Return one element; numbers are rounded to what an eye can see."""
    written = "".join(
        f' {key.replace("_", "-")}="{round(value, 1) if isinstance(value, float) else value}"'
        for key, value in attributes.items()
    )
    inside = f"<title>{escape(title)}</title>" * bool(title) + escape(text)
    return f'<{name} class="{css}"{written}>{inside}</{name}>'


def _rule(tick: float) -> str:
    return "grid" if tick else "grid zero"


def _scale(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Return the ends of an axis that holds zero and *values*, and round places to mark on it."""
    low, high = min([0.0, *values]), max([0.0, *values])
    rough = ((high - low) or 1.0) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
    first = math.floor(low / step)
    last = max(math.ceil(high / step), first + 1)
    return first * step, last * step, [number * step for number in range(first, last + 1)]


def _last(line: Series) -> float:
    return next((value for value in reversed(line.values) if value is not None), 0.0)


def _spread(places: list[float], gap: float) -> list[float]:
    """Move *places* apart, downwards, until no two are nearer than *gap*."""
    moved = list(places)
    order = sorted(range(len(places)), key=places.__getitem__)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + gap)
    return moved
