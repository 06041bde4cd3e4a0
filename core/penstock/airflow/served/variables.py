"""Variables, with the error that files catch."""

from __future__ import annotations

from penstock.task_process.variables import Variable as Ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NONE = object()


class Variable(Ours):
    """Our variables; asking for one that does not exist is a KeyError, as in Airflow."""

    def __init__(self, key: str = "", val: Any = None, description: str | None = None, **more: Any) -> None:
        del more
        self.key = key
        self.val = val
        self.description = description

    @staticmethod
    def get(key: str, default: Any = _NONE, deserialize_json: bool = False, **legacy: Any) -> Any:
        """Return the variable; raise `UnknownVariableKeyError` when there is none and no default."""
        from penstock.task_process.variables import UnknownVariableError

        default = legacy.pop("default_var", default)
        wanted = {} if default is _NONE else {"default": default}
        try:
            return Ours.get(key, deserialize_json=deserialize_json, **wanted, **legacy)
        except UnknownVariableError as error:
            raise UnknownVariableKeyError(str(error)) from None

    @classmethod
    def update(cls, key: str, value: Any, serialize_json: bool = False) -> None:
        """Write a variable that exists; raise as `get` does when it does not."""
        cls.get(key)
        cls.set(key, value, serialize_json=serialize_json)


class UnknownVariableKeyError(KeyError):
    """There is no variable with that name."""

    def __str__(self) -> str:
        return str(self.args[0])
