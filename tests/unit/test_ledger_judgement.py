"""The judgement by a ledger notices what it is there to notice."""

from __future__ import annotations

import pytest

from drive.ledger import Row, judge

FINE = [
    "1.0 begin a run/t",
    "1.2 beat a run/t",
    "1.4 end a run/t 7",
    "2.0 begin b run/t",
    "2.5 end b run/t 0",
]
ROWS = [Row("a", "exit_code", 7), Row("b", "exit_code", 0)]


def test_what_is_fine_is_counted() -> None:
    found = judge(FINE, [*ROWS, Row("c", "revoked")])
    assert (found.wrong, found.begun, found.ended, found.revoked) == ([], 2, 2, 1)
    killed = judge(["1.0 begin a run/t", "1.1 end a run/t signal-9"], [Row("a", "signal", None, 9)])
    assert killed.wrong == []
    hurt = judge(["1.0 begin a run/t"], [Row("a", "lost", reason="it vanished")], {"a"})
    assert (hurt.wrong, hurt.lost) == ([], {"it vanished": 1})


@pytest.mark.parametrize(
    ("lines", "rows", "words"),
    [
        ([*FINE, "3.0 begin b run/t", "3.1 end b run/t 0"], ROWS, "b of run/t began twice"),
        ([*FINE, "3.0 beat a run/t"], ROWS, "a of run/t wrote beat outside of its life"),
        (
            ["1.3 begin c run/t", "1.5 end c run/t 0", *FINE],
            [*ROWS, Row("c", "exit_code", 0)],
            "c of run/t began while a lived",
        ),
        (FINE, ROWS[:1], "the store does not know it"),
        (FINE, [ROWS[0], Row("b", None)], "b never ended"),
        (FINE, [ROWS[0], Row("b", "exit_code", 1)], "b ended with 0, recorded is exit_code 1"),
        (FINE, [ROWS[0], Row("b", "signal", None, 9)], "b ended with 0, recorded is signal signal-9"),
        (FINE[:3], ROWS, "b ended with None, recorded is exit_code 0"),
        (FINE, [ROWS[0], Row("b", "cancelled", 143)], "b ended with 0, recorded is cancelled 143"),
        (FINE, [ROWS[0], Row("b", "revoked")], "although its start was taken back"),
        (FINE, [ROWS[0], Row("b", "lost", reason="it vanished")], "nobody hurt it: it vanished"),
        (FINE, [ROWS[0], Row("b", "lost")], "nothing says why"),
    ],
)
def test_what_is_wrong_is_found(lines: list[str], rows: list[Row], words: str) -> None:
    assert words in "; ".join(judge(lines, rows).wrong)
