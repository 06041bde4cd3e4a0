"""Penstock: the operations console for data pipelines that lives in the terminal.

DAG files import from here: ``from penstock import DAG, BashOperator``. Each name is imported when
it is first asked for, so that ``import penstock`` alone costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from penstock.authoring.assets import (
        Asset,
        AssetAlias,
        AssetAll,
        AssetAny,
        AssetOrTimeSchedule,
        Metadata,
    )
    from penstock.authoring.context import Context
    from penstock.authoring.dag import DAG, dag
    from penstock.authoring.deadlines import DeadlineAlert, DeadlineReference
    from penstock.authoring.exceptions import (
        AirflowFailException,
        AirflowSensorTimeout,
        AirflowSkipException,
        FailException,
        PokeReturnValue,
        SensorTimeout,
        SkipException,
        TaskDeferralError,
        TaskDeferralTimeout,
    )
    from penstock.authoring.group import TaskGroup, task_group
    from penstock.authoring.node import Label
    from penstock.authoring.operator import BaseOperator, Operator
    from penstock.authoring.params import Param
    from penstock.authoring.pools import Pool
    from penstock.authoring.schedules import (
        CronDataIntervalTimetable,
        CronTriggerTimetable,
        DeltaDataIntervalTimetable,
        DeltaTriggerTimetable,
        MultipleCronTriggerTimetable,
    )
    from penstock.authoring.sensor import BaseSensorOperator, Sensor
    from penstock.authoring.triggers import BaseTrigger, TaskDeferred, TriggerEvent
    from penstock.authoring.wiring import chain, chain_linear, cross_downstream
    from penstock.authoring.xcom_arg import XComArg
    from penstock.dbt.dag import DbtDag, DbtTaskGroup
    from penstock.model.trigger_rules import TriggerRule
    from penstock.notifiers.bell import BellNotifier
    from penstock.notifiers.notifier import BaseNotifier, Notifier
    from penstock.notifiers.shell import ShellNotifier
    from penstock.notifiers.smtp import SmtpNotifier
    from penstock.notifiers.webhook import WebhookNotifier
    from penstock.operators.asset_decorator import asset
    from penstock.operators.bash import BashOperator
    from penstock.operators.decorators import setup, task, teardown
    from penstock.operators.empty import EmptyOperator
    from penstock.operators.external_python import (
        BranchExternalPythonOperator,
        ExternalPythonOperator,
    )
    from penstock.operators.hitl import (
        ApprovalOperator,
        HITLBranchOperator,
        HITLEntryOperator,
        HITLOperator,
    )
    from penstock.operators.latest_only import LatestOnlyOperator
    from penstock.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
    from penstock.operators.sql import SQLExecuteQueryOperator
    from penstock.operators.trigger_dagrun import TriggerDagRunOperator
    from penstock.operators.virtualenv import (
        BranchPythonVirtualenvOperator,
        PythonVirtualenvOperator,
    )
    from penstock.sensors.bash import BashSensor
    from penstock.sensors.external_task import ExternalTaskSensor
    from penstock.sensors.file import FileSensor
    from penstock.sensors.http import HttpSensor
    from penstock.sensors.python import PythonSensor
    from penstock.sensors.sql import SqlSensor
    from penstock.sensors.time import DateTimeSensor, TimeDeltaSensor, TimeSensor
    from penstock.task_process.connections import BaseHook, Connection
    from penstock.task_process.context_keys import DagRun, get_current_context
    from penstock.task_process.task_instance import TaskInstance
    from penstock.task_process.triggers import DateTimeTrigger, FileTrigger, TimeDeltaTrigger
    from penstock.task_process.variables import Variable
    from penstock.version import __version__

_HOMES = {
    "operators.asset_decorator": ("asset",),
    "authoring.assets": ("Asset", "AssetAlias", "AssetAll", "AssetAny", "AssetOrTimeSchedule", "Metadata"),
    "task_process.connections": ("BaseHook", "Connection"),
    "authoring.context": ("Context",),
    "task_process.context_keys": ("DagRun", "get_current_context"),
    "authoring.dag": ("DAG", "dag"),
    "dbt.dag": ("DbtDag", "DbtTaskGroup"),
    "authoring.deadlines": ("DeadlineAlert", "DeadlineReference"),
    "operators.decorators": ("setup", "task", "teardown"),
    "authoring.exceptions": (
        "AirflowFailException",
        "AirflowSensorTimeout",
        "AirflowSkipException",
        "FailException",
        "PokeReturnValue",
        "SensorTimeout",
        "SkipException",
        "TaskDeferralError",
        "TaskDeferralTimeout",
    ),
    "authoring.group": ("TaskGroup", "task_group"),
    "authoring.node": ("Label",),
    "notifiers.bell": ("BellNotifier",),
    "notifiers.notifier": ("BaseNotifier", "Notifier"),
    "notifiers.shell": ("ShellNotifier",),
    "notifiers.smtp": ("SmtpNotifier",),
    "notifiers.webhook": ("WebhookNotifier",),
    "operators.bash": ("BashOperator",),
    "operators.empty": ("EmptyOperator",),
    "operators.hitl": ("ApprovalOperator", "HITLBranchOperator", "HITLEntryOperator", "HITLOperator"),
    "operators.latest_only": ("LatestOnlyOperator",),
    "authoring.operator": ("BaseOperator", "Operator"),
    "operators.python": ("BranchPythonOperator", "PythonOperator", "ShortCircuitOperator"),
    "operators.sql": ("SQLExecuteQueryOperator",),
    "operators.external_python": ("BranchExternalPythonOperator", "ExternalPythonOperator"),
    "operators.virtualenv": ("BranchPythonVirtualenvOperator", "PythonVirtualenvOperator"),
    "operators.trigger_dagrun": ("TriggerDagRunOperator",),
    "authoring.params": ("Param",),
    "authoring.pools": ("Pool",),
    "authoring.schedules": (
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
    "authoring.sensor": ("BaseSensorOperator", "Sensor"),
    "sensors.sql": ("SqlSensor",),
    "sensors.time": ("DateTimeSensor", "TimeDeltaSensor", "TimeSensor"),
    "task_process.task_instance": ("TaskInstance",),
    "authoring.triggers": ("BaseTrigger", "TaskDeferred", "TriggerEvent"),
    "task_process.triggers": ("DateTimeTrigger", "FileTrigger", "TimeDeltaTrigger"),
    "task_process.variables": ("Variable",),
    "authoring.wiring": ("chain", "chain_linear", "cross_downstream"),
    "authoring.xcom_arg": ("XComArg",),
    "model.trigger_rules": ("TriggerRule",),
    "version": ("__version__",),
}

__all__ = [
    "DAG",
    "AirflowFailException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "ApprovalOperator",
    "Asset",
    "AssetAlias",
    "AssetAll",
    "AssetAny",
    "AssetOrTimeSchedule",
    "BaseHook",
    "BaseNotifier",
    "BaseOperator",
    "BaseSensorOperator",
    "BaseTrigger",
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
    "DateTimeTrigger",
    "DbtDag",
    "DbtTaskGroup",
    "DeadlineAlert",
    "DeadlineReference",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
    "EmptyOperator",
    "ExternalPythonOperator",
    "ExternalTaskSensor",
    "FailException",
    "FileSensor",
    "FileTrigger",
    "HITLBranchOperator",
    "HITLEntryOperator",
    "HITLOperator",
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
    "TaskDeferralError",
    "TaskDeferralTimeout",
    "TaskDeferred",
    "TaskGroup",
    "TaskInstance",
    "TimeDeltaSensor",
    "TimeDeltaTrigger",
    "TimeSensor",
    "TriggerDagRunOperator",
    "TriggerEvent",
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

    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'penstock' has no attribute {name!r}")
    value: object = getattr(import_module(f"penstock.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
