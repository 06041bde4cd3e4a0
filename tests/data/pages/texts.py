"""Pages of details, fitted text and logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

from data.pages.shown import BERLIN, LOOKS, shown
from fakes.believable import believable
from fakes.world import NOW, replace
from penstock.model.barriers import BarrierKind
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.views.pauses import PauseInfo
from penstock.model.views.why import Barrier, Why
from penstock_tui.view import (
    details,
    filters,
    log_json,
    log_patterns,
    log_pieces,
    log_rows,
    log_search,
    log_window,
    pauses,
    spans,
    sparkline,
    state_style,
    task_rows,
    why_text,
)


def said() -> Iterator[str]:
    """Details: why something waits, what a task is, how its attempts went."""
    world = believable()
    detail = next(iter(world.runs.values()))
    barriers = tuple(
        Barrier(kind=BarrierKind(kind), text=f"it waits for {kind}", holders=holders, until=until)
        for kind, holders, until in (
            ("pool", ("d/r/a", "d/r/b", "d/r/c", "d/r/d"), None),
            ("paused", (), NOW + timedelta(hours=3)),
            ("retry", ("x",), NOW - timedelta(seconds=3)),
        )
    )
    for chosen in ((), barriers[:1], barriers):
        why = Why(subject="etl/r/load", state="scheduled", barriers=chosen, chain=("a", "b"), root="b")
        for cells in (24, 60):
            yield from (shown(line) for line in why_text.why_lines(why, NOW, BERLIN, LOOKS[0], cells))
    for task in detail.tasks[:4]:
        for cells in (24, 60):
            yield from (shown(line) for line in details.task_lines(task, detail, LOOKS[0], cells, NOW))
    pause = PauseInfo(by="ann", since=NOW, why="the source is down for hours", until=NOW + timedelta(hours=1))
    parents = (*(each.task_id for each in detail.tasks), "unknown")
    odd = replace(
        detail.tasks[3], upstream=parents, reason="exit 1: no such table; next try at 06:20", held=pause
    )
    conf = {f"p{at}": at for at in range(8)}
    for number in (2, 8):
        run = replace(detail.run, held=pause, conf=dict(list(conf.items())[:number]))
        yield from (
            shown(line)
            for line in details.task_lines(odd, replace(detail, run=run, frozen=pause), LOOKS[0], 40, NOW)
        )
    ends = (
        Outcome(
            kind=OutcomeKind.EXIT_CODE, exit_code=1, reason="no such table, and much more to say about it"
        ),
        Outcome(kind=OutcomeKind.TIMEOUT, killed_after=3.0, survivors=2),
        Outcome(kind=OutcomeKind.SKIPPED, reason="not today"),
        None,
    )
    some = [
        replace(each, outcome=end, try_number=at)
        for at, (each, end) in enumerate(zip(world.attempts.values(), ends, strict=False))
    ]
    for cells in (40, 80):
        yield from (shown(line) for line in details.attempt_lines(some, None, NOW, BERLIN, cells))
    for each in some:
        yield shown(task_rows.attempt_title(detail.tasks[0], each, 1, 1, NOW))
    attempts = list(world.attempts.values())
    for some in (attempts[:1], attempts[:3], attempts[:12]):
        for cells in (30, 70):
            mark = some[-1].attempt_id
            yield from (shown(line) for line in details.attempt_lines(some, mark, NOW, BERLIN, cells))
    for pause in (
        PauseInfo(by="ann", since=NOW),
        PauseInfo(by="b", since=NOW, why="x", until=NOW),
        PauseInfo(by="ann", since=NOW, breakpoint="before load"),
        PauseInfo(by="ann", since=NOW, breakpoint="after load", why="look first", until=NOW),
    ):
        words = pauses.held_state(pause), pauses.held_word(pause), pauses.is_hold(pause)
        yield f"{pauses.pause_text(pause)} | {words} | {pauses.pause_mark(pause, 'HELD')}"
        yield f"  {pauses.pause_note(pause)}"
    yield f"{pauses.is_hold(None)}"


def texts() -> Iterator[str]:
    """Spans that are fitted, cut, wrapped and flow; lines of numbers; filters."""
    pieces = [("orders ", "bold"), ("漢字 daily é", "red"), (" 14:05", "")]
    for one, other in (
        ("abc", "abc"),
        ("abc", "axc"),
        ("ab", "abcd"),
        ("abcd", ""),
        ("axyd", "abcd"),
        ("a b", "b a"),
    ):
        plain, styled = [(one, "")], [(other[:1], ""), (other[1:2], "red"), (other[2:], "")]
        yield f"{one!r} {other!r}: {spans.differ(plain, [(other, '')])} {spans.differ(plain, styled)}"
    yield f"{spans.fit([], 3)} {spans.fit([], 0)} {spans.fit([('', 'bold')], 2, align='right')}"
    for cells in (0, 1, 2, 5, 9, 12, 20, 25, 30):
        for align in ("left", "right"):
            for keep in ("left", "right"):
                fitted = spans.fit(pieces, cells, align=align, keep=keep)
                yield f"{cells} {align} {keep}: [{shown(fitted)}] {spans.width(fitted)}"
        yield f"{cells}: {shown(spans.give_way(pieces, cells, (1, 0), least=4))}|"
        yield f"{cells}: {spans.cut_middle('a_long_name.漢字.end', cells)}|"
        if cells:
            yield f"{cells}: {spans.wrap('one two three four-five-six 漢字漢字漢字 end', cells)}"
            yield f"{cells}: {[shown(line) for line in spans.flow(pieces * 2, cells)]}"
    for values in ((), (0,), (1, 2, 3), (5, 5, 5), (0, 0, 9, 1), tuple(range(40))):
        for cells in (1, 4, 10):
            told = [
                sparkline.sparkline(values, cells, top=top, ascii=each)
                for top in (None, 20)
                for each in (False, True)
            ]
            yield f"{values[:5]} {cells}: {told}"
    samples = next(iter(believable().samples.values()))
    again = [replace(samples[2], at=samples[1].at), replace(samples[2], read_bytes=0), samples[3]]
    for some in (
        (),
        samples[:1],
        samples[:2],
        samples,
        [*samples[:2], *again],
    ):  # at one moment, from 0 again
        yield f"{sparkline.rates(some, 'read_bytes')} {sparkline.rates(some, 'cpu_percent')}"
        for ended in (False, True):
            yield from (shown(line) for line in sparkline.resource_lines(some, 40, ended=ended))
    fields = ("state", "tag", "name")
    seen = (
        {"state": ["failed"], "tag": ["nightly", "etl"], "name": ["orders"]},
        {"state": ["running"], "name": ["Fx"]},
    )
    for source in (
        "",
        "ord",
        "state:fail",
        "-state:failed",
        "tag:etl state:failed",
        "-ord",
        "nope:x",
        "state:",
        ":",
        "FX",
        '"',
    ):
        made = filters.parse(source, fields)
        yield f"{source!r}: {made} {[made.passes(each) for each in seen]}"
    yield filters.hint(fields)
    for state in (*state_style.known_states(), "unknown"):
        for looks in LOOKS:
            faces = looks.cell(state), looks.worded(state)
            yield f"{state}: {looks.glyph(state)} {looks.style(state)} {faces}"


def logs() -> Iterator[str]:
    """Pieces of long lines, rows, searches and windows over a log."""
    data = b"one\ntwo two\n" + b"x" * 37 + b"\nthree\n\n" + b"y" * 20
    for offset in (0, 3, 8, 16):
        for known in (False, True):
            yield f"{offset} {known}: {list(log_pieces.starts(data, offset, known=known, piece=8))}"
        ends = log_pieces.up(offset, 8), log_pieces.before(offset, 8)
        yield f"{offset}: {log_pieces.breaks(data, offset, 8)} {ends}"
    window = log_window.LogWindow(keep=60)
    window.size = len(data)
    yield _held(window)
    window.place(data[20:30], 20)
    yield _held(window)
    window.place(data[12:40], 12)
    yield _held(window)
    window.prepend(data[:12], 0)
    yield _held(window)
    yield f"{[window.append(part) for part in (b'', data[40:55], data[55:], b'more' * 9)]}"
    yield _held(window)
    yield f"{[window.index(at) for at in range(0, 110, 7)]}"

    yield from _small_windows()
    window = log_window.LogWindow(keep=60)
    window.place(data[12:], 12)

    def rows(index: int) -> int:
        return 1 + index % 3

    for height in (0, 1, 3, 20):
        for offset, first in ((0, 0), (50, 1), (200, 5)):
            place = log_rows.Place(offset, first)
            yield f"{height} {offset}: {log_rows.down_from(window, place, height, rows)}"
        yield f"{height}: {log_rows.up_from_end(window, height, rows)}"
    for by in (-50, -3, -1, 0, 1, 2, 50):
        yield f"{by}: {log_rows.moved(window, log_rows.Place(window.offset(1), 1), by, rows)}"
    for width in (1, 4, 9, 50):
        yield f"{width}: {log_rows.breaks('ab 漢字 é and more', width)}"
    for text in ("two", "TWO", "~t.o", "~(a+)+", "~a*b*c*", "", "~", "~[", "y"):
        found = log_patterns.wanted(text)
        if isinstance(found, str):
            yield f"{text!r}: refused"
            continue
        for first, last in ((0, len(data)), (4, 30), (30, 60)):
            offset, length = log_search.stretch(first, last, 16)
            part = data[offset : offset + length]
            hits = log_search.scan(part, offset, first, last, found.in_bytes, known=True, piece=16)
            yield f"{text!r} {first} {last}: {hits}"
        matches = log_search.Matches(len(data), data[-5:])
        matches.add_before(log_search.scan(data, 0, 0, len(data), found.in_bytes, known=True, piece=16))
        matches.go_on(b" two\nand two\n", len(data), found.in_bytes, piece=16)
        told = (
            matches.total,
            matches.covered,
            matches.reached,
            matches.behind,
            matches.finished,
            len(matches),
        )
        yield f"{text!r}: {told} {[(matches.offset(at), matches.raw(at)) for at in range(len(matches))]}"
        yield f"  {[(matches.next(at), matches.previous(at), matches.number(at)) for at in range(0, 100, 9)]}"


def _small_windows() -> Iterator[str]:
    """Windows that one line fills."""
    for keep in (10, 24):
        window = log_window.LogWindow(keep=keep)
        window.place(b"x" * 8, 0)
        for part in (b"y" * 20, b"y" * 9 + b"\n", b"z\n", b"w" * 30 + b"\nv\n"):
            yield f"{keep} {window.append(part)} {_held(window)}"
        window.place(b"a\n" + b"b" * 30, 40)
        for part in (b"c\n", b"d" * 12 + b"\n", b"e" * 26):
            window.prepend(part, window.start - len(part))
            yield f"{keep} {_held(window)}"


def _held(window: log_window.LogWindow) -> str:
    lines = [(window.offset(at), window.raw(at), window.goes_on(at)) for at in range(len(window))]
    ends = (window.start, window.end, window.size, window.at_start, window.at_end, window.version)
    return f"{ends} {window.before()} {window.after()} {window.whole_lines()} {lines}"


def json_lines() -> Iterator[str]:
    """Lines of loggers in JSON: what each level, field and trace looks like, and a hit in them."""
    lines = [
        *(
            {"level": level, "msg": f"a {level} line"}
            for level in ("error", "WARN", "info", "debug", "panic")
        ),
        {"time": "2026-08-21T06:14:04Z", "level": "info", "msg": "loaded", "rows": 3, "of": {"a": [1, None]}},
        {"ts": 1787292844.25, "severity": "NOTICE", "message": "hi", "ok": True},
        {"level": "error", "msg": "it broke", "stack": "first\n  second\n"},
        {"level": "error"},
        {"time": "2026-08-21T06:14:04Z", "level": "info", "rows": 3},
        {"level": "info", "msg": ""},
        {"msg": "no level"},
        {"other": "only"},
        {},
    ]
    for line in (*(json.dumps(each).encode() for each in lines), b"plain", b"[1]", b'{"msg": "cut'):
        for hit in (None, re.compile("li|br|on")):
            rows = log_json.rows_of(line, BERLIN, hit)
            yield f"{line.decode()} {'' if hit is None else hit.pattern}"
            yield from (f"  {[(text, str(style)) for text, style in row]}" for row in rows or ())


PAGES = {page.__name__: page for page in (said, texts, logs, json_lines)}
