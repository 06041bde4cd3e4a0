"""Callbacks of deadlines, which 3.x wraps."""

from __future__ import annotations

from collections.abc import Callable

from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SyncCallback:
    """A function, given as such or by its path, with arguments of its own."""

    def __init__(
        self, callback_callable: Callable[..., Any] | str, kwargs: dict[str, Any] | None = None, **more: Any
    ) -> None:
        del more
        if not callable(callback_callable) and not isinstance(callback_callable, str):
            refuse(f"a callback must be a function or its path, not {callback_callable!r}")
        self.callback = callback_callable
        self.kwargs = dict(kwargs or {})

    def __call__(self, context: Any) -> Any:
        """Call the function with the context and its arguments; await it when it is async."""
        from penstock.task_process.call import call

        function = self.callback
        if isinstance(function, str):
            from importlib import import_module

            module, _, name = function.rpartition(".")
            function = getattr(import_module(module), name)
        if isinstance(function, type):
            return function(**self.kwargs)(context)
        return call(function, (), self.kwargs, {"context": context, **context})


class AsyncCallback(SyncCallback):
    """The same, for a coroutine."""
