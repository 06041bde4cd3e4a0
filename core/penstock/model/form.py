"""A DAG's parameters as fields of a form: what to ask, and what an answer means. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Kind = Literal["text", "number", "integer", "bool", "choice", "choices", "date", "datetime", "time", "json"]

_FORMATS: dict[str, Kind] = {"date": "date", "date-time": "datetime", "time": "time"}
_HINTS = {
    "number": "a number",
    "integer": "a whole number",
    "date": "2026-08-21",
    "datetime": "2026-08-21T06:00:00+00:00",
    "time": "06:00:00+00:00",
    "json": "JSON",
    "choices": "JSON list",
}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One possible value, and its name for people."""

    value: Any
    label: str


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field. ``text`` is the default as shown in the field; with ``nullable``, empty means null."""

    name: str
    kind: Kind
    title: str
    text: str = ""
    default: Any = None
    required: bool = False
    nullable: bool = False
    description: str | None = None
    section: str | None = None
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    fixed: bool = False
    """The value is fixed (``const``)."""

    @property
    def must(self) -> bool:
        """Whether it must be filled in."""
        return self.required and not self.nullable


class AnswerError(ValueError):
    """What was typed is not a value of the field's kind."""


def fields_of(params: Mapping[str, Mapping[str, Any]]) -> tuple[FormField, ...]:
    """Return the fields for parameters by name, each a JSON Schema with its default.

    Fields without a section come first, then section by section; in each, the required ones come first.
    """
    fields = [_field(name, schema) for name, schema in params.items()]
    sections = [None, *dict.fromkeys(field.section for field in fields if field.section is not None)]
    return tuple(sorted(fields, key=lambda field: (sections.index(field.section), not field.must)))


def answer(field: FormField, text: str) -> Any:
    """Return the value that *text* means in *field*. Raises `AnswerError`."""
    if field.fixed:
        return field.default
    stripped = text.strip()
    if not stripped and field.kind != "text":
        if field.nullable:
            return None
        raise AnswerError(f"is {_HINTS.get(field.kind, 'needed')}, not nothing")
    match field.kind:
        case "text":
            return None if not text and field.nullable and field.default is None else text
        case "date" | "datetime" | "time":
            return stripped
        case "bool":
            return stripped == "true"
        case "integer" | "number":
            return _number(field, stripped)
        case "choice":
            known = {json.dumps(choice.value): choice.value for choice in field.choices}
            return known.get(stripped, stripped)
        case _:
            return _json(field, text)


def shown(field: FormField, value: Any) -> str:
    """Return *value* as text for *field*."""
    return _shown(field.kind, value)


def _number(field: FormField, text: str) -> int | float:
    try:
        return int(text) if field.kind == "integer" else _plain(float(text))
    except ValueError:
        raise AnswerError(f"must be {_HINTS[field.kind]}, not {text!r}") from None


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _json(field: FormField, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        if field.hint == "JSON or text":
            return text
        raise AnswerError(f"is not JSON: {error}") from None


def _field(name: str, schema: Mapping[str, Any]) -> FormField:
    types = _types(schema)
    default = schema.get("default", schema.get("const"))
    kind = _kind(schema, types, default)
    choices = _choices(schema) if kind == "choice" else ()
    hint = "JSON or text" if kind == "json" and not types else _HINTS.get(kind, "")
    description = schema.get("description") or schema.get("description_md")
    return FormField(
        name=name,
        kind=kind,
        title=str(schema.get("title") or name),
        text=_shown(kind, default),
        default=default,
        required="default" not in schema and "const" not in schema,
        nullable="null" in types or not types,
        description=None if description is None else str(description),
        section=schema.get("section"),
        hint=hint,
        choices=choices,
        fixed="const" in schema,
    )


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    given = schema.get("type") or ()
    return (given,) if isinstance(given, str) else tuple(given)


def _kind(schema: Mapping[str, Any], types: tuple[str, ...], default: Any) -> Kind:
    if isinstance(schema.get("enum"), list):
        return "choice"
    said = [each for each in types if each != "null"]
    if len(said) == 1:
        match said[0]:
            case "boolean":
                return "bool"
            case "integer":
                return "integer"
            case "number":
                return "number"
            case "string":
                return _FORMATS.get(str(schema.get("format")), "text")
    if said:
        return "json"
    if isinstance(default, bool):
        return "bool"
    return "text" if isinstance(default, str) else "json"


def _choices(schema: Mapping[str, Any]) -> tuple[Choice, ...]:
    names = schema.get("values_display") or {}
    return tuple(
        Choice(
            value=value,
            label=str(names.get(str(value), value if isinstance(value, str) else json.dumps(value))),
        )
        for value in schema["enum"]
    )


def _shown(kind: Kind, default: Any) -> str:
    if default is None:
        return ""
    if kind in ("text", "date", "datetime", "time") and isinstance(default, str):
        return default
    return json.dumps(default)
