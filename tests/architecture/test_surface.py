"""The surface: what `import penstock` offers, and that it is shipped with its types."""

from __future__ import annotations

import ast
import importlib
import re

import pytest

import penstock
from architecture.house import CORE, DOCS, TUI, tree

SURFACE = {
    word
    for line in """
    BranchExternalPythonOperator BranchPythonVirtualenvOperator ExternalPythonOperator
    PythonVirtualenvOperator HttpSensor TriggerDagRunOperator
    Asset AssetAlias AssetAll AssetAny AssetOrTimeSchedule Metadata asset
    ApprovalOperator HITLBranchOperator HITLEntryOperator HITLOperator
    DAG AirflowFailException AirflowSensorTimeout AirflowSkipException BaseHook BaseOperator
    BaseSensorOperator BashOperator BashSensor BranchPythonOperator Connection Context
    CronDataIntervalTimetable CronTriggerTimetable DagRun DateTimeSensor DeltaDataIntervalTimetable
    DeltaTriggerTimetable EmptyOperator ExternalTaskSensor FailException FileSensor Label
    LatestOnlyOperator MultipleCronTriggerTimetable Operator Param PokeReturnValue Pool PythonOperator
    PythonSensor SQLExecuteQueryOperator Sensor SensorTimeout ShortCircuitOperator SkipException
    SqlSensor TaskGroup TaskInstance TimeDeltaSensor TimeSensor TriggerRule Variable XComArg
    BaseNotifier BellNotifier DbtDag DbtTaskGroup DeadlineAlert DeadlineReference Notifier
    ShellNotifier SmtpNotifier
    WebhookNotifier
    BaseTrigger DateTimeTrigger FileTrigger TaskDeferralError TaskDeferralTimeout TaskDeferred
    TimeDeltaTrigger TriggerEvent
    __version__ chain chain_linear cross_downstream dag get_current_context setup task task_group teardown
    """.splitlines()
    for word in line.split()
}
"""Adding a name is a promise, taking one away breaks files: both are done here too, on purpose."""


def test_the_names_are_these() -> None:
    assert set(penstock.__all__) == SURFACE
    assert len(penstock.__all__) == len(SURFACE)


def test_every_name_is_there_and_documented() -> None:
    for word in SURFACE - {"__version__"}:
        thing = getattr(penstock, word)
        assert getattr(thing, "__doc__", None), word


def test_type_checkers_see_what_the_interpreter_sees() -> None:
    """The names are written twice, for the two kinds of reader: both lists say the same."""
    checked: dict[str, str] = {}
    for node in ast.walk(tree(CORE / "__init__.py")):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("penstock."):
            checked |= {alias.asname or alias.name: node.module or "" for alias in node.names}
    assert set(checked) == SURFACE
    for word, module in checked.items():
        assert getattr(importlib.import_module(module), word) is getattr(penstock, word), word


def test_an_unknown_name_is_refused_like_any_other() -> None:
    with pytest.raises(AttributeError, match="'Dag'"):
        _ = penstock.Dag


def test_both_packages_ship_their_types() -> None:
    assert (CORE / "py.typed").exists()
    assert (TUI / "py.typed").exists()


def test_every_name_is_in_the_authors_manual() -> None:
    page = (DOCS / "authoring.md").read_text()
    missing = [word for word in sorted(SURFACE - {"__version__"}) if not re.search(rf"\b{word}\b", page)]
    assert missing == []
