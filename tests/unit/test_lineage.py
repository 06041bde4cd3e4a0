"""The lineage of assets: both ways, over tasks and schedules, in circles, and cut off when large."""

from __future__ import annotations

from penstock.model.lineage import MOST, Lineage
from penstock.model.views.assets import AssetConsumer, AssetRow, AssetTask, Branch


def task(name: str) -> AssetTask:
    dag_id, _, task_id = name.partition(".")
    return AssetTask(dag_id=dag_id, task_id=task_id)


def asset(name: str, *, made: str = "", read: str = "", runs: str = "") -> AssetRow:
    return AssetRow(
        name=name,
        uri="",
        producers=tuple(map(task, made.split())),
        readers=tuple(map(task, read.split())),
        consumers=tuple(
            AssetConsumer(dag_id=dag_id, schedule=name, paused=False, queued=0, waits_for=())
            for dag_id in runs.split()
        ),
    )


def drawn(branches: tuple[Branch, ...], depth: int = 0) -> list[str]:
    lines = []
    for branch in branches:
        lines.append("  " * depth + f"{branch.verb} {branch.name}{' again' if branch.again else ''}".strip())
        lines += drawn(branch.below, depth + 1)
    return lines


CHAIN = (
    asset("raw", made="load.fetch", runs="clean"),
    asset("codes", read="clean.join"),
    asset("orders", made="clean.join", read="mail.send", runs="report"),
    asset("report", made="report.write"),
    asset("alone"),
)


def test_up_goes_over_what_a_task_reads_and_what_its_dag_waits_for() -> None:
    assert drawn(Lineage(CHAIN).up("report", "")) == [
        "made by report.write",
        "  orders",
        "    made by clean.join",
        "      codes",
        "      raw",
        "        made by load.fetch",
    ]


def test_down_goes_over_who_reads_it_and_whose_schedule_it_is() -> None:
    assert drawn(Lineage(CHAIN).down("raw", "")) == [
        "runs clean",
        "  orders",
        "    read by mail.send",
        "    runs report",
        "      report",
    ]


def test_an_asset_that_nobody_knows_or_uses_has_none() -> None:
    lineage = Lineage(CHAIN)
    assert lineage.up("alone", "") == lineage.down("alone", "") == lineage.up("nowhere", "") == ()


def test_the_same_name_with_another_uri_is_another_asset() -> None:
    other = AssetRow(name="raw", uri="s3://other", producers=(task("x.y"),))
    assert drawn(Lineage((*CHAIN, other)).up("raw", "s3://other")) == ["made by x.y"]


def test_a_circle_is_shown_once_and_said() -> None:
    circle = (asset("a", made="d.a", runs="e"), asset("b", made="e.b", runs="d"))
    assert drawn(Lineage(circle).up("a", "")) == ["made by d.a", "  b", "    made by e.b", "      a again"]
    assert drawn(Lineage(circle).down("a", "")) == ["runs e", "  b", "    runs d", "      a again"]


def test_a_wide_tree_is_cut_off() -> None:
    wide = [asset("root", runs="d"), *(asset(f"a{number}", made="d.t") for number in range(1000))]
    assert len(drawn(Lineage(wide).down("root", ""))) <= MOST + 1


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    chain = [asset(f"a{number}", made=f"d{number}.t", runs=f"d{number + 1}") for number in range(5000)]
    assert len(drawn(Lineage(chain).up("a4999", ""))) <= MOST + 1
