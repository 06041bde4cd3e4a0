"""`penstock coming`: what all schedules will do, where runs meet, and what a change would do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.lookup import suggesting
from penstock.cli.moments import Until
from penstock.cli.options import json_option, some_dags_argument
from penstock.cli.output import print_json, say, tell
from penstock.cli.session import Session, pass_session

if TYPE_CHECKING:
    from penstock.model.queries import WhatIf
    from penstock.model.views.coming import ComingPage, Difference, Fire, Untimed

_ROWS = 200


@click.command
@some_dags_argument
@click.option(
    "--hours", type=click.FloatRange(0, min_open=True), default=24.0, show_default=True, help="How far."
)
@click.option(
    "-n", "limit", type=click.IntRange(0), default=_ROWS, show_default=True, help="At most so many points."
)
@click.option("--slow", is_flag=True, help="Count with the p95 of durations instead of the median.")
@click.option("--what-if-pause", "pause", multiple=True, metavar="DAG", help="With this schedule paused.")
@click.option("--what-if-until", "until", type=Until(), help="When these pauses end; else they do not.")
@click.option("--what-if-resume", "resume", multiple=True, metavar="DAG", help="With this pause lifted now.")
@click.option("--what-if-pool", "pools", multiple=True, metavar="NAME=N", help="With this size of a pool.")
@click.option("--what-if-parallelism", "parallelism", type=int, metavar="N", help="With this parallelism.")
@json_option
@pass_session
def coming(
    session: Session,
    *,
    dags: tuple[str, ...],
    hours: float,
    limit: int,
    slow: bool,
    pause: tuple[str, ...],
    until: datetime | None,
    resume: tuple[str, ...],
    pools: tuple[str, ...],
    parallelism: int | None,
    as_json: bool,
) -> None:
    """Show what the schedules of all DAGs (or of these) will do.

    The rows are in order of time. Pauses, freezes, catchup, overlap and clock changes are applied as the
    engine applies them. Runs are expected to take as long as usual; where that fills a pool, or the
    parallelism of the instance, it says which DAGs meet there. A point whose time a clock change moved is
    marked `dst`.

    With --what-if-... nothing is changed: it shows what would be different.

    Examples:
      penstock coming --hours 6
      penstock coming --json | jq '.contention[]'
      penstock coming --what-if-pause first_dag --what-if-until 4h
      penstock coming --what-if-pool default_pool=4
    """
    from penstock.model.queries import ForecastQuery, Term

    paper = _paper(pause, until, resume, pools, parallelism)
    engine = session.reader()
    for name in (*dags, *pause, *resume):
        with suggesting(engine, name):
            engine.next_points(name, 0)
    terms = (Term(field="dag", values=dags, exact=True),) if dags else ()
    page = engine.forecast(ForecastQuery(hours=hours, terms=terms, limit=limit, slow=slow, what_if=paper))
    if as_json:
        print_json(_document(page))
        return
    if page.difference is not None:
        _tell_difference(page.difference)
        return
    _tell_page(page)


def _paper(
    pause: tuple[str, ...],
    until: datetime | None,
    resume: tuple[str, ...],
    pools: tuple[str, ...],
    parallelism: int | None,
) -> WhatIf | None:
    from penstock.errors import UsageError
    from penstock.model.queries import WhatIf

    if not (pause or resume or pools) and parallelism is None:
        if until is not None:
            raise UsageError("--what-if-until needs --what-if-pause")
        return None
    if until is not None and not pause:
        raise UsageError("--what-if-until needs --what-if-pause")
    sizes: dict[str, int] = {}
    for text in pools:
        name, equals, slots = text.rpartition("=")
        if not equals or not name or not slots.isdigit():
            raise UsageError(f"--what-if-pool {text!r}: write NAME=N, such as default_pool=4")
        sizes[name] = int(slots)
    ends = until.astimezone() if until is not None and until.tzinfo is None else until
    return WhatIf(pause=pause, until=ends, resume=resume, pools=sizes, parallelism=parallelism)


def _document(page: ComingPage) -> dict[str, Any]:
    return {
        "from": page.now,
        "until": page.until,
        "worked_out_until": page.reached,
        "fires": page.fires,
        "total": page.total,
        "more": max(0, page.total - page.offset - len(page.fires)),
        "contention": page.meetings,
        "contention_total": page.meetings_total,
        "turns": page.turns,
        "others": page.untimed,
        "without_history": page.unknown,
        "parallelism": page.parallelism,
        "pools": page.pools,
        "what_if": page.difference,
    }


def _tell_page(page: ComingPage) -> None:
    from penstock.cli import text

    if page.fires:
        tell(_points(page))
    else:
        say("no schedule is due in this time")
    left = page.total - page.offset - len(page.fires)
    if left > 0:
        say(f"and {left:,} more; -n shows up to 2,000")
    if page.turns:
        by_itself = [(text.moment(turn.at), turn.text) for turn in page.turns]
        tell("\n" + text.table(("BY ITSELF", ""), by_itself))
    if page.meetings:
        tell("\n" + _meetings(page))
        if page.meetings_total > len(page.meetings):
            say(f"and {page.meetings_total - len(page.meetings):,} more times")
    _tell_others(page.untimed)
    if page.unknown:
        say(f"without a history, so expected to take no time: {', '.join(page.unknown)}")
    if page.reached < page.until:
        say(
            f"who waits for what is worked out until {text.moment(page.reached)}; later rows are points alone"
        )


def _points(page: ComingPage) -> str:
    from penstock.cli import text

    rows = [
        (
            text.moment(fire.at),
            fire.dag_id,
            text.moment(fire.logical_date, _zone(fire.timezone)),
            text.duration(fire.seconds),
            text.moment(fire.end) if fire.end is not None else "",
            _words(fire),
        )
        for fire in page.fires
    ]
    return text.table(("AT", "DAG", "LOGICAL DATE", "USUALLY", "ENDS", ""), rows, right=("USUALLY",))


def _meetings(page: ComingPage) -> str:
    from penstock.cli import text

    rows = [
        (
            each.place,
            each.slots,
            text.moment(each.first),
            text.moment(each.last),
            text.duration(each.waited),
            ", ".join(each.dags),
        )
        for each in page.meetings
    ]
    headers = ("FULL", "SLOTS", "FROM", "TO", "WAITED", "DAGS THAT MEET")
    return text.table(headers, rows, right=("SLOTS", "WAITED"))


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _words(fire: Fire) -> str:
    from penstock.cli import text

    said = []
    if fire.becomes == "skipped":
        said.append("skipped: others run (overlap)")
    elif fire.becomes == "served":
        said.append(f"has a run already: {fire.run_id}")
    elif fire.becomes == "replaced":
        said.append("cancelled by the next run (overlap)")
    if fire.late:
        said.append("late")
    if fire.moved_by_dst:
        said.append("dst")
    if fire.waits:
        behind = f" +{text.duration(fire.behind)}" if fire.behind >= 1 else ""
        said.append(f"waits for {', '.join(fire.waits)}{behind}")
    return "; ".join(said)


def _tell_others(untimed: tuple[Untimed, ...]) -> None:
    from penstock.cli import text

    told = [each for each in untimed if each.kind not in {"later", "manual", "over"}]
    if told:
        tell("\n" + text.table(("DAG", "WITHOUT A TIME"), [(each.dag_id, each.text) for each in told]))
    for kind, words in (
        ("later", "due later"),
        ("manual", "without a schedule"),
        ("over", "with no more points"),
    ):
        count = sum(each.kind == kind for each in untimed)
        if count:
            say(f"{text.count(count, 'DAG')} {words}")


def _tell_difference(found: Difference) -> None:
    from penstock.cli import text

    counts = ", ".join(f"{found.counts.get(word, 0):,} {word}" for word in ("gone", "new", "later", "sooner"))
    say(f"until {text.moment(found.reached)}, nothing of it done yet: {counts}")
    for dag_id, count in found.at_once.items():
        say(f"{dag_id} starts {text.count(count, 'run')} at once")
    if found.moved:
        tell(_moved(found))
        left = sum(found.counts.values()) - len(found.moved)
        if left > 0:
            say(f"and {left:,} more")
    if found.places:
        tell("\n" + _places(found))


def _moved(found: Difference) -> str:
    from penstock.cli import text

    rows = [
        (
            each.change,
            each.dag_id,
            text.moment(each.run_after),
            text.moment(each.before) if each.before else "",
            text.moment(each.after) if each.after else "",
            text.duration(each.seconds) if each.seconds else "",
            each.why,
        )
        for each in found.moved
    ]
    return text.table(("RUN", "DAG", "DUE", "BEFORE", "AFTER", "BY", "WAITS FOR"), rows, right=("BY",))


def _places(found: Difference) -> str:
    from penstock.cli import text

    rows = [
        (
            each.place,
            f"{each.slots_before} -> {each.slots}" if each.slots != each.slots_before else str(each.slots),
            f"{each.peak_before} -> {each.peak}",
            f"{text.duration(each.waited_before)} -> {text.duration(each.waited)}",
        )
        for each in found.places
    ]
    return text.table(("PLACE", "SLOTS", "MOST USED", "SOMETHING WAITS"), rows)
