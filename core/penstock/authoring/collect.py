"""Collects the DAGs that a file made."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.authoring import scope
from penstock.authoring.dag import DAG
from penstock.authoring.place import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def collect(namespace: Mapping[str, Any]) -> list[DAG]:
    """Return the DAGs of a file that was executed in *namespace*, in the order in which they were made.

    They are the DAGs bound at its top level, those of its ``with DAG`` blocks and of its calls
    of ``@dag`` functions. Raises `DagFileError` if two of them have the same id.
    """
    file = namespace.get("__file__")
    made = [dag for dag, owner in scope.current().registered if file is None or owner == file]
    found = [value for value in (*made, *namespace.values()) if isinstance(value, DAG) and not value.absorbed]
    by_id: dict[str, DAG] = {}
    for dag in found:
        other = by_id.setdefault(dag.dag_id, dag)
        if other is not dag:
            where = f" (first at line {other.place.line})" if other.place.line else ""
            refuse(f"DAG {dag.dag_id!r} is made twice in this file{where}", dag.place)
    return list(by_id.values())
