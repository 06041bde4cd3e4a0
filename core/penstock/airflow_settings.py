"""What `[airflow]` of penstock.toml may hold. Pure."""

from __future__ import annotations

from typing import Any


def airflow_problem(entries: dict[str, Any]) -> str | None:
    """Return what is wrong with the table; None if nothing is."""
    fits = {"compat": (True, False), "dialect": ("2", "3")}
    for name, value in entries.items():
        if name not in fits:
            return f"has no {name!r}; known: {', '.join(sorted(fits))}"
        if not any(value is one or (value == one and isinstance(value, str)) for one in fits[name]):
            words = "true or false" if name == "compat" else '"2" or "3", in quotes'
            return f"{name} must be {words}, not {value!r}"
    return None
