"""Every measured manual run of the reference system, replayed.

Scheduled ones are asked of `penstock schedule preview`, in `integration/golden/test_golden_comparison.py`.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from penstock.model.spec import ScheduleSpec
from penstock.timetable import timetable_of

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "timetables.json").read_text())
KINDS = {
    "CronDataInterval": "cron_interval",
    "CronTrigger": "cron",
    "MultipleCronTrigger": "cron",
    "DeltaDataInterval": "delta_interval",
    "DeltaTrigger": "delta",
    "Once": "once",
    "Continuous": "continuous",
    "Null": "none",
}


def spec_of(case: dict[str, Any]) -> ScheduleSpec:
    schedule, options = case["schedule"], case.get("kwargs", {})
    crons = (schedule,) if isinstance(schedule, str) else ()
    if isinstance(schedule, list):
        crons = tuple(schedule)
    delta = schedule if isinstance(schedule, dict) else {}
    early = options.get("run_immediately")
    kind = KINDS[case["timetable"]]
    return ScheduleSpec(
        kind=kind,  # type: ignore[arg-type]
        crons=crons if kind.startswith("cron") else (),
        seconds=delta.get("timedelta_seconds"),
        relative=delta.get("relativedelta"),
        interval=options.get("interval", {}).get("timedelta_seconds"),
        run_immediately=early["timedelta_seconds"] if isinstance(early, dict) else early,
        timezone=case["timezone"],
    )


@pytest.mark.parametrize("case", GOLDEN["manual"], ids=lambda case: f"{case['id']}-{case['timetable']}")
def test_manual_interval(case: dict[str, Any]) -> None:
    interval = timetable_of(spec_of(case)).manual_interval(
        datetime.fromisoformat(case["logical_date_requested"])
    )
    assert interval == (
        datetime.fromisoformat(case["data_interval_start"]),
        datetime.fromisoformat(case["data_interval_end"]),
    )


def test_every_case_is_here() -> None:
    assert (len(GOLDEN["cases"]), len(GOLDEN["manual"])) == (172, 29)
