"""Tasks that defer: what they leave behind, and how they go on. The triggers themselves run in asyncio."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from drive.deferring import Waits, fired, folder_of, go_on, run_triggers
from drive.tasks import Runs
from penstock import (
    DAG,
    BaseOperator,
    BaseTrigger,
    Context,
    TaskDeferralError,
    TaskDeferralTimeout,
    TaskDeferred,
    TriggerEvent,
)
from penstock.attempts import files
from penstock.authoring.triggers import StartTriggerArgs, TaskFailedEvent, TaskSkippedEvent, TaskSuccessEvent
from penstock.task_process import triggerer as module
from penstock.task_process.suspects import groups
from penstock.task_process.triggerer import Triggerer

NOW = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)


@pytest.fixture
def dag() -> DAG:
    return DAG("d", schedule=None)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "attempts")


class Echo(BaseTrigger):
    """Fires at once with what it was given."""

    def __init__(self, payload: Any = None, **more: Any) -> None:
        super().__init__()
        self.payload, self.more = payload, more

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Echo", {"payload": self.payload, **self.more}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        self.log.info("echo for %s", self.task_instance.task_id)
        yield TriggerEvent(self.payload)


class Never(BaseTrigger):
    """Does not fire; remembers that it was cleaned up."""

    cleaned: ClassVar[list[str]] = []

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Never", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        await asyncio.sleep(3600)
        yield TriggerEvent(None)

    async def cleanup(self) -> None:
        self.cleaned.append(self.task_instance.task_id)


class Odd(Never):
    """Goes wrong in the way that *how* names."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Odd", {"how": self.how}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        ends: dict[str, Callable[[], Any]] = {
            "object": lambda: TriggerEvent(object()),
            "success": lambda: TaskSuccessEvent(xcoms={"return_value": 7}),
            "failed": TaskFailedEvent,
            "skipped": TaskSkippedEvent,
        }
        if self.how == "raises":
            raise ValueError("no such thing")
        if self.how == "exits":
            raise SystemExit(3)
        if self.how in ends:
            yield ends[self.how]()


PAYLOADS = [None, True, 7, "text", [1, 2], {"a": {"b": 1}}, (1, 2), NOW, dt.timedelta(seconds=3)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_trigger_brings_reaches_the_method(dag: DAG, runs: Runs, payload: Any) -> None:
    Waits(dag=dag, task_id="w", trigger=Echo(payload), more={"n": 1, "at": NOW})
    ran = runs.here(dag, "w")
    assert ran.kind == "deferred"
    assert ran.ending.exit_code == 0
    run_triggers(runs, "w")
    ended = go_on(runs, dag, "w")
    assert ended.kind == "success"
    from penstock.task_process.xcom_codec import decode

    value = decode(ended.xcoms["return_value"])
    assert value == {"event": payload, "more": {"n": 1, "at": NOW}, "task": "w"}


def test_what_was_pushed_before_is_kept(dag: DAG, runs: Runs) -> None:
    Waits(dag=dag, task_id="w", trigger=Echo(1))
    runs.here(dag, "w")
    run_triggers(runs, "w")
    assert go_on(runs, dag, "w").xcoms["before"] == [1, 2]


def test_the_task_prints_what_its_trigger_logged(
    dag: DAG, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    import logging

    Waits(dag=dag, task_id="w", trigger=Echo(1))
    runs.here(dag, "w")
    handler = module._ToTask(logging.INFO)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        run_triggers(runs, "w")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    go_on(runs, dag, "w")
    assert "echo for w" in capsys.readouterr().out


def test_a_limit_is_told_to_the_engine(dag: DAG, runs: Runs) -> None:
    Waits(dag=dag, task_id="w", trigger=Never(), timeout=dt.timedelta(minutes=1))
    Waits(dag=dag, task_id="ever", trigger=Never())
    ending = runs.here(dag, "w").ending
    assert ending.resume_by == pytest.approx(time.time() + 60, abs=20)
    assert ending.trigger == "Never"
    assert runs.here(dag, "ever").ending.resume_by is None


def test_without_an_event_it_raises(dag: DAG, runs: Runs) -> None:
    Waits(dag=dag, task_id="w", trigger=Never(), timeout=1)
    runs.here(dag, "w")
    ended = go_on(runs, dag, "w")
    assert ended.kind == "failed"
    assert isinstance(ended.ending.error, TaskDeferralTimeout)
    assert "did not fire in time" in str(ended.ending.error)


ODD = [
    ("raises", "failed", "ValueError: no such thing"),
    ("exits", "failed", "SystemExit: 3"),
    ("ends", "failed", "ended without an event"),
    ("object", "failed", "its event cannot be kept"),
    ("failed", "failed", "says that the task has failed"),
    ("skipped", "skipped", "says so"),
    ("success", "success", ""),
]


@pytest.mark.parametrize(("how", "kind", "words"), ODD)
def test_triggers_that_go_wrong_or_end_the_task(
    dag: DAG, runs: Runs, how: str, kind: str, words: str
) -> None:
    Waits(dag=dag, task_id="w", trigger=Odd(how))
    runs.here(dag, "w")
    run_triggers(runs, "w")
    ended = go_on(runs, dag, "w")
    assert ended.kind == kind
    assert words in str(ended.ending.error or "")
    if how in ("raises", "exits", "ends", "object"):
        assert isinstance(ended.ending.error, TaskDeferralError)
    if how == "success":
        assert ended.xcoms == {"before": [1, 2], "return_value": 7}


def test_one_that_cannot_be_made_again_fails_its_task_alone(dag: DAG, runs: Runs) -> None:
    Waits(dag=dag, task_id="gone", trigger=_Named("no.such.module.Trigger", {}))
    Waits(dag=dag, task_id="misused", trigger=_Named(f"{__name__}.Odd", {"a": 1}))
    Waits(dag=dag, task_id="fine", trigger=Echo(1))
    for name in ("gone", "misused", "fine"):
        runs.here(dag, name)
    run_triggers(runs, "gone", "misused", "fine")
    assert "No module named" in fired(runs, "gone")["error"]
    assert "unexpected keyword" in fired(runs, "misused")["error"]
    assert fired(runs, "fine")["event"] == 1


class _Named(BaseTrigger):
    def __init__(self, name: Any, kwargs: Any) -> None:
        super().__init__()
        self.made_of = (name, kwargs)

    def serialize(self) -> Any:
        return self.made_of


BAD: list[tuple[Any, str]] = [
    (_Named("Trigger", {}), "must return 'module.Class' and a dict"),
    (_Named("a.Trigger", None), "must return 'module.Class' and a dict"),
    (_Named("a.Trigger", {"a": object()}), "the arguments of trigger a.Trigger cannot be kept"),
    (_Named("a.Trigger", {"a": "x" * files.MAX_RECORD_BYTES}), "too large"),
    (BaseTrigger(), "has no serialize()"),
    ("not a trigger", "needs a trigger, not str"),
]


@pytest.mark.parametrize(("trigger", "words"), BAD)
def test_what_cannot_be_deferred_to_fails_the_task(dag: DAG, runs: Runs, trigger: Any, words: str) -> None:
    Waits(dag=dag, task_id="w", trigger=trigger)
    ended = runs.here(dag, "w")
    assert ended.kind == "failed"
    assert words in str(ended.ending.error)


def test_a_method_that_is_not_there_fails_the_task(dag: DAG, runs: Runs) -> None:
    class Wrong(BaseOperator):
        def execute(self, context: Context) -> None:
            raise TaskDeferred(trigger=Echo(), method_name="no_such_method")

    Wrong(dag=dag, task_id="w")
    assert "no method 'no_such_method'" in str(runs.here(dag, "w").ending.error)


def test_a_task_may_begin_with_its_trigger(dag: DAG, runs: Runs) -> None:
    class Begins(Waits):
        start_from_trigger = True
        start_trigger_args = StartTriggerArgs(f"{__name__}.Echo", "go_on", {"payload": 5}, {"n": 2})

    Begins(dag=dag, task_id="w", trigger=None)
    assert runs.here(dag, "w").kind == "deferred"
    run_triggers(runs, "w")
    assert go_on(runs, dag, "w").xcoms["return_value"] == {"event": 5, "more": {"n": 2}, "task": "w"}


def test_a_trigger_that_nobody_wants_any_more_is_cleaned_up(dag: DAG, runs: Runs) -> None:
    Never.cleaned.clear()
    Waits(dag=dag, task_id="w", trigger=Never())
    runs.here(dag, "w")
    home = Path(runs.root / "triggerer")
    began = time.monotonic()

    def later() -> bool:
        if time.monotonic() - began > 0.5:  # by then it runs
            files.write_whole(home, files.WANTED, files.dump_fields({"ids": []}))
        return bool(Never.cleaned)

    run_triggers(runs, "w", until=later)
    assert Never.cleaned == ["w"]
    assert not Path(folder_of(runs, "w"), files.FIRED).exists()


def test_the_first_event_that_is_written_counts(dag: DAG, runs: Runs) -> None:
    Waits(dag=dag, task_id="w", trigger=Echo("second"))
    runs.here(dag, "w")
    first = Path(folder_of(runs, "w"), files.FIRED)
    first.write_bytes(files.dump_fields({"event": "first"}))
    run_triggers(runs, "w")
    assert json.loads(first.read_bytes())["event"] == "first"


def test_it_ends_when_it_has_nothing_to_run(dag: DAG, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.1)
    home = runs.root / "idle"
    home.mkdir(parents=True)
    asyncio.run(Triggerer(str(home), str(runs.root), None).run())


DEADLY = """
import os
from penstock import BaseTrigger, TriggerEvent

class Deadly(BaseTrigger):
    def __init__(self, dies):
        super().__init__()
        self.dies = dies

    def serialize(self):
        return "deadly.Deadly", {"dies": self.dies}

    async def run(self):
        if self.dies:
            os._exit(9)
        yield TriggerEvent("fine")
"""


def test_one_that_kills_the_process_of_all_is_found(dag: DAG, runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text(DEADLY)
    names = [f"t{number}" for number in range(12)]
    for name in names:
        Waits(dag=dag, task_id=name, trigger=_Named("deadly.Deadly", {"dies": name == "t5"}))
        runs.here(dag, name)
        left = files.read(f"{folder_of(runs, name)}/{files.DEFERRAL}")
        left["path"] = [str(tmp_path)]
        files.write_whole(folder_of(runs, name), files.DEFERRAL, files.dump_fields(left))
    folder = runs.prepare(tmp_path / "d.py", "d", "t0", root=str(runs.root), socket=None)
    ids = [runs.sources[name] for name in names]
    files.write_whole(folder, files.WANTED, files.dump_fields({"ids": ids}))
    code = f"from penstock.task_process import triggerer as t; t.IDLE_SECONDS = 1; t.main({str(folder)!r})"
    codes: list[int] = []
    while not codes or codes[-1]:  # as an engine starts it again
        assert len(codes) < 6
        line = [sys.executable, "-c", code]
        codes.append(subprocess.run(line, check=False, timeout=120, cwd=tmp_path).returncode)
    assert codes == [9, 9, 9, 0]
    assert "died 3 times soon after it began" in fired(runs, "t5")["error"]
    assert [fired(runs, name).get("event") for name in names if name != "t5"] == ["fine"] * 11


def test_what_is_begun_together_after_a_death() -> None:
    assert list(groups([])) == []
    assert list(groups([(1, "a"), (1, "b")])) == [["a"], ["b"]]
    many = [(1, f"{number:02}") for number in range(20)]
    assert [len(each) for each in groups([*many, (2, "x")])] == [3, 3, 3, 3, 3, 3, 2, 1]
    assert list(groups([(3, "z"), (1, "a"), (2, "x")])) == [["a"], ["x"], ["z"]]
