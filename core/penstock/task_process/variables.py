"""Variables: named values that belong to the instance, not to a DAG file."""

from __future__ import annotations

from penstock.authoring.exceptions import TaskError
from penstock.authoring.place import refuse
from penstock.task_process.lookup import find_variable, sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NONE = object()


class UnknownVariableError(TaskError, LookupError):
    """There is no variable with that name."""


class Variable:
    """Variables: read from the environment, then penstock.toml, then the store; written to the store."""

    @staticmethod
    def get(key: str, default: Any = _NONE, deserialize_json: bool = False, **legacy: Any) -> Any:
        """Return the variable as a string, or its parsed JSON with *deserialize_json*.

        Raises `UnknownVariableError` if it does not exist and there is no default.
        """
        default = legacy.pop("default_var", default)
        if legacy:
            raise TypeError(f"Variable.get does not take {', '.join(legacy)}")
        text, secret = _text_of(key)
        if text is None:
            if default is _NONE:
                raise UnknownVariableError(
                    f"variable {key!r} does not exist: set it in penstock.toml under [variables], "
                    f"as PENSTOCK_VAR_{key.upper()}, or with `penstock variables set {key} ...`"
                )
            return default
        if not deserialize_json:
            return text
        import json

        try:
            value = json.loads(text)
        except ValueError as error:
            raise TaskError(f"variable {key!r} is not JSON: {error}") from None
        if secret:
            from penstock.task_process.hiding import hide_all

            hide_all(value)
        return value

    @staticmethod
    def set(key: str, value: Any, description: str | None = None, serialize_json: bool = False) -> None:
        """Write the variable to the store, durably; works while a task runs, through the engine."""
        import json

        text = json.dumps(value, indent=2) if serialize_json else str(value)
        act = {"act": "variable_set", "name": key, "value": text, "description": description}
        _act({name: given for name, given in act.items() if given is not None}, f"Variable.set({key!r}, ...)")
        hidden_by = sources.hidden_by("variable", key)
        if hidden_by is not None:
            print(f"variable {key!r} is set in {hidden_by} too, which overrides the store")  # noqa: T201

    @staticmethod
    def delete(key: str) -> None:
        """Remove the variable from the store; a missing one is not an error."""
        from penstock.task_process.engine_client import RefusedByEngineError

        try:
            _act({"act": "variable_delete", "name": key}, f"Variable.delete({key!r})")
        except RefusedByEngineError as error:
            if error.kind != "UnknownError":
                raise

    @classmethod
    def setdefault(
        cls, key: str, default: Any, description: str | None = None, deserialize_json: bool = False
    ) -> Any:
        """Return the variable; write *default* first when it does not exist.

        Raises ValueError if both are None.
        """
        found = cls.get(key, default=None, deserialize_json=deserialize_json)
        if found is not None:
            return found
        if default is None:
            raise ValueError("the default value of a variable cannot be None")
        cls.set(key, default, description=description, serialize_json=deserialize_json)
        return default


def _text_of(key: str) -> tuple[str | None, bool]:
    """Return the string, and whether it is a secret by the environment, a reference or its name."""
    from penstock.task_process.hiding import hidden

    entry = find_variable(key)
    if entry is None:
        return None, False
    if not isinstance(entry, str):
        from penstock.task_process.secrets import secret_value

        return secret_value(entry["secret"], f"variable {key!r}"), True
    from penstock.values import sensitive

    if sensitive(key):
        hidden.hide(entry)
    return entry, hidden.knows(entry)


def _act(act: dict[str, Any], what: str) -> None:
    from penstock.authoring import scope
    from penstock.task_process.engine_client import commit

    context = scope.current().context
    if context is None:
        refuse(f"{what} works only while a task runs, not while its file loads")
    commit(context, act)
