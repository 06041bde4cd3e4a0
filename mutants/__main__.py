"""``python -m mutants [--room ROOM] [--seed N] [--sample N] [--limit SECONDS]``: what tests notice.

Run by ``make mutants``, with the interpreter of ``.venv-mutants``. The exit code is 1 when a room's share
is below ``--least``.
"""

from __future__ import annotations

import argparse
import os
import sys

from mutants import operators, places, reach, report, run
from mutants.rooms import ROOMS, sources
from mutants.tree import HOME, TREE, copy_checkout, mark_processes


def main() -> int:
    """Try a sample of changes in each room that is named."""
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("--room", default="all", help=f"of {', '.join(ROOMS)}, or all")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another sample")
    parser.add_argument("--sample", type=int, default=40, help="changes in each room")
    parser.add_argument("--limit", type=float, default=60, help="seconds of tests for a change")
    parser.add_argument("--least", type=float, default=90, help="percent that must be noticed")
    parser.add_argument("--list", action="store_true", help="say what would be changed, and stop")
    options = parser.parse_args()
    rooms = list(ROOMS) if options.room == "all" else [options.room]
    if unknown := set(rooms) - set(ROOMS):
        parser.error(f"no room is called {', '.join(unknown)}; there are {', '.join(ROOMS)}")
    operators.install()
    mark_processes()
    os.nice(10)
    copy_checkout()
    os.chdir(TREE)
    known = reach.Reach.read(HOME / "reach.json")
    if not options.list:
        reach.record(TREE, known, HOME / "reach.json")
    shares = []
    for room in rooms:
        found = places.candidates(TREE, sources(TREE, room))
        work = places.sample(found, options.seed, options.sample)
        print(f"{room}, seed {options.seed}: {len(work)} of {len(found)} places", flush=True)
        if options.list:
            for item in work:
                print(places.change(TREE, item.mutations[0]))
            continue
        verdicts = []
        session = HOME / "sessions" / f"{room}-{options.seed}.sqlite"
        for verdict in run.try_each(work, known, session, options.limit):
            verdicts.append(verdict)
            print(report.line(verdict, len(verdicts), len(work)), flush=True)
        print(f"\n{report.summary(room, options.seed, verdicts)}\n", flush=True)
        shares.append(report.share(verdicts))
    return int(any(each < options.least for each in shares))


if __name__ == "__main__":
    sys.exit(main())
