"""What tasks pushed, as plain JSON: values of Python's own types lose their wrapping. Pure.

`penstock.task_process.xcom_codec` wraps them, as ``{"__classname__", "__version__", "__data__"}``.
"""

from __future__ import annotations

import json
from typing import Any

_NAME, _DATA = "__classname__", "__data__"


def plain(value: Any) -> Any:
    """Return *value*, as parsed from JSON, without wrappings: a date is its ISO string, a tuple a list."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _NAME not in value:
        return {key: plain(item) for key, item in value.items()}
    data = plain(value.get(_DATA))
    if value[_NAME] == "datetime.datetime" and isinstance(data, dict):
        return data.get("iso")
    return data


def line_of(value: Any) -> str:
    """Return *value*, as parsed from JSON, on one line; strings without quotes."""
    said = plain(value)
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
