"""What happened while somebody was away, as rows; and the line that announces a failure. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby

from penstock.ids import instance_key
from penstock.model.views.digest import Digest, FileMove, FileMoved
from penstock.model.views.failures import FailedTask, FailureGroup
from penstock_tui import actions
from penstock_tui.clean import label
from penstock_tui.view import durations
from penstock_tui.view.columns import Column
from penstock_tui.view.spans import Spans, fit
from penstock_tui.view.state_style import Looks

COLUMNS = (
    Column("what", "what", 11),
    Column("at", "when", 11, drop=2),
    Column("dag", "DAG", 12, most=20, drop=3),
    Column("told", "what happened", 21, most=200),
    Column("who", "who", 8, most=14, drop=4),
)
FIELDS = ("what", "dag", "who")
_LOOKS = {
    "failed": "failed",
    "recovered": "success",
    "late": "queued",
    "slow": "queued",
    "skipped": "skipped",
    "acted": "running",
    "pause": "paused",
    "file": "none",
    "engine": "none",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One row: what it is about, and where ``enter`` leads."""

    key: str
    what: str
    at: datetime
    dag_id: str
    told: str
    who: str = ""
    run_id: str | None = None
    task_id: str | None = None
    map_index: int = -1
    group: FailureGroup | None = None
    bad: bool = False

    @property
    def seen(self) -> dict[str, list[str]]:
        """The fields that the filter looks at."""
        return {
            "what": [self.what],
            "dag": [self.dag_id],
            "who": [self.who],
            "text": [self.dag_id, self.told, self.who, self.run_id or ""],
        }


def rows(page: Digest, short_path: Callable[[str], str] = str) -> list[Happened]:
    """Return a row for each thing that happened, what matters most first.

    *short_path* takes the instance's folder off a path.
    """
    return [*_of_runs(page), *_of_people(page, short_path)]


def _of_runs(page: Digest) -> Iterator[Happened]:
    for group in page.failed:
        left = "" if group.open == group.count else f", {group.open} open" if group.open else ", dealt with"
        yield Happened(
            f"failed/{group.fingerprint}", "failed", group.last, ", ".join(group.dags),
            f"{group.count}x{left}: {group.line}", group=group, bad=bool(group.open),
        )  # fmt: skip
    for each in page.recovered:
        where = "the same run" if each.same_run else f"run {each.run_id}"
        yield Happened(
            f"recovered/{each.dag_id}/{each.task_id}", "recovered", each.at, each.dag_id,
            f"{each.task_id} is green in {where}; it had failed: {each.line}", run_id=each.run_id,
            task_id=each.task_id,
        )  # fmt: skip
    for late in page.late:
        yield Happened(
            f"late/{late.kind}/{late.dag_id}/{late.run_id}", "late", late.at, late.dag_id, late.words(),
            run_id=late.run_id,
        )  # fmt: skip
    for slow in page.slow:
        name = instance_key(slow.task_id, slow.map_index)
        yield Happened(
            f"slow/{slow.dag_id}/{slow.run_id}/{name}", "slow", slow.at, slow.dag_id, slow.words(),
            run_id=slow.run_id, task_id=slow.task_id, map_index=slow.map_index,
        )  # fmt: skip
    for span in page.skipped:
        points = "1 point" if span.count == 1 else f"{span.count} points"
        yield Happened(
            f"skipped/{span.dag_id}/{span.first.isoformat()}", "skipped", span.at, span.dag_id,
            f"{points} from {span.first:%Y-%m-%d %H:%M} UTC: {span.reason}",
        )  # fmt: skip


def _of_people(page: Digest, short_path: Callable[[str], str]) -> Iterator[Happened]:
    for act in page.acts:
        undone = f" (undone by {act.undone})" if act.undone else ""
        yield Happened(
            f"acted/{act.seq}", "acted", act.at, act.dag_id or "", f"{act.title}{undone}", act.actor,
            run_id=act.run_id,
        )  # fmt: skip
    for pause in page.pauses:
        why = f": {pause.why}" if pause.why else ""
        yield Happened(
            f"pause/{pause.seq}", "pause", pause.at, pause.dag_id, f"{pause.words()}{why}", pause.actor,
            run_id=pause.run_id,
        )  # fmt: skip
    for file, more in _by_file(page.files):
        others = "" if not more else f", and {more} more DAG{'' if more == 1 else 's'} of it"
        yield Happened(
            f"file/{file.seq}", "file", file.at, file.dag_id or "",
            f"{file.what.value}: {short_path(file.text)}{others}", bad=file.what is FileMove.BROKEN,
        )  # fmt: skip
    for start in page.engine:
        yield Happened(f"engine/{start.seq}", "engine", start.at, "", start.words())


def _by_file(moves: Sequence[FileMoved]) -> Iterator[tuple[FileMoved, int]]:
    """Yield what happened to each file, with how many more of its DAGs it happened to at once."""
    for _, group in groupby(moves, key=lambda each: (each.what, each.text, each.at)):
        first, *others = group
        yield first, len(others)


def cells(row: Happened, now: datetime, zone: tzinfo, looks: Looks) -> tuple[Spans, ...]:
    """Return the cells of one row, in the order of COLUMNS."""
    look = _LOOKS[row.what]
    style = "bold red" if row.bad else looks.style(look)
    glyph = looks.glyph(look) if look != "none" else " "
    return (
        [(f"{glyph} {row.what}", style)],
        [(durations.past(row.at, now, zone), "bright_black")],
        [(label(row.dag_id), "")],
        [(label(row.told), "red" if row.bad else "")],
        [(label(row.who), "bright_black")],
    )


def headline(page: Digest) -> str:
    """Return the counts in words: ``3 failed, 1 late, 2 acted``."""
    words = {"acts": "acted", "pauses": "pauses", "files": "DAG files", "engine": "starts of the engine"}
    return ", ".join(f"{count} {words.get(name, name)}" for name, count in page.counts.items() if count)


def announcement(fresh: Sequence[FailedTask], looks: Looks, keys: Mapping[str, str], cells: int) -> Spans:
    """Return the line that announces failures elsewhere, the newest named, with the key that leads there."""
    if not fresh:
        return []
    newest = fresh[-1]
    key = actions.key_names(actions.BY_ID["announced"], keys)
    more = f" and {len(fresh) - 1} more" if len(fresh) > 1 else ""
    place = f"{newest.dag_id} {instance_key(newest.task_id, newest.map_index) if newest.task_id else 'run'}"
    head: Spans = [
        (f" {looks.glyph('failed')} failed: ", "bold red"),
        (label(place), "bold red"),
        (more, "bold red"),
        (f"  {label(newest.line)}", "red"),
    ]
    hint = f"  {key} shows it"
    return (
        [*fit(head, max(0, cells - len(hint))), (hint, "dim")] if cells > 2 * len(hint) else fit(head, cells)
    )
