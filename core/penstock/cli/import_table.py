"""The table of an import: each old line, and its next times there and here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from penstock.importing.jobs import Imported, Line
from penstock.terminal_text import clean


def table_of(found: Sequence[Imported]) -> str:
    """Return the lines of *found*; times are in the zone of the schedule, those that differ have a star."""
    out: list[str] = []
    for each in found:
        if len(found) > 1:
            out += [f"== {clean(each.title)}", ""]
        for line in each.lines:
            out += [*_block(each, line), ""]
    return "\n".join(out).rstrip("\n")


def _block(source: Imported, line: Line) -> list[str]:
    out = [f"line {line.line}: {clean(line.text)}"]
    zone = ZoneInfo(line.job.zone if line.job else source.zone)
    if line.job is None:
        out.append("  not kept")
    else:
        crons = ", ".join(map(str, line.job.crons))
        days = f" (days={line.job.crons[0].days})" if line.job.crons[0].days else ""
        out.append(f"  {line.job.name}: {crons}{days}, {line.job.zone}")
    if line.there or line.job is not None:
        out.append(f"  there  {_times(line.there, line.here, zone)}")
    if line.job is not None:
        out.append(f"  here   {_times(line.here, line.there, zone)}")
    return [*out, *(f"  ! {clean(warning)}" for warning in line.warnings)]


def _times(times: Sequence[datetime], others: Sequence[datetime], zone: ZoneInfo) -> str:
    if not times:
        return "not known"
    year = times[0].astimezone(zone).year
    shown: list[str] = []
    for at in times:
        wall = at.astimezone(zone)
        text = f"{wall:%m-%d %H:%M}" if wall.year == year and shown else f"{wall:%Y-%m-%d %H:%M}"
        if wall.year != year:
            year = wall.year
        text += f":{wall:%S}" if wall.second else ""
        shown.append(text if at in others or not others else f"{text}*")
    return "  ".join(shown)
