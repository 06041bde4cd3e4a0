"""Parameters of a DAG: a default, a JSON Schema, and a description for the person who triggers it."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.authoring.checked import Checked
from penstock.authoring.checks import mapping, optional_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.checked import Check


class _Missing:
    """Marks a parameter without a default."""

    def __repr__(self) -> str:
        return "<required>"


MISSING = _Missing()


class Param(Checked):
    """One parameter: ``Param(3, type="integer", minimum=1)``; the keywords are JSON Schema.

    Without a default the parameter must be given when a run is triggered, so a scheduled DAG
    cannot have one. The schema is checked when a run is made, not when the file loads.
    """

    checks: Mapping[str, Check] = {"description": optional_text, "schema": mapping}

    def __init__(self, default: Any = MISSING, description: str | None = None, **schema: Any) -> None:
        self.default = default
        self.description = description
        self.schema: dict[str, Any] = dict(mapping(schema.pop("schema", None), "schema")) | schema

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is MISSING

    @property
    def value(self) -> Any:
        """The default; None if there is none."""
        return None if self.required else self.default

    def problem(self) -> str | None:
        """Return why the default does not fit the schema, or None if it does."""
        if self.required or not self.schema:
            return None
        from penstock.model.params import mismatch

        return mismatch(self.default, self.schema)


def as_params(given: Mapping[str, Any]) -> dict[str, Param]:
    """Return *given* with plain defaults turned into `Param`."""
    return {name: value if isinstance(value, Param) else Param(value) for name, value in given.items()}


def defaults(params: Mapping[str, Param]) -> dict[str, Any]:
    """Return the defaults of those that have one."""
    return {name: param.default for name, param in params.items() if not param.required}
