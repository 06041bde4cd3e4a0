"""What an attempt is that its worker does not know: silence proves nothing."""

from __future__ import annotations

import pytest

from penstock.execution.dask.fence import REVOKED
from penstock.execution.dask.judgement import UNKNOWN, Case, judge
from penstock.execution.remote.protocol import Seen

SILENT = {"w1": 50.0, "w2": 40.0}


@pytest.mark.parametrize(
    ("case", "kind", "since"),
    [
        (Case(REVOKED), "exited", None),
        (Case(REVOKED, silent=SILENT), "exited", None),
        (Case(None), "absent", None),
        (Case(None, silent=SILENT), "absent", None),
        (Case(None, given="w1"), "accepted", None),
        (Case(UNKNOWN), "absent", None),
        (Case(UNKNOWN, given="w1"), "accepted", None),
        (Case(UNKNOWN, silent=SILENT), "unreachable", 40.0),
        (Case(UNKNOWN, young=True), "unreachable", 99.0),
        (Case(UNKNOWN, young=True, silent=SILENT), "unreachable", 40.0),
        (Case(UNKNOWN, young=True, given="w1"), "accepted", None),
        (Case(None, young=True), "absent", None),
        (Case("w1"), "absent", None),
        (Case("w1", fresh=True), "accepted", None),
        (Case("w1", silent=SILENT), "unreachable", 50.0),
        (Case("w1", fresh=True, silent=SILENT), "unreachable", 50.0),
        (Case("w3", silent=SILENT), "absent", None),
        (Case("1234/5", foreign=True), "unreachable", 99.0),
    ],
)
def test_the_judgement(case: Case, kind: str, since: float | None) -> None:
    seen = judge(case, 99.0)
    assert (seen.kind, seen.since, seen.revoked) == (kind, since, case.winner == REVOKED)


def test_what_waits_says_for_whom() -> None:
    assert judge(Case(None, given="w1"), 0.0) == Seen(
        kind="accepted", waiting="given to worker w1, which has not begun yet"
    )
