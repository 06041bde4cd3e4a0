"""Variables and connections for people and scripts, without secrets."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from penstock.model.views.view import View


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
