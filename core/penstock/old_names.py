"""Modules of 0.1 under their old names, for processes that began before an upgrade. To be removed in 0.3.

Supervisors and tasks outlive the engine, so an upgrade finds them at work. Orders on disk name the module
that runs a task, and a running task imports some modules only when it needs them: at its end, when it is
stopped, when it asks for a template. A file under each of these names hands out the module's new self.
"""

from __future__ import annotations

import sys
from importlib import import_module

OLD_NAMES = {
    "penstock.authoring.asking": "penstock.task_process.engine_client",
    "penstock.authoring.asset_events": "penstock.task_process.asset_events",
    "penstock.authoring.branching": "penstock.operators.branching",
    "penstock.authoring.calling": "penstock.task_process.call",
    "penstock.authoring.cldr": "penstock.task_process.cldr",
    "penstock.authoring.connections": "penstock.task_process.connections",
    "penstock.authoring.databases": "penstock.task_process.databases",
    "penstock.authoring.foreign_child": "penstock.operators.foreign_child",
    "penstock.authoring.guards": "penstock.operators.run_conditions",
    "penstock.authoring.macros": "penstock.task_process.macros",
    "penstock.authoring.moment": "penstock.task_process.moment",
    "penstock.authoring.sensors.sensor": "penstock.authoring.sensor",
    "penstock.authoring.serialize": "penstock.loading.serialize",
    "penstock.authoring.task_logging": "penstock.task_process.logging_setup",
    "penstock.authoring.template_limits": "penstock.task_process.template_limits",
    "penstock.authoring.template_sandbox": "penstock.task_process.template_sandbox",
    "penstock.authoring.tracebacks": "penstock.task_process.tracebacks",
    "penstock.execution.callback_child": "penstock.task_process.callback",
    "penstock.execution.failpoint": "penstock.failpoint",
    "penstock.execution.own_children": "penstock.task_process.own_children",
    "penstock.execution.spellings": "penstock.supervisor.spellings",
    "penstock.execution.task_child": "penstock.task_process.main",
    "penstock.execution.warm_parent": "penstock.task_process.warm_parent",
}
"""Old name to new name; what a process of 0.1 may import after it began."""


def stand_in(name: str) -> None:
    """Put the module that was called *name* in its old place."""
    sys.modules[name] = import_module(OLD_NAMES[name])
