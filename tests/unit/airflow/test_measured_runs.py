"""What compares runs with measured ones: it sees a difference, and reasons are written down."""

from __future__ import annotations

from typing import Any

import pytest

from measured.airflow_files import facts
from measured.airflow_runs import NOT_RUN, REASONS, equal
from measured.compare import DIFFERENCES


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (1, 1, True),
        (1, 2, False),
        ("a", {"nondeterministic": True}, True),
        ([1, 2], [1, {"nondeterministic": True}], True),
        ([1], [1, {"nondeterministic": True}], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [1]}, {"a": [2]}, False),
        ("a", {"len": 1, "sha256": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}, True),
        (
            "b",
            {"len": 1, "sha256": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
            False,
        ),
        ("/x/python", "<PYTHON>", True),
        ("/dags/a/runs/r1", "/dags/a/runs/<run_id>", True),
        ("/dags/b/runs/r1", "/dags/a/runs/<run_id>", False),
    ],
)
def test_what_is_equal(ours: Any, theirs: Any, same: bool) -> None:
    assert equal(ours, theirs) is same


def test_each_reason_is_about_a_measured_file_and_written_down() -> None:
    names = [key.partition("#")[0] for era in ("2", "3") for key in facts(f"runs_af{era}")]
    assert [end for end in (*REASONS, *NOT_RUN) if not any(name.endswith(end) for name in names)] == []
    page = DIFFERENCES.read_text(encoding="utf-8")
    for reason in REASONS.values():
        assert not reason.on_purpose or reason.words in page
