"""What a run says while it goes on, and at its end."""

from __future__ import annotations

import textwrap
from collections import Counter

from mutants.run import Verdict


def line(verdict: Verdict, at: int, size: int) -> str:
    """One change, on one line."""
    return f"{at:4}/{size} {verdict.result:11} {_where(verdict):60} {verdict.says}"


def share(verdicts: list[Verdict]) -> float:
    """Noticed changes, in percent of those that could be noticed."""
    counts = Counter(verdict.result for verdict in verdicts)
    could = counts["noticed"] + counts["not noticed"]
    return 100.0 * counts["noticed"] / could if could else 100.0


def summary(room: str, seed: int, verdicts: list[Verdict]) -> str:
    """All that was not noticed, with its code, and the figures."""
    parts = [_shown(verdict) for verdict in verdicts if verdict.result == "not noticed"]
    counts = Counter(verdict.result for verdict in verdicts)
    figures = (
        f"{room}, seed {seed}: {counts['noticed']} noticed, {counts['not noticed']} not noticed, "
        f"{counts['equivalent']} change nothing: {share(verdicts):.0f} %"
    )
    return "\n\n".join([*parts, figures])


def _where(verdict: Verdict) -> str:
    spec = verdict.spec
    name = spec.operator_name.partition("/")[2]
    return f"{spec.module_path.as_posix()}:{spec.start_pos[0]} {name}"


def _shown(verdict: Verdict) -> str:
    code = verdict.change
    return "\n".join(
        [
            f"not noticed: {_where(verdict)} in {code.within or 'the module'} ({verdict.says})",
            textwrap.indent(code.was, "  - "),
            textwrap.indent(code.becomes, "  + "),
        ]
    )
