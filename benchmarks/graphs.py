"""A workload that is a graph of ``true``: the engine and the floor take turns, round by round."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks import floors
from benchmarks.figures import Report, Scale, median, spread
from benchmarks.instance import Instance, dag_file
from benchmarks.usage import CpuUse


@dataclass(slots=True)
class Rounds:
    """What the rounds gave."""

    floor_name: str = ""
    walls: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    cpus: list[CpuUse] = field(default_factory=list)
    floors: list[floors.Cost] = field(default_factory=list)
    gaps_ms: list[float] = field(default_factory=list)
    """For a chain: from the end of one attempt to the start of the next."""
    links_ms: list[float] = field(default_factory=list)
    """For a chain: from one start to the next, on average over a run."""


def race(graph: floors.Graph, *, at_once: int, scale: Scale, chain: bool = False) -> Rounds:
    """Run *graph* in an engine and in the floor, in turns. The first round warms both up and is dropped."""
    found = Rounds()
    lines = [f"graph = {dict(graph)!r}", "made = {}", "for task_id, parents in graph.items():"]
    lines += ["    made[task_id] = BashOperator(task_id=task_id, bash_command='true')"]
    lines += ["    for parent in parents:", "        made[parent] >> made[task_id]"]
    warm = dag_file("warm", "BashOperator(task_id='only', bash_command='true')")
    work = dag_file("work", "\n".join(lines), max_active_tasks=at_once)
    with Instance({"warm": warm, "work": work}) as instance:
        instance.run("warm")
        for number in range(scale.rounds + 1):
            found.floor_name, cost = floors.build(graph, at_once=at_once)
            before = instance.cpu()
            run_id, asked = instance.trigger("work")
            seen = instance.wait("work", run_id)
            used = instance.cpu() - before
            if number == 0 and scale.rounds > 1:
                continue
            found.floors.append(cost)
            found.cpus.append(used)
            found.walls.append(instance.end_of("work", run_id) - asked)
            found.seen.append(seen - asked)
            if chain:
                spans = instance.attempts("work", run_id)
                pairs = list(pairwise(spans))
                found.gaps_ms += [(second[1] - first[2]) / 1e3 for first, second in pairs]
                found.links_ms.append((spans[-1][1] - spans[0][1]) / 1e3 / max(len(pairs), 1))
    return found


def describe(report: Report, rounds: Rounds, tasks: int) -> None:
    """Put the figures that every graph has into *report*."""
    totals = [each.total for each in rounds.cpus]
    typical = rounds.cpus[totals.index(sorted(totals)[len(totals) // 2])]
    report.figures["tasks"] = tasks
    report.figures["wall_s"] = spread(rounds.walls)
    report.figures["wall_as_seen_s"] = median(rounds.seen)
    report.figures["ms_per_task"] = median(rounds.walls) / tasks * 1e3
    report.figures["cpu_ms_per_task"] = typical.per(tasks)
    report.floor["name"] = rounds.floor_name
    report.floor["wall_s"] = spread([each.wall for each in rounds.floors])
    report.floor["cpu_ms_per_task"] = median([each.cpu for each in rounds.floors]) / tasks * 1e3
    shells = {name: floors.shell(name, max(10, min(tasks, 200))) for name in ("sh", "bash")}
    report.floor["cpu_ms_per_shell"] = shells
    pairs = list(zip(rounds.walls, rounds.cpus, rounds.floors, strict=True))
    report.ratios["wall"] = median([wall / floor.wall for wall, _, floor in pairs])
    report.ratios["cpu"] = median([cpu.total / max(floor.cpu, 1e-9) for _, cpu, floor in pairs])
