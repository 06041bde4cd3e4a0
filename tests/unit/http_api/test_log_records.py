"""The log of a try as records: nothing is held that is not sent."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from penstock.http.desk import Reader
from penstock.http.logs import LONGEST_LINE, MOST_BYTES, Part, gathered, lines
from penstock.model.outcome import Outcome, OutcomeKind
from penstock.model.views.attempts import AttemptRow, LogChunk

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIB = 1 << 20


class Logs:
    """A reader of one log: *line* again and again, *size* bytes of it."""

    def __init__(self, line: bytes, size: int) -> None:
        self.line = line
        self.size = size

    def read_log(self, attempt_id: str, offset: int, limit: int) -> LogChunk:
        assert attempt_id == "a"
        length = min(limit, self.size - offset)
        skipped = offset % len(self.line)
        data = (self.line * (length // len(self.line) + 2))[skipped : skipped + length]
        return LogChunk(data=data, offset=offset, next_offset=offset + length, size=self.size, end=True)

    def log_times(self, attempt_id: str, first: int, last: int) -> list[tuple[int, datetime]]:
        del attempt_id, last
        return [(first, NOON)]

    @property
    def part(self) -> Part:
        ended = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0)
        row = AttemptRow(
            attempt_id="a", dag_id="d", run_id="r", task_id="t", map_index=-1, try_number=1, queued=NOON,
            start=NOON, end=NOON, outcome=ended,
        )  # fmt: skip
        return Part(row, 0, self.size, whole=True)

    @property
    def reader(self) -> Reader:
        return cast("Reader", cast("Any", self))


@pytest.mark.parametrize("line", [b"x" * 63 + b"\n", b"#"], ids=["lines", "one endless line"])
def test_a_log_of_any_size_is_streamed_in_little_memory(line: bytes) -> None:
    log = Logs(line, 16 * MIB)
    last = size = 0
    tracemalloc.start()
    try:
        for record, follows in lines(log.reader, log.part):
            assert len(record.event) < LONGEST_LINE + MIB
            assert record.timestamp == NOON
            assert follows > last
            size += len(record.event) + line.count(b"\n")
            last = follows
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (last, size) == (log.size, log.size)
    assert peak < 8 * MIB


@pytest.mark.parametrize("line", [b"x" * 63 + b"\n", b"#"], ids=["lines", "one endless line"])
def test_an_answer_that_is_no_stream_is_cut_and_goes_on(line: bytes) -> None:
    log = Logs(line, 12 * MIB)
    part, size, answers = log.part, 0, 0
    while True:
        records, place = gathered(log.reader, [part], tail=False)
        answers += 1
        taken = sum(len(record.event) + line.count(b"\n") for record in records)
        assert taken <= MOST_BYTES + 2 * MIB
        size += taken
        if place is None:
            break
        part = part._replace(start=place.offset)
    assert size == log.size
    assert answers >= 3
