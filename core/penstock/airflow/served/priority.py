"""Priority weights by an author's class: asked once, while the file loads."""

from __future__ import annotations

from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WORDS = ("downstream", "upstream", "absolute")


class PriorityWeightStrategy:
    """The base of such classes: a subclass writes ``get_weight``."""

    def get_weight(self, ti: Any) -> int:
        """Return the weight of *ti*; raise NotImplementedError if the subclass says nothing."""
        raise NotImplementedError(f"{type(self).__name__} has no get_weight()")

    def serialize(self) -> dict[str, Any]:
        """Return nothing: the class itself is not kept."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PriorityWeightStrategy:
        """Return the strategy of *data*."""
        return cls(**data)


def name_of(rule: Any) -> str | None:
    """Return the word of a rule that is one of the usual ones, or None."""
    word = str(getattr(rule, "value", rule))
    return word if word in _WORDS else None


def weight_by(rule: Any, given: dict[str, Any]) -> int:
    """Return the weight that *rule* (a class, one of its objects, or its path) gives a task's first try.

    Raises ValueError for anything else, and whatever the class raises.
    """
    if isinstance(rule, str):
        from importlib import import_module

        module, _, name = rule.rpartition(".")
        rule = getattr(import_module(module), name)
    if isinstance(rule, type):
        rule = rule()
    if not hasattr(rule, "get_weight"):
        raise ValueError("it has no get_weight()")
    task = SimpleNamespace(
        task_id=given.get("task_id"),
        priority_weight=given.get("priority_weight", 1),
        retries=given.get("retries", 0),
    )
    ti = SimpleNamespace(
        task=task, task_id=task.task_id, try_number=1, max_tries=task.retries, map_index=-1,
        priority_weight=task.priority_weight,
    )  # fmt: skip
    return int(rule.get_weight(ti))
