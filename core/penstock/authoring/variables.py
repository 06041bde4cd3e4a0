"""Variables: named texts that belong to the instance, not to a DAG file."""

from __future__ import annotations

from penstock.authoring.exceptions import TaskError
from penstock.authoring.lookup import find_variable
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_NONE = object()


class UnknownVariableError(TaskError, LookupError):
    """There is no variable with that name."""


class Variable:
    """Reads variables: from ``PENSTOCK_VAR_<NAME>`` in the environment, then from penstock.toml."""

    @staticmethod
    def get(key: str, default: Any = _NONE, deserialize_json: bool = False, **legacy: Any) -> Any:
        """Return the variable's text, or its JSON value with *deserialize_json*.

        Raises `UnknownVariableError` naming it when it does not exist and there is no default.
        """
        default = legacy.pop("default_var", default)
        if legacy:
            raise TypeError(f"Variable.get does not know {', '.join(legacy)}")
        text = find_variable(key)
        if text is None:
            if default is _NONE:
                raise UnknownVariableError(
                    f"variable {key!r} does not exist: set it in penstock.toml under [variables] "
                    f"or as PENSTOCK_VAR_{key.upper()}"
                )
            return default
        if not deserialize_json:
            return text
        import json

        return json.loads(text)

    @staticmethod
    def set(key: str, value: Any, **_: Any) -> NoReturn:
        """Refuse: variables are read-only for tasks."""
        del value
        refuse(f"Variable.set({key!r}, ...) is not supported yet: variables live in penstock.toml")
