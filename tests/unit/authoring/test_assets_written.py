"""Assets as authors write them, and what a task sees and says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.asset_events import CAME, EVENTS_FILE
from drive.tasks import Runs, dags_of
from penstock import Asset, AssetAlias
from penstock.authoring.exceptions import TaskError
from penstock.errors import DagFileError
from penstock.task_process.asset_events import InletEvents, OutletEvents


@pytest.mark.parametrize(
    ("schedule", "text", "kind"),
    [
        ("Asset('a')", "a", "none"),
        ("[Asset('a'), Asset('b')]", "a & b", "none"),
        ("Asset('a') & Asset('b') & Asset('c')", "a & b & c", "none"),
        ("Asset('a') & (Asset('b') | Asset('c'))", "a & (b | c)", "none"),
        ("[Asset('a') | AssetAlias('x')]", "a | alias x", "none"),
        ("Asset.ref(uri='s3://a')", "s3://a", "none"),
        ("AssetAny(Asset('a'), AssetAll(Asset('b'), Asset('c')))", "a | (b & c)", "none"),
        ("AssetOrTimeSchedule(timetable='0 6 * * *', assets=[Asset('a')])", "0 6 * * * or a", "cron"),
        (
            "AssetOrTimeSchedule(timetable=CronTriggerTimetable('@daily'), assets=Asset('a'))",
            "@daily or a",
            "cron",
        ),
    ],
)
def test_schedules(schedule: str, text: str, kind: str, load: Any) -> None:
    spec = load.one("EmptyOperator(task_id='t')", f"schedule={schedule}")
    assert (spec.schedule.text, spec.schedule.kind) == (text, kind)
    assert spec.schedule.assets is not None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Asset()", "needs a name or a uri"),
        ("Asset('')", "the name of an asset must be"),
        ("Asset('é')", "must be ASCII"),
        ("Asset('a') & 'b'", "joined with assets, not with str 'b'"),
        ("EmptyOperator(task_id='a', outlets=['b'])", "outlets must be assets, not str 'b'"),
        ("EmptyOperator(task_id='a', outlets=[Asset.ref(name='b')])", "outlets must be assets, not AssetRef"),
        ("DAG('x', schedule=[])", "waits for nothing"),
        ("DAG('x', schedule=[Asset('a'), '@daily'])", "joined with assets, not with str"),
        ("AssetOrTimeSchedule(timetable=None, assets=[Asset('a')])", "a schedule by time"),
        ("AssetOrTimeSchedule(timetable='@daily', assets='a')", "assets must be assets"),
        ("Asset('a', watchers=[1])", "watchers are not supported"),
        ("asset.multi(schedule=None, outlets=[])", "needs outlets"),
        ("Asset.ref()", "either a name or a uri"),
    ],
)
def test_refused(line: str, message: str, load: Any) -> None:
    with pytest.raises(DagFileError) as caught:
        load.one(line)
    assert message in caught.value.message


def test_a_dag_of_assets_needs_defaults(load: Any) -> None:
    with pytest.raises(DagFileError, match="has no default"):
        load.one("EmptyOperator(task_id='t')", "schedule=[Asset('a')], params={'p': Param(type='string')}")


def test_inlets_and_outlets_of_any_task(load: Any) -> None:
    spec = load.one(
        "a = Asset('a', uri='s3://a', group='lake', extra={'k': 1})\n"
        "BashOperator(task_id='b', bash_command='true', outlets=[a, AssetAlias('x')], inlets=a)"
    )
    [task] = spec.tasks
    assert task.launch == "command"
    assert [(one.name, one.uri, one.group, one.extra, one.alias) for one in task.outlets] == [
        ("a", "s3://a", "lake", {"k": 1}, False),
        ("x", "", "asset", {}, True),
    ]
    assert [one.key for one in task.inlets] == [("a", "s3://a")]


def test_a_function_is_an_asset(load: Any) -> None:
    raw, clean, several = load.specs(
        "@asset(schedule='@daily', uri='s3://raw', tags=['x'])\n"
        "def raw():\n    '''What comes in.'''\n    return 1\n"
        "@asset(schedule=raw)\n"
        "def clean(self, context, raw, limit=3): pass\n"
        "@asset.multi(schedule=[raw, clean], outlets=[Asset('p'), Asset('q')])\n"
        "def both(context): pass\n"
    )
    assert (raw.dag_id, raw.doc, raw.tags) == ("raw", "What comes in.", ("x",))
    assert [one.key for one in raw.tasks[0].outlets] == [("raw", "s3://raw")]
    assert clean.schedule.text == "raw"
    assert [one.name for one in clean.tasks[0].inlets] == ["raw"]
    assert [one.name for one in several.tasks[0].outlets] == ["p", "q"]
    assert several.schedule.text == "raw & clean"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "assets.py"
    path.write_text(EVENTS_FILE)
    return path


def test_what_a_task_says(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with dags_of(file) as dags:
        runs = Runs(tmp_path / "attempts")
        said = runs.here(dags["d"], "say").ending.assets
        assert said == [
            {"name": "a", "uri": "s3://a", "extra": {"rows": 3}, "aliases": []},
            {"name": "new", "uri": "new", "extra": {"k": 1}, "aliases": ["x"]},
        ]
        told = runs.here(dags["d"], "tell")
        assert [one["extra"] for one in told.ending.assets] == [{"rows": 4}, {"k": 2}]
        assert told.xcoms == {"return_value": "value"}
        assert "yielded a str, which is ignored" in capsys.readouterr().out
        wrong = runs.here(dags["d"], "wrong").ending
        assert wrong.reason is not None
        assert "not among the task's outlets" in wrong.reason
        unwritable = runs.here(dags["d"], "unwritable").ending
        assert unwritable.reason is not None
        assert "must be JSON" in unwritable.reason
        made = runs.here(dags["made"], "made", run_id="r9")
        assert made.xcoms == {"return_value": ["made", "a", 2, "r9"]}


def test_inlets_are_asked_for_once_and_the_newest_is_last() -> None:
    asked: list[dict[str, Any]] = []

    def answer(wanted: dict[str, Any]) -> list[dict[str, Any]]:
        asked.append(wanted)
        row = {**CAME, "source_dag_id": "up", "source_run_id": "r1", "source_map_index": -1}
        return [{**row, "extra": {"n": 2}}, {**row, "extra": {"n": 1}, "source_dag_id": None}]

    a, x = Asset("a", uri="s3://a"), AssetAlias("x")
    events = InletEvents([a, x, Asset.ref(name="b")], answer)
    assert [event.extra["n"] for event in events[a]] == [1, 2]
    assert [event.source_dag_id for event in events[0]] == [None, "up"]
    assert events[x][-1].extra == {"n": 2}
    assert events[2][-1].extra == {"n": 2}
    assert [{key: one[key] for key in one if key != "limit"} for one in asked] == [
        {"name": "a", "uri": "s3://a"}, {"alias": "x"}, {"name": "b"},
    ]  # fmt: skip
    with pytest.raises(KeyError, match="not among the task's inlets"):
        events[Asset("other")]


def test_partitions_that_changed_are_said_beside_the_extra() -> None:
    a, b, x = Asset("a"), Asset("b"), AssetAlias("x")
    events = OutletEvents([a, b, x])
    events[a].extra = {"rows": 3}
    events[a].add_partitions("us")
    events[a].add_partitions(["eu", "us", "apac"])
    events[b].add_partitions([])
    [said] = events.said()
    assert (said["extra"], said["partition_keys"]) == ({"rows": 3}, ["us", "eu", "apac"])
    for outlet, keys, words in (
        (x, "us", "only an asset has partitions"),
        (a, "", "must be a string that is not empty, not ''"),
        (a, ["us", 3], "must be a string that is not empty, not 3"),
    ):
        with pytest.raises(TaskError, match=words):
            events[outlet].add_partitions(keys)  # type: ignore[arg-type]  # wrong on purpose
