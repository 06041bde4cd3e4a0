"""Words around triggers: a file may name them, and a task that defers says that it cannot."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Trigger:
    """The base of an author's trigger."""

    def __init__(self, **kwargs: Any) -> None:
        for name, value in kwargs.items():
            setattr(self, name, value)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Raise NotImplementedError: a subclass says what it is made of."""
        raise NotImplementedError(f"{type(self).__name__} has no serialize()")


class TriggerEvent:
    """What a trigger reports."""

    def __init__(self, payload: Any, **kwargs: Any) -> None:
        del kwargs
        self.payload = payload


class StartTriggerArgs:
    """What a task would begin with, if it began in a trigger."""

    def __init__(
        self,
        trigger_cls: str = "",
        next_method: str = "",
        trigger_kwargs: dict[str, Any] | None = None,
        next_kwargs: dict[str, Any] | None = None,
        timeout: Any = None,
    ) -> None:
        self.trigger_cls = trigger_cls
        self.next_method = next_method
        self.trigger_kwargs = trigger_kwargs
        self.next_kwargs = next_kwargs
        self.timeout = timeout
