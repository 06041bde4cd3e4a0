"""The log of a run over the port: logs of attempts by time, whole lines, what came since, parts of them."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from data import builders
from data.builders import NOON
from data.filled_store import Port
from penstock.attempts.files import LOG, LOG_INDEX, attempt_path
from penstock.clock import to_us
from penstock.model.merged_log import MergedLog
from penstock.model.outcome import Outcome, OutcomeKind

ENDED = Outcome(kind=OutcomeKind.EXIT_CODE, exit_code=0, duration=1.0)


def printed(
    port: Port, task_id: str, attempt_id: str, *parts: tuple[float, bytes], live: bool = False
) -> None:
    """Add an attempt that printed *parts*, each so many seconds after noon."""
    task = builders.task_key(port.database, "etl", "now", task_id)
    builders.add_attempt(port.database, task, attempt_id, at=NOON, outcome=None if live else ENDED)
    write(port, attempt_id, *parts)


def write(port: Port, attempt_id: str, *parts: tuple[float, bytes]) -> None:
    folder = attempt_path(port.settings.attempts, attempt_id)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOG).open("ab") as log, (folder / LOG_INDEX).open("ab") as index:
        for seconds, data in parts:
            at = to_us(NOON + timedelta(seconds=seconds))
            index.write(struct.pack("<QQ", log.tell(), at))
            log.write(data)


def text(port: Port, merged: MergedLog) -> bytes:
    merged = merged.only(lambda one: one.attempt_id.startswith("0198c0ffee"))
    pieces = merged.pieces(0, merged.size)
    found = port.engine.log_pieces([(each.attempt_id, each.first, each.length) for each in pieces])
    return b"".join(data + b"\n" * each.ended for data, each in zip(found, pieces, strict=True))


def test_the_log_of_a_run_is_that_of_its_attempts_by_time(port: Port) -> None:
    printed(port, "extract", "0198c0ffee01-0000000a", (0, b"e1\ne2\nhal"), (4, b"f\ne4\n"), (8, b"e5"))
    printed(port, "load", "0198c0ffee02-0000000a", (2, b"l1\n"), (6, b"l2\n"))
    answer = port.engine.run_log("etl", "now")
    merged = MergedLog()
    merged.add(answer)
    assert text(port, merged) == b"e1\ne2\nhalf\nl1\ne4\nl2\ne5\n"
    assert [
        (one.task_id, one.size, one.torn) for one in merged.owners if one.attempt_id.startswith("0198c0ffee")
    ] == [
        ("extract", 16, True),
        ("load", 6, False),
    ]
    assert merged.only(lambda one: one.task_id == "extract").moment(0) == NOON
    assert abs(answer.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_came_since_is_asked_for_alone(port: Port) -> None:
    ended, live = "0198c0ffee01-0000000a", "0198c0ffee02-0000000b"
    printed(port, "extract", ended, (0, b"e1\n"))
    printed(port, "load", live, (2, b"l1\nunfin"), live=True)
    merged = MergedLog()
    merged.add(port.engine.run_log("etl", "now"))
    assert text(port, merged) == b"e1\nl1\n", "a line is shown when it has its end"
    write(port, live, (7000, b"ished\nl3\n"))
    answer = port.engine.run_log("etl", "now", since=NOON + timedelta(seconds=6000))
    assert ended not in [one.attempt_id for one in answer.owners]
    assert live in [one.attempt_id for one in answer.owners]
    merged.add(answer)
    assert merged.live
    assert text(port, merged) == b"e1\nl1\nunfinished\nl3\n"


def test_parts_that_are_not_there(port: Port) -> None:
    printed(port, "load", "0198c0ffee02-0000000a", (2, b"l1\n"))
    asked = [
        ("0198c0ffee02-0000000a", 1, 100),
        ("0198c0ffee02-0000000a", 50, 5),
        ("0198c0ffee0f-0000000a", 0, 5),
    ]
    assert port.engine.log_pieces(asked) == [b"1\n", b"", b""]
    assert port.engine.log_pieces([]) == []
