"""Writes the statements as text: ``python -m penstock.store.statements``.

With ``--check`` nothing is written; it says which files would change, and ends with 1 if there are any.
"""

from __future__ import annotations

import sys

from penstock.store.statements.generated import FOLDER, files


def main(arguments: list[str]) -> int:
    """Write or check the files."""
    wanted = files()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    extra = [path for path in sorted(FOLDER.rglob("*.py")) if path not in wanted]
    for path in [*stale, *extra]:
        sys.stdout.write(f"{path.relative_to(FOLDER)}\n")
    if "--check" in arguments:
        return 1 if stale or extra else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    for path in extra:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
