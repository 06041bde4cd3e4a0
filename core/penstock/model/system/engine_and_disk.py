"""The sections of the engine and its disk. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from penstock.model.system.parts import Item, Place, Section, Verdict, Words, count, tick
from penstock.model.views.system import DiskFacts, EngineFacts, SystemPage

SLOW_TICK = 1.0
"""Seconds: if one tick in a hundred takes longer, the engine is slow to react."""
SHORT = 7 * 86400.0
"""Seconds: a disk that lasts less than this needs a look."""
_TIGHT = 2
"""A disk with less than this many times what must stay free needs a look, whatever the rate."""


def engine(page: SystemPage, words: Words) -> Section:
    """Return the engine: version, uptime, memory, ticks, queue, warnings."""
    facts = page.engine
    items = tuple(_numbered("engine", _engine_facts(facts, page.at, words)))
    items += tuple(
        Item(f"engine/warning/{place}", "warning", text, "warn") for place, text in enumerate(facts.warnings)
    )
    if facts.pid is None:
        seen = f", last written {words.past(facts.last_seen)}" if facts.last_seen else ""
        return Section("engine", "engine", "fail", f"does not run: penstock up -d{seen}", items)
    parts = [f"{facts.version}, up {words.span(_age(facts.since, page.at))}", _memory(facts, words)]
    ticks = facts.ticks
    if ticks.p50 is not None:
        parts.append(f"ticks p50 {tick(ticks.p50)}, p99 {tick(ticks.p99)}, longest {tick(ticks.longest)}")
    parts.append(f"{facts.queued:,} queued")
    slow = (ticks.p99 or 0.0) > SLOW_TICK
    if slow:
        parts.insert(0, "slow ticks")
    if facts.warnings:
        parts.insert(0, count(len(facts.warnings), "warning"))
    verdict: Verdict = "warn" if slow or facts.warnings else "ok"
    return Section("engine", "engine", verdict, "; ".join(part for part in parts if part), items)


def _engine_facts(facts: EngineFacts, at: datetime, words: Words) -> Iterator[tuple[str, str, Place]]:
    nowhere, ticks = Place(), facts.ticks
    if facts.pid is not None:
        yield "process", f"pid {facts.pid}, version {facts.version}", nowhere
        if facts.since is not None:
            yield "started", f"{words.past(facts.since)}, up {words.span(_age(facts.since, at))}", nowhere
        yield "memory", _memory(facts, words) or "unknown", nowhere
        when = f" ({words.past(ticks.longest_at)})" if ticks.longest_at else ""
        times = f"p50 {tick(ticks.p50)}, p99 {tick(ticks.p99)} of the last {ticks.of:,}"
        yield "ticks", f"{ticks.count:,}; {times}; longest {tick(ticks.longest)}{when}", nowhere
    queue = f"{count(facts.queued, 'task')} wait for a slot, {count(facts.runs_active, 'run')} active"
    yield "queue", queue, Place("now")


def _memory(facts: EngineFacts, words: Words) -> str:
    if facts.rss is None:
        return ""
    rss = f"RSS {words.size(facts.rss)}"
    return rss if facts.pss is None else f"PSS {words.size(facts.pss)}, {rss}"


def disk(page: SystemPage, words: Words) -> Section:
    """Return the sizes, what is free, and how long that lasts."""
    facts = page.disk
    verdict: Verdict = "ok"
    if facts.free < _TIGHT * facts.least or (facts.lasts is not None and facts.lasts < SHORT):
        verdict = "warn"
    lasts = ""
    if facts.free < facts.least:
        verdict, lasts = "fail", f", less than {words.size(facts.least)}: nothing is launched"
    elif facts.rate is not None and facts.lasts is not None:
        lasts = f", lasts {long_span(facts.lasts)} at {words.size(round(facts.rate))} a day"
    line = (
        f"{words.size(facts.free)} free{lasts}; database {words.size(facts.database)} "
        f"+ WAL {words.size(facts.wal)}, logs {words.size(facts.logs)}"
    )
    return Section("disk", "disk", verdict, line, tuple(_numbered("disk", _disk_facts(facts, words))))


def long_span(seconds: float) -> str:
    """Return how long a disk lasts: days, or years, or less than a day in hours."""
    days = seconds / 86400
    if days < 1:
        return count(int(seconds // 3600), "hour")
    return count(int(days), "day") if days < 730 else f"{days / 365:,.0f} years"


def _disk_facts(facts: DiskFacts, words: Words) -> Iterator[tuple[str, str, Place]]:
    nowhere = Place()
    yield "database", f"{words.size(facts.database)}, of which {words.size(facts.unused)} is unused", nowhere
    yield "WAL", f"{words.size(facts.wal)} (write-ahead log)", nowhere
    yield "logs", f"{words.size(facts.logs)} of attempts that have ended", nowhere
    yield "free", f"{words.size(facts.free)} of {words.size(facts.total)}", nowhere
    yield "reserve", f"with less than {words.size(facts.least)} free nothing is launched", nowhere
    day, week = words.size(facts.written_day), words.size(facts.written_week)
    what = "logs, files of attempts, their share of the database"
    yield "written", f"{day} in the last day, {week} in the last week ({what})", nowhere
    if facts.lasts is None:
        yield "lasts", "nothing was written lately", nowhere
    else:
        yield "lasts", f"{long_span(facts.lasts)} if nothing is deleted", nowhere


def _numbered(section: str, facts: Iterator[tuple[str, str, Place]]) -> Iterator[Item]:
    for name, text, place in facts:
        yield Item(f"{section}/{name}", name, text, place=place)


def _age(since: datetime | None, at: datetime) -> float | None:
    return None if since is None else max(0.0, (at - since).total_seconds())
