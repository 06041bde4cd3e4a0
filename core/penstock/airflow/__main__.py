"""``python -m penstock.airflow FILE``: runs a DAG file as a script, as ``python FILE`` does with Airflow."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    """Run the file that is named first, with its arguments."""
    if len(sys.argv) < 2:
        sys.stderr.write("usage: python -m penstock.airflow FILE\n")
        return 2
    from penstock.airflow.serve import serve
    from penstock.airflow.served.script import SCRIPT

    file = Path(sys.argv[1]).absolute()
    source = file.read_bytes()
    serve(str(file), source, {})
    os.environ[SCRIPT] = "1"
    sys.argv = sys.argv[1:]
    namespace = {"__name__": "__main__", "__file__": str(file)}
    exec(compile(source, str(file), "exec", dont_inherit=True), namespace)  # noqa: S102 - what it is for
    return 0


if __name__ == "__main__":
    sys.exit(main())
