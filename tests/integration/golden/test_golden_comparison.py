"""Every case measured on the reference, tried here: how many are equal, and that the rest has a reason.

The counts are printed (``pytest -rP``). A difference that docs/differences.md does not explain
fails, and so does a reason that explains nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from drive.tasks import Runs, dags_of
from measured.compare import Compared, Count, compare, settle
from measured.runs import RanDag, run_files
from measured.templates import template_differs
from measured.wiring import dag_argument_case, wiring_case
from penstock.cli.root import penstock
from penstock.model.spec import ScheduleSpec
from penstock.model.states import TaskState
from penstock.model.trigger_rules import ParentCounts, TriggerRule, Verdict, evaluate
from penstock.timetable import timetable_of

FOLDER = Path(__file__).parents[2] / "golden"
TIMETABLES: dict[str, Any] = json.loads((FOLDER / "timetables.json").read_text())
WIRING: dict[str, Any] = json.loads((FOLDER / "wiring.json").read_text())
BATTERY: dict[str, Any] = json.loads((FOLDER / "battery.json").read_text())
FIELDS = ("logical_date", "data_interval_start", "data_interval_end", "run_after")
KINDS = {"Once": "once", "Continuous": "continuous", "Null": "none"}


def report(file: str, count: Count) -> None:
    """Say how the cases of a file came out."""
    print(f"{file}: {count}")


# -- schedules ---------------------------------------------------------------------------------


def iso_duration(delta: dict[str, Any]) -> str:
    """Return a measured timedelta or relativedelta as an ISO duration."""
    if "timedelta_seconds" in delta:
        return f"PT{delta['timedelta_seconds']:.6f}S"
    parts = delta["relativedelta"]
    letters = {"years": "Y", "months": "M", "weeks": "W", "days": "D"}
    times = {"hours": "H", "minutes": "M", "seconds": "S"}
    date = "".join(f"{parts[name]}{letter}" for name, letter in letters.items() if name in parts)
    time = "".join(f"{parts[name]}{letter}" for name, letter in times.items() if name in parts)
    return f"P{date}" + (f"T{time}" if time else "")


def preview_words(case: dict[str, Any], count: int) -> list[str]:
    """Return the arguments with which ``penstock schedule preview`` is asked for a case."""
    schedule, options = case["schedule"], case.get("kwargs", {})
    words = {str: schedule, type(None): "none"}.get(type(schedule)) or (
        "|".join(schedule) if isinstance(schedule, list) else iso_duration(schedule)
    )
    said = [str(words), "--timezone", case["timezone"], "--now", case["now"], "-n", str(count), "--json"]
    said += ["--catchup", "all" if case["catchup"] else "latest"]
    if case["timetable"].endswith("Interval"):
        said += ["--kind", "interval"]
    for name in ("start", "end"):
        said += [f"--{name}", case[f"{name}_date"]] if case[f"{name}_date"] else []
    said += ["--last", *case["last_data_interval"]] if case["last_data_interval"] else []
    if "interval" in options:
        said += ["--interval", iso_duration(options["interval"])]
    if "run_immediately" in options:
        early = options["run_immediately"]
        said += [
            "--run-immediately",
            iso_duration(early) if isinstance(early, dict) else "yes" if early else "no",
        ]
    return said


def schedule_cases() -> Iterator[Compared]:
    for case in TIMETABLES["cases"]:
        chain = case["next"] if isinstance(case["next"], list) else [case["next"]]
        answer = CliRunner().invoke(penstock, ["schedule", "preview", *preview_words(case, len(chain))])
        assert answer.exit_code == 0, answer.output
        points = json.loads(answer.stdout)["points"]
        ours = [{name: datetime.fromisoformat(point[name]) for name in FIELDS} for point in points]
        theirs = [{name: datetime.fromisoformat(each[name]) for name in FIELDS} for each in chain if each]
        yield Compared(case["id"], compare(ours, theirs))


def manual_cases() -> Iterator[Compared]:
    for case in TIMETABLES["manual"]:
        schedule = case["schedule"]
        kind = KINDS.get(case["timetable"])
        if kind is None:
            kind = "delta" if isinstance(schedule, dict) else "cron"
            kind += "_interval" if case["timetable"].endswith("Interval") else ""
        delta = schedule if isinstance(schedule, dict) else {}
        spec = ScheduleSpec(
            kind=kind,  # type: ignore[arg-type]
            crons=(schedule,) if isinstance(schedule, str) and kind.startswith("cron") else (),
            seconds=delta.get("timedelta_seconds"),
            relative=delta.get("relativedelta"),
            timezone=case["timezone"],
        )
        found = timetable_of(spec).manual_interval(datetime.fromisoformat(case["logical_date_requested"]))
        wanted = tuple(datetime.fromisoformat(case[f"data_interval_{end}"]) for end in ("start", "end"))
        yield Compared(f"manual {case['id']}", compare(found, wanted))


_PHASE = "A timedelta schedule after a pause, with catchup off"
_EPOCH = "A data interval of a timedelta, with catchup off"
_UNBOUND = "Data intervals with catchup on and no start date"
_MONTH_ENDS = "A monthly or yearly interval from the 29th, 30th or 31st"
_FIRST_TICK = "The first tick of a cron that begins on the day of a clock change"
NOT_AS_SCHEDULED = {
    "T068": _FIRST_TICK,
    "T116": _FIRST_TICK,
    "T140": _UNBOUND,
    "T148": _UNBOUND,
    "T217": "A start date that is moved past the last run",
    "T223": _EPOCH,
    "T226": _MONTH_ENDS,
    "T227": _MONTH_ENDS,
    "T231": _EPOCH,
    "T235": _PHASE,
    "T239": _PHASE,
    "T242": _MONTH_ENDS,
    "T243": _PHASE,
    "T246": _PHASE,
}
"""`schedule preview` answers what the engine does, which is on purpose not always the reference's rule."""


def test_schedules() -> None:
    count = settle([*schedule_cases(), *manual_cases()], NOT_AS_SCHEDULED)
    report("timetables.json", count)
    assert count.tried == 201


# -- DAG files ---------------------------------------------------------------------------------

NOT_AS_WIRED = {
    "bad weight_rule": "A bad weight rule, a bad cron, a cycle",
    "tg label": "Labels on an edge to a group",
    "args: bad timetable": "A bad weight rule, a bad cron, a cycle",
    "args: start_date str": "`start_date` and `end_date` as text",
}


def test_wiring_and_arguments() -> None:
    cases = [Compared(case["case"], wiring_case(WIRING["prelude"], case)) for case in WIRING["wiring"]]
    cases += [Compared(f"args: {case['case']}", dag_argument_case(case)) for case in WIRING["dag_args"]]
    count = settle(cases, NOT_AS_WIRED)
    report("wiring.json", count)
    assert count.tried == 82


# -- while a run works ---------------------------------------------------------------------------

LETTERS = {
    "S": TaskState.SUCCESS,
    "F": TaskState.FAILED,
    "K": TaskState.SKIPPED,
    "U": TaskState.UPSTREAM_FAILED,
}
STATES = {Verdict.GO: "success", Verdict.SKIP: "skipped", Verdict.BLOCK: "upstream_failed"}


def test_trigger_rules() -> None:
    cases = []
    for rule, row in BATTERY["trigger_rules"]["table"].items():
        for name, wanted in row.items():
            parents = ParentCounts.of([LETTERS[one] for one in name if name != "none"])
            cases.append(
                Compared(f"{rule} {name}", compare(STATES[evaluate(TriggerRule(rule), parents)], wanted))
            )
    count = settle(cases, {})
    report("battery.json, trigger rules", count)
    assert count == Count(192, 192, 0)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RanDag]:
    """Every DAG of the battery that runs as a whole, run once by a real engine."""
    files = [FOLDER / "battery" / f"{name}.py" for name in ("flow", "xcom", "mapping")]
    home = tmp_path_factory.mktemp("battery")
    return run_files(files, home, datetime(2026, 1, 15, tzinfo=UTC))


def task_differs(ours: dict[str, Any] | None, theirs: dict[str, Any]) -> str | None:
    """Return how a task came out otherwise than measured."""
    if ours is None:
        return "is not there"
    wanted = {key: theirs[key] for key in ("state", "tries", "xcom", "xcoms") if key in theirs}
    if isinstance(wanted.get("xcom"), dict) and wanted["xcom"].keys() == {"len"}:
        wanted["xcom"] = wanted["xcom"]["len"]
        ours = {**ours, "xcom": len(ours.get("xcom", ""))}
    return compare(ours, wanted)


def run_differs(ours: RanDag, theirs: dict[str, Any]) -> str | None:
    """Return how a run came out otherwise than measured."""
    told = compare(ours.state, theirs["runs"][0]["state"])
    odd = [f"the run is {told}"] if told else []
    for name, wanted in theirs["tasks"].items():
        told = task_differs(ours.tasks.get(name), wanted)
        odd += [f"{name} is {told}"] if told else []
    odd += [f"{name} should not be there" for name in ours.tasks.keys() - theirs["tasks"].keys()]
    return "; ".join(odd) or None


NOT_AS_IT_FLOWED = {
    "fl_fail_fast": "A run that ended at its first failure (`fail_fast`)",
    "fl_args": "The keys of the context",
    "fl_xcom": "Times in the context and as XComs",
}


def test_flow(ran: dict[str, RanDag]) -> None:
    cases = [Compared(name, run_differs(ran[name], wanted)) for name, wanted in BATTERY["flow"].items()]
    report("battery.json, flow", settle(cases, NOT_AS_IT_FLOWED))
    assert len(cases) == 26


NOT_AS_PULLED = {
    "dtm": "Times in the context and as XComs",
    "c_dt_roundtrip": "Times in the context and as XComs",
    "c_missing_default": "`xcom_pull(..., default=x)`",
}


def test_xcoms(ran: dict[str, RanDag], tmp_path: Path) -> None:
    found, measured = ran["bx"].tasks, BATTERY["xcom"]["bx"]["tasks"]
    types = BATTERY["xcom"]["bx_types"]["tasks"]
    cases = [Compared(name, task_differs(found.get(name), wanted)) for name, wanted in measured.items()]
    with dags_of(FOLDER / "battery" / "xcom.py") as dags:
        for name, wanted in types.items():
            one = Runs(tmp_path).here(dags["bx_types"], name)
            pushed = {"xcom": one.xcoms["return_value"]} if "return_value" in one.xcoms else {}
            ours = {"state": one.kind, "tries": 1, **pushed}
            cases.append(Compared(f"type {name}", task_differs(ours, wanted)))
    count = settle(cases, NOT_AS_PULLED)
    report("battery.json, xcom", count)
    assert count.tried == len(measured) + len(types) == 57


def test_mapping(ran: dict[str, RanDag]) -> None:
    cases = [Compared(name, run_differs(ran[name], wanted)) for name, wanted in BATTERY["mapping"].items()]
    count = settle(cases, {})
    report("battery.json, mapping", count)
    assert count.tried == 11


def test_templates(tmp_path: Path) -> None:
    measured = BATTERY["templates"]
    cases = [
        Compared(name, template_differs(name, wanted, tmp_path, measured))
        for name, wanted in measured["text"]
    ]
    cases += [
        Compared(f"native {name}", template_differs(name, wanted, tmp_path, measured, native=True))
        for name, wanted in measured["native"]
    ]
    count = settle(cases, {"dag_run.run_type": "`{{ dag_run.run_type }}`"})
    report("battery.json, templates", count)
    assert count.tried == 64
