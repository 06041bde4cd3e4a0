"""`penstock logs DAG RUN --merged`: the logs of all tasks of a run as one, by time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from penstock.cli.output import print_json, say, stop_without_reader
from penstock.cli.text import coloured
from penstock.ids import instance_key
from penstock.model.json_lines import one_line, record_of
from penstock.model.merged_log import MergedLog
from penstock.terminal_text import clean

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.api.engine import Engine
    from penstock.model.views.merged import LogOwner

_BLOCK = 512 << 10
_POLL = 0.5
"""Seconds between two looks at a run that goes on."""
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")
_NAME = 24
"""Cells of a task's name at most."""


class Chosen(NamedTuple):
    """Which lines are wanted: of which tasks, from when on and until when; the last *lines* of them."""

    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    lines: int | None = None

    def has(self, owner: LogOwner) -> bool:
        """Return whether the lines of *owner* are wanted; a task stands for all its instances."""
        names = {owner.task_id, instance_key(owner.task_id, owner.map_index)}
        return (not self.only or bool(names & set(self.only))) and not names & set(self.without)


class Line(NamedTuple):
    """One line and where it comes from."""

    owner: LogOwner
    at: datetime
    text: bytes


def print_merged(
    engine: Engine, dag: str, run: str, chosen: Chosen, *, follow: bool, pretty: bool, raw: bool
) -> None:
    """Print the wanted lines with time and task, as long as the run goes on if *follow*."""
    whole = MergedLog()
    whole.add(engine.run_log(dag, run))
    _check(whole, chosen)
    safe = sys.stdout.isatty() and not raw
    names = _Names(whole)
    for line in _wanted(engine, whole, chosen):
        _print(line, names, pretty=pretty, safe=safe)
    while follow and whole.live:
        stop_without_reader()
        time.sleep(_POLL)
        begun = whole.only(chosen.has).size
        whole.add(engine.run_log(dag, run, since=whole.asked))
        merged = whole.only(chosen.has)
        for line in lines_of(engine, merged, begun, merged.size):
            _print(line, names, pretty=pretty, safe=safe)
        sys.stdout.flush()


def merged_document(engine: Engine, dag: str, run: str, chosen: Chosen) -> None:
    """Print the wanted lines as one JSON document."""
    whole = MergedLog()
    whole.add(engine.run_log(dag, run))
    _check(whole, chosen)
    rows = [
        {
            "task_id": line.owner.task_id,
            "map_index": line.owner.map_index,
            "try_number": line.owner.try_number,
            "time": line.at,
            "text": line.text.decode(errors="replace"),
        }
        for line in _wanted(engine, whole, chosen)
    ]
    print_json({"dag_id": dag, "run_id": run, "lines": rows})


def lines_of(engine: Engine, merged: MergedLog, first: int, last: int) -> Iterator[Line]:
    """Yield the lines that begin from *first* up to *last*; *first* is where one begins."""
    rest, begin = b"", first
    while first < last:
        pieces = merged.pieces(first, min(_BLOCK, last - first))
        found = engine.log_pieces([(each.attempt_id, each.first, each.length) for each in pieces])
        data = b"".join(
            part.ljust(piece.length, b"\n") + b"\n" * piece.ended
            for part, piece in zip(found, pieces, strict=True)
        )
        first += len(data)
        *whole, rest = (rest + data).split(b"\n")
        for text in whole:
            moment = merged.moment(begin)
            assert moment is not None
            yield Line(merged.owners[merged.owner(begin)], moment, text)
            begin += len(text) + 1


def _wanted(engine: Engine, whole: MergedLog, chosen: Chosen) -> Iterator[Line]:
    merged = whole.only(chosen.has)
    first = 0 if chosen.since is None else merged.since(chosen.since)
    last = merged.size if chosen.until is None else merged.since(chosen.until)
    if chosen.lines is None:
        yield from lines_of(engine, merged, first, last)
        return
    begin = last
    kept: list[Line] = []
    while begin > first and len(kept) < chosen.lines:
        begin = _line_start(engine, merged, max(first, last - 2 * (last - begin) - (64 << 10)))
        kept = list(lines_of(engine, merged, begin, last))
    yield from kept[len(kept) - min(chosen.lines, len(kept)) :]


def _line_start(engine: Engine, merged: MergedLog, offset: int) -> int:
    """Return where the line begins that holds the byte at *offset*: no further up than its stretch."""
    owner, at = merged.source(offset)
    begin = max(0, at - (64 << 10))
    data = engine.log_pieces([(merged.owners[owner].attempt_id, begin, at - begin)])[0]
    wanted = begin + data.rfind(b"\n") + 1
    found = merged.offset(owner, wanted)
    return offset if found is None else found


class _Names:
    """The tasks' names in one width, each with a colour of its own as far as there are colours."""

    def __init__(self, merged: MergedLog) -> None:
        self._colours: dict[str, str] = {}
        self._plain = not sys.stdout.isatty()
        self._width = min(_NAME, max((len(_name(owner)) for owner in merged.owners), default=0))

    def of(self, owner: LogOwner) -> str:
        name = _name(owner)
        self._width = min(_NAME, max(self._width, len(name)))
        shown = (name if len(name) <= _NAME else name[: _NAME - 1] + "~").ljust(self._width)
        colour = self._colours.setdefault(owner.task_id, _COLOURS[len(self._colours) % len(_COLOURS)])
        return shown if self._plain else coloured(shown, colour)


def _name(owner: LogOwner) -> str:
    key = instance_key(owner.task_id, owner.map_index)
    return key if owner.try_number <= 1 else f"{key} ({owner.try_number})"


def _print(line: Line, names: _Names, *, pretty: bool, safe: bool) -> None:
    from datetime import UTC

    text = line.text.rstrip(b"\r")
    record = record_of(text) if pretty else None
    said = text.decode(errors="surrogateescape") if record is None else one_line(record, UTC)
    if safe:
        said = clean(said)
    when = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for each in said.split("\n"):
        row = f"{when} {names.of(line.owner)} | {each}\n"
        if safe:
            sys.stdout.write(row.encode(errors="replace").decode())
        else:
            sys.stdout.buffer.write(row.encode(errors="surrogateescape"))
    sys.stdout.flush()


def _check(merged: MergedLog, chosen: Chosen) -> None:
    printed = [owner for owner in merged.owners if owner.size]
    known = {owner.task_id for owner in printed}
    known |= {instance_key(owner.task_id, owner.map_index) for owner in printed}
    for name in (*chosen.only, *chosen.without):
        if name not in known:
            say(f"{name} has printed nothing in this run")
