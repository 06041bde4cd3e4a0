"""Variables and connections for people and scripts, without secrets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from penstock.model.views.view import View


class FoundEntry(View, frozen=True, kw_only=True):
    """A variable or connection as it is written (`penstock.values`): for a task, not for people."""

    entry: Any = None
    """None: there is none."""
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    """Values of its references."""
    problems: dict[str, str] = msgspec.field(default_factory=dict)
    """Why a reference has no value."""
    hidden: tuple[str, ...] = ()
    """What no log may show."""


class VariableRow(View, frozen=True, kw_only=True):
    """One variable, from one source. ``value`` is None for a secret, and ``***`` if it looks like one."""

    name: str
    value: str | None
    secret: str | None
    """The reference, if it is a secret."""
    source: Literal["environment", "file", "store"]
    used: bool = True
    """Whether no source that comes first has the same name."""
    description: str | None = None
    updated: datetime | None = None
    by: str | None = None


class ConnectionRow(View, frozen=True, kw_only=True):
    """One connection, from one source; secrets in its fields are hidden."""

    conn_id: str
    fields: dict[str, Any]
    secrets: dict[str, str]
    """Fields that are stored elsewhere: field -> reference."""
    source: Literal["environment", "file", "store"]
    used: bool = True
    """Whether no source that comes first has the same id."""
    description: str | None = None
    updated: datetime | None = None
    by: str | None = None
