"""DagBag: only its name, for files that test themselves."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DagBag:
    """The DAGs of a folder. It is empty here: use `penstock.testing.dag_bag` in tests."""

    def __init__(self, *args: Any, **options: Any) -> None:
        del args, options
        self.dags: dict[str, Any] = {}
        self.import_errors: dict[str, str] = {}

    def get_dag(self, dag_id: str, session: Any = None) -> None:
        """Refuse: a file cannot ask for the DAGs of others.

        Raises RuntimeError.
        """
        del session
        raise RuntimeError(f"a DAG file cannot load DAG {dag_id!r} of another file: import what makes it")
