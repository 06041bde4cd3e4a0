"""Migrates one database: ``python -m penstock.store.migrations PATH``. What fails is said on stderr."""

from __future__ import annotations

import sys
from pathlib import Path

from penstock.store.migrations import upgrade


def main(path: str) -> int:
    """Return 0 if the database has the current schema now; otherwise nothing of it was changed."""
    try:
        upgrade(Path(path))
    except Exception as error:  # noqa: BLE001 - who started this process tells people
        sys.stderr.write(f"{str(error) or type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
