"""``python -m benchmarks [NAMES] [--rounds N] [--quick]``: one line of JSON for each workload.

A summary goes to stderr. It informs: the exit code is 0 whatever the figures say, 1 when a workload
could not be carried out.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from typing import Any

from benchmarks.figures import Scale

WORKLOADS = (
    "fan_out",
    "chain",
    "layers",
    "lines",
    "python_tasks",
    "airflow_files",
    "startup",
    "idle",
    "trigger",
    "crowd",
    "reads",
    "many_files",
    "many_attempts",
    "first_frame",
    "open_run",
    "large_log",
    "wire",
    "screens",
    "log_search",
    "link",
    "far_link",
    "cluster",
    "http",
)
_QUICK = 0.2


def main() -> int:
    """Run the workloads named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(WORKLOADS)}; default: all")
    parser.add_argument("--rounds", type=int, help="how often each is measured (default 5, quick 2)")
    parser.add_argument("--quick", action="store_true", help="a fifth of the size: for a look, not a figure")
    parser.add_argument("--size", type=float, help="the size as a share of the full one")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(WORKLOADS))
    if unknown:
        parser.error(f"no workload is called {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    size = options.size or (_QUICK if options.quick else 1.0)
    scale = Scale(rounds=options.rounds or (2 if options.quick else 5), size=size)
    failed = False
    for name in options.names or WORKLOADS:
        try:
            document = measure(name, scale)
        except Exception:  # noqa: BLE001 - the others are measured all the same
            failed = True
            print(f"{name}: could not be measured", file=sys.stderr)
            traceback.print_exc()
            continue
        print(json.dumps(document), flush=True)
        summarize(document)
    return int(failed)


def measure(name: str, scale: Scale) -> dict[str, Any]:
    """Carry out one workload and return its document."""
    report = importlib.import_module(f"benchmarks.{name}").measure(scale)
    document: dict[str, Any] = report.document()
    document["size"] = scale.size
    document["rounds"] = scale.rounds
    return document


def summarize(document: dict[str, Any]) -> None:
    """Say on stderr how each budget stands."""
    for budget in document["budgets"]:
        limits = "" if budget["must"] is None else f"  must {budget['must']:g}"
        limits += "" if budget["goal"] is None else f"  goal {budget['goal']:g}"
        line = f"{document['workload']:<14}{budget['of']:<34}{budget['value']:>10g}{limits:<24}"
        print(f"{line}{budget['met']:>6}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
