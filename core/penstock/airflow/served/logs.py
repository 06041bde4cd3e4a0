"""Logging as classes of authors know it."""

from __future__ import annotations

import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LoggingMixin:
    """Gives a class ``self.log``, whose lines go to the task's log."""

    @property
    def log(self) -> logging.Logger:
        """The logger."""
        return logging.getLogger("penstock.task")

    logger = log


def mask_secret(secret: Any, name: str | None = None) -> None:
    """Have *secret* hidden in logs from now on."""
    del name
    from penstock.task_process.hiding import hide_all

    hide_all(secret)


def redact(value: Any, name: str | None = None, max_depth: int | None = None) -> Any:
    """Return *value* with what is hidden in logs replaced."""
    del name, max_depth
    from penstock.task_process.hiding import hidden

    return hidden.cover_all(value)
