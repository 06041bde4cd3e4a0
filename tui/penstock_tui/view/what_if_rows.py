"""What a change on paper would do, as columns and cells; and the change itself, as it is typed. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from penstock.errors import UsageError
from penstock.model import acts
from penstock.model.acts import AnyAct
from penstock.model.queries import WhatIf
from penstock.model.views.coming import Difference, Moved, PlaceLoad
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.coming_rows import when
from penstock_tui.view.spans import Spans
from penstock_tui.view.state_style import Looks

COLUMNS = (
    Column("what", "", 9),
    Column("dag", "dag", 14, most=34),
    Column("due", "due", 11, drop=3),
    Column("before", "before", 11, drop=2),
    Column("after", "after", 11, drop=1),
    Column("by", "by", 8, align="right"),
    Column("note", "", 10, most=80),
)
FIELDS = ("dag", "change")
_LOOK = {
    "gone": ("-", "bold red"),
    "new": ("+", "bold green"),
    "later": (">", "yellow"),
    "sooner": ("<", "cyan"),
}


def key_of(row: Moved | PlaceLoad) -> str:
    """Return what names a row on the screen."""
    if isinstance(row, PlaceLoad):
        return row.place
    return f"{row.dag_id} {row.logical_date.isoformat()}"


def cells(row: Moved | PlaceLoad, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one row, in the order of COLUMNS."""
    if isinstance(row, PlaceLoad):
        return _place(row, looks)
    sign, style = _LOOK[row.change]
    return (
        [(f"{sign} {row.change}", style)],
        [(label(row.dag_id), "bold")],
        [(when(row.run_after, now, zone), "")],
        [("-" if row.before is None else when(row.before, now, zone), "bright_black")],
        [("-" if row.after is None else when(row.after, now, zone), "")],
        [(durations.span(row.seconds) if row.seconds else "", style)],
        [(label(row.why), "bright_black")],
    )


def _place(row: PlaceLoad, looks: Looks) -> tuple[Spans, ...]:
    sign = "!" if looks.ascii else "▲"
    freed = row.waited < row.waited_before
    slots = _change(row.slots_before, row.slots)
    waits = _change(_wait(row.waited_before), _wait(row.waited))
    used = _change(row.peak_before, row.peak)
    text = f"{row.place} ({slots}): waits {waits}, most used {used}"
    style = "green" if freed else "bold yellow" if row.waited > row.waited_before else ""
    word = "freed" if freed else "fuller" if row.waited > row.waited_before else "load"
    return ([(f"{sign} {word}", style)], [(label(text), style)])


def _wait(seconds: float) -> str:
    return durations.span(seconds) if seconds else "never"


def _change(before: object, after: object) -> str:
    return str(after) if before == after else f"{before} -> {after}"


def seen(row: Moved | PlaceLoad) -> dict[str, list[str]]:
    """Return the fields that the filter looks at."""
    if isinstance(row, PlaceLoad):
        return {"dag": [], "change": ["place"], "text": [row.place]}
    return {"dag": [row.dag_id], "change": [row.change], "text": [row.dag_id, row.why]}


def counts(found: Difference) -> str:
    """Return how many runs would be gone, new, later and sooner."""
    told = [f"{found.counts[word]:,} {word}" for word in _LOOK if found.counts.get(word)]
    return ", ".join(told) or "nothing would be different"


def paper_words(paper: WhatIf) -> str:
    """Return the change in a few words."""
    until = "" if paper.until is None else f" until {paper.until:%m-%d %H:%M} UTC"
    said = [f"pause {', '.join(paper.pause)}{until}"] if paper.pause else []
    said += [f"resume {', '.join(paper.resume)}"] if paper.resume else []
    said += [f"pool {name} {slots}" for name, slots in paper.pools.items()]
    said += [f"parallelism {paper.parallelism}"] if paper.parallelism is not None else []
    return "; ".join(said) or "nothing changed"


def acts_of(paper: WhatIf) -> list[AnyAct]:
    """Return the acts that do it for real; the parallelism is a setting, and not among them."""
    return [
        *(acts.PauseSchedule(dag_id=each, until=paper.until) for each in paper.pause),
        *(acts.UnpauseSchedule(dag_id=each) for each in paper.resume),
        *(acts.SetPool(name=name, slots=slots) for name, slots in paper.pools.items()),
    ]


def pools(typed: str) -> dict[str, int]:
    """Return sizes of pools from ``name=4 other=2``; raise `UsageError` for other text."""
    found: dict[str, int] = {}
    for word in typed.replace(",", " ").split():
        name, equals, slots = word.rpartition("=")
        if not equals or not name or not slots.isdigit():
            raise UsageError(f"{word!r}: write name=slots, such as default_pool=4")
        found[name] = int(slots)
    return found


def number(typed: str) -> int | None:
    """Return a parallelism as typed, None for nothing; raise `UsageError` for other text."""
    word = typed.strip()
    if not word:
        return None
    if not word.isdigit() or int(word) < 1:
        raise UsageError(f"{word!r} is not a number of attempts: write 1 or more")
    return int(word)


def names(typed: str) -> tuple[str, ...]:
    """Return DAG ids as typed, with spaces or commas between them."""
    return tuple(dict.fromkeys(typed.replace(",", " ").split()))


def pools_typed(sizes: dict[str, int]) -> str:
    """Return sizes of pools as `pools` reads them."""
    return " ".join(f"{name}={slots}" for name, slots in sizes.items())
