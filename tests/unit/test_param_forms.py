"""Parameters as a form: which field for which schema, and what an answer means."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.model.form import AnswerError, answer, fields_of
from penstock.model.params import mismatch, params_of, problems, schema_problem


@pytest.mark.parametrize(
    ("schema", "kind", "text"),
    [
        ({"default": "a"}, "text", "a"),
        ({"default": True}, "bool", "true"),
        ({"default": [1]}, "json", "[1]"),
        ({"default": None}, "json", ""),
        ({"type": "string", "default": ""}, "text", ""),
        ({"type": "integer", "default": 3}, "integer", "3"),
        ({"type": ["null", "number"], "default": None}, "number", ""),
        ({"type": "boolean", "default": False}, "bool", "false"),
        ({"type": "string", "format": "date", "default": "2026-01-01"}, "date", "2026-01-01"),
        ({"type": "string", "format": "date-time"}, "datetime", ""),
        ({"type": "string", "format": "time"}, "time", ""),
        ({"enum": ["a", 2], "default": 2}, "choice", "2"),
        ({"type": "object", "default": {"k": 1}}, "json", '{"k": 1}'),
        ({"type": ["string", "integer"], "default": "x"}, "json", '"x"'),
        ({"const": 7}, "json", "7"),
    ],
)
def test_which_field(schema: dict[str, Any], kind: str, text: str) -> None:
    [field] = fields_of({"p": schema})
    assert (field.kind, field.text) == (kind, text)
    assert field.required is ("default" not in schema and "const" not in schema)
    assert field.fixed is ("const" in schema)


def test_titles_sections_choices() -> None:
    fields = fields_of(
        {
            "a": {"default": 1, "section": "more"},
            "b": {"default": 1, "title": "The b", "description": "about"},
            "c": {"enum": ["x", "y"], "values_display": {"x": "An x"}, "default": "x", "section": "more"},
        }
    )
    assert [(field.name, field.section) for field in fields] == [("b", None), ("a", "more"), ("c", "more")]
    assert (fields[0].title, fields[0].description) == ("The b", "about")
    assert [choice.label for choice in fields[2].choices] == ["An x", "y"]


def test_what_must_be_filled_in_comes_first_in_its_section() -> None:
    fields = fields_of(
        {
            "a": {"default": 1},
            "b": {"type": ["null", "string"]},
            "c": {"type": "string"},
            "d": {"default": 1, "section": "more"},
            "e": {"type": "string", "section": "more"},
        }
    )
    assert [field.name for field in fields] == ["c", "a", "b", "e", "d"]
    assert [field.must for field in fields] == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("schema", "typed", "value"),
    [
        ({"type": "integer"}, " 7 ", 7),
        ({"type": "number"}, "7.5", 7.5),
        ({"type": "number"}, "7", 7),
        ({"type": "string"}, " as is ", " as is "),
        ({"type": ["null", "string"], "default": None}, "", None),
        ({"type": ["null", "integer"]}, "", None),
        ({"type": "boolean"}, "true", True),
        ({"enum": ["a", 2]}, "2", 2),
        ({"enum": ["a", 2]}, '"a"', "a"),
        ({"enum": ["a", 2]}, "other", "other"),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({}, "text", "text"),
        ({}, "3", 3),
        ({"const": 7}, "8", 7),
        ({"type": "string", "format": "date"}, " 2026-01-01 ", "2026-01-01"),
    ],
)
def test_answers(schema: dict[str, Any], typed: str, value: Any) -> None:
    [field] = fields_of({"p": schema})
    assert answer(field, typed) == value


@pytest.mark.parametrize(
    ("schema", "typed", "words"),
    [
        ({"type": "integer"}, "x", "must be a whole number, not 'x'"),
        ({"type": "integer"}, "", "is a whole number, not nothing"),
        ({"type": "number"}, "1,5", "must be a number"),
        ({"type": "object"}, "{", "is not JSON"),
    ],
)
def test_what_is_no_answer(schema: dict[str, Any], typed: str, words: str) -> None:
    [field] = fields_of({"p": schema})
    with pytest.raises(AnswerError, match=words):
        answer(field, typed)


def test_values_are_checked_with_their_formats() -> None:
    params = params_of(
        {
            "day": {"type": "string", "format": "date"},
            "n": {"type": "integer", "minimum": 1, "default": 0},
            "deep": {"type": "object", "properties": {"k": {"type": "integer"}}, "default": {}},
        }
    )
    assert problems(params, {}) == {"day": "is required", "n": "0 is less than the minimum of 1"}
    found = problems(params, {"day": "21.8.2026", "n": 1, "deep": {"k": "x"}})
    assert found == {"day": "'21.8.2026' is not a 'date'", "deep": "['k']: 'x' is not of type 'integer'"}
    assert problems(params, {"day": "2026-08-21", "n": 2}) == {}


def test_schemas_are_checked_themselves() -> None:
    assert schema_problem({"type": "integr"}) is not None
    assert schema_problem({"type": "integer", "title": "T", "section": "S"}) is None
    assert "its schema is wrong" in str(mismatch(1, {"type": "integr"}))
