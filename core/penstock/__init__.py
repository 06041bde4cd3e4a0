"""Penstock: the operations console for data pipelines that lives in the terminal.

DAG files import from here: ``from penstock import DAG, BashOperator``. Each name is imported when
it is first asked for, so that ``import penstock`` alone costs next to nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.authoring.asset_decorator import asset
    from penstock.authoring.assets import (
        Asset,
        AssetAlias,
        AssetAll,
        AssetAny,
        AssetOrTimeSchedule,
        Metadata,
    )
    from penstock.authoring.connections import BaseHook, Connection
    from penstock.authoring.context import Context, DagRun, get_current_context
    from penstock.authoring.dag import DAG, dag
    from penstock.authoring.deadlines import DeadlineAlert, DeadlineReference
    from penstock.authoring.decorators import setup, task, teardown
    from penstock.authoring.exceptions import (
        AirflowFailException,
        AirflowSensorTimeout,
        AirflowSkipException,
        FailException,
        PokeReturnValue,
        SensorTimeout,
        SkipException,
    )
    from penstock.authoring.group import TaskGroup, task_group
    from penstock.authoring.node import Label
    from penstock.authoring.notifiers.bell import BellNotifier
    from penstock.authoring.notifiers.notifier import BaseNotifier, Notifier
    from penstock.authoring.notifiers.shell import ShellNotifier
    from penstock.authoring.notifiers.smtp import SmtpNotifier
    from penstock.authoring.notifiers.webhook import WebhookNotifier
    from penstock.authoring.operators.bash import BashOperator
    from penstock.authoring.operators.empty import EmptyOperator
    from penstock.authoring.operators.external_python import (
        BranchExternalPythonOperator,
        ExternalPythonOperator,
    )
    from penstock.authoring.operators.latest_only import LatestOnlyOperator
    from penstock.authoring.operators.operator import BaseOperator, Operator
    from penstock.authoring.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
    from penstock.authoring.operators.sql import SQLExecuteQueryOperator
    from penstock.authoring.operators.trigger_dagrun import TriggerDagRunOperator
    from penstock.authoring.operators.virtualenv import (
        BranchPythonVirtualenvOperator,
        PythonVirtualenvOperator,
    )
    from penstock.authoring.params import Param
    from penstock.authoring.pools import Pool
    from penstock.authoring.schedules import (
        CronDataIntervalTimetable,
        CronTriggerTimetable,
        DeltaDataIntervalTimetable,
        DeltaTriggerTimetable,
        MultipleCronTriggerTimetable,
    )
    from penstock.authoring.sensors.bash import BashSensor
    from penstock.authoring.sensors.external_task import ExternalTaskSensor
    from penstock.authoring.sensors.file import FileSensor
    from penstock.authoring.sensors.http import HttpSensor
    from penstock.authoring.sensors.python import PythonSensor
    from penstock.authoring.sensors.sensor import BaseSensorOperator, Sensor
    from penstock.authoring.sensors.sql import SqlSensor
    from penstock.authoring.sensors.time import DateTimeSensor, TimeDeltaSensor, TimeSensor
    from penstock.authoring.task_instance import TaskInstance
    from penstock.authoring.variables import Variable
    from penstock.authoring.wiring import chain, chain_linear, cross_downstream
    from penstock.authoring.xcom_arg import XComArg
    from penstock.model.trigger_rules import TriggerRule

_HOMES = {
    "asset_decorator": ("asset",),
    "assets": ("Asset", "AssetAlias", "AssetAll", "AssetAny", "AssetOrTimeSchedule", "Metadata"),
    "connections": ("BaseHook", "Connection"),
    "context": ("Context", "DagRun", "get_current_context"),
    "dag": ("DAG", "dag"),
    "deadlines": ("DeadlineAlert", "DeadlineReference"),
    "decorators": ("setup", "task", "teardown"),
    "exceptions": (
        "AirflowFailException",
        "AirflowSensorTimeout",
        "AirflowSkipException",
        "FailException",
        "PokeReturnValue",
        "SensorTimeout",
        "SkipException",
    ),
    "group": ("TaskGroup", "task_group"),
    "node": ("Label",),
    "notifiers.bell": ("BellNotifier",),
    "notifiers.notifier": ("BaseNotifier", "Notifier"),
    "notifiers.shell": ("ShellNotifier",),
    "notifiers.smtp": ("SmtpNotifier",),
    "notifiers.webhook": ("WebhookNotifier",),
    "operators.bash": ("BashOperator",),
    "operators.empty": ("EmptyOperator",),
    "operators.latest_only": ("LatestOnlyOperator",),
    "operators.operator": ("BaseOperator", "Operator"),
    "operators.python": ("BranchPythonOperator", "PythonOperator", "ShortCircuitOperator"),
    "operators.sql": ("SQLExecuteQueryOperator",),
    "operators.external_python": ("BranchExternalPythonOperator", "ExternalPythonOperator"),
    "operators.virtualenv": ("BranchPythonVirtualenvOperator", "PythonVirtualenvOperator"),
    "operators.trigger_dagrun": ("TriggerDagRunOperator",),
    "params": ("Param",),
    "pools": ("Pool",),
    "schedules": (
        "CronDataIntervalTimetable",
        "CronTriggerTimetable",
        "DeltaDataIntervalTimetable",
        "DeltaTriggerTimetable",
        "MultipleCronTriggerTimetable",
    ),
    "sensors.bash": ("BashSensor",),
    "sensors.external_task": ("ExternalTaskSensor",),
    "sensors.file": ("FileSensor",),
    "sensors.http": ("HttpSensor",),
    "sensors.python": ("PythonSensor",),
    "sensors.sensor": ("BaseSensorOperator", "Sensor"),
    "sensors.sql": ("SqlSensor",),
    "sensors.time": ("DateTimeSensor", "TimeDeltaSensor", "TimeSensor"),
    "task_instance": ("TaskInstance",),
    "variables": ("Variable",),
    "wiring": ("chain", "chain_linear", "cross_downstream"),
    "xcom_arg": ("XComArg",),
}

__all__ = [
    "DAG",
    "AirflowFailException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "Asset",
    "AssetAlias",
    "AssetAll",
    "AssetAny",
    "AssetOrTimeSchedule",
    "BaseHook",
    "BaseNotifier",
    "BaseOperator",
    "BaseSensorOperator",
    "BashOperator",
    "BashSensor",
    "BellNotifier",
    "BranchExternalPythonOperator",
    "BranchPythonOperator",
    "BranchPythonVirtualenvOperator",
    "Connection",
    "Context",
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "DagRun",
    "DateTimeSensor",
    "DeadlineAlert",
    "DeadlineReference",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
    "EmptyOperator",
    "ExternalPythonOperator",
    "ExternalTaskSensor",
    "FailException",
    "FileSensor",
    "HttpSensor",
    "Label",
    "LatestOnlyOperator",
    "Metadata",
    "MultipleCronTriggerTimetable",
    "Notifier",
    "Operator",
    "Param",
    "PokeReturnValue",
    "Pool",
    "PythonOperator",
    "PythonSensor",
    "PythonVirtualenvOperator",
    "SQLExecuteQueryOperator",
    "Sensor",
    "SensorTimeout",
    "ShellNotifier",
    "ShortCircuitOperator",
    "SkipException",
    "SmtpNotifier",
    "SqlSensor",
    "TaskGroup",
    "TaskInstance",
    "TimeDeltaSensor",
    "TimeSensor",
    "TriggerDagRunOperator",
    "TriggerRule",
    "Variable",
    "WebhookNotifier",
    "XComArg",
    "__version__",
    "asset",
    "chain",
    "chain_linear",
    "cross_downstream",
    "dag",
    "get_current_context",
    "setup",
    "task",
    "task_group",
    "teardown",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "TriggerRule":
        module = "penstock.model.trigger_rules"
    else:
        found = next((home for home, names in _HOMES.items() if name in names), None)
        if found is None:
            raise AttributeError(f"module 'penstock' has no attribute {name!r}")
        module = f"penstock.authoring.{found}"
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
