"""Logs of several attempts as one: in the order of time, no line torn, nothing moved by what comes later."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.clock import from_us
from penstock.model.merged_log import MergedLog, merge
from penstock.model.views.merged import LogOwner, RunLog

S = 1_000_000


def owner(name: str, log: bytes, *, live: bool = False) -> LogOwner:
    return LogOwner(
        attempt_id=name, task_id=name, map_index=-1, try_number=1, size=len(log), live=live,
        torn=not log.endswith(b"\n"),
    )  # fmt: skip


def answer(logs: dict[str, bytes], times: dict[str, list[tuple[int, int]]]) -> RunLog:
    owners = tuple(owner(name, log) for name, log in logs.items())
    found = merge([times[name] for name in logs], [len(log) for log in logs.values()])
    return RunLog(owners=owners, stretches=tuple(found), live=False, at=datetime.now().astimezone())


def text(merged: MergedLog, logs: dict[str, bytes], offset: int = 0, limit: int = 1 << 30) -> bytes:
    return b"".join(
        logs[piece.attempt_id][piece.first : piece.first + piece.length] + b"\n" * piece.ended
        for piece in merged.pieces(offset, limit)
    )


LOGS = {"a": b"a1\na2\na3\n", "b": b"b1\nb2\nb3", "c": b"c1\n"}
TIMES = {"a": [(0, 1 * S), (3, 3 * S), (6, 9 * S)], "b": [(0, 2 * S), (3, 5 * S)], "c": [(0, 4 * S)]}
WHOLE = b"a1\nb1\na2\nc1\nb2\nb3\na3\n"


def test_lines_by_time_with_their_owners_and_times() -> None:
    merged = MergedLog()
    assert merged.add(answer(LOGS, TIMES))
    assert text(merged, LOGS) == WHOLE
    assert merged.size == len(WHOLE)
    at = {WHOLE[place : place + 2]: place for place in range(0, len(WHOLE), 3)}
    assert {line: merged.owners[merged.owner(place)].task_id for line, place in at.items()} == {
        line: chr(line[0]) for line in at
    }
    assert merged.moment(at[b"b2"]) == from_us(5 * S)
    assert merged.since(from_us(4 * S)) == at[b"c1"]
    assert merged.since(from_us(99 * S)) == merged.size
    assert merged.offset(*merged.source(at[b"b3"])) == at[b"b3"]


def test_an_owner_alone_or_left_out() -> None:
    merged = MergedLog()
    merged.add(answer(LOGS, TIMES))
    assert text(merged.only(lambda one: one.task_id == "b"), LOGS) == b"b1\nb2\nb3\n"
    assert text(merged.only(lambda one: one.task_id != "a"), LOGS) == b"b1\nc1\nb2\nb3\n"
    nothing = merged.only(lambda one: False)
    assert (nothing.size, nothing.pieces(0, 10), nothing.moment(0)) == (0, [], None)
    assert merged.only(lambda one: one.task_id == "a").offset(1, 0) is None


def test_what_came_since_is_added_at_the_end_alone() -> None:
    merged = MergedLog()
    merged.add(answer(LOGS, TIMES))
    assert not merged.add(answer(LOGS, TIMES))
    more = {**LOGS, "a": LOGS["a"] + b"a4\n", "d": b"d1\n"}
    times = {**TIMES, "a": [*TIMES["a"], (9, 12 * S)], "d": [(0, 3 * S)]}
    assert merged.add(answer({name: more[name] for name in ("d", "a")}, times))
    assert text(merged, more) == WHOLE + b"d1\na4\n"


def test_an_end_that_was_recorded_late_is_not_missed() -> None:
    merged, said = MergedLog(), b"a1\nunfinished"
    now = datetime.now().astimezone()
    live = owner("a", said[:3], live=True)
    merged.add(RunLog(owners=(live,), stretches=((0, S, 0, 3),), live=True, at=now))
    assert (merged.asked, merged.live) == (now, True)
    merged.add(RunLog(owners=(), stretches=(), live=False, at=now))
    assert (merged.asked, merged.live) == (None, True), "nothing is said of one that was live"
    whole = RunLog(owners=(owner("a", said),), stretches=((0, S, 0, len(said)),), live=False, at=now)
    assert merged.add(whole)
    assert (merged.asked, merged.live) == (now, False)
    assert text(merged, {"a": said}) == said + b"\n"


@pytest.mark.parametrize(
    ("times", "sizes", "wanted"),
    [
        ([], [], []),
        ([[(0, 1)]], [0], []),
        ([[(0, 5)], [(0, 5)]], [3, 4], [(0, 5, 0, 3), (1, 5, 0, 4)]),
        ([[(0, 1), (0, 2), (4, 2)]], [9], [(0, 2, 0, 9)]),
        ([[(0, 1), (20, 2)]], [9], [(0, 1, 0, 9)]),  # the log was cut short since
        ([[(0, 1), (2, S + 1)]], [4], [(0, 1, 0, 2), (0, S + 1, 2, 4)]),
    ],
)
def test_merging(
    times: list[list[tuple[int, int]]], sizes: list[int], wanted: list[tuple[int, int, int, int]]
) -> None:
    assert merge(times, sizes) == wanted


lines = st.lists(st.sampled_from([b"\n", b"x\n", b"yy\n"]), max_size=6)


@given(st.lists(lines, max_size=4), st.data())
@settings(max_examples=200)
def test_any_part_is_the_part_of_the_whole(logs: list[list[bytes]], data: st.DataObject) -> None:
    named: dict[str, bytes] = {}
    rising: dict[str, list[tuple[int, int]]] = {}
    for place, each in enumerate(logs):
        at = sorted(data.draw(st.lists(st.integers(0, 5), min_size=len(each), max_size=len(each))))
        starts = [sum(map(len, each[:number])) for number in range(len(each))]
        rising[str(place)] = [(start, second * S) for start, second in zip(starts, at, strict=True)]
        named[str(place)] = b"".join(each)[: -1 if place % 2 else None]
    merged = MergedLog()
    merged.add(answer(named, rising))
    whole = text(merged, named)
    ended = [log + b"\n" * (bool(log) and not log.endswith(b"\n")) for log in named.values()]
    assert sorted(whole.split(b"\n")) == sorted(b"".join(ended).split(b"\n"))
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(first, len(whole)))
    assert text(merged, named, first, last - first) == whole[first:last]
