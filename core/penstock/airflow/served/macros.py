"""``airflow.macros``: what templates call ``macros``, importable."""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta

from penstock.task_process.macros import (
    datetime_diff_for_humans,
    ds_add,
    ds_format,
    ds_format_locale,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "datetime", "datetime_diff_for_humans", "ds_add", "ds_format", "ds_format_locale", "json", "time",
    "timedelta", "uuid",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "random":
        from penstock.task_process import macros

        return macros.random
    if name == "dateutil":
        from importlib import import_module

        import_module("dateutil.relativedelta")
        import_module("dateutil.parser")
        return import_module("dateutil")
    raise AttributeError(f"macros has no {name!r}")
