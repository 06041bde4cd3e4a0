"""Variables: named texts that belong to the instance, not to a DAG file."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from penstock.authoring.lookup import find_variable
from penstock.authoring.place import refuse

_NONE: Final = object()


class Variable:
    """Reads variables: from ``PENSTOCK_VAR_<NAME>`` in the environment, then from penstock.toml."""

    @staticmethod
    def get(key: str, default: Any = _NONE, deserialize_json: bool = False, **legacy: Any) -> Any:
        """Return the variable's text, or its JSON value with *deserialize_json*.

        Raises KeyError naming the variable when it does not exist and no default is given.
        """
        default = legacy.pop("default_var", default)
        if legacy:
            raise TypeError(f"Variable.get does not know {', '.join(legacy)}")
        text = find_variable(key)
        if text is None:
            if default is _NONE:
                raise KeyError(
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


class Lookup:
    """``var.value`` and ``var.json`` in templates."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def get(self, key: str, default: Any = _NONE) -> Any:
        """Return the variable, or *default*."""
        return Variable.get(key, default, deserialize_json=self._as_json)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        return self.get(key)

    __getitem__ = get


class Variables:
    """``var`` in templates."""

    value = Lookup(as_json=False)
    json = Lookup(as_json=True)
