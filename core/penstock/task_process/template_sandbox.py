"""Jinja's sandbox with limits on single operations. Imported when a template is used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2.nativetypes import NativeEnvironment
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from penstock.task_process.template_limits import counted, refuse_huge, refuse_huge_call, refuse_huge_filter


class Sandbox(SandboxedEnvironment):
    """The sandbox of all templates."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("center", "indent", "wordwrap", "format", "batch", "slice", "tojson"):
            self.filters[name] = _limited(name, self.filters[name])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator; refuse a result that would be huge."""
        refuse_huge(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call *obj*; refuse a result that would be huge."""
        refuse_huge_call(obj, args, kwargs.values())
        return super().call(context, obj, *args, **kwargs)

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Join the pieces of a string, up to a limit."""
        return "".join(counted(pieces))


class Native(Sandbox, NativeEnvironment):
    """The sandbox in which rendered values keep their Python type."""

    concat = NativeEnvironment.concat  # type: ignore[assignment]  # the result need not be a string


def _limited(name: str, inner: Any) -> Any:
    from functools import wraps

    @wraps(inner)
    def limited(*args: Any, **kwargs: Any) -> Any:
        refuse_huge_filter(name, (*args, *kwargs.values()))
        return inner(*args, **kwargs)

    return limited
